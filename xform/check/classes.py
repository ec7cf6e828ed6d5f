"""An embedder's own classes beside the tables that name them."""

from __future__ import annotations

import importlib
import types
import typing
from collections.abc import Iterator
from typing import Any

import attrs

from xform.check.finding import Finding
from xform.entities import annotation
from xform.errors import did_you_mean
from xform.table.model import Row, Tables


def fields_and_rows(tables: Tables) -> Iterator[Finding]:
    """An embedder's class has a field for every row, a row for every field, and both may be absent or neither."""
    for table in tables.tables:
        if table.cls is None:
            continue
        try:
            cls = _imported(table.cls)
        except ValueError as error:
            yield Finding("fields_and_rows", table.origin, f"{table.name}: {error}", table.cls)
            continue
        known = {field.alias: field for field in attrs.fields(cls) if field.init}
        rows = table.attributes
        for name, row in rows.items():
            if name not in known:
                hint = did_you_mean(name, set(known) - set(rows)) or "; expected one, or no row"
                message = f"{table.cls} has no field {name!r}, which {row} wants{hint}"
                yield Finding("fields_and_rows", row.origin, message, _call(cls, name))
            elif fault := _presence(cls, known[name], row):
                message = f"{row} {fault}"
                yield Finding("fields_and_rows", row.origin, message, _call(cls, name, "None"))
        for name in known:
            if name not in rows and name not in table.switches:
                hint = did_you_mean(name, set(rows) - set(known)) or "; expected one, or init=False"
                message = f"{table.name}: the field {name!r} of {table.cls} has no row, so it is lost on the way{hint}"
                yield Finding("fields_and_rows", table.origin, message, _call(cls, name))


def _imported(path: str) -> type[Any]:
    """Raises ValueError for what is no attrs class."""
    module, _, name = path.partition(":")
    try:
        cls = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the embedder's module raises
        raise ValueError(f"cannot import the class {path!r}: {error}; expected module:Class") from None
    if not isinstance(cls, type) or not attrs.has(cls):
        raise ValueError(f"{path!r} is no attrs class; expected one")
    return cls


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
