"""Ways through finished tables: the rows that sit in one element, the devices and the joins of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter

from xform.table.model import Join, Row, Shape, Step, Table, Tables

Owners = tuple[tuple[Row, Table], ...]


def flatten(tables: Tables, table: Table, seen: tuple[str, ...] = ()) -> Iterator[tuple[Owners, Row]]:
    """The rows that sit in an entity's element, embedded variants' included, each behind its embedding rows."""
    for row in table.rows:
        yield (), row
        if row.embeds and row.entity and row.entity not in seen:
            for variant in tables.shapes[row.entity].tables:
                for owners, inner in flatten(tables, variant, (*seen, row.entity)):
                    yield ((row, variant), *owners), inner


def apart(owners: Owners, others: Owners) -> bool:
    """Whether two rows belong to different variants of one embedded choice, of which at most one is there."""
    for (row, table), (other_row, other_table) in zip(owners, others, strict=False):
        if row is not other_row or table is not other_table:
            return row is other_row
    return False


def reachable(shapes: Mapping[str, Shape], root: str) -> set[str]:
    """The root's name, and those of all entities that rows lead to from there."""
    found: set[str] = set()
    todo = [root]
    while todo:
        name = todo.pop()
        if name in shapes and name not in found:
            found.add(name)
            for table in shapes[name].tables:
                todo += [row.entity for row in (*table.every, *table.known) if row.entity]
    return found


def device_rows(tables: Tables) -> Iterator[Row]:
    """The root's rows that hold devices with a ladder."""
    for row in tables.document.rows:
        if row.entity and row.form in ("list", "one") and not row.embeds and tables.shapes[row.entity].ladder:
            yield row


def joins(tables: Tables) -> Iterator[tuple[Table, Join, Row]]:
    """Every join of an entity that the root holds, with the root's row that holds it."""
    for row in tables.document.rows:
        shape = tables.shapes[row.entity] if row.entity else None
        if isinstance(shape, Table):
            for join in shape.joins:
                yield shape, join, row


def late(rows: Iterable[Row]) -> list[Row]:
    """The rows that are decoded last, because their rules need others: each behind those that it needs.

    Raises graphlib.CycleError for rows that need each other.
    """
    needy = {row.name: row for row in rows if row.codec and row.codec.needs}
    needs = {name: [need for need in row.codec.needs if need in needy] for name, row in needy.items() if row.codec}
    return [needy[name] for name in TopologicalSorter(needs).static_order()]


def needed(table: Table, names: Iterable[str]) -> set[str]:
    """Fields, and those that are decoded first: what rules need, and what goes first at their nodes."""
    found: set[str] = set()
    todo = [name for name in names if name in table.fields]
    while todo:
        found.add(name := todo.pop())
        row = table.fields[name]
        first = (*(row.codec.needs if row.codec else ()), *row.behind)
        todo += [need for need in first if need in table.fields and need not in found]
    return found


def standing(tables: Tables, name: str, seen: tuple[str, ...] = ()) -> Step:
    """The element that an entity stands in: its table's, or the last step to the first row that holds it."""
    shape = tables.shapes[name]
    if shape.element:
        return Step(shape.element, shape.element)
    for owner in tables.shapes.values():
        for table in owner.tables:
            for row in table.rows:
                if row.entity == name and row.path.steps:
                    return row.path.steps[-1]
                if row.entity == name and owner.name not in seen:
                    return standing(tables, owner.name, (*seen, owner.name))
    return Step(name.lower(), name.lower())
