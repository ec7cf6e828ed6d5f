"""Hypothesis strategies for documents, drawn from the patterns of a RELAX NG schema.

Strategies made from rows never make what no row knows; these do, and `sprinkled` adds what no schema knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field
from lxml import etree

from xform.check.relaxng import (
    EMPTY,
    Attribute,
    Choice,
    Data,
    Element,
    Empty,
    Group,
    Interleave,
    Name,
    NotAllowed,
    Pattern,
    Ref,
    Repeat,
    Text,
    Tokens,
    Value,
)
from xform.schema import Schema
from xform.strategies import FOREIGN, NAMES, TEXT
from xform.xml import Element as Node
from xform.xml import element_name, escape_attribute, escape_text

try:
    from hypothesis import assume, reject
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}; install it with: pip install 'libvirt-xform[test]'", name=error.name) from None

__all__ = ["documents", "sprinkled"]

# How many elements a document has about, and how deep it goes before only what must be there is drawn.
SIZE, DEPTH = 40, 9
NEVER = 1000

Content = list[Any]  # attributes as pairs, elements, and texts


def documents(pattern: Pattern, schema: Schema | None = None) -> SearchStrategy[Node]:
    """Documents of a schema; with the schema itself none that its validator refuses, which knows a few types more."""

    @st.composite
    def drawn(draw: DrawFn) -> Node:
        made = _Maker(draw).content(pattern, 0)
        (root,) = (part for part in made if isinstance(part, etree._Element))
        if schema is not None:
            assume(not schema.said(root))
        return root

    return drawn()


@define
class _Maker:
    """Draws one document."""

    draw: DrawFn
    left: int = SIZE
    costs: dict[int, int] = field(factory=dict)

    def content(self, pattern: Pattern, depth: int) -> Content:
        match pattern:
            case Empty():
                return []
            case Ref():
                return self.content(pattern.target, depth)
            case Text():
                return [self.draw(TEXT)]
            case Value() | Data() | Tokens():
                return [self.word(pattern)]
            case Attribute():
                return [(self.name(pattern.names), self.word(pattern.inner))]
            case Element():
                return [self.element(pattern, depth)]
            case Group():
                return [one for part in pattern.parts for one in self.content(part, depth)]
            case Interleave():
                return self.mixed([self.content(part, depth) for part in self.draw(st.permutations(pattern.parts))])
            case Repeat():
                more = self.draw(st.integers(0, 2)) if self.left > 0 and depth < DEPTH else 0
                return [one for _ in range(1 + more) for one in self.content(pattern.inner, depth)]
            case Choice():
                return self.content(self.chosen(pattern, depth), depth)
        reject()  # nothing fits

    def chosen(self, pattern: Choice, depth: int) -> Pattern:
        """One of the parts: the least of them where the document is large enough; of what may be missing, not all."""
        parts = [part for part in pattern.parts if self.cost(part) < NEVER]
        if self.left <= 0 or depth >= DEPTH:
            return min(parts, key=self.cost)
        some = [part for part in parts if part is not EMPTY]
        if len(some) < len(parts) and (not some or self.draw(st.integers(0, 3 if depth < 2 else 1))):
            return EMPTY
        parts = some
        return self.draw(st.sampled_from(parts))

    def cost(self, pattern: Pattern, within: tuple[int, ...] = ()) -> int:
        """How many elements a pattern has at least; one that leads to itself has very many."""
        if isinstance(pattern, Ref):
            key = id(pattern.target)
            if key in within:
                return NEVER
            if key not in self.costs:
                self.costs[key] = self.cost(pattern.target, (*within, key))
            return self.costs[key]
        match pattern:
            case Element():
                return 1 + self.cost(pattern.inner, within)
            case Repeat():
                return self.cost(pattern.inner, within)
            case Group() | Interleave():
                return sum(self.cost(part, within) for part in pattern.parts)
            case Choice():
                return min(self.cost(part, within) for part in pattern.parts)
            case NotAllowed():
                return NEVER
        return 0

    def element(self, pattern: Element, depth: int) -> Node:
        self.left -= 1
        name = self.name(pattern.names)
        made = etree.Element(name, nsmap={"f": FOREIGN} if name.startswith(f"{{{FOREIGN}}}") else None)
        last: Node | None = None
        for part in self.content(pattern.inner, depth + 1):
            if isinstance(part, tuple):
                made.set(*part)
            elif isinstance(part, str):
                if last is None:
                    made.text = (made.text or "") + part
                else:
                    last.tail = (last.tail or "") + part
            else:
                made.append(part)
                last = part
        return made

    def mixed(self, parts: Sequence[Content]) -> Content:
        """The contents of several parts, one behind the other: libxml2 loses its way in what is shuffled further."""
        parts = [part for part in parts if part]
        if len(parts) > 1 and self.draw(st.booleans()):
            parts = self.draw(st.permutations(parts))
        return [one for part in parts for one in part]

    def name(self, known: tuple[Name, ...]) -> str:
        one = self.draw(st.sampled_from(known))
        if isinstance(one, str):
            return one
        space = one.space or (FOREIGN if one.space is None else "")
        return (f"{{{space}}}" if space else "") + self.draw(NAMES.map("x-{}".format))

    def word(self, pattern: Pattern) -> str:
        """A text that fits."""
        match pattern:
            case Ref():
                return self.word(pattern.target)
            case Value():
                return pattern.text
            case Text():
                return self.draw(TEXT)
            case Data():
                return self.draw(typed(pattern))
            case Tokens():
                return self.word(pattern.inner)
            case Choice():
                parts = [part for part in pattern.parts if not isinstance(part, NotAllowed)]
                return self.word(self.draw(st.sampled_from(parts)))
            case Repeat():
                return " ".join(self.word(pattern.inner) for _ in range(self.draw(st.integers(1, 2))))
            case Group() | Interleave():
                return " ".join(self.word(part) for part in pattern.parts)
        return ""


# --- texts ------------------------------------------------------------------------------------------------------

_LIMITS = {
    "byte": (-(1 << 7), (1 << 7) - 1),
    "unsignedByte": (0, (1 << 8) - 1),
    "short": (-(1 << 15), (1 << 15) - 1),
    "unsignedShort": (0, (1 << 16) - 1),
    "int": (-(1 << 31), (1 << 31) - 1),
    "unsignedInt": (0, (1 << 32) - 1),
    "long": (-(1 << 63), (1 << 63) - 1),
    "unsignedLong": (0, (1 << 64) - 1),
    "integer": (-(1 << 40), 1 << 40),
    "nonNegativeInteger": (0, 1 << 40),
    "positiveInteger": (1, 1 << 40),
}

_TYPES: dict[str, Callable[[], SearchStrategy[str]]] = {
    "string": lambda: TEXT,
    "token": lambda: NAMES,
    "double": lambda: st.sampled_from(["0", "1.5", "-2.25", "1e3"]),
    "decimal": lambda: st.sampled_from(["0", "1.5", "-2.25"]),
    "boolean": lambda: st.sampled_from(["true", "false", "0", "1"]),
    "dateTime": lambda: st.sampled_from(["2024-02-29T12:00:00", "1999-12-31T23:59:59Z"]),
    "base64Binary": lambda: st.sampled_from(["", "AAECAw==", "eGZvcm0="]),
    "anyURI": lambda: st.sampled_from(["urn:example:a", "http://example.org/a?b=c&d"]),
}


def typed(data: Data) -> SearchStrategy[str]:
    """Texts of a type of XML Schema's within its facets."""
    facets = dict(data.params)
    patterns = [text for name, text in data.params if name == "pattern"]
    if data.type in _LIMITS:
        low, high = _LIMITS[data.type]
        low, high = int(facets.get("minInclusive", low)), int(facets.get("maxInclusive", high))
        numbers = st.integers(low, min(high, max(low, 99))) | st.integers(low, high)
        return numbers.map(str).filter(lambda text: all(re.fullmatch(one, text) for one in patterns))
    if patterns:
        first, *others = (_compiled(one) for one in patterns)
        texts = st.from_regex(first, fullmatch=True).filter(lambda text: all(one.fullmatch(text) for one in others))
        return texts.filter(lambda text: not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text))
    return _TYPES.get(data.type, lambda: NAMES)()


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of XML Schema's as one of Python's: what is used here is the same in both, but for letters beyond
    ASCII, which are left out.
    """
    return re.compile(pattern, re.ASCII)


# --- what no schema knows ---------------------------------------------------------------------------------------

_BLANKS = st.sampled_from(["", "", " ", "\n", "\n  ", "\t", "\r\n", " \n\n "])
_NOISE = st.sampled_from(
    [
        "<!-- a > b -->",
        "<!--<disk/>-->",
        "<?target some='thing'?>",
        "<unknown/>",
        "<unknown a='1'>text<inner/></unknown>",
        f"<z:far xmlns:z='{FOREIGN}' z:near='&quot;'><z:inner/></z:far>",
        f"<far xmlns='{FOREIGN}'/>",
    ]
)
_ATTRIBUTES = st.sampled_from(
    [" unknown='1'", ' unknown="it\'s"', "\n\tunknown = '>'", f" xmlns:z='{FOREIGN}' z:unknown=\"&#10;\""]
)


@st.composite
def sprinkled(draw: DrawFn, root: Node) -> str:
    """A document's text, in any of the ways in which XML can be written, with what nobody claims here and there."""
    head = draw(st.sampled_from(["", "\ufeff", "<?xml version='1.0'?>\n", "<!-- first -->"]))
    return head + _written(draw, root) + draw(st.sampled_from(["", "\n", "\n<!-- last -->\n"]))


def _written(draw: DrawFn, element: Node) -> str:
    name, attributes = element_name(element), ""
    outer = element.getparent()
    for prefix, uri in element.nsmap.items():
        if outer is None or outer.nsmap.get(prefix) != uri:
            attributes += f" xmlns{':' + prefix if prefix else ''}='{escape_attribute(uri)}'"
    for key, value in element.items():
        at = etree.QName(key)
        prefix = next((p for p, uri in element.nsmap.items() if p and uri == at.namespace), None)
        attributes += draw(st.sampled_from([" ", " ", "\n  ", "\t"])) + (f"{prefix}:" if prefix else "") + at.localname
        attributes += draw(st.sampled_from(["=", "=", " = "])) + _quoted(draw, value)
    if _seldom(draw):
        attributes += draw(_ATTRIBUTES)
    attributes += draw(st.sampled_from(["", "", " ", "\n"]))
    inside = _text(draw, element.text, bool(len(element)))
    for child in element:
        if isinstance(child.tag, str):
            inside += (draw(_NOISE) if _seldom(draw) else "") + _written(draw, child)
            inside += _text(draw, child.tail, True)
    if len(element) and _seldom(draw):
        inside += draw(_NOISE) + draw(_BLANKS)
    if not inside and draw(st.booleans()):
        return f"<{name}{attributes}/>"
    return f"<{name}{attributes}>{inside}</{name}>"


def _seldom(draw: DrawFn) -> bool:
    return draw(st.integers(0, 11)) == 11


def _quoted(draw: DrawFn, value: str) -> str:
    if draw(st.booleans()):
        return f"'{escape_attribute(value)}'"
    return '"' + escape_attribute(value).replace("&apos;", "'").replace('"', "&quot;") + '"'


def _text(draw: DrawFn, text: str | None, spaced: bool) -> str:
    if not text or not text.strip():
        return escape_text(text or "") + (draw(_BLANKS) if spaced else "")
    if _seldom(draw) and "]]>" not in text and "\r" not in text:
        return f"<![CDATA[{text}]]>"
    if _seldom(draw):
        half = len(text) // 2
        return f"{escape_text(text[:half])}<!-- within -->{escape_text(text[half:])}"
    return escape_text(text)
