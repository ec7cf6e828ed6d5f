"""Every way in which one key of a mapping file can be altered: made from the grammar of rows, and written back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve, frozen

from tests.mutation.alone import Key
from xform import codecs
from xform.table import grammar
from xform.table.grammar import CodecSyntax, PathSyntax, RowSyntax, StepSyntax
from xform.table.merge import DROP
from xform.table.model import Origin
from xform.table.reader import TableFile
from xform.table.words import WORDS

OTHER = "other"
# Codecs that take one for the other in a hurry.
NEAR = {
    "str": ("text", "path"),
    "text": ("str", "path"),
    "uint": ("int", "str", "hex"),
    "int": ("uint", "str"),
    "float": ("int", "str"),
    "hex": ("uint", "str"),
    "uuid": ("str", "mac"),
    "mac": ("str", "uuid"),
    "path": ("str",),
    "bytes": ("text",),
    "version": ("str", "float"),
    "cpuset": ("str", "uint"),
    "present": ("text",),
    "xml": ("text",),
}
UNITS = ("KiB", "MiB", "GiB")


@frozen
class Alteration:
    """Another value of a key; None where it is deleted."""

    key: Key
    origin: Origin
    what: str
    value: Any = None

    def __str__(self) -> str:
        return f"{self.origin.file}:{self.origin.line}: {'.'.join(self.key)}: {self.what}"


def alterations(file: TableFile) -> Iterator[Alteration]:
    """All of a file's keys, each by itself."""

    def walk(values: dict[str, Any], at: Key) -> Iterator[Alteration]:
        for word, value in values.items():
            key = (*at, word)
            if isinstance(value, dict):
                if at[1:] == ("join",):
                    yield from (Alteration(at, file.origin(*key), *one) for one in moved(values, word))
                yield from walk(value, key)
                continue
            yield Alteration(key, file.origin(*key), "deleted")
            if isinstance(value, list):
                found = items(value, _rung if word == "ladder" else lambda _: ())
            elif key[-1] in WORDS and len(key) == 2 and key[0] != "use":
                found = iter([(f"→ {value}{OTHER}", value + OTHER)])
            else:
                found = rows(value, place=key[-2] != "known")
            yield from (Alteration(key, file.origin(*key), *one) for one in found)

    yield from walk(file.values, ())


Found = Iterator[tuple[str, Any]]


def moved(joins: dict[str, Any], place: str) -> Found:
    """Joins of which one, with its rows, is at another path."""
    for path in map(written_path, paths(grammar.parse_path(place))):
        yield f"{place} → {path}", {path if at == place else at: join for at, join in joins.items()}


def items(values: list[str], inner: Any) -> Found:
    """A list without one of its items, with two of them exchanged, or with one of them altered."""
    for at, item in enumerate(values):
        yield f"without {item!r}", [*values[:at], *values[at + 1 :]]
        if at:
            yield f"{item!r} first", [*values[: at - 1], item, values[at - 1], *values[at + 1 :]]
        for other in inner(item):
            yield f"{item!r} → {other!r}", [*values[:at], other, *values[at + 1 :]]


def _rung(text: str) -> Iterator[str]:
    fields = text.removesuffix("!").rstrip()
    yield fields if fields != text else f"{text} !"
    names = fields.split(" + ")
    mark = text[len(fields) :]
    for at in range(len(names) if len(names) > 1 else 0):
        yield " + ".join([*names[:at], *names[at + 1 :]]) + mark
    if " + " not in fields and " " in fields:
        yield fields.partition(" ")[0] + mark


def rows(text: str, place: bool) -> Found:
    if text == DROP:
        return
    row = grammar.parse_row(text) if place else grammar.parse_known(text)
    for at, path in enumerate(row.paths):
        others = [*row.paths[:at], *row.paths[at + 1 :]]
        if others:
            yield _row(evolve(row, paths=tuple(others)))
        for other in paths(path):
            yield _row(evolve(row, paths=(*row.paths[:at], other, *row.paths[at + 1 :])))
    for codec in near(row.codec):
        yield _row(evolve(row, codec=codec))
    for flags in flagged(row):
        yield _row(evolve(row, flags=flags))


def _row(row: RowSyntax) -> tuple[str, str]:
    text = written(row)
    return f"→ {text}", text


# --- paths


def paths(path: PathSyntax) -> Iterator[PathSyntax]:
    steps = path.steps
    for at, step in enumerate(steps):
        for other in _steps(step):
            yield evolve(path, steps=(*steps[:at], other, *steps[at + 1 :]))
        if len(steps) > 1 or path.attribute:
            yield evolve(path, steps=(*steps[:at], *steps[at + 1 :]))
    if path.attribute:
        yield evolve(path, attribute=path.attribute + OTHER)
        prefix, _, name = path.attribute.rpartition(":")
        yield PathSyntax((*steps, StepSyntax(prefix, name)))
    elif steps and steps[-1].name != "*":
        yield PathSyntax(steps[:-1], steps[-1].name)


def _steps(step: StepSyntax) -> Iterator[StepSyntax]:
    if step.name != "*":
        yield evolve(step, name=step.name + OTHER)
    if step.prefix:
        yield evolve(step, prefix="")
    for at, (name, value) in enumerate(step.where):
        others = step.where[:at], step.where[at + 1 :]
        yield evolve(step, where=(*others[0], *others[1]))
        yield evolve(step, where=(*others[0], (name, value + OTHER), *others[1]))
        yield evolve(step, where=(*others[0], (name + OTHER, value), *others[1]))
    if not step.where and step.name != "*":
        yield evolve(step, where=((OTHER, OTHER),))


# --- codecs


def near(codec: CodecSyntax) -> Iterator[CodecSyntax]:
    """Codecs that could stand in the place of one."""
    word, arguments = codec.word, codec.arguments
    if word in ("list", "map"):
        assert codec.item
        yield from (evolve(codec, item=item) for item in near(codec.item))
        for at, key in enumerate(codec.by):
            yield evolve(codec, by=(*codec.by[:at], *codec.by[at + 1 :]))
            if at:
                yield evolve(codec, by=(*codec.by[: at - 1], key, codec.by[at - 1], *codec.by[at + 1 :]))
        if word == "list":
            yield codec.item
        else:
            yield from (evolve(codec, key=key) for key in paths(codec.key))
            yield from (evolve(codec, value=value) for value in paths(codec.value))
            if codec.value == PathSyntax():
                yield evolve(codec, value=PathSyntax((), OTHER))
        return
    if word[:1].isupper():
        yield from (CodecSyntax("list", item=codec), CodecSyntax("text"))
    for other in _worded(word, arguments):
        yield evolve(codec, word=other[0], arguments=tuple(other[1:]))


def _worded(word: str, arguments: Sequence[str]) -> Iterator[Sequence[str]]:
    """The same of a codec that is no collection, as its words."""
    yield from ([other] for other in NEAR.get(word, ()) if not arguments and not _same(word, other))
    if word in ("enum", "bool"):
        if word == "bool":
            yield [word, *reversed(arguments)]
        for at, argument in enumerate(arguments):
            yield [word, *arguments[:at], *arguments[at + 1 :]]
            yield [word, *arguments[:at], argument + OTHER, *arguments[at + 1 :]]
        yield ["str"]
    if word == "enum":
        yield [word, *arguments, OTHER]
    if word == "const":
        yield [word, arguments[0] + OTHER]
    if word == "size":
        yield from ([word, unit, *arguments[1:]] for unit in UNITS if unit != arguments[0])
        for at, option in enumerate(arguments[1:], 1):
            name, _, said = option.partition("=")
            yield [word, *arguments[:at], *arguments[at + 1 :]]
            others = [f"{said}{OTHER}"] if said.startswith("@") else [unit for unit in UNITS if unit != said]
            yield from ([word, *arguments[:at], f"{name}={other}", *arguments[at + 1 :]] for other in others)
    if word == "typed":
        hint, *inner = arguments
        told, _, attribute = hint.partition("=")
        yield [word, f"{told}{OTHER}={attribute}", *inner]
        yield [word, f"{told}={attribute}{OTHER}", *inner]
        yield inner
        yield from ([word, hint, *other] for other in _worded(inner[0], inner[1:]))
    if word == "template":
        text = " ".join(arguments)
        before, _, rest = text.partition("{")
        inner, _, after = rest.partition("}")
        yield [word, *f"{before}{OTHER}-{{{rest}".split()]
        yield [word, *f"{text}-{OTHER}".split()]
        yield inner.split()
        yield from ([word, *f"{before}{{{' '.join(other)}}}{after}".split()] for other in _worded(*_words(inner)))
    if word == "rule":
        for at in range(2, len(arguments)):
            yield [word, *arguments[:at], *arguments[at + 1 :]]
        yield ["str"]


def _words(text: str) -> tuple[str, list[str]]:
    word, *arguments = text.split()
    return word, arguments


def _same(word: str, other: str) -> bool:
    """Whether two words name the same functions, as `str` and `text` do, which say only what a text is for."""
    one, another = codecs.codec(word, ()), codecs.codec(other, ())
    return one.decode is another.decode and one.encode is another.encode


# --- flags

ADDED: dict[str, str | None] = {"!": None, "<": None, ">": None, "secret": None, "since": "99.0", "until": "0.0.1"}


def flagged(row: RowSyntax) -> Iterator[dict[str, str | None]]:
    """Flags with one more, one less, or another value of one."""
    flags = row.flags
    for flag in flags:
        yield {other: value for other, value in flags.items() if other != flag}
    yield from ({**flags, flag: value} for flag, value in ADDED.items() if flag not in flags)
    yield from ({**flags, "=": value} for value in _defaults(row.codec) if flags.get("=") != value)


def _defaults(codec: CodecSyntax) -> Iterator[str]:
    """Texts that an absent value could stand for."""
    if codec.word in codecs.CODECS and codec.word not in ("xml", "present", "const"):
        made = codecs.codec(codec.word, codec.arguments)
        yield from [made.encode(value) for value in made.samples][:2]


# --- written back


def written(row: RowSyntax) -> str:
    """The text of a row."""
    flags = [flag if value is None else f"{flag} {_quoted(value)}" for flag, value in row.flags.items()]
    behind = " ".join([written_codec(row.codec), *flags])
    return f"{', '.join(map(written_path, row.paths))} : {behind}" if row.paths else behind


def written_path(path: PathSyntax) -> str:
    parts = [
        (f"{step.prefix}:" if step.prefix else "") + step.name + "".join(f"[@{n}='{v}']" for n, v in step.where)
        for step in path.steps
    ]
    return "/".join([*parts, *([f"@{path.attribute}"] if path.attribute else [])]) or "."


def written_codec(codec: CodecSyntax) -> str:
    if codec.word == "list":
        assert codec.item
        return f"list {written_codec(codec.item)}" + (f" by {', '.join(codec.by)}" if codec.by else "")
    if codec.word == "map":
        assert codec.item
        return f"map {written_path(codec.key)} {written_path(codec.value)} {written_codec(codec.item)}"
    return " ".join([codec.word, *map(_quoted, codec.arguments)])


def _quoted(text: str) -> str:
    return f"'{text}'" if not text or " " in text or text in grammar.FLAGS else text
