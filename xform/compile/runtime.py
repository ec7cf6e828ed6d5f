"""What compiled functions call: the few steps that are the same for every entity."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from attrs import define, field

from xform.codecs.codec import NCNAME
from xform.compile import notes
from xform.entities import Classes, Opaque
from xform.errors import DocumentError, said
from xform.table.model import Choice, Path, Row, Table
from xform.xml import (
    Element,
    attribute_text,
    canonical,
    canonical_text,
    element_name,
    escape_text,
    line_of,
    own_text,
    prefixes,
    to_text,
)

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

    def slow(o: Any, tag: str, i: str, w: Writing, a: str) -> str:
        """The oracle's way, for an entity that embeds what no variant says."""
        from xform.compile.interpreter import Writer

        start, made = f"{i}<{tag}", Writer(classes, w.live, w.context).element(o, tag)
        w.used.update(prefixes(made))
        w.kept = True
        return start + a + to_text(made, i).removeprefix(start)

    return {
        "Opaque": Opaque,
        "attribute_text": attribute_text,
        "blank": SimpleNamespace,
        "canonical": canonical,
        "decided": decided,
        "element": element,
        "escape_text": escape_text,
        "first": first,
        "link": link,
        "made": made,
        "ncname": ncname,
        "new": object.__new__,
        "opaque": opaque,
        "own_text": own_text,
        "project": project,
        "slow": slow,
    } | notes.names(classes)


# --- parse ------------------------------------------------------------------------------------------------------


def opaque(element: Element) -> Opaque:
    return Opaque(canonical(element))


def made(cls: type, table: Table, values: dict[str, Any], e: Element) -> Any:
    """An object of an embedder's class. Raises DocumentError for what the class refuses."""
    try:
        return cls(**values)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        secret = any(row.secret for row in table.attributes.values())
        what = f"{type(error).__name__} was raised, and may hold a secret" if secret else said(error)
        raise DocumentError(f"line {line_of(e)}: {table.cls} refuses <{element_name(e)}>: {what}") from None


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
    *given: Any,
) -> list[Element]:
    """Join: give each entity its entry by `read`, and return the entries that are left.

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
                read(entry, entity, *given)
        entries = others
    return stale + entries


# --- generate ---------------------------------------------------------------------------------------------------


@define
class Writing:
    """A document on its way to text: how it is written, whether it is a part of one, and which prefixes it uses."""

    live: bool
    context: dict[str, Any]
    part: bool = False
    used: set[str] = field(factory=set)
    kept: bool = False  # whether it holds XML that was kept, of any depth

    def xml(self, text: str) -> str:
        """Kept XML as it is written. Raises ValueError."""
        self.kept = True
        return _canonical(text)


_canonical = lru_cache(4096)(canonical_text)


def verbatim(o: Opaque, tag: str, i: str, w: Writing, a: str = "") -> str:
    return f"{i}{w.xml(o.xml)}\n"


def element(i: str, tag: str, a: str, x: str | None, b: str) -> str:
    """An element with attributes `a`, text `x` and children `b`."""
    if b:
        # white space behind a text would become part of it
        return f"{i}<{tag}{a}>{x}{b[len(i) + 2 :]}{i}</{tag}>\n" if x else f"{i}<{tag}{a}>\n{b}{i}</{tag}>\n"
    return f"{i}<{tag}{a}>{x}</{tag}>\n" if x else f"{i}<{tag}{a}/>\n"


@lru_cache(4096)
def ncname(text: str) -> str:
    """A map's key that becomes an element's name. Raises ValueError."""
    if not NCNAME.fullmatch(text):
        raise ValueError(f"{text!r} is not an element's name")
    return text
