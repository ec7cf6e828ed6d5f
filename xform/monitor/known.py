"""What is known of a VM, put together of its devices and taken apart again: entities without what changes by itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from xform.entities import empty
from xform.match import held
from xform.match.identity import address_of, alias_of, device_ids
from xform.monitor.records import Device, Known
from xform.table.model import Row
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.match import Kind


def assembled(dialect: Dialect, known: Known) -> tuple[Any, dict[str, list[str]]]:
    """The entity that a document is matched with: all that is known, and the run that it is known of; and the ids of
    its devices by kind.
    """
    values: dict[str, Any] = {}
    ids: dict[str, list[str]] = {}
    for kind in dialect.kinds:
        devices = [device for device in known.devices if device.kind == kind.name]
        if kind.row.form != "list":  # there may be another one than the manager's: of which the guest had one last
            devices = sorted(devices, key=lambda device: not device.plugged)[:1]
        if devices:
            ids[kind.name] = [device.id for device in devices]
            entities = [device.entity for device in devices]
            values[kind.name] = entities if kind.row.form == "list" else entities[0]
    if (row := run_row(dialect)) and row.codec and known.run is not None:
        values[row.name] = row.codec.decode(known.run)
    return attrs.evolve(known.entity, **values), ids


def plugged(known: Known) -> Known:
    """What is known of the devices that the last document had."""
    return attrs.evolve(known, devices=tuple([device for device in known.devices if device.plugged]))


def numbered(dialect: Dialect, entity: Any) -> Iterator[tuple[Kind, str, Any]]:
    """The devices of an entity with their kinds and ids."""
    ids = device_ids(dialect, entity)
    for kind in dialect.kinds:
        for name, device in zip(ids.get(kind.name, ()), held(entity, kind.name), strict=True):
            yield kind, name, device


def made(dialect: Dialect, kind: Kind, name: str, entity: Any, managed: bool = False, slice: bytes = b"") -> Device:
    """A device that was not known."""
    return seen(dialect, Device(kind.name, name, None, managed=managed), entity, alias_of(dialect, kind, entity), slice)


def seen(dialect: Dialect, device: Device, entity: Any, alias: str | None, slice: bytes) -> Device:
    """A device as a document has it, with the alias that it has there."""
    same = device.entity is not None and getattr(device.entity, "address", None) == getattr(entity, "address", None)
    return Device(
        device.kind,
        device.id,
        lifeless(dialect, entity, facts(dialect, device.kind)),
        alias,
        device.address if same else address_of(dialect, entity),
        device.managed,
        True,
        slice,
    )


@lru_cache(256)
def facts(dialect: Dialect, kind: str) -> frozenset[str]:
    """The fields that a kind's ladder names."""
    return frozenset(name for one in dialect.kinds if one.name == kind for keys in one.keys for name in keys.rung.named)


def called(dialect: Dialect, entity: Any) -> tuple[str, str]:
    """The id and the name of a VM."""
    name = getattr(entity, "name", None) or ""
    return str(getattr(entity, dialect.tables.id or "name", None) or name), str(name)


def bare(dialect: Dialect, entity: Any) -> Any:
    """A VM without its devices."""
    kinds: dict[str, Any] = {kind.name: [] if kind.row.form == "list" else None for kind in dialect.kinds}
    return lifeless(dialect, attrs.evolve(entity, **kinds))


def run_row(dialect: Dialect) -> Row | None:
    return dialect.root.fields[dialect.tables.run] if dialect.tables.run else None


def run_of(dialect: Dialect, root: Element) -> str | None:
    """What tells this start of a VM from others, as its document writes it."""
    row = run_row(dialect)
    return root.get(row.path.attribute) if row and row.path.attribute else None


def lifeless(dialect: Dialect, entity: Any, but: frozenset[str] = frozenset()) -> Any:
    """An entity that was just read, its live fields emptied, `but` for some of its own."""
    if isinstance(entity, list):
        for item in entity:
            lifeless(dialect, item)
        return entity
    cls: Any = type(entity)
    live, inner = living(dialect, cls)
    for row in live:
        if row.name not in but and getattr(entity, row.name) is not None:
            object.__setattr__(entity, row.name, empty(row))
    for name in inner:
        if (value := getattr(entity, name)) is not None:
            lifeless(dialect, value)
    return entity


@lru_cache(4096)
def living(dialect: Dialect, cls: Hashable) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The live rows of a class, and the fields that hold entities which may have some."""
    assert isinstance(cls, type)
    table = dialect.classes.table(cls)
    rows = tuple(table.fields.values()) if table else ()
    return tuple(row for row in rows if row.live), tuple(row.name for row in rows if row.entity and not row.live)
