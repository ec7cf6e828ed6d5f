"""Writing, row by row: a tree is built, each element at the place that the order of rows gives it."""

from __future__ import annotations

from typing import Any

from lxml import etree

from xform.codecs import Codec
from xform.entities import Classes, Opaque, empty
from xform.table.model import Join, Path, Row, Step, Table
from xform.table.walk import flatten, joins
from xform.xml import (
    VERBATIM,
    Element,
    canonical,
    canonical_text,
    document_text,
    own_text,
    parse_text,
)


class Writer:
    """One entity's way into a tree."""

    def __init__(self, classes: Classes, live: bool, context: dict[str, Any], part: str | None = None) -> None:
        self.classes, self.tables = classes, classes.tables
        self.live, self.context, self.part = live, context, part
        self.ranks: dict[Element, int] = {}

    def document(self, entity: Any) -> Element:
        table = self.tables.document
        assert table.element
        if type(entity) is not self.classes[table.name]:
            raise ValueError(f"a {type(entity).__name__} is no {table.name}")
        self.root = etree.Element(self.part or table.element, nsmap=self.tables.namespaces)
        order = self.order(table)
        self.fill(table, entity, self.root, order)
        for joined, join, row in joins(self.tables):
            held = getattr(entity, row.name)
            for item in held if row.form == "list" else [held]:
                if type(item) is self.classes[joined.name] and any(
                    getattr(item, inner.name) != empty(inner) for inner in join.rows if self.live or not inner.live
                ):
                    self.second(joined, join, item, self.create(self.root, join.path.steps, order))
        return self.root

    def second(self, table: Table, join: Join, item: Any, entry: Element) -> None:
        """Fill the entry of an item in its second place, keys included. Raises ValueError where it has none."""
        if all(getattr(item, name) is None for _, name in join.on):
            raise ValueError(keyless(table, join))
        for path, name in join.on:
            codec = table.fields[name].codec
            if codec and (value := getattr(item, name)) is not None:
                entry.set(path.attribute or "", codec.encode(value))
        rows = table.second(join)
        self.fill(rows, item, entry, self.order(rows))

    def order(self, table: Table) -> dict[tuple[str, ...], int]:
        """The rank of every container: where a row first passes through it."""
        paths = [path for _, row in flatten(self.tables, table) for path in row.paths]
        if table.name == self.tables.root:
            paths += [join.path for _, join, _ in joins(self.tables)]
        ranks: dict[tuple[str, ...], int] = {}
        for path in paths:
            for at in range(1, len(path.steps) + 1):
                ranks.setdefault(tuple(map(str, path.steps[:at])), len(ranks))
        return ranks

    def fill(self, table: Table, entity: Any, element: Element, order: dict[tuple[str, ...], int]) -> None:
        opaque: list[Opaque] = []
        for row in table.rows:
            if row.live and not self.live:
                continue
            if row.when and not getattr(entity, row.when):
                continue
            if row.constant is not None:
                self.put(row, row.path, row.constant, element, order)
                continue
            if row.when:
                self.create(element, row.path.steps, order)
                continue
            if any(getattr(entity, name) is not None for name in row.behind):
                continue
            value = getattr(entity, row.name)
            if row.form == "list":
                for item in value:
                    self.item(row, row.path, item, element, order)
            elif row.form == "map":
                for key, item in value.items():
                    self.entry(row, key, item, element, order)
            elif value is None or (row.codec and row.codec.shape == "present" and not value):
                if row.required and not (self.part and element is self.root):
                    raise ValueError(f"{row.name} is missing")
            elif row.embeds and isinstance(value, Opaque):
                opaque.append(value)
            elif row.embeds:
                self.embed(row, value, element, order)
            else:
                for path in row.paths:
                    if row.codec and row.codec.shape == "value":
                        self.put(row, path, self.encode(row, value, entity), element, order)
                    else:
                        self.item(row, path, value, element, order)
        for kept in opaque:
            self.unproject(kept, element, order)

    def encode(self, row: Row, value: Any, entity: Any = None) -> str:
        assert row.codec
        table = self.classes.table(type(entity))
        needs = {
            name: getattr(entity, name) if table and name in table.fields else self.context.get(name)
            for name in row.codec.needs
        }
        return row.codec.encode(value, **needs)

    def put(self, row: Row, path: Path, text: str, element: Element, order: dict[tuple[str, ...], int]) -> None:
        holder = self.ensure(element, path.steps, order)
        set_node(holder, path, text, row.codec)

    def item(self, row: Row, path: Path, value: Any, element: Element, order: dict[tuple[str, ...], int]) -> None:
        """A new element at the end of the path."""
        if isinstance(value, Opaque) or (row.codec and row.codec.shape == "xml"):
            xml = canonical_text(value.xml if isinstance(value, Opaque) else value)
            self.verbatim(self.ensure(element, path.steps[:-1], order), xml, order[tuple(map(str, path.steps))])
            return
        made = self.create(element, path.steps, order)
        if row.entity:
            self.write(self.table(row, value), value, made)
        elif row.codec and row.codec.shape == "value":
            set_node(made, path, self.encode(row, value), row.codec)

    def entry(self, row: Row, key: str, value: Any, element: Element, order: dict[tuple[str, ...], int]) -> None:
        if row.key.steps:
            last = row.path.steps[-1]
            named = Step(last.tag[:-1] + key, key, last.where)
            made = self.create(element, (*row.path.steps[:-1], named), order, order[tuple(map(str, row.path.steps))])
        else:
            made = self.create(element, row.path.steps, order)
            made.set(row.key.attribute or "", key)
        holder = made
        for step in row.value.steps:
            holder = etree.SubElement(holder, step.tag)
        set_node(holder, row.value, self.encode(row, value), row.codec)

    def element(self, entity: Any, tag: str) -> Element:
        """An entity by itself; `tag` as written, prefix included."""
        if type(entity) is self.classes[self.tables.root]:
            return self.document(entity)
        prefix, _, name = tag.rpartition(":")
        clark = f"{{{self.tables.namespaces[prefix]}}}{name}" if prefix else name
        made = etree.Element(clark, nsmap=self.tables.namespaces)
        table = self.classes.table(type(entity))
        assert table
        self.write(table, entity, made)
        return made

    def text(self, entity: Any) -> str:
        """A whole document."""
        return document_text(self.document(entity), self.tables.namespaces)

    def table(self, row: Row, entity: Any) -> Table:
        """The table of an entity that a row holds. Raises ValueError where the row may not hold it."""
        table = self.classes.table(type(entity))
        if table is None or not any(table is other for other in self.tables.shapes[row.entity or ""].tables):
            raise ValueError(f"{row.name} holds a {type(entity).__name__}, which is no {row.entity}")
        return table

    def write(self, table: Table, entity: Any, element: Element) -> None:
        self.discriminate(table, element)
        self.fill(table, entity, element, self.order(table))

    def discriminate(self, table: Table, element: Element) -> None:
        choice = self.classes.choice(table.name)
        if choice:
            for name, word in zip(choice.attributes, choice.words(table.name), strict=False):
                element.set(name, word)

    def embed(self, row: Row, value: Any, element: Element, order: dict[tuple[str, ...], int]) -> None:
        table = self.table(row, value)
        self.discriminate(table, element)
        self.fill(table, value, element, order)

    def unproject(self, opaque: Opaque, element: Element, order: dict[tuple[str, ...], int]) -> None:
        """Put an unknown variant back: its attributes, and its children where the owner's rows made the same ones."""
        ranks = {names[0].partition("[")[0]: rank for names, rank in reversed(order.items()) if len(names) == 1}
        self.merge(parse_text(opaque.xml), element, ranks)

    def merge(self, kept: Element, element: Element, ranks: dict[str, int]) -> None:
        for name, value in kept.items():
            element.set(name, value)
        if (text := own_text(kept)).strip() and not element.text:
            element.text = text
        made = list(element)
        for child in kept:
            if (same := next((other for other in made if other.tag == child.tag), None)) is None:
                self.verbatim(element, canonical(child), ranks.get(str(child.tag), -1))
            else:
                made.remove(same)
                self.merge(child, same, {})

    def verbatim(self, parent: Element, xml: str, rank: int) -> None:
        kept = etree.Element(VERBATIM)
        kept.text = xml
        self.insert(parent, kept, rank)

    def insert(self, parent: Element, child: Element, rank: int) -> None:
        self.ranks[child] = rank
        at = next((n for n, other in enumerate(parent) if self.ranks.get(other, -1) > rank), len(parent))
        parent.insert(at, child)

    def ensure(self, element: Element, steps: tuple[Step, ...], order: dict[tuple[str, ...], int]) -> Element:
        """The element at the end of the steps, found or made."""
        for at, step in enumerate(steps, 1):
            rank = order[tuple(map(str, steps[:at]))]
            made = next((child for child in element if self.ranks.get(child) == rank), None)
            if made is None:
                made = self.make(element, step, rank)
            element = made
        return element

    def create(
        self, element: Element, steps: tuple[Step, ...], order: dict[tuple[str, ...], int], rank: int | None = None
    ) -> Element:
        parent = self.ensure(element, steps[:-1], order)
        return self.make(parent, steps[-1], order[tuple(map(str, steps))] if rank is None else rank)

    def make(self, parent: Element, step: Step, rank: int) -> Element:
        child = etree.Element(step.tag, nsmap=self.tables.namespaces)
        for name, value in step.where:
            child.set(name, value)
        self.insert(parent, child, rank)
        return child


def keyless(table: Table, join: Join) -> str:
    names = " or ".join(name for _, name in join.on)
    return f"a {table.name} has nothing to be found by at {join.path.steps[-1].shown}; give it {names}"


def set_node(holder: Element, path: Path, text: str, codec: Codec | None) -> None:
    if path.attribute is not None:
        holder.set(path.attribute, text)
    else:
        holder.text = text
    if codec and codec.unit:
        holder.set(codec.unit, codec.unit_word)
