"""The tables of the ovirt dialect, taken apart: VMs of one field each, so that an altered table is read in no time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from xform.dialect import Dialect
from xform.table.folder import display, find
from xform.table.merge import alike
from xform.table.model import Origin, Row, Table, Tables
from xform.table.reader import TableFile
from xform.table.resolve import Resolver, load_tables
from xform.table.walk import reachable

NAME, BASE = "ovirt", "domain"

# A key of a mapping file, such as ("Disk", "row", "target").
Key = tuple[str, ...]

KNOWN = "known"  # the part with what is known of a VM beside its document


@frozen
class Part:
    """A dialect whose documents hold one field of the root, beside what each must have."""

    name: str
    resolver: Resolver

    def dialect(self, key: Key = (), value: Any = None) -> Dialect:
        """The dialect, with another value of a key if one is named; None deletes it.  Raises TableError."""
        resolver = copy.copy(self.resolver)
        if key:
            known, (name, *inner) = ("uses", key[1:]) if key[0] == "use" else ("entities", key)
            file, values = getattr(resolver, known)[name]
            file = copy.copy(file)
            file.origins = _Nearest(file.origins)
            setattr(resolver, known, {**getattr(resolver, known), name: (file, _changed(values, inner, value))})
        return Dialect(resolver.tables())

    def holds(self, key: Key) -> bool:
        """Whether a key of the files is one of this part."""
        name, *inner = key[1:] if key[0] == "use" else key
        values = (self.resolver.uses if key[0] == "use" else self.resolver.entities).get(name, (None, None))[1]
        for word in inner:
            values = values.get(word) if isinstance(values, dict) else None
        return values is not None


class _Nearest(dict[Key, Origin]):
    """Where keys stand; of one that no file has, where the table is that it was put into."""

    def __missing__(self, key: Key) -> Origin:
        return self[key[:-1]]


def _changed(values: dict[str, Any], key: list[str], value: Any) -> dict[str, Any]:
    word, *inner = key
    if inner:
        return {**values, word: _changed(values[word], inner, value)}
    if value is None:
        return {other: held for other, held in values.items() if other != word}
    return {**values, word: value}


def resolver() -> Resolver:
    folder = find(NAME)
    return Resolver(folder, TableFile(display(folder) / "dialect.toml"), load_tables(BASE))


def parts(resolver: Resolver) -> Iterator[Part]:
    """One for each field of the root that leads to a row of the dialect's own files, and one with what is known."""
    whole = resolver.tables()
    root = whole.shapes[whole.root]
    assert isinstance(root, Table)
    for row in root.rows:
        tables = [table for name in _led(whole, row) for table in whole.shapes[name].tables]
        if any(ours(resolver, inner) for table in tables for inner in (*table.every, *table.known)) or ours(
            resolver, row
        ):
            yield Part(row.name, _alone(resolver, whole, root, row))
    yield Part(KNOWN, _alone(resolver, whole, root, None))


def ours(resolver: Resolver, row: Row) -> bool:
    """Whether a row stands in the dialect's own files."""
    return row.origin.file.startswith(str(resolver.head.path.parent))


def _led(tables: Tables, row: Row) -> set[str]:
    return reachable(tables.shapes, row.entity) if row.entity else set()


def _alone(whole: Resolver, tables: Tables, root: Table, row: Row | None) -> Resolver:
    base = whole.base
    assert base is not None
    keep = [one for one in root.rows if one is row or one.required or one.name in (tables.id, tables.run)]
    pruned = evolve(root, rows=tuple(keep), known=root.known if row is None else ())
    names = reachable({**tables.shapes, root.name: pruned}, root.name)
    made = copy.copy(whole)
    file, values = whole.entities[root.name]
    kept = {one.name for one in keep}
    values = {**values, "row": {name: text for name, text in values["row"].items() if name in kept}}
    if row is not None:
        del values["known"]
    made.entities = {name: entity for name, entity in whole.entities.items() if name in names}
    made.entities[root.name] = file, values
    used = {use for _, entity in made.entities.values() for use in entity.get("use", [])}
    made.uses = {name: shared for name, shared in whole.uses.items() if name in used}
    for name in values.get("use", []):
        source, shared = whole.uses[name]
        made.uses[name] = source, {field: text for field, text in shared.items() if field in kept}
    within = base.shapes[base.root]
    assert isinstance(within, Table)
    shapes = {**base.shapes, base.root: evolve(within, rows=tuple(one for one in within.rows if _stays(one, keep)))}
    extended = [said.rpartition(":")[2] for _, entity in made.entities.values() if (said := entity.get("extends"))]
    names = {name for start in (base.root, *extended) for name in reachable(shapes, start)}
    made.base = evolve(base, shapes={name: shape for name, shape in shapes.items() if name in names})
    return made


def _stays(row: Row, keep: list[Row]) -> bool:
    return any(alike(row, other) for other in keep)
