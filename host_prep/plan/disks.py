"""What all ways to provide a disk share: which disks there are, and where one is pointed to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from host_prep.effect import Entity
from host_prep.plan.common import Setting

# What a source keeps that is a file now and was a device, or the other way round.
_OF_BOTH = ("startup_policy", "slice", "data_store", "encryption")


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

    Where the settings give files and devices an owner, libvirt is told to leave them to it; else that is libvirt's.
    """
    dialect = setting.dialect
    cls = dialect.BlockDiskSource if block else dialect.FileDiskSource
    source = disk.source
    same, local = isinstance(source, cls), type(source) in (dialect.BlockDiskSource, dialect.FileDiskSource)
    owned = [dialect.DeviceSeclabel(model="dac", relabel=False)] if setting.facts.config.image_owner else []
    seclabels = (source.seclabels if local else []) or owned
    if same:
        return evolve(disk, source=evolve(source, path=str(path), seclabels=seclabels))
    kept = {name: getattr(source, name) for name in _OF_BOTH} if local else {}
    return evolve(disk, source=cls(path=str(path), seclabels=seclabels, **kept))
