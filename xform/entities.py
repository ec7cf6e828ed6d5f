"""Entity classes, made from their tables when they are first asked for; or an embedder's own."""

from __future__ import annotations

import copyreg
import importlib
import re
import typing
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence, ValuesView
from functools import cached_property
from operator import attrgetter, getitem
from typing import Any

import attrs

from xform.errors import TableError, did_you_mean, lasting
from xform.table.folder import load_module
from xform.table.model import Choice, Row, Shape, Table, Tables
from xform.table.templates import computed

MASK = "***"


def opening(xml: object) -> str:
    """What is shown of kept XML: its element's name, for nobody knows what in it is secret; of other things nothing."""
    found = re.match(r"<[^\s/>]*", xml) if type(xml) is str else None
    return f"{found[0] if found else ''}…"


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
        return imported_class(shape, self.tables) if shape.cls else make_class(shape, self)


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


def named_class(tables: Tables, path: str) -> type:
    """The attrs class that a dialect calls ``module:Class``: of a Python file of its own, else of what is installed.

    Raises ValueError for what is none.
    """
    module, _, name = path.partition(":")
    try:
        own = (load_module(one.folder, module) for one in tables.lineage)
        cls = getattr(next(filter(None, own), None) or lasting(importlib.import_module)(module), name)
    except TableError as error:  # of a file of the dialect, with its place
        raise ValueError(f"cannot import the class {path!r}: {error}") from None
    except Exception as error:  # whatever the embedder's module raises
        raise ValueError(f"cannot import the class {path!r}: {error}; expected module:Class") from None
    if not isinstance(cls, type) or not attrs.has(cls):
        raise ValueError(f"{path!r} is no attrs class; expected one, as module:Class")
    return cls


def imported_class(table: Table, tables: Tables) -> type:
    """The embedder's class that a table names. Raises TableError where it lacks a field."""
    try:
        cls = named_class(tables, table.cls or "")
    except ValueError as error:
        raise TableError(f"{table.origin}: {error}") from None
    for fault, _ in lacks(table, cls):
        raise TableError(f"{table.origin}: {table.name}: {fault}")
    return cls


def lacks(table: Table, cls: type[Any]) -> Iterator[tuple[str, str]]:
    """What an embedder's class has not that its table's rows want, inherited ones too; and the first that it lacks."""
    wanted = [*table.attributes, *table.switches]
    have = {field.alias for field in attrs.fields(cls) if field.init}
    spare = have - set(wanted)
    if names := [name for name in wanted if name not in have]:
        said = ", ".join(repr(name) + did_you_mean(name, spare) for name in names)
        yield f"{table.cls} has no field {said}; expected one for each row, or fewer rows", names[0]
    if names := [row.name for row in table.every if row.computed and not hasattr(cls, row.name)]:
        said = ", ".join(map(repr, names))
        yield f"{table.cls} has no property {said}; expected one for each template of other fields", names[0]


def make_class(table: Table, classes: Classes, base: type = Entity) -> type:
    """Slots, keyword only, annotated with the types of the rows.

    Equality is that of intent: live and generated fields, and what no document holds, are no part of it.
    """
    fields: dict[str, Any] = {row.name: _attribute(row) for row in table.attributes.values()}
    for switch in table.switches:
        fields[switch] = attrs.field(default=False, type=bool)
    body = {"__doc__": _doc(table), "__classes__": classes}
    body |= {row.name: computed(row, table) for row in table.every if row.computed}
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


def compared(row: Row) -> bool:
    """Is a field part of equality?  That is one of intent."""
    return bool(row.paths) and not row.live and not row.generated


def _attribute(row: Row) -> Any:
    options: dict[str, Any] = {"type": annotation(row), "metadata": {"row": row}}
    if not compared(row):
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


def unequal(one: Any, other: Any, *, live: bool, path: str = "") -> Iterator[tuple[str, str, str]]:
    """The fields in which two values differ, as shown (a secret is masked); with `live`, those no intent too."""
    if type(one) is not type(other):
        yield path or ".", repr(one), repr(other)
    elif attrs.has(type(one)):
        for attribute in attrs.fields(type(one)):
            if attribute.eq or live:
                at = f"{path}.{attribute.name}" if path else attribute.name
                pair = getattr(one, attribute.name), getattr(other, attribute.name)
                row = attribute.metadata.get("row")
                hidden = attribute.repr is masked or (row is not None and veiled(row))
                for place, left, right in unequal(*pair, live=live, path=at):
                    yield (place, MASK, MASK) if hidden else (place, left, right)
    elif isinstance(one, list) and len(one) == len(other):
        for n, pair in enumerate(zip(one, other, strict=True)):
            yield from unequal(*pair, live=live, path=f"{path}[{n}]")
    elif isinstance(one, dict) and list(one) == list(other):
        for key in one:
            yield from unequal(one[key], other[key], live=live, path=f"{path}[{key!r}]")
    elif one != other or isinstance(one, list) or (live and isinstance(one, dict)):
        # dictionaries are equal whatever their order; two forms of one program keep the order as well
        yield path or ".", repr(one), repr(other)


def veiled(row: Row) -> bool:
    """Whether a row's values are not shown: secrets, and kept XML, for nobody knows what in it is one."""
    return row.secret or bool(row.codec and row.codec.shape == "xml")


def values_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of these fields of an entity."""
    return attrgetter(*names) if len(names) > 1 else lambda entity: tuple(getattr(entity, name) for name in names)
