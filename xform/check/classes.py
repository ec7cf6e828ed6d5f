"""An embedder's own classes beside the tables that name them."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import attrs

from xform.check.finding import Finding
from xform.entities import annotation, compared, lacks, named_class
from xform.errors import did_you_mean
from xform.table.model import Row, Tables
from xform.table.reader import declared


def fields_and_rows(tables: Tables) -> Iterator[Finding]:
    """An embedder's class has a field for every row, and no other; they agree on absence, equality and secrets."""
    for table in tables.tables:
        if table.cls is None:
            continue
        try:
            cls = named_class(tables, table.cls)
        except ValueError as error:
            yield Finding("fields_and_rows", table.origin, f"{table.name}: {error}", table.cls)
            continue
        known = {field.alias: field for field in attrs.fields(cls) if field.init}
        rows = table.attributes
        for fault, name in lacks(table, cls):
            yield Finding("fields_and_rows", table.origin, f"{table.name}: {fault}", _call(cls, name))
        for name, row in rows.items():
            if name not in known:
                continue
            # an inherited row is sound: it is the class that does not fit it
            origin = row.origin if row.origin.beside(table.origin) else table.origin
            if row.secret and known[name].repr is True:
                message = f"{row} is secret, and {table.cls} shows it in its repr; expected repr=False in the class"
                yield Finding("fields_and_rows", origin, message, _call(cls, name))
            if said := _presence(cls, known[name], row):
                yield Finding("fields_and_rows", origin, f"{row} {said}", _call(cls, name, "None"))
            elif known[name].eq and not compared(row):
                message = f"{row} is no part of equality, and {table.cls} compares it; expected eq=False in the class"
                yield Finding("fields_and_rows", origin, message, _call(cls, name))
        for name in known:
            if name not in rows and name not in table.switches:
                hint = did_you_mean(name, set(rows) - set(known)) or "; expected one, or init=False"
                message = f"{table.name}: the field {name!r} of {table.cls} has no row, so it is lost on the way{hint}"
                yield Finding("fields_and_rows", table.origin, message, _call(cls, name))


def context_class(tables: Tables) -> Iterator[Finding]:
    """Each keyword of `[context]` has its class."""
    for keyword, name in tables.context.items():
        try:
            named_class(tables, name)
        except ValueError as error:
            yield Finding("context_class", declared(tables, "context", keyword), str(error), name)


def _presence(cls: type[Any], field: attrs.Attribute[Any], row: Row) -> str | None:
    """Where one of the two may be None and the other not."""
    admitted = _admits_none(cls, field)
    absent = annotation(row).endswith("| None")
    if admitted is None or admitted == absent or row.form != "one":
        return None
    if absent:
        return "may be None, which the field does not admit; expected ! or = in the row, or `| None` in the class"
    if row.required:
        return "is required (!), and the field admits None; expected no ! in the row, or no None in the class"
    return None


def _admits_none(cls: type[Any], field: attrs.Attribute[Any]) -> bool | None:
    """None where its type does not tell."""
    try:
        hint = typing.get_type_hints(cls).get(field.name)
    except Exception:  # names that exist for the type checker only
        return None
    if hint is None or hint is Any:
        return None
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return type(None) in typing.get_args(hint)
    return hint is type(None)


def _call(cls: type[Any], name: str, value: str = "…") -> str:
    return f"{cls.__name__}({name}={value})"
