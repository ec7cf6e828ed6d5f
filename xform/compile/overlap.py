"""Where several rows meet at one element: what can be read together, and what only the oracle tells apart."""

from __future__ import annotations

from attrs import evolve

from xform.compile.layout import Node, Slot, full_layout, tables_of
from xform.table.finish import yields
from xform.table.model import Choice, Table, Tables
from xform.table.walk import joins


def read_apart(tables: Tables, node: Node) -> set[int]:
    """The embedding rows, by id, whose entities cannot be read together with their owner.

    That is so where what is there tells the variant, and where an embedded step means elements that stand in the
    owner's layout for another row.
    """
    apart = set()
    for slot in node.slots:
        shape = tables.shapes[slot.row.entity or ""] if slot.kind == "word" else None
        if isinstance(shape, Choice) and not shape.attributes:
            apart.add(id(slot.row))

    def visit(node: Node, depth: int) -> None:
        for child in node.children.values():
            for slot in child.slots:
                step = slot.path.steps[depth]
                known = {(other.tag, other.where) for other in step.but}
                rivals = [other.step for other in node.children.values() if other.step and yields(step, other.step)]
                if slot.owners and any((other.tag, other.where) not in known for other in rivals):
                    apart.add(id(slot.owners[0][0]))
            visit(child, depth + 1)

    visit(node, 0)
    return apart


def conditions(tables: Tables) -> dict[str, set[str]]:
    """The attributes that paths to an entity ask for and that no row of it reads, by the names of tables."""
    found: dict[str, set[str]] = {}
    for table in tables.tables:
        for row in table.rows:
            for where in row.paths if row.entity and not row.embeds else ():
                for name, _ in where.steps[-1].where:
                    for inner in tables_of(tables.shapes[row.entity or ""]):
                        found.setdefault(inner.name, set()).add(name)
    return found


def odd(tables: Tables, table: Table) -> bool:
    """Whether several rows might take one node of an entity, or an embedded one is read apart."""
    node = full_layout(tables, table, table.name == tables.root)
    entries = [evolve(joined, rows=join.rows, joins=()) for joined, join, _ in joins(tables)]
    if table.name == tables.root and any(odd(tables, entry) or _embeds(entry) for entry in entries):
        return True
    return bool(read_apart(tables, node)) or _shared(node)


def _embeds(table: Table) -> bool:
    return any(row.embeds for row in table.rows)


def _shared(node: Node) -> bool:
    named: dict[str | None, list[Slot]] = {}
    for slot in (*node.attributes, *node.text):
        if slot.kind == "value":
            named.setdefault(slot.path.attribute, []).append(slot)
    wholes = [slot for slot in node.whole if not present(slot)]
    others = bool(node.attributes or node.text or node.children or len(wholes) < len(node.whole))
    return (
        any(not _exclusive(slots) for slots in (*named.values(), node.whole))
        or bool(wholes and others)
        or any(map(_shared, node.children.values()))
    )


def _exclusive(slots: list[Slot]) -> bool:
    """Whether at most one of several slots is there: they are of different variants of one row."""
    for at, one in enumerate(slots):
        for other in slots[at + 1 :]:
            pairs = zip(one.owners, other.owners, strict=False)
            first = next(((a, b) for a, b in pairs if a[1] is not b[1]), None)
            if first is None or first[0][0] is not first[1][0]:
                return False
    return True


def present(slot: Slot) -> bool:
    return bool(slot.row.codec and slot.row.codec.shape == "present")
