"""An id for every device that can keep one, derived from the VM's: the same VM has the same ids on every host."""

from __future__ import annotations

import uuid
from itertools import chain, count
from typing import Any

from attrs import evolve, fields

from .common import claim
from .context import Entity, Setting

# Controllers that come with the machine and keep their own names; disks find their bus by these.
_BUILT_IN = ("pci", "isa", "ide", "sata", "fdc")
# Devices of a run once that take the place of others; they are not those, and have ids of their own.
_OVERRIDDEN = ("videos",)
_MOST_OVERRIDES = 64


def plan(vm: Entity, setting: Setting) -> Entity:
    """An id for all devices."""
    for attribute in fields(type(vm)):
        if any(getattr(item, "id", "") is None for item in _items(getattr(vm, attribute.name))):
            vm = identify(vm, setting, attribute.name)
    return vm


def identify(vm: Entity, setting: Setting, kind: str) -> Entity:
    """An id for the devices that a field of the VM holds; a disk has that of its image, a vGPU its own."""
    held = getattr(vm, kind)
    taken = {
        getattr(item, "id", None) for attribute in fields(type(vm)) for item in _items(getattr(vm, attribute.name))
    }

    def given(item: Entity) -> Entity:
        if getattr(item, "id", "") is not None or not _keeps_id(item, setting.dialect):
            return item
        own = item.uuid if isinstance(item, setting.dialect.Hostdev) else getattr(item, "image_id", None)
        names = (derived(vm, kind, number) for number in count())
        return evolve(item, id=claim(taken, chain([own] if own else [], names)))

    return evolve(vm, **{kind: [given(item) for item in held] if isinstance(held, list) else given(held)})


def derived(vm: Entity, kind: str, number: int) -> str:
    """The id of a device that has none, by its kind and its number."""
    start = "run-once/" if vm.run_once and kind in _OVERRIDDEN else ""
    return _derived(vm, f"{start}{kind}/{number}")


def overrides(vm: Entity, item: Entity, kind: str) -> bool:
    """Whether a device is there for a run once, in place of one that the VM has otherwise."""
    return vm.id is not None and item.id in {
        _derived(vm, f"run-once/{kind}/{number}") for number in range(_MOST_OVERRIDES)
    }


def _derived(vm: Entity, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(vm.id), name))


def _keeps_id(item: Entity, dialect: Any) -> bool:
    """libvirt has no place for the alias of what is not there, and the machine's own devices have names of theirs.

    Its schema has none for that of a smart card.
    """
    if isinstance(item, dialect.Controller):
        return item.type not in _BUILT_IN and item.model != "none"
    if isinstance(item, dialect.Balloon | dialect.Video):
        return bool(item.model != "none")
    cards = (dialect.HostSmartcard, dialect.HostCertificatesSmartcard, dialect.PassthroughSmartcard)
    return not isinstance(item, cards)


def _items(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held]
