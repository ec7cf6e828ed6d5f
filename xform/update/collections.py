"""Updating lists and maps, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from xform.compile.interpreter import find
from xform.entities import freeze
from xform.table.model import Row
from xform.update.align import align, in_place
from xform.update.place import Place, of_path
from xform.xml import Element

if TYPE_CHECKING:
    from xform.update.rows import Updater


def items(up: Updater, row: Row, place: Place, one: list[Any], other: list[Any], entity: Any) -> None:
    """A list: items that are the same stay or move with their bytes; then old ones go, so that containers last."""
    path, needs = row.path, up.needs(row, entity)
    holders = find(place.element, path.steps)
    if not row.entity:
        holders = [holder for holder in holders if up.says(row, path, holder, needs) is not None]
    found = align(one, other, row.by, freeze)
    still = in_place(found)
    # in front of each item the next one that stays where it is
    ahead: list[int | None] = [None]
    for old in reversed(found):
        ahead.append(old if old in still else ahead[-1])
    ahead.reverse()
    last: Element | None = None
    for old, value, then in zip(found, other, ahead, strict=False):
        following = None if then is None else holders[then]
        if old is None:
            last = grow(up, row, place, value, last, following, needs)
            continue
        holder = holders[old]
        up.was[id(value)] = one[old]
        if old not in still:
            move(up, holder, last, following)
        if (up.live and row.entity) or one[old] != value:
            up.changed.add(id(value))
            if row.entity:
                holder = up.item(row, path, place, holder, one[old], value)
            elif row.codec and row.codec.shape == "xml":
                holder = up.replace(row, path, place, holder, value)
            else:
                up.put(row, path, holder, value, place, needs)
        last = holder
    for old in sorted(set(range(len(one))) - {place for place in found if place is not None}):
        up.clear(row, path, holders[old], place.element, needs)


def grow(
    up: Updater,
    row: Row,
    place: Place,
    value: Any,
    last: Element | None,
    following: Element | None,
    needs: dict[str, Any],
) -> Element:
    """A new item behind the last one, or in front of the following one."""
    made, verbatim = up.made(row, row.path, value)
    beside = last if last is not None else following
    parent = beside.getparent() if beside is not None else up.ensure(place, row.path.steps[:-1])
    assert parent is not None
    if beside is None:
        index = place.index(parent, row.path.steps[:-1], row.path.steps[-1])
    else:
        index = parent.index(beside) + (last is not None)
    up.edits.insert(parent, index, made, verbatim)
    if row.codec and row.codec.shape == "value":
        up.put(row, row.path, made, value, place, needs)
    return made


def move(up: Updater, holder: Element, last: Element | None, following: Element | None) -> None:
    """An item that is there already, to the same place."""
    beside = last if last is not None else following
    assert beside is not None
    parent = beside.getparent()
    assert parent is not None
    siblings = [child for child in parent if child is not holder]
    up.edits.insert(parent, siblings.index(beside) + (last is not None), holder)


def entries(up: Updater, row: Row, place: Place, new: dict[str, Any]) -> None:
    """A map; the order of its entries is nobody's."""
    there = [(up.reader.key(row, entry), entry) for entry in find(place.element, row.path.steps)]
    for key, one in there:
        if key is not None and key not in new and read_entry(up, row, one) is not None:
            up.remove(one, row.path.steps, place.element)
    for key, value in new.items():
        same = [one for other, one in there if other == key]
        saying = [one for one in same if read_entry(up, row, one) is not None]
        entry = next(iter(saying or same), None)
        if entry is None:
            entry = new_entry(up, row, place, key, [one for _, one in there if one.getparent() is not None])
        inner = of_path(entry, row.value)
        up.put(row, row.value, up.ensure(inner, row.value.steps), value, inner, {})


def read_entry(up: Updater, row: Row, entry: Element) -> Any:
    holder = next(iter(find(entry, row.value.steps)), None)
    return None if holder is None else up.says(row, row.value, holder, {})


def new_entry(up: Updater, row: Row, place: Place, key: str, others: Sequence[Element]) -> Element:
    """A new entry of a map behind the others."""
    step = row.path.steps[-1]
    made = up.new(evolve(step, tag=step.tag[:-1] + key) if row.key.steps else step)
    if row.key.attribute is not None:
        made.set(row.key.attribute, key)
    parent = others[-1].getparent() if others else up.ensure(place, row.path.steps[:-1])
    assert parent is not None
    index = parent.index(others[-1]) + 1 if others else place.index(parent, row.path.steps[:-1], step)
    up.edits.insert(parent, index, made)
    return made
