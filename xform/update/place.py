"""Where a new node goes: at the place that the order of the rows gives it among its siblings."""

from __future__ import annotations

from attrs import frozen

from xform.compile.interpreter import matches
from xform.compile.layout import Node
from xform.table.model import Path, Step
from xform.xml import Element


@frozen
class Place:
    """An entity's own element, and what its table says of it: where new nodes go."""

    element: Element
    layout: Node

    def order(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        """The attributes of an element at the end of the steps, in the order of the rows."""
        node = self.layout.at(steps)
        names = [name for name, _ in steps[-1].where] if steps else []
        for slot in node.attributes:
            if slot.kind == "unit" and slot.row.codec:
                names.append(slot.row.codec.unit or "")
            elif slot.kind == "value":
                names.append(slot.path.attribute or "")
        return tuple(names)

    def index(self, parent: Element, outer: tuple[Step, ...], step: Step) -> int:
        """Where a new child goes: behind those that the rows name before it and beside, else in front of the others."""
        known = [node.step for node in self.layout.at(outer).children.values() if node.step]
        rank = next(at for at, other in enumerate(known) if (other.tag, other.where) == (step.tag, step.where))
        best, index = -1, None
        for at, child in enumerate(parent):
            its = next((n for n, other in enumerate(known) if matches(child, other)), None)
            if its is not None and best <= its <= rank:
                best, index = its, at + 1
            elif its is not None and its > rank and best < 0 and index is None:
                index = at
        return len(parent) if index is None else index


def of_path(element: Element, path: Path) -> Place:
    """A place of which only one path is known."""
    layout = Node()
    layout.at(path.steps)
    return Place(element, layout)
