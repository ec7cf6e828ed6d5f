"""What all ways to provide a disk share: which disks there are, and where one is pointed to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from host_prep.effect import Entity
from host_prep.plan.common import Setting


def disks(vm: Entity, setting: Setting) -> list[Entity]:
    """The disks that the tables can say."""
    return [disk for disk in vm.disks if isinstance(disk, setting.dialect.Disk)]


def with_disks(vm: Entity, setting: Setting, change: Callable[[Entity], Entity]) -> Entity:
    """The VM with each of its disks as `change` gives it, in their order."""
    known = setting.dialect.Disk
    return evolve(vm, disks=[change(disk) if isinstance(disk, known) else disk for disk in vm.disks])


def named(disk: Entity) -> str:
    """A disk in messages: its id, alias or target."""
    return next((name for name in (disk.id, disk.alias, disk.target) if name), "without a name")


def pointed(disk: Entity, path: Path | str, setting: Setting, *, block: bool = False) -> Entity:
    """The disk with its own path, whatever its bus and name; all else of its source stays.

    A file or device that outlives the VM keeps its owner: libvirt is told not to change it.
    """
    dialect = setting.dialect
    cls = dialect.BlockDiskSource if block else dialect.FileDiskSource
    source = disk.source
    kept = {"seclabels": [dialect.DeviceSeclabel(model="dac", relabel=False)]}
    if type(source) in (dialect.FileDiskSource, dialect.BlockDiskSource):
        names = ("startup_policy", "slice", "data_store", "encryption")
        kept = {name: getattr(source, name) for name in names} | {"seclabels": source.seclabels or kept["seclabels"]}
    if source.__class__ is cls:
        return evolve(disk, source=evolve(source, path=str(path), seclabels=kept["seclabels"]))
    return evolve(disk, source=cls(path=str(path), **kept))
