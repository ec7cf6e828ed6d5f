"""The rows of a table as the tree of elements that they describe: what both compiled directions walk along."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from attrs import define, field, frozen

from xform.entities import values_of
from xform.table.model import Join, Path, Row, Step, Table, Tables
from xform.table.walk import Owners, flatten, joins


@frozen
class Slot:
    """One row at one of its places.

    `owners` are the embedding rows, with the variant that is meant, on the way from the table to the row.  `kind` says
    what stands here: a ``value`` (an attribute, or the element's text), the ``unit`` of a size, the ``word`` of an
    embedded variant, or a ``whole`` element (an entity, one item of a list or map, presence, kept XML, a join's entry).
    """

    row: Row
    path: Path
    kind: str
    owners: Owners = ()
    place: int = 0
    join: tuple[Table, Join] | None = None


@define
class Node:
    """An element on the way of some paths, with what the rows say of it, in emission order."""

    step: Step | None = None
    attributes: list[Slot] = field(factory=list)
    text: list[Slot] = field(factory=list)
    whole: list[Slot] = field(factory=list)
    children: dict[tuple[str, tuple[tuple[str, str], ...]], Node] = field(factory=dict)

    @property
    def slots(self) -> Iterator[Slot]:
        yield from (*self.attributes, *self.text, *self.whole)
        for child in self.children.values():
            yield from child.slots

    def at(self, steps: tuple[Step, ...]) -> Node:
        node = self
        for step in steps:
            node = node.children.setdefault((step.tag, step.where), Node(step))
        return node

    def add(self, slot: Slot) -> None:
        path = slot.path
        node = self.at(path.steps)
        if slot.kind == "whole":
            node.whole.append(slot)
        elif path.attribute is not None or slot.kind == "word":
            node.attributes.append(slot)
        else:
            node.text.append(slot)
        codec = slot.row.codec
        if slot.kind == "value" and codec and codec.unit:
            node.attributes.append(Slot(slot.row, slot.path, "unit", slot.owners, slot.place))


def full_layout(tables: Tables, table: Table, root: bool = False, apart: Collection[int] = ()) -> Node:
    """The tree of a table's rows and of all that its rows embed; of the root, with the entries of joins.

    What the rows `apart`, by id, embed is left out.
    """
    node = Node()
    for owners, row in flatten(tables, table):
        if not any(id(outer) in apart for outer, _ in owners):
            for slot in _slots(owners, row):
                node.add(slot)
    if root:
        for joined, join, row in joins(tables):
            node.add(Slot(row, join.path, "whole", join=(joined, join)))
    return node


Fields = tuple[tuple[Row, ...], Callable[[Any], tuple[Any, ...]], tuple[Row, ...]]


class Layouts:
    """The trees of a dialect's tables, `full_layout` each, made when they are first asked for."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.joins = tuple(joins(tables))
        self._made: dict[int, tuple[Table, Node]] = {}
        self._fields: dict[int, tuple[tuple[Row, ...], Fields]] = {}

    def __call__(self, table: Table) -> Node:
        # the table is kept as well, so that its id stays its own
        if id(table) not in self._made:
            self._made[id(table)] = table, full_layout(self.tables, table, table.name == self.tables.root)
        return self._made[id(table)][1]

    def fields(self, rows: tuple[Row, ...]) -> Fields:
        """Rows whose fields alone say what stands in a document, how to read those fields of an entity, and the rows
        that depend on other fields as well; what is written only has no field to follow. What stands behind others at
        a node comes first, so that these have the last word.
        """
        if id(rows) not in self._fields:
            kept = [row for row in rows if not row.generated]
            others = tuple(row for row in kept if row.when or (row.codec and row.codec.needs))
            plain = [row for row in kept if row.constant is None and row not in others]
            plain.sort(key=lambda row: -len(row.behind))
            self._fields[id(rows)] = rows, (tuple(plain), values_of([row.name for row in plain]), others)
        return self._fields[id(rows)][1]


def _slots(owners: Owners, row: Row) -> Iterator[Slot]:
    for place, path in enumerate(row.paths):
        value = row.codec is not None and row.codec.shape == "value" and row.form == "one"
        kind = "word" if row.embeds else "value" if value else "whole"
        yield Slot(row, path, kind, owners, place)
