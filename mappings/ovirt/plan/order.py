"""The order of devices within their kinds: guests name network cards by it as long as they have no place.

Sorting is stable: what comes out equal stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from .context import Entity, Setting

_MEDIA = {"cdrom": 1, "floppy": 2}
_LAST = 9


def plan(vm: Entity, setting: Setting) -> Entity:
    """NICs by MAC, SPICE behind VNC, CD-ROMs and floppies before disks, vGPUs behind other devices of the host."""
    dialect = setting.dialect

    def nic(item: Entity) -> Any:
        return item.mac or "~", item.teaming == "persistent"

    def disk(item: Entity) -> Any:
        return 0 if item.device == "cdrom" and item.payload is not None else _MEDIA.get(item.device, 3)

    def hostdev(item: Entity) -> Any:
        classes = (dialect.ScsiHostdevSource, dialect.MdevHostdevSource)
        return next((rank for rank, cls in enumerate(classes, 1) if isinstance(item.source, cls)), 0)

    return evolve(
        vm,
        nics=_sorted(vm.nics, dialect.Nic, nic, ("~~", False)),
        disks=_sorted(vm.disks, dialect.Disk, disk, _LAST),
        hostdevs=_sorted(vm.hostdevs, dialect.Hostdev, hostdev, _LAST),
        graphics=sorted(vm.graphics, key=lambda item: isinstance(item, dialect.SpiceGraphics)),
    )


def _sorted(items: list[Entity], cls: type, rank: Callable[[Entity], Any], other: Any) -> list[Entity]:
    """By rank; what no table could say is no instance of the class, and comes last."""
    return sorted(items, key=lambda item: rank(item) if isinstance(item, cls) else other)
