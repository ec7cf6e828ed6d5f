"""Which of what the tables do not allow keeps a document from being valid, and what else does."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cached_property

from attrs import define, field

from xform.compile.interpreter import TEXT
from xform.faults.fault import Fault, fault, meant, short, value_at
from xform.faults.narrow import Gap, Narrow, Wrong
from xform.faults.search import Search
from xform.faults.suspects import Suspect, Suspects
from xform.schema import Schema
from xform.xml import Element, element_name


def judge(schema: Schema, suspects: Suspects, root: Element) -> list[Fault]:
    """The faults of a document that is not valid, in no order; at least one."""
    judging = _Judge(schema, suspects, root)
    if not (found := list(judging.faults())):  # where what was mended hid what is wrong, the search alone tells
        judging = _Judge(schema, suspects, root)
        found = judging.told_least()
    unique: dict[tuple[str, str], Fault] = {}
    for one in found:
        node = one.message if one.node is None else one.node
        unique.setdefault((one.path, node), one.said_by("schema", judging.spent))
    return list(unique.values())


class _Judge:
    """Mends a copy of the document: what is still not valid is searched for, and what can be put back is no fault."""

    def __init__(self, schema: Schema, suspects: Suspects, root: Element) -> None:
        self.schema, self.suspects, self.root = schema, suspects, root
        self.copy = deepcopy(root)
        self.twin = dict(zip(root.iter(), self.copy.iter(), strict=True))
        self.search = Search(schema, self.copy)
        self.spent = False

    def faults(self) -> Iterator[Fault]:
        mended = [_Mending(self.twin[one.fault.element], one) for one in self.suspects.found if one.kind != "missing"]
        for mending in mended:
            mending.mend()
        others = list(self.misfits()) if self.search.said() else []
        yield from self.searched(mended) if others else self.tried(mended)
        said = {(mending.suspect.fault.element, mending.suspect.fault.node) for mending in mended}
        # a word taken for another may not go with the rest of its element
        guessed = [mending.suspect.fault.element for mending in mended if mending.suspect.guessed]
        unsure = [element for element in guessed if element is not self.root]
        for element, node in others:
            doubted = any(_around(element, other) or _around(other, element) for other in unsure)
            if (element, node) not in said and not doubted:
                yield from self.explained(element, node)

    def tried(self, mended: list[_Mending]) -> Iterator[Fault]:
        """Of what was mended until the document was valid: that with which it is not."""
        for mending in mended:
            if not self.search.spent:
                mending.undo()
                if not self.search.said():
                    continue
                mending.mend()
            yield mending.suspect.fault

    def searched(self, mended: list[_Mending]) -> Iterator[Fault]:
        """Of what was mended in vain: that which lies where the search finds something in the document as it is."""
        for mending in mended:
            mending.undo()
        misfits = [element for element, _ in self.misfits()]
        for mending in mended:
            if any(_related(misfit, mending.suspect.fault.element) for misfit in misfits):
                yield mending.suspect.fault

    def misfits(self) -> Iterator[tuple[Element, str | None]]:
        """What the search finds in the copy as it is now: elements of the document, or of one an attribute."""
        searched = deepcopy(self.copy)
        origin = {twin: element for element, twin in self.twin.items()}
        back = {found: origin[twin] for found, twin in zip(searched.iter(), self.copy.iter(), strict=True)}
        search = Search(self.schema, searched)
        for misfit in search.faults():
            yield back[misfit.element], misfit.attribute
        self.spent |= search.spent

    def explained(self, element: Element, attribute: str | None) -> list[Fault]:
        """Faults that the tables do not see by themselves."""
        if attribute is not None:
            return [self.value(element, attribute)]
        suspects = self.suspects
        if found := list(self.narrow.within(element)):
            return [self.told(one) for one in found if not self.misspelt(one)]
        # the search tells an element beside the text, if that can be left out with it, else the one around it
        if strays := [one for one in (element, element.getparent()) if one is not None and self.stray(one)]:
            return [self.suspects.text(one) for one in strays]
        missing = [one.fault for one in suspects.found if one.kind == "missing"]
        if inner := [one for one in missing if _around(element, one.element)]:
            return inner
        return [self.misfit(element)]

    def stray(self, element: Element) -> bool:
        """Whether text stands behind a child of an element that has none."""
        return any((child.tail or "").strip() for child in element) and not self.narrow.has(element, TEXT)

    def misfit(self, element: Element) -> Fault:
        """An element of which no more can be told than that the document is not valid with it."""
        parent = element.getparent()
        if parent is not None and not self.narrow.knows(element):
            known = element in self.suspects.contents
            return self.suspects.newer(element, None, self.whose) if known else self.suspects.unknown(element)
        inside = f" in {short(parent)}" if parent is not None else ""
        what = f"<{element_name(element)}>{inside} is out of order, lacks something, or holds what does not go together"
        return fault(element, None, what, element_name(element))

    def told_least(self) -> list[Fault]:
        return [self.misfit(element) for element, _ in self.misfits()]

    def misspelt(self, found: Gap | Wrong) -> bool:
        return isinstance(found, Gap) and meant(found.tag, [found.tag]) in self.suspects.typed(found.element)

    def told(self, found: Gap | Wrong) -> Fault:
        if isinstance(found, Wrong):
            return self.value(found.element, found.node)
        return self.suspects.gap(found.element, found.tag, found.attribute)

    def value(self, element: Element, node: str) -> Fault:
        text = value_at(element, node)
        if not self.narrow.has(element, node):
            return self.suspects.newer(element, node, self.whose)
        if self.narrow.admits(element, node, text):
            return self.suspects.clash(element, node, self.narrow.without(element, node))
        return self.suspects.value(element, node, self.narrow.expected(element, node))

    @property
    def whose(self) -> str:
        return f"the schema of libvirt {self.schema.version}" if self.schema.version else "the schema"

    @cached_property
    def narrow(self) -> Narrow:
        return Narrow(self.schema)


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


def _related(one: Element, other: Element) -> bool:
    """Whether one is within the other, or stands beside it under the same name."""
    beside = one.tag == other.tag and one.getparent() is other.getparent()
    return beside or _around(one, other) or _around(other, one)
