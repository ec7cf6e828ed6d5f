"""Write into a document's text what was edited on its tree, and nothing else.

Every byte that no edit is about stays the byte it was: the text is never written anew, only cut and pasted at the
places of its elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property
from itertools import takewhile

from lxml import etree

from xform.text import Span
from xform.update.edits import Edits
from xform.update.prefixes import Prefixes
from xform.xml import VERBATIM, Element, element_name, escape_attribute, escape_text, own_text, parse_text, to_text

INDENT = "  "  # where a document shows none of its own

Splice = tuple[int, int, str]


class Splices:
    """The text of a document with the edits of its tree."""

    def __init__(self, edits: Edits, namespaces: dict[str, str]) -> None:
        self.edits, self.text = edits, edits.text
        self.prefixes = Prefixes(edits.text, edits, namespaces)

    def applied(self) -> str:
        """The text with all edits."""
        return _apply(self.text.text, 0, len(self.text.text), self._all)

    def element(self, element: Element) -> Element:
        """An element of the document read anew from the text that it has with all edits."""
        span = self.text.span(element)
        inside = [splice for splice in self._all if _within(splice, span)]
        outer = element.getparent()
        declared = {} if outer is None else self.prefixes.in_force(outer)
        spaces = "".join(f" {name}={value}" for name, value in declared.items())
        read: Element = parse_text(f"<w{spaces}>{_apply(self.text.text, span.start, span.end, inside)}</w>")[0]
        return read

    @cached_property
    def _all(self) -> list[Splice]:
        """What is cut from the text and what is put in its place, in order."""
        splices = [splice for splice in self._changes() if splice[0] != splice[1] or splice[2]]
        cuts: dict[Element, Splice] = (
            {one: (*lines, "") for one, lines in self._cuts.items()} if self.edits.gone else {}
        )
        # inner ones first: what is edited in an element that moves, moves with it
        for parent in sorted(self.edits.grown, key=_depth, reverse=True):
            if not self.edits.in_text(parent):
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
            if self.edits.in_text(element):
                yield from self._tag(element, before)
        for element, trims in self.edits.texts.items():
            if self.edits.in_text(element) and not self._opens(element):
                yield from self._own_text(element, trims)
        for element in self._bereft if self.edits.gone else ():
            if self.edits.texts.get(element, True):
                yield from self._blanks(element)

    def _opens(self, element: Element) -> bool:
        """Whether an element that is one tag gets children: with these its text is written."""
        span = self.text.span(element)
        return span.head == span.end and any(child in self.edits.placed for child in element)

    @cached_property
    def _bereft(self) -> dict[Element, list[Element]]:
        """Elements with a text that lose the first of their children behind it, and these."""
        found = {}
        for element, (_, children) in self.edits.children.items():
            if own_text(element).strip() and self.edits.in_text(element):
                there = (child for child, _ in children if isinstance(child.tag, str))
                found[element] = list(takewhile(self.edits.gone.__contains__, there))
        return {element: lost for element, lost in found.items() if lost}

    def _blanks(self, element: Element) -> Iterator[Splice]:
        """The white space behind children that are gone, which would be read as part of the text."""
        spans = [self.text.span(child) for child in self._bereft[element]]
        ends = [*(span.start for span in spans[1:]), self._text_end(element)]
        for span, end in zip(spans, ends, strict=True):
            yield from ((start, stop, "") for start, stop, part in self.text.parts(span.end, end) if not part.strip())

    def _text_end(self, element: Element) -> int:
        """Where the text of an element ends: at the first of its children that stays in its place, if one does."""
        children = (child for child in element if isinstance(child.tag, str) and child not in self.edits.placed)
        first = next(children, None)
        return self.text.span(element).tail if first is None else self.text.span(first).start

    @cached_property
    def _cuts(self) -> dict[Element, tuple[int, int]]:
        """What is cut from the text: elements that are gone with their lines, but for those in one that is gone."""
        spans = sorted(((self.text.span(one), one) for one in self.edits.gone), key=lambda pair: pair[0].start)
        # in front of these is text, to the last blank
        behind_text = {child for children in self._bereft.values() for child in children}
        cuts, end = {}, 0
        for span, one in spans:
            if span.end > end:
                cuts[one] = (span.start, span.end) if one in behind_text else self.text.lines(span)
                # what is in an element that moves is cut from it all the same
                end = end if one in self.edits.placed else span.end
        return cuts

    def _tag(self, element: Element, before: dict[str, str | None]) -> Iterator[Splice]:
        there, order = self.text.attributes(element), self.edits.order[element]
        quote = next((found[3][0] for found in there.values()), "'")
        begin = self.text.name(self.text.span(element)).end()
        for name, value in self.prefixes.declared.get(element, {}).items():
            yield begin, begin, f" {name}={value}"
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
                at, blanks = (last.end(), last[1]) if last else (begin, " ")
                yield at, at, f"{blanks}{self.prefixes.attribute(element, name)}={quote}{_escaped(new, quote)}{quote}"

    def _own_text(self, element: Element, trims: bool) -> Iterator[Splice]:
        span, text = self.text.span(element), escape_text(element.text or "")
        if span.head == span.end:
            if text:
                yield self._opened(span, text)
            return
        end = self._text_end(element)
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
        own = own_text(parent).strip()
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
        if own_text(parent).strip():
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
            inner = self.text.margin(self.text.span(child).start) if self.edits.in_text(child) else None
            if inner and inner != outer and inner.startswith(outer):
                return inner[len(outer) :]
        return INDENT

    def _written(self, child: Element, margin: str | None, carried: dict[Element, str]) -> str:
        if child in carried:
            return carried[child]
        if (verbatim := self.edits.placed[child]) is not None:
            return verbatim
        parent, copied = child.getparent(), self._copied(child)
        assert parent is not None
        declared = self.prefixes.given(copied, parent)
        if margin is None:
            text = to_text(copied, "", "", "")
        else:
            text = to_text(copied, margin, self._step, self.text.newline).strip(" \t\r\n")
        at = len(element_name(copied)) + 1
        return text[:at] + declared + text[at:]

    def _copied(self, child: Element) -> Element:
        """A new element to be written, in which those that stand for a verbatim text have it."""
        copied = deepcopy(child)
        copies = dict(zip(child.iter(etree.Element), copied.iter(etree.Element), strict=True))
        for one in [one for one in child.iter(etree.Element) if self.edits.placed.get(one) is not None]:
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


def _escaped(value: str, quote: str) -> str:
    text = escape_attribute(value)
    return text.replace("&apos;", "'").replace('"', "&quot;") if quote == '"' else text
