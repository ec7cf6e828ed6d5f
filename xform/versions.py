"""Which fields a version of libvirt knows: rows say ``since 9.1`` and ``until 11.0``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from xform.entities import empty
from xform.errors import EntityError
from xform.table.model import Row
from xform.validate import Place, Problem

if TYPE_CHECKING:
    from xform.dialect import Dialect

_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


def known(row: Row, version: str) -> bool:
    """Whether a version has what a row says; `until` names the last one, or the last of whole series (11, 11.0)."""
    at = _numbers(version)
    last = _numbers(row.until) if row.until else ()
    return not (row.since and at < _numbers(row.since)) and not at[: len(last)] > last


def unknown(dialect: Dialect, entity: Any, version: str) -> list[Problem]:
    """Every field of an entity that has a value and that a version of libvirt does not know."""
    return list(_unknown(dialect, entity, version, ()))


def _unknown(dialect: Dialect, value: Any, version: str, at: Place) -> Iterator[Problem]:
    if isinstance(value, list):
        for n, item in enumerate(value):
            yield from _unknown(dialect, item, version, (*at, n))
    elif attrs.has(type(value)) and (table := dialect.classes.table(type(value))):
        for name, row in table.fields.items():
            held = getattr(value, name)
            if held == empty(row):
                continue
            if known(row, version):
                yield from _unknown(dialect, held, version, (*at, name))
            else:
                wanted = f"is there since {row.since}" if row.since else f"was there until {row.until}"
                yield Problem((*at, name), f"{wanted}; libvirt {version} does not know it, so leave it out")


def schema_version(folder: Path) -> str | None:
    """The version of libvirt that a folder of RELAX NG files is of: as its name says (``libvirt-11.3.0``, ``v11.3.0``,
    ``11.3.0``), else that of the installed one.

    None where nothing tells.
    """
    if named := re.fullmatch(r"(?:libvirt[-_]|v)?([0-9]+\.[0-9]+\.[0-9]+)", folder.resolve().name):
        return named[1]
    if not folder.resolve().is_relative_to("/usr"):
        return None
    # the library's file is called libvirt.so.0.MAJOR*1000+MINOR.MICRO
    for home in _LIBRARIES:
        for file in (*Path(home).glob("libvirt.so.0.*"), *Path(home).glob("*/libvirt.so.0.*")):
            if found := re.fullmatch(r"libvirt\.so\.0\.([0-9]+)\.([0-9]+)", file.name):
                return f"{int(found[1]) // 1000}.{int(found[1]) % 1000}.{found[2]}"
    return None


def _numbers(version: str) -> tuple[int, ...]:
    if type(version) is not str:
        raise EntityError(f"the version is {version!r}; expected a text such as '9.0.0'")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
        raise EntityError(f"{version!r} is no version of libvirt; expected one such as 9.0.0")
    return tuple(map(int, version.split(".")))
