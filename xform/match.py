"""Match the devices of a document to those that are known, by the ladders of their tables.

Rung by rung, a key that one device on either side has decides; a key that several have decides nothing and is reported.
Of the document only what a rung asks for is read, first for all devices, then for those that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from xform.compile.interpreter import find, matches
from xform.compile.keys import needed
from xform.entities import Classes, freeze
from xform.errors import EntityError
from xform.table.model import Choice, Row, Step, Table, Tables
from xform.table.walk import joins
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

# Values that are unique by their nature: where both sides have one and they differ, no later rung may pair them.
IDENTITIES = frozenset({"uuid", "mac", "template"})

Values = tuple[Any, ...]


@attrs.frozen
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
    _ambiguous: list[tuple[str, Values, list[Any], list[int]]] = attrs.field(factory=list)

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
class Rung:
    """One rule of a ladder: its fields, which of them are identities, and how to read them of either side.

    `of_element` is None where the element alone does not tell them: then the parsed device is asked.
    """

    fields: tuple[str, ...]
    identities: tuple[bool, ...]
    of_element: Callable[[Element, dict[str, Any]], Values] | None
    of_entity: Callable[[Any], Values]


@attrs.frozen
class Kind:
    """A root's field that holds devices, and its ladder."""

    row: Row
    rungs: tuple[Rung, ...]

    @property
    def name(self) -> str:
        return self.row.name


def ladders(classes: Classes, keys: dict[str, Any]) -> list[Kind]:
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
        read = keys[f"keys_{shape.name}_{at}"]
        asked = set().union(*(needed(table, fields) for table in variants))
        of_element = None if joined.get(row.name, set()) & asked else read if plain else frozen(read)
        return Rung(fields, identities, of_element, entity_values(classes, fields))

    return [
        Kind(row, tuple(rung(row, at, fields) for at, fields in enumerate(tables.shapes[row.entity or ""].ladder)))
        for row in device_rows(tables)
    ]


def frozen(read: Callable[..., Values]) -> Callable[..., Values]:
    return lambda element, context: freeze(read(element, context))


def entity_values(classes: Classes, fields: tuple[str, ...]) -> Callable[[Any], Values]:
    """A reader of some fields: None for what an entity does not have; `type` is a variant's word."""

    def read(device: Any) -> Values:
        word = classes.word(type(device)) if "type" in fields else None
        return tuple([word if word and name == "type" else freeze(getattr(device, name, None)) for name in fields])

    return read


def elements(root: Element, rows: Iterable[Row]) -> dict[str, list[Element]]:
    """The elements of every kind, in one pass over each container."""
    containers: dict[tuple[Step, ...], dict[str, list[tuple[Row, Step]]]] = {}
    found: dict[str, list[Element]] = {}
    for row in rows:
        found[row.name] = []
        last = row.path.steps[-1]
        containers.setdefault(row.path.steps[:-1], {}).setdefault(last.tag, []).append((row, last))
    for steps, tags in containers.items():
        for parent in find(root, steps):
            for child in parent:
                for row, step in tags.get(str(child.tag), ()):
                    wanted = row.form == "list" or not found[row.name]
                    if wanted and (not (step.where or step.but) or matches(child, step)):
                        found[row.name].append(child)
    return found


def match(dialect: Dialect, xml: str | bytes, known: Any, **context: Any) -> Matching:
    """Pair the devices of a document with those of a known entity. Raises DocumentError, EntityError."""
    if type(known) is not dialect.classes[dialect.root.name]:
        raise EntityError(f"known: {dialect.classes.no(known, dialect.root.name)}")
    root = dialect.tree(xml)
    matching = Matching(dialect, xml, context)
    found = elements(root, (kind.row for kind in dialect.kinds))
    for kind in dialect.kinds:
        ours, theirs = held(known, kind.name), found[kind.name]
        if ours or theirs:
            Climb(matching, kind, ours, theirs, context).run()
    return matching


class Climb:
    """The way up one kind's ladder.  Devices are told by their place on either side."""

    def __init__(
        self, matching: Matching, kind: Kind, known: list[Any], found: list[Element], context: dict[str, Any]
    ) -> None:
        self.matching, self.kind, self.context = matching, kind, context
        self.known, self.found = known, found
        # what is left, and the values of each rung climbed so far
        self.ours, self.theirs = dict.fromkeys(range(len(known))), dict.fromkeys(range(len(found)))
        self.our_values: list[dict[int, Values]] = []
        self.their_values: list[dict[int, Values]] = []

    def run(self) -> None:
        unclear: list[tuple[Rung, list[int], list[int]]] = []
        for rung in self.kind.rungs:
            if not self.ours or not self.theirs:
                break
            self.our_values.append({place: rung.of_entity(self.known[place]) for place in self.ours})
            self.their_values.append({place: self.found_values(rung, place) for place in self.theirs})
            for ours, theirs in self.candidates():
                if len(ours) == len(theirs) == 1:
                    self.pair(rung, ours[0], theirs[0])
                else:
                    unclear.append((rung, ours, theirs))
        for rung, ours, theirs in unclear:
            self.unclear(
                rung, [our for our in ours if our in self.ours], [their for their in theirs if their in self.theirs]
            )
        self.matching.missing += [(self.kind.name, self.known[place]) for place in self.ours]
        self.matching._new += [(self.kind.name, place) for place in self.theirs]

    def found_values(self, rung: Rung, place: int) -> Values:
        if rung.of_element:
            return rung.of_element(self.found[place], self.context)
        return rung.of_entity(self.matching.device(self.kind.name, place))

    def pair(self, rung: Rung, ours: int, theirs: int) -> None:
        del self.ours[ours], self.theirs[theirs]
        self.matching.pairs.append(Pair(self.kind.name, self.known[ours], rung.fields, theirs, self.matching))

    def unclear(self, rung: Rung, ours: list[int], theirs: list[int]) -> None:
        """Report what no rung told apart."""
        if ours and theirs:
            known = [self.known[place] for place in ours]
            self.matching._ambiguous.append((self.kind.name, rung.fields, known, theirs))
            for our in ours:
                del self.ours[our]
            for their in theirs:
                del self.theirs[their]

    def candidates(self) -> list[tuple[list[int], list[int]]]:
        """Devices on both sides with the same key at the newest rung, and no different identity below it."""
        ours, theirs = by_key(self.our_values[-1]), by_key(self.their_values[-1])
        groups = []
        for key, our_places in ours.items():
            their_places = theirs.get(key)
            if not their_places:
                continue
            if len(self.our_values) > 1:
                possible = [(our, their) for our in our_places for their in their_places if self.may_be(our, their)]
                our_places = sorted({our for our, _ in possible})
                their_places = sorted({their for _, their in possible})
            if our_places:
                groups.append((our_places, their_places))
        return groups

    def may_be(self, our: int, their: int) -> bool:
        for rung, ours, theirs in zip(self.kind.rungs, self.our_values[:-1], self.their_values[:-1], strict=False):
            for identity, known, found in zip(rung.identities, ours[our], theirs[their], strict=True):
                if identity and known is not None and found is not None and known != found:
                    return False
        return True


def by_key(values: dict[int, Values]) -> dict[Values, list[int]]:
    """Places by their key; one that lacks a part has none."""
    places: dict[Values, list[int]] = {}
    for place, key in values.items():
        if None not in key:
            places.setdefault(key, []).append(place)
    return places
