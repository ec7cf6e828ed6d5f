"""Which item of a list, and which entry of a second place, is which, as text: by each key, and by the first of two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from tests.mutation.fields import values
from tests.mutation.witness import Told, Witness, at_place, distinct, lines, made, put, read
from xform.compile.interpreter import Reader, find
from xform.dialect import Dialect
from xform.files import dump_entity, dump_value
from xform.laws.facts import smallest
from xform.table.model import Row, Table
from xform.validate import dotted


def keys(it: Witness, row: Row) -> Iterator[Told]:
    """Which item of a list is which, where a document is updated: by each of its keys, and by the first of two."""
    shape = it.dialect.tables.shapes[row.entity or ""]
    for at_key, key in enumerate(row.by):
        table = next((one for one in shape.tables if key in one.fields), None)
        other = next((one for one in table.fields.values() if _spare(one, row.by)), None) if table else None
        if table is None or other is None:
            continue
        word = it.dialect.classes.word(it.dialect.classes[table.name])
        edited = edit(it.dialect, other)
        least = {**({"type": word} if word else {}), **dump_entity(it.dialect, smallest(it.dialect.classes, table))}

        def item(new: bool = False, least: Any = least, table: Table = table, edited: Any = edited, **n: int) -> Any:
            own = {name: distinct(table.fields[name], place) for name, place in n.items()}
            rest = {name: value for name, value in least.items() if name not in row.by or table.fields[name].required}
            return {**rest, **own, **(edited if new else {})}

        def case(title: str, old: list[Any], new: list[Any]) -> Told:
            before, after = it.with_(row, old), it.with_(row, new)
            xml = marked(it, row, before)
            return Told(it.table.name, row.name, title, lambda dialect: updated(dialect, xml, after))

        name = f"{it.table.name}.{row.name}"
        yield case(
            f"{name} by {key}", [item(**{key: 0}), item(**{key: 1})], [item(True, **{key: 1}), item(True, **{key: 2})]
        )
        if at_key and row.by[at_key - 1] in table.fields:
            before = row.by[at_key - 1]
            yield case(
                f"{name} by {before} before {key}",
                [item(**{before: 0, key: 0}), item(**{before: 1, key: 1})],
                [item(True, **{before: 1, key: 0})],
            )


def _spare(row: Row, by: tuple[str, ...]) -> bool:
    """Whether a row can be edited, and is no key."""
    simple = row.entity or (row.codec and row.codec.shape == "value" and not row.codec.needs)
    return bool(
        simple and row.form == "one" and row.name not in (*by, "id", "alias") and not (row.live or row.required)
    )


def edit(dialect: Dialect, row: Row) -> Any:
    """A field with a value that says something."""
    if row.codec:
        return {row.name: distinct(row, 1)}
    inner = dialect.tables.shapes[row.entity or ""].tables[0]
    return {row.name: edit(dialect, next(one for one in inner.fields.values() if _spare(one, ())))}


def marked(it: Witness, row: Row, data: Any) -> str:
    """A document in which each item of a list has an attribute that no row names."""
    root = it.dialect.tree(it.dialect.generate(made(it.dialect, data), live=True))
    holders = [root]
    if it.place:
        reading = Reader(it.dialect.classes).document(root, {})
        holders = [
            e
            for e, held in reading.claims.items()
            if any(c and c.place[: len(it.place)] == it.place for c in held.values())
        ]
    found = next(those for holder in holders if (those := find(holder, row.path.steps)))
    for n, element in enumerate(found):
        element.set("residue", "AB"[n])
    return etree.tostring(root, encoding="unicode")


def updated(dialect: Dialect, xml: str, data: Any) -> Iterator[str]:
    yield from (f"  {line}" for line in lines(dialect.update(xml, made(dialect, data), live=True)))


def second(it: Witness) -> Iterator[Told]:
    """How the entry of an entity is found in a second place: by each of its keys, and by the first of two."""
    for join in it.table.joins:
        row = next((row for row in join.rows if row.codec and row.form == "one" and not row.live), join.rows[0])
        names = [name for _, name in join.on]
        value = dump_value(it.dialect, next(iter(values(it, row))))

        def document(row: Row = row, value: Any = value, names: list[str] = names, **n: int) -> Any:
            own = {name: distinct(it.table.fields[name], place) for name, place in n.items()}
            data = at_place(it.data, it.place)
            return {**{name: held for name, held in data.items() if name not in names}, **own, row.name: value}

        for attribute, name in join.on:
            data = put(it.data, it.place, document(**dict.fromkeys(names, 0)))
            root = it.dialect.tree(it.dialect.generate(made(it.dialect, data), live=True))
            for entry in find(root, join.path.steps):
                for other, _ in join.on:
                    if other != attribute and other.attribute in entry.attrib:
                        del entry.attrib[other.attribute]
            xml = etree.tostring(root, encoding="unicode")
            yield Told(
                it.table.name,
                name,
                f"{it.table.name} found by {attribute}",
                lambda dialect, xml=xml, row=row: [f"{row.name}: {read(dialect, xml, it.place, row.name)}"],
            )
        for (one, first), (other, last) in zip(join.on, join.on[1:], strict=False):
            pair = [document(**{first: n, last: n}) for n in (0, 1)]
            data = put(it.data, it.place[:-1], pair)
            root = it.dialect.tree(it.dialect.generate(made(it.dialect, data), live=True))
            entries = find(root, join.path.steps)
            entries[0].set(other.attribute, entries[1].get(other.attribute))
            entries[1].getparent().remove(entries[1])
            xml = etree.tostring(root, encoding="unicode")
            places = [(*it.place[:-1], n) for n in (0, 1)]
            yield Told(
                it.table.name,
                first,
                f"{it.table.name} found by {one} before {other}",
                lambda dialect, xml=xml, row=row, places=places: [
                    f"{dotted((*place, row.name))}: {read(dialect, xml, place, row.name)}" for place in places
                ],
            )
