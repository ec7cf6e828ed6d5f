"""Updating, row by row: where a field's value differs its nodes are edited, and nothing else.

What differs is found by walking the old and the new entity together with the tree that the old one was read from.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from xform.compile.interpreter import Reader, Writer, find, matches, node_text
from xform.compile.layout import Layouts
from xform.entities import Classes, Opaque
from xform.table.model import Choice, Path, Row, Step, Table
from xform.update import collections, variants
from xform.update.edits import Edits
from xform.update.joins import second_place
from xform.update.place import Place
from xform.xml import Element, canonical_text, own_text, parse_text


class Updater:
    """One entity's way into a document that says another."""

    def __init__(self, classes: Classes, layouts: Layouts, edits: Edits, live: bool, context: dict[str, Any]) -> None:
        self.classes, self.tables, self.layouts = classes, classes.tables, layouts
        self.edits, self.live, self.context = edits, live, context
        self.reader = Reader(classes)
        self.reader.context = context
        self.writer = Writer(classes, live, context)
        self.was: dict[int, Any] = {}  # the old item that a new one is, by the new one's id
        self.changed: set[int] = set()  # rows and new items that say another thing, by id
        self.edited: dict[Element, tuple[Row, Any]] = {}  # what the root holds and was edited in its own element

    def document(self, root: Element, old: Any, new: Any) -> None:
        """Edit a document that reads as `old`, so that it reads as `new`."""
        self.root = root
        table = self.tables.document
        self.table(table, root, old, new)
        place = Place(root, self.layouts(table))
        for joined, join, row in self.layouts.joins:
            second_place(self, joined, join, row, place, old, new)

    # --- one entity

    def table(self, table: Table, element: Element, old: Any, new: Any) -> None:
        self.rows(table.rows, Place(element, self.layouts(table)), old, new)

    def rows(self, rows: tuple[Row, ...], place: Place, old: Any, new: Any) -> None:
        compared, read, others = self.layouts.fields(rows)
        for row, one, other in zip(compared, read(old), read(new), strict=True):
            # equality knows nothing of live fields
            if one is not other and (one != other or (self.live and row.entity)) and (self.live or not row.live):
                self.field(row, place, one, other, new)
        for row in others:
            if row.when:
                if getattr(old, row.when) is not getattr(new, row.when):
                    self.switch(row, place, getattr(new, row.when))
            elif any(getattr(old, name, None) != getattr(new, name, None) for name in (row.name, *self.needed(row))):
                self.field(row, place, getattr(old, row.name), getattr(new, row.name), new)

    @staticmethod
    def needed(row: Row) -> tuple[str, ...]:
        return row.codec.needs if row.codec else ()

    def field(self, row: Row, place: Place, one: Any, other: Any, new: Any) -> None:
        self.changed.add(id(row))
        if row.required and other in (None, [], {}):
            raise ValueError(f"{row.name} is missing")
        if row.form == "list":
            collections.items(self, row, place, one, other, new)
        elif row.form == "map":
            collections.entries(self, row, place, other)
        elif row.embeds:
            variants.embedded(self, row, place, one, other)
        elif any(getattr(new, name) is not None for name in row.behind):
            return  # the node is another's
        else:
            for path in row.paths:
                if row.entity:
                    self.entity(row, path, place, one, other)
                else:
                    self.scalar(row, path, place, other, new)

    def switch(self, row: Row, place: Place, on: bool) -> None:
        """A node that stands or falls with a field."""
        if row.codec and row.codec.shape == "present":
            self.scalar(row, row.path, place, on, None)
        else:
            self.scalar(row, row.path, place, row.constant if on else None, None)

    # --- one value

    def scalar(self, row: Row, path: Path, place: Place, value: Any, entity: Any) -> None:
        """Have a row's codec say a value at a path, or nothing."""
        assert row.codec
        holders = find(place.element, path.steps)
        needs = self.needs(row, entity)
        saying = [holder for holder in holders if self.says(row, path, holder, needs) is not None]
        if value is None or (row.codec.shape == "present" and not value):
            for one in saying:
                self.clear(row, path, one, place.element, needs)
        elif row.codec.shape == "xml":
            self.replace(row, path, place, next(iter(saying), None), value)
        else:
            holder = next(iter(saying or holders), None)
            if holder is None:
                holder = self.ensure(place, path.steps)
            if row.codec.shape == "value":
                self.put(row, path, holder, value, place, needs)

    def needs(self, row: Row, entity: Any) -> dict[str, Any]:
        return {
            name: getattr(entity, name) if hasattr(entity, name) else self.context.get(name)
            for name in self.needed(row)
        }

    def says(self, row: Row, path: Path, holder: Element, needs: dict[str, Any]) -> Any:
        """The value that a row reads there."""
        if row.constant is not None:
            return row.constant if node_text(holder, path) == row.constant else None
        return self.reader.node(row, path, holder, needs)

    def put(self, row: Row, path: Path, holder: Element, value: Any, place: Place, needs: dict[str, Any]) -> None:
        """Write a value's text, in the form that the old one has where that can be kept."""
        codec = row.codec
        assert codec
        text, unit = codec.encode(value, **needs), codec.unit_word if codec.unit else None
        said, before = self.says(row, path, holder, needs), node_text(holder, path, codec)
        if said == value and said is not None:
            return
        if said is not None and before is not None and codec.keep:
            text, unit = codec.keep(value, before, holder.get(codec.unit) if codec.unit else None)
        order = place.order(path.steps) if row.form != "map" else ()
        if path.attribute is not None:
            self.edits.set(holder, path.attribute, text, order)
        else:
            self.edits.write(holder, text, codec.word not in ("text", "str"))
        if codec.unit and unit:
            self.edits.set(holder, codec.unit, unit, order)

    def clear(self, row: Row, path: Path, holder: Element, stop: Element, needs: dict[str, Any]) -> None:
        """Take a value's nodes away, and the containers that only it held."""
        codec = row.codec
        if codec and codec.shape == "value":
            if codec.unit:
                self.edits.set(holder, codec.unit, None)
            if path.attribute is not None:
                self.edits.set(holder, path.attribute, None)
            elif own_text(holder):
                self.edits.write(holder, "", codec.word not in ("text", "str"))
            # of an element without rows through it, no text is a text as well
            if path.attribute is None and holder is not stop and self.says(row, path, holder, needs) is not None:
                self.remove(holder, path.steps, stop)
            else:
                self.prune(holder, path.steps, stop)
        else:
            self.remove(holder, path.steps, stop)

    def remove(self, holder: Element, steps: tuple[Step, ...], stop: Element) -> None:
        parent = holder.getparent()
        assert parent is not None
        self.edits.remove(holder)
        self.prune(parent, steps[:-1], stop)

    def prune(self, element: Element, steps: tuple[Step, ...], stop: Element) -> None:
        """Remove containers that hold nothing any more but what their paths ask for."""
        while element is not stop and steps and not len(element) and not (element.text or "").strip():
            if set(element.attrib) - {name for name, _ in steps[-1].where}:
                return
            parent = element.getparent()
            assert parent is not None
            self.edits.remove(element)
            element, steps = parent, steps[:-1]

    # --- elements

    def ensure(self, place: Place, steps: tuple[Step, ...]) -> Element:
        """The element at the end of the steps, found or made."""
        element = place.element
        for at, step in enumerate(steps):
            found = next((child for child in element if matches(child, step)), None)
            if found is None:
                found = self.new(step)
                self.edits.insert(element, place.index(element, steps[:at], step), found)
            element = found
        return element

    def new(self, step: Step) -> Element:
        element = etree.Element(step.tag, nsmap=self.tables.namespaces)
        for name, value in step.where:
            element.set(name, value)
        return element

    def made(self, row: Row, path: Path, value: Any) -> tuple[Element, str | None]:
        """A new element for one value, and its text where that is kept whole."""
        if isinstance(value, Opaque) or (row.codec and row.codec.shape == "xml"):
            xml = canonical_text(value.xml if isinstance(value, Opaque) else value)
            return parse_text(xml), xml
        element = self.new(path.steps[-1])
        if row.entity:
            self.writer.write(self.writer.table(row, value), value, element)
        return element, None

    def replace(self, row: Row, path: Path, place: Place, holder: Element | None, value: Any) -> Element:
        """A new element in the place of an old one, or where the rows would have it."""
        made, verbatim = self.made(row, path, value)
        if holder is None:
            parent = self.ensure(place, path.steps[:-1])
            self.edits.insert(parent, place.index(parent, path.steps[:-1], path.steps[-1]), made, verbatim)
        else:
            outer = holder.getparent()
            assert outer is not None
            self.edits.insert(outer, outer.index(holder) + 1, made, verbatim)
            self.edits.remove(holder)
        return made

    def entity(self, row: Row, path: Path, place: Place, one: Any, other: Any) -> None:
        holders = find(place.element, path.steps)
        if other is None:
            for holder in holders:
                self.remove(holder, path.steps, place.element)
        elif not holders:
            self.replace(row, path, place, None, other)
        else:
            self.item(row, path, place, holders[0], one, other)
        self.was[id(other)] = one
        self.changed.add(id(other))

    def item(self, row: Row, path: Path, place: Place, holder: Element, one: Any, other: Any) -> Element:
        """Have an entity's own element say another; the element that does."""
        shape = self.tables.shapes[row.entity or ""]
        if isinstance(one, Opaque) or isinstance(other, Opaque):
            return holder if one == other else self.replace(row, path, place, holder, other)
        if type(one) is not type(other):
            assert isinstance(shape, Choice)
            variants.vary(self, shape, holder, one, other)
            return holder
        table = self.classes.table(type(other))
        assert table
        self.table(table, holder, one, other)
        if place.element is self.root:
            self.edited[holder] = row, other
        return holder
