"""What the rungs of a match ladder do, as text: which device of a document is which of those that are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.mutation.alone import Part
from tests.mutation.witness import Told, distinct, made
from xform.dialect import Dialect
from xform.files import dump_entity
from xform.laws.facts import smallest
from xform.table.finish import leads
from xform.table.model import Choice, Row, Rung, Shape

# A rung's fields, each with the number of the value that a device has there.
Numbers = dict[str, int]


class Unsaid(Exception):
    """No device has these values."""


def ladder(part: Part, dialect: Dialect) -> Iterator[Told]:
    """Of each rung: that it decides, before the next one; which of its fields count; whether it tells devices apart."""
    for kind in dialect.kinds:
        shape = dialect.tables.shapes[kind.row.entity or ""]
        if shape.name not in part.resolver.entities:
            continue

        def case(
            title: str, known: list[Numbers], found: list[Numbers], kind: Any = kind, shape: Any = shape
        ) -> Iterator[Told]:
            try:
                sides = [
                    document(dialect, kind.row, [device(dialect, shape, dict(one)) for one in those])
                    for those in (known, found)
                ]
                xml = dialect.generate(made(dialect, sides[1]), live=True)
                made(dialect, sides[0])
            except Exception:
                return  # two rungs that no device has both of
            yield Told(
                shape.name,
                "ladder",
                f"{shape.name} {title}",
                lambda dialect: matched(dialect, kind.name, sides[0], xml),
            )

        rungs = shape.ladder
        for rung in rungs:
            if rung.only:
                yield from case("the only one", [{}], [{}])
                yield from case("one of two", [{}], [{}, {}])
                continue
            yield from case(f"by {rung}", [numbers(rung, 0)], [numbers(rung, 0), numbers(rung, 1)])
            for at in range(len(rung.fields) if len(rung.fields) > 1 else 0):
                others = [{**numbers(rung, 0), rung.fields[at]: n} for n in (1, 2)]
                yield from case(f"by {rung}, without {rung.fields[at]}", [numbers(rung, 0)], others)
            for other in rungs:
                if other is rung:
                    continue
                if rung.identity:
                    yield from case(
                        f"by {other}, without the {' + '.join(rung.fields)} that another has",
                        [{**numbers(other, 0), **numbers(rung, 0)}, numbers(rung, 1)],
                        [numbers(other, 0), numbers(rung, 1)],
                    )
                yield from case(
                    f"by {other}, with another {' + '.join(rung.fields)}",
                    [{**numbers(other, 0), **numbers(rung, 0)}],
                    [{**numbers(other, 0), **numbers(rung, 1)}],
                )
        for one, other in pairwise(rungs):
            first, last = numbers(one, 0), numbers(other, 0)
            yield from case(
                f"by {one} before {other}",
                [{**last, **first}],
                [{**last, **numbers(one, 1)}, {**numbers(other, 1), **first}],
            )
            yield from case(
                f"by {one} before {other}, which is all that one has",
                [{**last, **first}],
                [last, {**numbers(other, 1), **first}],
            )


def settled(dialect: Dialect, shape: Shape) -> tuple[Rung, ...]:
    """A ladder in which neighbours that no device has both of stand in one order: it makes no difference which."""
    rungs = list(shape.ladder)
    for _ in rungs:
        for at in range(len(rungs) - 1):
            one, other = rungs[at : at + 2]
            if str(one) > str(other) and not _together(dialect, shape, one, other):
                rungs[at : at + 2] = other, one
    return tuple(rungs)


def _together(dialect: Dialect, shape: Shape, one: Rung, other: Rung) -> bool:
    """Whether a device that is known has what both ask for; and that of a document, where it can be but one."""
    try:
        device(dialect, shape, {**numbers(one, 0), **numbers(other, 0)})
    except Unsaid:
        return False
    names = {*one.fields, *other.fields}
    rows = [row for table in shape.tables for row in table.fields.values() if row.name in names]
    several = all(kind.row.form == "list" for kind in dialect.kinds if kind.row.entity == shape.name)
    return several or names.isdisjoint(first for row in rows for first in row.behind)


def numbers(rung: Rung, n: int) -> Numbers:
    return {} if rung.only else dict.fromkeys(rung.fields, n)


def document(dialect: Dialect, row: Row, devices: list[Any]) -> Any:
    root = dump_entity(dialect, smallest(dialect.classes, dialect.root))
    return {**root, row.name: devices if row.form == "list" else devices[0]}


def device(dialect: Dialect, shape: Shape, values: Numbers) -> Any:
    """The data of a device that has the n-th values in some fields, and little else."""
    tables = list(shape.tables)
    if isinstance(shape, Choice) and "type" in values:
        tables = [tables[values.pop("type") % len(tables)]]
    for table in tables:
        if all(name in table.fields or leads(dialect.tables, table, name) for name in values):
            break
    else:
        raise Unsaid
    data = dump_entity(dialect, smallest(dialect.classes, table))
    inner: dict[str, Numbers] = {}
    for name, n in values.items():
        head, _, rest = name.partition(".")
        row = table.fields[head]
        if rest:
            inner.setdefault(head, {})[rest] = n
        elif row.codec:
            data[name] = distinct(row, n)
        else:
            data[name] = some(dialect, row, n)
    for head, numbers_ in inner.items():
        data[head] = device(dialect, dialect.tables.shapes[table.fields[head].entity or ""], numbers_)
    return data


def some(dialect: Dialect, row: Row, n: int) -> Any:
    """The n-th of several entities of a row."""
    for table in dialect.tables.shapes[row.entity or ""].tables:
        for plain in table.fields.values():
            if plain.codec and plain.form == "one" and plain.codec.shape == "value" and not plain.live:
                try:
                    value = distinct(plain, n)
                except KeyError:
                    continue
                return {**dump_entity(dialect, smallest(dialect.classes, table)), plain.name: value}
    raise Unsaid


def matched(dialect: Dialect, kind: str, known: Any, xml: str) -> Iterator[str]:
    """What is said of each device: the known one's, and the place of the document's."""
    entity = made(dialect, known)
    found = dialect.match(xml, entity)
    held = [getattr(one, kind) for one in (entity, found.document)]
    ours, theirs = (one if isinstance(one, list) else [one] for one in held)
    at = {id(one): n for devices in (ours, theirs) for n, one in enumerate(devices, 1)}
    for said, devices in (("known", ours), ("found", theirs)):
        yield from (f"{said}: {json.dumps(dump_entity(dialect, one), ensure_ascii=False)}" for one in devices)
    yield from (f"{at[id(pair.known)]}. is {at[id(pair.found)]}. by {' + '.join(pair.rung)}" for pair in found.pairs)
    yield from (f"new is {at[id(one)]}." for _, one in found.new)
    yield from (f"missing is {at[id(one)]}." for _, one in found.missing)
    yield from (f"not told apart by {' + '.join(one.rung) or 'anything'}" for one in found.ambiguous)
