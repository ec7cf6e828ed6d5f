"""What tables cannot say together: names that stand twice, keys that tell nothing apart, entities without end."""

from __future__ import annotations

import keyword
from collections.abc import Callable

from xform.errors import TableError
from xform.table.claims import refuse_claims
from xform.table.model import Choice, Origin, Row, Shape, Table, Tables
from xform.table.walk import joins, reachable

# What may not be so of a choice, and what to say then.
NEVER: tuple[tuple[Callable[[Choice], object], str], ...] = (
    (lambda choice: not choice.variants, "it has no variant; expected a table [{choice.name}.WORD]"),
    (lambda choice: len(set(choice.attributes)) < len(choice.attributes), "one attribute tells its variants twice"),
    (
        lambda choice: any(len(words) != max(1, len(choice.attributes)) for words in choice.variants),
        "`choice` is another than that of its inherited variants; leave it out",
    ),
    (
        lambda choice: choice.absent and not choice.attributes,
        "`absent` is what an absent attribute stands for, but no attribute tells its variants",
    ),
)


def refuse_together(tables: Tables) -> None:
    """Raises TableError for tables whose entities could not all be written and read back as they were."""
    classes: dict[str, Origin] = {}
    for shape in tables.shapes.values():
        if isinstance(shape, Choice):
            _refuse_class(shape, classes)
            _refuse_choice(shape)
        for table in shape.tables:
            _refuse_class(table, classes)
            _refuse_names(table)
            for row in table.every:
                _refuse_keys(tables, row)
        _refuse_embedding(tables, shape.name)
    _refuse_joins(tables)
    _refuse_endless(tables)
    refuse_claims(tables)


def _refuse_class(shape: Shape, known: dict[str, Origin]) -> None:
    name = shape.name
    if not name.isidentifier() or keyword.iskeyword(name) or name in ("Opaque", "Literal"):
        raise TableError(
            f"{shape.origin}: {name!r} cannot name a class; it is no name in Python, or has a meaning already"
        )
    if (first := known.setdefault(name, shape.origin)) is not shape.origin:
        raise TableError(f"{shape.origin}: a second class would be called {name!r}; first at {first}")


def _refuse_names(table: Table) -> None:
    known: dict[str, Row] = {}
    for row in table.every:
        if (other := known.setdefault(row.name, row)) is not row:
            raise TableError(f"{row.origin}: {row} stands twice; first at {other.origin}")
    for row in table.rows:
        if row.when in known:
            raise TableError(f"{row.origin}: the switch {row.when!r} is a row as well, at {known[row.when].origin}")


def _refuse_choice(choice: Choice) -> None:
    for condition, message in NEVER:
        if condition(choice):
            raise TableError(f"{choice.origin}: {choice.name}: {message.format(choice=choice)}")
    tables = list(choice.variants.values())
    for at, table in enumerate([] if choice.attributes else tables):
        for earlier in tables[:at]:
            if _asked(earlier) <= _asked(table):
                raise TableError(
                    f"{table.origin}: {table.name} is never read; {earlier.name} stands before it at {earlier.origin} "
                    "and asks for no more"
                )


def _asked(table: Table) -> set[str]:
    """What must be there for a variant to be taken."""
    kinds = ((row, row.entity or (row.codec.name if row.codec else "")) for row in table.rows if row.required)
    return {f"{row.place} : {row.form} {kind}" for row, kind in kinds}


def _refuse_keys(tables: Tables, row: Row) -> None:
    """The fields that tell the items of a list apart are values that are always read."""
    for name in row.by:
        for table in tables.shapes[row.entity or ""].tables:
            if (key := table.fields.get(name)) and not _tells(key):
                raise TableError(f"{row.origin}: {row}: `by` names {key}; expected one value that is always read")


def _tells(row: Row) -> bool:
    """Whether a row tells entities apart: one value that is always written and read."""
    single = row.form == "one" and row.codec is not None and row.codec.shape == "value"
    return single and not row.live and not row.generated


def _refuse_joins(tables: Tables) -> None:
    """An entry of a join is found by attributes that hold values of the entity, which a row of the root holds."""
    held = {id(join) for _, join, _ in joins(tables)}
    used = reachable(tables.shapes, tables.root)
    for table in tables.tables:
        for join in table.joins:
            if id(join) not in held and table.name in used:
                raise TableError(
                    f"{join.origin}: the join of {table.name} is never read; no row of {tables.root} holds one"
                )
            for _, name in join.on:
                key = table.fields[name]
                if key not in table.rows or not _tells(key) or (key.codec and (key.codec.needs or key.codec.unit)):
                    raise TableError(
                        f"{join.asked}: {table.name}: `on` names {key}; expected one value of its own element that is "
                        "always read, with neither needs nor unit"
                    )
            for row in join.rows:
                if row.embeds or row.required or row.constant is not None:
                    raise TableError(f"{row.origin}: {row}: a row of a join neither embeds nor requires nor is const")


def _refuse_embedding(tables: Tables, name: str, within: tuple[str, ...] = ()) -> None:
    """No entity sits in its own element, by whatever way."""
    for table in tables.shapes[name].tables:
        for row in table.rows:
            if row.embeds and row.entity in (*within, name):
                raise TableError(f"{row.origin}: {row}: a {row.entity} would sit in its own element, without end")
            if row.embeds and row.entity:
                _refuse_embedding(tables, row.entity, (*within, name))


def _refuse_endless(tables: Tables) -> None:
    """No entity requires another of its kind, which would require one more."""

    def endless(table: Table) -> list[Row]:
        return [row for row in table.rows if row.required and row.entity and row.entity not in ending]

    ending: set[str] = set()
    while more := {
        name for name, shape in tables.shapes.items() if name not in ending and not all(map(endless, shape.tables))
    }:
        ending |= more
    way: list[str] = []
    at = next((name for name in tables.shapes if name not in ending), None)
    while at:
        way.append(at)
        row = endless(tables.shapes[at].tables[0])[0]
        at = row.entity
        if at in way:
            raise TableError(f"{row.origin}: {row} requires a {at}, which would require another, without end")
