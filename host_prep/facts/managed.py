"""Volumes of a volume manager that are attached already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host_prep.effect import Entity
    from host_prep.system import Host


def look_at_managed(host: Host, vm: Entity) -> frozenset[str]:
    """The paths of the VM's managed disks where something is."""
    disks = [disk for disk in vm.disks if getattr(disk, "managed", None)]
    paths = {path for disk in disks if (path := getattr(disk.source, "path", None))}
    return frozenset(path for path in paths if host.exists(Path(path)))
