"""Where a dialect knows a name: the elements and attributes of all its tables, by what they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xform.compile.interpreter import TEXT
from xform.compile.layout import Node, Slot, full_layout
from xform.faults.allowed import Allowed, words
from xform.table.model import ANY, Table, Tables
from xform.xml import Element

Place = tuple[str, ...]  # the tags on the way from the root, which is ()

_SHOWN = 3


class Known:
    """The names of a dialect, and which of its nodes are secret; what those that extend it call secret is as well.

    `allowed` says what may stand where.
    """

    def __init__(self, tables: Tables, extending: Iterable[Tables] = ()) -> None:
        self.tables = tables
        self.allowed = Allowed(tables)
        self.elements: dict[str, list[Place]] = {}
        self.attributes: dict[str, list[Place]] = {}
        self.secrets: set[tuple[str, str]] = set()
        self._seen: set[tuple[int, str]] = set()
        self._table(tables.document, (), tables.document.element or "", True)
        for other in extending:
            self.secrets |= Known(other).secrets

    def _table(self, table: Table, place: Place, tag: str, root: bool = False) -> None:
        if (id(table), tag) not in self._seen:
            self._seen.add((id(table), tag))
            self._node(full_layout(self.tables, table, root), place, tag)

    def _node(self, node: Node, place: Place, tag: str) -> None:
        for slot in (*node.attributes, *node.text):
            for name in _names(self.tables, slot):
                self._value(name, place, tag, slot)
        for slot in node.whole:
            self._whole(slot, place, tag)
        for child in node.children.values():
            assert child.step
            _add(self.elements, child.step.tag, place)
            for name, _ in child.step.where:
                _add(self.attributes, name, (*place, child.step.tag))
            self._node(child, (*place, child.step.tag), child.step.tag)

    def _value(self, name: str, place: Place, tag: str, slot: Slot) -> None:
        if name != TEXT:
            _add(self.attributes, name, place)
        if slot.row.secret:
            self.secrets.add((tag, name))

    def _whole(self, slot: Slot, place: Place, tag: str) -> None:
        row = slot.row
        if row.secret:
            self.secrets.add((tag, WITHIN))
        if slot.join:
            table, join = slot.join
            self._node(full_layout(self.tables, table.second(join)), place, tag)
        elif row.form == "map":
            if row.key.attribute:
                _add(self.attributes, row.key.attribute, place)
            node = Node()
            node.add(Slot(row, row.value, "value"))
            self._node(node, place, tag)
        elif row.entity:
            shape = self.tables.shapes[row.entity]
            for name, _ in words(shape):
                _add(self.attributes, name, place)
            for table in shape.tables:
                self._table(table, place, tag)
        elif row.codec and row.codec.shape == "value":
            self._value(slot.path.attribute or TEXT, place, tag, slot)

    def hides(self, element: Element, node: str) -> bool:
        """Whether a node may be secret."""
        around = (element, *element.iterancestors())
        return (element.tag, node) in self.secrets or any((outer.tag, WITHIN) in self.secrets for outer in around)

    def belongs(self, child: Element) -> list[str]:
        """Where an element that is not allowed in its place belongs, the nearest places first."""
        parent = child.getparent()
        if parent is None:
            return []
        here = _place(parent)
        return self._nearest([place for place in self.elements.get(str(child.tag), []) if place != here], here)

    def belongs_to(self, element: Element, name: str) -> list[str]:
        """The elements around this one, or in it, that have an attribute which it has not."""
        here = _place(element)
        near = [place for place in self.attributes.get(name, []) if 0 < _distance(place, here) <= 2]
        return self._nearest(near, here)

    def _nearest(self, places: list[Place], here: Place) -> list[str]:
        order = sorted(places, key=lambda place: (_distance(place, here), len(place)))
        root = self.tables.document.element or ""
        return ["/".join(map(self.shown, place)) or self.shown(root) for place in order]

    def shown(self, tag: str) -> str:
        """A tag as tables write it."""
        return "any other element" if tag.endswith(ANY) else self.tables.written(tag)


WITHIN = "."


def some(places: list[str]) -> str:
    """The first of some places, and how many more there are."""
    more = len(places) - _SHOWN
    return " or ".join(places[:_SHOWN]) + (f" ({more} more)" if more > 0 else "")


def _names(tables: Tables, slot: Slot) -> Iterator[str]:
    if slot.kind == "unit":
        assert slot.row.codec
        yield slot.row.codec.unit or ""
    elif slot.kind == "word":
        yield from (name for name, _ in words(tables.shapes[slot.row.entity or ""]))
    else:
        yield slot.path.attribute or TEXT


def _add(known: dict[str, list[Place]], name: str, place: Place) -> None:
    places = known.setdefault(name, [])
    if place not in places:
        places.append(place)


def _place(element: Element) -> Place:
    around = [str(outer.tag) for outer in (element, *element.iterancestors())]
    return tuple(reversed(around[:-1]))


def _distance(place: Place, other: Place) -> int:
    same = 0
    for one, two in zip(place, other, strict=False):
        if one != two:
            break
        same += 1
    return len(place) + len(other) - 2 * same
