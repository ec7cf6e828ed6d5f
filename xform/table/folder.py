"""Where a dialect's files are, and how Python imports those that are its own."""

from __future__ import annotations

import importlib
import marshal
import os
import re
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path as File
from traceback import walk_tb
from types import CodeType, ModuleType

from xform import cache
from xform.errors import TableError, did_you_mean, lasting
from xform.table.brought import brought, brought_folder

_PACKAGE = "__init__.py"
_PREFIX = "xform.at"  # Python imports xform first, and with it `_Finder`
_HOMES = (File(__file__).parents[1] / "mappings", File(__file__).parents[2] / "mappings")
# Held while a dialect, or a file of its Python, is loaded; either may ask for the other.
loading = threading.RLock()


def shipped() -> list[str]:
    """The names of the dialects that come with xform."""
    return sorted({file.parent.name for home in _HOMES for file in home.glob("*/dialect.toml")})


def names() -> list[str]:
    """The names of all dialects: those that come with xform, and those that installed packages bring."""
    return sorted({*shipped(), *brought()})


def find(name: str) -> File:
    """The folder of a dialect: by the name of one that is shipped or that a package brings, or by its path.

    A name says the same in every folder: one that is shipped is nobody else's, and ``./ovirt`` is always a path.
    Raises TableError where there is none.
    """
    if folder := _named(name):
        return folder
    if File(name).is_dir():
        return File(name).absolute()
    raise _unknown(name)


def _named(name: str) -> File | None:
    """The folder of a dialect that is shipped or that a package brings."""
    if File(name).name != str(name):
        return None
    for home in _HOMES:
        if (home / name / "dialect.toml").is_file():
            return home / name
    return brought_folder(name)


def _unknown(name: str) -> TableError:
    known = names()
    said = f"no dialect {name!r}{did_you_mean(name, known)}; expected {', '.join(known)}, or a folder"
    return TableError(f"{said} with a dialect.toml")


def found_by(folder: File) -> str:
    """What `find` finds a folder by, in whatever process: the name of a shipped dialect, else its path."""
    return folder.name if folder.parent in _HOMES else str(folder)


def base_folder(folder: File, name: str) -> File:
    """The folder of the dialect that one extends: by name as `find` has it, or by its path from this folder.

    Raises TableError.
    """
    if found := _named(name):
        return found
    if (folder / name / "dialect.toml").is_file():
        return folder / name
    raise _unknown(name)


def display(folder: File) -> File:
    """As short as messages can name it from here."""
    folder = folder.resolve()
    return folder.relative_to(File.cwd()) if folder.is_relative_to(File.cwd()) else folder


Stamp = tuple[int, int, int]
"""What tells that a file was changed."""


def stamp(file: File) -> Stamp:
    found = file.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def stamps(folder: File) -> dict[str, Stamp]:
    """Of all files that make a dialect; one that goes meanwhile is none of them."""
    found: dict[str, Stamp] = {}
    for file in sources(folder):
        with suppress(FileNotFoundError):
            found[str(file)] = stamp(file)
    return found


def sources(folder: File) -> list[File]:
    """The files that make a dialect: its tables and its Python, in modules or packages, with their data."""
    found = (file for pattern in ("*.toml", "*.py", "*/*.toml", "*/*.py") for file in folder.glob(pattern))
    return sorted(file for file in found if file.is_file())


def digest(folder: File) -> bytes:
    """The same for the same files, wherever they lie."""
    from hashlib import sha256

    found = sha256()
    for file in sources(folder):
        data = file.read_bytes()
        found.update(b"%s %d " % (os.fsencode(file.relative_to(folder)), len(data)) + data)
    return found.digest()


def load_module(folder: File, name: str) -> ModuleType | None:
    """The Python file or package of this name in a dialect's folder, or None.

    It runs once in a process, and anew when a file of it was changed since.  Raises TableError where it does not load.
    """
    folder = folder.resolve()
    file = folder / f"{name}.py"
    if not file.is_file() and not (file := folder / name / "__init__.py").is_file():
        return None
    module = _module_name(folder / name)
    with loading:
        loaded = sys.modules.get(module)
        if loaded is not None and getattr(loaded.__loader__, "stamps", None) != _stamps(file):
            for known in [known for known in sys.modules if known == module or known.startswith(f"{module}.")]:
                del sys.modules[known]
        try:
            found: ModuleType = lasting(importlib.import_module)(module)
            return found
        except Exception as error:
            where = place(error, [file.parent]) or f"{file}: "
            said = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise TableError(f"{where}{said}; expected Python that loads") from error


def place(error: BaseException, folders: Collection[File]) -> str:
    """``file:line: `` of the Python in these folders that an error came up in last; empty for that of others."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        frames.append((error.filename, error.lineno))
    own = [f"{file}:{line}: " for file, line in frames if File(file).resolve().parent in folders]
    return own[-1] if own else ""


def defined(function: object, folders: Collection[File]) -> str:
    """The same of a function: where it begins."""
    code = getattr(function, "__code__", None)
    if code is None or File(code.co_filename).resolve().parent not in folders:
        return ""
    return f"{code.co_filename}:{code.co_firstlineno}: "


def _stamps(file: File) -> dict[str, Stamp]:
    """Of a module, or of all modules of its package."""
    files = sorted(file.parent.glob("*.py")) if (file.parent / _PACKAGE).is_file() else [file]
    return {str(file): stamp(file) for file in files}


@lru_cache(maxsize=64)
def _compiled(files: tuple[tuple[str, Stamp], ...]) -> dict[str, CodeType]:
    """The code of a module, or of all modules of a package, by file; compiled once for all processes.

    Python's own bytecode does not tell apart what was written within one second; this goes by the content.
    """
    sources = {name: File(name).read_bytes() for name, _ in files}
    key = cache.key("python", *(part for item in sources.items() for part in item))
    with suppress(Exception):  # what is kept may be anything; then it is made anew
        kept: dict[str, CodeType] = marshal.loads(cache.load(f"{key}.python") or b"")
        if kept.keys() == sources.keys():
            return kept
    made = {name: compile(source, name, "exec", dont_inherit=True) for name, source in sources.items()}
    cache.store(f"{key}.python", lambda: marshal.dumps(made))
    return made


def _module_name(file: File) -> str:
    """The name that a file or package is imported by: its path without the suffix, spelled as an identifier."""
    path = os.fsencode(file)
    return _PREFIX + "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"_{byte:02x}" for byte in path)


def _module_file(name: str) -> File | None:
    path = re.sub(rb"_([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), name.removeprefix(_PREFIX).encode())
    file = File(os.fsdecode(path))
    found = (file.with_name(f"{file.name}.py"), file / _PACKAGE)
    return next((one for one in found if one.is_file()), None)


class _Loader(SourceFileLoader):
    """Loads what `_compiled` made of the source."""

    def __init__(self, name: str, file: File) -> None:
        super().__init__(name, str(file))
        # the modules of a package are those of the moment at which it was loaded
        package = sys.modules.get(name.rpartition(".")[0])
        self.stamps: dict[str, Stamp] = getattr(getattr(package, "__loader__", None), "stamps", None) or _stamps(file)

    def get_code(self, fullname: str) -> CodeType:
        return _compiled(tuple(self.stamps.items()))[self.path]


class _Finder:
    """Imports a dialect's files by their names, so that values of their classes can be sent to another process."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith(_PREFIX):
            return None
        top, _, inner = name.removeprefix("xform.").partition(".")
        file = _module_file(f"xform.{top}")
        home = file.parent if file and file.name == _PACKAGE else None
        if inner and home:
            file, home = home / f"{inner}.py", None
        if file is None or not file.is_file():
            return None
        spec = spec_from_file_location(name, file, loader=_Loader(name, file))
        if spec and home:
            spec.submodule_search_locations = []  # a package, in which nobody but this finds modules
        return spec


sys.meta_path.append(_Finder)
