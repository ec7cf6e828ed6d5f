"""Updating what an element is: one variant of a sum type in place of another, known or kept as it is."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import find, matches
from xform.entities import Opaque
from xform.table.model import Choice, Row, Table
from xform.table.walk import flatten
from xform.update.place import Place
from xform.xml import Element, canonical, parse_text

if TYPE_CHECKING:
    from xform.update.rows import Updater


def embedded(up: Updater, row: Row, place: Place, one: Any, other: Any) -> None:
    """An entity whose rows sit in its owner's element."""
    if type(one) is type(other) and not isinstance(other, Opaque):
        table = up.classes.table(type(other))
        assert table
        up.table(table, place.element, one, other)
        return
    shape = up.tables.shapes[row.entity or ""]
    if isinstance(one, Opaque):
        unmerge(up, parse_text(one.xml), place.element)
    if isinstance(other, Opaque):
        wipe(up, one, place.element, ())
        merge(up, parse_text(other.xml), place)
    else:
        vary(up, shape, place.element, one, other)


def vary(up: Updater, shape: Choice | Table, element: Element, one: Any, other: Any) -> None:
    """Have an element say another variant, or none."""
    table = up.classes.table(type(other)) if other is not None else None
    rows = [inner for _, inner in flatten(up.tables, table)] if table else []
    wipe(up, one, element, [str(path) for row in rows if not row.embeds for path in row.paths])
    words = shape.words(table.name) if isinstance(shape, Choice) and shape.attributes and table else None
    for at, name in enumerate(shape.attributes if isinstance(shape, Choice) else ()):
        up.edits.set(element, name, words[at] if words else None)
    if table:
        # what stands there already may be what the new variant says
        up.table(table, element, SimpleNamespace(**up.reader.values(table, element)), other)
        for row in table.rows:
            if row.constant is not None and not row.when:
                up.scalar(row, row.path, Place(element, up.layouts(table)), row.constant, None)


def wipe(up: Updater, entity: Any, element: Element, kept: Sequence[str]) -> None:
    """Clear all that the rows of an entity claim, but for places that are kept."""
    table = up.classes.table(type(entity)) if entity is not None and not isinstance(entity, Opaque) else None
    for row in table.rows if table else ():
        if row.embeds:
            wipe(up, getattr(entity, row.name), element, kept)
            continue
        needs = up.needs(row, entity)
        for path in row.paths:
            if str(path) in kept:
                continue
            for holder in find(element, path.steps):
                if row.entity or up.says(row, path, holder, needs) is not None:
                    up.clear(row, path, holder, element, needs)


def merge(up: Updater, kept: Element, place: Place, element: Element | None = None) -> None:
    """Put what an unknown variant keeps into an element, beside what the rows say of the same children."""
    element = place.element if element is None else element
    for name, value in kept.items():
        up.edits.set(element, name, value)
    there = list(element)
    for child in kept:
        same = next((other for other in there if other.tag == child.tag), None)
        if same is not None:
            there.remove(same)
            merge(up, child, place, same)
        else:
            xml = canonical(child)
            up.edits.insert(element, beside(place, element, child), parse_text(xml), xml)


def unmerge(up: Updater, kept: Element, element: Element) -> None:
    """Take it away again, and leave what the rows say."""
    for name in kept.attrib:
        up.edits.set(element, str(name), None)
    there = list(element)
    for child in kept:
        same = next((other for other in there if other.tag == child.tag), None)
        if same is not None:
            there.remove(same)
            if canonical(same) == canonical(child):
                up.edits.remove(same)
            else:
                unmerge(up, child, same)


def beside(place: Place, element: Element, child: Element) -> int:
    steps = [node.step for node in place.layout.children.values() if node.step and matches(child, node.step)]
    return place.index(element, (), steps[0]) if steps and element is place.element else len(element)
