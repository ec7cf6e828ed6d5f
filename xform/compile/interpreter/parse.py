"""Reading, row by row: each path is looked up by itself, and every node that is taken is noted."""

from __future__ import annotations

from typing import Any

from lxml import etree

from xform.compile.interpreter.reading import TEXT, WHOLE, Claim, Place, Reading, find, matches, node_text
from xform.compile.runtime import made
from xform.entities import Classes, Opaque, empty
from xform.errors import DocumentError, quoted
from xform.table.model import Choice, Join, Path, Row, Table
from xform.table.walk import flatten, joins, late
from xform.xml import Element, canonical, own_text, parse_text


class Reader:
    """One document's way into entities."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.tables = classes.tables
        self.reading = Reading()
        self.context: dict[str, Any] = {}
        self.here: Place = ()
        self.places: dict[int, Place] = {}  # where the items of a join stand in the entity, by id

    def take(self, row: Row, place: Place) -> None:
        """From now on a row claims, for the field at a place."""
        self.here = place
        self.reading.by = Claim(row, place)

    def document(self, root: Element, context: dict[str, Any]) -> Reading:
        """Raises DocumentError for entities within entities that are more than Python's stack holds."""
        try:
            return self.whole_document(root, context)
        except RecursionError:
            raise DocumentError("elements are nested too deeply; expected fewer within each other") from None

    def whole_document(self, root: Element, context: dict[str, Any]) -> Reading:
        self.context = context
        table = self.tables.document
        values = self.values(table, root)
        for joined, join, row in joins(self.tables):
            held = values[row.name]
            known = {(row.name, n): item for n, item in enumerate(held)} if row.form == "list" else {(row.name,): held}
            cls = self.classes[joined.name]
            self.places = {id(item): place for place, item in known.items() if type(item) is cls}
            self.join(joined, join, root, [item for item in known.values() if type(item) is cls])
        self.reading.claim(root)
        self.reading.entity = made(self.classes[table.name], table, values, root)
        return self.reading

    def entity(self, name: str, element: Element) -> Any:
        """An element as an entity, or opaque where its table cannot say it."""
        shape = self.tables.shapes[name]
        found = self.variant(shape, element) if isinstance(shape, Choice) else self.build(shape, element)
        if found is None:
            self.reading.whole(element)
            return Opaque(canonical(element))
        self.reading.claim(element, WHOLE)
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
        own = [other for other in owner.rows if not other.embeds]
        theirs = [
            path
            for table in choice.variants.values()
            for _, inner in flatten(self.tables, table)
            for path in inner.paths
        ]
        names = {path.attribute for path in theirs if not path.steps} - {
            path.attribute for other in own for path in other.paths if not path.steps
        }
        tags = {path.steps[0].tag for path in theirs if path.steps}
        copy = etree.Element(element.tag, nsmap=element.nsmap)
        for name, value in element.items():
            if name in names or name in choice.attributes:
                copy.set(name, value)
                self.reading.claim(element, name)
        for child in element:
            if child.tag in tags:
                self.rest(child, own, copy)
        return Opaque(canonical(copy))

    def rest(self, child: Element, own: list[Row], copy: Element) -> None:
        """Keep a child without what the owner's rows say of it, nor an element that stands for that alone."""
        kept = parse_text(canonical(child))
        pairs = list(zip(child.iter(etree.Element), kept.iter(etree.Element), strict=True))
        copies = dict(pairs)
        given: dict[Element, set[str]] = {original: set() for original in copies}  # nodes of each that are the owner's
        asked: dict[Element, set[str]] = {original: set() for original in copies}  # conditions of the owner's paths
        for row in own:
            for path in row.paths:
                if not path.steps or not matches(child, path.steps[0]):
                    continue
                for at, step in enumerate(path.steps):
                    for holder in find(child, path.steps[1 : at + 1]):
                        asked[holder].update(name for name, _ in step.where)
                for holder in find(child, path.steps[1:]):
                    if path.attribute is None and not _is_value(row):
                        for inner in holder.iter(etree.Element):
                            given[inner].update(inner.keys(), {TEXT})
                    else:
                        given[holder].add(path.attribute or TEXT)
                        given[holder].update({row.codec.unit} if row.codec and row.codec.unit else ())
        for original, left in reversed(pairs):
            for name in given[original] & set(left.keys()):
                del left.attrib[name]
            if TEXT in given[original]:
                left.text = None
            stood = TEXT in given[original] or len(original) or original.attrib or own_text(original).strip()
            if stood and not len(left) and not own_text(left).strip() and not set(left.keys()) - asked[original]:
                if (parent := left.getparent()) is not None:
                    parent.remove(left)
                else:
                    return
        for original, left in pairs:
            if left is kept or left.getparent() is not None:
                self.reading.claim(original, *left.keys(), *({TEXT} - given[original]))
        copy.append(kept)

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
        outer, self.reading = self.reading, Reading(by=self.reading.by)
        values = self.values(table, element)
        inner, self.reading = self.reading, outer
        if any(values[row.name] in (None, [], {}) for row in table.rows if row.required and row.constant is None):
            return None
        self.reading.refused += inner.refused
        self.reading.drift += inner.drift
        for claimed, nodes in inner.claims.items():
            self.reading.claim(claimed)
            self.reading.claims[claimed].update(nodes)
        return made(self.classes[table.name], table, values, element)

    def values(self, table: Table, element: Element) -> dict[str, Any]:
        values: dict[str, Any] = dict.fromkeys(table.switches, False)
        outer, by = self.here, self.reading.by
        for row in table.rows:
            if row.codec and row.codec.needs:
                continue
            self.take(row, (*outer, row.when or row.name))
            if row.when:
                values[row.when] |= self.switch(row, element)
            elif row.constant is not None:
                self.switch(row, element)
            elif row.computed:
                self.pass_over(row, element)
            elif row.embeds:
                values[row.name] = self.embedded(row, table, element)
            elif row.behind:
                values[row.name] = self.remaining(row, element, [values[name] for name in row.behind])
            else:
                values[row.name] = self.value(row, element)
        for join in table.joins:
            values |= {row.name: empty(row) for row in join.rows if not row.computed}
        for row in late(table.rows):
            self.take(row, (*outer, row.name))
            values[row.name] = self.value(row, element, self.needs(row, values))
        self.here, self.reading.by = outer, by
        return values

    def needs(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        """What a row's rule asks for: fields of its entity, or context; None where nobody gave it."""
        names = row.codec.needs if row.codec else ()
        return {name: values[name] if name in values else self.context.get(name) for name in names}

    def switch(self, row: Row, element: Element) -> bool:
        """A constant that stands where its row says."""
        assert row.codec
        for holder in find(element, row.path.steps):
            if row.codec.shape == "present":
                self.reading.claim(holder, WHOLE)
                self.reading.along(holder, row.path.steps)
                return True
            if (text := node_text(holder, row.path)) is not None:
                if text == row.constant:
                    self.reading.claim(holder, row.path.attribute or TEXT)
                    self.reading.along(holder, row.path.steps)
                    return True
                self.refuse(holder, row, f"{quoted(text)} is not {row.constant!r}", drift=not row.when)
        return False

    def refuse(self, holder: Element, row: Row, message: str, drift: bool = False) -> None:
        self.reading.refused.append((holder, row, message))
        if drift:
            self.reading.drift.append((holder, row, message))

    def value(self, row: Row, element: Element, needs: dict[str, Any] | None = None) -> Any:
        if row.generated:
            self.pass_over(row, element)
            return empty(row)
        if row.form == "list":
            return self.items(row, element)
        if row.form == "map":
            return self.mapping(row, element)
        found = None
        for path in row.paths:
            for holder in find(element, path.steps):
                if (value := self.one(row, path, holder, needs)) is not None:
                    if found is not None and value != found:
                        self.reading.drift.append(
                            (holder, row, f"{quoted(value)} stands here, and {quoted(found)} at {row.path}")
                        )
                    found = value if found is None else found
                    break
        return empty(row) if found is None else found

    def remaining(self, row: Row, element: Element, first: list[Any]) -> Any:
        """What the rows that go first at a row's node do not admit, and so leave to it."""
        if any(value is not None for value in first):
            return None
        holders = find(element, row.path.steps)
        self.reading.refused = [
            one for one in self.reading.refused if not (one[1].path == row.path and one[0] in holders)
        ]
        return self.value(row, element)

    def pass_over(self, row: Row, element: Element) -> None:
        """What is written only is the row's all the same."""
        for path in row.paths:
            for holder in find(element, path.steps):
                if row.entity or node_text(holder, path) is not None:
                    self.reading.claim(holder, path.attribute or TEXT, *([WHOLE] if row.entity else []))
                    self.reading.along(holder, path.steps)

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
            self.reading.claim(holder, WHOLE)
            return True
        if codec.shape == "xml":
            self.reading.whole(holder)
            return canonical(holder)
        text = node_text(holder, path, codec)
        if text is None or (codec.filled and not text.strip()):
            return None
        try:
            value = codec.decode(text, holder.get(codec.unit)) if codec.unit else codec.decode(text, **(needs or {}))
        except ValueError as error:
            self.refuse(holder, row, str(error))
            return None
        self.reading.claim(
            holder,
            path.attribute or TEXT,
            *([codec.unit] if codec.unit and holder.get(codec.unit) is not None else []),
        )
        return value

    def items(self, row: Row, element: Element) -> list[Any]:
        values: list[Any] = []
        field = self.here
        for holder in find(element, row.path.steps):
            self.take(row, (*field, len(values)))
            if (value := self.one(row, row.path, holder)) is not None:
                values.append(value)
        return values

    def mapping(self, row: Row, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        field = self.here
        for entry in find(element, row.path.steps):
            key = self.key(row, entry)
            if key is None or key in found:
                continue
            self.take(row, (*field, key))
            holder = next(iter(find(entry, row.value.steps)), None)
            value = None if holder is None else self.one(row, row.value, holder)
            if value is not None:
                found[key] = value
                self.reading.claim(entry, *([row.key.attribute] if row.key.attribute else []))
                self.reading.along(entry, row.path.steps)
        return found

    def key(self, row: Row, entry: Element) -> str | None:
        if row.key.steps:
            name = etree.QName(entry)
            space = row.path.steps[-1].tag[1:-2] if row.path.steps[-1].tag != "*" else None
            return name.localname if name.namespace == space else None
        return entry.get(row.key.attribute or "")

    def join(self, table: Table, join: Join, root: Element, entities: list[Any]) -> None:
        """Give each entity its entry.  An entry is told by the first of `on` that it has; earlier ones go first."""
        left = list(entities)
        entries = find(root, join.path.steps)
        for path, name in join.on:
            known = {getattr(entity, name): entity for entity in reversed(left)}
            for entry in list(entries):
                value = self.told(table, name, entry.get(path.attribute or ""))
                if value is None:
                    continue
                entries.remove(entry)
                entity = known.pop(value, None)
                if entity is not None:
                    left = [other for other in left if other is not entity]
                    self.enter(table, join, entry, entity)

    @staticmethod
    def told(table: Table, name: str, text: str | None) -> Any:
        codec = table.fields[name].codec
        try:
            return codec.decode(text) if codec and text is not None else None
        except ValueError:
            return None

    def enter(self, table: Table, join: Join, entry: Element, entity: Any) -> None:
        place = self.places.get(id(entity), ())
        for path, name in join.on:
            if entry.get(path.attribute or "") is not None:
                self.take(table.fields[name], (*place, name))
                self.reading.along(entry, join.path.steps)
                self.reading.claim(entry, path.attribute or "")
        first = [row for row in join.rows if not (row.codec and row.codec.needs)]
        for row in [*first, *late(join.rows)]:
            values = {name: getattr(entity, name) for name in table.fields} if row.codec and row.codec.needs else {}
            self.take(row, (*place, row.name))
            if row.computed:
                self.pass_over(row, entry)
            elif row.behind:
                setattr(entity, row.name, self.remaining(row, entry, [getattr(entity, name) for name in row.behind]))
            else:
                setattr(entity, row.name, self.value(row, entry, self.needs(row, values)))


def _is_value(row: Row) -> bool:
    return row.form == "one" and row.codec is not None and row.codec.shape == "value"
