"""How ovirt-engine reads the devices of a running VM, said again in few words: what we compare ourselves with.

It keeps rows of a table, cuts `<devices>` out of the document by text, and finds the row of each device by its alias,
with other rules for nearly every kind.  The rules are kept as they are, faults and all.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs
from lxml import etree

Node = Any
OVIRT = "{http://ovirt.org/vm/1.0}"
ADDRESS = ["type", "slot", "bus", "domain", "function", "controller", "target", "unit", "port", "multifunction", "base"]
HOST_ADDRESS = ["domain", "slot", "bus", "function", "device", "host", "target", "lun"]


@attrs.frozen
class Row:
    """A device in the manager's table; `spec` are its free-form parameters."""

    id: str
    type: str
    device: str
    address: str = ""
    alias: str = ""
    managed: bool = True
    plugged: bool = True
    spec: dict[str, str] = attrs.field(factory=dict)
    logical_name: str | None = None
    host_device: str = ""


@attrs.frozen
class Reported:
    """A device of a document, with the id of the row that it was found to be, or else a random one."""

    device: str
    id: str
    type: str = ""
    address: str | None = ""
    alias: str = ""
    spec: dict[str, str] = attrs.field(factory=dict)
    host_device: str = ""
    image_id: str = ""
    chain: tuple[str, ...] = ()


@attrs.frozen
class Host:
    """Devices of the host by name, with their addresses; NVDIMMs by their path; the disks of LUNs by their GUIDs."""

    devices: dict[str, dict[str, str]] = attrs.field(factory=dict)
    nvdimms: dict[str, str] = attrs.field(factory=dict)
    luns: dict[str, str] = attrs.field(factory=dict)


def random_ids(start: int = 1) -> Callable[[], str]:
    """A source of ids that nobody has yet."""
    numbers = itertools.count(start)
    return lambda: str(uuid.UUID(int=0xD << 120 | next(numbers)))


def alias_of(node: Node) -> str:
    return next((str(one.get("name", "")) for one in node.iterchildren("alias")), "")


def address_of(node: Node) -> str:
    """The address as text, in an order of its own; what is not listed is lost."""
    given = next(node.iterchildren("address"), {})
    parts = [f"{name}={given.get(name)}" for name in ADDRESS if given.get(name) is not None]
    return "{" + ", ".join(parts) + "}" if parts else ""


def host_address_of(node: Node) -> dict[str, str] | None:
    given = node.find("source/address")
    if given is None:
        return None
    numbers = {name: str(int(given.get(name), 0)) for name in HOST_ADDRESS if given.get(name)}
    return numbers | ({"uuid": given.get("uuid")} if given.get("uuid") else {})


def path_of(node: Node) -> str:
    source = next(node.iterchildren("source"), {})
    return source.get("file") or source.get("dev") or source.get("name") or ""


def volume_id(path: str) -> str:
    return path.split("/")[-1] if "/" in path else ""


def image_id(path: str) -> str:
    parts = path.split("/")
    return parts[-2] if len(parts) > 1 else ""


def chain_of(disk: Node) -> tuple[str, ...]:
    """The volumes of a disk, the base first."""
    chain = []
    node = disk
    while node is not None:
        chain.append(volume_id(path_of(node)))
        node = next(node.iterchildren("backingStore"), None)
    return tuple(volume for volume in reversed(chain) if volume)


def guest_names(xml: bytes, host: Host) -> dict[str, str]:
    """What the guest calls its disks, by the ids of these."""
    names: dict[str, str] = {}
    for device in etree.fromstring(xml).iterfind(f"metadata/{OVIRT}vm/{OVIRT}device[@devtype='disk']"):
        name, guid, image = (device.findtext(OVIRT + word) for word in ("guestName", "GUID", "imageID"))
        if name and (guid or image):
            names[host.luns[guid] if guid else str(image)] = name
    return names


class Reader:
    """One reading of one VM; a row that was found for a device is at most kinds no candidate for the next one."""

    def __init__(self, rows: Iterable[Row], host: Host, new_id: Callable[[], str], hosted_engine: bool = False) -> None:
        self.rows = sorted(rows, key=lambda row: row.id)
        self.host, self.new_id, self.hosted_engine = host, new_id, hosted_engine

    def report(self, xml: bytes) -> list[Reported]:
        begin, end = xml.index(b"<devices>"), xml.index(b"</devices>") + len(b"</devices>")
        devices = etree.fromstring(xml[begin:end])
        kinds = (self.singles, self.channels, self.controllers, self.videos, self.interfaces, self.disks)
        kinds += (self.redirs, self.memories, self.nvdimms, self.hostdevs)
        return [device for kind in kinds for device in kind(devices)]

    def candidates(self, *types: str) -> list[Row]:
        return [row for row in self.rows if row.type in types]

    def correlate(self, alias: str, candidates: list[Row], device: str, fallback: bool = False) -> Row | None:
        """The row of an alias.  That it begins with `ua-` is not looked at, and an empty one equals an empty one."""
        try:
            own = str(uuid.UUID(alias[3:]))
        except ValueError:
            own = ""
        for fits in (
            lambda row: row.id == own,
            lambda row: row.alias == alias,
            lambda row: fallback and self.hosted_engine and row.managed and row.device == device,
        ):
            if (row := next(filter(fits, candidates), None)) is not None:
                return row
        return None

    def found(self, row: Row, node: Node, device: str, type: str, **more: Any) -> Reported:
        return Reported(device, row.id, type, address_of(node), alias_of(node), row.spec, **more)

    def unknown(self, node: Node, device: str, type: str, spec: dict[str, str] | None = None) -> Reported:
        return Reported(device, self.new_id(), type, address_of(node), alias_of(node), spec or {})

    def singles(self, devices: Node) -> Iterator[Reported]:
        """The first of each kind of which there is one, whatever its alias."""
        for tag in ("memballoon", "rng", "watchdog", "smartcard", "sound", "console"):
            node = next(devices.iter(tag), None)
            row = next(iter(self.candidates("balloon" if tag == "memballoon" else tag)), None)
            if node is not None and row is not None:
                yield self.found(row, node, tag, "")

    def channels(self, devices: Node) -> Iterator[Reported]:
        """Always new."""
        for node in devices.iter("channel"):
            if address_of(node):
                yield self.unknown(node, node.get("type", ""), "channel")

    def controllers(self, devices: Node) -> Iterator[Reported]:
        candidates = sorted(self.candidates("controller"), key=lambda row: not row.spec)
        for node in devices.iter("controller"):
            if not address_of(node) and node.get("model") != "none":
                continue
            alias, model = alias_of(node), node.get("model")
            device = model if model == "virtio-scsi" else node.get("type")
            row = None
            if alias.startswith("ua-") or any(one.managed and one.device == device for one in candidates):
                row = self.correlate(alias, candidates, device, fallback=True)
            if row is not None:
                candidates.remove(row)
                yield self.found(row, node, device, "controller")
            else:
                driver = next(node.iterchildren("driver"), {})
                spec = {"index": node.get("index"), "model": model, "ioThreadId": driver.get("iothread")}
                yield self.unknown(node, device, "controller", {key: text for key, text in spec.items() if text})

    def videos(self, devices: Node) -> Iterator[Reported]:
        candidates = self.candidates("video")
        for node in devices.iter("video"):
            model = node.find("model")
            device = "" if model is None else model.get("type", "")
            if (row := self.correlate(alias_of(node), candidates, device, fallback=True)) is not None:
                candidates.remove(row)
                yield self.found(row, node, device, "video")

    def interfaces(self, devices: Node) -> Iterator[Reported]:
        for node in devices.iter("interface"):
            device = node.get("type", "")
            row = self.correlate(alias_of(node), self.candidates("interface"), device, fallback=True)
            if row is not None:
                host = self.host_device(host_address_of(node)) if device == "hostdev" else None
                yield self.found(row, node, device, "interface", host_device=host or "")

    def disks(self, devices: Node) -> Iterator[Reported]:
        candidates = self.candidates("disk", "hostdev")
        for node in devices.iter("disk"):
            device = node.get("device", "")
            if (row := self.correlate(alias_of(node), candidates, device, fallback=True)) is not None:
                candidates.remove(row)
                yield self.found(row, node, device, "disk", image_id=image_id(path_of(node)), chain=chain_of(node))

    def redirs(self, devices: Node) -> Iterator[Reported]:
        candidates = self.candidates("redir")
        for node in devices.iter("redirdev"):
            device = node.get("type", "")
            if (row := self.correlate(alias_of(node), candidates, device)) is not None:
                candidates.remove(row)
                yield self.found(row, node, device, "redir")
            else:
                yield self.unknown(node, device, "redir")

    def memories(self, devices: Node) -> Iterator[Reported]:
        candidates = self.candidates("memory")
        for node in devices.iter("memory"):
            if (target := node.find("target")) is None or node.get("model") == "nvdimm":
                continue
            if (row := self.correlate(alias_of(node), candidates, "memory")) is not None:
                candidates.remove(row)
                yield self.found(row, node, "memory", "memory")
            else:
                size = str(int(target.findtext("size", "0")) // 1024)
                yield self.unknown(node, "memory", "memory", {"node": target.findtext("node", ""), "size": size})

    def nvdimms(self, devices: Node) -> Iterator[Reported]:
        for node in devices.iter("memory"):
            name = self.host.nvdimms.get(node.findtext("source/path", "")) if node.get("model") == "nvdimm" else None
            if name and (row := self.correlate(alias_of(node), self.candidates("hostdev"), name)) is not None:
                yield self.found(row, node, name, "hostdev")

    def hostdevs(self, devices: Node) -> Iterator[Reported]:
        """Those whose address is one of the host's, then those that have another one."""
        candidates = self.candidates("hostdev")
        nodes = [(node, address) for node in devices.iter("hostdev") if (address := host_address_of(node)) is not None]
        for node, address in nodes:
            name = self.host_device(address)
            if name is not None and (row := self.correlate(alias_of(node), candidates, name)) is not None:
                yield self.found(row, node, name, "hostdev")
        for node, address in nodes:
            if self.host_device(address) is None:
                device = node.get("type", "")
                row = self.correlate(alias_of(node), candidates, device)
                if row is not None:
                    yield attrs.evolve(self.found(row, node, device, "hostdev"), spec=address)
                else:
                    yield self.unknown(node, device, "hostdev", address)

    def host_device(self, address: dict[str, str] | None) -> str | None:
        return next((name for name, one in self.host.devices.items() if address and one == address), None)
