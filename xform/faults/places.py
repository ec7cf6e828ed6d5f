"""Where in a document's text a fault is."""

from __future__ import annotations

from xform.compile.interpreter import TEXT
from xform.errors import DocumentError
from xform.text import Text, decode
from xform.xml import Element


class Places:
    """Line and column, from 1, of the elements and attributes of a document as it was parsed.

    Where the text cannot be followed the line is that where a start tag ends, and the column is None.
    """

    def __init__(self, root: Element, data: bytes) -> None:
        self.text: Text | None = None
        try:
            self.text = Text(decode(data, root)[0], root)
            self.elements = self.text.places()
        except DocumentError:
            self.text = None

    def __call__(self, element: Element, node: str | None = None) -> tuple[int, int | None]:
        if self.text is None:
            return element.sourceline or 0, None
        if node and node != TEXT and (found := self.text.attributes(element).get(node)):
            at = found.start(2)
            line = self.text.line(at)
            begin = self.text.lines_at[line - 1] or int(self.text.text.startswith("\ufeff"))
            return line, at - begin + 1
        return self.elements[element]
