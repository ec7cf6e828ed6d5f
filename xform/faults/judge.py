"""Which of what the tables do not allow keeps a document from being valid, and what else does."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from attrs import define, field

from xform.compile.interpreter import TEXT
from xform.faults.fault import Fault, fault, short
from xform.faults.suspects import Suspect, Suspects
from xform.schema import Schema, Search
from xform.xml import Element, shown


def judge(schema: Schema, suspects: Suspects, root: Element) -> list[Fault]:
    """The faults of a document that is not valid, in no order."""
    return [fault.said_by("schema") for fault in _Judge(schema, suspects, root).faults()]


class _Judge:
    """Mends a copy of the document: what is still not valid is searched for, and what can be put back is no fault."""

    def __init__(self, schema: Schema, suspects: Suspects, root: Element) -> None:
        self.schema, self.suspects, self.root = schema, suspects, root
        self.copy = deepcopy(root)
        self.twin = dict(zip(root.iter(), self.copy.iter(), strict=True))
        self.search = Search(schema, self.copy)

    def faults(self) -> Iterator[Fault]:
        present = [one for one in self.suspects.found if one.kind != "missing"]
        mended = [_Mending(self.twin[one.fault.element], one) for one in present]
        for mending in mended:
            mending.mend()
        others = list(self.others()) if self.search.said() else []
        valid = not others
        for mending in mended:
            if valid and not self.search.spent:
                mending.undo()
                if not self.search.said():
                    continue
                mending.mend()
            yield mending.suspect.fault
        said = {(fault.element, fault.node) for one in present if (fault := one.fault)}
        unsure = [one.fault.element for one in present if one.kind == "value"]
        for element, node in others:
            missing = [
                one.fault
                for one in self.suspects.found
                if one.kind == "missing" and _around(element, one.fault.element)
            ]
            if node is None and missing:
                yield from missing
            elif (element, node) not in said and not any(_around(element, other) for other in unsure):
                yield self.explained(element, node)

    def others(self) -> Iterator[tuple[Element, str | None]]:
        """What keeps the mended document from being valid."""
        again = deepcopy(self.copy)
        back = dict(zip(again.iter(), self.copy.iter(), strict=True))
        origin = {twin: element for element, twin in self.twin.items()}
        for misfit in Search(self.schema, again).faults():
            yield origin[back[misfit.element]], misfit.attribute

    def explained(self, element: Element, attribute: str | None) -> Fault:
        """A fault that the tables do not see: each part is known, but not together."""
        if attribute is not None:
            return self.suspects.value(element, attribute)
        suspects, parent = self.suspects, element.getparent()
        expected = (*suspects.attributes(element), *suspects.children(element))
        inside = f" in {short(parent)}" if parent is not None else ""
        what = f"<{shown(element)}>{inside} is not allowed here, or not with this content"
        return fault(element, None, what, shown(element), expected)


@define(eq=False)
class _Mending:
    """A suspect taken out of a tree, or made what is allowed; and put back."""

    element: Element
    suspect: Suspect
    old: str = ""
    parent: Element | None = None
    after: list[Element] = field(factory=list)

    def mend(self) -> None:
        node, sample = self.suspect.fault.node, self.suspect.sample
        if node is None:
            self.parent = self.element.getparent()
            assert self.parent is not None
            self.after = list(self.element.itersiblings())
            self.parent.remove(self.element)
        elif node == TEXT:
            self.old = self.element.text or ""
            self.element.text = sample
        else:
            self.old = self.element.attrib.pop(node)
            if sample is not None:
                self.element.set(node, sample)

    def undo(self) -> None:
        node = self.suspect.fault.node
        if node is None:
            assert self.parent is not None
            behind = next((one for one in self.after if one.getparent() is self.parent), None)
            self.parent.insert(len(self.parent) if behind is None else self.parent.index(behind), self.element)
        elif node == TEXT:
            self.element.text = self.old
        else:
            self.element.set(node, self.old)


def _around(outer: Element, inner: Element) -> bool:
    return outer is inner or outer in inner.iterancestors()
