"""Write into a document's text what was edited on its tree, and nothing else.

Every byte that no edit is about stays the byte it was: the text is never written anew, only cut and pasted at the
places of its elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property

from lxml import etree

from xform.errors import DocumentError
from xform.text import Span
from xform.update.edits import Edits
from xform.xml import VERBATIM, Element, escape_attribute, escape_text, parse_text, shown, to_text

INDENT = "  "  # where a document shows none of its own

Splice = tuple[int, int, str]


class Splices:
    """The text of a document with the edits of its tree."""

    def __init__(self, edits: Edits) -> None:
        self.edits, self.text = edits, edits.text

    def applied(self) -> str:
        """The text with all edits."""
        return _apply(self.text.text, 0, len(self.text.text), self._all)

    def element(self, element: Element) -> Element:
        """An element of the document read anew from the text that it has with all edits."""
        span = self.text.span(element)
        inside = [splice for splice in self._all if _within(splice, span)]
        spaces = element.getparent()
        declared = "" if spaces is None else "".join(_declaration(*pair) for pair in spaces.nsmap.items())
        read: Element = parse_text(f"<w{declared}>{_apply(self.text.text, span.start, span.end, inside)}</w>")[0]
        return read

    @cached_property
    def _all(self) -> list[Splice]:
        """What is cut from the text and what is put in its place, in order."""
        splices = [splice for splice in self._changes() if splice[0] != splice[1] or splice[2]]
        cuts: dict[Element, Splice] = {one: (*lines, "") for one, lines in self._cuts.items()}
        # inner ones first: what is edited in an element that moves, moves with it
        for parent in sorted(self.edits.grown, key=_depth, reverse=True):
            if not self._attached(parent) or self._new(parent):
                continue
            carried: dict[Element, str] = {}
            for child in parent:
                if child in self.edits.placed and child in self.edits.gone:
                    span = self.text.span(child)
                    inner = {one: cut for one, cut in cuts.items() if one is not child and _within(cut, span)}
                    inside = [splice for splice in splices if _within(splice, span)]
                    splices = [splice for splice in splices if splice not in inside]
                    cuts = {one: cut for one, cut in cuts.items() if one not in inner}
                    carried[child] = _apply(self.text.text, span.start, span.end, [*inside, *inner.values()])
            splices += self._insertions(parent, carried)
        return [*splices, *cuts.values()]

    def _changes(self) -> Iterator[Splice]:
        for element, before in self.edits.attributes.items():
            if self._attached(element) and not self._new(element):
                yield from self._tag(element, before)
        for element, trims in self.edits.texts.items():
            one_tag = element in self.edits.grown and self.text.span(element).head == self.text.span(element).end
            if self._attached(element) and not self._new(element) and not one_tag:
                yield from self._own_text(element, trims)

    def _attached(self, element: Element) -> bool:
        root = self.text.root
        return element is root or any(outer is root for outer in element.iterancestors())

    def _new(self, element: Element) -> bool:
        """Whether the text has it not yet."""
        return any(
            one in self.edits.placed and one not in self.edits.gone
            for one in (element, *element.iterancestors(etree.Element))
        )

    @cached_property
    def _cuts(self) -> dict[Element, tuple[int, int]]:
        """What is cut from the text: elements that are gone with their lines, but for those in one that is gone."""
        spans = sorted(((self.text.span(one), one) for one in self.edits.gone), key=lambda pair: pair[0].start)
        cuts, end = {}, 0
        for span, one in spans:
            if span.end > end:
                cuts[one] = self.text.lines(span)
                # what is in an element that moves is cut from it all the same
                end = end if one in self.edits.placed else span.end
        return cuts

    def _tag(self, element: Element, before: dict[str, str | None]) -> Iterator[Splice]:
        there, order = self.text.attributes(element), self.edits.order[element]
        quote = next((found[3][0] for found in there.values()), "'")
        for name, old in before.items():
            new, found = element.get(name), there.get(name)
            if new == old:
                continue
            if found and new is None:
                yield found.start(), found.end(), ""
            elif found and new is not None:
                yield found.start(3) + 1, found.end(3) - 1, _escaped(new, found[3][0])
            elif new is not None:
                # behind the last of those that the rows name before it
                earlier = order[: order.index(name)] if name in order else tuple(there)
                last = max((there[one] for one in earlier if one in there), key=lambda one: one.end(), default=None)
                at = last.end() if last else self.text.name(self.text.span(element)).end()
                yield (
                    at,
                    at,
                    f"{last[1] if last else ' '}{_written(element, name)}={quote}{_escaped(new, quote)}{quote}",
                )

    def _own_text(self, element: Element, trims: bool) -> Iterator[Splice]:
        span, text = self.text.span(element), escape_text(element.text or "")
        if span.head == span.end:
            if text:
                yield self._opened(span, text)
            return
        inner = next(
            (child for child in element if isinstance(child.tag, str) and child not in self.edits.placed), None
        )
        end = span.tail if inner is None else self.text.span(inner).start
        # children that go take the white space in front of them along
        cuts = sorted(cut for cut in self._cuts.values() if span.head <= cut[0] < end)
        gaps = zip([span.head, *(cut[1] for cut in cuts)], [*(cut[0] for cut in cuts), end], strict=True)
        parts = [part for gap in gaps for part in self.text.parts(*gap)]
        said = [part for part in parts if part[2].strip()] if trims else parts
        if not said:
            yield span.head, span.head, text
        for at, (start, stop, part) in enumerate(said):
            if trims and not part.startswith("<"):
                start += len(part) - len(part.lstrip())
                stop -= len(part) - len(part.rstrip())
            yield start, stop, "" if at else text

    def _opened(self, span: Span, inside: str) -> Splice:
        """An element that is one tag, with something inside."""
        slash = self.text.text.rindex("/", span.start, span.end)
        return slash, span.end, f">{inside}</{self.text.name(span)[1]}>"

    def _insertions(self, parent: Element, carried: dict[Element, str]) -> Iterator[Splice]:
        """Runs of new children, each behind the child that was there before it."""
        children = [child for child in parent if isinstance(child.tag, str)]
        there = [child for child in children if child not in self.edits.placed]
        span = self.text.span(parent)
        margin = self._margin(parent, there)
        run: list[str] = []
        last: Element | None = None
        for child in [*children, None]:
            if child is not None and child in self.edits.placed:
                run.append(self._written(child, margin, carried))
                continue
            if run:
                between = "" if margin is None else self.text.newline + margin
                new = "".join(between + one for one in run)
                yield self._run(parent, span, last, child, new, margin)
            run, last = [], child

    def _run(
        self, parent: Element, span: Span, last: Element | None, following: Element | None, new: str, margin: str | None
    ) -> Splice:
        if last is not None:
            at = self.text.span(last).end
            return at, at, new
        own = (parent.text or "").strip()
        if following is not None and (own or margin is None):
            at = self.text.span(following).start
            return at, at, new
        close = "" if margin is None else self.text.newline + (self.text.margin(span.start) or "")
        if span.head == span.end:
            return self._opened(span, escape_text(parent.text or "") + new + close)
        if own:
            return span.tail, span.tail, new
        if following is None and self.text.margin(span.tail) is None:
            new += close
        return span.head, span.head, new

    def _margin(self, parent: Element, there: list[Element]) -> str | None:
        """The blanks in front of new children, or None where they stand in a line with others."""
        if (parent.text or "").strip():
            return None
        for child in there:
            return self.text.margin(self.text.span(child).start)
        outer = self.text.margin(self.text.span(parent).start)
        return None if outer is None else outer + self._step

    @cached_property
    def _step(self) -> str:
        """What this document indents a level by: what the root's children stand further in than the root."""
        outer = self.text.margin(self.text.span(self.text.root).start) or ""
        for child in self.text.root.iterchildren(etree.Element):
            inner = None if self._new(child) else self.text.margin(self.text.span(child).start)
            if inner and inner != outer and inner.startswith(outer):
                return inner[len(outer) :]
        return INDENT

    def _written(self, child: Element, margin: str | None, carried: dict[Element, str]) -> str:
        if child in carried:
            return carried[child]
        if (verbatim := self.edits.placed[child]) is not None:
            return verbatim
        spaces, child = _undeclared(child), self._kept_whole(child)
        if margin is None:
            text = to_text(child, "", "", "")
        else:
            text = to_text(child, margin, self._step, self.text.newline).strip(" \t\r\n")
        at = len(shown(child)) + 1
        return text[:at] + "".join(_declaration(*pair) for pair in spaces) + text[at:]

    def _kept_whole(self, child: Element) -> Element:
        """A new element to be written, in which those that stand for a verbatim text have it."""
        inner = [one for one in child.iter(etree.Element) if self.edits.placed.get(one) is not None]
        if not inner:
            return child
        copied = deepcopy(child)
        copies = dict(zip(child.iter(etree.Element), copied.iter(etree.Element), strict=True))
        for one in inner:
            holder, kept = copies[one].getparent(), etree.Element(VERBATIM)
            kept.text = self.edits.placed[one]
            if holder is not None:
                holder.replace(copies[one], kept)
        return copied


def _place(splice: Splice) -> tuple[int, bool, int]:
    # what is put in goes in front of what is cut there
    return splice[0], splice[1] > splice[0], splice[1]


def _within(splice: Splice, span: Span) -> bool:
    return span.start <= splice[0] and splice[1] <= span.end


def _depth(element: Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _apply(text: str, start: int, end: int, splices: list[Splice]) -> str:
    parts, at = [], start
    for first, last, new in sorted(splices, key=_place):
        assert first >= at, "two edits claim one place"
        parts += [text[at:first], new]
        at = last
    return "".join([*parts, text[at:end]])


def _written(element: Element, name: str) -> str:
    """An attribute's name as the document writes it."""
    if not name.startswith("{"):
        return name
    uri, _, local = name[1:].partition("}")
    prefix = next((prefix for prefix, known in element.nsmap.items() if known == uri and prefix), None)
    if prefix is None:
        raise DocumentError(f"no prefix stands for {uri!r} at <{shown(element)}>; declare one there")
    return f"{prefix}:{local}"


def _escaped(value: str, quote: str) -> str:
    text = escape_attribute(value)
    return text.replace("&apos;", "'").replace('"', "&quot;") if quote == '"' else text


def _declaration(prefix: str | None, uri: str | None) -> str:
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return f" {name}='{escape_attribute(uri or '')}'"


def _undeclared(child: Element) -> list[tuple[str | None, str | None]]:
    """The namespaces that a new element uses and that are not in force where it stands."""
    parent = child.getparent()
    outer = parent.nsmap if parent is not None else {}
    used: dict[str | None, str | None] = {}
    for element in child.iter(etree.Element):
        used.setdefault(element.prefix, etree.QName(element).namespace)
        for name in element.attrib:
            if str(name).startswith("{"):
                uri = etree.QName(name).namespace
                used.setdefault(next(p for p, known in element.nsmap.items() if known == uri and p), uri)
    return [(prefix, uri) for prefix, uri in used.items() if outer.get(prefix) != uri]
