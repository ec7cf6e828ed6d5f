"""What compiled functions call: the few steps that are the same for every entity."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from xform.entities import Classes, Opaque
from xform.table.model import Choice, Path, Row, Table
from xform.xml import (
    Element,
    attribute_text,
    canonical,
    canonical_text,
    escape_text,
    own_text,
    prefixes,
    to_text,
)

if TYPE_CHECKING:
    from xform.compile.interpreter import Left, Reading

_NCNAME = re.compile(r"[A-Za-z_][\w.-]*")

# The word of what no variant is.
STRANGE = ""


def names(classes: Classes) -> dict[str, Any]:
    """The steps by the names that compiled functions call them by."""

    def project(row: Row, owner: Table, element: Element) -> Opaque:
        """An embedded entity whose word no variant has."""
        from xform.compile.interpreter import Reader

        choice = classes.tables.shapes[row.entity or ""]
        assert isinstance(choice, Choice)
        return Reader(classes).project(row, owner, choice, element)

    def slowly(table: Table, element: Element, context: dict[str, Any], d: Notes, n: int) -> Any:
        """The oracle's way, which knows why a row does not take what stands where it looks."""
        from xform.compile.interpreter import Reader

        del d[n:]
        reader, choice = Reader(classes), classes.choice(table.name)
        reader.context = context
        if table.name == classes.tables.root:
            entity = reader.document(element, context).entity
        elif (entity := reader.build(table, element)) is None:
            return None if choice else whole(element, d, n)
        reader.reading.claim(element, *(choice.attributes if choice else ()))
        d += reader.reading.unclaimed(element)
        d.append(reader.reading)
        return entity

    def slow(o: Any, tag: str, i: str, w: Writing, a: str) -> str:
        """The oracle's way, for an entity that embeds what no variant says."""
        from xform.compile.interpreter import Writer

        start, made = f"{i}<{tag}", Writer(classes, w.live, w.context).element(o, tag)
        w.used.update(prefixes(made))
        return start + a + to_text(made, i).removeprefix(start)

    return {
        "Opaque": Opaque,
        "attribute_text": attribute_text,
        "blank": SimpleNamespace,
        "canonical": canonical,
        "comments": comments,
        "decided": decided,
        "element": element,
        "escape_text": escape_text,
        "first": first,
        "hollow": hollow,
        "inside": inside,
        "link": link,
        "ncname": ncname,
        "new": object.__new__,
        "opaque": opaque,
        "own_text": own_text,
        "project": project,
        "refuse": refuse,
        "rest": rest,
        "slow": slow,
        "slowly": slowly,
        "whole": whole,
        "xml": xml,
    }


# --- parse ------------------------------------------------------------------------------------------------------


def opaque(element: Element) -> Opaque:
    return Opaque(canonical(element))


def nothing(*_: Any) -> None:
    """The variant that an unknown word stands for."""


def first(element: Element, path: Path) -> Element | None:
    from xform.compile.interpreter import find

    return next(iter(find(element, path.steps)), None)


def decided(decode: Callable[..., Any], texts: list[str], default: Any, **needs: Any) -> Any:
    """The first value that a rule admits."""
    for text in texts:
        with suppress(ValueError):
            if (value := decode(text, **needs)) is not None:
                return value
    return default


def link(
    entries: list[Element],
    entities: list[Any],
    cls: type,
    on: list[tuple[str, str, Callable[[str], Any]]],
    read: Callable[..., None],
    context: dict[str, Any],
) -> list[Element]:
    """Join: give each entity its entry, and return the entries that are left.

    An entry is told by the first of `on` that it has; earlier ones go first.
    """
    stale = []
    left = {id(entity): entity for entity in entities if type(entity) is cls}
    for attribute, name, decode in on:
        known = {getattr(entity, name): entity for entity in reversed(left.values())}
        others = []
        for entry in entries:
            text = entry.get(attribute)
            value = None if text is None else decode(text)
            if value is None:
                others.append(entry)
                continue
            entity = known.pop(value, None)
            if entity is None:
                stale.append(entry)
            else:
                del left[id(entity)]
                read(entry, entity, context)
        entries = others
    return stale + entries


# --- parse, in detail ---------------------------------------------------------------------------------------------

# What is noted on the way: what nobody takes, and what the oracle has read.
Notes = list["Left | Reading"]


@frozen
class Detailed:
    """What was read of a document: its entity, and notes of what no row took of it."""

    entity: Any
    _notes: Notes = field(repr=False)

    @property
    def left(self) -> list[Left]:
        """What no row takes, in the document's order: elements and comments (with None), and of elements that rows
        look into an attribute's name, or the text by the name "".
        """
        return [note for note in self._notes if isinstance(note, tuple)]

    @property
    def refused(self) -> list[tuple[Element, Row, str]]:
        """The values that a row does not admit: the element, the row, and what its codec says."""
        return [refused for reading in self._read for refused in reading.refused]

    @property
    def drift(self) -> list[tuple[Element, Row, str]]:
        """What stands there in a form that its row cannot say, in the same way."""
        return [drift for reading in self._read for drift in reading.drift]

    @property
    def _read(self) -> list[Reading]:
        return [note for note in self._notes if not isinstance(note, tuple)]


def whole(e: Element, d: Notes, n: int) -> Opaque:
    """An element that is kept as it is, whatever was noted since the first `n` notes."""
    del d[n:]
    comments(e, d)
    return opaque(e)


def refuse(row: Row, e: Element, name: str, text: str, d: Notes) -> None:
    """Note that a row does not admit a text; blank text of an element is not left, and may say nothing at all."""
    from xform.compile.interpreter import Reading

    codec, blank = row.codec, not text.strip()
    if name or not blank:
        d.append((e, name))
    try:
        if codec and not (codec.filled and blank):
            codec.decode(text)
    except ValueError as error:
        d.append(Reading(refused=[(e, row, str(error))]))


def hollow(e: Element, d: Notes, n: int) -> None:
    """An element of which nothing was taken since the first `n` notes is left as a whole."""
    d[n:] = [(e, None), *(note for note in d[n:] if not isinstance(note, tuple))]


def comments(e: Element, d: Notes) -> None:
    """What is nobody's of an element that is kept as it is."""
    d += [(inner, None) for inner in e.iter() if not isinstance(inner.tag, str)]


def rest(e: Element, d: Notes, *told: str) -> None:
    """Note all that stands in an element, but for these attributes, and the text where "" is one of them."""
    d += [(e, name) for name in e.keys() if name not in told]
    if "" in told:
        d += [(child, None) for child in e]
    else:
        inside(e, d)


def inside(e: Element, d: Notes) -> None:
    """Note the text and the children of an element."""
    if "".join([e.text or "", *(child.tail or "" for child in e)]).strip():
        d.append((e, ""))
    d += [(child, None) for child in e]


# --- generate ---------------------------------------------------------------------------------------------------


@define
class Writing:
    """A document on its way to text: how it is written, and which prefixes it uses."""

    live: bool
    context: dict[str, Any]
    used: set[str] = field(factory=set)


xml = lru_cache(4096)(canonical_text)


def verbatim(o: Opaque, tag: str, i: str, w: Writing, a: str = "") -> str:
    return f"{i}{xml(o.xml)}\n"


def element(i: str, tag: str, a: str, x: str | None, b: str) -> str:
    """An element with attributes `a`, text `x` and children `b`."""
    if b:
        # white space behind a text would become part of it
        return f"{i}<{tag}{a}>{x}{b[len(i) + 2 :]}{i}</{tag}>\n" if x else f"{i}<{tag}{a}>\n{b}{i}</{tag}>\n"
    return f"{i}<{tag}{a}>{x}</{tag}>\n" if x else f"{i}<{tag}{a}/>\n"


@lru_cache(4096)
def ncname(text: str) -> str:
    """A map's key that becomes an element's name. Raises ValueError."""
    if not _NCNAME.fullmatch(text):
        raise ValueError(f"{text!r} is not an element's name")
    return text
