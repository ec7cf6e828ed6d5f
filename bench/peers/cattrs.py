"""lxml, dicts, and attrs classes that cattrs structures from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NewType

import attrs
import cattrs
from lxml import etree

from bench.peers import Peer
from bench.peers.tree import to_dict, to_element

Number = NewType("Number", int)  # in hexadecimal digits or decimal ones


@attrs.define
class Alias:
    name: str


@attrs.define
class Address:
    type: str
    domain: Number | None = None
    controller: Number | None = None
    bus: Number | None = None
    slot: Number | None = None
    function: Number | None = None
    target: Number | None = None
    unit: Number | None = None
    port: Number | None = None


@attrs.define
class Source:
    file: str | None = None
    bridge: str | None = None
    mode: str | None = None
    path: str | None = None


@attrs.define
class Target:
    dev: str | None = None
    bus: str | None = None
    type: str | None = None
    name: str | None = None
    chassis: str | None = None
    port: str | None = None


@attrs.define
class Mac:
    address: str


@attrs.define
class Model:
    type: str


@attrs.define
class Text:
    text: str


@attrs.define
class Memory:
    unit: str
    text: int


@attrs.define
class Disk:
    type: str
    device: str
    source: Source | None = None
    target: Target | None = None
    serial: Text | None = None
    alias: Alias | None = None
    address: Address | None = None


@attrs.define
class Interface:
    type: str
    mac: Mac | None = None
    source: Source | None = None
    target: Target | None = None
    model: Model | None = None
    alias: Alias | None = None
    address: Address | None = None


@attrs.define
class Channel:
    type: str
    source: Source | None = None
    target: Target | None = None
    alias: Alias | None = None
    address: Address | None = None


@attrs.define
class Controller:
    type: str
    index: int
    target: Target | None = None
    alias: Alias | None = None
    address: Address | None = None


@attrs.define
class Devices:
    disk: list[Disk]
    controller: list[Controller]
    interface: list[Interface]
    channel: list[Channel]


@attrs.define
class Domain:
    type: str
    name: Text
    uuid: Text
    memory: Memory
    devices: Devices


converter = cattrs.Converter(detailed_validation=False)
converter.register_structure_hook(Number, lambda text, _: int(text, 0))


def parse(text: bytes) -> Domain:
    return converter.structure(to_dict(etree.fromstring(text)), Domain)


def generate(domain: Domain) -> bytes:
    return etree.tostring(to_element("domain", converter.unstructure(domain)))


def devices(domain: Domain) -> Iterable[tuple[str | None, Any]]:
    held = domain.devices
    for device in (*held.disk, *held.controller, *held.interface, *held.channel):
        yield device.alias.name if device.alias else None, device


PEERS = {"": Peer(parse, generate, devices)}
