"""Hypothesis strategies for entities, derived from the rows and from nothing else.

What is drawn is what generate can give back: required fields are set, text that shares its element with rows is not
blank, a variant that is told by what is there can be told.  Needs Hypothesis (the extra ``test``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree

from xform import codecs
from xform.codecs import Codec
from xform.compile.interpreter import matches
from xform.dialect import Dialect
from xform.entities import Opaque, empty
from xform.table.model import ANY, Choice, Row, Step, Table
from xform.table.walk import flatten, joins
from xform.validate import taken
from xform.xml import canonical, parse_text

try:
    from hypothesis import reject
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}; install it with: pip install 'libvirt-xform[test]'", name=error.name) from None

__all__ = ["entities"]

# Deeper entities are left out where their rows are optional.
DEPTH = 4
# How many of its optional fields an entity has set at most, at the root and below.
WIDTH = (8, 5)
ITEMS = 2

_AWKWARD = "ab09 <>&'\"]\t\n\r\u0085\u2028\u00fc\u20ac\U0001d11e"
_CHARACTERS = st.one_of(
    st.sampled_from(_AWKWARD),
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
)
TEXT = st.text(_CHARACTERS, max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9_.-]{0,6}", fullmatch=True)
FOREIGN = "urn:example:foreign"


def entities(dialect: Dialect, name: str | None = None, **context: Any) -> SearchStrategy[Any]:
    """Entities of one kind, the dialect's documents if none is named, that `generate` can write with `context`."""
    maker = _Maker(dialect, context)

    @st.composite
    def drawn(draw: DrawFn) -> Any:
        if name is None or name == dialect.tables.root:
            return maker.document(draw)
        return maker.entity(draw, name, Step("", ""), 1)

    return drawn()


# --- values -----------------------------------------------------------------------------------------------------


def _paths() -> SearchStrategy[str]:
    return TEXT.filter(bool)


def _macs() -> SearchStrategy[str]:
    return st.binary(min_size=6, max_size=6).map(lambda octets: octets.hex(":"))


def _versions() -> SearchStrategy[str]:
    return st.lists(st.integers(0, 99).map(str), min_size=1, max_size=3).map(".".join)


def _cpusets() -> SearchStrategy[str]:
    decode = codecs.codec("cpuset", ()).decode
    sets = st.sets(st.integers(0, 40) | st.integers(0, (1 << 14) - 1), min_size=1, max_size=6)
    return sets.map(lambda cpus: decode(",".join(map(str, cpus))))


_BY_WORD: dict[str, Callable[[], SearchStrategy[Any]]] = {
    "str": lambda: TEXT,
    "text": lambda: TEXT,
    "uint": lambda: st.integers(0, 99) | st.integers(0, 10**20 - 1),
    "int": lambda: st.integers(-99, 99) | st.integers(1 - 10**20, 10**20 - 1),
    "float": lambda: st.floats(allow_nan=False, allow_infinity=False),
    "hex": lambda: st.integers(0, 255) | st.integers(0, (1 << 64) - 1),
    "uuid": lambda: st.uuids().map(str),
    "mac": _macs,
    "path": _paths,
    "bytes": lambda: st.binary(max_size=12),
    "size": lambda: st.integers(0, 1 << 21) | st.integers(0, 10**20 - 1),
    "version": _versions,
    "cpuset": _cpusets,
}


def values(codec: Codec) -> SearchStrategy[Any]:
    """Values of a codec's domain."""
    if codec.shape == "present":
        return st.booleans()
    if codec.shape == "xml":
        return elements(Step(ANY, ANY))
    if codec.words:
        return st.sampled_from(list(codec.words.values()))
    if codec.filled:
        return values(codecs.codec(codec.word, ())).filter(lambda value: _fits(codec, value))
    if codec.word == "template" and (inner := re.search(r"\{([^{}]+)\}", codec.name)):
        return values(codecs.codec(*codecs.inner_words(inner[1])))
    if codec.word == "typed":
        return values(codecs.codec(codec.made[2], codec.made[3:]))
    if codec.word in _BY_WORD:
        return _BY_WORD[codec.word]()
    return st.sampled_from(codec.samples)


def _fits(codec: Codec, value: Any) -> bool:
    try:
        codec.encode(value)
    except ValueError:
        return False
    return True


def _at(row: Row) -> SearchStrategy[Any]:
    """Values of a row's codec that its places can hold: only `text` and `str` keep the blanks around a text."""
    assert row.codec
    codec = row.codec
    places = [row.value] if row.form == "map" else row.paths
    if (
        all(path.attribute is not None for path in places)
        or codec.word in ("str", "text", "rule")
        or codec.shape != "value"
    ):
        return values(codec)
    return values(codec).filter(lambda value: (text := codec.encode(value)) == text.strip())


@st.composite
def elements(draw: DrawFn, step: Step, attributes: tuple[tuple[str, str], ...] = (), depth: int = 2) -> str:
    """A small well-formed element, canonical, that a step admits."""

    def made(tag: str, given: dict[str, str], depth: int) -> Any:
        space = etree.QName(tag).namespace
        prefix = draw(st.sampled_from([None, "f"]))
        element = etree.Element(tag, nsmap={prefix: space} if space else None)
        for name, text in (draw(st.dictionaries(NAMES.map("x-{}".format), TEXT, max_size=2)) | given).items():
            element.set(name, text)
        if depth and draw(st.booleans()):
            for name in draw(st.lists(NAMES, max_size=2)):
                element.append(made(f"{{{space}}}{name}" if space else name, {}, depth - 1))
        else:
            element.text = draw(TEXT)
        return element

    tag = step.tag
    if step.wild:
        spaces = ["", f"{{{FOREIGN}}}"] if tag == ANY else [tag[: -len(ANY)]]
        tag = draw(st.sampled_from(spaces)) + draw(NAMES)
    element = made(tag, dict([*step.where, *attributes]), depth)
    if not matches(element, step):
        reject()
    return canonical(parse_text(etree.tostring(element)))


# --- entities ---------------------------------------------------------------------------------------------------


class _Maker:
    """Draws the entities of one dialect."""

    def __init__(self, dialect: Dialect, context: dict[str, Any]) -> None:
        self.classes, self.tables, self.context = dialect.classes, dialect.tables, context
        self.made: dict[int, SearchStrategy[Any]] = {}

    def at(self, row: Row) -> SearchStrategy[Any]:
        """The strategy of a row's values, made once."""
        if id(row) not in self.made:
            self.made[id(row)] = _at(row)
        return self.made[id(row)]

    def document(self, draw: DrawFn) -> Any:
        table = self.tables.document
        root = self.table(draw, table, Step(table.element or "", ""), 0)
        held: dict[str, list[Any]] = {}
        for joined, _, row in joins(self.tables):
            value = getattr(root, row.name)
            items = [
                item for item in (value if row.form == "list" else [value]) if type(item) is self.classes[joined.name]
            ]
            known = held.setdefault(joined.name, [])
            known += [item for item in items if not any(item is other for other in known)]
        for joined, join, _ in joins(self.tables):
            for item in held.get(joined.name, []):
                if self.findable(joined, [name for _, name in join.on], item, held[joined.name]):
                    for name, value in self.fields(draw, join.rows, joined, join.path.steps[-1], 2).items():
                        setattr(item, name, value)
                    self.give_way(join.rows, joined, item)
        return root

    @staticmethod
    def give_way(rows: Sequence[Row], table: Table, entity: Any) -> None:
        """Take back what would not stand, or not be read back, where other rows go first."""
        for row in rows:
            if row.behind and getattr(entity, row.name) is not None:
                first = any(getattr(entity, name) is not None for name in row.behind)
                if first or any(taken(row, table, entity)):
                    setattr(entity, row.name, None)

    def findable(self, table: Table, on: Sequence[str], item: Any, siblings: list[Any]) -> bool:
        """Can the entry of an item in a second place be told from those of its siblings?"""
        stated = [name for name in on if getattr(item, name) is not None]
        lasting = [name for name in stated if not (table.fields[name].live or table.fields[name].generated)]
        others = [other for other in siblings if other is not item]
        return bool(lasting) and not any(
            getattr(item, name) == getattr(other, name) for name in stated for other in others
        )

    def entity(self, draw: DrawFn, name: str, step: Step, depth: int) -> Any:
        """An entity that has an element of its own, now and then one that its table cannot say."""
        shape = self.tables.shapes[name]
        if step.tag and not step.wild and self.tellable(shape) and draw(st.integers(0, 7)) == 7:
            return Opaque(draw(elements(step, self.unknown(draw, shape))))
        return self.shape(draw, name, step, depth)

    def shape(self, draw: DrawFn, name: str, step: Step, depth: int) -> Any:
        shape = self.tables.shapes[name]
        if isinstance(shape, Table):
            return self.table(draw, shape, step, depth)
        told = [(table, bare) for table in shape.variants.values() if (bare := self.bare(shape, table)) is not None]
        if depth >= DEPTH:
            told = [
                (table, bare) for table, bare in told if not any(row.required and row.entity for row in table.rows)
            ] or told
        table, bare = draw(st.sampled_from(told))
        return self.table(draw, table, step, depth, bare)

    def table(self, draw: DrawFn, table: Table, step: Step, depth: int, bare: frozenset[str] = frozenset()) -> Any:
        values = {switch: draw(st.booleans()) for switch in table.switches}
        values |= self.fields(draw, table.rows, table, step, depth, bare)
        made = self.classes[table.name](**values)
        self.give_way(table.rows, table, made)
        for row in table.rows:
            if row.codec and row.codec.needs and not self.computes(row, made):
                if row.required:
                    reject()
                setattr(made, row.name, empty(row))
        return made

    def computes(self, row: Row, entity: Any) -> bool:
        """Do the drawn fields that a rule needs admit its drawn value?"""
        value = getattr(entity, row.name)
        assert row.codec
        needs = {name: getattr(entity, name, self.context.get(name)) for name in row.codec.needs}
        try:
            return value is None or row.codec.decode(row.codec.encode(value, **needs), **needs) == value
        except (ValueError, TypeError):
            return False

    def fields(
        self,
        draw: DrawFn,
        rows: Sequence[Row],
        table: Table,
        step: Step,
        depth: int,
        bare: frozenset[str] = frozenset(),
    ) -> dict[str, Any]:
        rows = [row for row in rows if row.constant is None and not row.when and not row.computed]
        given = [row.name for row in rows if self.always(row)]
        spare = [row.name for row in rows if not self.always(row) and row.name not in bare]
        if depth >= DEPTH:
            spare = [row.name for row in rows if row.name in spare and not row.entity]
        # as a list of numbers, which shrinks well and costs little however many rows there are
        chosen = draw(st.sets(st.sampled_from(spare), max_size=WIDTH[depth > 0])) if spare else set()
        return {
            row.name: self.field(draw, row, table, step, depth)
            if row.name in chosen or row.name in given
            else empty(row)
            for row in rows
        }

    def always(self, row: Row) -> bool:
        """Must the field have a value, so that reading finds the same again?"""
        if row.embeds and not row.required:
            shape = self.tables.shapes[row.entity or ""]
            if isinstance(shape, Table):
                return False
            standing = [shape.variants[shape.absent]] if shape.absent else []
            return not all(map(certain, standing if shape.attributes else shape.variants.values()))
        return row.required or (row.default is not None and row.form == "one")

    def field(self, draw: DrawFn, row: Row, table: Table, step: Step, depth: int) -> Any:
        if row.embeds:
            return self.embedded(draw, row, table, step, depth)
        if row.form == "map":
            return self.mapping(draw, row)
        if row.form == "list":
            return [self.value(draw, row, depth) for _ in range(draw(st.integers(1, ITEMS)))]
        return self.value(draw, row, depth)

    def value(self, draw: DrawFn, row: Row, depth: int) -> Any:
        if row.entity:
            return self.entity(draw, row.entity, row.path.steps[-1], depth + 1)
        assert row.codec
        if row.codec.shape == "xml":
            return draw(elements(row.path.steps[-1]))
        return draw(self.at(row))

    def mapping(self, draw: DrawFn, row: Row) -> dict[str, Any]:
        keys = NAMES if row.key.steps else TEXT
        last = row.path.steps[-1]
        if row.key.steps:
            keys = keys.filter(lambda key: matches(etree.Element(last.tag[:-1] + key, dict(last.where)), last))
        return draw(st.dictionaries(keys, self.at(row), min_size=1, max_size=ITEMS))

    def embedded(self, draw: DrawFn, row: Row, owner: Table, step: Step, depth: int) -> Any:
        """An entity whose rows sit in its owner's element; an unknown variant is kept by its discriminator."""
        shape = self.tables.shapes[row.entity or ""]
        plain = step.tag and not step.wild
        if plain and isinstance(shape, Choice) and shape.opaque and shape.attributes and draw(st.integers(0, 7)) == 7:
            element = etree.Element(step.tag, nsmap=self.tables.namespaces)
            for name, word in self.unknown(draw, shape):
                element.set(name, word)
            tags = self.free(owner, row, shape)
            if draw(st.booleans()) and tags:
                element.append(parse_text(draw(st.sampled_from(tags).flatmap(lambda tag: elements(Step(tag, tag))))))
            return Opaque(canonical(parse_text(canonical(element))))
        return self.shape(draw, row.entity or "", step, depth + 1)

    def free(self, owner: Table, row: Row, choice: Choice) -> list[str]:
        """Children that variants can have and that none of the owner's own rows goes through."""
        others = {path.steps[0].tag for other in owner.rows if other is not row for path in other.paths if path.steps}
        inner = (row for table in choice.variants.values() for _, row in flatten(self.tables, table))
        tags = {path.steps[0].tag for other in inner for path in other.paths if path.steps and not path.steps[0].wild}
        return sorted(tags - others)

    def tellable(self, shape: Choice | Table) -> bool:
        """Is there an element that the shape cannot say, so that it is kept opaque?"""
        if isinstance(shape, Table):
            return certain(shape)
        return shape.opaque and (bool(shape.attributes) or all(map(certain, shape.variants.values())))

    def unknown(self, draw: DrawFn, shape: Choice | Table) -> tuple[tuple[str, str], ...]:
        """Discriminators with words that no variant has."""
        if not isinstance(shape, Choice) or not shape.attributes:
            return ()
        known = sorted({word for words in shape.variants for word in words})
        words = [draw(st.sampled_from([*known, "unknown"])) for _ in shape.attributes]
        if tuple(words) in shape.variants:
            words[-1] = "unknown"
        return tuple(zip(shape.attributes, words, strict=True))

    def bare(self, choice: Choice, table: Table) -> frozenset[str] | None:
        """Fields that must stay empty so that no earlier variant of a ``first`` is taken; None: it always would be."""
        if choice.attributes:
            return frozenset()
        bare = set()
        own = {row.place: row for row in table.rows}
        for earlier in choice.variants.values():
            if earlier is table:
                break
            needed = [row for row in earlier.rows if row.required]
            if any(row.place not in own and _sure(row) for row in needed):
                continue
            spare = next((own[row.place] for row in needed if row.place in own and not own[row.place].required), None)
            if spare is None:
                return None
            bare.add(spare.name)
        return frozenset(bare)


def certain(table: Table) -> bool:
    """Is an element without any of the table's nodes no entity of it?"""
    return any(map(_sure, table.rows))


def _sure(row: Row) -> bool:
    there = row.constant is not None or row.embeds or row.form == "map" or row.default is not None
    present = row.codec is not None and row.codec.shape == "present"
    return row.required and not there and not present and bool(row.path.steps or row.path.attribute)
