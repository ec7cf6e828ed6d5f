"""The grammar of a row and of a path (docs/language.md): text in, syntax out, no names resolved.

row       = path { "," path } ":" codec { flag }
known     = codec { flag }
path      = "." | { step "/" } ( step | any | "@" name )
step      = name { condition }
any       = [ prefix ":" ] "*" { condition }
condition = "[" "@" word "='" text "'" "]"
name      = [ prefix ":" ] word
codec     = "list" codec [ "by" word { "," word } ]
          | "map" path path [ codec ]
          | word { argument }
argument  = word | option "=" ( word | path ) | "'" text "'"
flag      = "!" | "=" argument | "<" | ">" | "secret" | "since" version | "until" version
"""

from __future__ import annotations

import re

from attrs import field, frozen

from xform.errors import did_you_mean

NAME = r"[A-Za-z_][\w.-]*"
TOKEN = r"'[^']*'|[^\s']+(?:'[^']*'[^\s']*)*"
_STEP = re.compile(rf"(?:({NAME}):)?({NAME}|\*)")
_WHERE = re.compile(rf"\[@({NAME})='([^']*)'\]")
_ATTRIBUTE = re.compile(rf"@((?:{NAME}:)?{NAME})")
_TOKENS = re.compile(f"{TOKEN}|'")  # a ' alone is not closed
# Each flag with what it means.
FLAGS = {
    "!": "required: an item without it is kept as it is",
    "=": "absent means this value",
    "<": "live: libvirt fills it in; read always, written only with `live=True`",
    ">": "generated only; the comment says why",
    "secret": "masked wherever it is shown",
    "since": "the first libvirt that knows it",
    "until": "the last libvirt that knows it",
}
# Those that a value stands behind, and one such.
VALUED = {"=": "0", "since": "9.1", "until": "11.0"}
# Compiled code walks down a path in loops within each other, of which Python takes twenty.
MAX_STEPS = 12


class GrammarError(ValueError):
    """What is wrong with a row, and the column in the row's text."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(message)
        self.column = column


@frozen
class StepSyntax:
    prefix: str
    name: str
    where: tuple[tuple[str, str], ...] = ()


@frozen
class PathSyntax:
    steps: tuple[StepSyntax, ...] = ()
    attribute: str | None = None


@frozen
class CodecSyntax:
    """A codec as written: its word, its arguments; for a collection, what it is made of."""

    word: str
    arguments: tuple[str, ...] = ()
    column: int = 0
    item: CodecSyntax | None = None
    by: tuple[str, ...] = ()
    key: PathSyntax = PathSyntax()
    value: PathSyntax = PathSyntax()


@frozen
class RowSyntax:
    paths: tuple[PathSyntax, ...]
    codec: CodecSyntax
    flags: dict[str, str | None] = field(factory=dict)


def parse_path(text: str, column: int = 0) -> PathSyntax:
    """Raises GrammarError."""
    if text == ".":
        return PathSyntax()
    if not text:
        raise GrammarError(column, "a path is empty; expected a/b, a/@b, @b or .")
    steps: list[StepSyntax] = []
    at = 0
    while True:
        here = column + at
        if attribute := _ATTRIBUTE.match(text, at):
            if attribute.end() != len(text):
                raise GrammarError(column + attribute.end(), f"{attribute[0]} must end its path {text!r}")
            return PathSyntax(tuple(steps), attribute[1])
        step = _STEP.match(text, at)
        if not step:
            raise GrammarError(here, f"cannot read the path {text!r} from {text[at:]!r} on; expected an element's name")
        at = step.end()
        where: list[tuple[str, str]] = []
        while at < len(text) and text[at] == "[":
            condition = _WHERE.match(text, at)
            if not condition:
                raise GrammarError(column + at, f"cannot read the condition {text[at:]!r}; expected [@name='value']")
            if condition[1] in dict(where):
                raise GrammarError(column + at, f"the path {text!r} asks for @{condition[1]} twice; expected one value")
            where.append((condition[1], condition[2]))
            at = condition.end()
        steps.append(StepSyntax(step[1] or "", step[2], tuple(where)))
        if len(steps) > MAX_STEPS:
            raise GrammarError(here, f"the path is too deep; expected at most {MAX_STEPS} elements, or an entity")
        if at == len(text):
            return PathSyntax(tuple(steps))
        if steps[-1].name == "*":
            raise GrammarError(column + at, f"{text[:at].rpartition('/')[2]} must end its path {text!r}")
        if text[at] != "/":
            raise GrammarError(
                column + at, f"cannot read the path {text!r} from {text[at:]!r} on; expected / or its end"
            )
        at += 1


def parse_row(text: str) -> RowSyntax:
    """Raises GrammarError."""
    colon = re.search(r"\s:(?:\s|$)", text)
    if not colon:
        blanks = ", with blanks on both sides of the colon" if ":" in text else ""
        raise GrammarError(0, f"the row {text!r} has no codec; expected `path : codec`{blanks}")
    paths: list[PathSyntax] = []
    at = 0
    for piece in re.split(r",(?![^\[]*\])", text[: colon.start()]):
        lead = len(piece) - len(piece.lstrip())
        paths.append(parse_path(piece.strip(), at + lead))
        at += len(piece) + 1
    return _behind(text, colon.end(), tuple(paths))


def parse_known(text: str) -> RowSyntax:
    """A row without a place. Raises GrammarError."""
    if re.search(r"\s:(?:\s|$)", text):
        raise GrammarError(0, f"{text!r} has a path; what is known beside the document has none, only a codec")
    return _behind(text, 0, ())


def _behind(text: str, at: int, paths: tuple[PathSyntax, ...]) -> RowSyntax:
    tokens = [(found.start(), found[0]) for found in _TOKENS.finditer(text, at)]
    for column, token in tokens:
        if token == "'":
            raise GrammarError(column, f"{text[column:]!r} has no end; expected another ' behind it")
    split = next((n for n, (_, token) in enumerate(tokens) if token in FLAGS), len(tokens))
    return RowSyntax(paths, _codec(tokens[:split], len(text)), _flags(tokens[split:], len(text)))


def _codec(tokens: list[tuple[int, str]], end: int) -> CodecSyntax:
    if not tokens:
        raise GrammarError(end, "a codec is missing; expected one behind the colon")
    (column, word), rest = tokens[0], tokens[1:]
    if word == "list":
        split = next((n for n, (_, token) in enumerate(rest) if token == "by"), len(rest))
        keys = " ".join(token for _, token in rest[split + 1 :])
        by = tuple(key.strip() for key in keys.split(",")) if split < len(rest) else ()
        if keys.endswith(","):  # `_behind` took the next one for a flag
            raise GrammarError(
                rest[-1][0],
                f"`by {keys}` ends with a comma; expected another key, without a blank where it is called as a flag",
            )
        if split < len(rest) and not all(by):
            raise GrammarError(rest[split][0], "`by` needs the names of key fields, with commas between them")
        return CodecSyntax("list", column=column, item=_item(word, rest[:split], end), by=by)
    if word == "map":
        if len(rest) < 2:
            raise GrammarError(column, "a map needs the paths of its key and of its value; expected `map @name @value`")
        (key_at, key), (value_at, value) = rest[:2]
        default = CodecSyntax("text" if value == "." else "str", column=value_at)
        item = _item(word, rest[2:], end) if rest[2:] else default
        return CodecSyntax(
            "map",
            column=column,
            item=item,
            key=PathSyntax((StepSyntax("", "*"),)) if key == "*" else parse_path(key, key_at),
            value=parse_path(value, value_at),
        )
    return CodecSyntax(word, tuple(token.strip("'") for _, token in rest), column)


def _item(form: str, tokens: list[tuple[int, str]], end: int) -> CodecSyntax:
    """What a collection is made of."""
    if tokens and (inner := tokens[0][1]) in ("list", "map"):
        raise GrammarError(tokens[0][0], f"a {form} cannot hold a {inner}; give the inner one an entity of its own")
    return _codec(tokens, end)


def _flags(tokens: list[tuple[int, str]], end: int) -> dict[str, str | None]:
    flags: dict[str, str | None] = {}
    rest = list(tokens)
    while rest:
        column, flag = rest.pop(0)
        if flag not in FLAGS:
            hint = did_you_mean(flag, FLAGS)
            raise GrammarError(column, f"unknown flag {flag!r}{hint}; expected one of {' '.join(FLAGS)}")
        if flag in flags:
            raise GrammarError(column, f"the flag {flag!r} stands twice")
        if flag in VALUED:
            if not rest:
                raise GrammarError(end, f"the flag {flag!r} needs a value")
            flags[flag] = rest.pop(0)[1].strip("'")
        else:
            flags[flag] = None
    return flags
