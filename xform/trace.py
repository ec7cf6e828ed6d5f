"""Beside each line of a document who says it: the rows that claim what stands there, and the fields that hold it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from xform.compile.interpreter import TEXT, WHOLE, Claim, Reader, Reading
from xform.entities import MASK
from xform.mask import covered, secret_places
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
class Mark:
    """A stretch of a line, by its columns from 0, and who says it; an empty one shows nothing.

    `tag`: it is a part of a tag, which counts for a line only where nothing else in it is said.
    """

    start: int
    stop: int
    fact: Fact
    tag: bool = False


@frozen
class Line:
    """A line of a document, what may be secret masked, and who says what of it; an empty line is nobody's."""

    number: int
    text: str
    marks: tuple[Mark, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Who says it, in the order of the text."""
        said = [mark for mark in self.marks if not mark.tag] or self.marks
        return tuple(dict.fromkeys(mark.fact for mark in said))


def trace(dialect: Dialect, text: Text, context: Mapping[str, Any]) -> list[Line]:
    """Every line of a document. Raises DocumentError where the text cannot be followed."""
    tracer = _Tracer(dialect, text)
    reading = Reader(dialect.classes).document(text.root, dict(context))
    tracer.element(text.root, reading, Fact(dialect.root.name, dialect.root.origin))
    for start, stop in text.asides():
        tracer.say(start, stop, Fact(RESIDUE))
    secret = secret_places(dialect, text, context)
    shown, moved = covered(text.text, secret), _Moved(secret)
    lines = zip(shown.split("\n"), text.lines_at, tracer.by_line(), strict=True)
    # behind the last line's end there is no line
    return [
        Line(number, line.rstrip("\r"), moved.marks(begin, marks))
        for number, (line, begin, marks) in enumerate(lines, 1)
        if begin < len(text.text)
    ]


class _Moved:
    """Where the places of a text are when what may be secret is masked; within a secret they are behind its mask."""

    def __init__(self, secret: list[tuple[int, int]]) -> None:
        self.starts, self.stops = [start for start, _ in secret], [stop for _, stop in secret]
        self.shifts = [*accumulate((len(MASK) - (stop - start) for start, stop in secret), initial=0)]

    def __call__(self, at: int) -> int:
        before = bisect_right(self.stops, at)
        within = before < len(self.starts) and self.starts[before] < at
        return (self.starts[before] + len(MASK) if within else at) + self.shifts[before]

    def marks(self, begin: int, marks: list[Mark]) -> tuple[Mark, ...]:
        """Marks of a line, from places of the text to its columns, in the order of the text."""
        line = self(begin)
        found = [Mark(self(mark.start) - line, self(mark.stop) - line, mark.fact, mark.tag) for mark in marks]
        return tuple(sorted(found, key=lambda mark: (mark.start, mark.stop)))


@define
class _Tracer:
    dialect: Dialect
    text: Text
    marks: list[Mark] = field(factory=list)

    def say(self, start: int, stop: int, fact: Fact, tag: bool = False) -> None:
        self.marks.append(Mark(start, stop, fact, tag))

    def by_line(self) -> list[list[Mark]]:
        """The marks of each line, those of several lines cut, without the blanks around them."""
        found: list[list[Mark]] = [[] for _ in self.text.lines_at]
        ends = [*self.text.lines_at[1:], len(self.text.text)]
        for mark in self.marks:
            for line in range(self.text.line(mark.start), self.text.line(max(mark.start, mark.stop - 1)) + 1):
                start, stop = max(mark.start, self.text.lines_at[line - 1]), min(mark.stop, ends[line - 1])
                seen = self.text.text[start:stop]
                start += len(seen) - len(seen.lstrip())
                found[line - 1].append(Mark(start, start + len(seen.strip()), mark.fact, mark.tag))
        return found

    def element(self, element: Element, reading: Reading, outer: Fact) -> None:
        """What is said of an element; `outer` is who says it if nothing in it is said."""
        span, claims = self.text.span(element), reading.claims.get(element)
        if claims is None:
            self.say(span.start, span.end, Fact(RESIDUE))
            return
        own = _fact(claims.get(WHOLE)) or self.inside(element, reading) or outer
        self.start_tag(element, span, claims, own)
        self.own_text(element, span, claims, own)
        for child in element:
            if isinstance(child.tag, str):
                self.element(child, reading, own)
        if span.tail < span.end:
            self.say(span.tail, span.end, own, tag=True)

    def start_tag(self, element: Element, span: Span, claims: Mapping[str, Claim | None], own: Fact) -> None:
        """The attributes, and what stands around them; the end of the tag is all that there is of an empty text."""
        attributes = self.text.attributes(element)
        opened = last = self.text.name(span).end()
        for name, found in attributes.items():
            fact = (_fact(claims[name]) or own) if name in claims else Fact(RESIDUE)
            self.say(found.start(2), found.end(), fact)
            last = found.end()
        self.say(span.start, opened, own, tag=WHOLE not in claims)
        empty = TEXT in claims and not (element.text or "").strip()
        self.say(last, span.head, (_fact(claims[TEXT]) or own) if empty else own, tag=not empty)

    def own_text(self, element: Element, span: Span, claims: Mapping[str, Claim | None], own: Fact) -> None:
        """The text before the first child is the element's; what stands behind one is nobody's."""
        edge = span.head
        spans = [self.text.span(child) for child in element if isinstance(child.tag, str)]
        for at, inner in enumerate([*spans, Span(span.tail, 0, 0, 0)]):
            claimed = at == 0 and TEXT in claims
            for start, stop, part in self.text.parts(edge, inner.start):
                if part.strip():
                    lead, trail = len(part) - len(part.lstrip()), len(part) - len(part.rstrip())
                    fact = (_fact(claims[TEXT]) or own) if claimed else Fact(RESIDUE)
                    self.say(start + lead, stop - trail, fact)
            edge = inner.end

    def inside(self, element: Element, reading: Reading) -> Fact | None:
        """Of a container the first field that needs it."""
        for inner in element.iter():
            for claim in reading.claims.get(inner, {}).values():
                if claim:
                    return Fact(dotted(claim.place) + ("" if inner is element else " …"), claim.row.origin)
        return None


def _fact(claim: Claim | None) -> Fact | None:
    return Fact(dotted(claim.place), claim.row.origin) if claim else None
