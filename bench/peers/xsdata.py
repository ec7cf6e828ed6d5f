"""xsdata: dataclasses whose fields say where they stand; unknown content is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xsdata.formats.converter import Converter, converter
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.handlers import LxmlEventHandler, XmlEventHandler
from xsdata.formats.dataclass.serializers import XmlSerializer

from bench.peers import Peer

ATTRIBUTE, ELEMENT = {"type": "Attribute"}, {"type": "Element"}


class Number(int):
    """Written in hexadecimal digits or decimal ones."""


class Numbers(Converter):
    def deserialize(self, value: Any, **_: Any) -> Number:
        return Number(value, 0)

    def serialize(self, value: Number, **_: Any) -> str:
        return str(int(value))


converter.register_converter(Number, Numbers())


@dataclass
class Alias:
    name: str | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Address:
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    domain: Number | None = field(default=None, metadata=ATTRIBUTE)
    controller: Number | None = field(default=None, metadata=ATTRIBUTE)
    bus: Number | None = field(default=None, metadata=ATTRIBUTE)
    slot: Number | None = field(default=None, metadata=ATTRIBUTE)
    function: Number | None = field(default=None, metadata=ATTRIBUTE)
    target: Number | None = field(default=None, metadata=ATTRIBUTE)
    unit: Number | None = field(default=None, metadata=ATTRIBUTE)
    port: Number | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Source:
    file: str | None = field(default=None, metadata=ATTRIBUTE)
    bridge: str | None = field(default=None, metadata=ATTRIBUTE)
    mode: str | None = field(default=None, metadata=ATTRIBUTE)
    path: str | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Target:
    dev: str | None = field(default=None, metadata=ATTRIBUTE)
    bus: str | None = field(default=None, metadata=ATTRIBUTE)
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    name: str | None = field(default=None, metadata=ATTRIBUTE)
    chassis: str | None = field(default=None, metadata=ATTRIBUTE)
    port: str | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Mac:
    address: str | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Model:
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    name: str | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Disk:
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    device: str | None = field(default=None, metadata=ATTRIBUTE)
    source: Source | None = field(default=None, metadata=ELEMENT)
    target: Target | None = field(default=None, metadata=ELEMENT)
    serial: str | None = field(default=None, metadata=ELEMENT)
    alias: Alias | None = field(default=None, metadata=ELEMENT)
    address: Address | None = field(default=None, metadata=ELEMENT)


@dataclass
class Interface:
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    mac: Mac | None = field(default=None, metadata=ELEMENT)
    source: Source | None = field(default=None, metadata=ELEMENT)
    target: Target | None = field(default=None, metadata=ELEMENT)
    model: Model | None = field(default=None, metadata=ELEMENT)
    alias: Alias | None = field(default=None, metadata=ELEMENT)
    address: Address | None = field(default=None, metadata=ELEMENT)


@dataclass
class Channel:
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    source: Source | None = field(default=None, metadata=ELEMENT)
    target: Target | None = field(default=None, metadata=ELEMENT)
    alias: Alias | None = field(default=None, metadata=ELEMENT)
    address: Address | None = field(default=None, metadata=ELEMENT)


@dataclass
class Controller:
    type: str | None = field(default=None, metadata=ATTRIBUTE)
    index: int | None = field(default=None, metadata=ATTRIBUTE)
    model: str | None = field(default=None, metadata=ATTRIBUTE)
    target: Target | None = field(default=None, metadata=ELEMENT)
    alias: Alias | None = field(default=None, metadata=ELEMENT)
    address: Address | None = field(default=None, metadata=ELEMENT)


@dataclass
class Devices:
    disk: list[Disk] = field(default_factory=list, metadata=ELEMENT)
    controller: list[Controller] = field(default_factory=list, metadata=ELEMENT)
    interface: list[Interface] = field(default_factory=list, metadata=ELEMENT)
    channel: list[Channel] = field(default_factory=list, metadata=ELEMENT)


@dataclass
class Memory:
    value: int | None = field(default=None)
    unit: str | None = field(default=None, metadata=ATTRIBUTE)


@dataclass
class Domain:
    class Meta:
        name = "domain"

    type: str | None = field(default=None, metadata=ATTRIBUTE)
    name: str | None = field(default=None, metadata=ELEMENT)
    uuid: str | None = field(default=None, metadata=ELEMENT)
    memory: Memory | None = field(default=None, metadata=ELEMENT)
    devices: Devices | None = field(default=None, metadata=ELEMENT)


def devices(domain: Domain) -> Iterable[tuple[str | None, Any]]:
    held = domain.devices or Devices()
    for device in (*held.disk, *held.controller, *held.interface, *held.channel):
        yield device.alias.name if device.alias else None, device


def peer(handler: Any) -> Peer:
    context = XmlContext()
    config = ParserConfig(fail_on_unknown_properties=False)
    parser = XmlParser(config=config, context=context, handler=handler)
    serializer = XmlSerializer(context=context)
    return Peer(lambda text: parser.from_bytes(text, Domain), serializer.render, devices)


PEERS = {"lxml": peer(LxmlEventHandler), "expat": peer(XmlEventHandler)}
