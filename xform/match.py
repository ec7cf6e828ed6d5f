"""Match the devices of a document to those that are known, by the ladders of their tables.

Rung by rung, a key that one device on either side has decides; a key that several have decides nothing and is reported.
Of the document only what a rung asks for is read, first for all devices, then for those that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from xform.compile.interpreter import matches
from xform.table.model import Row, Step
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

    _parse: Callable[[], Any] = attrs.field(repr=False)
    pairs: list[Pair] = attrs.field(factory=list)
    missing: list[tuple[str, Any]] = attrs.field(factory=list)
    _new: list[tuple[str, int]] = attrs.field(factory=list)
    _ambiguous: list[tuple[str, Values, list[Any], list[int]]] = attrs.field(factory=list)

    @cached_property
    def document(self) -> Any:
        """The whole document as an entity; parsed when it is first asked for."""
        return self._parse()

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


def kinds(dialect: Dialect) -> Iterator[Row]:
    """The root's rows that hold devices with a ladder."""
    for row in dialect.root.rows:
        if (
            row.entity
            and row.form in ("list", "one")
            and not row.embeds
            and dialect.tables.shapes[row.entity].ladder
        ):
            yield row


def elements(root: Element, rows: Iterable[Row]) -> dict[str, list[Element]]:
    """The elements of every kind, in one pass over each container."""
    containers: dict[tuple[Step, ...], list[tuple[Row, Step]]] = {}
    for row in rows:
        containers.setdefault(row.path.steps[:-1], []).append((row, row.path.steps[-1]))
    found: dict[str, list[Element]] = {row.name: [] for group in containers.values() for row, _ in group}
    for steps, group in containers.items():
        tags: dict[str, list[tuple[Row, Step]]] = {}
        for row, step in group:
            tags.setdefault(step.tag, []).append((row, step))
        parents = [root]
        for step in steps:
            parents = [child for parent in parents for child in parent if matches(child, step)]
        for parent in parents:
            for child in parent:
                for row, step in tags.get(child.tag, ()):
                    if (not step.where and not step.but) or matches(child, step):
                        found[row.name].append(child)
    return {
        row.name: found[row.name][: None if row.form == "list" else 1]
        for group in containers.values()
        for row, _ in group
    }


def match(dialect: Dialect, xml: str | bytes, known: Any, **context: Any) -> Matching:
    """Pair the devices of a document with those of a known entity. Raises DocumentError."""
    root = dialect.tree(xml)
    matching = Matching(lambda: dialect.parse(xml, **context))
    rows = list(kinds(dialect))
    found = elements(root, rows)
    for row in rows:
        Climb(dialect, matching, row, held(known, row.name), found[row.name], context).run()
    return matching


class Climb:
    """The way up one kind's ladder."""

    def __init__(
        self,
        dialect: Dialect,
        matching: Matching,
        row: Row,
        known: list[Any],
        found: list[Element],
        context: dict[str, Any],
    ) -> None:
        self.dialect, self.matching, self.row, self.context = dialect, matching, row, context
        self.known, self.found = known, found
        self.ladder = dialect.tables.shapes[row.entity or ""].ladder
        # values of each rung climbed so far, by place
        self.known_values: list[list[Values]] = []
        self.found_values: list[dict[int, Values]] = []

    def run(self) -> None:
        known, found = list(range(len(self.known))), list(range(len(self.found)))
        unclear: list[tuple[Values, list[int], list[int]]] = []
        for at, rung in enumerate(self.ladder):
            if not known or not found:
                break
            self.known_values.append([self.dialect.values_of(device, rung) for device in self.known])
            keys = self.dialect.keys(self.row, at)
            self.found_values.append(
                {place: freeze(keys(self.found[place], self.context)) for place in found}
                if keys
                else {
                    place: self.dialect.values_of(self.matching.device(self.row.name, place), rung)
                    for place in found
                }
            )
            for ours, theirs in self.candidates(at, known, found):
                if len(ours) == len(theirs) == 1:
                    known.remove(ours[0])
                    found.remove(theirs[0])
                    pair = Pair(self.row.name, self.known[ours[0]], rung, theirs[0], self.matching)
                    self.matching.pairs.append(pair)
                else:
                    unclear.append((rung, ours, theirs))
        for rung, ours, theirs in unclear:
            left = [place for place in ours if place in known], [place for place in theirs if place in found]
            if all(left):
                self.matching._ambiguous.append(
                    (self.row.name, rung, [self.known[place] for place in left[0]], left[1])
                )
                known = [place for place in known if place not in left[0]]
                found = [place for place in found if place not in left[1]]
        self.matching.missing += [(self.row.name, self.known[place]) for place in known]
        self.matching._new += [(self.row.name, place) for place in found]

    def candidates(self, at: int, known: list[int], found: list[int]) -> list[tuple[list[int], list[int]]]:
        """Groups of devices on both sides that have the same key at a rung and no different identity below it."""
        by_key: dict[Values, tuple[list[int], list[int]]] = {}
        for place in known:
            if None not in (key := self.known_values[at][place]):
                by_key.setdefault(key, ([], []))[0].append(place)
        for place in found:
            if None not in (key := self.found_values[at][place]):
                by_key.setdefault(key, ([], []))[1].append(place)
        groups = []
        for ours, theirs in by_key.values():
            possible = [(our, their) for our in ours for their in theirs if self.may_be(our, their, at)]
            if possible:
                groups.append(
                    (sorted({our for our, _ in possible}), sorted({their for _, their in possible}))
                )
        return groups

    def may_be(self, ours: int, theirs: int, at: int) -> bool:
        for below in range(at):
            for name, our, their in zip(
                self.ladder[below],
                self.known_values[below][ours],
                self.found_values[below][theirs],
                strict=True,
            ):
                if our is not None and their is not None and our != their and self.identity(name):
                    return False
        return True

    def identity(self, name: str) -> bool:
        return self.dialect.codec_word(self.row.entity or "", name) in IDENTITIES


def freeze(value: Any) -> Any:
    """A value that can be a key: entities and collections as tuples, live and generated fields left out."""
    if isinstance(value, tuple | list):
        return tuple(freeze(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((key, freeze(item)) for key, item in value.items()))
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return (type(value).__name__, *(freeze(getattr(value, field.name)) for field in fields if field.eq))
    return value
