"""Compiled code in use: the functions of one form, such as parse, each of them loaded when it is first called."""

from __future__ import annotations

import importlib
import linecache
import marshal
import threading
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any

from xform import cache
from xform.codecs import Codec
from xform.codecs import codec as make_codec
from xform.compile import runtime
from xform.compile.source import Ref, Unit
from xform.entities import Classes, Opaque
from xform.table.model import Choice, Row, Table
from xform.table.walk import joins
from xform.xml import attribute_text, escape_text

MEMO = 4096  # values remembered for each codec

# What the names of a unit stand for, and its code by marshal.
_Compiled = tuple[dict[str, Ref], bytes | None]


class Program:
    """The functions of one form by name.  Safe to ask from several threads.

    They are compiled once for all processes, where the user's cache folder can keep them.
    """

    def __init__(self, classes: Classes, form: str) -> None:
        self.classes, self.form = classes, form
        self._key = classes.tables.key and f"{classes.tables.key}.{form}"
        self._units = self._stored() or self._compiled()
        self._lock = threading.RLock()
        self._rows: dict[str, dict[str, Row]] = {}
        self._space: dict[str, Any] = runtime.names(classes)
        self._left = set(self._units)
        for name in self._units:
            self._space[name] = self._later(name)

    def __iter__(self) -> Iterator[str]:
        """The names of its functions."""
        return iter(self._units)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """A function. Raises KeyError for one that the form does not have."""
        if name in self._left:
            with self._lock:
                self._load(name)
        function: Callable[..., Any] = self._space[name]
        return function

    def source(self, name: str) -> str:
        """What a function was compiled from. Raises KeyError."""
        return self._sources[name]

    def refs(self, name: str) -> dict[str, Ref]:
        """What the global names of a function stand for. Raises KeyError."""
        return self._units[name][0]

    @cached_property
    def _sources(self) -> dict[str, str]:
        stored = cache.load(f"{self._key}.source") if self._key else None
        if stored:
            found: dict[str, str] = marshal.loads(stored)
            return found
        return {name: unit.text for name, unit in self._written.items()}

    @cached_property
    def _written(self) -> dict[str, Unit]:
        written: dict[str, Unit] = importlib.import_module(f"xform.compile.{self.form}").units(self.classes)
        return written

    def _stored(self) -> dict[str, _Compiled] | None:
        stored = cache.load(self._key) if self._key else None
        found: dict[str, _Compiled] | None = marshal.loads(stored) if stored else None
        return found

    def _compiled(self) -> dict[str, _Compiled]:
        """Each unit's names and code; the code is made when it is asked for, or when all can be kept."""
        if self._key:
            cache.store(f"{self._key}.source", lambda: marshal.dumps(self._sources))
            cache.store(self._key, lambda: marshal.dumps({name: self._dumped(name) for name in self._written}))
        return self._stored() or {name: (unit.names, None) for name, unit in self._written.items()}

    def _dumped(self, name: str) -> _Compiled:
        return self._written[name].names, marshal.dumps(self._code(name))

    def _code(self, name: str) -> CodeType:
        return compile(self._written[name].text, self._file(name), "exec")

    def _file(self, name: str) -> str:
        """What tracebacks call the text of a function."""
        return f"xform {self.classes.tables.name} {self.form} {name}"

    def _later(self, name: str) -> Callable[..., Any]:
        """Stands for a function until its first call, which loads it in its place."""
        return lambda *args: self[name](*args)

    def _load(self, name: str) -> None:
        if name not in self._left:
            return
        names, code = self._units[name]
        for known, ref in names.items():
            if known not in self._space:
                self._space[known] = self._made(ref)
        # tracebacks and debuggers find the text through linecache
        linecache.cache[self._file(name)] = (lambda: self.source(name),)
        exec(marshal.loads(code) if code else self._code(name), self._space)
        self._left.discard(name)

    def _made(self, ref: Ref) -> Any:
        """What a global name stands for."""
        kind, name, *rest = ref
        classes, tables = self.classes, self.classes.tables
        match kind:
            case "cls":
                return classes[name]
            case "variants":
                choice = tables.shapes[name]
                assert isinstance(choice, Choice)
                return _Variants(self, choice, rest[0])
            case "words":
                choice = tables.shapes[name]
                assert isinstance(choice, Choice)
                return {key: " ".join(words) for key, words in keys(choice).items()}
            case "of":
                return _Of(self, name)
            case "word":
                return _Words(classes, name)
            case "table":
                return classes.shape(name)
            case "key":
                text_of = make_codec("str", ()).encode
                return Memo(lambda value: attribute_text(name, text_of(value)))
            case "on":
                joined, join, _ = list(joins(tables))[int(name)]
                on = [(path.attribute, field, joined.fields[field].codec) for path, field in join.on]
                return [(attribute, field, admitted(codec)) for attribute, field, codec in on if codec]
        row = self.row(name, rest[0])
        codec = row.codec
        match kind:
            case "row":
                return row
            case "value":
                return row.value
            case _ if codec is None:
                raise ValueError(f"{ref} has no codec")
            case "read":
                return codec.words.get if codec.words is not None else admitted(codec)
            case "rule":
                return codec.decode
            case "write":
                return codec.encode
            case "attr":
                return Memo(lambda value: attribute_text(rest[1], codec.encode(value)))
            case "text":
                return Memo(lambda value: escape_text(codec.encode(value)))
        raise ValueError(f"{ref} names nothing")

    def row(self, table: str, name: str) -> Row:
        """A row of a table, or of its second places."""
        if table not in self._rows:
            found = self.classes.shape(table)
            assert isinstance(found, Table)
            self._rows[table] = {row.name: row for row in found.every}
        return self._rows[table][name]


def keys(choice: Choice) -> dict[Any, tuple[str, ...]]:
    """What a look-up of the words of an element's discriminators goes by, to the words of the variant."""
    found: dict[Any, tuple[str, ...]] = {words if len(words) > 1 else words[0]: words for words in choice.variants}
    if choice.absent:
        found[(None,) * len(choice.absent) if len(choice.absent) > 1 else None] = choice.absent
    return found


class _Variants(dict[Any, Callable[..., Any]]):
    """The functions of variants by the words of their discriminators; `nothing` for other words."""

    def __init__(self, program: Program, choice: Choice, kind: str) -> None:
        self._program = program
        self._names = {key: f"{kind}_{choice.variants[words].name}" for key, words in keys(choice).items()}

    def __missing__(self, words: Any) -> Callable[..., Any]:
        if words not in self._names:
            return runtime.nothing
        function = self[words] = self._program[self._names[words]]
        return function


class _Of(dict[type, Callable[..., Any]]):
    """The functions of what a row may hold, by class; another class is a KeyError."""

    def __init__(self, program: Program, shape: str) -> None:
        self._program, self._shape = program, shape
        self[Opaque] = runtime.verbatim

    def __missing__(self, cls: type) -> Callable[..., Any]:
        classes = self._program.classes
        name = classes.name(cls)
        choice = classes.choice(name) if name else None
        if name is None or (choice.name if choice else name) != self._shape:
            raise KeyError(cls)
        function = self[cls] = self._program[f"generate_{name}"]
        return function


class _Words(dict[type, str | None]):
    """The words that tell what an embedding row holds, by class; another class has none."""

    def __init__(self, classes: Classes, shape: str) -> None:
        self._classes, self._shape = classes, shape
        self[type(None)] = None

    def __missing__(self, cls: type) -> str | None:
        name = self._classes.name(cls)
        choice = self._classes.choice(name) if name else None
        ours = name is not None and (choice.name if choice else name) == self._shape
        word = self[cls] = (" ".join(choice.words(name)) if choice and name else name) if ours else runtime.STRANGE
        return word


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


def admitted(codec: Codec) -> Callable[..., Any]:
    """Decodes what the codec admits; None for other text."""
    decode = codec.decode

    def read(*texts: str) -> Any:
        try:
            return decode(*texts)
        except ValueError:
            return None

    return lru_cache(MEMO)(read)
