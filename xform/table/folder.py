"""Where a dialect's files are."""

from __future__ import annotations

import importlib.util
from pathlib import Path as File
from types import ModuleType

from xform.errors import TableError, did_you_mean


def find(name: str) -> File:
    """The folder of a dialect: the name of one that is shipped, or a folder's path; ``./ovirt`` is always a path."""
    homes = (File(__file__).parents[1] / "mappings", File(__file__).parents[2] / "mappings")
    for home in homes:
        if (home / name / "dialect.toml").is_file() and File(name).name == str(name):
            return home / name
    if File(name).is_dir():
        return File(name)
    known = sorted({file.parent.name for home in homes for file in home.glob("*/dialect.toml")})
    raise TableError(
        f"no dialect {name!r}{did_you_mean(name, known)}; expected {', '.join(known)}, or a folder with a dialect.toml"
    )


def base_folder(folder: File, name: str) -> File:
    """The folder of the dialect that one extends; a folder is named as seen from this one. Raises TableError."""
    return folder / name if (folder / name / "dialect.toml").is_file() else find(name)


def display(folder: File) -> File:
    """As short as messages can name it from here."""
    folder = folder.resolve()
    return folder.relative_to(File.cwd()) if folder.is_relative_to(File.cwd()) else folder


def load_module(folder: File, name: str) -> ModuleType | None:
    """The Python file of this name in a dialect's folder, or None. Raises TableError where it does not load."""
    file = folder / f"{name}.py"
    if not file.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"xform_dialect_{folder.name}_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise TableError(f"{file}: {type(error).__name__}: {error}; expected Python that loads") from error
    return module
