"""Beside each line of a document who says it: the rows that claim what stands there, and the fields that hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from xform.compile.interpreter import TEXT, WHOLE, Claim, Reader, Reading
from xform.mask import masked_text
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
    tracer.element(text.root, reading, Fact(dialect.root.name, dialect.root.origin))
    for start, end in text.asides():
        tracer.say(start, end, Fact(RESIDUE))
    lines = masked_text(dialect, text, context).split("\n")
    # behind the last line's end there is no line
    return [
        Line(number, line.rstrip("\r"), tuple(tracer.facts.get(number, ())))
        for number, line in enumerate(lines, 1)
        if line or number < len(lines)
    ]


@define
class _Tracer:
    dialect: Dialect
    text: Text
    facts: dict[int, dict[Fact, None]] = field(factory=dict)

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


def _fact(claim: Claim | None) -> Fact | None:
    return Fact(dotted(claim.place), claim.row.origin) if claim else None
