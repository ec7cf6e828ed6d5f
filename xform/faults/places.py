"""Where in a document's text its faults are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from xform.compile.interpreter import TEXT
from xform.errors import DocumentError, named
from xform.faults.check import check
from xform.faults.fault import Fault, short
from xform.text import Text, decode
from xform.xml import Element, line_of

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.schema import Schema


@frozen
class Located:
    """A fault of a document; str() gives ``source:line:column: message (by)``.

    `line` and `column` count from 1; the column is None where the text cannot be followed.
    """

    source: str
    line: int
    column: int | None
    fault: Fault

    @property
    def said(self) -> str:
        """The message, and who says so; what a row says of itself lacks the path."""
        fault = self.fault
        named = fault.by == "tables" or fault.by.startswith("schema")
        return f"{fault.message} ({fault.by if named else f'{short(fault.element, fault.node)}, {fault.by}'})"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)
        return f"{place}: {self.said}"


def locate(
    dialect: Dialect, schema: Schema | None, document: str | bytes, source: str = "document", **context: Any
) -> list[Located]:
    """The faults of a document, in the order of its places; no secret is shown.  Raises DocumentError."""
    root = dialect.tree(document, source)
    with named(source, DocumentError):
        found = check(dialect, schema, root, context)
    if not found:
        return []
    where = _Places(root, document)
    told = [Located(source, *where(fault.element, fault.node), fault) for fault in found]
    return sorted(told, key=lambda one: (one.line, one.column or 0))


class _Places:
    """Line and column, from 1, of the elements and attributes of a document as it was parsed.

    Where the text cannot be followed the line is that where a start tag ends, and the column is None.
    """

    def __init__(self, root: Element, document: str | bytes) -> None:
        self.text: Text | None = None
        try:
            self.text = Text(document if isinstance(document, str) else decode(document, root)[0], root)
            self.elements = self.text.places()
        except DocumentError:
            self.text = None

    def __call__(self, element: Element, node: str | None = None) -> tuple[int, int | None]:
        if self.text is None:
            return line_of(element), None
        if node and node != TEXT and (found := self.text.attributes(element).get(node)):
            return self.text.place(found.start(2))
        return self.elements[element]
