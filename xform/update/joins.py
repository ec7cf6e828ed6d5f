"""Updating the second place of an entity: entries come, go and are renamed with their items."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import find
from xform.compile.layout import full_layout
from xform.entities import empty
from xform.table.model import Join, Row, Table
from xform.update.place import Place
from xform.xml import Element, own_text

if TYPE_CHECKING:
    from xform.update.rows import Updater


def second_place(up: Updater, table: Table, join: Join, row: Row, place: Place, old: Any, new: Any) -> None:
    """Have the entries of a join follow the items that the root's row holds."""
    if id(row) not in up.changed:
        return
    before, after = (
        [item for item in held(row, entity) if type(item) is up.classes[table.name]] for entity in (old, new)
    )
    pairs = [(was if type(was := up.was.get(id(item))) is type(item) else None, item) for item in after]
    names = [inner.name for inner in join.rows if inner.constant is None and not (inner.live and not up.live)]
    names += [name for _, name in join.on]
    altered = any(
        was is None or (id(item) in up.changed and any(getattr(was, name) != getattr(item, name) for name in names))
        for was, item in pairs
    )
    if not altered and list(map(id, before)) == [id(was) for was, _ in pairs]:
        return
    linked, stale = linked_entries(up, table, join, place.element, before)
    own = {id(item): follow(up, table, join, place, item, linked.get(id(was)), stale) for was, item in pairs}
    # last, so that containers stay for those that come
    lasting = {id(was) for was, _ in pairs}
    for item in before:
        if id(item) not in lasting and id(item) in linked:
            up.remove(linked[id(item)], join.path.steps, place.element)
    settle(up, table, join, place.element, after, own)


def held(row: Row, entity: Any) -> list[Any]:
    value = getattr(entity, row.name)
    return value if row.form == "list" else [value]


def linked_entries(
    up: Updater, table: Table, join: Join, root: Element, items: list[Any]
) -> tuple[dict[int, Element], list[Element]]:
    """The entry of each item by the item's id, and the entries of nobody; an entry is told by its first key alone."""
    linked: dict[int, Element] = {}
    entries = find(root, join.path.steps)
    left = list(entries)
    for path, name in join.on:
        known = {getattr(item, name): item for item in reversed(items) if id(item) not in linked}
        for entry in list(left):
            value = up.reader.told(table, name, entry.get(path.attribute or ""))
            if value is None:
                continue
            left.remove(entry)
            if (item := known.pop(value, None)) is not None:
                linked[id(item)] = entry
    return linked, [entry for entry in entries if entry not in linked.values()]


def follow(
    up: Updater, table: Table, join: Join, place: Place, item: Any, entry: Element | None, stale: list[Element]
) -> Element | None:
    """Have the entry of an item say what the item says, keys included; the entry, if it has one then."""
    if entry is None:
        entry = next((one for one in stale if told(up, table, join, one, item)), None)
        if entry is not None:
            stale.remove(entry)
    if entry is None and not wants(up, join, item):
        return None
    if entry is None:
        parent = up.ensure(place, join.path.steps[:-1])
        made = up.new(join.path.steps[-1])
        up.writer.second(table, join, item, made)
        up.edits.insert(parent, place.index(parent, join.path.steps[:-1], join.path.steps[-1]), made)
        return made
    rename(up, table, join, entry, item)
    said = read(up, table, join, entry, item)
    stated = any(getattr(said, row.name) != empty(row) for row in join.rows if row.constant is None)
    up.rows(join.rows, Place(entry, full_layout(up.tables, table.second(join))), said, item)
    named = {name for name, _ in join.path.steps[-1].where} | {path.attribute for path, _ in join.on}
    holds = bool(len(entry) or own_text(entry).strip() or set(entry.attrib) - named)
    if stated and not holds and not wants(up, join, item):
        up.remove(entry, join.path.steps, place.element)
        return None
    return entry


def read(up: Updater, table: Table, join: Join, entry: Element, item: Any) -> Any:
    """The item as it would be with what this entry says."""
    said = SimpleNamespace(**{name: getattr(item, name) for name in table.fields})
    up.reader.enter(table, join, entry, said)
    return said


def wants(up: Updater, join: Join, item: Any) -> bool:
    """Whether an item says something in its second place."""
    return any(getattr(item, row.name) != empty(row) for row in join.rows if up.live or not row.live)


def settle(
    up: Updater, table: Table, join: Join, root: Element, items: list[Any], own: dict[int, Element | None]
) -> None:
    """Where a reader would take another entry for an item's, as keys are alike, its own gets all its keys; what is
    still taken for it goes.
    """

    def misread(item: Any) -> bool:
        found = linked.get(id(item))
        if found is own[id(item)]:
            return False
        return wants(up, join, item) or (found is not None and wants(up, join, read(up, table, join, found, item)))

    saying = {own[id(item)] for item in items if wants(up, join, item)}
    whole: set[Element] = set()
    while True:
        linked, _ = linked_entries(up, table, join, root, items)
        wrong = [item for item in items if misread(item)]
        if short := [(entry, item) for item in wrong if (entry := own[id(item)]) is not None and entry not in whole]:
            for entry, item in short:
                rename(up, table, join, entry, item, whole=True)
                whole.add(entry)
        elif gone := {linked[id(item)] for item in wrong if id(item) in linked} - saying:
            for entry in gone:
                up.remove(entry, join.path.steps, root)
            own = {item: None if entry in gone else entry for item, entry in own.items()}
        else:
            return


def told(up: Updater, table: Table, join: Join, entry: Element, item: Any) -> bool:
    """Whether an entry tells an item: by the first key that it has."""
    for path, name in join.on:
        value = up.reader.told(table, name, entry.get(path.attribute or ""))
        if value is not None:
            return bool(getattr(item, name) == value)
    return False


def rename(up: Updater, table: Table, join: Join, entry: Element, item: Any, whole: bool = False) -> None:
    """The keys that the entry has follow the item's; if the item has none of these any more, it gets those it has, as
    it does where the `whole` of them is asked for.
    """
    keys = [(path.attribute or "", name) for path, name in join.on]
    there = [(attribute, name) for attribute, name in keys if entry.get(attribute) is not None]
    follows = not whole and any(getattr(item, name) is not None for _, name in there)
    for attribute, name in there if follows else keys:
        value, codec = getattr(item, name), table.fields[name].codec
        assert codec
        if up.reader.told(table, name, entry.get(attribute)) != value:
            up.edits.set(entry, attribute, None if value is None else codec.encode(value))
