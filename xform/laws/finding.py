"""What a law finds, and where."""

from __future__ import annotations

from attrs import frozen

from xform.xml import Element, shown


@frozen
class Finding:
    """One breach of a law: where (a document's path, or a field's), in which line of the document, and what."""

    law: str
    path: str
    what: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.line}: {self.path}" if self.line else self.path
        return f"{self.law}: {place}: {self.what}"


def path_of(element: Element) -> str:
    """An element's place in its document, as people write it."""
    steps = []
    for node in (element, *element.iterancestors()):
        parent = node.getparent()
        family = [] if parent is None else [other for other in parent if other.tag == node.tag]
        steps.append(shown(node) + (f"[{family.index(node) + 1}]" if len(family) > 1 else ""))
    return "/" + "/".join(reversed(steps))
