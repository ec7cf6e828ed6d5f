"""What the tables allow in an element of a document: followed down from the root, each variant by its words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from attrs import define, field, frozen

from xform.codecs import Codec
from xform.compile.interpreter import TEXT, matches
from xform.compile.layout import Node, Slot, full_layout
from xform.table.model import Choice, Row, Shape, Table, Tables
from xform.table.walk import Owners, flatten
from xform.xml import Element


@frozen
class Value:
    """What may stand at an attribute or as a text: some words, what a codec reads, or with neither any text.

    Of a size the unit is a value of its own, and so is the type of a value that has one.
    """

    words: tuple[str, ...] = ()
    codec: Codec | None = None
    unit: bool = False

    def admits(self, text: str) -> bool:
        codec = self.codec
        if codec is None:
            return not self.words or text in self.words
        if codec.needs or (codec.filled and not text.strip()):
            return True  # what a rule makes of it is told by reading the document
        try:
            if codec.unit:
                codec.decode(*((codec.encode(codec.samples[-1]), text) if self.unit else (text, None)))
            else:
                codec.decode(text)
        except ValueError:
            return False
        return True

    @property
    def finite(self) -> bool:
        return bool(self.words or (self.codec and self.codec.words))

    @property
    def expected(self) -> tuple[str, ...]:
        """All words, where they are finite; or the form of what is read; nothing for any text."""
        if self.words or self.codec is None or self.codec.word in ("str", "text"):
            return self.words
        if self.unit:
            return (self.codec.unit_expected,)
        if self.codec.constant is not None:
            return (self.codec.constant,)
        return tuple(self.codec.words) if self.codec.words else (self.codec.expected,)

    @property
    def sample(self) -> str | None:
        """A text that is admitted; None where none can be told."""
        if self.words or self.codec is None:
            return self.words[0] if self.words else None
        if self.unit:
            return self.codec.unit_word
        value, needs = self.codec.cases[0]
        return self.codec.encode(value, **needs)


@define(eq=False, slots=False)
class Content:
    """What may stand in one element.  An `open` one holds what nobody looks into; `required` rows have to be there."""

    tables: Tables
    nodes: list[Node] = field(factory=list)
    told: list[tuple[str, Value]] = field(factory=list)
    required: list[Row] = field(factory=list)
    open: bool = False

    @cached_property
    def values(self) -> dict[str, list[Value]]:
        """By attribute, and the text by `TEXT`."""
        found: dict[str, list[Value]] = {}
        for name, value in self.told:
            found.setdefault(name, []).append(value)
        for node in self.nodes:
            for slot in (*node.attributes, *node.text):
                for name, value in self._of(slot):
                    found.setdefault(name, []).append(value)
        return found

    def _of(self, slot: Slot) -> Iterator[tuple[str, Value]]:
        codec = slot.row.codec
        if slot.kind == "unit":
            assert codec
            yield codec.unit or "", Value(codec=codec, unit=True)
        elif slot.kind == "word":
            shape = self.tables.shapes[slot.row.entity or ""]
            yield from words(shape)
        else:
            yield slot.path.attribute or TEXT, Value(codec=codec)

    def since(self, name: str) -> str | None:
        """The version from which on libvirt has an attribute or the text; None where no row, or not each, says it."""
        slots = [slot for node in self.nodes for slot in (*node.attributes, *node.text)]
        told = {slot.row.since for slot in slots if (slot.path.attribute or TEXT) == name}
        return told.pop() if len(told) == 1 else None

    @cached_property
    def children(self) -> list[Node]:
        return [child for node in self.nodes for child in node.children.values()]

    def fitting(self, child: Element) -> list[Node]:
        """The nodes that a child is; where its attributes are no node's, those of its name."""
        found = [node for node in self.children if node.step and matches(child, node.step)]
        return found or [node for node in self.children if node.step and node.step.where and child.tag == node.step.tag]


def many(node: Node) -> bool:
    """Whether several elements may stand at a node."""
    wild = node.step is not None and node.step.wild
    return wild or any(slot.row.form != "one" or slot.join for slot in node.whole)


def words(shape: Shape) -> Iterator[tuple[str, Value]]:
    """The attributes that tell the variants of a choice, with all their words."""
    if isinstance(shape, Choice):
        for name, known in zip(shape.attributes, zip(*shape.variants, strict=True), strict=False):
            yield name, Value(tuple(dict.fromkeys(word for word in known if word)))


class Allowed:
    """The contents of elements, by the tables of a dialect."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._made: dict[tuple[int, frozenset[tuple[int, int]]], tuple[Node, list[Row]]] = {}

    def root(self, element: Element) -> Content:
        content = Content(self.tables)
        self._enter(self.tables.shapes[self.tables.root], element, content)
        return content

    def within(self, nodes: list[Node], element: Element) -> Content:
        """What may stand in an element that is at these nodes of its parent's content."""
        content = Content(self.tables, list(nodes))
        for node in nodes:
            if node.step:
                content.told += [(name, Value((word,))) for name, word in node.step.where]
            for slot in node.whole:
                self._whole(slot, element, content)
        return content

    def _whole(self, slot: Slot, element: Element, content: Content) -> None:
        row = slot.row
        if slot.join:
            table, join = slot.join
            content.nodes.append(full_layout(self.tables, table.second(join)))
            content.told += [(path.attribute or TEXT, Value()) for path, _ in join.on]
        elif row.form == "map":
            entry = Node()
            entry.add(Slot(row, row.value, "value"))
            content.nodes.append(entry)
            if row.key.attribute:
                content.told.append((row.key.attribute, Value()))
        elif row.entity:
            self._enter(self.tables.shapes[row.entity], element, content)
        elif row.codec and row.codec.shape == "xml":
            content.open = True
        elif row.codec and row.codec.shape == "value":
            content.told.append((slot.path.attribute or TEXT, Value(codec=row.codec)))

    def _enter(self, shape: Shape, element: Element, content: Content) -> None:
        """An entity's rows go on in an element."""
        content.told += words(shape)
        variant = _variant(shape, element)
        for table in (variant,) if variant else shape.tables:
            node, required = self._layout(table, element)
            content.nodes.append(node)
            if variant:
                content.required += required

    def _layout(self, table: Table, element: Element) -> tuple[Node, list[Row]]:
        """The rows of a table, and of what it embeds those of the variants that are there; the rows that must be."""
        chosen: dict[int, Table] = {}
        self._choose(table, element, chosen, ())
        key = id(table), frozenset((row, id(variant)) for row, variant in chosen.items())
        if key not in self._made:
            whole = full_layout(self.tables, table, table.name == self.tables.root)
            required = [
                row
                for owners, row in flatten(self.tables, table)
                if row.required and row.constant is None and _told(self.tables, owners, chosen)
            ]
            self._made[key] = _pruned(whole, chosen) or Node(), required
        return self._made[key]

    def _choose(self, table: Table, element: Element, chosen: dict[int, Table], seen: tuple[str, ...]) -> None:
        for row in table.rows:
            if row.embeds and row.entity and row.entity not in seen:
                shape = self.tables.shapes[row.entity]
                variant = _variant(shape, element)
                if variant:
                    chosen[id(row)] = variant
                for inner in (variant,) if variant else shape.tables:
                    self._choose(inner, element, chosen, (*seen, row.entity))


def _variant(shape: Shape, element: Element) -> Table | None:
    """The table that goes on in an element; None where the element's attributes do not tell."""
    if isinstance(shape, Table):
        return shape
    if not shape.attributes:
        return None
    texts = tuple(element.get(name) for name in shape.attributes)
    known = shape.absent if shape.absent and all(text is None for text in texts) else texts
    return shape.variants.get(known)  # type: ignore[arg-type]


def _told(tables: Tables, owners: Owners, chosen: dict[int, Table]) -> bool:
    """Whether a row is that of a variant which the element's attributes tell; what else is embedded may be absent."""
    return all(
        isinstance(tables.shapes[row.entity or ""], Choice) and chosen.get(id(row)) is table for row, table in owners
    )


def _pruned(node: Node, chosen: dict[int, Table]) -> Node | None:
    """A node without the rows of variants that are not there; None where nothing is left of it."""

    def kept(slots: list[Slot]) -> list[Slot]:
        return [slot for slot in slots if all(chosen.get(id(row), table) is table for row, table in slot.owners)]

    inner = {key: left for key, child in node.children.items() if (left := _pruned(child, chosen))}
    left = Node(node.step, kept(node.attributes), kept(node.text), kept(node.whole), inner)
    return left if left.attributes or left.text or left.whole or inner else None
