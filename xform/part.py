"""Parts of a document: the elements of a few devices alone, as they are plugged into what runs or taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from xform.entities import empty
from xform.errors import EntityError, instead

if TYPE_CHECKING:
    from xform.dialect import Dialect


def part_of(dialect: Dialect, entity: Any, name: str | None, items: Sequence[Any] | None) -> Any:
    """The root's entity as a part that dialect.toml names has it: all of it, or nothing but these of its items, each
    ``whole``, or the ``keys`` that it is found by alone.

    Raises EntityError for a part that is none, and for an item that is none of the entity's.
    """
    parts = dialect.tables.parts
    if name is None:
        raise EntityError("items are for a part alone; expected a part with them")
    if name not in parts:
        raise EntityError(f"{dialect.tables.name} has no part {name!r}{instead(name, parts)}")
    if items is None:
        return entity
    if not isinstance(items, Sequence):
        raise EntityError(f"`only` is one {type(items).__name__}; expected a list of items")
    how, found = parts[name], list[Any]()

    def kept(held: Any) -> Any:
        if isinstance(held, list):
            return [one for item in held for one in kept(item)]
        if held is None or not any(held is item for item in items):
            return []
        found.append(held)
        return [held if how == "whole" else _keys(dialect, held)]

    values: dict[str, Any] = {}
    for name, row in dialect.root.fields.items():
        held = kept(getattr(entity, name)) if row.entity else []
        values[name] = held if row.form == "list" else held[0] if held else empty(row)
    for item in items:
        if not any(item is one for one in found):
            raise EntityError(
                f"a {type(item).__name__} is no item of this {dialect.root.name}; expected one of its own"
            )
    return type(entity)(**values)


def named(dialect: Dialect, entity: Any, key: str) -> Any:
    """The item of an entity whose key is this. Raises EntityError where there is none."""
    for name, row in dialect.root.fields.items():
        if row.entity:
            held = getattr(entity, name)
            for item in held if row.form == "list" else [held]:
                if any(getattr(item, field, None) == key for field in _first(dialect, item)):
                    return item
    raise EntityError(f"no device {key!r} in the {dialect.root.name}; expected the key of one, as `match` shows it")


def _keys(dialect: Dialect, item: Any) -> Any:
    first = _first(dialect, item)
    if not first or any(getattr(item, name) is None for name in first):
        keys = " and ".join(first) or "a match ladder"
        raise EntityError(f"a {type(item).__name__} cannot be told from others without {keys}")
    table = dialect.classes.table(type(item))
    rows = table.attributes if table else {}
    nothing = {name: empty(row) for name, row in rows.items()}
    made: Any = attrs.evolve(item, **nothing)
    return attrs.evolve(made, **{name: getattr(item, name) for name in first})


def _first(dialect: Dialect, item: Any) -> tuple[str, ...]:
    """The fields of the first rung by which an item is matched."""
    name = dialect.classes.name(type(item))
    shape = (dialect.classes.choice(name) or dialect.classes.shape(name)) if name else None
    return shape.ladder[0].named if shape and shape.ladder else ()
