"""Read a mapping file: tomllib decides the values, a scanner says where each key stands and what its comment is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from xform.errors import TableError
from xform.table.folder import display
from xform.table.model import Origin, Tables

FORMAT = 1
# Far more than any table needs, and little enough for what takes a time or a depth that grows faster than the text.
MAX_BYTES = 256 * 1024
MAX_LINE = 2000  # characters; a row is one line
MAX_PARTS = 8  # of a key with dots

_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'""")
_DOTTED = rf"\s*((?:{_PART.pattern})(?:\s*\.\s*(?:{_PART.pattern}))*)\s*"
_KEY = re.compile(_DOTTED)
_HEADER = re.compile(rf"\s*\[{_DOTTED}\]")
_TOKEN = re.compile(r'''"""|\'\'\'|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\[\]{}#]''')

Key = tuple[str, ...]


class TableFile:
    """The values of one file (nested dictionaries) and the origin of every key in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = _text(path)
        self.origins = scan(str(path), text)
        try:
            self.values: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise TableError(_located(path, text, str(error))) from None
        except RecursionError:
            raise TableError(f"{path}:1:1: values are nested too deeply; expected texts and lists of texts") from None
        missing = [key for key in _keys(self.values) if key not in self.origins]
        if missing:
            key = missing[0]
            near = (self.origins[key[:length]] for length in range(len(key), 0, -1) if key[:length] in self.origins)
            where = next(near, Origin(str(path), 1))
            raise TableError(f"{where}: cannot tell where {'.'.join(key)} stands; write each key on a line of its own")
        stated = self.values.pop("format", None)
        if type(stated) is not int or stated != FORMAT:
            where = self.origins.get(("format",), Origin(str(path), 1))
            said = "missing" if stated is None else repr(stated)
            raise TableError(f"{where}: format is {said}; expected `format = {FORMAT}` as the file's first key")

    def origin(self, *key: str) -> Origin:
        return self.origins[key]


def declared(tables: Tables, *key: str) -> Origin:
    """Where the heads of a dialect and of those it extends say something: the nearest."""
    heads = (TableFile(display(ancestor.folder) / "dialect.toml") for ancestor in tables.lineage)
    return next(head.origin(*key) for head in heads if key in head.origins)


def _text(path: Path) -> str:
    """The text of a file. Raises TableError for what cannot be one, or is too much of one."""
    try:
        if path.exists() and not path.is_file():
            raise TableError(f"{path}: it is no regular file; expected a mapping file, or another name")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8 at byte {error.start}; mapping files are UTF-8 text") from None
    except OSError as error:
        raise TableError(f"{path}: {error.strerror}; expected a mapping file") from None
    if len(data) > MAX_BYTES:
        raise TableError(f"{path}: the file is too large; expected at most {MAX_BYTES} bytes")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise TableError(
                f"{path}:{number}:{MAX_LINE + 1}: the line is too long; expected at most {MAX_LINE} characters"
            )
    return text


def _located(path: Path, text: str, message: str) -> str:
    """tomllib's message, its place put in front; a key that stands twice is told with both places."""
    found = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    if not found:
        return f"{path}:1:1: {message}"
    line, column = found.groups() if found[1] else (text.count("\n") + 1, 1)
    twice = stated_twice(str(path), text)
    # tomllib stops at the first fault; what stands twice behind that is another one
    if twice and twice[1].line <= int(line):
        key, again, first = twice
        return f"{again}: {key!r} stands twice; first at {first}"
    return f"{path}:{line}:{column}: {message[: found.start()]}; expected TOML"


def _keys(values: dict[str, Any], at: Key = ()) -> list[Key]:
    found: list[Key] = []
    for name, value in values.items():
        found.append((*at, name))
        if isinstance(value, dict):
            found += _keys(value, (*at, name))
    return found


def _parts(text: str) -> Key:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


@frozen
class _Statement:
    """A header, or a key with a value in a table; `key` is what is written, in its parts."""

    table: Key
    key: Key
    origin: Origin
    header: bool

    @property
    def paths(self) -> Iterator[Key]:
        """What is named on the way, the whole last."""
        for length in range(1, len(self.key) + 1):
            yield (*self.table, *self.key[:length])


def scan(file: str, text: str) -> dict[Key, Origin]:
    """Where every key of a TOML text stands, and its comment: behind it, or in the lines above it."""
    origins: dict[Key, Origin] = {}
    for statement in _statements(file, text):
        for path in statement.paths:
            origins.setdefault(path, statement.origin)
        if statement.header:
            origins[path] = statement.origin
    return origins


# How a key may be told again (before, now): tables stand before or behind their parts, dotted keys share beginnings.
_AGAIN = {
    ("parent", "parent"),
    ("parent", "table"),
    ("table", "parent"),
    ("dotted", "parent"),
    ("parent", "dotted"),
    ("dotted", "dotted"),
}


def stated_twice(file: str, text: str) -> tuple[str, Origin, Origin] | None:
    """The first key that a TOML text states a second time, as written there, and both of its places."""
    known: dict[Key, tuple[str, Origin]] = {}
    for statement in _statements(file, text):
        whole, part = ("table", "parent") if statement.header else ("value", "dotted")
        for path in statement.paths:
            now = whole if path == (*statement.table, *statement.key) else part
            before, first = known.setdefault(path, (now, statement.origin))
            if first is not statement.origin:
                if (before, now) not in _AGAIN:
                    return ".".join(path[len(statement.table) :]), statement.origin, first
                if now == "table":
                    known[path] = (now, statement.origin)
    return None


def _statements(file: str, text: str) -> Iterator[_Statement]:
    """Every header and key of a TOML text; an array or text of several lines has none in it.

    Raises TableError for a key of more parts than any has.
    """
    table: Key = ()
    above: list[str] = []
    depth, inside = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        fresh = depth == 0 and not inside
        key = header = None
        start = 0
        if fresh:
            header = _HEADER.match(line)
            key = None if header else _KEY.match(line)
            if key and line[key.end() : key.end() + 1] == "=":
                start = key.end() + 1
            else:
                key = None
        comment, depth, inside = _rest(line, len(line) if header else start, depth, inside)
        if found := header or key:
            parts = _parts(found[1])
            column = (line.index("[") if header else found.start(1)) + 1
            if len(parts) > MAX_PARTS:
                raise TableError(f"{file}:{number}:{column}: a key of {len(parts)} parts; expected at most {MAX_PARTS}")
            if header:
                comment, table = line[header.end() :].partition("#")[2].strip(), parts
            origin = Origin(file, number, column, comment or " ".join(above))
            yield _Statement(() if header else table, parts, origin, header=bool(header))
        if fresh and not header and not key and line.lstrip().startswith("#"):
            above.append(line.strip().lstrip("#").strip())
        else:
            above = []


def _rest(line: str, start: int, depth: int, inside: str) -> tuple[str, int, str]:
    """Follow brackets and strings to the end of a line: its comment, the open brackets, the open string."""
    at = start
    while at < len(line):
        if inside:
            end = line.find(inside, at)
            if end < 0:
                return "", depth, inside
            at, inside = end + 3, ""
            continue
        token = _TOKEN.search(line, at)
        if not token:
            break
        at = token.end()
        match token[0]:
            case "#":
                return line[at:].strip(), depth, ""
            case '"""' | "'''":
                inside = token[0]
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
    return "", depth, inside
