"""Short ways to save, to load, and to look behind a store."""

from __future__ import annotations

from typing import Any

import attrs
import sqlalchemy

from tests.monitor.scripted import ID, moment
from xform.monitor.records import Change, Known
from xform.monitor.store import Store


def save(
    to: Store, known: Known, *changes: Change, version: int | None = None, at: int = 0, ambiguous: Any = ()
) -> int | None:
    """`version`: of what is stored, which is None where nothing is."""
    stored = to.load(known.id) if version else None
    return to.save(
        known,
        changes,
        stored=stored and attrs.evolve(stored, version=version),
        connection="qemu:///system",
        state="running",
        at=moment(at),
        ambiguous=ambiguous,
    )


def load(of: Store, vm: str = ID) -> Known:
    stored = of.load(vm)
    assert stored
    return stored.known


def raw(url: str, statement: str, **values: Any) -> list[Any]:
    """What the database itself holds, or takes."""
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()
