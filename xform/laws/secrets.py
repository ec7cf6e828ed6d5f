"""The texts of an entity's secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import attrs


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
