"""Disks and drives that the guest does not have just now: they are no part of a document, and are not forgotten."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting
from .drives import is_drive
from .identities import identify


def plan(vm: Entity, setting: Setting) -> Entity:
    """Only what is plugged; what no table can say is in the document as it is.

    Ids come first: that of one disk does not hang on whether another is plugged.
    """
    cls = setting.dialect.Disk
    vm = identify(vm, setting, "disks")
    return evolve(vm, disks=[item for item in vm.disks if not isinstance(item, cls) or is_drive(item, setting)])


def recall(vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    """What was known and not plugged, unless the document shows that it is now."""
    cls = setting.dialect.Disk
    held = [item for item in (known.disks if known else []) if isinstance(item, cls)]
    there = {item.id for item in vm.disks if isinstance(item, cls)} - {None}
    return evolve(vm, disks=[*vm.disks, *(item for item in held if not item.plugged and item.id not in there)])
