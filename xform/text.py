"""A document's text, and where each element stands in it.  Knows no element's name."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property

from attrs import frozen
from lxml import etree

from xform.errors import DocumentError
from xform.xml import Element, parse_text

# A '<' stands in no attribute and no text, so what is no comment, CDATA or instruction begins a tag.
_START = re.compile(r"<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|([^/!?]))", re.DOTALL)
_TAG = re.compile(
    r"""<(?:(!--.*?--|!\[CDATA\[.*?\]\]|\?.*?\?)|(/)[^>]*|[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*)>""", re.DOTALL
)
_NAME = re.compile(r"<([^\s/>]+)")
_ATTRIBUTE = re.compile(r"""(\s+)([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
_PART = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|[^<]+", re.DOTALL)
XML = "http://www.w3.org/XML/1998/namespace"
# That of UTF-32 begins as that of UTF-16 does.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_LINE_END = re.compile(r"[ \t]*(?=[\r\n]|$)")


def in_force(declared: dict[str, str]) -> dict[str | None, str]:
    """The namespaces by prefix that declarations, name and quoted value, say."""
    said = "".join(f" {name}={value}" for name, value in declared.items())
    return {prefix: uri for prefix, uri in parse_text(f"<w{said}/>").nsmap.items() if uri} if said else {}


def decoded(data: bytes, source: str) -> str:
    """A document that is said to be in UTF-8. Raises DocumentError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"{source}:1:1: the document is not in UTF-8; expected one that is") from None


@frozen
class Span:
    """Where an element stands: its start tag from `start` to `head`, its end tag from `tail` to `end`.

    Of an element that is one tag only, `head`, `tail` and `end` are the same.
    """

    start: int
    head: int
    tail: int
    end: int


def decode(data: bytes, root: Element) -> tuple[str, str]:
    """The text of a document that was read from bytes, a byte order mark included, and the codec that gives the same
    bytes again. Raises DocumentError where none does.
    """
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    name = marked or root.getroottree().docinfo.encoding or "utf-8"
    try:
        text = data.decode(name)
        if text.encode(name) == data:
            return text, name
    except (LookupError, UnicodeError):
        pass
    raise DocumentError(f"the bytes cannot be kept in the encoding {name}; convert the document to UTF-8")


def places(root: Element, document: str | bytes) -> dict[Element, tuple[int, int]]:
    """Line and column, from 1, of the start tag of every element; `root` must be the document as it was parsed.

    lxml knows the line alone, and that where a start tag ends.  Empty where the text cannot be followed.
    """
    try:
        return Text(document if isinstance(document, str) else decode(document, root)[0], root).places()
    except DocumentError:
        return {}


class Text:
    """A document's text, and the places of its elements in it."""

    def __init__(self, text: str, root: Element) -> None:
        self.text = text
        self.root = root
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._spans: dict[Element, Span] = {}

    @cached_property
    def elements(self) -> list[Element]:
        return list(self.root.iter(etree.Element))

    @cached_property
    def ordinals(self) -> dict[Element, int]:
        return {element: at for at, element in enumerate(self.elements)}

    @cached_property
    def starts(self) -> list[int]:
        starts = [found.start() for found in _START.finditer(self.text) if found[1]]
        if len(starts) != len(self.elements):
            raise DocumentError("the text cannot be followed tag by tag; expected plain XML")
        return starts

    def places(self) -> dict[Element, tuple[int, int]]:
        """Line and column of every element. Raises DocumentError."""
        return {element: self.place(start) for element, start in zip(self.elements, self.starts, strict=True)}

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a place in the text, from 1."""
        line = self.line(at)
        begin = self.lines_at[line - 1] or int(self.text.startswith("\ufeff"))
        return line, at - begin + 1

    def line(self, at: int) -> int:
        """The line of a place, from 1."""
        return bisect_right(self.lines_at, at)

    @cached_property
    def lines_at(self) -> list[int]:
        """Where each line begins."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def asides(self) -> list[tuple[int, int]]:
        """Comments and instructions, the XML declaration among them."""
        return [found.span() for found in _START.finditer(self.text) if not found[1] and found[0][:3] != "<!["]

    def span(self, element: Element) -> Span:
        if element not in self._spans:
            self._spans[element] = self._span(self.starts[self.ordinals[element]])
        return self._spans[element]

    def _span(self, start: int) -> Span:
        opened = _TAG.match(self.text, start)
        assert opened
        if opened[0].endswith("/>"):
            return Span(start, opened.end(), opened.end(), opened.end())
        depth = 1
        for tag in _TAG.finditer(self.text, opened.end()):
            if tag[2]:
                depth -= 1
                if not depth:
                    return Span(start, opened.end(), tag.start(), tag.end())
            elif not tag[1] and not tag[0].endswith("/>"):
                depth += 1
        raise AssertionError("an element of a well-formed document has an end")

    def margin(self, at: int) -> str | None:
        """The blanks between the start of a line and a place, or None where something else stands there."""
        line = max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1
        blanks = self.text[line:at]
        return blanks if not blanks.strip() else None

    def name(self, span: Span) -> re.Match[str]:
        """The opening of an element, up to the end of its name, which is the first group."""
        found = _NAME.match(self.text, span.start)
        assert found
        return found

    def attributes(self, element: Element) -> dict[str, re.Match[str]]:
        """The attributes of an element by name (`{uri}local`): blanks in front, name as written, quoted value.

        Declarations of namespaces are none.
        """
        span, spaces, found = self.span(element), None, {}
        for attribute in _ATTRIBUTE.finditer(self.text, span.start, span.head):
            prefix, colon, local = attribute[2].partition(":")
            if colon and prefix != "xmlns":
                spaces = spaces or {**in_force(self.declared(element)), "xml": XML}
                found[f"{{{spaces[prefix]}}}{local}"] = attribute
            elif prefix != "xmlns":
                found[prefix] = attribute
        return found

    def declarations(self, element: Element) -> dict[str, re.Match[str]]:
        """The declarations of namespaces in an element's tag, by name (`xmlns:a`), as `attributes` has others."""
        at = self.ordinals[element]
        if self.text.find("xmlns", *self.starts[at : at + 2]) < 0:
            return {}
        opened = _TAG.match(self.text, self.starts[at])  # of a span the end had to be looked for
        assert opened
        found = _ATTRIBUTE.finditer(self.text, *opened.span())
        return {one[2]: one for one in found if one[2].partition(":")[0] == "xmlns"}

    def declared(self, element: Element, new: Mapping[Element, dict[str, str]] | None = None) -> dict[str, str]:
        """The declarations in force at an element, name and quoted value; with those that are `new` in some elements.

        The tree does not know them: it has more as soon as it was edited.
        """
        found: dict[str, str] = {}
        for outer in reversed([element, *element.iterancestors(etree.Element)]):
            found.update((name, one[3]) for name, one in self.declarations(outer).items())
            found.update((new or {}).get(outer, {}))
        return found

    def parts(self, start: int, stop: int) -> list[tuple[int, int, str]]:
        """The text that stands somewhere, CDATA sections as they are, comments and instructions left out."""
        found = _PART.finditer(self.text, start, stop)
        return [(*part.span(), part[0]) for part in found if not part[0].startswith(("<!--", "<?"))]

    def lines(self, span: Span) -> tuple[int, int]:
        """What goes with an element: its lines, if it has them for itself."""
        margin = self.margin(span.start)
        line = span.start - len(margin or "")
        if margin is None or not line or not _LINE_END.match(self.text, span.end):
            return span.start, span.end
        return line - (2 if self.text[line - 2 : line] == "\r\n" else 1), span.end
