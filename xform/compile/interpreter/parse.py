"""Reading, row by row: each path is looked up by itself, and every node that is taken is noted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field
from lxml import etree

from xform.codecs import Codec
from xform.entities import Classes, Opaque, empty
from xform.table.model import Choice, Join, Path, Row, Step, Table
from xform.table.walk import flatten, joins
from xform.xml import (
    Element,
    canonical,
    own_text,
    parse_text,
)

TEXT = ""  # the claim on an element's text; an attribute's claim is its name
ELEMENT = "."  # the claim on an element for what it is

Place = tuple[str | int, ...]
# The row that took a node, and the place of what it says in the entity: ("disks", 1, "cache").  No row where the node
# only tells which rows are meant.
Claim = tuple[Row | None, Place]
NOBODY: Claim = (None, ())


@define
class Reading:
    """What was read of a document: the entity, the nodes that rows took, and the values that no row admits."""

    entity: Any = None
    claims: dict[Element, dict[str, Claim]] = field(factory=dict)
    refused: list[tuple[Element, Row, str]] = field(factory=list)

    def claim(self, element: Element, *nodes: str, by: Claim = NOBODY) -> None:
        for ancestor in (element, *element.iterancestors()):
            self.claims.setdefault(ancestor, {})
        known = self.claims[element]
        for node in nodes:
            if known.get(node, NOBODY)[0] is None:
                known[node] = by

    def along(self, element: Element, steps: tuple[Step, ...]) -> None:
        """Claim the attributes that the steps of a path to this element ask for."""
        for step, passed in zip(reversed(steps), (element, *element.iterancestors()), strict=False):
            self.claim(passed, *(name for name, _ in step.where))

    def whole(self, element: Element, by: Claim) -> None:
        for inner in element.iter(etree.Element):
            self.claim(inner, ELEMENT, TEXT, *inner.keys(), by=by)

    def residue(self, element: Element) -> Iterator[tuple[Element, str | None]]:
        """Elements (with None) and nodes of claimed elements (an attribute's name, or TEXT) that nobody took."""
        claims = self.claims.get(element)
        if claims is None:
            yield element, None
            return
        for name, _ in element.items():
            if name not in claims:
                yield element, name
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        if text.strip() and TEXT not in claims:
            yield element, TEXT
        for child in element:
            if isinstance(child.tag, str):
                yield from self.residue(child)


def matches(element: Element, step: Step) -> bool:
    if not isinstance(element.tag, str):
        return False
    named = element.tag.startswith(step.tag[:-1]) if step.wild else element.tag == step.tag
    return (
        named
        and all(element.get(name) == value for name, value in step.where)
        and not any(matches(element, other) for other in step.but)
    )


def find(element: Element, steps: tuple[Step, ...]) -> list[Element]:
    """Every element at the end of the steps, in document order."""
    found = [element]
    for step in steps:
        found = [child for parent in found for child in parent if matches(child, step)]
    return found


class Reader:
    """One document's way into entities."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.tables = classes.tables
        self.reading = Reading()
        # what is being read, and for which place
        self.by: Claim = NOBODY

    def document(self, root: Element, context: dict[str, Any]) -> Reading:
        self.context = context
        table = self.tables.shapes[self.tables.root]
        assert isinstance(table, Table)
        values = self.values(table, root)
        for joined, join, row in joins(self.tables):
            held = values[row.name]
            known = (
                {(row.name, at): item for at, item in enumerate(held)} if row.form == "list" else {(row.name,): held}
            )
            cls = self.classes[joined.name]
            self.join(joined, join, root, {place: item for place, item in known.items() if type(item) is cls})
        self.reading.claim(root, ELEMENT)
        self.reading.entity = self.classes[table.name](**values)
        return self.reading

    def entity(self, name: str, element: Element) -> Any:
        """An element as an entity, or opaque where its table cannot say it."""
        shape = self.tables.shapes[name]
        found = self.variant(shape, element) if isinstance(shape, Choice) else self.build(shape, element)
        if found is None:
            self.reading.whole(element, self.by)
            return Opaque(canonical(element))
        self.reading.claim(element, ELEMENT, by=self.by)
        return found

    def embedded(self, row: Row, owner: Table, element: Element) -> Any:
        """An entity whose rows sit in its owner's element."""
        shape = self.tables.shapes[row.entity or ""]
        if isinstance(shape, Table):
            return self.build(shape, element)
        found = self.variant(shape, element)
        if found is None and shape.attributes and any(element.get(name) is not None for name in shape.attributes):
            return self.project(row, owner, shape, element)
        return found

    def project(self, row: Row, owner: Table, choice: Choice, element: Element) -> Opaque:
        """Of an element that holds an unknown variant, what the variants could claim and the owner's rows do not."""
        own = [path for other in owner.rows if not other.embeds for path in other.paths]
        theirs = [
            path
            for table in choice.variants.values()
            for _, inner in flatten(self.tables, table)
            for path in inner.paths
        ]
        names = {path.attribute for path in theirs if not path.steps} - {
            path.attribute for path in own if not path.steps
        }
        tags = {path.steps[0].tag for path in theirs if path.steps}
        copy = etree.Element(element.tag, nsmap=element.nsmap)
        for name, value in element.items():
            if name in names or name in choice.attributes:
                copy.set(name, value)
                self.reading.claim(element, name, by=self.by)
        for child in element:
            if child.tag in tags:
                self.reading.whole(child, self.by)
                kept = parse_text(canonical(child))
                for path in own:
                    if path.steps and matches(child, path.steps[0]):
                        self.give_up(kept, child, path)
                copy.append(kept)
        return Opaque(canonical(copy))

    def give_up(self, kept: Element, child: Element, path: Path) -> None:
        """Leave to an owner's row what it says of a child that is kept otherwise."""
        steps, name = path.steps[1:], path.attribute
        for copy, original in zip(find(kept, steps), find(child, steps), strict=True):
            if name is not None and name in copy.attrib:
                del copy.attrib[name]
                self.reading.claims[original].pop(name, None)
            parent = copy.getparent()
            if name is None and steps and parent is not None:
                parent.remove(copy)
                for inner in original.iter(etree.Element):
                    self.reading.claims.pop(inner, None)

    def variant(self, choice: Choice, element: Element) -> Any:
        if not choice.attributes:
            built = (self.build(table, element) for table in choice.variants.values())
            return next((entity for entity in built if entity is not None), None)
        texts = tuple(element.get(name) for name in choice.attributes)
        words = choice.absent if choice.absent and all(text is None for text in texts) else texts
        table = choice.variants.get(words)  # type: ignore[arg-type]
        entity = self.build(table, element) if table else None
        if entity is not None:
            self.reading.claim(element, *(name for name in choice.attributes if element.get(name) is not None))
        return entity

    def build(self, table: Table, element: Element) -> Any:
        """None where a required row has no value; then nothing is claimed."""
        outer, self.reading = self.reading, Reading()
        values = self.values(table, element)
        inner, self.reading = self.reading, outer
        if any(values[row.name] in (None, [], {}) for row in table.rows if row.required and row.constant is None):
            return None
        self.reading.refused += inner.refused
        for claimed, nodes in inner.claims.items():
            self.reading.claim(claimed)
            for node, by in nodes.items():
                self.reading.claim(claimed, node, by=by)
        return self.classes[table.name](**values)

    def values(self, table: Table, element: Element) -> dict[str, Any]:
        values: dict[str, Any] = dict.fromkeys(table.switches, False)
        late: list[Row] = []
        outer = self.by
        for row in table.rows:
            self.by = self.saying(row, outer[1])
            if row.codec and row.codec.needs:
                late.append(row)
            elif row.when:
                values[row.when] |= self.switch(row, element)
            elif row.constant is not None:
                self.switch(row, element)
            elif row.embeds:
                values[row.name] = self.embedded(row, table, element)
            else:
                values[row.name] = self.value(row, element)
        for row in late:
            assert row.codec
            self.by = self.saying(row, outer[1])
            needs = {name: values[name] if name in values else self.context.get(name) for name in row.codec.needs}
            values[row.name] = self.value(row, element, needs)
        for join in table.joins:
            for row in join.rows:
                values[row.name] = empty(row)
        self.by = outer
        return values

    @staticmethod
    def saying(row: Row, place: Place) -> Claim:
        """What a row of an entity at a place says."""
        if row.constant is not None or row.when:
            return row, (*place, row.when) if row.when else place
        return row, (*place, row.name)

    def switch(self, row: Row, element: Element) -> bool:
        """A constant that stands where its row says."""
        assert row.codec
        for holder in find(element, row.path.steps):
            if row.codec.shape == "present":
                self.reading.claim(holder, ELEMENT, by=self.by)
                self.reading.along(holder, row.path.steps)
                return True
            if (text := node_text(holder, row.path)) is not None:
                if text == row.constant:
                    self.reading.claim(holder, row.path.attribute or TEXT, by=self.by)
                    self.reading.along(holder, row.path.steps)
                    return True
                self.reading.refused.append((holder, row, text))
        return False

    def value(self, row: Row, element: Element, needs: dict[str, Any] | None = None) -> Any:
        if row.generated:
            return empty(row)
        if row.form == "list":
            return self.items(row, element)
        if row.form == "map":
            return self.mapping(row, element)
        found = None
        for path in row.paths:
            holders = find(element, path.steps)
            value = next(
                (value for holder in holders if (value := self.one(row, path, holder, needs)) is not None),
                None,
            )
            found = value if found is None else found
        return empty(row) if found is None else found

    def one(self, row: Row, path: Path, holder: Element, needs: dict[str, Any] | None = None) -> Any:
        value = self.node(row, path, holder, needs)
        if value is not None:
            self.reading.along(holder, path.steps)
        return value

    def node(self, row: Row, path: Path, holder: Element, needs: dict[str, Any] | None) -> Any:
        if row.entity:
            return self.entity(row.entity, holder)
        codec = row.codec
        assert codec
        if codec.shape == "present":
            self.reading.claim(holder, ELEMENT, by=self.by)
            return True
        if codec.shape == "xml":
            self.reading.whole(holder, self.by)
            return canonical(holder)
        text = node_text(holder, path, codec)
        if text is None or (codec.filled and not text.strip()):
            return None
        try:
            value = codec.decode(text, holder.get(codec.unit)) if codec.unit else codec.decode(text, **(needs or {}))
        except ValueError as error:
            self.reading.refused.append((holder, row, str(error)))
            return None
        self.reading.claim(
            holder,
            path.attribute or TEXT,
            *([codec.unit] if codec.unit and holder.get(codec.unit) is not None else []),
            by=self.by,
        )
        return value

    def items(self, row: Row, element: Element) -> list[Any]:
        found: list[Any] = []
        place = self.by[1]
        for holder in find(element, row.path.steps):
            self.by = row, (*place, len(found))
            if (value := self.one(row, row.path, holder)) is not None:
                found.append(value)
        return found

    def mapping(self, row: Row, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        place = self.by[1]
        for entry in find(element, row.path.steps):
            key = self.key(row, entry)
            if key is None or key in found:
                continue
            self.by = row, (*place, key)
            holder = next(iter(find(entry, row.value.steps)), None)
            value = None if holder is None else self.one(row, row.value, holder)
            if value is not None:
                found[key] = value
                self.reading.claim(entry, row.key.attribute or ELEMENT, by=self.by)
                self.reading.along(entry, row.path.steps)
        return found

    def key(self, row: Row, entry: Element) -> str | None:
        if row.key.steps:
            name = etree.QName(entry)
            space = row.path.steps[-1].tag[1:-2] if row.path.steps[-1].tag != "*" else None
            return name.localname if name.namespace == space else None
        return entry.get(row.key.attribute or "")

    def join(self, table: Table, join: Join, root: Element, entities: dict[Place, Any]) -> None:
        """Give each entity its entry.  An entry is told by the first of `on` that it has; earlier ones go first."""
        left = dict(entities)
        entries = find(root, join.path.steps)
        for path, name in join.on:
            known = {getattr(entity, name): place for place, entity in reversed(left.items())}
            for entry in list(entries):
                value = self.told(table, name, entry.get(path.attribute or ""))
                if value is None:
                    continue
                entries.remove(entry)
                place = known.pop(value, None)
                if place is not None:
                    self.by = None, place
                    self.enter(join, entry, left.pop(place))

    @staticmethod
    def told(table: Table, name: str, text: str | None) -> Any:
        codec = table.fields[name].codec
        try:
            return codec.decode(text) if codec and text is not None else None
        except ValueError:
            return None

    def enter(self, join: Join, entry: Element, entity: Any) -> None:
        named = [path.attribute or "" for path, _ in join.on]
        self.reading.along(entry, join.path.steps)
        self.reading.claim(entry, ELEMENT, *(name for name in named if entry.get(name) is not None))
        place = self.by[1]
        for row in join.rows:
            self.by = self.saying(row, place)
            setattr(entity, row.name, self.value(row, entry))


def node_text(holder: Element, path: Path, codec: Codec | None = None) -> str | None:
    """The text of an attribute or element; only `text` and `str` keep the white space around an element's text."""
    if path.attribute is not None:
        return holder.get(path.attribute)
    text = own_text(holder)
    return text if codec and codec.word in ("text", "str") else text.strip()
