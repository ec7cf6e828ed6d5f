"""Dialects by their names or folders: a process has one of each, and so have the processes that it sends one to."""

from __future__ import annotations

import copyreg
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from xform.dialect import Dialect
from xform.entities import Classes
from xform.table.folder import Stamp, find, found_by, loading, stamps

if TYPE_CHECKING:
    from xform.types.domain import DomainDialect
    from xform.types.ovirt import OvirtDialect

_loaded: dict[Path, tuple[list[dict[str, Stamp]], Dialect]] = {}


@overload
def load(name: Literal["ovirt"] = ...) -> OvirtDialect: ...
@overload
def load(name: Literal["domain"]) -> DomainDialect: ...
@overload
def load(name: str) -> Dialect: ...
def load(name: str = "ovirt") -> Dialect:
    """A dialect by name, or by the path of its folder (which runs its rules.py).

    It is read once: a process has one dialect of a folder, with one class for each entity, until a file of it changes.
    Raises TableError with file, line and column of what is wrong.
    """
    from xform.table.stored import load_tables

    folder = find(name).resolve()
    with loading:
        if folder in _loaded:
            files, dialect = _loaded[folder]
            if files == _files(dialect):
                return dialect
        dialect = Dialect(load_tables(name))
        _loaded[folder] = _files(dialect), dialect
        return dialect


def _files(dialect: Dialect) -> list[dict[str, Stamp]]:
    return [stamps(tables.folder) for tables in dialect.tables.lineage]


def _classes(name: str) -> Classes:
    return load(name).classes


# by pickle they go by name: each process loads them for itself
copyreg.pickle(Dialect, lambda dialect: (load, (found_by(dialect.tables.folder),)))
copyreg.pickle(Classes, lambda classes: (_classes, (found_by(classes.tables.folder),)))
