"""How entities hang together: whether anything leads to one, whether its second places keep what they are given."""

from __future__ import annotations

from collections.abc import Iterator

from xform.check.finding import Finding
from xform.errors import did_you_mean
from xform.table.model import Tables
from xform.table.walk import reachable


def unused(tables: Tables) -> Iterator[Finding]:
    """Rows and fields lead to each entity from the root."""
    led = reachable(tables.shapes, tables.root)
    for name, shape in tables.shapes.items():
        if name not in led:
            said = f"{name}: nothing leads to it from {tables.root}{did_you_mean(name, led)}"
            said += "; expected a row or a field of that kind, or no table"
            yield Finding("unused", shape.tables[0].origin, said, f"{name}(…)")


def join_key(tables: Tables) -> Iterator[Finding]:
    """A join has a key that every entity has, or some keep nothing in their second place (a note)."""
    for table in tables.tables:
        for join in table.joins:
            keys = [table.fields[name] for _, name in join.on]
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
