"""Which files of a dialect change, for commands that look again then."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from xform.errors import XformError
from xform.table.folder import Stamp, base_folder, display, find, stamps

PAUSE = 0.3  # seconds; a look at all files takes a thousandth of one


def changes(dialect: str) -> Iterator[list[str]]:
    """Nothing at first, then the files that were written, added or removed, as often as there are some.

    They are those of a dialect and of the dialects that it extends, as far as these can be told.
    """
    seen = _stamps(dialect)
    yield []
    while True:
        now = _stamps(dialect)
        # one that nobody leads to at the moment is as it was
        gone = {file for file in seen.keys() - now.keys() if not Path(file).exists()}
        if changed := gone | {file for file in now if seen.get(file) != now[file]}:
            seen = {file: stamp for file, stamp in (seen | now).items() if file not in gone}
            yield [str(display(Path(file))) for file in sorted(changed)]
        else:
            time.sleep(PAUSE)


def _stamps(dialect: str) -> dict[str, Stamp]:
    found: dict[str, Stamp] = {}
    folders: list[Path] = []
    try:
        folder = find(dialect).resolve()
        while folder not in folders:
            folders.append(folder)
            found |= stamps(folder)
            head = tomllib.loads((folder / "dialect.toml").read_text(encoding="utf-8"))
            folder = base_folder(folder, head["extends"]).resolve()
    except (XformError, OSError, ValueError, TypeError, KeyError):
        pass  # it extends no other, or nobody can tell: then the linter says why
    return found
