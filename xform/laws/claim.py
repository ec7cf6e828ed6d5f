"""What a fact claims of a document's text: the judge of what an update may touch.  Shares no code with the update.

The claim of a field is its nodes: an attribute with the blanks in front of it, a text, an element with its lines; the
unit of a size, the words that tell a variant, the key in a second place; and the containers that hold nothing else.
What has nothing inside but claims is one tag or two, as may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from attrs import define, field, frozen
from lxml import etree

from xform.compile.interpreter import TEXT, Reader, Reading, find, node_text
from xform.dialect import Dialect
from xform.entities import Opaque
from xform.laws.facts import Fact
from xform.table.model import Choice, Join, Path, Row, Step, Table
from xform.table.walk import flatten, joins
from xform.text import Text, decode, in_force
from xform.validate import Place
from xform.xml import Element, canonical, own_text, parse_text

Region = tuple[int, int]
BLANKS = " \t\r\n"
Level = tuple[list[Element], frozenset[str]]


class Known(Reader):
    """A document that was read: its entity, what is claimed, and the second places of its entities."""

    def __init__(self, dialect: Dialect, document: str | bytes, context: dict[str, Any]) -> None:
        super().__init__(dialect.classes)
        self.dialect, self.context = dialect, context
        self.entries: dict[int, list[tuple[Join, Element]]] = {}
        self.root = dialect.tree(document)
        self.text = Text(document if isinstance(document, str) else decode(document, self.root)[0], self.root)
        self.asked = Reader(dialect.classes)  # what is asked later claims nothing
        self.asked.context = context

    @cached_property
    def whole(self) -> Reading:
        """The document as it was read, with all that rows claim."""
        return self.document(self.root, self.context)

    @cached_property
    def said(self) -> Any:
        """The document's entity; the compiled parse is quicker, and knows nothing of second places."""
        plain = not any(True for _ in joins(self.tables))
        return self.dialect.read_tree(self.root, self.context) if plain else self.whole.entity

    def enter(self, table: Table, join: Join, entry: Element, entity: Any) -> None:
        self.entries.setdefault(id(entity), []).append((join, entry))
        super().enter(table, join, entry, entity)

    def at(self, place: Place) -> tuple[Element, Any]:
        """The entity at a place, and the element that it stands in."""
        element, entity = self.root, self.said
        parts = list(place)
        while parts:
            name = str(parts.pop(0))
            row, outer = self.row(entity, name)
            base = element if outer is None else self.entry(entity, outer)
            value = getattr(entity, name)
            if row.form == "list":
                index = parts.pop(0)
                assert base is not None
                assert isinstance(index, int)
                element, entity = find(base, row.path.steps)[index], value[index]
            else:
                assert base is not None
                if not row.embeds:
                    base = next(holder for path in row.paths for holder in find(base, path.steps))
                element, entity = base, value
        return element, entity

    def row(self, entity: Any, name: str) -> tuple[Row, Join | None]:
        """The row of a field, and the second place that it stands in."""
        table = self.classes.table(type(entity))
        assert table
        for join in table.joins:
            for row in join.rows:
                if row.name == name:
                    return row, join
        return table.fields[name], None

    def entry(self, entity: Any, join: Join) -> Element | None:
        return next((entry for known, entry in self.entries.get(id(entity), []) if known is join), None)


@define
class Claim:
    """The nodes that a fact claims in one document."""

    known: Known
    whole: set[Element] = field(factory=set)
    nodes: dict[Element, set[str]] = field(factory=dict)
    ways: list[list[Level]] = field(factory=list)

    def way(self, base: Element, steps: tuple[Step, ...], outer: list[Level]) -> list[Element]:
        """Follow the steps of a path down, and note the containers on the way; what stands at its end."""
        levels = [*outer] or [([base], frozenset())]
        for at, step in enumerate(steps, 1):
            levels.append((find(base, steps[:at]), frozenset(name for name, _ in step.where)))
        self.ways.append(levels)
        return levels[-1][0]

    def take(self, element: Element, names: Iterable[str]) -> None:
        self.nodes.setdefault(element, set()).update(names)

    def close(self) -> None:
        """Take the containers that hold nothing else."""
        for levels in self.ways:
            for elements, conditions in reversed(levels[1:]):
                self.whole.update(one for one in elements if self._bare(one, conditions))

    def _bare(self, element: Element, conditions: frozenset[str]) -> bool:
        taken = self.nodes.get(element, set())
        return not (set(map(str, element.attrib)) - taken - conditions) and self._hollow(element)

    def _hollow(self, element: Element) -> bool:
        """Whether nothing is inside but what is claimed."""
        text = "".join([element.text or "", *(child.tail or "" for child in element)])
        said = bool(text.strip()) and TEXT not in self.nodes.get(element, ())
        return not said and all(child in self.whole for child in element)

    def regions(self) -> list[tuple[int, int, bool]]:
        """Where in the text the claim stands, and whether it is an element there."""
        text = self.known.text
        found: list[tuple[int, int, bool]] = []
        for element in self.whole:
            found += ((*region, True) for region in self._around(element))
        for element, names in self.nodes.items():
            if element not in self.whole:
                found += ((*region, False) for region in self._own(element, names))
        opened = {one for levels in self.ways for elements, _ in levels[:-1] for one in elements}
        opened |= {one for one, names in self.nodes.items() if TEXT in names}
        for element in opened - self.whole:
            if self._hollow(element):
                span = text.span(element)
                one_tag = span.head == span.end
                found.append((text.text.rindex("/", 0, span.end) if one_tag else span.head - 1, span.end, False))
        return found

    def _around(self, element: Element) -> Iterator[Region]:
        """An element with its lines; behind a text with the white space that would be read as part of that."""
        text, owner = self.known.text, element.getparent()
        span, before = text.span(element), element.itersiblings(etree.Element, preceding=True)
        if owner is None or not own_text(owner).strip() or any(one not in self.whole for one in before):
            yield text.lines(span)
            return
        yield span.start, span.end
        following = next(element.itersiblings(etree.Element), None)
        end = text.span(owner).tail if following is None else text.span(following).start
        yield from ((start, stop) for start, stop, part in text.parts(span.end, end) if not part.strip())

    def _own(self, element: Element, names: set[str]) -> Iterator[Region]:
        text = self.known.text
        span = text.span(element)
        there = text.attributes(element)
        for name in names - {TEXT}:
            if shown := there.get(name):
                yield shown.span()
            # it may bring its namespace along
            uri = etree.QName(name).namespace
            for at, declared in text.declarations(element).items() if uri else ():
                if at != "xmlns" and uri in in_force({at: declared[3]}).values():
                    yield declared.span()
        if TEXT in names:
            first = next((child for child in element if isinstance(child.tag, str)), None)
            stop = span.tail if first is None else text.span(first).start
            yield from ((start, end) for start, end, _ in text.parts(span.head, stop))


def claim(known: Known, fact: Fact, gone: bool) -> Claim:
    """What a fact claims of a document; `gone` where the other document does not state it."""
    made = Claim(known)
    owner = fact.place[:-1]
    element, entity = known.at(owner)
    if fact.row is None:
        for row in known.classes.table(type(entity)).rows:  # type: ignore[union-attr]
            if row.when == fact.name:
                _value(made, row, element, [], {}, gone)
    else:
        _field(made, fact.row, fact.item, element, entity, gone)
    made.close()
    return made


def _field(made: Claim, row: Row, item: int | str | None, element: Element, entity: Any, gone: bool) -> None:
    known = made.known
    _, join = known.row(entity, row.name)
    outer: list[Level] = []
    base: Element | None = element
    if join is not None:
        base, outer = known.entry(entity, join), _second(made, entity, join)
    table = known.classes.table(type(entity))
    assert table
    for other in table.joins:
        entry = known.entry(entity, other)
        keys = [path.attribute or "" for path, name in other.on if name == row.name]
        if entry is not None and keys:
            made.take(entry, keys)
    if base is None:
        made.ways.append(outer)
        return
    value = getattr(entity, row.name)
    if row.form == "map":
        _entry(made, row, str(item), base, outer, gone)
    elif row.form == "list":
        _item(made, row, item, value, base, outer, gone)
    elif row.embeds:
        _embedded(made, row, base, value)
    elif row.entity:
        for path in row.paths:
            made.whole.update(made.way(base, path.steps, outer))
    else:
        _value(made, row, base, outer, _needs(known, row, entity), gone)
    # what a rule makes of this field is the field's as well
    for late in table.fields.values():
        if late is not row and late.codec and row.name in late.codec.needs and not late.generated:
            _field(made, late, None, element, entity, False)


def _second(made: Claim, entity: Any, join: Join) -> list[Level]:
    """The way to the entry of an entity in its second place."""
    root, steps = made.known.root, join.path.steps
    entry = made.known.entry(entity, join)
    levels: list[Level] = [([root], frozenset())]
    for at, step in enumerate(steps, 1):
        found = find(root, steps[:at])
        names = frozenset(name for name, _ in step.where)
        if at == len(steps):
            found = [] if entry is None else [entry]
            names |= {path.attribute or "" for path, _ in join.on}
        levels.append((found, names))
    return levels


def _needs(known: Known, row: Row, entity: Any) -> dict[str, Any]:
    names = row.codec.needs if row.codec else ()
    return {name: getattr(entity, name) if hasattr(entity, name) else known.context.get(name) for name in names}


def _value(made: Claim, row: Row, base: Element, outer: list[Level], needs: dict[str, Any], gone: bool) -> None:
    assert row.codec
    for path in row.paths:
        holders = made.way(base, path.steps, outer)
        for holder in [one for one in holders if _says(made, row, path, one, needs)] or holders[:1]:
            if row.codec.shape != "value":
                made.whole.add(holder)
                continue
            _node(made, row, path, holder)
            if gone and _lasting(row, path):
                made.whole.add(holder)


def _lasting(row: Row, path: Path) -> bool:
    """Whether nothing but its element's absence says that a value is not there: no text is a text."""
    word = row.codec is not None and row.codec.word in ("str", "text") and not row.codec.filled
    return word and path.attribute is None and bool(path.steps)


def _node(made: Claim, row: Row, path: Path, holder: Element) -> None:
    unit = row.codec.unit if row.codec else None
    made.take(holder, [path.attribute if path.attribute is not None else TEXT, *([unit] if unit else [])])


def _says(made: Claim, row: Row, path: Path, holder: Element, needs: dict[str, Any]) -> bool:
    if row.constant is not None:
        return node_text(holder, path) == row.constant
    return made.known.asked.node(row, path, holder, needs) is not None


def _item(
    made: Claim, row: Row, item: int | str | None, value: list[Any], base: Element, outer: list[Level], gone: bool
) -> None:
    holders = made.way(base, row.path.steps, outer)
    holders = [one for one in holders if row.entity or _says(made, row, row.path, one, {})]
    if not isinstance(item, int) or item >= len(holders):
        return
    if row.entity or (row.codec and row.codec.shape != "value") or (gone and _lasting(row, row.path)):
        made.whole.add(holders[item])
    else:
        _node(made, row, row.path, holders[item])
    for join, entry in made.known.entries.get(id(value[item]), []):
        made.ways.append(_second(made, value[item], join))
        made.whole.add(entry)


def _entry(made: Claim, row: Row, key: str, base: Element, outer: list[Level], gone: bool) -> None:
    for entry in made.way(base, row.path.steps, outer):
        if made.known.key(row, entry) != key:
            continue
        if gone:
            made.whole.add(entry)
        made.take(entry, [row.key.attribute] if row.key.attribute is not None else [])
        for holder in made.way(entry, row.value.steps, [([entry], frozenset())]):
            _node(made, row, row.value, holder)


def _embedded(made: Claim, row: Row, element: Element, value: Any) -> None:
    """All that the rows of an entity say of its owner's element."""
    known = made.known
    shape = known.tables.shapes[row.entity or ""]
    if isinstance(shape, Choice):
        made.take(element, shape.attributes)
    for table in shape.tables:
        for _, inner in flatten(known.tables, table):
            for path in inner.paths:
                made.way(element, path.steps, [])
    if isinstance(value, Opaque):
        _kept(made, parse_text(value.xml), element)
    if value is None or isinstance(value, Opaque):
        return
    own = known.classes.table(type(value))
    assert own
    for inner in own.rows:
        if inner.constant is not None or inner.when:
            _value(made, inner, element, [], {}, False)
        elif inner.form == "list":
            for at, _ in enumerate(getattr(value, inner.name)):
                _item(made, inner, at, getattr(value, inner.name), element, [], True)
        elif inner.form == "map":
            for key in getattr(value, inner.name):
                _entry(made, inner, key, element, [], True)
        else:
            _field(made, inner, None, element, value, False)


def _kept(made: Claim, kept: Element, element: Element) -> None:
    """What an unknown variant keeps of its owner's element; the rest of the same children is the owner's."""
    made.take(element, map(str, kept.attrib))
    there = list(element)
    for child in kept:
        same = next((other for other in there if other.tag == child.tag), None)
        if same is not None:
            there.remove(same)
            if canonical(same) == canonical(child):
                made.whole.add(same)
            else:
                _kept(made, child, same)


@frozen
class Rest:
    """A document's text without a claim: the pieces, and the white space that stands beside claimed elements."""

    text: str
    pieces: list[Region]  # where a piece begins in the rest, and in the whole text
    beside: set[int]

    def place(self, at: int) -> int:
        """A place of the rest in the whole text."""
        begin, start = max(piece for piece in self.pieces if piece[0] <= at)
        return start + at - begin


def rest(made: Claim) -> Rest:
    text, at, left = made.known.text.text, 0, ""
    pieces, gaps = [(0, 0)], []
    for start, end, whole in sorted(made.regions()):
        if start > at:
            left += text[at:start]
        if end > at:
            at = end
            pieces.append((len(left), at))
        if whole:
            gaps.append(len(left))
    left += text[at:]
    beside: set[int] = set()
    for gap in gaps:
        before, behind = len(left[:gap].rstrip(BLANKS)), len(left) - len(left[gap:].lstrip(BLANKS))
        beside.update(range(before, behind))
    return Rest(left, pieces, beside)


def first_difference(one: Claim, other: Claim) -> int | None:
    """Where in the first text what nobody claims is not as in the other; None where it is the same.

    A new element may bring white space of its own, where what is behind it has no line for itself.
    """
    mine, theirs = rest(one), rest(other)
    at = here = first_other(mine.text, theirs.text)
    while at < len(mine.text) or here < len(theirs.text):
        if mine.text[at : at + 1] == theirs.text[here : here + 1]:
            at, here = at + 1, here + 1
        elif here in theirs.beside:
            here += 1
        elif at in mine.beside:
            at += 1
        else:
            return mine.place(at)
    return None


def first_other(one: str | bytes, other: str | bytes) -> int:
    """Where two texts part; the length of the shorter one where this is how the other begins."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def inside(made: Claim, node: etree._Element) -> bool:
    """Whether a node stands in an element that is claimed as a whole."""
    return any(outer in made.whole for outer in (node, *node.iterancestors()))
