"""Which prefix stands for a namespace where an edit writes a name of it, and what has to be declared for that.

The tree cannot be asked: it makes up prefixes for what is put in, and keeps them when that is taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain, count

from lxml import etree

from xform.text import XML, Text, in_force
from xform.update.edits import Edits
from xform.xml import VERBATIM, Element, escape_attribute

Spaces = dict[str | None, str]


class Prefixes:
    """The prefixes of a document's text, those of a dialect for what the text has none for."""

    def __init__(self, text: Text, edits: Edits, namespaces: dict[str, str]) -> None:
        self.text, self.edits = text, edits
        self.namespaces = namespaces
        # what elements of the text declare for attributes that they get: names and quoted values
        self.declared: dict[Element, dict[str, str]] = {}
        spaced = [element for element, names in edits.attributes.items() if any(name[0] == "{" for name in names)]
        for element in sorted(spaced, key=lambda one: len(list(one.iterancestors()))):
            if edits.in_text(element):
                self._declare(element)

    def _declare(self, element: Element) -> None:
        for name in self.edits.attributes[element]:
            uri = etree.QName(name).namespace
            if uri and name in element.attrib and _prefix(spaces := in_force(self.in_force(element)), uri) is None:
                self.declared.setdefault(element, {})[f"xmlns:{self._free(uri, spaces)}"] = _quoted(uri)

    def in_force(self, element: Element) -> dict[str, str]:
        """The declarations in force at an element of the text, new ones too: names and quoted values."""
        return self.text.declared(element, self.declared)

    def _free(self, uri: str, taken: Collection[str | None]) -> str:
        """The dialect's own prefix, or one like it where that stands for another namespace."""
        own = next((prefix for prefix, known in self.namespaces.items() if known == uri), "ns")
        return next(one for one in chain([own], (f"{own}{n}" for n in count(1))) if one not in taken)

    def attribute(self, element: Element, name: str) -> str:
        """An attribute's name as the document writes it."""
        uri = etree.QName(name).namespace
        return f"{_prefix(in_force(self.in_force(element)), uri)}:{etree.QName(name).localname}" if uri else name

    def given(self, made: Element, parent: Element) -> str:
        """Give a new element, which is in no tree, the prefixes in force at its parent; what it declares beyond."""
        outer = in_force(self.in_force(parent))
        # a name without a namespace is none of a default one's
        plain = any(etree.QName(one).namespace is None for one in made.iter(etree.Element) if one.tag != VERBATIM)
        spaces = {prefix: uri for prefix, uri in outer.items() if prefix or not plain}
        for uri, attribute in _names(made):
            if _prefix(spaces, uri) is None and (attribute or spaces.get(None) != uri):
                spaces[self._free(uri, outer.keys() | spaces.keys())] = uri
        etree.Element("outer", nsmap=spaces).append(made)
        said = "".join(f" xmlns:{prefix}={_quoted(uri)}" for prefix, uri in spaces.items() if prefix not in outer)
        return f"{said} xmlns=''" if plain and None in outer else said


def _names(made: Element) -> Iterator[tuple[str, bool]]:
    """The namespaces of the names in an element, and whether that of an attribute."""
    for element in made.iter(etree.Element):
        for name in (element.tag, *element.attrib):
            if uri := etree.QName(str(name)).namespace:
                yield uri, name is not element.tag


def _prefix(spaces: Spaces, uri: str | None) -> str | None:
    return next((prefix for prefix, known in {**spaces, "xml": XML}.items() if prefix and known == uri), None)


def _quoted(uri: str) -> str:
    return f"'{escape_attribute(uri)}'"
