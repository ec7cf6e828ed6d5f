"""The writer of source text, and the names that compiled source refers to."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from xform.codecs import Codec
from xform.xml import escape_attribute, escape_text

MEMO = 4096  # values remembered for each codec


class Source:
    """Lines of Python at an indentation, and the namespace that they run in."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self.names = names
        self._depth = 0
        self._known: dict[tuple[str, str], str] = {}

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

    def name(self, kind: str, codec: Codec, make: Callable[[], Any]) -> str:
        """The global that holds what `make` makes for a codec; one for all rows that say the same."""
        key = (kind, f"{codec.name} {id(codec.decode) if codec.word in ('rule', 'text', 'str') else ''}")
        if key not in self._known:
            self._known[key] = f"{kind}_{codec.word}_{len(self._known)}"
            self.names[self._known[key]] = make()
        return self._known[key]

    def decoder(self, codec: Codec) -> str:
        """An expression for a function from text to value, or to None where the codec does not admit the text."""
        if codec.words is not None:
            return self.name("read", codec, lambda: codec.words.get if codec.words else None)
        return self.name("read", codec, lambda: admitted(codec))

    def encoded(self, codec: Codec, value: str, attribute: bool) -> str:
        """An expression for the escaped text of a value; it raises what the codec raises."""
        escape = escape_attribute if attribute else escape_text
        name = self.name("attr" if attribute else "text", codec, lambda: encoder(codec, escape))
        # a look-up is quicker than a call, but takes 1, 1.0 and True for one key
        return f"{name}[{value}]" if _textual(codec) else f"{name}({value})"

    def run(self, file: str) -> dict[str, Any]:
        """Compile and execute; tracebacks and debuggers find the text through linecache."""
        text = "\n".join(self.lines) + "\n"
        linecache.cache[file] = (len(text), None, text.splitlines(True), file)
        exec(compile(text, file, "exec"), self.names)
        return self.names


class Memo(dict[Any, str]):
    """The texts of values that were met, by value; bounded."""

    def __init__(self, encode: Callable[[Any], str]) -> None:
        self.encode = encode

    def __missing__(self, value: Any) -> str:
        text = self.encode(value)
        if len(self) >= MEMO:
            self.clear()
        self[value] = text
        return text


def _textual(codec: Codec) -> bool:
    return codec.annotation == "str" or codec.annotation.startswith("Literal[")


def encoder(codec: Codec, escape: Callable[[str], str]) -> Any:
    def encode(value: Any) -> str:
        return escape(codec.encode(value))

    return Memo(encode) if _textual(codec) else lru_cache(MEMO, typed=True)(encode)


def admitted(codec: Codec) -> Callable[..., Any]:
    decode = codec.decode

    def read(*texts: str) -> Any:
        try:
            return decode(*texts)
        except ValueError:
            return None

    return lru_cache(MEMO)(read)


# Names that compiled functions use for themselves; a field of such a name, or of one so made, gets an underscore.
_OWN = re.compile(
    r"([a-z][0-9]?|live|context|tag|str|entries[0-9]+|own_text|opaque|canonical|decided|project|link|first|nothing"
    r"|verbatim|slow|place[0-9]+_\w+|(read|rule|attr|text|encode)_[a-z]+_[0-9]+|[a-z]+_[A-Z]\w*)_*"
)


def local(field: str) -> str:
    """The local variable of a field."""
    return f"{field}_" if _OWN.fullmatch(field) else field
