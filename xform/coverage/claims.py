"""What rows say of an element, while a schema is walked down: each claim with the steps that it still has to go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from attrs import field, frozen

from xform.check.place import Place, takes
from xform.check.relaxng import Attribute, Element, names
from xform.check.survey import variant
from xform.table.model import Choice, Origin, Path, Row, Step, Table, Tables
from xform.table.walk import joins

# What a claim takes at its end: an attribute (`@` and its name), or of the element …
TEXT, NODE, WHOLE, ENTITY = "text", "node", "whole", "entity"


@frozen
class Claim:
    """Steps down, what is taken at their end, and where the tables say so."""

    steps: tuple[Step, ...]
    takes: str
    origin: Origin
    entity: str | None = None

    def below(self, element: Element) -> Claim | None:
        """What is left of it in a child; None where it does not lead there."""
        if not self.steps or not leads(self.steps[0], element):
            return None
        return Claim(self.steps[1:], self.takes, self.origin, self.entity)


Claims = frozenset[Claim]


def leads(step: Step, element: Element) -> bool:
    """Whether a step may lead to what a schema declares."""
    return any(takes(step, name) for name in element.names) if step.wild else names(element.names, step.tag)


def claims(row: Row) -> Iterator[Claim]:
    """What a row says, of its entity's element."""
    for path in row.paths:
        if row.entity:
            yield Claim(path.steps, ENTITY, row.origin, row.entity)
        elif row.form == "map":
            yield Claim(path.steps, NODE, row.origin)
            for half in (row.key, row.value):
                if half != Path():
                    yield _value(row, Path((*path.steps, *half.steps), half.attribute))
            if row.value == Path():
                yield Claim(path.steps, TEXT, row.origin)
        else:
            yield _value(row, path)
            if row.codec and row.codec.unit:
                yield Claim(path.steps, f"@{row.codec.unit}", row.origin)
        for at, step in enumerate(path.steps, 1):  # its conditions
            for name, _ in step.where:
                yield Claim(path.steps[:at], f"@{name}", row.origin)


def second_places(tables: Tables) -> Iterator[Claim]:
    """What the joins of a dialect say, of the root."""
    for _, join, _ in joins(tables):
        yield Claim(join.path.steps, NODE, join.origin)
        for claim in (one for row in join.rows for one in claims(row)):
            yield Claim((*join.path.steps, *claim.steps), claim.takes, claim.origin, claim.entity)
        for path, _ in join.on:
            what = TEXT if path.attribute is None else f"@{path.attribute}"
            yield Claim((*join.path.steps, *path.steps), what, join.origin)
        for at, step in enumerate(join.path.steps, 1):
            for name, _ in step.where:
                yield Claim(join.path.steps[:at], f"@{name}", join.origin)


def _value(row: Row, path: Path) -> Claim:
    if path.attribute is not None:
        return Claim(path.steps, f"@{path.attribute}", row.origin)
    assert row.codec is not None
    what = {"present": NODE, "xml": WHOLE}.get(row.codec.shape, TEXT)
    return Claim(path.steps, what, row.origin)


@frozen
class Condition:
    """Attributes of an element so many levels up, with their words; None stands for an absent one."""

    up: int
    words: tuple[tuple[str, str | None], ...]


@frozen(eq=False)
class Part:
    """An element as the schema has it under some conditions, and what the tables say of it then.

    `kept` is where the tables say that the element is kept as it is.
    """

    place: Place
    claims: Claims
    when: tuple[Condition, ...] = ()
    kept: Origin | None = None
    declared: frozenset[int] = field(init=False)

    @declared.default
    def _declared(self) -> frozenset[int]:
        return frozenset(map(id, (*self.place.elements, *self.place.declared)))

    def has(self, declaration: Element | Attribute) -> bool:
        return id(declaration) in self.declared


def first(origins: Iterable[Origin]) -> Origin | None:
    """Of several places in the tables always the same one."""
    return min(origins, key=str, default=None)


def parts(tables: Tables, place: Place, reached: Claims, when: tuple[Condition, ...] = ()) -> Iterator[Part]:
    """An element cut along the choices that the tables make in it, whatever the number of these: each by itself."""
    flat, choices = _expanded(tables, reached)
    if whole := [claim.origin for claim in flat if claim.takes == WHOLE and not claim.steps]:
        yield Part(place, flat, when, first(whole))
        return
    cut = False
    for choice in choices:
        beside = flat.union(*(_all(tables, other) for other in choices if other is not choice))
        for words, told, table in _ways(choice, place):
            cut = True
            here = (*when, Condition(0, tuple(zip(choice.attributes, words, strict=True))))
            if table:
                # what the variant embeds in turn is cut as well, within what the schema leaves of the place
                yield from parts(tables, told, beside | frozenset(_rows(table)), here)
            else:
                yield Part(told, beside, here, choice.origin if choice.opaque else None)
    if not cut:
        yield Part(place, flat.union(*(_all(tables, choice) for choice in choices)), when)


Word = tuple[str | None, ...]


def _ways(choice: Choice, place: Place) -> Iterator[tuple[Word, Place, Table | None]]:
    """What the schema has for the words of each variant, and for its other words, of which there is no table."""
    for words, table in choice.variants.items():
        if told := variant(choice, words, place):
            yield words, told, table
    known = [place.attribute(name) for name in choice.attributes]
    for words in product(*(one.words if one else () for one in known)):
        if words not in choice.variants and (told := _where(place, choice.attributes, words)):
            yield words, told, None
    if choice.absent is None:
        bare: Place | None = place
        for name in choice.attributes:
            bare = bare.without(name) if bare else None
        if bare:
            yield (None,) * len(choice.attributes), bare, None


def _where(place: Place, attributes: Iterable[str], words: Iterable[str]) -> Place | None:
    told: Place | None = place
    for name, word in zip(attributes, words, strict=True):
        told = told.where(name, word) if told else None
    return told


def _rows(table: Table) -> Iterator[Claim]:
    for row in table.rows:
        yield from claims(row)


def _expanded(tables: Tables, reached: Claims) -> tuple[Claims, list[Choice]]:
    """The entities that begin at an element replaced by their rows, but for choices by attributes."""
    found, choices = set(reached), list[Choice]()
    todo, seen = list(reached), set[str]()
    while todo:
        claim = todo.pop()
        if claim.steps or claim.entity is None or claim.entity in seen:
            continue
        seen.add(claim.entity)
        found.add(Claim((), NODE, claim.origin))
        shape = tables.shapes[claim.entity]
        if isinstance(shape, Choice) and shape.attributes:
            found.update(Claim((), f"@{name}", shape.origin) for name in shape.attributes)
            choices.append(shape)
            continue
        new = {one for table in shape.tables for one in _rows(table)} - found
        found |= new
        todo += new
    return frozenset(claim for claim in found if claim.steps or claim.entity is None), choices


def _all(tables: Tables, choice: Choice) -> Claims:
    """What the variants of a choice say, taken together."""
    found: Claims = frozenset()
    for table in choice.tables:
        flat, inner = _expanded(tables, frozenset(_rows(table)))
        found = found.union(flat, *(_all(tables, other) for other in inner if other is not choice))
    return found
