"""The writer of source text, and what the global names in it stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from zlib import crc32

from attrs import frozen

from xform.codecs import Codec

# What a global name stands for: a maker of xform.compile.program, and the names that it goes by.
Ref = tuple[str, ...]


@frozen
class Unit:
    """One compiled function with its helpers: the source, and what each global name in it stands for."""

    text: str
    names: dict[str, Ref]


class Names:
    """Global names; one for all codecs that are the same, and the same whatever else is compiled."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, ...]] = {}

    def __call__(self, kind: str, codec: Codec, *more: str) -> str:
        # rules of one name may come from several dialects
        told = f"_{crc32(codec.name.encode()):08x}" if codec.name != codec.word else ""
        key = (kind, codec.name, id(codec.decode) if codec.word == "rule" else 0, *more)
        return self._name("_".join([kind, *more, codec.word]) + told, key)

    def plain(self, kind: str, word: str) -> str:
        """The same for what is made of a word alone."""
        return self._name(f"{kind}_{word}", (kind, word))

    def _name(self, text: str, key: tuple[object, ...]) -> str:
        name = re.sub(r"\W", "_", text, flags=re.ASCII)
        while self._known.setdefault(name, key) != key:
            name += "_"
        return name


class Source:
    """Lines of Python at an indentation, and the global names that they refer to."""

    def __init__(self, names: Names) -> None:
        self.lines: list[str] = []
        self.refs: dict[str, Ref] = {}
        self._names = names
        self._depth = 0

    def __call__(self, line: str = "") -> None:
        self.lines.append("    " * self._depth + line if line else "")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """`head` and an indented body; a body with nothing in it is left out together with its head."""
        self(head)
        start = len(self.lines)
        self._depth += 1
        yield
        self._depth -= 1
        if len(self.lines) == start:
            self.lines.pop()

    def captured(self, write: Callable[[], None]) -> list[str]:
        """The lines that are written, kept for later."""
        lines, depth, self.lines, self._depth = self.lines, self._depth, [], 0
        write()
        lines, self.lines, self._depth = self.lines, lines, depth
        return lines

    def put(self, lines: Iterable[str]) -> None:
        """Write lines that were captured."""
        for line in lines:
            self(line)

    def unit(self) -> Unit:
        return Unit("\n".join(self.lines).strip("\n") + "\n", self.refs)

    def ref(self, name: str, *ref: str) -> str:
        """A global name that stands for what a maker makes."""
        self.refs[name] = ref
        return name

    def cls(self, name: str) -> str:
        """The class of an entity."""
        return self.ref(name, "cls", name)

    def of_codec(self, kind: str, codec: Codec, table: str, row: str, *more: str) -> str:
        """What a maker makes of the codec of a row."""
        return self.ref(self._names(kind, codec, *more), kind, table, row, *more)

    def encoded(self, kind: str, codec: Codec, table: str, row: str, value: str, *more: str) -> str:
        """An expression for the text that stands for a value; it raises what the codec raises."""
        name = self.of_codec(kind, codec, table, row, *more)
        # a look-up is quicker than a call, but takes 1, 1.0 and True for one key
        if codec.annotation == "str" or codec.annotation.startswith("Literal["):
            return f"{name}[{value}]"
        if codec.annotation in ("int", "bool"):
            return f"({name}[{value}] if {value}.__class__ is {codec.annotation} else {name}.encode({value}))"
        return f"{name}.encode({value})"
