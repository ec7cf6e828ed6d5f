"""Within an element that keeps a document from being valid: the values and the gaps that surely are what is wrong.

The validator tells of an element only that it does not fit; its schema, followed down to there, tells more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from attrs import frozen
from lxml import etree

from xform.check.place import Place, Words, bounds
from xform.check.relaxng import NEVER, Data, Text, Tokens, read_schema
from xform.compile.interpreter import TEXT
from xform.schema import Schema
from xform.xml import Element, own_text

# So many elements of it are looked at: a second, at most.
_MOST = 2000


@frozen(eq=False)
class Gap:
    """A child or an attribute that an element cannot be without."""

    element: Element
    tag: str
    attribute: bool = False


@frozen(eq=False)
class Wrong:
    """An attribute's value, or a text, that the schema surely does not admit."""

    element: Element
    node: str


class Narrow:
    """A schema, followed down to the elements of a document."""

    def __init__(self, schema: Schema) -> None:
        self.start = Place("", (read_schema(schema.file),))
        self._places: dict[Element, Place | None] = {}

    def within(self, element: Element) -> Iterator[Gap | Wrong]:
        """What is wrong in an element and below, as far as it can be told."""
        for inner in islice(element.iter(etree.Element), _MOST):
            if place := self.place(inner):
                yield from _wrong(inner, place)
                yield from _gaps(inner, place)

    def place(self, element: Element) -> Place | None:
        """Where an element is in the schema, told by its attributes as well; None where the schema has none there."""
        if element not in self._places:
            place = self._bare(element)
            for name, text in element.attrib.items():
                place = (place.where(str(name), str(text)) or place) if place else None
            self._places[element] = place
        return self._places[element]

    def knows(self, element: Element) -> bool:
        """Whether such an element may stand where it does."""
        return self._bare(element) is not None

    def _bare(self, element: Element) -> Place | None:
        """Where an element is by its name alone."""
        parent = element.getparent()
        outer = self.start if parent is None else self.place(parent)
        return outer.child(str(element.tag)) if outer else None

    def has(self, element: Element, node: str) -> bool:
        """Whether such an attribute, or a text, may stand in an element of its name; True where that cannot be told."""
        return self._bare(element) is None or self._words(element, node) is not None

    def without(self, element: Element, node: str) -> list[str]:
        """The attributes of an element each of which by itself excludes this one."""
        here = self._bare(element)
        others = [str(name) for name in element.attrib if name != node]
        told = {name: here.where(name, element.get(name, "")) for name in others} if here and node != TEXT else {}
        return [name for name, left in told.items() if left and left.attribute(node) is None]

    def expected(self, element: Element, node: str) -> tuple[str, ...]:
        """What the schema admits at a node, in words; empty where that is any text."""
        words = self._words(element, node)
        return _told(words) if words else ()

    def admits(self, element: Element, node: str, text: str) -> bool:
        """Whether the schema surely admits a text at a node, with other things beside it than are there."""
        words = self._words(element, node)
        return words is not None and (text in words.words or any(_surely(other, text) for other in words.others))

    def _words(self, element: Element, node: str) -> Words | None:
        here = self._bare(element)
        return (here.text if node == TEXT else here.attribute(node)) if here else None


def _wrong(element: Element, place: Place) -> Iterator[Wrong]:
    for name, text in element.attrib.items():
        words = place.attribute(str(name))
        if words and not words.admits(str(text)):
            yield Wrong(element, str(name))
    text = own_text(element).strip()
    if place.text and (text or place.needs_text) and not place.text.admits(text):
        yield Wrong(element, TEXT)


def _gaps(element: Element, place: Place) -> Iterator[Gap]:
    for tag in place.children:
        if element.find(tag) is None and place.needs_child(tag):
            yield Gap(element, tag)
    for name in place.attributes:
        if element.get(name) is None and place.needs_attribute(name):
            yield Gap(element, name, attribute=True)


def _surely(other: Text | Data | Tokens, text: str) -> bool:
    if not isinstance(other, Data):
        return isinstance(other, Text)
    patterns = all(name == "pattern" for name, _ in other.params)
    whole = patterns and other.but == NEVER
    return other.type == "string" and whole and Words((), (other,)).admits(text)


def _told(words: Words) -> tuple[str, ...]:
    found = list(words.words)
    for other in words.others:
        if not isinstance(other, Data):
            return ()
        within = bounds(other)
        patterns = [param for name, param in other.params if name == "pattern"]
        if within is not None and set(patterns) <= _DIGITS:
            found.append(_number(*within))
        elif patterns:
            found += [f"text like {pattern}" for pattern in patterns]
        else:
            return ()
    return tuple(dict.fromkeys(found))


# Patterns that say of a number no more than its bounds do.
_DIGITS = {"[0-9]+", "-?[0-9]+"}


def _number(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        bound = f", {low} or more" if low is not None else f", at most {high}" if high is not None else ""
        return f"a whole number{bound}"
    return f"a whole number from {low} to {high}"
