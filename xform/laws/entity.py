"""Entities side by side, and the texts of their secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import attrs

from xform.entities import masked
from xform.table.model import Row


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
                    yield (place, "***", "***") if hidden else (place, left, right)
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


def secrets(value: Any) -> Iterator[str]:
    """The texts of all secrets that an entity holds, at any depth."""
    if attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):
            row = attribute.metadata.get("row")
            for item in _items(getattr(value, attribute.name)):
                if row is not None and row.secret and item is not None and row.codec:
                    yield str(item)
                    with suppress(ValueError, TypeError):  # as it stands in the text
                        yield row.codec.encode(item)
                else:
                    yield from secrets(item)


def _items(value: Any) -> Iterable[Any]:
    """What a field holds, in whatever form."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else [value]
