"""Files that a user names: the documents of a folder, and their bytes."""

from __future__ import annotations

import os
from pathlib import Path

# More than any reader accepts; each has a bound of its own, and says so.
MOST = 16 * 1024 * 1024


def documents_in(folder: Path) -> list[str]:
    """The paths, seen from a folder, of all ``*.xml`` below it, in order; of folders that cannot be looked into too:
    who reads them tells why.

    Links to folders are followed when all else was looked into, and none is looked into twice.
    """
    closed: list[OSError] = []
    found, seen = [], set[str]()
    for start in (starts := [str(folder)]):
        for at, inner, names in os.walk(start, onerror=closed.append):
            if (real := os.path.realpath(at)) in seen:
                inner.clear()
                continue
            seen.add(real)
            inner.sort()
            starts += filter(os.path.islink, (os.path.join(at, name) for name in inner))
            for name in names:
                # a link that leads nowhere is told where it is read; a pipe would keep its reader waiting
                if name.endswith(".xml") and ((file := Path(at, name)).is_file() or not file.exists()):
                    found.append(str(file.relative_to(folder)))
    found += (str(Path(error.filename).relative_to(folder)) for error in closed)
    return sorted(found)


def read_bytes(file: str | Path) -> bytes:
    """What a file holds, of what is too large for any reader its beginning. Raises OSError."""
    with open(file, "rb") as opened:
        return opened.read(MOST)


def line_and_column(data: bytes, at: int) -> str:
    """Where one of the bytes of a file stands, as messages have it."""
    line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
    return f"{line}:{column}"
