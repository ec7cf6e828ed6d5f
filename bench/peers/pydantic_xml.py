"""pydantic-xml: pydantic models whose fields are attributes and elements; what no field names is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_xml import BaseXmlModel, attr, element

from bench.peers import Peer

Number = Annotated[int, BeforeValidator(lambda text: int(text, 0))]


class Model(BaseXmlModel, search_mode="unordered", skip_empty=True):
    pass


class Alias(Model, tag="alias"):
    name: str = attr()


class Address(Model, tag="address"):
    type: str = attr()
    domain: Number | None = attr(default=None)
    controller: Number | None = attr(default=None)
    bus: Number | None = attr(default=None)
    slot: Number | None = attr(default=None)
    function: Number | None = attr(default=None)
    target: Number | None = attr(default=None)
    unit: Number | None = attr(default=None)
    port: Number | None = attr(default=None)


class Source(Model, tag="source"):
    file: str | None = attr(default=None)
    bridge: str | None = attr(default=None)
    mode: str | None = attr(default=None)
    path: str | None = attr(default=None)


class Target(Model, tag="target"):
    dev: str | None = attr(default=None)
    bus: str | None = attr(default=None)
    type: str | None = attr(default=None)
    name: str | None = attr(default=None)
    chassis: str | None = attr(default=None)
    port: str | None = attr(default=None)


class Mac(Model, tag="mac"):
    address: str = attr()


class NicModel(Model, tag="model"):
    type: str = attr()


class Device(Model):
    type: str = attr()
    target: Target | None = element(default=None)
    alias: Alias | None = element(default=None)
    address: Address | None = element(default=None)


class Disk(Device, tag="disk"):
    device: str = attr()
    source: Source | None = element(default=None)
    serial: str | None = element(default=None)


class Interface(Device, tag="interface"):
    mac: Mac | None = element(default=None)
    source: Source | None = element(default=None)
    model: NicModel | None = element(default=None)


class Channel(Device, tag="channel"):
    source: Source | None = element(default=None)


class Controller(Device, tag="controller"):
    index: int = attr()
    model: str | None = attr(default=None)


class Devices(Model, tag="devices"):
    disks: list[Disk] = element(tag="disk", default=[])
    controllers: list[Controller] = element(tag="controller", default=[])
    interfaces: list[Interface] = element(tag="interface", default=[])
    channels: list[Channel] = element(tag="channel", default=[])


class Memory(Model, tag="memory"):
    unit: str = attr()
    value: int


class Domain(Model, tag="domain"):
    type: str = attr()
    name: str = element()
    uuid: str = element()
    memory: Memory
    devices: Devices


def devices(domain: Domain) -> Iterable[tuple[str | None, Any]]:
    held = domain.devices
    for device in (*held.disks, *held.controllers, *held.interfaces, *held.channels):
        yield device.alias.name if device.alias else None, device


PEERS = {"": Peer(Domain.from_xml, lambda domain: domain.to_xml(skip_empty=True), devices)}
