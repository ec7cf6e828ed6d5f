"""Entity classes, made from their tables when they are first asked for; or an embedder's own."""

from __future__ import annotations

import copyreg
import importlib
import re
import typing
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from functools import cached_property
from operator import getitem
from typing import Any

import attrs

from xform.errors import TableError
from xform.table.folder import found_by
from xform.table.model import Choice, Row, Shape, Table, Tables
from xform.table.templates import computed

MASK = "***"


def opening(xml: str) -> str:
    """What is shown of kept XML: its element's name, for nobody knows what in it is secret."""
    return re.split(r"[\s/>]", xml, maxsplit=1)[0] + "…"


@attrs.define(frozen=True)
class Opaque:
    """An element that no table can say, kept whole: the canonical XML of what it stands for."""

    xml: str = attrs.field(repr=lambda xml: repr(opening(xml)))


def masked(value: object) -> str:
    """What is shown of a secret; that there is none may be seen."""
    return repr(value if value is None or value == [] or value == {} else MASK)


def presentable(row: Row, value: Any) -> Any:
    """The value of a row as it is where people only look at it: a secret is masked, kept XML its opening."""
    if row.secret:
        return None if value is None else MASK
    if row.codec and row.codec.shape == "xml" and value is not None:
        return [opening(xml) for xml in value] if row.form == "list" else opening(value)
    return value


class Classes:
    """The entity classes of one dialect by name; safe to ask from several threads."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._made: dict[str, type] = {"Opaque": Opaque}

    def __contains__(self, name: str) -> bool:
        return name in self._made or name in self.tables.shapes or name in self.tables.variants

    def __getitem__(self, name: str) -> type:
        """The class of an entity, a choice (the base of its variants) or a variant. Raises KeyError."""
        made = self._made.get(name)
        # of what several threads make at once, the first counts
        return self._made.setdefault(name, self._make(name)) if made is None else made

    def __reduce__(self) -> tuple[Any, ...]:
        return _classes, (found_by(self.tables.folder),)

    def names(self) -> list[str]:
        return [*self.tables.shapes, *self.tables.variants]

    def shape(self, name: str) -> Shape:
        choice = self.choice(name)
        if choice is None:
            return self.tables.shapes[name]
        return next(table for table in choice.variants.values() if table.name == name)

    @cached_property
    def _embedders(self) -> dict[type, str]:
        return {self[name]: name for name in self.tables.imported}

    def name(self, cls: type) -> str | None:
        """The entity or variant that a class stands for; an embedder's class may be called otherwise than its table."""
        name = self._embedders.get(cls, cls.__name__)
        return name if name in self and name != "Opaque" and self[name] is cls else None

    def no(self, value: object, name: str) -> str:
        """What stands in the place of an entity, with the dialects where the names alone do not tell."""
        called = "nothing" if value is None else type(value).__name__
        home: Classes = getattr(type(value), "__classes__", self)
        if home is self:
            return f"{called} is no {name}"
        ours, theirs = self.tables.name, home.tables.name
        return f"{called} of {theirs if theirs != ours else f'an earlier load of {ours}'} is no {name} of {ours}"

    def table(self, cls: type) -> Table | None:
        """The table of a class; None for what is no entity of this dialect."""
        name = self.name(cls)
        shape = self.shape(name) if name else None
        return shape if isinstance(shape, Table) else None

    def word(self, cls: type) -> str | None:
        """The word that tells a variant's class from the others of its choice."""
        name = self.name(cls)
        choice = self.choice(name) if name else None
        return " ".join(choice.words(name)) if choice and name else None

    def choice(self, name: str) -> Choice | None:
        """The choice that a variant belongs to."""
        choice = self.tables.shapes[self.tables.variants[name]] if name in self.tables.variants else None
        assert choice is None or isinstance(choice, Choice)
        return choice

    def _make(self, name: str) -> type:
        shape, choice = self.shape(name), self.choice(name)
        if choice and isinstance(shape, Table):
            return make_class(shape, self, base=self[choice.name])
        if isinstance(shape, Choice):
            body = {"__slots__": (), "__doc__": shape.origin.comment or None, "__classes__": self}
            return EntityType(name, (Entity,), body)
        return imported_class(shape) if shape.cls else make_class(shape, self)


def _classes(dialect: str) -> Classes:
    from xform.dialect import load

    return load(dialect).classes


class EntityType(type):
    """The type of the classes that are made from tables: `__classes__` are those of the dialect that one is of.

    By pickle such a class is an item of these, which each process makes for itself from the dialect's files.
    """

    __classes__: Classes


class Entity(metaclass=EntityType):
    """What is made from a table."""

    __slots__ = ()


def _pickled(cls: EntityType) -> tuple[Any, ...] | str:
    # a class that somebody derives from ours is found like any other
    classes = vars(cls).get("__classes__")
    return (getitem, (classes, cls.__name__)) if classes else cls.__qualname__


copyreg.pickle(EntityType, _pickled)


class Annotations(dict[str, Any]):
    """The types of an entity's fields as written, each looked up when it is read: the classes in it are made only then.

    Code that knows nothing of this, such as `typing.get_type_hints`, finds types in it like in any other class.
    """

    def __init__(self, table: Table, classes: Classes) -> None:
        self._rows = {**table.attributes, **dict.fromkeys(table.switches)}
        self._classes = classes
        super().__init__({name: annotation(row) for name, row in self._rows.items()})

    def __getitem__(self, name: str) -> Any:
        row = self._rows[name]
        names = {row.entity: self._classes[row.entity], "Opaque": Opaque} if row and row.entity else {}
        return eval(super().__getitem__(name), vars(typing), names)

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()  # a dict that has its own is copied item by item

    def get(self, name: str, default: Any = None) -> Any:
        return Mapping.get(self, name, default)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return ItemsView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return ValuesView(self)


def imported_class(table: Table) -> type:
    """The embedder's class that a table names. Raises TableError where it lacks a field."""
    module, _, name = (table.cls or "").partition(":")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise TableError(f"{table.origin}: cannot import class {table.cls!r}: {error}; expected module:Class") from None
    if not isinstance(cls, type) or not attrs.has(cls):
        raise TableError(f"{table.origin}: {table.cls!r} is no attrs class")
    have = {attribute.alias for attribute in attrs.fields(cls)}
    for row in table.attributes.values():
        if row.name not in have:
            raise TableError(f"{row.origin}: {table.cls} has no field {row.name!r}; add it there, or drop the row")
    for row in _rows(table):
        if row.computed and not hasattr(cls, row.name):
            raise TableError(f"{row.origin}: {table.cls} has no property {row.name!r} for the text; add it there")
    return cls


def _rows(table: Table) -> list[Row]:
    return [*table.rows, *(row for join in table.joins for row in join.rows)]


def make_class(table: Table, classes: Classes, base: type = Entity) -> type:
    """Slots, keyword only, annotated with the types of the rows.

    Equality is that of intent: live and generated fields, and what no document holds, are no part of it.
    """
    fields: dict[str, Any] = {row.name: _attribute(row) for row in table.attributes.values()}
    for switch in table.switches:
        fields[switch] = attrs.field(default=False, type=bool)
    body = {"__doc__": _doc(table), "__classes__": classes}
    body |= {row.name: computed(row, table) for row in _rows(table) if row.computed}
    cls = attrs.make_class(table.name, fields, bases=(base,), class_body=body, slots=True, kw_only=True, order=False)
    cls.__annotations__ = Annotations(table, classes)
    return cls


def annotation(row: Row | None) -> str:
    """The Python type of a row's field, or of a switch, as written."""
    if row is None:
        return "bool"
    kept = " | Opaque" if row.paths else ""  # of what no document holds, no XML is kept
    item = row.codec.annotation if row.codec else f"{row.entity}{kept}"
    if row.form == "list":
        return f"list[{item}]"
    if row.form == "map":
        return f"dict[str, {item}]"
    plain = row.required or row.default is not None or (row.codec and row.codec.shape == "present")
    return item if plain else f"{item} | None"


def empty(row: Row) -> Any:
    """What a field holds when its nodes are absent: a new list or map, False, the row's default, or None."""
    if row.form == "list":
        return []
    if row.form == "map":
        return {}
    if row.codec and row.codec.shape == "present":
        return False
    if row.default is not None and row.codec:
        return row.codec.decode(row.default)
    return None


def _attribute(row: Row) -> Any:
    options: dict[str, Any] = {"type": annotation(row), "metadata": {"row": row}}
    if row.live or row.generated or not row.paths:
        options["eq"] = False
    if row.secret:
        options["repr"] = masked
    elif row.codec and row.codec.shape == "xml":
        options["repr"] = lambda value: repr(presentable(row, value))
    if row.form in ("list", "map"):
        options["factory"] = list if row.form == "list" else dict
    elif not row.required:
        options["default"] = empty(row)
    return attrs.field(**options)


def _doc(table: Table) -> str:
    lines = [table.origin.comment or f"{table.name}.", ""]
    lines += [f"{row.name}: {row.origin.comment}" for row in table.attributes.values() if row.origin.comment]
    return "\n".join(lines).strip()


PLAIN = frozenset({str, int, bool, float, bytes, type(None)})


def freeze(value: Any) -> Any:
    """A value that can be a key: entities and collections as tuples, live and generated fields left out."""
    if value.__class__ in PLAIN:
        return value
    if isinstance(value, tuple | list):
        return tuple(freeze(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((key, freeze(item)) for key, item in value.items()))
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return (type(value).__name__, *(freeze(getattr(value, field.name)) for field in fields if field.eq))
    return value
