"""The elements and attributes that keep a document from being valid, found with the validator alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen
from lxml import etree

from xform.schema import Schema
from xform.xml import Element

# Of so many children or descendants each is tried alone: each try is a validation of the document.
_MOST = 200
# What all tries of a search may cost together, counted in elements and attributes: some seconds.
_EFFORT = 500_000
_FEWEST = 16


@frozen(eq=False)
class Misfit:
    """An element with which a document is not valid, or an attribute of it."""

    element: Element
    attribute: str | None = None


class Search:
    """Finds what keeps a document from being valid: by leaving out of its tree now this, now that.

    Each try is a validation; when they have cost enough, what is found by then is told less exactly.
    """

    def __init__(self, schema: Schema, root: Element) -> None:
        self.schema, self.root = schema, root
        self.tries = max(_FEWEST, _EFFORT // sum(1 + len(element.attrib) for element in root.iter(etree.Element)))

    def said(self) -> list[str]:
        self.tries -= 1
        return self.schema.said(self.root)

    @property
    def spent(self) -> bool:
        return self.tries <= 0

    def faults(self) -> Iterator[Misfit]:
        """The validator gives up on the first child of the root that it cannot place; so take out one after another."""
        out: list[tuple[int, Element]] = []
        while (said := self.said()) and not self.spent and (child := _named(self.root, said)) is not None:
            out.append((self.root.index(child), child))
            self.root.remove(child)
        if said and not out:
            yield from self.within(Misfit(self.root))
        for at, child in out:
            self.root.insert(at, child)
            if not said and not self.spent and not self.said():
                continue  # the validator named it only because of another
            yield from [Misfit(child)] if said else self.within(Misfit(child))
            self.root.remove(child)

    def within(self, misfit: Misfit) -> Iterator[Misfit]:
        """What in an element keeps the document from being valid; the element itself, if no less can be told."""
        element = misfit.element
        if fault := self.attribute([element]):
            yield fault
            return
        faulty = [] if self.spent else self.faulty(element)
        for at, child in faulty:
            element.insert(at, child)
            # of a comment it is the text behind it
            yield from self.within(Misfit(child)) if isinstance(child.tag, str) else [misfit]
            element.remove(child)
        if not faulty:  # perhaps within a child that the element cannot be without
            inner = list(element.iterdescendants(etree.Element))
            yield self.attribute(inner[:_MOST]) or misfit

    def attribute(self, elements: list[Element]) -> Misfit | None:
        """The one attribute without which the document is valid."""
        for element in elements:
            for name in list(element.attrib):  # items() takes long where there are very many
                if self.spent:
                    return None
                value = element.attrib.pop(name)
                valid = not self.said()
                element.set(name, value)
                if valid:
                    return Misfit(element, str(name))
        return None

    def faulty(self, element: Element) -> list[tuple[int, Element]]:
        """The children that do not fit, with their places; they are taken out.  Empty where it is not the children."""
        children = list(element)
        element[:] = []
        if not self.said():  # it can be without any, so put back what fits
            return list(self.misfits(element, children))
        element[:] = children
        for at, child in enumerate(children[:_MOST]):
            if self.spent:
                break
            element.remove(child)
            if not self.said():
                return [(at, child)]
            element.insert(at, child)
        return []

    def misfits(self, element: Element, children: list[Element]) -> Iterator[tuple[int, Element]]:
        """Append children to a valid element; those with which it is not stay out."""
        element.extend(children)
        if self.spent or not self.said():
            return
        for child in children:
            element.remove(child)
        if len(children) == 1:
            yield len(element), children[0]
            return
        half = len(children) // 2
        yield from self.misfits(element, children[:half])
        yield from self.misfits(element, children[half:])


def _named(root: Element, messages: list[str]) -> Element | None:
    """The child of the root that the validator's messages name."""
    for message in messages:
        found = re.search(r"(?:Extra element|extra content:|Did not expect element) (\S+)", message)
        if found and (child := next((child for child in root if child.tag == found[1]), None)) is not None:
            return child
    return None
