"""Documents to be looked at: what may be secret is not in them.

Shown is what rows say and do not call secret.  The rest stands as ``***``: secrets, kept XML, and what no row claims,
for nobody knows what in it is secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lxml import etree

from xform.compile.interpreter import TEXT, Reader, find
from xform.entities import MASK, Opaque
from xform.table.model import Choice, Path, Row, Table
from xform.text import Text, decode
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

_SEEN = re.compile(r"\S(?:.*\S)?")
_DECLARATION = re.compile(r"\ufeff?<\?xml\s.*?\?>", re.DOTALL)
_ASIDE = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)


class Discreet(Reader):
    """Reads as any reader does, but claims only what may be shown.

    `secrets` holds the elements that secret entities stand in.
    """

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect.classes)
        self.secrets: set[Element] = set()

    def hides(self, row: Row, element: Element) -> bool:
        """Whether what a row says of an element is a secret, its own or that of an entity around it."""
        return row.secret or self.inside(element)

    def inside(self, element: Element) -> bool:
        """Whether an element stands in a secret entity."""
        return not self.secrets.isdisjoint([element, *element.iterancestors()])

    def entity(self, name: str, element: Element) -> Any:
        found = super().entity(name, element)
        if isinstance(found, Opaque):
            self._forget(element)
        return found

    def project(self, row: Row, owner: Table, choice: Choice, element: Element) -> Opaque:
        before = {inner: dict(nodes) for inner, nodes in self.reading.claims.items()}
        kept = super().project(row, owner, choice, element)
        self.reading.claims = before
        return kept

    def pass_over(self, row: Row, element: Element) -> None:
        if not row.secret:
            super().pass_over(row, element)
            return
        for path in row.paths:
            for holder in find(element, path.steps):
                self.reading.claim(holder)

    def node(self, row: Row, path: Path, holder: Element, needs: dict[str, Any] | None) -> Any:
        if row.secret and row.entity:
            self.secrets.add(holder)
        found = super().node(row, path, holder, needs)
        if row.secret and row.codec:
            self.reading.claim(holder)
            self.reading.claims[holder].pop(path.attribute or TEXT, None)
        elif row.secret or (row.codec and row.codec.shape == "xml"):
            self._forget(holder)
        return found

    def _forget(self, element: Element) -> None:
        for inner in element.iter():
            self.reading.claims.pop(inner, None)
        self.reading.claim(element)


def masked_document(dialect: Dialect, xml: str | bytes, context: Mapping[str, Any]) -> str:
    """The document as it may be shown; the very same where there is nothing to hide. Raises DocumentError."""
    root = dialect.tree(xml)
    claims = Discreet(dialect).document(root, dict(context)).claims
    beside = root.getprevious() is not None or root.getnext() is not None
    if not _hide(root, claims) and not beside:
        return xml if isinstance(xml, str) else decode(xml, root)[0].removeprefix("\ufeff")
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _hide(element: Element, claims: Mapping[Element, Collection[str]]) -> bool:
    """Mask what is not claimed, within an element too; whether there was anything."""
    shown = claims.get(element)
    if shown is None:
        if not (element.attrib or len(element) or element.text):
            return False
        element.attrib.clear()
        element[:] = []
        element.text = MASK
        return True
    hidden = False
    for name in list(element.attrib):
        if name not in shown:
            element.set(name, MASK)
            hidden = True
    for child in list(element):
        if isinstance(child.tag, str):
            hidden = _hide(child, claims) or hidden
        else:  # a comment may say anything
            element.remove(child)
            hidden = True
        if (child.tail or "").strip():
            child.tail = MASK
            hidden = True
    if (element.text or "").strip() and TEXT not in shown:
        element.text = MASK
        hidden = True
    return hidden


def masked_text(dialect: Dialect, text: Text, context: Mapping[str, Any]) -> str:
    """The text with as many lines, and what may be secret masked within each."""
    return covered(text.text, secret_places(dialect, text, context))


def covered(text: str, places: list[tuple[int, int]]) -> str:
    """A text with the mask in these places, which are in order."""
    out, last = [], 0
    for start, stop in places:
        out += [text[last:start], MASK]
        last = stop
    return "".join([*out, text[last:]])


def secret_places(dialect: Dialect, text: Text, context: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Where something stands in the text that may be secret: in order, none within another, each within a line."""
    claims = Discreet(dialect).document(text.root, dict(context)).claims
    return sorted(found.span() for place in _hidden(text, claims) for found in _SEEN.finditer(text.text, *place))


def _hidden(text: Text, claims: Mapping[Element, Collection[str]]) -> Iterator[tuple[int, int]]:
    """What may be secret, outside the root too: places in the text, none within another."""
    root = text.span(text.root)
    declaration = _DECLARATION.match(text.text)
    yield declaration.end() if declaration else 0, root.start
    yield root.end, len(text.text)
    yield from _within(text, text.root, claims)


def _within(text: Text, element: Element, claims: Mapping[Element, Collection[str]]) -> Iterator[tuple[int, int]]:
    shown = claims.get(element)
    if shown is None:
        span = text.span(element)
        yield text.name(span).end(), span.head - (2 if span.head == span.end else 1)
        yield span.head, span.tail
        return
    children = [child for child in element if isinstance(child.tag, str)]
    if _hides(element, shown):
        span = text.span(element)
        for name, found in text.attributes(element).items():
            if name not in shown:
                yield found.start(3) + 1, found.end(3) - 1
        spans = [text.span(child) for child in children]
        starts, stops = [span.head, *(inner.end for inner in spans)], [*(inner.start for inner in spans), span.tail]
        pieces = list(zip(starts, stops, strict=True))
        if TEXT in shown:
            start, stop = pieces.pop(0)
            yield from (found.span() for found in _ASIDE.finditer(text.text, start, stop))
        yield from pieces
    for child in children:
        yield from _within(text, child, claims)


def _hides(element: Element, shown: Collection[str]) -> bool:
    """Whether something that is an element's own may be secret: its attributes, its text, comments."""
    return (
        any(name not in shown for name in element.attrib)
        or (bool((element.text or "").strip()) and TEXT not in shown)
        or any(not isinstance(child.tag, str) or (child.tail or "").strip() for child in element)
    )
