"""Tables as bytes: what was read and resolved once is kept for all processes, each entity by itself until it is asked.

Codecs are functions; they go by the words that they were made of.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

from attrs import evolve

from xform import cache, codecs
from xform.codecs import Codec
from xform.rules import Rule
from xform.table.folder import base_folder, display, find, load_module, sources
from xform.table.model import Shape, Tables


def load_tables(name: str) -> Tables:
    """Read a dialect. Raises TableError with file, line and column."""
    key = _key(find(name))
    if key and (data := cache.load(f"{key}.tables")):
        try:
            return decode(data)
        except Exception:  # of a dialect that is as it was: then its files are read, and say what is wrong
            pass
    from xform.table import resolve

    tables = resolve.load_tables(name)
    if key and all(_at_home(inner.folder) for inner in tables.lineage):
        tables = evolve(tables, key=key)
        cache.store(f"{key}.tables", partial(encode, tables))
    return tables


def _key(folder: Path) -> str | None:
    """What tells whether anything changed that tables come from: the files of a dialect and of those it extends."""
    parts: list[str | bytes] = []
    seen: set[Path] = set()
    try:
        while folder not in seen:
            seen.add(folder)
            parts += ["folder", str(folder), str(display(folder))]
            parts += cache.content(sources(folder))
            file = folder / "dialect.toml"
            head = file.read_text(encoding="utf-8").partition("\n[")[0] if file.is_file() else "extends"
            if "extends" not in head:
                return cache.key(*parts)
            folder = base_folder(folder, re.findall(r'^extends *= *"([^"\\]*)"', head, re.MULTILINE)[0])
    except Exception:  # whatever is wrong, who reads the tables says it
        pass
    return None


def _at_home(folder: Path) -> bool:
    """Whether a dialect's rules are all written in its folder, where a change of them is seen."""
    module = load_module(folder, "rules")
    rules = [value for value in vars(module).values() if isinstance(value, Rule)] if module else []
    return all(pair.__module__ == module.__name__ for rule in rules for pair in (rule.decode, rule.encode) if module)


class Shapes(Mapping[str, Shape]):
    """The shapes of a dialect by name, each made of its bytes when it is first asked for."""

    def __init__(self, data: dict[str, bytes]) -> None:
        self._data = data
        self._made: dict[str, Shape] = {}

    def __getitem__(self, name: str) -> Shape:
        if name not in self._made:
            self._made.setdefault(name, _Unpickler(BytesIO(self._data[name])).load())
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __reduce__(self) -> tuple[Any, ...]:
        return Shapes, (self._data,)


def encode(tables: Tables) -> bytes:
    return _dumps(_apart(tables))


def decode(data: bytes) -> Tables:
    tables = _Unpickler(BytesIO(data)).load()
    assert isinstance(tables, Tables)
    return tables


def _apart(tables: Tables) -> Tables:
    """The same tables with each shape in bytes of its own."""
    base = _apart(tables.base) if tables.base else None
    return evolve(tables, base=base, shapes=Shapes({name: _dumps(shape) for name, shape in tables.shapes.items()}))


def _dumps(value: object) -> bytes:
    out = BytesIO()
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(value)
    return out.getvalue()


class _Pickler(pickle.Pickler):
    def persistent_id(self, value: object) -> Any:
        return value.made if isinstance(value, Codec) else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, made: Any) -> Codec:
        return _rule(*made[1:]) if made[0] == "rule" else _codec(made)


@lru_cache(4096)
def _codec(made: tuple[str, ...]) -> Codec:
    word, *arguments = made
    return codecs.filled(_codec(tuple(arguments))) if word == "filled" else codecs.codec(word, arguments)


def _rule(folder: str, name: str, *needs: str) -> Codec:
    rule = getattr(load_module(Path(folder), "rules"), name)
    return codecs.rule_codec(rule, folder, name, needs)
