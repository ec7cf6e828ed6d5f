"""What travels to a worker: some documents, cut by size."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from attrs import field, frozen

# A chunk is closed where it has so many bytes or documents: some hundredths of a second of work, with a schema some
# tenths.
BYTES, DOCUMENTS = 2 * 1024 * 1024, 200

_ESCAPE = re.compile(r"\\u(dc[89a-f][0-9a-f])")


def escaped(name: str) -> str:
    """The name of a file as a row has it: what no UTF-8 says stands escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def unescaped(name: str) -> str:
    """The name of a file that a row has."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)


@frozen
class Entry:
    """A document of a source, by its name there; or why it could not be had."""

    source: str = field(converter=escaped)
    name: str = field(converter=escaped)
    xml: bytes = field(default=b"", repr=False)
    error: str = field(default="", converter=escaped)


@frozen(slots=False)
class Chunk:
    """Documents that are examined together; `number` counts from 0 in the order of the sources."""

    number: int
    entries: tuple[Entry, ...]

    @cached_property
    def digest(self) -> str:
        """What tells it from a chunk of other documents."""
        found = hashlib.sha256()
        for entry in self.entries:
            for part in (entry.source.encode(), entry.name.encode(), entry.xml, entry.error.encode()):
                found.update(b"%d:" % len(part) + part)
        return found.hexdigest()[:16]


def cut(entries: Iterable[Entry]) -> Iterator[Chunk]:
    """The entries in chunks; the same entries are always cut alike."""
    number, held, size = 0, list[Entry](), 0
    for entry in entries:
        held.append(entry)
        size += len(entry.xml)
        if size >= BYTES or len(held) >= DOCUMENTS:
            yield Chunk(number, tuple(held))
            number, held, size = number + 1, [], 0
    if held:
        yield Chunk(number, tuple(held))
