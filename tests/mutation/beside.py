"""What an entity file may say of a field that no document holds, as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.mutation.witness import NOTHING, REFUSED, TEXTS, Told, made, said
from xform.dialect import Dialect
from xform.files import dump_entity
from xform.laws.facts import smallest
from xform.table.model import Row

# The same for what no document holds.
DATA: tuple[Any, ...] = (*TEXTS, True, 0, -1, 10**20 - 1, 1.5, [], ["a", "b"], ["other"], [""], [0], {}, [{}])


def beside(true: Dialect, table: str, row: Row, data: Any) -> Iterator[Told]:
    """What an entity file may say of a field that no document holds, and what is shown of it."""
    tables = true.tables.shapes[row.entity].tables if row.entity else ()
    some = [dump_entity(true, one) for inner in tables if (one := smallest(true.classes, inner))]

    def tell(dialect: Dialect) -> Iterator[str]:
        yield f"missing: {said(dialect, getattr(made(dialect, data, table), row.name))}"
        words = [*row.codec.words.values()] if row.codec and row.codec.words else []
        words = [word for word in words if isinstance(word, str)]
        found: dict[str, list[str]] = {"as it is": [], REFUSED: []}
        hidden = False
        for given in (*words, *(["x", word] for word in words[:1]), *([word] for word in words), *some, some, *DATA):
            shown = json.dumps(given)
            try:
                entity = made(dialect, {**data, row.name: given}, table)
            except Exception:
                found[REFUSED].append(shown)
                continue
            kept = said(dialect, getattr(entity, row.name))
            found["as it is"] += [shown] if kept == shown else []
            hidden = hidden or "***" in repr(entity)
            if kept != shown:
                yield f"{shown} → {kept}"
        yield from (f"{how}: {' '.join(those) or NOTHING}" for how, those in found.items())
        if hidden:
            yield "a secret"

    yield Told(table, row.name, f"{table}.{row.name}", tell)
