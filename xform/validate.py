"""Is an entity what its tables admit?  Strict, where reading documents is tolerant; finds every fault at once.

What has no problem here comes back from a document as it was: ``parse(generate(e)) == e``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import frozen

from xform.codecs.codec import NCNAME, UNWRITABLE
from xform.entities import Opaque, empty, opening
from xform.errors import quoted
from xform.table.model import Choice, Path, Row, Shape, Table
from xform.table.walk import joins

if TYPE_CHECKING:
    from xform.dialect import Dialect

Place = tuple[str | int, ...]


@frozen
class Problem:
    """What is wrong with a value, and where it stands in its entity: ``("disks", 1, "cache")``."""

    path: Place
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}" if self.path else self.message


def dotted(path: Place) -> str:
    """A place as people write it: ``disks[1].cache``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{part!r}]"
    return text


def shown(value: object) -> str:
    """A value in a message, short enough for one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return quoted(value)


def brief(error: Exception) -> str:
    """A codec's message, which holds the whole value, cut in the middle where it is very long."""
    message = str(error).partition("\n")[0]
    return message if len(message) <= 300 else f"{message[:140]} … {message[-140:]}"


def problems(
    dialect: Dialect, entity: Any, *, part: bool = False, planned: bool = True, **context: Any
) -> list[Problem]:
    """Every fault of an entity of any table of the dialect, in the order of its fields; an empty list is well.

    Of a `part` of a document, what the whole must have may be missing.  Of what is not `planned` yet anything may be,
    and what no document holds is looked at as well.  `context` is what `generate` would be given.  Secrets are not
    shown.
    """
    return list(_Check(dialect, context, part, planned).entity(entity))


def admits(row: Row, value: Any, path: Path | None = None, needs: dict[str, Any] | None = None) -> None:
    """Whether a row's codec writes one value so that it is read back. Raises ValueError."""
    codec = row.codec
    assert codec is not None
    path = path or row.path
    if codec.shape == "present":
        if type(value) is not bool:
            raise ValueError(f"{shown(value)} is not {codec.expected}")
        return
    if codec.shape == "xml":
        if (kept := codec.encode(value)) != value:
            raise ValueError(f"{opening(value)!r} is not in canonical form")
        _named(kept, path)
        return
    try:
        text = codec.encode(value, **(needs or {}))
        # of an element's text, only these two keep the white space around it
        text = text if path.attribute is not None or codec.word in ("str", "text") else text.strip()
        back = codec.decode(text, codec.unit_word) if codec.unit else codec.decode(text, **(needs or {}))
    except (AttributeError, TypeError):
        raise ValueError(f"{shown(value)} is not {codec.expected}") from None
    if type(back) is not type(value) or back != value:
        raise ValueError(f"{shown(value)} would be read back as {shown(back)}")


def _named(xml: str, path: Path) -> None:
    """The element of a kept subtree must be one that its path finds. Raises ValueError."""
    from xform.compile.interpreter import matches
    from xform.xml import element_name, parse_text

    element = parse_text(xml)
    if path.steps and not matches(element, path.steps[-1]):
        others = ", ".join(f"<{other}>" for other in path.steps[-1].but)
        expected = (
            f"<{path.steps[-1]}>" if not path.steps[-1].wild else f"another than {others}" if others else path.steps[-1]
        )
        raise ValueError(f"the element is <{element_name(element)}>; expected {expected}")


class _Check:
    """One walk over an entity and its tables; every method yields the problems below one place."""

    def __init__(self, dialect: Dialect, context: dict[str, Any], part: bool, planned: bool) -> None:
        self.classes, self.tables, self.context = dialect.classes, dialect.classes.tables, context
        self.part, self.planned = part, planned

    def entity(self, entity: Any) -> Iterator[Problem]:
        name = self.classes.name(type(entity))
        if name is None:
            yield Problem((), f"a {type(entity).__name__} is no entity of the dialect {self.tables.name}")
            return
        table = self.classes.shape(name)
        if not isinstance(table, Table):
            yield Problem((), f"{name} stands for one of several variants; expected one of them")
            return
        whole = name == self.tables.root
        found = list(self.table(table, entity, (), table.element, whole))
        yield from found
        if whole and self.planned and not found:
            yield from self.joined(entity)

    def table(self, table: Table, entity: Any, at: Place, tag: str | None, joined: bool = False) -> Iterator[Problem]:
        """`tag` is the element that the entity's rows sit in; `joined` says that its joins are written."""
        for switch in table.switches:
            if type(getattr(entity, switch)) is not bool:
                yield Problem((*at, switch), f"{shown(getattr(entity, switch))} is not true or false")
        for row in table.rows:
            if row.constant is None and not row.when:
                yield from self.row(row, table, entity, at, tag, root=joined and not at)
        for join in table.joins:
            for row in join.rows:
                if row.constant is None:
                    yield from self.row(row, table, entity, at, None)
                    if not joined and getattr(entity, row.name) != empty(row):
                        yield Problem(
                            (*at, row.name), f"only a {table.name} in a list of the {self.tables.root} can have it"
                        )
        for row in () if self.planned else table.known:
            yield from self.row(row, table, entity, at, tag)

    def row(
        self, row: Row, table: Table, entity: Any, at: Place, tag: str | None, root: bool = False
    ) -> Iterator[Problem]:
        value, here = getattr(entity, row.name), (*at, row.name)
        one: Callable[[Any, Place], Iterator[Problem]]
        if row.codec:
            one = self.scalar(row, table, entity)
        else:
            shape = self.tables.shapes[row.entity or ""]
            # where the root's own rows hold an entity, its joins are written
            one = lambda item, place: self.inner(row, table, shape, item, place, tag, root)  # noqa: E731
            if row.secret:
                one = _veiled(one)
        if row.form == "list":
            if type(value) is not list:
                yield Problem(here, f"{self.said(row, value)} is not a list")
                return
            if row.required and not value and self.planned:
                yield Problem(here, "the list is empty; expected at least one")
            for index, item in enumerate(value):
                yield from one(item, (*here, index))
        elif row.form == "map":
            if type(value) is not dict:
                yield Problem(here, f"{self.said(row, value)} is not a mapping")
                return
            if row.required and not value and self.planned:
                yield Problem(here, "the mapping is empty; expected at least one entry")
            for key, item in value.items():
                yield from (Problem((*here, str(key)), fault) for fault in faulty_key(row, key))
                yield from one(item, (*here, str(key)))
        elif value is not None or (row.codec and row.codec.shape == "present"):
            yield from one(value, here)
            yield from (Problem(here, fault) for fault in taken(row, table, entity))
        elif not self.planned or (self.part and len(here) == 1):
            return
        elif row.required or row.default is not None:
            expected = row.codec.expected if row.codec else f"a {row.entity}"
            yield Problem(here, f"missing; expected {expected}")
        elif row.embeds:
            yield from self.silent(row, here)

    def said(self, row: Row, value: Any) -> str:
        return "the secret value" if row.secret else shown(value)

    def scalar(self, row: Row, table: Table, entity: Any) -> Callable[[Any, Place], Iterator[Problem]]:
        codec = row.codec
        assert codec is not None
        own = [name for name in codec.needs if name in table.fields]
        needs = {name: getattr(entity, name) if name in own else self.context.get(name) for name in codec.needs}
        absent = [name for name in codec.needs if name not in own and name not in self.context]

        def check(value: Any, at: Place) -> Iterator[Problem]:
            try:
                for path in row.paths or (row.path,):  # what no document holds has none
                    admits(row, value, row.value if row.form == "map" else path, needs)
            except ValueError as error:
                said = f"the secret value is not {codec.expected}" if row.secret else brief(error)
                yield Problem(at, f"{said}; it needs {', '.join(absent)}, which nobody gave" if absent else said)

        return check

    def inner(
        self, row: Row, owner: Table, shape: Shape, value: Any, at: Place, tag: str | None, root: bool
    ) -> Iterator[Problem]:
        inside = tag if row.embeds or not row.path.steps else row.path.steps[-1].tag
        if type(value) is Opaque:
            yield from (Problem(at, fault) for fault in self.faulty_opaque(row, owner, value, inside))
        elif isinstance(shape, Table):
            if type(value) is not self.classes[shape.name]:
                yield Problem(at, f"{self.classes.no(value, shape.name)}; expected {shape.name} or Opaque")
            else:
                yield from self.table(shape, value, at, inside, root)
        else:
            table = self.classes.table(type(value))
            if table is None or table not in shape.variants.values():
                known = ", ".join(table.name for table in shape.variants.values())
                yield Problem(at, f"{self.classes.no(value, shape.name)}; expected one of {known}")
            else:
                found = list(self.table(table, value, at, inside))
                yield from found or (Problem(at, fault) for fault in self.shadowed(shape, table, value))

    def faulty_opaque(self, row: Row, owner: Table, value: Opaque, tag: str | None) -> Iterator[str]:
        """An element may stay opaque only where its table cannot say it."""
        from xform.compile.interpreter import Reader
        from xform.xml import canonical_text, element_name, parse_text

        try:
            if canonical_text(value.xml) != value.xml:
                raise ValueError(f"opaque: {opening(value.xml)!r} is not in canonical form")
            element = parse_text(value.xml)
            if not row.embeds:
                _named(value.xml, row.path)
            elif tag is not None and element.tag != tag:
                raise ValueError(f"opaque: the element is <{element_name(element)}>; expected <{tag}>")
        except ValueError as error:
            yield str(error)
            return
        reader = Reader(self.classes)
        reader.context = self.context
        back = reader.embedded(row, owner, element) if row.embeds else reader.entity(row.entity or "", element)
        if back != value:
            yield f"opaque: {row.entity} can say this; give its fields"

    def silent(self, row: Row, at: Place) -> Iterator[Problem]:
        """An embedded sum type has no element of its own whose absence could say None."""
        shape = self.tables.shapes[row.entity or ""]
        if isinstance(shape, Choice):
            absent = {shape.absent: shape.variants[shape.absent]} if shape.absent else {}
            for silent, table in (absent or ({} if shape.attributes else shape.variants)).items():
                if not any(inner.required and inner.constant is None for inner in table.rows):
                    words = ", ".join(
                        " ".join(words) + (" (what a document without one says)" if words == silent else "")
                        for words in shape.variants
                    )
                    yield Problem(at, f"missing; expected a mapping with its `type`: {words}")
                    return

    def shadowed(self, choice: Choice, table: Table, value: Any) -> Iterator[str]:
        """With `choice = "first"`, an earlier variant whose required rows are all there would be read instead."""
        if choice.attributes:
            return
        for earlier in choice.variants.values():
            if earlier is table:
                return
            required = [row for row in earlier.rows if row.required and row.constant is None]
            if all(
                any(_reads(row, own, getattr(value, own.name)) for own in table.fields.values()) for row in required
            ):
                yield f"would be read back as {earlier.name}; leave out what makes it one"
                return

    def joined(self, entity: Any) -> Iterator[Problem]:
        """Each entry of a join must lead back to its entity, by the first key that is there."""
        for table, join, row in joins(self.tables):
            held = getattr(entity, row.name)
            items = held if isinstance(held, list) else [held]
            cls = self.classes[table.name]
            names = [name for _, name in join.on if not table.fields[name].live and not table.fields[name].generated]
            first: dict[tuple[str, Any], int] = {}
            for index, item in enumerate(items):
                if type(item) is not cls:
                    continue
                keys = [(name, value) for name in names if (value := getattr(item, name)) is not None]
                for key in keys:
                    first.setdefault(key, index)
                said = ", ".join(one.name for one in join.rows if getattr(item, one.name) != empty(one))
                at: Place = (row.name, index) if isinstance(held, list) else (row.name,)
                if said and not keys:
                    yield Problem(at, f"{said} cannot be kept without {' or '.join(names)}")
                elif said and first[keys[0]] != index:
                    name, value = keys[0]
                    yield Problem((*at, name), f"{shown(value)} stands twice; {said} cannot be told apart")


def _veiled(one: Callable[[Any, Place], Iterator[Problem]]) -> Callable[[Any, Place], Iterator[Problem]]:
    """The problems of an entity that is secret as a whole, without what they say of its values."""

    def check(value: Any, at: Place) -> Iterator[Problem]:
        for problem in one(value, at):
            yield Problem(problem.path, "the secret value is not admitted")

    return check


def taken(row: Row, table: Table, entity: Any) -> Iterator[str]:
    """What keeps a row's value from its node: one that goes first there admits the text."""
    for first in (table.fields[name] for name in row.behind):
        if getattr(entity, first.name) is None and _reads(first, row, getattr(entity, row.name)):
            yield f"would be read back as {first.name}; give it there"


def faulty_key(row: Row, key: Any) -> Iterator[str]:
    """What keeps a map's key from being written and read back."""
    if type(key) is not str:
        yield f"the key {shown(key)} is not text"
    elif not row.key.steps:
        if UNWRITABLE.search(key):
            yield f"the key {shown(key)} is not text that XML can hold"
    elif not NCNAME.fullmatch(key):
        yield f"the key {shown(key)} cannot be an element's name"
    else:
        step = row.path.steps[-1]
        if any(other.tag == step.tag[:-1] + key and not other.where for other in step.but):
            yield f"the key {key!r} is an element with rows of its own; give their fields"


def _reads(row: Row, own: Row, value: Any) -> bool:
    """Whether one row finds a value where another, of another variant, writes it."""
    if value in (None, [], {}, False) or row.place != own.place:
        return False
    if not row.codec or not own.codec or row.codec.needs or own.codec.needs:
        return True
    try:
        text = own.codec.encode(value[0] if own.form == "list" else value)
        stripped = text.strip()
        row.codec.decode(text if row.path.attribute is not None or row.codec.word in ("str", "text") else stripped)
    except (ValueError, TypeError, AttributeError):
        return False
    return bool(stripped) or not row.codec.filled
