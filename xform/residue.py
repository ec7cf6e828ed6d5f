"""What no row claims of a document, and what stands in a form that its row cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from xform.compile.interpreter.reading import TEXT
from xform.table.model import Row
from xform.xml import attribute_name, path_of

if TYPE_CHECKING:
    from xform.compile.notes import Detailed


@frozen
class Residue:
    """One node that no row claims: its path in the document, the line on which its start tag ends, what it is.

    `what` is ``element`` (with all that it holds), ``attribute``, ``text`` or ``comment``.  `reason` says why a row did
    not take what stands at its place.  Other values are not shown: nobody knows what in them is secret.
    """

    path: str
    line: int
    what: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.line}: {self.path}: no row claims this {self.what}" + (f"; {self.reason}" if self.reason else "")


@frozen
class Drift:
    """A node in a form that its row cannot say: a constant with another value, or places of one field that disagree.

    It is left alone, whatever is written.
    """

    path: str
    line: int
    row: Row
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.path}: {self.row} at {self.row.origin}: {self.message}"


def residue(reading: Detailed) -> list[Residue]:
    """Every node that nobody took, in the document's order; white space is none."""
    reasons = {(holder, _node(row)): _said(row, message) for holder, row, message in reading.refused}
    found = []
    for node, name in reading.left:
        path = path_of(node) + (f"/@{attribute_name(node, name)}" if name else "")
        what = "element" if name is None else "text" if name == TEXT else "attribute"
        if not isinstance(node.tag, str):
            what = "comment"
        found.append(Residue(path, node.sourceline or 0, what, reasons.get((node, TEXT if name is None else name), "")))
    return found


def drift(reading: Detailed) -> list[Drift]:
    """Every node that has drifted."""
    found = []
    for holder, row, message in reading.drift:
        name = row.path.attribute
        path = path_of(holder) + (f"/@{attribute_name(holder, name)}" if name else "")
        found.append(Drift(path, holder.sourceline or 0, row, _said(row, message)))
    return found


def _node(row: Row) -> str:
    return row.path.attribute or TEXT


def _said(row: Row, message: str) -> str:
    codec = row.codec
    return f"the value is not {codec.expected}" if row.secret and codec else f"{row} does not admit it: {message}"
