"""What is told of a dialect: a title and lines; and the documents that it is told of, as data and as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs
from attrs import frozen

from tests.mutation.alone import Part, ours
from tests.test_exercised import at
from xform.codecs import codec, inner_words
from xform.dialect import Dialect
from xform.entities import Opaque
from xform.files import dump_entity, dump_value
from xform.structure import converter
from xform.table.model import Row, Table
from xform.validate import Place

REFUSED, NOTHING = "refused", "—"
UUIDS = [f"00000000-0000-4000-8000-00000000000{digit}" for digit in "123"]
# Values that tell one item from another, by codec.
DISTINCT: dict[str, list[Any]] = {
    "str": ["a", "b", "c"],
    "text": ["a", "b", "c"],
    "path": ["/a", "/b", "/c"],
    "uint": [1, 2, 3],
    "int": [1, 2, 3],
    "hex": [1, 2, 3],
    "size": [1, 2, 3],
    "uuid": UUIDS,
    "mac": [f"52:54:00:00:00:0{digit}" for digit in "123"],
}
# Texts of which each codec reads some.
TEXTS = ("", "other", "7", "-7", "0x1f", "1.5", "a b", "yes", "TRUE", "4.8", "0-3,^1", "AB:CD:EF:01:02:03", "eHg=")
TEXTS = (*TEXTS, "9A3C2A60-2A5C-4E0B-8F0D-6B7A3F1E2D4C", "ua-9a3c2a60-2a5c-4e0b-8f0d-6b7a3f1e2d4c", "ua-other")


@frozen
class Told:
    """One thing that a table does: `tell` gives the lines that say it of a dialect."""

    table: str
    field: str
    title: str
    tell: Callable[[Dialect], Iterable[str]] = attrs.field(eq=False, repr=False)

    def lines(self, dialect: Dialect) -> Iterator[str]:
        """What is told; whatever keeps a dialect from doing it is no more than that."""
        try:
            yield from (f"  {line}" for line in self.tell(dialect) if line.strip())
        except Exception:
            yield f"  {REFUSED}"


@frozen
class Witness:
    """A table with own rows, the smallest document that has an entity of it, and the entity's place there."""

    part: Part
    dialect: Dialect
    table: Table
    place: Place
    document: Any

    @property
    def data(self) -> Any:
        return dump_entity(self.dialect, self.document)

    @property
    def rows(self) -> list[Row]:
        return [row for row in self.table.fields.values() if ours(self.part.resolver, row)]

    @property
    def known(self) -> list[Row]:
        return [row for row in self.table.known if ours(self.part.resolver, row)]

    def with_(self, row: Row, value: Any) -> Any:
        """The document's data with a row's value; what goes first at its node makes room."""
        data = self.data
        for name in row.behind:
            data = put(data, (*self.place, name), None)
        return put(data, (*self.place, row.name), value)


# --- data and documents


def put(data: Any, place: Place, value: Any) -> Any:
    """Plain data with another value at a place; None takes it away."""
    name, *rest = place
    if isinstance(name, int):
        return [*data[:name], put(data[name], tuple(rest), value) if rest else value, *data[name + 1 :]]
    if rest:
        return {**data, name: put(data[name], tuple(rest), value)}
    left = {key: held for key, held in data.items() if key != name}
    return left if value is None else {**left, name: value}


def at_place(data: Any, place: Place) -> Any:
    for part in place:
        data = data[part]
    return data


def made(dialect: Dialect, data: Any, name: str = "") -> Any:
    """The entity of plain data. Raises what cattrs does for what is none."""
    return converter(dialect.classes).structure(data, dialect.classes[name or dialect.tables.root])


def said(dialect: Dialect, value: Any) -> str:
    """A value on one line."""
    return json.dumps(dump_value(dialect, value), ensure_ascii=False)


def lines(xml: str, without: str = "") -> list[str]:
    """The lines of a document that another one has not."""
    known = set(without.splitlines())
    return [line.strip() for line in xml.splitlines() if line not in known]


def read(dialect: Dialect, xml: str, place: Place, name: str = "") -> str:
    """What is read at a place of a document, or of one field there."""
    try:
        entity = at(dialect.parse(xml), place)
    except (AttributeError, IndexError):
        return NOTHING
    if isinstance(entity, Opaque):
        return "kept as it is"
    return said(dialect, getattr(entity, name) if name else entity)


def distinct(row: Row, n: int) -> Any:
    """The n-th of several values of a row."""
    assert row.codec
    known = row.codec
    if known.words:
        words = list(known.words.values())
        return words[n % len(words)]
    while known.word in ("template", "filled", "typed"):
        word, *inner = known.made
        known = (
            codec(*inner_words(" ".join(inner).partition("{")[2].partition("}")[0]))
            if word == "template"
            else (codec(inner[0], inner[1:]) if word == "filled" else codec(inner[1], inner[2:]))
        )
    if known.words:
        return list(known.words.values())[n % len(known.words)]
    return DISTINCT[known.word][n]
