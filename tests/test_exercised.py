"""Every row of every table is exercised in both directions: a document is made that it wrote, and it is read from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import xform
from xform.compile.interpreter import Reader
from xform.dialect import Dialect
from xform.errors import XformError
from xform.laws.facts import facts, put, smallest
from xform.table.model import Row, Table
from xform.validate import Place
from xform.xml import canonical

HERE = Path(__file__).parent
FOLDERS = {folder.name: str(folder) for folder in sorted((HERE / "dialects").glob("*/"))}


def witnesses(dialect: Dialect) -> Iterator[tuple[Table, Place, Any]]:
    """For every table a small document that has an entity of it, and the entity's place there."""
    classes, shapes = dialect.classes, dialect.tables.shapes
    queue: list[tuple[Table, Place, Any]] = [(dialect.root, (), smallest(classes, dialect.root))]
    seen = {dialect.root.name}
    for table, place, document in queue:
        document = keyed(dialect, table, place, document)
        yield table, place, document
        for row in table.fields.values():
            for inner in shapes[row.entity].tables if row.entity else ():
                made = smallest(classes, inner)
                if inner.name in seen or made is None:
                    continue
                seen.add(inner.name)
                several = row.form == "list"
                whole = put(document, (*place, row.name), [made] if several else made)
                queue.append((inner, (*place, row.name, 0) if several else (*place, row.name), whole))


def keyed(dialect: Dialect, table: Table, place: Place, document: Any) -> Any:
    """A document whose entity at a place is found in its second places."""
    keys = {name for join in table.joins for _, name in join.on}
    for fact in facts(dialect.classes, at(document, place), place, live=True):
        if fact.place[:-1] == place and fact.name in keys and not fact.stated:
            document = put(document, fact.place, next(iter(fact.others())))
    return document


def at(entity: Any, place: Place) -> Any:
    for part in place:
        entity = entity[part] if isinstance(part, int) else getattr(entity, part)
    return entity


def documents(dialect: Dialect, table: Table, place: Place, document: Any) -> Iterator[Any]:
    """A document, and those in which one field of its entity at a place has another value."""
    yield document
    for fact in facts(dialect.classes, at(document, place), place, live=True):
        if fact.place[:-1] == place:
            rest = document
            for name in fact.row.behind if fact.row else ():  # what goes first at its node makes room
                rest = put(rest, (*place, name), None)
            yield from (put(rest, fact.place, other) for other in (*fact.others(), *elements(fact.row)))
    for row in table.fields.values():
        if row.generated and row.codec:
            yield put(document, (*place, row.name), next(filter(None, row.codec.samples)))


def elements(row: Row | None) -> Iterator[str]:
    """What a row that keeps an element can keep: one of the name that it looks for."""
    if row and row.codec and row.codec.shape == "xml" and not row.path.steps[-1].wild:
        yield canonical(etree.Element(row.path.steps[-1].tag))


def says(row: Row, value: Any) -> bool:
    """Whether something must be written for a value to be read again."""
    default = row.codec.decode(row.default) if row.codec and row.default is not None else None
    return value not in (None, False, [], {}, default)


def unexercised(dialect: Dialect) -> list[str]:
    """The rows, as `Table.row`, that wrote nothing of any such document, or of which nothing was read again."""
    left = {(table.name, row.name) for table in dialect.tables.tables for row in table.every}
    for table, place, document in witnesses(dialect):
        for given in documents(dialect, table, place, document):
            try:
                text = dialect.generate(given, live=True)
                one, other = at(given, place), at(dialect.parse(text), place)
            except (XformError, ValueError, AttributeError, IndexError):
                continue  # no document that the tables admit
            same = [row for row in table.fields.values() if getattr(one, row.name) == getattr(other, row.name, None)]
            left -= {(table.name, row.name) for row in same if says(row, getattr(one, row.name))}
            # rows without a field of their own: what was written by them is claimed by them
            fieldless = {row.name for row in table.every if row.name not in table.fields or row.generated}
            if any((table.name, name) in left for name in fieldless):
                reading = Reader(dialect.classes).document(dialect.tree(text), {})
                claimed = {id(claim.row) for claims in reading.claims.values() for claim in claims.values() if claim}
                left -= {(table.name, row.name) for row in table.every if row.name in fieldless and id(row) in claimed}
    return sorted(".".join(key) for key in left)


@pytest.mark.parametrize("name", ["domain", "ovirt", *FOLDERS])
def test_every_row_is_written_and_read(name: str) -> None:
    assert unexercised(xform.load(FOLDERS.get(name, name))) == []


@pytest.mark.parametrize(
    ("written", "row"),
    [(" cache='", "Disk.cache"), (" index='", "FileSource.index"), ("<spin state", "Machine.spinlocks")],
)
def test_a_row_that_writes_nothing_is_named(written: str, row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = Dialect.generate

    def forgetful(self: Dialect, entity: Any, **options: Any) -> str:
        return generate(self, entity, **options).replace(written, written.replace(written.strip("< ='"), "lost"))

    monkeypatch.setattr(Dialect, "generate", forgetful)
    assert row in unexercised(xform.load(FOLDERS["mini"]))


def test_a_row_that_reads_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Dialect.parse

    def forgetful(self: Dialect, xml: str | bytes, **options: Any) -> Any:
        found = parse(self, xml, **options)
        found.memory = None
        return found

    monkeypatch.setattr(Dialect, "parse", forgetful)
    assert unexercised(xform.load(FOLDERS["mini"])) == ["Machine.memory"]
