"""What compiled functions call: the few steps that are the same for every entity."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from xform.compile.interpreter import Reader, Writer, find
from xform.compile.source import MEMO
from xform.entities import Classes, Opaque
from xform.table.model import Choice, Path, Row, Table
from xform.xml import Element, canonical, canonical_text, escape_attribute, escape_text, own_text, to_text

_NCNAME = re.compile(r"[A-Za-z_][\w.-]*")


def for_parse(classes: Classes) -> dict[str, Any]:
    """What compiled parse functions call."""

    def opaque(element: Element) -> Opaque:
        return Opaque(canonical(element))

    def project(row: Row, owner: Table, element: Element) -> Opaque:
        choice = classes.tables.shapes[row.entity or ""]
        assert isinstance(choice, Choice)
        return Reader(classes).project(row, owner, choice, element)

    return {
        "Opaque": Opaque,
        "canonical": canonical,
        "decided": decided,
        "own_text": own_text,
        "opaque": opaque,
        "project": project,
        "link": link,
        "first": first,
        "nothing": nothing,
    }


def nothing(element: Element, context: dict[str, Any]) -> None:
    """The variant that an unknown word stands for."""


def first(element: Element, path: Path) -> Element | None:
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
) -> None:
    """Join: give each entity its entry.  An entry is told by the first of `on` that it has; earlier ones go first."""
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
            if entity is not None:
                del left[id(entity)]
                read(entry, entity, context)
        entries = others


def for_generate(classes: Classes) -> dict[str, Any]:
    """What compiled generate functions call."""

    def slow(o: Any, tag: str, i: str, live: bool, context: dict[str, Any], a: str) -> str:
        """The oracle's way, for an entity that embeds what no variant says."""
        start = f"{i}<{tag}"
        return start + a + to_text(Writer(classes, live, context).element(o, tag), i).removeprefix(start)

    return {
        "Opaque": Opaque,
        "element": element,
        "escape_attribute": escape_attribute,
        "escape_text": escape_text,
        "ncname": ncname,
        "slow": slow,
        "verbatim": verbatim,
        "xml": xml,
    }


xml = lru_cache(MEMO)(canonical_text)


def verbatim(o: Opaque, tag: str, i: str, live: bool, context: dict[str, Any], a: str = "") -> str:
    return f"{i}{xml(o.xml)}\n"


def element(i: str, tag: str, a: str, x: str | None, b: str) -> str:
    """An element with attributes `a`, text `x` and children `b`."""
    if b:
        # white space behind a text would become part of it
        return f"{i}<{tag}{a}>{x}{b[len(i) + 2 :]}{i}</{tag}>\n" if x else f"{i}<{tag}{a}>\n{b}{i}</{tag}>\n"
    return f"{i}<{tag}{a}>{x}</{tag}>\n" if x else f"{i}<{tag}{a}/>\n"


@lru_cache(MEMO)
def ncname(text: str) -> str:
    """A map's key that becomes an element's name. Raises ValueError."""
    if not _NCNAME.fullmatch(text):
        raise ValueError(f"{text!r} is not an element's name")
    return text
