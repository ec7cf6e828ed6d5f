"""The ladders of a dialect's devices: how the key of each rung is read, of a known device and of an element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from xform.compile.program import Program, admitted
from xform.entities import Classes, freeze
from xform.table.model import Choice, Row, Rung, Shape, Step, Table
from xform.table.walk import device_rows, joins, needed
from xform.xml import Element

# What a rung tells devices by: the value of its one field, or the values of its several; None where one is not there.
Key = Any

Decode = Callable[[str], Any]


@attrs.frozen
class Mark:
    """An attribute of a child element that tells a device by a field.

    `decode` gives None for what is not admitted; without one, the text itself is the value.  A known value counts if it
    begins with `prefix`.
    """

    field: str
    tag: str
    attribute: str
    decode: Decode | None
    prefix: str = ""

    @property
    def place(self) -> tuple[str, str]:
        return self.tag, self.attribute


@attrs.frozen
class Keys:
    """How to read the key of a rung, of either side.

    `of_element` is None where the element alone does not tell it: then the parsed device is asked.
    """

    rung: Rung
    live: bool
    of_element: Callable[[Element, dict[str, Any]], Key] | None
    of_entity: Callable[[Any], Key]


@attrs.frozen
class Kind:
    """A root's field that holds devices, and its ladder.

    `marks` is what some rungs read that follow each other and stand in one attribute of a child, such as an alias; the
    first of them is `at`.  `identities` are the rungs that tell a device from every other, `named` the one of them that
    reads a name.
    """

    name: str
    row: Row
    keys: tuple[Keys, ...]
    marks: tuple[Mark, ...]
    at: int
    identities: tuple[int, ...]
    named: int | None

    @property
    def name_fields(self) -> tuple[str, ...]:
        """What a device is called by in a document."""
        return self.keys[self.at].rung.fields if self.marks else ()


def ladders(classes: Classes, compiled: Program) -> list[Kind]:
    """Every kind of device of a dialect; `compiled` are its key functions."""
    tables = classes.tables
    joined: dict[str, set[str]] = {}
    for _, join, held_by in joins(tables):
        joined.setdefault(held_by.name, set()).update(row.name for row in join.rows)

    def keys(row: Row, at: int, rung: Rung) -> Keys:
        shape = tables.shapes[row.entity or ""]
        variants = shape.tables
        if rung.only:
            return Keys(rung, False, lambda *_: None, lambda _: None)
        rows = [table.fields[name] for name in rung.named for table in variants if name in table.fields]
        plain = all(inner.codec and inner.form == "one" for inner in rows)
        alone = not isinstance(shape, Choice) or bool(shape.attributes)
        asked = set().union(*(needed(table, rung.named) for table in variants))
        of_element = None
        if alone and not joined.get(row.name, set()) & asked:
            read = compiled[f"keys_{shape.name}_{at}"]
            of_element = whole(rung, read if plain else lambda element, context: within(rung, read(element, context)))
        live = bool(rows) and all(inner.live for inner in rows)
        return Keys(rung, live, of_element, whole(rung, entity_key(classes, shape, rung.fields, plain)))

    def kind(row: Row) -> Kind:
        shape = tables.shapes[row.entity or ""]
        every = tuple(keys(row, at, rung) for at, rung in enumerate(shape.ladder))
        read = [mark_of(shape, one.rung) if isinstance(shape, Table) and one.of_element else None for one in every]
        at = next((place for place, mark in enumerate(read) if mark), len(read))
        marks: list[Mark] = []
        for mark in read[at:]:
            if mark is None or (marks and mark.place != marks[0].place):
                break
            marks.append(mark)
        identities = tuple(place for place, rung in enumerate(shape.ladder) if rung.identity)
        return Kind(row.name, row, every, tuple(marks), at, identities, at if at in identities else None)

    return [kind(row) for row in device_rows(tables)]


def mark_of(table: Table, rung: Rung) -> Mark | None:
    """The mark that a rung reads, if it reads one."""
    if len(rung.named) != 1 or rung.named != rung.fields:
        return None
    row = table.fields[rung.fields[0]]
    path, codec = row.path, row.codec
    if len(row.paths) > 1 or len(path.steps) != 1 or path.attribute is None or row.form != "one":
        return None
    step = path.steps[0]
    if codec is None or codec.shape != "value" or codec.needs or codec.unit or not exact(step):
        return None
    decode: Decode | None = None if codec.name == "str" else admitted(codec)
    if prefix := rung.prefix:
        decode = lambda text: text if text.startswith(prefix) else None  # noqa: E731
    if firsts := [admitted(codec) for name in row.behind if (codec := table.fields[name].codec)]:
        decode = left_by(firsts, decode)
    return Mark(row.name, step.tag, path.attribute, decode, prefix)


def left_by(firsts: list[Decode], decode: Decode | None) -> Decode:
    """What a row reads of a text that none of those before it at its node admits."""

    def left(text: str) -> Any:
        taken = any(first(text) is not None for first in firsts)
        return None if taken else decode(text) if decode else text

    return left


def exact(step: Step) -> bool:
    """Whether the name alone says which elements a step is."""
    return not (step.wild or step.where or step.but)


def whole(rung: Rung, read: Callable[..., Key]) -> Callable[..., Key]:
    """A reader of keys that gives None for what is none: a part that is missing, a text that begins otherwise."""
    if len(rung.fields) > 1:

        def several(*given: Any) -> Key:
            return None if None in (key := read(*given)) else key

        return several
    if not (prefix := rung.prefix):
        return read

    def begun(*given: Any) -> Key:
        return key if (key := read(*given)) is not None and key.startswith(prefix) else None

    return begun


def inner(value: Any, path: str) -> Any:
    """A field, or with dots one of an entity within."""
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def within(rung: Rung, read: Any) -> Key:
    """The key of a rung whose outer fields have been read."""
    values = read if len(rung.fields) > 1 else (read,)
    outer = zip(rung.fields, values, strict=True)
    parts = [told(inner(value, field.partition(".")[2]) if "." in field else value) for field, value in outer]
    return tuple(parts) if len(parts) > 1 else parts[0]


def told(value: Any) -> Key:
    """A value as a key, if it says something: an entity of which nothing is there tells no device.

    Live fields are no part of it, nor secrets: a dump has none.
    """
    if isinstance(value, tuple | list):
        return tuple(told(item) for item in value)
    if not attrs.has(type(value)):
        return freeze(value)
    fields = [one for one in attrs.fields(type(value)) if one.eq and not secret(one)]
    parts = [told(getattr(value, one.name)) for one in fields]
    there = any(part is not None and part is not False and part != () for part in parts)
    return (type(value).__name__, *parts) if there else None


def secret(field: attrs.Attribute[Any]) -> bool:
    row = field.metadata.get("row")
    return row is not None and row.secret


def entity_key(classes: Classes, shape: Shape, fields: tuple[str, ...], plain: bool) -> Callable[[Any], Key]:
    """A reader of some fields: None for what an entity does not have; `type` is a variant's word.

    Values of `plain` fields are keys as they are.
    """

    def value(device: Any, name: str) -> Any:
        word = classes.word(type(device)) if name == "type" and isinstance(shape, Choice) else None
        if word or plain:
            return word or getattr(device, name, None)
        return told(inner(device, name))

    if len(fields) > 1:
        return lambda device: tuple([value(device, name) for name in fields])
    field = fields[0]
    if plain and field != "type":
        return lambda device: getattr(device, field, None)
    return lambda device: value(device, field)
