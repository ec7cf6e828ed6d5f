"""OpenStack nova's LibvirtConfig classes: both directions written by hand; of the devices they read disks and NICs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nova.virt.libvirt.config import LibvirtConfigGuest

from bench.peers import Peer


def parse(text: bytes) -> Any:
    guest = LibvirtConfigGuest()
    guest.parse_str(text)
    guest.cpu.match = guest.cpu.match or "exact"  # what it read without one it cannot write
    return guest


def devices(guest: Any) -> Iterable[tuple[str | None, Any]]:
    for device in guest.devices:
        yield device.alias, device


PEERS = {"": Peer(parse, lambda guest: guest.to_xml(), devices)}
