"""What no row claims of a document, and what stands in a form that its row cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from xform.compile.interpreter.reading import TEXT, Left
from xform.compile.notes import rest
from xform.table.model import Row
from xform.xml import Element, aside, line_of, path_of

if TYPE_CHECKING:
    from xform.compile.notes import Detailed


@frozen
class Residue:
    """One node that no row claims: its path in the document, the line on which its start tag ends, what it is.

    `what` is ``element`` (with all that it holds), ``attribute``, ``text``, ``comment`` or ``processing instruction``.
    `reason` says why a row did not take what stands at its place, or in it.  Other values are not shown: nobody knows
    what in them is secret.
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
    """Every node that nobody took, in the document's order; neither white space nor what has drifted is one."""
    reasons: dict[Left, str] = {}
    for holder, row, message in reading.refused:
        said = _what(row, message) if row.secret else f"{row} does not admit it: {message}"
        reasons[holder, _node(row)] = said
        for outer in (holder, *holder.iterancestors()):  # of an element that is left whole, the first in it
            reasons.setdefault((outer, None), said)
    drifted: set[Left] = {(holder, _node(row)) for holder, row, _ in reading.drift}
    found = []
    for node, name in reading.left:
        if _within(drifted, node, name):
            continue
        what = "element" if name is None else "text" if name == TEXT else "attribute"
        if not isinstance(node.tag, str):
            what = aside(node)
        found.append(Residue(path_of(node, name), line_of(node), what, reasons.get((node, name), "")))
    return found


def drift(reading: Detailed) -> list[Drift]:
    """Every node that has drifted."""
    found = []
    for holder, row, message in reading.drift:
        found.append(Drift(path_of(holder, row.path.attribute), line_of(holder), row, _what(row, message)))
    return found


def _within(drifted: set[Left], node: Element, name: str | None) -> bool:
    """Whether a node has drifted, or all that an element holds."""
    if name is not None or not isinstance(node.tag, str):
        return (node, name) in drifted
    held: list[Left] = []
    rest(node, held)  # type: ignore[arg-type]
    return bool(held) and all(_within(drifted, *one) for one in held)


def _node(row: Row) -> str:
    return row.path.attribute or TEXT


def _what(row: Row, message: str) -> str:
    """What is wrong with a value, of a secret one without it."""
    return f"the value is not {row.codec.expected}" if row.secret and row.codec else message
