"""Every alteration of every row is tried: the loader refuses it, a golden file tells otherwise, or a law is broken."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from tests.mutation.alone import Part, parts, resolver
from tests.mutation.alter import Alteration, alterations
from tests.mutation.ladders import settled
from tests.mutation.laws import broken
from tests.mutation.told import told
from tests.mutation.witness import Told
from xform.codecs import Codec
from xform.dialect import Dialect
from xform.entities import empty
from xform.errors import TableError
from xform.table.model import Row

GOLDEN = Path(__file__).parents[1] / "golden" / "rows"

LOADER, TOLD, LAW = "refused by the loader", "told by a golden file", "breaks a law"
SAME, NOBODY = "the same tables", "nobody tells"
VERDICTS = (LOADER, TOLD, LAW, SAME, NOBODY)


@frozen(slots=False)
class Bench:
    """A part, what its rows do, and what golden files say that they do."""

    part: Part
    told: list[Told]
    golden: Mapping[str, list[str]] = field(repr=False)

    def verdict(self, alteration: Alteration) -> str:
        try:
            dialect = self.part.dialect(alteration.key, alteration.value)
        except TableError:
            return LOADER
        *_, word = alteration.key
        if self.tells(dialect, [one for one in self.told if one.field == word]):
            return TOLD
        if plain(dialect) == self.plain:
            return SAME
        if self.tells(dialect, [one for one in self.told if one.field != word]):
            return TOLD
        return LAW if broken(dialect) else NOBODY

    def tells(self, dialect: Dialect, told: Iterable[Told]) -> bool:
        """Whether a golden file says otherwise of a dialect."""
        asked = (one for one in told if one.title in self.golden)
        return any(list(one.lines(dialect)) != self.golden[one.title] for one in asked)

    @cached_property
    def plain(self) -> Any:
        return plain(self.part.dialect())


def text(told: Iterable[Told], dialect: Dialect) -> str:
    """What a golden file holds."""
    return "\n".join("\n".join([one.title, *one.lines(dialect), ""]) for one in told)


def read(text: str) -> dict[str, list[str]]:
    """The paragraphs of a golden file by their titles."""
    paragraphs = (paragraph.splitlines() for paragraph in text.split("\n\n") if paragraph)
    return {title: lines for title, *lines in paragraphs}


def benches(names: Iterable[str] = ()) -> Iterator[Bench]:
    """Of all parts, or of some."""
    for part in parts(resolver()):
        if not names or part.name in names:
            bench = Bench(part, list(told(part)), read((GOLDEN / f"{part.name}.txt").read_text(encoding="utf-8")))
            # what is stale, and a law that does not hold, would tell of every alteration
            assert not bench.tells(part.dialect(), bench.told), f"{part.name}.txt is stale; renew it with: make golden"
            assert not broken(part.dialect()), f"{part.name}: {broken(part.dialect())}"
            yield bench


def plain(dialect: Dialect) -> Any:
    """A dialect's tables, the same for two that do the same."""
    shapes = {
        name: attrs.evolve(shape, ladder=settled(dialect, shape)) for name, shape in dialect.tables.shapes.items()
    }
    return _plain(attrs.evolve(dialect.tables, shapes=shapes))


def _plain(value: Any) -> Any:
    """What tables are made of, for comparison: wherever it is said, and codecs by the words that they were made of.

    What no document holds has no text, so of its codec only the values count: not which word stands for true.
    """
    if isinstance(value, Codec):
        return value.made
    if isinstance(value, Row) and not value.paths and value.codec and value.codec.annotation == "bool":
        return [value.name, "bool", empty(value), value.form, value.secret]
    if attrs.has(type(value)):
        names = (one.name for one in attrs.fields(type(value)))
        return [_plain(getattr(value, name)) for name in names if name not in ("base", "origin", "owner")]
    if isinstance(value, Mapping):
        return [(key, _plain(held)) for key, held in value.items()]
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def every() -> Iterator[Alteration]:
    """All alterations of the dialect's own files."""
    whole = resolver()
    files = {file.path: file for file, _ in (*whole.entities.values(), *whole.uses.values())}
    for file in files.values():
        yield from alterations(file)


def verdict(benches: Iterable[Bench], alteration: Alteration) -> str:
    """The first that tells of an alteration; what no part holds is nobody's."""
    seen = set()
    for bench in benches:
        if bench.part.holds(alteration.key):
            seen.add(found := bench.verdict(alteration))
            if found not in (SAME, NOBODY):
                return found
    return SAME if seen == {SAME} else NOBODY


@frozen
class Tried:
    """What came of the alterations of one file."""

    alteration: Alteration
    verdict: str


def tried(benches: list[Bench], alterations: list[Alteration]) -> Iterator[Tried]:
    """All of them, by the processors that there are."""
    global _benches
    _benches = benches
    with multiprocessing.get_context("fork").Pool() as pool:
        verdicts = pool.imap(_verdict, alterations, chunksize=16)
        yield from map(Tried, alterations, verdicts)


_benches: list[Bench] = []


def _verdict(alteration: Alteration) -> str:
    return verdict(_benches, alteration)
