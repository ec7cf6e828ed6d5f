"""The tables laid over a schema: which place of it each table describes."""

from __future__ import annotations

from attrs import define, field, frozen

from xform.check.place import Place
from xform.table.model import Choice, Row, Step, Table, Tables
from xform.table.walk import flatten, joins


@frozen(eq=False)
class Spot:
    """A table at one place, to which a row leads.

    `beside` are rows of others in the same element: of owners, and of what they embed.
    """

    table: Table
    choice: Choice | None
    place: Place
    row: Row | None = None
    beside: tuple[Row, ...] = ()


@frozen(eq=False)
class Fork:
    """A choice at one place, and what the schema has there for the words of each variant; None where it has nothing."""

    choice: Choice
    place: Place
    row: Row
    variants: dict[tuple[str, ...], Place | None]


@define
class Survey:
    """Where tables and choices stand, as far as the schema knows the way; no `root` where not even the document."""

    tables: Tables
    root: Place | None
    spots: list[Spot] = field(factory=list)
    forks: list[Fork] = field(factory=list)


def survey(tables: Tables, document: Place) -> Survey:
    """Lay the tables over a schema, from the place around the root element down."""
    root = tables.document
    found = Survey(tables, document.child(root.element or ""))
    if found.root:
        surveyor = _Surveyor(found)
        surveyor.table(Spot(root, None, found.root))
        for joined, join, row in joins(tables):
            if place := follow(found.root, join.path.steps):
                surveyor.table(Spot(joined.second(join), None, place, row))
    return found


def follow(place: Place, steps: tuple[Step, ...]) -> Place | None:
    """The place at the end of some steps; None where the schema does not have them."""
    at: Place | None = place
    for step in steps:
        at = at.step(step) if at else None
    return at


class _Surveyor:
    def __init__(self, found: Survey) -> None:
        self.found = found
        self.seen: dict[tuple[str, frozenset[int], tuple[int, ...]], Place] = {}

    def shape(self, row: Row, place: Place, beside: tuple[Row, ...] = (), within: tuple[str, ...] = ()) -> None:
        """The entity of a row; `within` are those whose element it shares."""
        name = row.entity or ""
        key = (name, place.key, tuple(map(id, beside)))
        if key in self.seen or name in within:
            return
        self.seen[key] = place  # keeps what the key counts on
        shape = self.found.tables.shapes[name]
        if isinstance(shape, Table):
            self.table(Spot(shape, None, place, row, beside), within)
            return
        fork = Fork(shape, place, row, {words: variant(shape, words, place) for words in shape.variants})
        self.found.forks.append(fork)
        for words, table in shape.variants.items():
            if told := fork.variants[words]:
                self.table(Spot(table, shape, told, row, beside), within)

    def table(self, spot: Spot, within: tuple[str, ...] = ()) -> None:
        self.found.spots.append(spot)
        name = spot.choice.name if spot.choice else spot.table.name
        for row in spot.table.rows:
            if row.embeds:
                self.shape(row, spot.place, (*spot.beside, *self.others(spot.table, row)), (*within, name))
            elif row.entity:
                for path in row.paths:
                    if inner := follow(spot.place, path.steps):
                        self.shape(row, inner)

    def others(self, table: Table, embedding: Row) -> list[Row]:
        """What a table says of its element beyond one of the entities that sit in it."""
        return [
            row
            for owners, row in flatten(self.found.tables, table)
            if not any(owner is embedding for owner, _ in owners) and not row.embeds
        ]


def variant(choice: Choice, words: tuple[str, ...], place: Place) -> Place | None:
    """What the schema has at a place where the attributes say that it is this variant."""
    told: Place | None = place
    for name, word in zip(choice.attributes, words, strict=False):
        told = told.where(name, word) if told else None
    bare: Place | None = place if words == choice.absent else None
    for name in choice.attributes:
        bare = bare.without(name) if bare else None
    if told and bare:
        return Place(place.tag, (*told.contents, *bare.contents), told.given)
    return told or bare
