"""What the tables do not allow in a document: each is a fault, if the document is not valid for it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen
from lxml import etree

from xform.compile.interpreter import TEXT, find, node_text
from xform.errors import quoted
from xform.faults.allowed import Content, Value, many
from xform.faults.fault import Fault, fault, meant, short, value_at
from xform.faults.known import Known, some
from xform.table.model import Path, Row
from xform.xml import Element, attribute_name, element_name, own_text

NONE = "; expected no other"


@frozen
class Suspect:
    """A fault that the tables see.  `kind` is ``surplus`` (a node that is too much), ``value`` (one that is not
    admitted; `sample` would be, `guessed` where it is any of some words) or ``missing``.
    """

    kind: str
    fault: Fault
    sample: str | None = None
    guessed: bool = False


class Suspects:
    """Looks at a document as the tables do.  `contents` is what is allowed in each element that they know."""

    def __init__(self, known: Known, root: Element) -> None:
        self.known = known
        self.contents: dict[Element, Content] = {}
        self.found = list(self._element(root, known.allowed.root(root)))

    def _element(self, element: Element, content: Content) -> Iterator[Suspect]:
        self.contents[element] = content
        if content.open:
            return
        yield from self._attributes(element, content)
        yield from self._text(element, content)
        yield from self._missing(element, content)
        stood: set[int] = set()
        for child in element.iterchildren(etree.Element):
            nodes = content.fitting(child)
            if not nodes:
                yield Suspect("surplus", self.unknown(child))
                continue
            if any(id(node) in stood for node in nodes) and not any(many(node) for node in nodes):
                what = f"<{element_name(child)}> stands in {short(element)} already; expected it once"
                yield Suspect("surplus", fault(child, None, what, element_name(child)))
            stood.update(map(id, nodes))
            yield from self._element(child, self.known.allowed.within(nodes, child))

    def _attributes(self, element: Element, content: Content) -> Iterator[Suspect]:
        for key, text in element.attrib.items():
            name = str(key)
            values = content.values.get(name)
            if values is None:
                yield Suspect("surplus", self.unknown_attribute(element, name))
            elif not any(value.admits(str(text)) for value in values):
                yield Suspect("value", self.value(element, name), *_sample(values, str(text)))

    def _text(self, element: Element, content: Content) -> Iterator[Suspect]:
        text = own_text(element)
        if not text.strip():
            return
        values = content.values.get(TEXT)
        if values is None:
            yield Suspect("surplus", self.text(element))
        elif not any(value.admits(form) for value in values for form in (text, text.strip())):
            yield Suspect("value", self.value(element, TEXT), *_sample(values, text))

    def _missing(self, element: Element, content: Content) -> Iterator[Suspect]:
        for row in content.required:
            if not any(_there(row, element, at) for at in range(len(row.paths))):
                yield Suspect("missing", self.missing(element, row))

    def typed(self, element: Element) -> set[str]:
        """What is surely missing in an element only because it is misspelt there."""
        return {
            one.fault.hint
            for one in self.found
            if one.kind == "surplus" and element in (one.fault.element, one.fault.element.getparent())
        }

    # --- the faults, in words ---------------------------------------------------------------------------------------

    def text(self, element: Element) -> Fault:
        what = f"text is not allowed in {short(element)}"
        return fault(element, TEXT, what, "text", self.children(element))

    def unknown(self, child: Element) -> Fault:
        parent = child.getparent()
        assert parent is not None
        expected = tuple(name for name in self.children(parent) if name != element_name(child))
        belongs = self.known.belongs(child)
        hint = meant(element_name(child), expected)
        if not hint and belongs:
            hint = f"<{element_name(child)}> belongs in {some(belongs)}"
        what = f"<{element_name(child)}> is not allowed in {short(parent)}" + ("" if expected else NONE)
        return fault(child, None, what, element_name(child), expected, hint)

    def unknown_attribute(self, element: Element, name: str) -> Fault:
        written, expected = attribute_name(element, name), self.attributes(element)
        hint = meant(written, expected)
        if not hint and (belongs := self.known.belongs_to(element, name)):
            hint = f"{written!r} belongs on {some(belongs)}"
        what = f"attribute {written!r} is not allowed on {short(element)}" + ("" if expected else NONE)
        return fault(element, name, what, written, expected, hint)

    def value(self, element: Element, node: str, known: tuple[str, ...] = ()) -> Fault:
        """A value that is not admitted; `known` is what else tells of those that are.

        Where it is the tables that admit it, as those of a newer libvirt, they cannot tell what is expected.
        """
        content, text = self.contents.get(element), value_at(element, node)
        values = content.values.get(node, []) if content else []
        finite = bool(values) and all(value.finite for value in values)
        taken = any(value.admits(text) for value in values)
        expected = known if taken or (known and not finite) else expected_of(values)
        what, found = self.valued(element, node)
        hint = meant(found, expected) if found and found not in expected and len(expected) > 1 else ""
        return fault(element, node, f"{what} is not allowed", found, expected, hint)

    def newer(self, element: Element, node: str | None, whose: str) -> Fault:
        """What the tables know, and a schema does not."""
        if node is None:
            inside = f" in {short(parent)}" if (parent := element.getparent()) is not None else ""
            return fault(
                element, None, f"<{element_name(element)}>{inside} is unknown to {whose}", element_name(element)
            )
        content, name = self.contents.get(element), attribute_name(element, node)
        since = content.since(node) if content else None
        what = f"text of {short(element)}" if node == TEXT else f"attribute {name!r} of {short(element)}"
        return fault(
            element, node, f"{what} is unknown to {whose}", name, hint=f"it is there since {since}" if since else ""
        )

    def clash(self, element: Element, node: str, beside: list[str]) -> Fault:
        """A value that is admitted, but not beside what else is there: these attributes, as far as they are known."""
        what, found = self.valued(element, node)
        others = " and ".join(self.worded(element, other) for other in beside) or "what else is there"
        return fault(element, node, f"{what} does not go together with {others}", found)

    def worded(self, element: Element, name: str) -> str:
        """An attribute and its value; the name alone where that may be secret."""
        _, found = self.valued(element, name)
        return f"{attribute_name(element, name)}={quoted(found)}" if found else repr(attribute_name(element, name))

    def valued(self, element: Element, node: str) -> tuple[str, str]:
        """A node and its value in words, and the value; empty where it may be secret."""
        content = self.contents.get(element)
        hidden = not (content and content.values.get(node)) or self.known.hides(element, node)
        text = value_at(element, node)
        where = short(element) if node == TEXT else f"{attribute_name(element, node)!r} of {short(element)}"
        return f"{where}: {'this value' if hidden else quoted(text)}", "" if hidden else text

    def missing(self, element: Element, row: Row) -> Fault:
        """What a required row has not found, said where it ought to be."""
        path, at = row.path, element
        for depth, step in enumerate(path.steps):
            inner = find(at, (step,))
            if not inner:
                rest = str(Path(path.steps[depth:], path.attribute))
                return fault(at, None, f"<{step.shown}> is missing in {short(at)}", expected=(rest,))
            at = inner[0]
        if path.attribute:
            return self.gap(at, path.attribute, attribute=True)
        return fault(at, None, f"{short(at)} is empty", expected=Value(codec=row.codec).expected)

    def gap(self, element: Element, tag: str, attribute: bool = False) -> Fault:
        """An element without a child or an attribute that it has to have."""
        content, name = self.contents.get(element), self.known.shown(tag)
        if attribute:
            expected = expected_of(content.values.get(tag, []) if content else [])
            return fault(element, None, f"attribute {name!r} is missing on {short(element)}", expected=expected)
        required = [row.path for row in content.required if row.path.steps] if content else []
        path = next((path for path in required if path.steps[0].tag == tag), name)
        return fault(element, None, f"<{name}> is missing in {short(element)}", expected=(str(path),))

    # --- what is allowed, as far as it is not there -----------------------------------------------------------------

    def attributes(self, element: Element) -> tuple[str, ...]:
        content = self.contents.get(element)
        names = content.values if content else {}
        return tuple(attribute_name(element, name) for name in names if name != TEXT and element.get(name) is None)

    def children(self, element: Element) -> tuple[str, ...]:
        content = self.contents.get(element)
        nodes = content.children if content else []
        free = [node.step for node in nodes if node.step and (many(node) or not find(element, (node.step,)))]
        return tuple(dict.fromkeys(self.known.shown(step.tag) for step in free))


def expected_of(values: list[Value]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for value in values for form in value.expected))


def _there(row: Row, element: Element, at: int) -> bool:
    path = row.paths[at]
    found = find(element, path.steps)
    if row.form == "one" and row.codec and row.codec.shape == "value":
        return any(node_text(holder, path) is not None for holder in found)
    return bool(found)


def _sample(values: list[Value], text: str) -> tuple[str | None, bool]:
    """A text that is admitted in place of another, and whether it is any of some words: none of them is near."""
    finite = any(value.finite for value in values)
    near = next((word for word in expected_of(values) if meant(text, [word])), None) if finite else None
    sample = near or next((sample for value in values if (sample := value.sample) is not None), None)
    return sample, finite and near is None
