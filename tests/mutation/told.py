"""What all rows of a part do, as text.

What is given is fixed, data and documents; what comes of it is the work of the dialect that is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tests.mutation.alone import KNOWN, Part
from tests.mutation.beside import beside
from tests.mutation.fields import fields, whole
from tests.mutation.items import keys, second
from tests.mutation.ladders import ladder
from tests.mutation.witness import Told, Witness, at_place
from tests.test_exercised import witnesses


def told(part: Part) -> Iterator[Told]:
    """What all rows do that a part has of the dialect's own files."""
    dialect = part.dialect()
    known = {name for name in part.resolver.entities if name != dialect.tables.root}
    for table, place, document in witnesses(dialect):
        it = Witness(part, dialect, table, place, document)
        known.discard(table.name)
        if table.name == dialect.tables.root and part.name != KNOWN:
            yield from chain.from_iterable(fields(it, row) for row in it.rows if row.name == part.name)
            yield from chain.from_iterable(keys(it, row) for row in it.rows if row.by)
        elif it.rows or it.known or table.ladder:
            yield Told(table.name, "", table.name, lambda dialect, it=it: whole(dialect, it))
            yield from chain.from_iterable(fields(it, row) for row in it.rows)
            yield from chain.from_iterable(keys(it, row) for row in it.rows if row.by)
            yield from second(it)
            data = at_place(it.data, place)
            yield from chain.from_iterable(beside(dialect, table.name, row, data) for row in it.known)
    for name in sorted(known):
        for table in dialect.tables.shapes[name].tables:
            yield from chain.from_iterable(beside(dialect, table.name, row, {}) for row in table.known)
    yield from ladder(part, dialect)
