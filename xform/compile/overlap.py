"""Where several rows meet at one element: what can be read together, and what only the oracle tells apart."""

from __future__ import annotations

from xform.compile.layout import Node
from xform.table.finish import yields
from xform.table.model import Choice, Tables


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
