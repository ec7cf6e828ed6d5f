"""virt-manager's virtinst: the XML is the store, and fields are paths into it that are looked up when they are read.

It is imported from where tools/peers unpacks Debian's package, without the libraries that only its other parts need.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.peers import Peer

UNPACKED = Path(__file__).parents[2] / ".venv/peers/virtinst/usr"
sys.path[:0] = [str(UNPACKED / "share/virt-manager"), str(UNPACKED / "lib/python3/dist-packages")]
for name in ("gi", "gi.repository", "requests"):
    sys.modules[name] = ModuleType(name)
sys.modules["gi"].require_version = lambda *_: None  # type: ignore[attr-defined]
sys.modules["gi.repository"].Libosinfo = None  # type: ignore[attr-defined]

from virtinst import Guest  # noqa: E402

ADDRESS = {
    "pci": ("domain", "bus", "slot", "function"),
    "drive": ("controller", "bus", "target", "unit"),
    "virtio-serial": ("controller", "bus", "port"),
}
READ: dict[str, Any] = {
    "disk": lambda disk: (disk.type, disk.device, disk.source.file, disk.target, disk.bus, disk.serial),
    "interface": lambda nic: (nic.type, nic.macaddr, nic.source, nic.target_dev, nic.model),
    "channel": lambda channel: (channel.type, channel.source.path, channel.target_type, channel.target_name),
    "controller": lambda controller: (controller.type, controller.index, controller.model),
}


def parse(text: bytes) -> Any:
    guest = Guest(None, parsexml=text.decode())
    read = [guest.name, guest.uuid, guest.memory]
    for device in (*guest.devices.disk, *guest.devices.interface, *guest.devices.channel, *guest.devices.controller):
        address = device.address
        read += READ[device.DEVICE_TYPE](device)
        read += [device.alias.name, *(getattr(address, name) for name in ADDRESS[address.type])]
    return guest


def devices(guest: Any) -> Iterable[tuple[str | None, Any]]:
    for device in guest.devices.get_all():
        yield device.alias.name, device


# Nothing was set, so that the text is only written out: the least that generating can cost.
PEERS = {
    "all fields": Peer(parse, lambda guest: guest.get_xml(), devices),
    "no field": Peer(lambda text: Guest(None, parsexml=text.decode()), lambda guest: guest.get_xml(), devices),
}
