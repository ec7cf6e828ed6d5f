"""Entity classes, made from their tables when they are first asked for; or an embedder's own."""

from __future__ import annotations

import importlib
import threading
from functools import cached_property
from typing import Any

import attrs

from xform.errors import TableError
from xform.table.model import Choice, Row, Shape, Table, Tables


def opening(xml: object) -> str:
    """What is shown of kept XML: its element's name, for nobody knows what in it is secret."""
    return f"'{str(xml).partition('>')[0].partition(' ')[0]}…'"


@attrs.define(frozen=True)
class Opaque:
    """An element that no table can say, kept whole: the canonical XML of what it stands for."""

    xml: str = attrs.field(repr=opening)


def masked(value: object) -> str:
    """What is shown of a secret."""
    return "None" if value is None else "'***'"


class Classes:
    """The entity classes of one dialect by name; safe to ask from several threads."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._made: dict[str, type] = {"Opaque": Opaque}
        self._lock = threading.RLock()

    def __contains__(self, name: str) -> bool:
        return name in self._made or name in self.tables.shapes or name in self.tables.variants

    def __getitem__(self, name: str) -> type:
        """The class of an entity, a choice (the base of its variants) or a variant. Raises KeyError."""
        made = self._made.get(name)
        if made is None:
            with self._lock:
                if name not in self._made:
                    self._made[name] = self._make(name)
                made = self._made[name]
        return made

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
            return make_class(shape, bases=(self[choice.name],))
        if isinstance(shape, Choice):
            return type(name, (), {"__slots__": (), "__module__": __name__, "__doc__": shape.origin.comment or None})
        return imported_class(shape) if shape.cls else make_class(shape)


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
    for row in table.fields.values():
        if row.name not in have:
            raise TableError(f"{row.origin}: {table.cls} has no field {row.name!r}; add it there, or drop the row")
    return cls


def make_class(table: Table, bases: tuple[type, ...] = ()) -> type:
    """Slots, keyword only, annotated with the types of the rows; live and generated fields are no part of equality."""
    fields: dict[str, Any] = {row.name: _attribute(row) for row in table.fields.values()}
    for switch in table.switches:
        fields[switch] = attrs.field(default=False, type=bool)
    body = {"__module__": __name__, "__doc__": _doc(table)}
    return attrs.make_class(
        table.name, fields, bases=bases or (object,), class_body=body, slots=True, kw_only=True, order=False
    )


def annotation(row: Row) -> str:
    """The Python type of a row's field, as written."""
    item = row.codec.annotation if row.codec else f"{row.entity} | Opaque"
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
    if row.live or row.generated:
        options["eq"] = False
    if row.secret:
        options["repr"] = masked
    if row.form in ("list", "map"):
        options["factory"] = list if row.form == "list" else dict
    elif not row.required:
        options["default"] = empty(row)
    return attrs.field(**options)


def _doc(table: Table) -> str:
    lines = [table.origin.comment or f"{table.name}.", ""]
    lines += [f"{row.name}: {row.origin.comment}" for row in table.fields.values() if row.origin.comment]
    return "\n".join(lines).strip()
