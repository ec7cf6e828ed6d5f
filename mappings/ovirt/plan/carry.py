"""What no document tells, taken over from the VM as it was known before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve, fields

from .context import Entity


def carry(vm: Entity, known: Entity) -> Entity:
    """The VM with the known fields that hold nothing of its own, and those of its devices, found by their ids."""
    before = {item.id: item for item in _devices(known)}

    def carried(held: Any) -> Any:
        if isinstance(held, list):
            return [carried(item) for item in held]
        other = before.get(getattr(held, "id", None))
        if other is None or type(other) is not type(held):
            return held
        made = _carried(held, other)
        return evolve(made, plugged=True) if hasattr(made, "plugged") else made  # or it would be in no document

    own = _carried(vm, known)
    return evolve(own, **{name: carried(getattr(own, name)) for name in _names(own, beside=False)})


def _carried(entity: Entity, known: Entity) -> Entity:
    nothing = _nothing(entity)
    return evolve(
        entity,
        **{name: getattr(known, name) for name, value in nothing.items() if getattr(entity, name) == value},
    )


def _nothing(entity: Entity) -> dict[str, Any]:
    """The known fields of an entity, and what each holds where nobody said anything."""
    found: dict[str, Any] = {}
    beside = set(_names(entity, beside=True))
    for attribute in fields(type(entity)):
        if attribute.name in beside:
            factory = getattr(attribute.default, "factory", None)
            found[attribute.name] = factory() if factory else attribute.default
    return found


def _names(entity: Entity, *, beside: bool) -> list[str]:
    """The fields that no document holds, or the others."""
    return [
        attribute.name
        for attribute in fields(type(entity))
        if ("row" in attribute.metadata and not attribute.metadata["row"].paths) == beside
    ]


def _devices(vm: Entity) -> Iterator[Entity]:
    for name in _names(vm, beside=False):
        held = getattr(vm, name)
        for item in held if isinstance(held, list) else [held]:
            if getattr(item, "id", None) is not None:
                yield item
