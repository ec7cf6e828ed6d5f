"""Match the devices of a document to those that are known, by the ladders of their tables.

Rung by rung, a key that one device on either side has decides; a key that several have decides nothing and is reported.
Of the document only what a rung asks for is read, first for all devices, then for those that are left.  A first rung
that an attribute of a child decides (an alias) is read in one pass over the document, and what it pairs climbs no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from xform.compile.interpreter import matches
from xform.compile.program import Program, admitted
from xform.entities import Classes, freeze
from xform.errors import EntityError
from xform.table.model import Choice, Row, Shape, Step, Table, Tables
from xform.table.walk import joins, needed
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

# Values that are unique by their nature: where both sides have one and they differ, no later rung may pair them.
IDENTITIES = frozenset({"uuid", "mac", "template"})

# What a rung asks for: the value of its one field, or the values of its several fields.
Key = Any
# The keys of devices by their places.
Keys = list[Key] | dict[int, Key]


@attrs.define  # frozen would cost three times as much, for every pair of every match
class Pair:
    """A known device and the one in the document that it is; `rung` names the fields that decided."""

    kind: str
    known: Any
    rung: tuple[str, ...]
    _place: int
    _matching: Matching = attrs.field(repr=False, eq=False)

    @property
    def found(self) -> Any:
        """The device as the document has it."""
        return self._matching.device(self.kind, self._place)


@attrs.frozen
class Ambiguity:
    """Devices that `rung` cannot tell apart, and no later one either."""

    kind: str
    rung: tuple[str, ...]
    known: list[Any]
    found: list[Any]


@attrs.define(slots=False)
class Matching:
    """The outcome.  A kind is the root's field that holds the devices, such as ``disks``."""

    _dialect: Dialect = attrs.field(repr=False)
    _xml: str | bytes = attrs.field(repr=False)
    _context: dict[str, Any] = attrs.field(repr=False)
    pairs: list[Pair] = attrs.field(factory=list)
    missing: list[tuple[str, Any]] = attrs.field(factory=list)
    _new: list[tuple[str, int]] = attrs.field(factory=list)
    _ambiguous: list[tuple[str, tuple[str, ...], list[Any], list[int]]] = attrs.field(factory=list)

    @cached_property
    def document(self) -> Any:
        """The whole document as an entity; parsed when it is first asked for."""
        return self._dialect.parse(self._xml, **self._context)

    def device(self, kind: str, place: int) -> Any:
        return held(self.document, kind)[place]

    @property
    def new(self) -> list[tuple[str, Any]]:
        """Devices of the document that nobody knows, with their kinds."""
        return [(kind, self.device(kind, place)) for kind, place in self._new]

    @property
    def ambiguous(self) -> list[Ambiguity]:
        return [
            Ambiguity(kind, rung, known, [self.device(kind, place) for place in places])
            for kind, rung, known, places in self._ambiguous
        ]


def held(entity: Any, kind: str) -> list[Any]:
    """The devices of one kind, whether the root holds a list of them or one."""
    value = getattr(entity, kind)
    return value if isinstance(value, list) else [] if value is None else [value]


def device_rows(tables: Tables) -> Iterator[Row]:
    """The root's rows that hold devices with a ladder."""
    root = tables.shapes[tables.root]
    assert isinstance(root, Table)
    for row in root.rows:
        if row.entity and row.form in ("list", "one") and not row.embeds and tables.shapes[row.entity].ladder:
            yield row


@attrs.frozen
class Mark:
    """An attribute of a child element that tells a device by a field.

    `decode` gives None for what is not admitted; without one, the text itself is the value.
    """

    field: str
    tag: str
    attribute: str
    decode: Callable[[str], Any] | None


@attrs.frozen
class Rung:
    """One rule of a ladder: its fields, which of them are identities, and how to read them of either side.

    `of_element` is None where the element alone does not tell them: then the parsed device is asked.
    """

    fields: tuple[str, ...]
    identities: tuple[bool, ...]
    of_element: Callable[[Element, dict[str, Any]], Key] | None
    of_entity: Callable[[Any], Key]

    def differ(self, one: Key, other: Key) -> bool:
        """Whether an identity in two keys says that the devices are not the same."""
        if len(self.fields) == 1:
            return one is not None and other is not None and one != other and self.identities[0]
        return any(
            identity and left is not None and right is not None and left != right
            for identity, left, right in zip(self.identities, one, other, strict=True)
        )


@attrs.frozen
class Kind:
    """A root's field that holds devices, and its ladder.

    `mark` is what its first rung reads, where that stands in an attribute of a child.
    """

    name: str
    row: Row
    rungs: tuple[Rung, ...]
    mark: Mark | None


def ladders(classes: Classes, keys: Program) -> list[Kind]:
    """Every kind of device of a dialect; `keys` are its compiled key functions."""
    tables = classes.tables
    joined: dict[str, set[str]] = {}
    for _, join, held_by in joins(tables):
        joined.setdefault(held_by.name, set()).update(row.name for row in join.rows)

    def rung(row: Row, at: int, fields: tuple[str, ...]) -> Rung:
        shape = tables.shapes[row.entity or ""]
        variants = shape.variants.values() if isinstance(shape, Choice) else (shape,)
        rows = [[table.fields[name] for table in variants if name in table.fields] for name in fields]
        plain = all(inner.codec and inner.form == "one" for found in rows for inner in found)
        identities = tuple(any(inner.codec and inner.codec.word in IDENTITIES for inner in found) for found in rows)
        told = not isinstance(shape, Choice) or bool(shape.attributes)
        asked = set().union(*(needed(table, fields) for table in variants))
        of_element = None
        if told and not joined.get(row.name, set()) & asked:
            read = keys[f"keys_{shape.name}_{at}"]
            of_element = read if plain else frozen(read)
        return Rung(fields, identities, of_element, entity_key(classes, shape, fields))

    def kind(row: Row) -> Kind:
        shape = tables.shapes[row.entity or ""]
        rungs = tuple(rung(row, at, fields) for at, fields in enumerate(shape.ladder))
        first = shape.ladder[0]
        mark = None
        if isinstance(shape, Table) and len(first) == 1 and rungs[0].of_element:
            mark = mark_of(shape.fields[first[0]])
        return Kind(row.name, row, rungs, mark)

    return [kind(row) for row in device_rows(tables)]


def mark_of(row: Row) -> Mark | None:
    """The mark that a row reads, if it reads one."""
    path, codec = row.path, row.codec
    if len(row.paths) > 1 or len(path.steps) != 1 or path.attribute is None or row.form != "one":
        return None
    step = path.steps[0]
    if codec is None or codec.shape != "value" or codec.needs or codec.unit or not exact(step):
        return None
    return Mark(row.name, step.tag, path.attribute, None if codec.name == "str" else admitted(codec))


def exact(step: Step) -> bool:
    """Whether the name alone says which elements a step is."""
    return not (step.wild or step.where or step.but)


def frozen(read: Callable[..., Key]) -> Callable[..., Key]:
    return lambda element, context: freeze(read(element, context))


def entity_key(classes: Classes, shape: Shape, fields: tuple[str, ...]) -> Callable[[Any], Key]:
    """A reader of some fields: None for what an entity does not have; `type` is a variant's word."""

    def value(device: Any, name: str) -> Any:
        word = classes.word(type(device)) if name == "type" and isinstance(shape, Choice) else None
        return word or freeze(getattr(device, name, None))

    if len(fields) > 1:
        return lambda device: tuple([value(device, name) for name in fields])
    return lambda device: value(device, fields[0])


@attrs.frozen
class Place:
    """Where a kind's devices stand in their container; `step` only where the element's name does not say all."""

    kind: str
    many: bool
    step: Step | None


Containers = tuple[tuple[tuple[Step, ...], dict[str, list[Place]]], ...]


def containers(kinds: Iterable[Kind]) -> Containers:
    """The way to each element that holds devices, and by their names the elements in it that are."""
    found: dict[tuple[Step, ...], dict[str, list[Place]]] = {}
    for kind in kinds:
        *way, last = kind.row.path.steps
        place = Place(kind.name, kind.row.form == "list", None if exact(last) else last)
        found.setdefault(tuple(way), {}).setdefault(last.tag, []).append(place)
    return tuple(found.items())


def elements(root: Element, where: Containers) -> dict[str, list[Element]]:
    """The elements of every kind that is there, in one pass over each container."""
    found: dict[str, list[Element]] = {}
    for steps, names in where:
        parents = [root]
        for step in steps:
            tag = None if step.wild else step.tag
            parents = [child for parent in parents for child in parent.iterchildren(tag) if matches(child, step)]
        for parent in parents:
            for child in parent:
                name: Any = child.tag
                for place in names.get(name, ()):
                    if place.step is None or matches(child, place.step):
                        held = found.setdefault(place.kind, [])
                        if place.many or not held:
                            held.append(child)
    return found


SEVERAL = object()


def marked(root: Element, mark: Mark) -> dict[Element, Any]:
    """The text of a mark by the element that has it; SEVERAL where it has more than one."""
    attribute = mark.attribute
    texts: dict[Element, Any] = {}
    for child in root.iterdescendants(mark.tag):
        parent = child.getparent()
        assert parent is not None
        texts[parent] = SEVERAL if parent in texts else child.get(attribute)
    return texts


def match(dialect: Dialect, xml: str | bytes, known: Any, **context: Any) -> Matching:
    """Pair the devices of a document with those of a known entity. Raises DocumentError, EntityError."""
    if type(known) is not dialect.classes[dialect.root.name]:
        raise EntityError(f"known: {dialect.classes.no(known, dialect.root.name)}")
    root = dialect.tree(xml)
    matching = Matching(dialect, xml, context)
    found = elements(root, dialect.containers)
    marks: dict[tuple[str, str], dict[Element, Any]] = {}
    for kind in dialect.kinds:
        if not getattr(known, kind.name) and kind.name not in found:
            continue
        climb = Climb(matching, kind, held(known, kind.name), found.get(kind.name, []), context)
        if (mark := kind.mark) and climb.known and climb.found:
            if (where := (mark.tag, mark.attribute)) not in marks:
                marks[where] = marked(root, mark)
            if climb.by_mark(mark, marks[where]):
                continue
        climb.run()
    return matching


class Climb:
    """The way up one kind's ladder.  Devices are told by their place on either side."""

    def __init__(
        self, matching: Matching, kind: Kind, known: list[Any], found: list[Element], context: dict[str, Any]
    ) -> None:
        self.matching, self.kind, self.context = matching, kind, context
        self.known, self.found = known, found
        # what was paired, and the keys of each rung climbed so far
        self.paired: list[tuple[int, int]] = []
        self.our_keys: list[Keys] = []
        self.their_keys: list[Keys] = []

    def by_mark(self, mark: Mark, texts: dict[Element, Any]) -> bool:
        """Read the keys of the first rung, and pair at once where no key stands twice; whether nothing is left."""
        field, decode = mark.field, mark.decode
        found = [texts.get(element) for element in self.found]
        if SEVERAL in found:
            return False
        ours = [getattr(device, field, None) for device in self.known]
        theirs = [None if text is None else decode(text) for text in found] if decode else found
        self.our_keys, self.their_keys = [ours], [theirs]
        kind, fields, known, matching = self.kind.name, self.kind.rungs[0].fields, self.known, self.matching
        our_places, their_places = alone(ours), alone(theirs)
        self.paired = [(our, their_places[key]) for key, our in our_places.items() if key in their_places]
        matching.pairs += [Pair(kind, known[our], fields, their, matching) for our, their in self.paired]
        return len(self.paired) == len(known) == len(found)

    def run(self) -> None:
        # what is left
        self.ours, self.theirs = dict.fromkeys(range(len(self.known))), dict.fromkeys(range(len(self.found)))
        for our, their in self.paired:
            del self.ours[our], self.theirs[their]
        unclear: list[tuple[Rung, list[int], list[int]]] = []
        for at, rung in enumerate(self.kind.rungs):
            if not self.ours or not self.theirs:
                break
            if at == len(self.our_keys):
                self.our_keys.append({place: rung.of_entity(self.known[place]) for place in self.ours})
                self.their_keys.append({place: self.found_key(rung, place) for place in self.theirs})
            for ours, theirs in self.candidates(at):
                if len(ours) == len(theirs) == 1:
                    del self.ours[ours[0]], self.theirs[theirs[0]]
                    known = self.known[ours[0]]
                    self.matching.pairs.append(Pair(self.kind.name, known, rung.fields, theirs[0], self.matching))
                else:
                    unclear.append((rung, ours, theirs))
        for rung, ours, theirs in unclear:
            self.unclear(
                rung, [our for our in ours if our in self.ours], [their for their in theirs if their in self.theirs]
            )
        self.matching.missing += [(self.kind.name, self.known[place]) for place in self.ours]
        self.matching._new += [(self.kind.name, place) for place in self.theirs]

    def found_key(self, rung: Rung, place: int) -> Key:
        if rung.of_element:
            return rung.of_element(self.found[place], self.context)
        return rung.of_entity(self.matching.device(self.kind.name, place))

    def unclear(self, rung: Rung, ours: list[int], theirs: list[int]) -> None:
        """Report what no rung told apart."""
        if ours and theirs:
            known = [self.known[place] for place in ours]
            self.matching._ambiguous.append((self.kind.name, rung.fields, known, theirs))
            for our in ours:
                del self.ours[our]
            for their in theirs:
                del self.theirs[their]

    def candidates(self, at: int) -> Iterator[tuple[list[int], list[int]]]:
        """Devices on both sides with the same key at a rung, and no different identity below it."""
        rung = self.kind.rungs[at]
        rungs = zip(self.kind.rungs[:at], self.our_keys, self.their_keys, strict=False)
        below = [(lower, ours, theirs) for lower, ours, theirs in rungs if True in lower.identities]
        their_places = by_key(rung, self.theirs, self.their_keys[at])
        for key, ours in by_key(rung, self.ours, self.our_keys[at]).items():
            theirs = their_places.get(key)
            if theirs is None:
                continue
            if len(ours) > 1 or len(theirs) > 1 or self.differ(below, ours[0], theirs[0]):
                possible = [(our, their) for our in ours for their in theirs if not self.differ(below, our, their)]
                ours, theirs = sorted({our for our, _ in possible}), sorted({their for _, their in possible})
            if ours:
                yield ours, theirs

    @staticmethod
    def differ(below: list[tuple[Rung, Keys, Keys]], our: int, their: int) -> bool:
        return any(rung.differ(known[our], found[their]) for rung, known, found in below)


def alone(keys: list[Key]) -> dict[Key, int]:
    """The place of each key, if no key stands twice; else nothing."""
    places = dict(zip(keys, range(len(keys)), strict=True))
    places.pop(None, None)
    return places if len(places) + keys.count(None) == len(keys) else {}


def by_key(rung: Rung, places: Iterable[int], keys: Keys) -> dict[Key, list[int]]:
    """The places of each key; one that lacks a part tells nothing."""
    found: dict[Key, list[int]] = {}
    several = len(rung.fields) > 1
    for place in places:
        key = keys[place]
        if key is not None and not (several and None in key):
            found.setdefault(key, []).append(place)
    return found
