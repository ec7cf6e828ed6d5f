"""lxml, dicts, and the structs that msgspec converts them to: of all that the document says, but for 11 attributes.

It comes nearest, so it reads as much as the tables do: with less it is no comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from lxml import etree

from bench.peers import Peer
from bench.peers.tree import OVIRT, to_dict, to_element


class Number(int):
    """Written in hexadecimal digits or decimal ones."""


class Empty(msgspec.Struct):
    pass


class Text(msgspec.Struct):
    text: str


class Alias(msgspec.Struct):
    name: str


class Address(msgspec.Struct):
    type: str
    domain: Number | None = None
    controller: Number | None = None
    bus: Number | None = None
    slot: Number | None = None
    function: Number | None = None
    target: Number | None = None
    unit: Number | None = None
    port: Number | None = None


class Source(msgspec.Struct):
    file: str | None = None
    bridge: str | None = None
    mode: str | None = None
    path: str | None = None
    index: int | None = None


class Target(msgspec.Struct):
    dev: str | None = None
    bus: str | None = None
    type: str | None = None
    name: str | None = None
    state: str | None = None
    chassis: int | None = None
    port: Number | None = None


class Mac(msgspec.Struct):
    address: str


class Model(msgspec.Struct):
    type: str | None = None
    name: str | None = None
    vram: int | None = None
    heads: int | None = None
    primary: str | None = None


class Driver(msgspec.Struct):
    name: str
    type: str
    cache: str | None = None
    error_policy: str | None = None
    io: str | None = None


class Link(msgspec.Struct):
    state: str


class Mtu(msgspec.Struct):
    size: int


class Memory(msgspec.Struct):
    unit: str
    text: int


class Disk(msgspec.Struct):
    type: str
    device: str
    snapshot: str | None = None
    driver: Driver | None = None
    source: Source | None = None
    backingStore: Empty | None = None
    target: Target | None = None
    serial: Text | None = None
    alias: Alias | None = None
    address: Address | None = None


class Interface(msgspec.Struct):
    type: str
    mac: Mac | None = None
    source: Source | None = None
    target: Target | None = None
    model: Model | None = None
    link: Link | None = None
    mtu: Mtu | None = None
    alias: Alias | None = None
    address: Address | None = None


class Channel(msgspec.Struct):
    type: str
    source: Source | None = None
    target: Target | None = None
    alias: Alias | None = None
    address: Address | None = None


class Controller(msgspec.Struct):
    type: str
    index: int
    # an attribute, and an element of the same name in its place where there is one
    model: str | Model | None = None
    target: Target | None = None
    alias: Alias | None = None
    address: Address | None = None


class Listen(msgspec.Struct):
    type: str
    address: str


class Graphics(msgspec.Struct):
    type: str
    port: int
    autoport: str
    listen: Listen


class Video(msgspec.Struct):
    model: Model
    alias: Alias | None = None
    address: Address | None = None


class Balloon(msgspec.Struct):
    model: str
    alias: Alias | None = None
    address: Address | None = None


class Backend(msgspec.Struct):
    model: str
    text: str


class Random(msgspec.Struct):
    model: str
    backend: Backend
    alias: Alias | None = None
    address: Address | None = None


class Devices(msgspec.Struct):
    emulator: Text
    disk: list[Disk]
    controller: list[Controller]
    interface: list[Interface]
    channel: list[Channel]
    graphics: Graphics | None = None
    video: Video | None = None
    memballoon: Balloon | None = None
    rng: Random | None = None


class Cpus(msgspec.Struct):
    placement: str
    current: int
    text: int


class Machine(msgspec.Struct):
    arch: str
    machine: str
    text: str


class Boot(msgspec.Struct):
    dev: str


class System(msgspec.Struct):
    type: Machine
    boot: Boot


class Features(msgspec.Struct):
    acpi: Empty | None = None


class Topology(msgspec.Struct):
    sockets: int
    dies: int
    cores: int
    threads: int


class Cpu(msgspec.Struct):
    mode: str
    check: str
    topology: Topology


class Timer(msgspec.Struct):
    name: str
    tickpolicy: str | None = None
    present: str | None = None


class Clock(msgspec.Struct):
    offset: str
    timer: list[Timer]


class Joined(msgspec.Struct):
    devtype: str
    name: str
    pool: Text = msgspec.field(name=f"{OVIRT}poolID")
    domain: Text = msgspec.field(name=f"{OVIRT}domainID")
    image: Text = msgspec.field(name=f"{OVIRT}imageID")
    volume: Text = msgspec.field(name=f"{OVIRT}volumeID")


class Vm(msgspec.Struct):
    version: Text = msgspec.field(name=f"{OVIRT}clusterVersion")
    devices: list[Joined] = msgspec.field(name=f"{OVIRT}device")


class Metadata(msgspec.Struct):
    vm: Vm = msgspec.field(name=f"{OVIRT}vm")


class Domain(msgspec.Struct):
    type: str
    id: int
    name: Text
    uuid: Text
    metadata: Metadata
    memory: Memory
    currentMemory: Memory
    vcpu: Cpus
    os: System
    features: Features
    cpu: Cpu
    clock: Clock
    on_poweroff: Text
    on_reboot: Text
    on_crash: Text
    devices: Devices


def decode(kind: type, value: str) -> Number:
    return Number(value, 0)


def parse(text: bytes) -> Domain:
    return msgspec.convert(to_dict(etree.fromstring(text)), Domain, strict=False, dec_hook=decode)


def generate(domain: Domain) -> bytes:
    return etree.tostring(to_element("domain", msgspec.to_builtins(domain, enc_hook=int)))


def devices(domain: Domain) -> Iterable[tuple[str | None, Any]]:
    held = domain.devices
    for device in (*held.disk, *held.controller, *held.interface, *held.channel):
        yield device.alias.name if device.alias else None, device


PEERS = {"": Peer(parse, generate, devices)}
