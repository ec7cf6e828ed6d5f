"""Where several rows meet at one element: what can be read together, and what only the oracle tells apart."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

from xform.compile.layout import Node, Slot, full_layout
from xform.table.finish import yields
from xform.table.model import Choice, Table, Tables
from xform.table.walk import apart, joins


def read_apart(tables: Tables, node: Node) -> set[int]:
    """The embedding rows, by id, whose entities cannot be read together with their owner.

    That is so where what is there tells the variant, and where an embedded step means elements that stand in the
    owner's layout for another row.
    """
    found = set()
    for slot in node.slots:
        shape = tables.shapes[slot.row.entity or ""] if slot.kind == "word" else None
        if isinstance(shape, Choice) and not shape.attributes:
            found.add(id(slot.row))

    def visit(node: Node, depth: int) -> None:
        for child in node.children.values():
            for slot in child.slots:
                step = slot.path.steps[depth]
                known = {(other.tag, other.where) for other in step.but}
                rivals = [other.step for other in node.children.values() if other.step and yields(step, other.step)]
                if slot.owners and any((other.tag, other.where) not in known for other in rivals):
                    found.add(id(slot.owners[0][0]))
            visit(child, depth + 1)

    visit(node, 0)
    return found


def odd(tables: Tables, table: Table) -> bool:
    """Whether several rows might take one node of an entity, or an embedded one is read apart."""
    root = table.name == tables.root
    entries = [joined.second(join) for joined, join, _ in joins(tables)] if root else []
    node = full_layout(tables, table, root)
    return bool(read_apart(tables, node)) or _shared(tables, node) or any(odd(tables, entry) for entry in entries)


def _shared(tables: Tables, node: Node) -> bool:
    """Whether rows meet at a node, or more than one node of an element is one fact."""
    places: dict[str | None, list[Slot]] = defaultdict(list)
    for slot in (*node.attributes, *node.text, *node.whole):
        for name in _names(tables, slot):
            places[name].append(slot)
    pairs = [pair for slots in places.values() for pair in combinations(slots, 2)]
    return (
        any(not apart(one.owners, other.owners) and not _leaves(one, other) for one, other in pairs)
        or (bool(node.whole) and len(places) + len(node.children) > 1)
        or any(slot.row.generated or slot.row.value.steps for slot in node.whole)
        or any(_shared(tables, child) for child in node.children.values())
    )


def _leaves(slot: Slot, other: Slot) -> bool:
    """Whether what a row does not admit is another one's, of the same table."""
    return slot.row.name in other.row.behind and slot.owners == other.owners


def _names(tables: Tables, slot: Slot) -> tuple[str | None, ...]:
    """The attributes that a row has at its place; "" is the text, None the whole element."""
    codec = slot.row.codec
    if slot.kind == "word":
        shape = tables.shapes[slot.row.entity or ""]
        return shape.attributes if isinstance(shape, Choice) else ()
    if slot.kind == "unit":
        return (codec.unit if codec else None,)
    return (None,) if slot.kind == "whole" else (slot.path.attribute or "",)
