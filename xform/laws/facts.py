"""One fact of an entity given another value: what the laws of putting try."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from hashlib import blake2b
from typing import Any

import attrs
from attrs import field, frozen

from xform.codecs import Codec
from xform.entities import Classes, empty
from xform.table.model import Choice, Row, Shape
from xform.validate import Place, dotted

KEY = "xform"


@frozen
class Fact:
    """A field of an entity somewhere in a document's entity; of a list or a map it may be one item.

    `row` is None for a switch, `item` the index or key that is put, taken or changed.
    """

    place: Place
    name: str
    row: Row | None
    item: int | str | None
    others: Callable[[], Iterable[Any]] = field(eq=False, repr=False)
    stated: bool = True

    def __str__(self) -> str:
        return dotted(self.place if self.item is None else (*self.place, self.item))


def facts(classes: Classes, entity: Any, place: Place = (), *, live: bool = False) -> Iterator[Fact]:
    """Every field that intent has, with `live` live ones as well, each with the other values that may be put there."""
    table = classes.table(type(entity))
    if table is None:
        return
    for name in table.switches:
        there = getattr(entity, name)
        yield Fact((*place, name), name, None, None, partial(_not, there), there)
    for name, row in table.fields.items():
        if (row.live and not live) or row.generated:
            continue
        value, at = getattr(entity, name), (*place, name)
        if row.form == "list":
            yield from _list(classes, row, value, at)
        elif row.form == "map":
            yield from _map(row, value, at)
        else:
            yield Fact(at, name, row, None, partial(_others, classes, row, value), value not in (None, False))
        for item, inner in _inner(row, value, at):
            yield from facts(classes, inner, item, live=live)


def _not(there: bool) -> list[bool]:
    return [not there]


def _inner(row: Row, value: Any, at: Place) -> Iterator[tuple[Place, Any]]:
    if row.entity and row.form == "list":
        yield from (((*at, n), item) for n, item in enumerate(value))
    elif row.entity and value is not None:
        yield at, value


def _list(classes: Classes, row: Row, value: list[Any], at: Place) -> Iterator[Fact]:
    """The last item goes, a new one comes; the first one of values is another."""
    yield Fact(at, row.name, row, len(value), lambda: ([*value, new] for new in _made(classes, row)), stated=False)
    if value:
        yield Fact(at, row.name, row, len(value) - 1, lambda: [value[:-1]])
    if value and row.codec:
        yield Fact(at, row.name, row, 0, lambda: ([new, *value[1:]] for new in _made(classes, row) if new not in value))


def _map(row: Row, value: dict[str, Any], at: Place) -> Iterator[Fact]:
    codec = row.codec
    assert codec
    if KEY not in value:
        yield Fact(at, row.name, row, KEY, lambda: ({**value, KEY: new} for new in _values(codec, None)), stated=False)
    if value:
        key = next(iter(value))
        gone = {other: value[other] for other in value if other != key}
        others = [{**value, key: other} for other in _values(codec, value[key])]
        yield Fact(at, row.name, row, key, lambda: [*others, gone])


def _others(classes: Classes, row: Row, value: Any) -> Iterator[Any]:
    """What may stand in the place of a value: another one, or nothing."""
    if row.codec and row.codec.shape == "present":
        yield not value
        return
    if row.codec:
        yield from _values(row.codec, value)
    elif value is None:
        yield from _made(classes, row)
    if value is not None and not row.required and row.default is None:
        yield None


def _values(codec: Codec, value: Any) -> Iterator[Any]:
    """Other values of a codec's domain: the next of its words, or its samples."""
    known = list(codec.words.values()) if codec.words else list(codec.samples)
    if codec.words and value in known:
        known = [known[(known.index(value) + 1) % len(known)]]
    yield from (other for other in known[:4] if type(other) is not type(value) or other != value)


def _made(classes: Classes, row: Row) -> Iterator[Any]:
    """New values for a row: of its codec, or the entities that say least."""
    if row.codec:
        yield from _values(row.codec, None)
    elif (least := smallest(classes, classes.tables.shapes[row.entity or ""])) is not None:
        yield least


def smallest(classes: Classes, shape: Shape, depth: int = 0) -> Any:
    """An entity with nothing but what it must have; None where that has no end."""
    if depth > 3:
        return None
    if isinstance(shape, Choice):
        first = [shape.variants[shape.absent]] if shape.absent else []
        found = (smallest(classes, table, depth + 1) for table in (*first, *shape.variants.values()))
        return next((entity for entity in found if entity is not None), None)
    values: dict[str, Any] = {}
    for name, row in shape.fields.items():
        inner = classes.tables.shapes[row.entity] if row.entity else None
        values[name] = empty(row)
        if row.required or (row.embeds and isinstance(inner, Choice)):
            one = next(_values(row.codec, None), None) if row.codec else None
            if inner is not None:
                one = smallest(classes, inner, depth + 1)
            if one is None and row.required:
                return None
            values[name] = [one] if row.form == "list" and one is not None else one
    return classes[shape.name](**values)


def put(entity: Any, place: Place, value: Any) -> Any:
    """An entity with another value at a place; all else is shared with the old one."""
    name, *rest = place
    if isinstance(name, int):
        return [*entity[:name], put(entity[name], tuple(rest), value) if rest else value, *entity[name + 1 :]]
    return attrs.evolve(entity, **{name: put(getattr(entity, name), tuple(rest), value) if rest else value})


class Changes:
    """Facts of a document's entity, each with the entities that differ from it in that fact alone.

    All of them where `thorough`; else some, chosen by a stable hash of the document and the field, each with two other
    values at most.
    """

    def __init__(self, classes: Classes, document: str | bytes, entity: Any, thorough: bool) -> None:
        self.classes, self.entity, self.thorough = classes, entity, thorough
        data = document.encode("utf-8", "surrogatepass") if isinstance(document, str) else document
        self._seed = blake2b(data).digest()
        self._made: dict[int, list[Any]] = {}

    def some(self, stated: int, unstated: int) -> Iterator[tuple[Fact, list[Any]]]:
        """So many of the facts that the document states, and of those that it does not; all where `thorough`."""
        if self.thorough:
            chosen = list(facts(self.classes, self.entity))
        else:
            chosen = [*self._ranked[True][:stated], *self._ranked[False][:unstated]]
        for fact in chosen:
            if news := self._news(fact):
                yield fact, news

    @cached_property
    def _ranked(self) -> dict[bool, list[Fact]]:
        """The facts by whether the document states them, in the order of their hashes."""
        known = sorted(facts(self.classes, self.entity), key=self._rank)
        return {stated: [fact for fact in known if fact.stated is stated] for stated in (True, False)}

    def _rank(self, fact: Fact) -> bytes:
        return blake2b(f"{fact} {fact.item}".encode(), key=self._seed, digest_size=8).digest()

    def _news(self, fact: Fact) -> list[Any]:
        if self.thorough:
            return [put(self.entity, fact.place, other) for other in fact.others()]
        if id(fact) not in self._made:
            others = list(fact.others())
            at = self._rank(fact)[0] % len(others) if others else 0
            others = [*others[at:], *others[:at]][:2]
            self._made[id(fact)] = [put(self.entity, fact.place, other) for other in others]
        return self._made[id(fact)]
