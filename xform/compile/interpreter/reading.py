"""What is noted while a document is read, and how its elements are found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field, frozen
from lxml import etree

from xform.codecs import Codec
from xform.table.model import Path, Row, Step
from xform.xml import Element, own_text

TEXT = ""  # the claim on an element's text; an attribute's claim is its name
WHOLE = "."  # the claim on an element that stands for a value, an item or an entity by itself

Place = tuple[str | int, ...]

# What nobody took: an element or comment (with None), or of a claimed element an attribute's name, or TEXT.
Left = tuple[Element, str | None]


@frozen
class Claim:
    """Who took a node: a row, for the field at a place of the document's entity, as in ``("disks", 0, "cache")``."""

    row: Row
    place: Place


@define
class Reading:
    """What was read of a document: the entity, the nodes that rows took, and the values that no row admits.

    `by` is who claims at the moment; nobody does what a table's root is taken for.
    """

    entity: Any = None
    claims: dict[Element, dict[str, Claim | None]] = field(factory=dict)
    refused: list[tuple[Element, Row, str]] = field(factory=list)
    drift: list[tuple[Element, Row, str]] = field(factory=list)
    by: Claim | None = None

    def claim(self, element: Element, *nodes: str) -> None:
        for ancestor in (element, *element.iterancestors()):
            self.claims.setdefault(ancestor, {})
        self.claims[element].update(dict.fromkeys(nodes, self.by))

    def along(self, element: Element, steps: tuple[Step, ...]) -> None:
        """Claim the attributes that the steps of a path to this element ask for."""
        for step, passed in zip(reversed(steps), (element, *element.iterancestors()), strict=False):
            self.claim(passed, *(name for name, _ in step.where))

    def unclaimed(self, element: Element) -> Iterator[Left]:
        """What nobody took of an element, in the document's order; white space is none."""
        claims = self.claims.get(element)
        if claims is None:
            yield element, None
            return
        for name in element.attrib:
            if name not in claims:
                yield element, str(name)
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        if text.strip() and TEXT not in claims:
            yield element, TEXT
        for child in element:
            yield from self.unclaimed(child)

    def whole(self, element: Element) -> None:
        self.claim(element, WHOLE)
        for inner in element.iter(etree.Element):
            self.claim(inner, TEXT, *inner.keys())


def matches(element: Element, step: Step) -> bool:
    if not isinstance(element.tag, str):
        return False
    named = element.tag.startswith(step.tag[:-1]) if step.wild else element.tag == step.tag
    return (
        named
        and all(element.get(name) == value for name, value in step.where)
        and not any(matches(element, other) for other in step.but)
    )


def find(element: Element, steps: tuple[Step, ...]) -> list[Element]:
    """Every element at the end of the steps, in document order."""
    found = [element]
    for step in steps:
        if step.wild:
            found = [child for parent in found for child in parent if matches(child, step)]
            continue
        found = [child for parent in found for child in parent.iterchildren(step.tag)]
        if step.where or step.but:
            found = [child for child in found if matches(child, step)]
    return found


def node_text(holder: Element, path: Path, codec: Codec | None = None) -> str | None:
    """The text of an attribute or element; only `text` and `str` keep the white space around an element's text."""
    if path.attribute is not None:
        return holder.get(path.attribute)
    text = own_text(holder)
    return text if codec and codec.word in ("text", "str") else text.strip()
