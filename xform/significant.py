"""What of a document's elements counts, and how it is put down: what the digest is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import attrs
from lxml import etree

from xform.compile.layout import Node
from xform.xml import Element, own_text

if TYPE_CHECKING:
    from xform.digest import Digests

# XML cannot hold these characters, so texts and names never run into each other.
END, OPEN, CLOSE, TEXT, OTHER = "\x01", "\x02", "\x03", "\x04", "\x05"


@attrs.define(eq=False)
class Spot:
    """What counts of an element: its attributes, its text (`trimmed` where blanks around it say nothing), its children.

    `there`: that it stands there counts by itself.  `free` are the tags of children in whose order nothing lies, with
    the way there.  `needs` are the tests for what is required, of each table that it may be an entity of; `every`: all
    of it counts.  What its children are is made when an element has some.
    """

    _digests: Digests
    _nodes: list[Node]
    needs: list[list[Callable[[Element], bool]]]
    every: bool = False
    attributes: set[str] = attrs.field(factory=set)
    text: bool = False
    trimmed: bool = True
    there: bool = False
    telling: set[str] = attrs.field(factory=set)
    least: int = 2
    free: dict[str, str] = attrs.field(factory=dict)
    wild: list[tuple[str, Spot | Turn]] = attrs.field(factory=list)
    children: dict[Any, Spot | Turn] | None = None
    judges: dict[str, Callable[[str], Any]] = attrs.field(factory=dict)
    doubtful: bool = attrs.field(init=False, default=False)

    def below(self) -> dict[Any, Spot | Turn]:
        """What its children are, by their tags."""
        children = self._digests.children(self, self._nodes)
        self.children = children
        return children

    def read(self, text: str, out: list[str]) -> None:
        if text := text.strip() if self.trimmed else text:
            out.append(TEXT + text)

    def tell(self, names: Iterable[str]) -> None:
        """These attributes say what the element is about, and nothing where nothing else is said."""
        names = set(names) - self.attributes
        self.attributes |= names
        self.telling |= names
        self.least = 2 + 2 * len(self.telling)

    def bare(self, element: Element) -> int:
        """How much is put down of an element of which nothing counts."""
        return 2 + 2 * len(self.telling.intersection(element.keys())) if self.telling else 2

    def lacks(self, element: Element) -> bool:
        """Whether the element has not what any of the tables requires."""
        for needs in self.needs:
            for there in needs:
                if not there(element):
                    break
            else:
                return False
        return True


@attrs.define(eq=False)
class Turn:
    """Where an attribute decides what an element is: by its words, or as any other word does."""

    name: str
    words: frozenset[str | None]
    make: Callable[[str | None], Spot | Turn]
    found: dict[str | None, Spot | Turn] = attrs.field(factory=dict)

    def other(self, element: Element) -> Spot | Turn:
        """What it is when that was not asked yet, or by a word that decides nothing."""
        word = element.get(self.name)
        if word not in self.words:
            word = OTHER
        if word not in self.found:
            self.found[word] = self.make(word)
        return self.found[word]


def significant(element: Element, spot: Spot, out: list[str], devices: list[str]) -> None:
    """Put down what counts of an element's children, and of `devices` each by itself, as their order says nothing.

    This is the hot path: a leaf is no call of its own.
    """
    known = spot.children
    if known is None:
        known = spot.below()
    put, free = out.append, spot.free
    for child in element:
        tag: Any = child.tag
        below: Any = known.get(tag)
        if below is None and (not spot.wild or (below := _wild(spot, tag)) is None):
            continue
        while below.__class__ is Turn:
            below = below.found.get(child.get(below.name)) or below.other(child)
        start = len(out)
        put(OPEN + tag)
        if below.doubtful and (below.every or below.lacks(child)):
            everything(child, out)
        else:
            names = below.attributes
            if names and (items := child.items()):
                if len(items) > 1:
                    items.sort()
                judges = below.judges
                for item in items:
                    if item[0] in names and not (judges and item[0] in judges and judges[item[0]](item[1]) is None):
                        out += item
            if len(child):
                if below.text:
                    below.read(own_text(child), out)
                significant(child, below, out, devices)
            elif below.text and (text := child.text):
                below.read(text, out)
        put(CLOSE)
        if free and tag in free:
            devices.append(END.join([free[tag], *out[start:]]))
            del out[start:]
        elif not below.there and len(out) <= start + below.least and len(out) == start + below.bare(child):
            del out[start:]


def everything(element: Element, out: list[str]) -> None:
    """Put down all there is of an element, but for blanks between elements."""
    for item in sorted(element.items()):
        out += item
    if (text := element.text) and not (len(element) and text.isspace()):
        out.append(TEXT + text)
    for child in element:
        if isinstance(child.tag, str):
            out.append(OPEN + child.tag)
            everything(child, out)
        else:
            out.append(OPEN + etree.tostring(child, with_tail=False, encoding="unicode"))
        out.append(CLOSE)
        if (text := child.tail) and not text.isspace():
            out.append(TEXT + text)


def _wild(spot: Spot, tag: Any) -> Spot | Turn | None:
    """What a child means whose name no row says."""
    if tag.__class__ is str:
        for space, turn in spot.wild:
            if tag.startswith(space):
                return turn
    return None
