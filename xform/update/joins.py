"""Updating the second place of an entity: entries come, go and are renamed with their items."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import find, keyless
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
    if len(before) == len(after) and not any(
        was is None or (id(item) in up.changed and any(getattr(was, name) != getattr(item, name) for name in names))
        for was, item in pairs
    ):
        return
    linked, stale = linked_entries(up, table, join, place.element, before)
    for was, item in pairs:
        follow(up, table, join, place, item, linked.get(id(was)), stale)
    # last, so that containers stay for those that come
    lasting = {id(was) for was, _ in pairs}
    for item in before:
        if id(item) not in lasting and id(item) in linked:
            up.remove(linked[id(item)], join.path.steps, place.element)


def held(row: Row, entity: Any) -> list[Any]:
    value = getattr(entity, row.name)
    return value if row.form == "list" else [value]


def linked_entries(
    up: Updater, table: Table, join: Join, root: Element, items: list[Any]
) -> tuple[dict[int, Element], list[Element]]:
    """The entry of each item by the item's id, and the entries of nobody."""
    linked: dict[int, Element] = {}
    stale = find(root, join.path.steps)
    for path, name in join.on:
        known = {getattr(item, name): item for item in reversed(items) if id(item) not in linked}
        for entry in list(stale):
            value = up.reader.told(table, name, entry.get(path.attribute or ""))
            if value is not None and (item := known.pop(value, None)) is not None:
                linked[id(item)] = entry
                stale.remove(entry)
    return linked, stale


def follow(
    up: Updater, table: Table, join: Join, place: Place, item: Any, entry: Element | None, stale: list[Element]
) -> None:
    """Have the entry of an item say what the item says, keys included."""
    if entry is None:
        entry = next((one for one in stale if told(up, table, join, one, item)), None)
        if entry is not None:
            stale.remove(entry)
    wanted = any(getattr(item, row.name) != empty(row) for row in join.rows if up.live or not row.live)
    if entry is None and not wanted:
        return
    rows = Table(table.name, join.origin, rows=join.rows)
    if entry is None:
        parent = up.ensure(place, join.path.steps[:-1])
        made = new_entry(up, table, join, rows, item)
        up.edits.insert(parent, place.index(parent, join.path.steps[:-1], join.path.steps[-1]), made)
        return
    for path, name in join.on:
        rename(up, table, path.attribute or "", name, entry, item)
    said = SimpleNamespace(**{name: getattr(item, name) for name in table.fields})
    up.reader.enter(table, join, entry, said)
    stated = any(getattr(said, row.name) != empty(row) for row in join.rows if row.constant is None)
    up.rows(rows.rows, Place(entry, full_layout(up.tables, rows)), said, item)
    named = {name for name, _ in join.path.steps[-1].where} | {path.attribute for path, _ in join.on}
    if stated and not wanted and not len(entry) and not own_text(entry).strip() and not set(entry.attrib) - named:
        up.remove(entry, join.path.steps, place.element)


def told(up: Updater, table: Table, join: Join, entry: Element, item: Any) -> bool:
    """Whether an entry tells an item: by the first key that it has."""
    for path, name in join.on:
        value = up.reader.told(table, name, entry.get(path.attribute or ""))
        if value is not None:
            return bool(getattr(item, name) == value)
    return False


def rename(up: Updater, table: Table, attribute: str, name: str, entry: Element, item: Any) -> None:
    """A key that the entry has follows the item's."""
    value, codec = getattr(item, name), table.fields[name].codec
    assert codec
    if entry.get(attribute) is not None and up.reader.told(table, name, entry.get(attribute)) != value:
        up.edits.set(entry, attribute, None if value is None else codec.encode(value))


def new_entry(up: Updater, table: Table, join: Join, rows: Table, item: Any) -> Element:
    """The entry of an item that had none, with all of its keys."""
    if all(getattr(item, name) is None for _, name in join.on):
        raise ValueError(keyless(table, join))
    entry = up.new(join.path.steps[-1])
    for path, name in join.on:
        codec = table.fields[name].codec
        if codec and (value := getattr(item, name)) is not None:
            entry.set(path.attribute or "", codec.encode(value))
    up.writer.fill(rows, item, entry, up.writer.order(rows))
    return entry
