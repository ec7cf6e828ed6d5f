"""Dialects that installed packages bring: entry points of the group ``xform.dialects``, name to package.

The package is the dialect's folder; it is found without being imported, so that a dialect's Python runs when it is
loaded and not before.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path as File
from typing import TYPE_CHECKING

from xform.errors import TableError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "xform.dialects"


def brought() -> list[str]:
    """The names of the dialects that installed packages bring."""
    return sorted(_points(tuple(sys.path)))


def brought_folder(name: str) -> File | None:
    """The folder of the dialect that an installed package brings by this name; None where none does.

    Raises TableError where two packages bring one of this name, and where there is no dialect in what one names.
    """
    points = _points(tuple(sys.path)).get(name, ())
    if len(points) > 1:
        raise TableError(
            f"dialect {name!r} is brought by {' and '.join(sorted(map(_package, points)))}; expected one package: "
            "uninstall the others, or give the dialect's folder"
        )
    for point in points:
        for folder in _folders(point.value):
            if (folder / "dialect.toml").is_file():
                return folder
        raise TableError(
            f"dialect {name!r} of {_package(point)}: no dialect.toml in {point.value}; "
            f"expected the entry point ({GROUP}) to name the package that holds it"
        )
    return None


@lru_cache(1)
def _points(path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    """By name what is installed on this path of Python's."""
    from importlib.metadata import entry_points  # which takes as long to import as a plan to make

    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _folders(package: str) -> list[File]:
    """Where a package may lie. Only the outermost is looked up: to find an inner one Python would import it."""
    top, *inner = package.split(".")
    with suppress(ValueError):  # no package's name
        if spec := find_spec(top):
            return [File(home, *inner) for home in spec.submodule_search_locations or ()]
    return []


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
