"""Second places of an entity: whether their entries can be written, and found again."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from xform.check.finding import Finding, draw, sample
from xform.table.model import Join, Path, Row, Table, Tables
from xform.table.walk import joins


def join_key(tables: Tables) -> Iterator[Finding]:
    """A join has a key that is written with every entity; its entity stands in a row of the root."""
    reached = {id(join): row for _, join, row in joins(tables)}
    for table in tables.tables:
        for join in table.joins:
            if id(join) not in reached:
                yield Finding(
                    "join_key",
                    join.origin,
                    f"{table.name} has a second place, but no row of {tables.root} holds a {table.name}; expected one, "
                    "for it is looked for only from there",
                    _entry(tables, table, join),
                )
                continue
            faults = {name: _fault(tables, table, path, name) for path, name in join.on}
            for name, fault in faults.items():
                if fault:
                    row = table.fields[name]
                    yield Finding(
                        "join_key",
                        join.origin,
                        f"{table.name}: an entry cannot be told by {name}: {row} at {row.origin} {fault}",
                        _entry(tables, table, join),
                        row.origin,
                    )
            keys = [table.fields[name] for name, fault in faults.items() if not fault]
            if keys and not any(row.required for row in keys):
                first = keys[0]
                yield Finding(
                    "join_key",
                    join.origin,
                    f"{table.name}: no key of its second place is required, so one without "
                    f"{' and '.join(row.name for row in keys)} cannot keep {', '.join(row.name for row in join.rows)}; "
                    "a required key (!), or a plan that sets one, makes sure",
                    f"{table.name}({first.name}=None, {join.rows[0].name}=…)" if join.rows else "",
                    first.origin,
                    note=True,
                )


def _fault(tables: Tables, table: Table, path: Path, name: str) -> str | None:
    """Why a row cannot be the key of a join."""
    row = table.fields[name]
    if path.steps or path.attribute is None:
        return f"is looked for at {path}; expected an attribute of the entry, such as @{name}"
    if row not in table.rows:
        return "stands in a second place itself; expected a row of the entity's own element"
    if row.form != "one" or row.codec is None or row.codec.shape != "value":
        what = row.entity or (row.codec.name if row.codec else "")
        many = "" if row.form == "one" else f"a {row.form} of "
        return f"is {many}{what}; expected one value, which an attribute holds"
    if row.codec.unit or row.codec.needs:
        return "is not one text by itself; expected a value that needs no other"
    if row.live:
        return "is live (<), so it is not there when the document is written; expected a row that is part of intent"
    if row.generated:
        return "is never read (>); expected a row that is"
    return None


def _entry(tables: Tables, table: Table, join: Join) -> str:
    """The entry of an entity, from the document's root down."""
    *way, last = join.path.steps
    keys = []
    for path, name in join.on:
        row = table.fields[name]
        text = sample(row) if row.codec else None
        if path.attribute is not None:
            keys.append((path.attribute, text or ""))
    steps = (*way, evolve(last, where=(*last.where, *keys)))
    root = tables.shapes[tables.root]
    return draw(tables, root.element or tables.root.lower(), (Path(steps), None), *_first(join.rows, steps))


def _first(rows: tuple[Row, ...], steps: tuple[object, ...]) -> list[tuple[Path, str | None]]:
    return [
        (Path((*steps, *row.path.steps), row.path.attribute), sample(row))  # type: ignore[arg-type]
        for row in rows[:1]
    ]
