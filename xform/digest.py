"""The canonical digest of a document: over all that its tables call significant, and over nothing else.

Every row counts but the live ones (``<``) and secrets, which no dump shows and no digest should give away; joins count
as well.  White space between elements, comments, what no row names, the order of attributes, prefixes, and the order
of devices do not.  Texts count as they are written: ``0x03`` and ``3`` differ, which costs a look and loses nothing.
So does what stands in doubt: of an element that is kept whole, because no variant has its word or a required value is
missing, everything counts.

The tables' trees of elements are walked along with the document.  What one element means is made when it is first met.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import find
from xform.compile.layout import Node, Slot, full_layout
from xform.compile.program import admitted
from xform.errors import DocumentError
from xform.match.ladder import exact
from xform.significant import END, Spot, Turn, significant
from xform.slices import alone, cut
from xform.table.model import ANY, Choice, Join, Row, Table
from xform.table.walk import device_rows
from xform.xml import Element, own_text, parse_text

if TYPE_CHECKING:
    from xform.dialect import Dialect

MEMO = 8192  # texts of devices whose parts are remembered


class Digests:
    """What makes the digests of one dialect.  Safe to use from several threads."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect, self.tables, self.layouts = dialect, dialect.tables, dialect.layouts
        self.devices = {id(row) for row in device_rows(dialect.tables) if row.form == "list"}
        self.entries: dict[int, Node] = {}
        self.root = self.spot([self.layouts(dialect.root)])
        self.known: dict[bytes, str] = {}

    def text(self, xml: str | bytes, source: str) -> bytes:
        """The digest of a text; where it can be cut, what devices say that were met before is not made again."""
        slices = cut(self.dialect, xml) if isinstance(xml, bytes) else None
        parts = self.parts([text for _, text in slices.devices]) if slices else None
        if slices and parts is not None:
            try:
                root = self.dialect.tree(slices.rest)
            except DocumentError:
                pass  # it is said of the whole, with its lines
            else:
                if slices.fit(self.dialect, root):
                    return self.tree(root, parts)
        return self.tree(self.dialect.tree(xml, source))

    def tree(self, root: Element, parts: Iterable[str] = ()) -> bytes:
        """The digest of a tree, with parts that were cut from it."""
        out = [item for pair in sorted(root.items()) if pair[0] in self.root.attributes for item in pair]
        devices: list[str] = []
        significant(root, self.root, out, devices)
        devices += parts
        return hashlib.sha256(END.join([*out, *sorted(devices)]).encode()).digest()

    def parts(self, texts: list[bytes]) -> list[str] | None:
        """What counts of each device's text; None where they are not one device each."""
        found = {text: self.known.get(text, "") for text in texts}
        if new := [text for text, part in found.items() if not part]:
            steps, _ = self.dialect.containers[0]
            way = [self.dialect.root.element or "", *(step.tag for step in steps)]
            before, after = "".join(f"<{tag}>" for tag in way), "".join(f"</{tag}>" for tag in reversed(way))
            if not all(map(alone, new)):
                return None
            try:
                root = parse_text(before.encode() + b"".join(new) + after.encode())
            except DocumentError:
                return None
            devices: list[str] = []
            significant(root, self.root, [], devices)
            if len(devices) != len(new):
                return None
            made = dict(zip(new, devices, strict=True))
            found |= made
            if len(self.known) > MEMO:
                self.known = {}
            self.known |= made
        return [found[text] for text in texts]

    def spot(
        self, nodes: list[Node], needs: list[list[Callable[[Element], bool]]] | None = None, every: bool = False
    ) -> Spot:
        """What counts of an element that is each of these nodes."""
        spot = Spot(self, nodes, needs or [], every)
        for node in nodes:
            left = {name for slot in node.attributes for name in slot.row.behind}
            for slot in filter(counts, (*node.attributes, *node.text, *node.whole)):
                self.add(spot, slot)
                if slot.row.name in left and slot.row.codec and slot.path.attribute:
                    spot.judges[slot.path.attribute] = admitted(slot.row.codec)
        spot.doubtful = spot.every or bool(spot.needs)
        return spot

    def children(self, spot: Spot, nodes: list[Node]) -> dict[Any, Spot | Turn]:
        """What the children are of an element that is each of these nodes."""
        found: dict[str, list[Node]] = {}
        for child in (child for node in nodes for child in node.children.values()):
            if child.step and any(map(counts, child.slots)):
                found.setdefault(child.step.tag, []).append(child)
                for slot in child.whole:
                    if id(slot.row) in self.devices and not slot.join:
                        spot.free[child.step.tag] = slot.row.place
        turns = {tag: self.turn(nodes) for tag, nodes in found.items()}
        spot.wild += [(tag[: -len(ANY)], turn) for tag, turn in turns.items() if tag.endswith(ANY)]
        return {tag: turn for tag, turn in turns.items() if not tag.endswith(ANY)}

    def add(self, spot: Spot, slot: Slot) -> None:
        """What a row says of the element that it looks at."""
        row, name = slot.row, slot.path.attribute
        if slot.kind == "value" and name is not None:
            spot.attributes.add(name)
        elif slot.kind == "value":
            self.reads(spot, row, None)
        elif slot.kind == "unit" and row.codec and row.codec.unit:
            spot.attributes.add(row.codec.unit)
        elif slot.kind == "word":
            shape = self.tables.shapes[row.entity or ""]
            spot.attributes.update(shape.attributes if isinstance(shape, Choice) else ())
        elif slot.kind == "whole" and not slot.join:
            self.whole(spot, slot)

    def whole(self, spot: Spot, slot: Slot) -> None:
        row, codec = slot.row, slot.row.codec
        spot.there = True
        if codec and codec.shape == "xml":
            spot.every = True
        elif codec and row.form == "map":
            if not row.key.steps and row.key.attribute:
                spot.attributes.add(row.key.attribute)
            if row.value.steps:
                # somewhere below: all of it
                spot.every = True
            else:
                self.reads(spot, row, row.value.attribute)
        elif codec and codec.shape == "value":
            self.reads(spot, row, slot.path.attribute)

    @staticmethod
    def reads(spot: Spot, row: Row, attribute: str | None) -> None:
        if row.codec and row.codec.unit:
            spot.attributes.add(row.codec.unit)
        if attribute is not None:
            spot.attributes.add(attribute)
            return
        spot.text = True
        if row.codec and row.codec.word in ("text", "str") and not row.codec.filled:
            spot.trimmed, spot.there = False, True

    def turn(self, nodes: list[Node]) -> Spot | Turn:
        """What a child is that may be any of these nodes: their steps' conditions decide, and the words of choices."""
        told: dict[str, set[str | None]] = {}
        for node in nodes:
            for name, word in node.step.where if node.step else ():
                told.setdefault(name, {None}).add(word)
            for choice in self.choices(node):
                for words in choice.variants:
                    for name, word in zip(choice.attributes, words, strict=True):
                        told.setdefault(name, {None}).add(word)

        def decide(names: tuple[str, ...], values: dict[str, str | None]) -> Spot | Turn:
            if names:
                name, *rest = names
                make = lambda word: decide(tuple(rest), values | {name: word})  # noqa: E731
                return Turn(name, frozenset(told[name]), make)
            meant = [
                node for node in nodes if node.step and all(values[name] == word for name, word in node.step.where)
            ]
            spot = self.meant(meant, values)
            spot.tell(name for node in meant if node.step for name, _ in node.step.where)
            return spot

        return decide(tuple(told), {})

    def choices(self, node: Node) -> list[Choice]:
        """The choices whose variant an element is, or embeds, by words of its own attributes."""
        rows = [slot.row for slot in (*node.whole, *node.attributes) if slot.row.entity and not slot.join]
        shapes = [self.tables.shapes[row.entity or ""] for row in rows]
        inner = [
            self.tables.shapes[slot.row.entity or ""]
            for shape in shapes
            for table in shape.tables
            for slot in self.layouts(table).attributes
            if slot.kind == "word"
        ]
        return [shape for shape in (*shapes, *inner) if isinstance(shape, Choice) and shape.attributes]

    def meant(self, nodes: list[Node], values: dict[str, str | None]) -> Spot:
        """The same, where these values are what the element's attributes say."""
        every: list[Node] = list(nodes)
        needs: list[list[Callable[[Element], bool]]] = []
        strange = False
        for node in nodes:
            for choice in self.choices(node):
                word: tuple[str | None, ...] = tuple(values[name] for name in choice.attributes)
                strange |= word not in choice.variants and word != (None,) * len(word)
            for slot in filter(counts, node.whole):
                if slot.join:
                    every.append(self.entry(*slot.join))
                elif slot.row.entity:
                    shape = self.tables.shapes[slot.row.entity]
                    tables = shape.tables
                    if isinstance(shape, Choice) and shape.attributes:
                        word = tuple(values[name] for name in shape.attributes)
                        if word == (None,) * len(word) and shape.absent:
                            word = shape.absent
                        tables = tuple(table for known, table in shape.variants.items() if known == word)
                        strange |= not tables
                    every += map(self.layouts, tables)
                    needs += [
                        [required(row) for row in table.rows if row.required and row.constant is None]
                        for table in tables
                    ]
                    if isinstance(shape, Choice):
                        every.append(Node(attributes=[Slot(slot.row, slot.path, "word")]))
        spot = self.spot(every, needs if all(needs) else None, strange)
        ties = [path for node in nodes for slot in node.whole if slot.join for path, _ in slot.join[1].on]
        spot.tell(path.attribute for path in ties if path.attribute and not path.steps)
        return spot

    def entry(self, table: Table, join: Join) -> Node:
        """What rows say of an entry of a join, and what ties it to its entity."""
        if id(join) not in self.entries:
            self.entries[id(join)] = full_layout(self.tables, table.second(join))
        return self.entries[id(join)]


def counts(slot: Slot) -> bool:
    """Whether a row is significant, and all that embed it; what only tells a variant's rows apart is with them."""
    rows = chain([slot.row], (row for row, _ in slot.owners))
    return slot.join is not None or not any(row.live or row.secret for row in rows)


def required(row: Row) -> Callable[[Element], bool]:
    """Whether an element has a row's value, or what may be one."""
    codec, path = row.codec, row.path
    if codec is None or codec.shape != "value" or row.form != "one" or codec.needs or codec.unit:
        return lambda element: any(find(element, path.steps) for path in row.paths)
    name, admits = path.attribute, admitted(codec)
    if name is not None and len(row.paths) == 1 and not path.steps:
        return lambda element: (text := element.get(name)) is not None and admits(text) is not None
    if name is not None and len(row.paths) == len(path.steps) == 1 and exact(path.steps[0]):
        tag = path.steps[0].tag

        def of_child(element: Element) -> bool:
            child = next(element.iterchildren(tag), None)
            return child is not None and (text := child.get(name)) is not None and admits(text) is not None

        return of_child
    trims = codec.word not in ("text", "str")

    def somewhere(element: Element) -> bool:
        for path in row.paths:
            for at in find(element, path.steps):
                text = own_text(at) if path.attribute is None else at.get(path.attribute)
                if text is not None and admits(text.strip() if trims else text) is not None:
                    return True
        return False

    return somewhere
