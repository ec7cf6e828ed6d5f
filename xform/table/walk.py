"""Ways through finished tables: the rows that sit in one element, and the joins of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter

from xform.table.model import Choice, Join, Row, Shape, Table, Tables


def flatten(
    tables: Tables, table: Table, seen: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[tuple[Row, Table], ...], Row]]:
    """The rows that sit in an entity's element, embedded variants' included, each behind its embedding rows."""
    for row in table.rows:
        yield (), row
        if row.embeds and row.entity and row.entity not in seen:
            shape = tables.shapes[row.entity]
            for variant in shape.variants.values() if isinstance(shape, Choice) else (shape,):
                for owners, inner in flatten(tables, variant, (*seen, row.entity)):
                    yield ((row, variant), *owners), inner


def reachable(shapes: dict[str, Shape], root: str) -> set[str]:
    """The root's name, and those of all entities that rows lead to from there."""
    found: set[str] = set()
    todo = [root]
    while todo:
        name = todo.pop()
        if name in shapes and name not in found:
            found.add(name)
            shape = shapes[name]
            for table in shape.variants.values() if isinstance(shape, Choice) else (shape,):
                rows = [*table.rows, *(row for join in table.joins for row in join.rows)]
                todo += [row.entity for row in rows if row.entity]
    return found


def joins(tables: Tables) -> Iterator[tuple[Table, Join, Row]]:
    """Every join of an entity that the root holds, with the root's row that holds it."""
    root = tables.shapes[tables.root]
    assert isinstance(root, Table)
    for row in root.rows:
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
