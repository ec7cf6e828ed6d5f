"""Beside each line of a document who says it: the rows that claim what stands there, and the fields that hold it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from xform.compile.interpreter import TEXT, WHOLE, Claim, Reader, Reading
from xform.entities import MASK
from xform.mask import Discreet
from xform.table.model import Origin
from xform.text import Span, Text
from xform.validate import dotted
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

RESIDUE = "residue"


@frozen
class Fact:
    """Who says something of a line: a field of the entity, such as ``disks[1].cache``, and the origin of its row.

    What no row claims is ``residue`` and has no origin.  Of a container that several fields need, `field` names the
    first, with an ellipsis.
    """

    field: str
    origin: Origin | None = None


@frozen
class Line:
    """A line of a document, what may be secret masked, and who says it; an empty line is nobody's."""

    number: int
    text: str
    facts: tuple[Fact, ...]


def trace(dialect: Dialect, text: Text, context: Mapping[str, Any]) -> list[Line]:
    """Every line of a document. Raises DocumentError where the text cannot be followed."""
    tracer = _Tracer(dialect, text)
    reading = Reader(dialect.classes).document(text.root, dict(context))
    shown = Discreet(dialect).document(text.root, dict(context))
    tracer.element(text.root, reading, Fact(dialect.root.name, dialect.root.origin))
    for start, end in text.asides():
        tracer.say(start, end, Fact(RESIDUE))
        if text.text[start : start + 5] != "<?xml":
            tracer.hidden.append((start + len("<!--"), end - len("-->")))
    tracer.hide(text.root, shown)
    return list(tracer.lines())


@define
class _Tracer:
    dialect: Dialect
    text: Text
    facts: dict[int, dict[Fact, None]] = field(factory=dict)
    hidden: list[tuple[int, int]] = field(factory=list)

    def say(self, start: int, end: int, fact: Fact) -> None:
        for line in range(self.text.line(start), self.text.line(max(start, end - 1)) + 1):
            self.facts.setdefault(line, {})[fact] = None

    def element(self, element: Element, reading: Reading, outer: Fact) -> None:
        """What is said of an element; `outer` is who says it if nothing in it is said."""
        span, claims = self.text.span(element), reading.claims.get(element)
        if claims is None:
            self.say(span.start, span.end, Fact(RESIDUE))
            return
        own = _fact(claims.get(WHOLE)) or self.inside(element, reading) or outer
        said = len(self.facts.get(self.text.line(span.start), {}))
        if WHOLE in claims:
            self.say(span.start, span.start + 1, own)
        for name, found in self.text.attributes(element).items():
            self.say(found.start(2), found.end(), (_fact(claims[name]) or own) if name in claims else Fact(RESIDUE))
        self.own_text(element, span, claims, own)
        if len(self.facts.get(self.text.line(span.start), {})) == said:
            self.say(span.start, span.start + 1, own)
        for child in element:
            if isinstance(child.tag, str):
                self.element(child, reading, own)
        if not self.facts.get(self.text.line(span.tail)):
            self.say(span.tail, span.tail + 1, own)

    def own_text(self, element: Element, span: Span, claims: Mapping[str, Claim | None], own: Fact) -> None:
        """The text before the first child is the element's; what stands behind one is nobody's."""
        edge = span.head
        spans = [self.text.span(child) for child in element if isinstance(child.tag, str)]
        for at, inner in enumerate([*spans, Span(span.tail, 0, 0, 0)]):
            claimed = at == 0 and TEXT in claims
            for start, end, part in self.text.parts(edge, inner.start):
                if part.strip():
                    lead, trail = len(part) - len(part.lstrip()), len(part) - len(part.rstrip())
                    fact = (_fact(claims[TEXT]) or own) if claimed else Fact(RESIDUE)
                    self.say(start + lead, end - trail, fact)
            edge = inner.end
        if TEXT in claims and not (element.text or "").strip():
            self.say(span.start, span.start + 1, _fact(claims[TEXT]) or own)

    def inside(self, element: Element, reading: Reading) -> Fact | None:
        """Of a container the first field that needs it."""
        for inner in element.iter():
            for claim in reading.claims.get(inner, {}).values():
                if claim:
                    return Fact(dotted(claim.place) + ("" if inner is element else " …"), claim.row.origin)
        return None

    def hide(self, element: Element, shown: Reading) -> None:
        span, claims = self.text.span(element), shown.claims.get(element, {})
        for name, found in self.text.attributes(element).items():
            if name not in claims:
                self.hidden.append((found.start(3) + 1, found.end(3) - 1))
        edge = span.head
        for child in [child for child in element if isinstance(child.tag, str)]:
            inner = self.text.span(child)
            self.hide_text(edge, inner.start, edge == span.head and TEXT in claims)
            self.hide(child, shown)
            edge = inner.end
        self.hide_text(edge, span.tail, edge == span.head and TEXT in claims)

    def hide_text(self, start: int, end: int, claimed: bool) -> None:
        if not claimed:
            self.hidden += [(first, last) for first, last, part in self.text.parts(start, end) if part.strip()]

    def lines(self) -> Iterator[Line]:
        starts = self.text.lines_at
        hidden = sorted(self.hidden)
        for number, start in enumerate(starts, 1):
            end = starts[number] if number < len(starts) else len(self.text.text)
            shown, at = "", start
            for first, last in hidden:
                if first < end and last > start:
                    # a value that goes on from the line before is masked there
                    shown += self.text.text[at : max(first, at)] + (MASK if first >= start else "")
                    at = min(last, end)
            text = (shown + self.text.text[at:end]).rstrip("\r\n")
            if text or number < len(starts):
                yield Line(number, text, tuple(self.facts.get(number, ())))


def _fact(claim: Claim | None) -> Fact | None:
    return Fact(dotted(claim.place), claim.row.origin) if claim else None
