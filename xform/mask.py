"""Documents to be looked at: what may be secret is not in them.

Shown is what rows say and do not call secret.  The rest stands as ``***``: secrets, kept XML, and what no row claims,
for nobody knows what in it is secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from lxml import etree

from xform.compile.interpreter import TEXT, Reader, find
from xform.entities import MASK, Opaque
from xform.table.model import Choice, Path, Row, Table
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect


class Discreet(Reader):
    """Reads as any reader does, but claims only what may be shown.

    `secrets` holds the elements that secret entities stand in.
    """

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect.classes)
        self.secrets: set[Element] = set()

    def hides(self, row: Row, element: Element) -> bool:
        """Whether what a row says of an element is a secret, its own or that of an entity around it."""
        return row.secret or not self.secrets.isdisjoint([element, *element.iterancestors()])

    def entity(self, name: str, element: Element) -> Any:
        found = super().entity(name, element)
        if isinstance(found, Opaque):
            self._forget(element)
        return found

    def project(self, row: Row, owner: Table, choice: Choice, element: Element) -> Opaque:
        before = {inner: dict(nodes) for inner, nodes in self.reading.claims.items()}
        kept = super().project(row, owner, choice, element)
        self.reading.claims = before
        return kept

    def pass_over(self, row: Row, element: Element) -> None:
        if not row.secret:
            super().pass_over(row, element)
            return
        for path in row.paths:
            for holder in find(element, path.steps):
                self.reading.claim(holder)

    def node(self, row: Row, path: Path, holder: Element, needs: dict[str, Any] | None) -> Any:
        if row.secret and row.entity:
            self.secrets.add(holder)
        found = super().node(row, path, holder, needs)
        if row.secret and row.codec:
            self.reading.claim(holder)
            self.reading.claims[holder].pop(path.attribute or TEXT, None)
        elif row.secret or (row.codec and row.codec.shape == "xml"):
            self._forget(holder)
        return found

    def _forget(self, element: Element) -> None:
        for inner in element.iter():
            self.reading.claims.pop(inner, None)
        self.reading.claim(element)


def masked_document(dialect: Dialect, xml: str, context: Mapping[str, Any]) -> str:
    """The document as it may be shown; the very same where there is nothing to hide. Raises DocumentError."""
    root = dialect.tree(xml)
    claims = Discreet(dialect).document(root, dict(context)).claims
    beside = root.getprevious() is not None or root.getnext() is not None
    if not _hide(root, claims) and not beside:
        return xml
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _hide(element: Element, claims: Mapping[Element, Collection[str]]) -> bool:
    """Mask what is not claimed, within an element too; whether there was anything."""
    shown = claims.get(element)
    if shown is None:
        if not (element.attrib or len(element) or element.text):
            return False
        element.attrib.clear()
        element[:] = []
        element.text = MASK
        return True
    hidden = False
    for name in list(element.attrib):
        if name not in shown:
            element.set(name, MASK)
            hidden = True
    for child in list(element):
        if isinstance(child.tag, str):
            hidden = _hide(child, claims) or hidden
        else:  # a comment may say anything
            element.remove(child)
            hidden = True
        if (child.tail or "").strip():
            child.tail = MASK
            hidden = True
    if (element.text or "").strip() and TEXT not in shown:
        element.text = MASK
        hidden = True
    return hidden
