"""Edit a document's tree, and note what is done, so that its text can follow and the tree can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import define, field
from lxml import etree

from xform.text import Text
from xform.xml import Element, own_text


@define
class Edits:
    """Edits of one tree, each done at once and noted.

    `attributes` holds what attributes were, by element and name, and `order` their names in the order that rows give
    them; `texts` the elements with another text, and whether white space around it is none of the value's; `placed`
    the elements that were put in or moved, and the verbatim text that one stands for; `gone` those that were in the
    text and are taken from their place; `grown` and `shrunk` the elements whose children changed, `children` the text
    and the children, with what is behind each, that these had.
    """

    text: Text
    attributes: dict[Element, dict[str, str | None]] = field(factory=dict)
    order: dict[Element, tuple[str, ...]] = field(factory=dict)
    texts: dict[Element, bool] = field(factory=dict)
    placed: dict[Element, str | None] = field(factory=dict)
    gone: dict[Element, None] = field(factory=dict)
    grown: dict[Element, None] = field(factory=dict)
    shrunk: dict[Element, None] = field(factory=dict)
    children: dict[Element, tuple[str | None, list[tuple[Element, str | None]]]] = field(factory=dict)
    _undo: list[Callable[[], None]] = field(factory=list)

    def __bool__(self) -> bool:
        return bool(self._undo or self.children)

    def _note(self, undo: Callable[[], None]) -> None:
        _ = self.text.elements  # counted before the first edit
        self._undo.append(undo)

    def set(self, element: Element, name: str, value: str | None, order: tuple[str, ...] = ()) -> None:
        """Give an attribute a value, or take it away."""
        before = element.get(name)
        if before == value:
            return
        self.attributes.setdefault(element, {}).setdefault(name, before)
        self.order[element] = order
        self._note(lambda: _put(element, name, before))
        _put(element, name, value)

    def write(self, element: Element, value: str, trims: bool) -> None:
        """Give an element another text; if it `trims`, white space around the old one is none of the value's."""
        comments = []
        for child in element:
            if isinstance(child.tag, str):
                break
            comments.append((child, child.tail))
        before = element.text

        def undo() -> None:
            element.text = before
            for comment, tail in comments:
                comment.tail = tail

        self.texts[element] = trims
        self._note(undo)
        element.text = value
        for comment, _ in comments:
            comment.tail = None

    def insert(self, parent: Element, at: int, child: Element, verbatim: str | None = None) -> None:
        """Put in an element at an index: a new one, which may stand for a `verbatim` text, or one that is moved."""
        old = child.getparent()
        if old is not None:
            self.gone[child] = None
        self._restore(*([parent] if old in (None, parent) else [parent, old]))
        self.grown[parent] = None
        self.placed[child] = verbatim
        if old is not None:
            _take(child)
        parent.insert(at, child)

    def remove(self, element: Element) -> None:
        parent = element.getparent()
        assert parent is not None
        self._restore(parent)
        self.shrunk[parent] = None
        if element in self.placed:
            del self.placed[element]
        else:
            self.gone[element] = None
        _take(element)

    def _restore(self, *parents: Element) -> None:
        """Note the children of elements, so that they can be put back."""
        for parent in parents:
            if parent not in self.children:
                _ = self.text.elements  # counted before the first edit
                self.children[parent] = parent.text, [(child, child.tail) for child in parent]

    def undo(self) -> None:
        """Take everything back, on the tree."""
        for parent, (text, children) in self.children.items():
            parent[:] = [child for child, _ in children]
            parent.text = text
            for child, tail in children:
                child.tail = tail
        self.children.clear()
        while self._undo:
            self._undo.pop()()

    def in_text(self, element: Element) -> bool:
        """Whether an element is one of the document's that the text has already."""
        chain = (element, *element.iterancestors(etree.Element))
        return chain[-1] is self.text.root and not any(one in self.placed and one not in self.gone for one in chain)

    def within(self, elements: Collection[Element]) -> bool:
        """Whether all edits are in some elements."""
        touched = {**self.attributes, **self.texts, **self.grown, **self.shrunk}
        return all(any(outer in elements for outer in (element, *element.iterancestors())) for element in touched)


def _put(element: Element, name: str, value: str | None) -> None:
    if value is None:
        element.attrib.pop(name, None)
    else:
        element.set(name, value)


def _take(element: Element) -> None:
    """Remove an element, and leave the text behind it; no white space where that would become part of a text."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None
    if own_text(parent).strip() and not any(isinstance(one.tag, str) for one in element.itersiblings(preceding=True)):
        for one in (element, *element.itersiblings()):
            if one is not element and isinstance(one.tag, str):
                break
            if not (one.tail or "").strip():
                one.tail = None
    tail = element.tail
    parent.remove(element)
    element.tail = None
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
