"""Where devices stand in a document: the elements of every kind, in one pass over what holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from xform.compile.interpreter import matches
from xform.match.ladder import Kind, Mark, exact
from xform.table.model import Step
from xform.xml import Element


@attrs.frozen
class Place:
    """Where a kind's devices stand in their container; `step` only where the element's name does not say all."""

    kind: str
    many: bool
    step: Step | None


Containers = tuple[tuple[tuple[Step, ...], dict[str, list[Place]]], ...]


def containers(kinds: Iterable[Kind]) -> Containers:
    """The way to each element that holds devices, and by their names the elements in it that are."""
    found: dict[tuple[Step, ...], dict[str, list[Place]]] = {}
    for kind in kinds:
        *way, last = kind.row.path.steps
        place = Place(kind.name, kind.row.form == "list", None if exact(last) else last)
        found.setdefault(tuple(way), {}).setdefault(last.tag, []).append(place)
    return tuple(found.items())


def elements(root: Element, where: Containers) -> dict[str, list[Element]]:
    """The elements of every kind that is there, in one pass over each container."""
    found: dict[str, list[Element]] = {}
    for steps, names in where:
        parents = [root]
        for step in steps:
            tag = None if step.wild else step.tag
            parents = [child for parent in parents for child in parent.iterchildren(tag) if matches(child, step)]
        for parent in parents:
            for child in parent:
                name: Any = child.tag
                for place in names.get(name, ()):
                    if place.step is None or matches(child, place.step):
                        held = found.setdefault(place.kind, [])
                        if place.many or not held:
                            held.append(child)
    return found


SEVERAL = object()


def marked(root: Element, mark: Mark) -> dict[Element, Any]:
    """The text of a mark by the element that has it; SEVERAL where it has more than one."""
    attribute = mark.attribute
    texts: dict[Element, Any] = {}
    for child in root.iterdescendants(mark.tag):
        parent = child.getparent()
        assert parent is not None
        texts[parent] = SEVERAL if parent in texts else child.get(attribute)
    return texts
