"""VMs of the small dialect as values, for tests of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

import xform
from xform.monitor.records import Device, Known

TABLES = Path(__file__).parent / "tables"
SMALL = xform.load(str(TABLES))
ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
START = datetime(2024, 2, 29, 12, tzinfo=UTC)


def moment(number: int) -> datetime:
    return START + timedelta(minutes=number)


def disk(target: str, *, managed: bool = False, plugged: bool = True, **fields: Any) -> Device:
    entity = SMALL.Disk(target=target, **fields)
    return Device("disks", f"disk-{target}", entity, f"ua-{target}", None, managed, plugged, target.encode())


def nic(mac: str, bridge: str | None = None) -> Device:
    entity = SMALL.BridgeNic(mac=mac, bridge=bridge) if bridge else SMALL.UserNic(mac=mac)
    return Device("nics", f"nic-{mac}", entity, address="pci 0:0:3.0")


def known(*devices: Device, vm: str = ID, **fields: Any) -> Known:
    """Devices in the order that a store gives them; `fields` are those of a Known."""
    found = Known(vm, "web", SMALL.Vm(id=vm, name="web", cpus=2), devices, "7", b"text", b"digest", b"rest")
    return attrs.evolve(found, **fields)
