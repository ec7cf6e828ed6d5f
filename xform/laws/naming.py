"""What the tables do not say of a document."""

from __future__ import annotations

from typing import Any

from xform.compare import holds_nothing
from xform.compile.interpreter import TEXT, Left, Reader, Reading
from xform.dialect import Dialect
from xform.entities import masked
from xform.laws.finding import Finding
from xform.table.model import Row
from xform.xml import Element, line_of, path_of


def residue(reading: Reading, root: Element) -> list[Finding]:
    """What no row claims of a document that was read: elements (once, with all they hold), attributes, text."""
    return [_unclaimed(node, name) for node, name in left(reading, root)]


def named(dialect: Dialect, root: Element, **context: Any) -> list[Finding]:
    """What keeps a document from being named whole; empty elements that no row claims are no matter."""
    reading = Reader(dialect.classes).document(root, context)
    told = [pair for pair in left(reading, root) if pair[1] is not None or not holds_nothing(pair[0])]
    refusals = [_refusal(*refused) for refused in reading.refused if _matters(reading, *refused)]
    return [_unclaimed(*pair) for pair in told] + refusals


def left(reading: Reading, root: Element) -> list[Left]:
    """What nobody took, but for comments: these are nobody's to name."""
    return [(node, name) for node, name in reading.unclaimed(root) if isinstance(node.tag, str)]


def _unclaimed(node: Element, name: str | None) -> Finding:
    what = "no row claims this " + ("element" if name is None else "text" if name == TEXT else "attribute")
    return Finding("named", path_of(node, name), what, line_of(node))


def _matters(reading: Reading, holder: Element, row: Row, message: str) -> bool:
    """Not what another row took."""
    place = row.path.attribute if row.path.attribute is not None else TEXT
    return place not in reading.claims.get(holder, ())


def _refusal(holder: Element, row: Row, message: str) -> Finding:
    where = path_of(holder, row.path.attribute)
    return Finding(
        "named", where, f"{row} does not admit {masked(message) if row.secret else message}", line_of(holder)
    )
