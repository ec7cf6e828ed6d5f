"""Updating, row by row: where a field's value differs its nodes are edited, and nothing else.

What differs is found by walking the old and the new entity together with the tree that the old one was read from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from attrs import frozen
from lxml import etree

from xform.compile.interpreter.align import align, in_place
from xform.compile.interpreter.generate import Writer, keyless
from xform.compile.interpreter.parse import Reader, find, matches, node_text
from xform.compile.layout import Layouts, Node, full_layout
from xform.entities import Classes, Opaque, empty, freeze
from xform.splice import Edits
from xform.table.model import Choice, Join, Path, Row, Step, Table
from xform.table.walk import flatten, joins
from xform.xml import Element, canonical, canonical_text, own_text, parse_text


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


class Updater:
    """One entity's way into a document that says another."""

    def __init__(
        self, classes: Classes, layouts: Layouts, edits: Edits, live: bool, context: dict[str, Any]
    ) -> None:
        self.classes, self.tables, self.layouts = classes, classes.tables, layouts
        self.edits, self.live, self.context = edits, live, context
        self.reader = Reader(classes)
        self.reader.context = context
        self.writer = Writer(classes, live, context)
        self.was: dict[int, Any] = {}  # the old item that a new one is, by the new one's id
        self.edited: dict[Element, tuple[Row, Any]] = {}  # what the root holds and was edited in its own element

    def document(self, root: Element, old: Any, new: Any) -> None:
        """Edit a document that reads as `old`, so that it reads as `new`."""
        self.root = root
        table = self.tables.shapes[self.tables.root]
        assert isinstance(table, Table)
        self.table(table, root, old, new)
        place = Place(root, self.layouts(table))
        for joined, join, row in joins(self.tables):
            self.join(joined, join, row, place, old, new)

    # --- one entity

    def table(self, table: Table, element: Element, old: Any, new: Any) -> None:
        place = Place(element, self.layouts(table))
        self.rows(table, table.rows, place, old, new)

    def rows(self, table: Table, rows: tuple[Row, ...], place: Place, old: Any, new: Any) -> None:
        compared, read, others = self.layouts.fields(rows)
        for row, one, other in zip(compared, read(old), read(new), strict=True):
            # equality knows nothing of live fields
            if one is not other and (one != other or (self.live and row.entity)) and (self.live or not row.live):
                self.field(row, place, table, one, other, new)
        for row in others:
            if row.when:
                if getattr(old, row.when) is not getattr(new, row.when):
                    self.switch(row, place, getattr(new, row.when))
            elif any(getattr(old, name, None) != getattr(new, name, None) for name in (row.name, *self.needed(row))):
                self.field(row, place, table, getattr(old, row.name), getattr(new, row.name), new)

    @staticmethod
    def needed(row: Row) -> tuple[str, ...]:
        return row.codec.needs if row.codec else ()

    def field(self, row: Row, place: Place, table: Table, one: Any, other: Any, new: Any) -> None:
        if row.form == "list":
            self.list(row, place, one, other, new)
        elif row.form == "map":
            self.map(row, place, other)
        elif row.embeds:
            self.embedded(row, place, one, other)
        else:
            for path in row.paths:
                if row.entity:
                    self.entity(row, path, place, one, other)
                else:
                    self.scalar(row, path, place, other, new)

    def switch(self, row: Row, place: Place, on: bool) -> None:
        """A constant that stands or falls with a field."""
        for holder in find(place.element, row.path.steps):
            text = row.constant if row.codec and row.codec.shape == "present" else node_text(holder, row.path)
            if text == row.constant:
                if not on:
                    self.clear(row, row.path, holder, place.element, {})
                return
        if on:
            self.scalar(row, row.path, place, row.constant or True, None)

    # --- one value

    def scalar(self, row: Row, path: Path, place: Place, value: Any, entity: Any) -> None:
        """Have a row's codec say a value at a path, or nothing."""
        assert row.codec
        holders = find(place.element, path.steps)
        needs = self.needs(row, entity)
        saying = [holder for holder in holders if self.says(row, path, holder, needs) is not None]
        if value is None or (row.codec.shape == "present" and not value):
            for holder in saying:
                self.clear(row, path, holder, place.element, needs)
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

    def put(
        self, row: Row, path: Path, holder: Element, value: Any, place: Place, needs: dict[str, Any]
    ) -> None:
        """Write a value's text, in the form that the old one has where that can be kept."""
        codec = row.codec
        assert codec
        before = node_text(holder, path, codec)
        text, unit = codec.encode(value, **needs), codec.unit_word if codec.unit else None
        if before is not None and self.says(row, path, holder, needs) is not None:
            if self.says(row, path, holder, needs) == value:
                return
            if codec.keep:
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
                found = etree.Element(step.tag, nsmap=self.tables.namespaces)
                for name, value in step.where:
                    found.set(name, value)
                self.edits.insert(element, place.index(element, steps[:at], step), found)
            element = found
        return element

    def made(self, row: Row, path: Path, value: Any) -> tuple[Element, str | None]:
        """A new element for one value, and its text where that is kept whole."""
        if isinstance(value, Opaque) or (row.codec and row.codec.shape == "xml"):
            xml = canonical_text(value.xml if isinstance(value, Opaque) else value)
            return parse_text(xml), xml
        step = path.steps[-1]
        element = etree.Element(step.tag, nsmap=self.tables.namespaces)
        for name, text in step.where:
            element.set(name, text)
        if row.entity:
            self.writer.write(value, element)
        return element, None

    def replace(self, row: Row, path: Path, place: Place, holder: Element | None, value: Any) -> Element:
        """A new element in the place of an old one, or where the rows would have it."""
        made, verbatim = self.made(row, path, value)
        if holder is None:
            parent = self.ensure(place, path.steps[:-1])
            self.edits.insert(parent, place.index(parent, path.steps[:-1], path.steps[-1]), made, verbatim)
        else:
            parent = holder.getparent()
            assert parent is not None
            self.edits.insert(parent, parent.index(holder) + 1, made, verbatim)
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

    def item(self, row: Row, path: Path, place: Place, holder: Element, one: Any, other: Any) -> Element:
        """Have an entity's own element say another; the element that does."""
        shape = self.tables.shapes[row.entity or ""]
        if isinstance(one, Opaque) or isinstance(other, Opaque):
            return holder if one == other else self.replace(row, path, place, holder, other)
        if type(one) is not type(other):
            assert isinstance(shape, Choice)
            self.vary(shape, holder, one, other)
            return holder
        table = self.classes.table(type(other))
        assert table
        self.table(table, holder, one, other)
        if place.element is self.root:
            self.edited[holder] = row, other
        return holder

    # --- variants

    def embedded(self, row: Row, place: Place, one: Any, other: Any) -> None:
        if type(one) is type(other) and not isinstance(other, Opaque):
            table = self.classes.table(type(other))
            assert table
            self.table(table, place.element, one, other)
            return
        shape = self.tables.shapes[row.entity or ""]
        if isinstance(one, Opaque):
            self.unmerge(parse_text(one.xml), place.element)
        if isinstance(other, Opaque):
            self.wipe(one, place.element, ())
            self.merge(parse_text(other.xml), place)
        else:
            self.vary(shape, place.element, one, other)

    def vary(self, shape: Choice | Table, element: Element, one: Any, other: Any) -> None:
        """Have an element say another variant, or none."""
        table = self.classes.table(type(other)) if other is not None else None
        rows = [inner for _, inner in flatten(self.tables, table)] if table else []
        self.wipe(one, element, [str(path) for row in rows if not row.embeds for path in row.paths])
        words = shape.words(table.name) if isinstance(shape, Choice) and shape.attributes and table else None
        for at, name in enumerate(shape.attributes if isinstance(shape, Choice) else ()):
            self.edits.set(element, name, words[at] if words else None)
        if table:
            # what stands there already may be what the new variant says
            self.table(table, element, SimpleNamespace(**self.reader.values(table, element)), other)
            place = Place(element, self.layouts(table))
            for row in table.rows:
                if row.constant is not None and not row.when:
                    self.scalar(row, row.path, place, row.constant, None)

    def wipe(self, entity: Any, element: Element, kept: Sequence[str]) -> None:
        """Clear all that the rows of an entity claim, but for places that are kept."""
        table = self.classes.table(type(entity)) if entity is not None and not isinstance(entity, Opaque) else None
        for row in table.rows if table else ():
            if row.embeds:
                self.wipe(getattr(entity, row.name), element, kept)
                continue
            needs = self.needs(row, entity)
            for path in row.paths:
                if str(path) in kept:
                    continue
                for holder in find(element, path.steps):
                    if row.entity or self.says(row, path, holder, needs) is not None:
                        self.clear(row, path, holder, element, needs)

    def merge(self, kept: Element, place: Place, element: Element | None = None) -> None:
        """Put what an unknown variant keeps into an element, beside what the rows say of the same children."""
        element = place.element if element is None else element
        for name, value in kept.items():
            self.edits.set(element, name, value)
        there = list(element)
        for child in kept:
            same = next((other for other in there if other.tag == child.tag), None)
            if same is not None:
                there.remove(same)
                self.merge(child, place, same)
            else:
                xml = canonical(child)
                self.edits.insert(element, self.beside(place, element, child), parse_text(xml), xml)

    def unmerge(self, kept: Element, element: Element) -> None:
        for name in kept.attrib:
            self.edits.set(element, str(name), None)
        there = list(element)
        for child in kept:
            same = next((other for other in there if other.tag == child.tag), None)
            if same is not None:
                there.remove(same)
                if canonical(same) == canonical(child):
                    self.edits.remove(same)
                else:
                    self.unmerge(child, same)

    @staticmethod
    def beside(place: Place, element: Element, child: Element) -> int:
        steps = [node.step for node in place.layout.children.values() if node.step and matches(child, node.step)]
        return place.index(element, (), steps[0]) if steps and element is place.element else len(element)

    # --- collections

    def list(self, row: Row, place: Place, one: list[Any], other: list[Any], entity: Any) -> None:
        path, needs = row.path, self.needs(row, entity)
        holders = find(place.element, path.steps)
        if not row.entity:
            holders = [holder for holder in holders if self.says(row, path, holder, needs) is not None]
        found = align(one, other, row.by, freeze)
        still = in_place(found)
        last: Element | None = None
        for at, value in enumerate(other):
            old = found[at]
            if old is None:
                following = next((holders[n] for n in found[at:] if n is not None and n in still), None)
                last = self.grow(row, place, value, last, following, needs)
                continue
            holder = holders[old]
            self.was[id(value)] = one[old]
            if old not in still:
                self.move(holder, last, next((holders[n] for n in found[at:] if n in still and n is not None), None))
            if row.entity and (self.live or one[old] != value):
                holder = self.item(row, path, place, holder, one[old], value)
            elif row.codec and one[old] != value and row.codec.shape == "xml":
                holder = self.replace(row, path, place, holder, value)
            elif row.codec and one[old] != value:
                self.put(row, path, holder, value, place, needs)
            last = holder
        for old in sorted(set(range(len(one))) - {place for place in found if place is not None}):
            self.clear(row, path, holders[old], place.element, needs)

    def grow(
        self,
        row: Row,
        place: Place,
        value: Any,
        last: Element | None,
        following: Element | None,
        needs: dict[str, Any],
    ) -> Element:
        """A new item behind the last one, or in front of the following one."""
        made, verbatim = self.made(row, row.path, value)
        beside = last if last is not None else following
        parent = beside.getparent() if beside is not None else self.ensure(place, row.path.steps[:-1])
        assert parent is not None
        if beside is None:
            index = place.index(parent, row.path.steps[:-1], row.path.steps[-1])
        else:
            index = parent.index(beside) + (last is not None)
        self.edits.insert(parent, index, made, verbatim)
        if row.codec and row.codec.shape == "value":
            self.put(row, row.path, made, value, place, needs)
        return made

    def move(self, holder: Element, last: Element | None, following: Element | None) -> None:
        beside = last if last is not None else following
        assert beside is not None
        parent = beside.getparent()
        assert parent is not None
        siblings = [child for child in parent if child is not holder]
        self.edits.insert(parent, siblings.index(beside) + (last is not None), holder)

    def map(self, row: Row, place: Place, new: dict[str, Any]) -> None:
        entries = [(self.reader.key(row, entry), entry) for entry in find(place.element, row.path.steps)]
        for key, entry in entries:
            if key is not None and key not in new and self.read_entry(row, entry) is not None:
                self.remove(entry, row.path.steps, place.element)
        for key, value in new.items():
            same = [entry for other, entry in entries if other == key]
            saying = [entry for entry in same if self.read_entry(row, entry) is not None]
            entry = next(iter(saying or same), None)
            if entry is None:
                entry = self.entry(row, place, key, [entry for _, entry in entries if entry.getparent() is not None])
            inner = Place(entry, _path_layout(row.value))
            self.put(row, row.value, self.ensure(inner, row.value.steps), value, inner, {})

    def read_entry(self, row: Row, entry: Element) -> Any:
        holder = next(iter(find(entry, row.value.steps)), None)
        return None if holder is None else self.says(row, row.value, holder, {})

    def entry(self, row: Row, place: Place, key: str, there: Sequence[Element]) -> Element:
        """A new entry of a map behind the others."""
        step = row.path.steps[-1]
        made = etree.Element(step.tag[:-1] + key if row.key.steps else step.tag, nsmap=self.tables.namespaces)
        for name, text in step.where:
            made.set(name, text)
        if row.key.attribute is not None:
            made.set(row.key.attribute, key)
        parent = there[-1].getparent() if there else self.ensure(place, row.path.steps[:-1])
        assert parent is not None
        index = parent.index(there[-1]) + 1 if there else place.index(parent, row.path.steps[:-1], step)
        self.edits.insert(parent, index, made)
        return made

    # --- the second place of an entity

    def join(self, table: Table, join: Join, row: Row, place: Place, old: Any, new: Any) -> None:
        before, after = (
            [item for item in self.held(row, entity) if type(item) is self.classes[table.name]] for entity in (old, new)
        )
        fields = [inner.name for inner in join.rows if inner.constant is None and not (inner.live and not self.live)]
        fields += [name for _, name in join.on]
        if getattr(old, row.name) == getattr(new, row.name) and not self.live:
            return
        pairs = [(self.was.get(id(item)), item) for item in after]
        if len(before) == len(after) and all(
            was is not None and all(getattr(was, name) == getattr(item, name) for name in fields) for was, item in pairs
        ):
            return
        linked, stale = self.entries(table, join, place.element, before)
        lasting = {id(was) for was, _ in pairs}
        for item in before:
            if id(item) not in lasting and id(item) in linked:
                self.remove(linked[id(item)], join.path.steps, place.element)
        for was, item in pairs:
            self.second(table, join, place, item, linked.get(id(was)), stale)

    def held(self, row: Row, entity: Any) -> list[Any]:
        value = getattr(entity, row.name)
        return value if row.form == "list" else [value]

    def entries(
        self, table: Table, join: Join, root: Element, items: list[Any]
    ) -> tuple[dict[int, Element], list[Element]]:
        """The entry of each item by the item's id, and the entries of nobody."""
        linked: dict[int, Element] = {}
        stale = find(root, join.path.steps)
        for path, name in join.on:
            known = {getattr(item, name): item for item in reversed(items) if id(item) not in linked}
            for entry in list(stale):
                value = self.reader.told(table, name, entry.get(path.attribute or ""))
                if value is not None and (item := known.pop(value, None)) is not None:
                    linked[id(item)] = entry
                    stale.remove(entry)
        return linked, stale

    def second(
        self, table: Table, join: Join, place: Place, item: Any, entry: Element | None, stale: list[Element]
    ) -> None:
        """Have the entry of an item say what the item says, keys included."""
        if entry is None:
            entry = next((one for one in stale if self.names(table, join, one, item)), None)
            if entry is not None:
                stale.remove(entry)
        wanted = any(getattr(item, row.name) != empty(row) for row in join.rows if row.constant is None)
        if entry is None and not wanted:
            return
        if entry is None:
            if all(getattr(item, name) is None for _, name in join.on):
                raise ValueError(keyless(table, join))
            parent = self.ensure(place, join.path.steps[:-1])
            entry = etree.Element(join.path.steps[-1].tag, nsmap=self.tables.namespaces)
            for name, text in join.path.steps[-1].where:
                entry.set(name, text)
            self.edits.insert(parent, place.index(parent, join.path.steps[:-1], join.path.steps[-1]), entry)
            consts: list[Row] = [row for row in join.rows if row.constant is not None and not row.when]
            fresh = True
        else:
            consts, fresh = [], False
        rows = Table(table.name, join.origin, rows=join.rows)
        inner = Place(entry, full_layout(self.tables, rows))
        for path, name in join.on:
            self.key(table, path.attribute or "", name, entry, item, fresh)
        for row in consts:
            self.scalar(row, row.path, inner, row.constant, None)
        self.rows(rows, rows.rows, inner, SimpleNamespace(**self.reader.values(rows, entry)), item)
        named = {name for name, _ in join.path.steps[-1].where} | {path.attribute for path, _ in join.on}
        if not wanted and not len(entry) and not own_text(entry).strip() and not set(entry.attrib) - named:
            self.remove(entry, join.path.steps, place.element)

    def names(self, table: Table, join: Join, entry: Element, item: Any) -> bool:
        """Whether an entry tells an item: by the first key that it has."""
        told = self._told(table, join, entry)
        name, value = next(told, ("", None))
        return value is not None and getattr(item, name) == value

    def _told(self, table: Table, join: Join, entry: Element) -> Iterator[tuple[str, Any]]:
        for path, name in join.on:
            value = self.reader.told(table, name, entry.get(path.attribute or ""))
            if value is not None:
                yield name, value

    def key(self, table: Table, attribute: str, name: str, entry: Element, item: Any, fresh: bool) -> None:
        """A key that the entry has follows the item's; a new entry gets all of them."""
        value, codec = getattr(item, name), table.fields[name].codec
        assert codec
        if fresh or entry.get(attribute) is not None:
            if value is None:
                self.edits.set(entry, attribute, None)
            elif self.reader.told(table, name, entry.get(attribute)) != value:
                self.edits.set(entry, attribute, codec.encode(value))


def _path_layout(path: Path) -> Node:
    layout = Node()
    layout.at(path.steps)
    return layout
