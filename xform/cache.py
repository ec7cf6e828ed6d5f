"""What is made once for all processes: files in the user's cache folder, for this user alone.

What lies there is code: it is loaded only from a folder and a file that nobody else could have written.  Where there
is no such folder, where it cannot be written, or where a file was damaged, everything is made anew, without a word.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from types import ModuleType

import attrs
import lxml

KEEP = 40  # files; the oldest go first

_SUM = len(source_hash(b""))


def key(*parts: str | bytes) -> str:
    """A name for what was made of these parts, by this xform and this Python."""
    lines = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape") for part in parts]
    return source_hash(b"".join(b"%d:%s" % (len(line), line) for line in (_engine(), *lines))).hex()


def content(files: Iterable[Path]) -> list[str | bytes]:
    """Names and content of files, as parts of a key. Raises OSError."""
    return [part for file in files for part in (str(file), file.read_bytes())]


@cache
def _engine() -> bytes:
    """What tells one xform and one Python from another: the source of the one, the kind of the other."""
    home = Path(__file__).parent
    python = [sys.version, sys.implementation.name, MAGIC_NUMBER, *map(_version, (attrs, lxml))]
    return "\n".join(map(str, python)).encode() + b"".join(
        file.read_bytes() for file in sorted(home.glob("**/*.py")) if "mappings" not in file.relative_to(home).parts
    )


def _version(package: ModuleType) -> tuple[int, int]:
    """What tells one installation of a package from another; to ask for its version takes too long."""
    found = os.stat(package.__file__ or "")
    return found.st_mtime_ns, found.st_size


def load(name: str) -> bytes | None:
    """What was stored under a name; None where nothing is there that may be trusted."""
    with suppress(OSError), _Folder() as folder:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        with open(handle, "rb") as file:
            if _ours(os.fstat(handle), stat.S_ISREG):
                data = file.read()
                if source_hash(data[_SUM:]) == data[:_SUM]:
                    return data[_SUM:]
    return None


def store(name: str, make: Callable[[], bytes]) -> None:
    """Keep what is made under a name, if anything can be kept here; only then is it made."""
    with suppress(OSError), _Folder(create=True) as folder:
        data = make()
        beside = f".{name}.{os.urandom(4).hex()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(beside, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(source_hash(data) + data)
            os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(OSError):
                os.unlink(beside, dir_fd=folder)
        _prune(folder)


def _prune(folder: int) -> None:
    ages = sorted(
        (os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime_ns, name) for name in os.listdir(folder)
    )
    for _, name in ages[:-KEEP]:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)


class _Folder:
    """Our folder, open. Raises OSError where there is none that is ours alone."""

    def __init__(self, create: bool = False) -> None:
        self.create = create

    def __enter__(self) -> int:
        given = os.environ.get("XDG_CACHE_HOME", "")
        home = given if os.path.isabs(given) else os.path.join(os.path.expanduser("~"), ".cache")
        path = os.path.join(home, "xform")
        if not os.path.isabs(path):
            raise OSError("no home")
        if self.create:
            os.makedirs(home, 0o700, exist_ok=True)
            with suppress(FileExistsError):
                os.mkdir(path, 0o700)
        self.handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        if not _ours(os.fstat(self.handle), stat.S_ISDIR):
            os.close(self.handle)
            raise OSError("not ours")
        return self.handle

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)


def _ours(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    return kind(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
