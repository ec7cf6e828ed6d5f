"""Files below one folder, by paths that others named: which may be written down.  Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

LONGEST = 255  # bytes of one part of a path; no file system of Linux takes more


def fault(files: Sequence[str], folders: Sequence[str] = ()) -> str | None:
    """What is wrong with the first path that would not stay in the folder, or is no path of its own; None: nothing.

    >>> fault(["a/b", "a/c"])
    >>> fault(["../a"])
    "'../a' leads elsewhere; expected a relative path without empty, . and .. parts"
    >>> fault(["a", "a/b"])
    "'a' is a file and a folder"
    """
    paths, seen = (*files, *folders), set()
    for path in paths:
        if wrong := _wrong(path):
            return f"{path!r} {wrong}"
        if path in seen:
            return f"{path!r} stands twice"
        seen.add(path)
    both = set(files) & set(folders_of(paths))
    return f"{min(both)!r} is a file and a folder" if both else None


def folders_of(paths: Iterable[str]) -> list[str]:
    """The folders that paths stand in, each after the one that it is in.

    >>> folders_of(["b/c/d", "a"])
    ['b', 'b/c']
    """
    parts = [path.split("/") for path in paths]
    return sorted({"/".join(part[:depth]) for part in parts for depth in range(1, len(part))})


def _wrong(path: str) -> str | None:
    # control characters, and halves of characters, which no file system can be told
    if any(character == "\\" or unicodedata.category(character) in ("Cc", "Cs") for character in path):
        return "has a backslash or a character that cannot be written"
    parts = path.split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        return "leads elsewhere; expected a relative path without empty, . and .. parts"
    if any(len(part.encode()) > LONGEST for part in parts):
        return f"is too long; expected parts of at most {LONGEST} bytes"
    return None
