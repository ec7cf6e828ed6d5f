"""A folder of this process's own, which lasts no longer: what a killed process left, the next one removes."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Remove = Callable[[Path], None]

_LOCK = "lock"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def scratch(prefix: str, base: str | Path | None = None, remove: Remove = _remove) -> Path:
    """A new folder below `base`, by itself where temporary files are; `remove` is how one of this prefix is removed."""
    base = Path(base or tempfile.gettempdir())
    _sweep(base, prefix, remove)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    # Whoever can take this lock knows that we are gone; it is held before it gets its name.
    new = folder / f"{_LOCK}.new"
    fcntl.flock(os.open(new, os.O_CREAT | os.O_RDWR, 0o600), fcntl.LOCK_EX)
    os.rename(new, folder / _LOCK)
    owner = os.getpid()
    atexit.register(lambda: remove(folder) if os.getpid() == owner else None)
    return folder


def _sweep(base: Path, prefix: str, remove: Remove) -> None:
    """Remove what killed processes of this user left."""
    for lock in base.glob(f"{prefix}*/{_LOCK}"):
        with suppress(OSError):
            if lock.parent.lstat().st_uid != os.geteuid():
                continue
            holder = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(lock.parent)
            finally:
                os.close(holder)
