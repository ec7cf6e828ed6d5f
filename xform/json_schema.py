"""JSON Schemas of mapping files and of dialect.toml: what editors complete, explain and mark.

They are made of the words, codecs and flags of the language.  What has to be looked up elsewhere (entities, fields,
rules, prefixes, the nodes of other rows) is left to the linter.

The language server behind most editors walks `properties`, `patternProperties` and `anyOf` to what it explains, and
proposes what an `enum` lists.  A pattern with a lookahead leads it nowhere, so those of keys have none; an `anyOf` with
`true` in it only proposes; and `if` with a `const` for what is wrong keeps long patterns out of its messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from xform.table.forms import CLASH, ELEMENT, FORMS, KNOWN, ROW, SWITCHED, portable
from xform.table.grammar import FLAGS, NAME, VALUED
from xform.table.merge import DROP
from xform.table.model import ANY
from xform.table.reader import FORMAT
from xform.table.words import (
    CHOICE_WORDS,
    DIALECT_MEANINGS,
    DIALECT_WORDS,
    DISCRIMINATOR,
    ENTITY,
    FIELD,
    MEANINGS,
    PYTHON,
    RUNG,
    TABLE_WORDS,
    TAKEN,
    WORDS,
)

Schema = dict[str, Any]

# What more can be told of the texts that some words hold.
_TEXTS: dict[str, Schema] = {
    "extends": {"pattern": f"^(?:.+:)?{ENTITY}$"},
    "choice": {"pattern": portable(f"^(?:first|{DISCRIMINATOR})$"), "anyOf": [True, {"enum": ["@type", "first"]}]},
    "else": {"enum": ["opaque"]},
    "on": {"pattern": portable(rf"^\s*@(?:{NAME}:)?{NAME}\s*=")},
    "ladder": {"pattern": portable(rf"^(?:{RUNG})\s*!?$")},
}
_DIALECT_TEXTS: dict[str, Schema] = {
    "root": {"pattern": f"^{ENTITY}$"},
    "parts": {"enum": ["whole", "keys"]},
    "hypervisor": {"pattern": portable(r"^@\w[\w.-]*$")},
}


def mapping_schema() -> str:
    """The JSON Schema of a file with tables, as text."""
    words = {word: _said(word, kind, MEANINGS, _TEXTS) for word, kind in WORDS.items()}
    words["join"]["propertyNames"] = {"pattern": f"^{ELEMENT}$"}
    words["when"]["propertyNames"] = _ref("field")
    entity = {
        "description": "an entity: its class is called so",
        "type": "object",
        "properties": words,
        "patternProperties": {_but(WORDS): _ref("variant")},
        # what extends an entity may be a choice as well
        "if": {"required": ["choice"]},
        "then": {"properties": {word: False for word in WORDS if word not in CHOICE_WORDS}},
        "else": {"if": {"required": ["extends"]}, "else": {"propertyNames": {"enum": list(TABLE_WORDS)}}},
    }
    variant = {
        "description": "a variant of this choice, and its rows",
        "type": "object",
        "properties": {"use": words["use"]},
        "patternProperties": {_but(["use"]): _ref("row")},
        "propertyNames": {"anyOf": [{"const": "use"}, _ref("field")]},
    }
    use = {
        "description": "rows that several entities share: `[use.NAME]`",
        "type": "object",
        "additionalProperties": _kind("row", {ANY: object}, {}, {}),
    }
    return _text(
        "A mapping file of xform",
        properties={"format": _FORMAT, "use": use},
        patternProperties={_but(["format", "use"]): _ref("entity")},
        propertyNames={"pattern": f"^(?:format|use|{ENTITY})$"},
        definitions={
            "entity": entity,
            "variant": variant,
            "field": {"pattern": f"^{FIELD}$", "not": {"enum": sorted(PYTHON | TAKEN)}},
            "row": _row("PATH : CODEC FLAGS", ROW, "@name : uint"),
            "switched": _row("PATH : CODEC FLAGS", SWITCHED, "name : present"),
            "known": _row("CODEC FLAGS", KNOWN, "uint"),
        },
    )


def dialect_schema() -> str:
    """The JSON Schema of a dialect.toml, as text."""
    words = {word: _said(word, kind, DIALECT_MEANINGS, _DIALECT_TEXTS) for word, kind in DIALECT_WORDS.items()}
    return _text("A dialect of xform", properties={"format": _FORMAT, **words}, additionalProperties=False)


_PATHS = [
    "- `@a`, `a/b/@a`: an attribute",
    "- `a/b`: an element; its text, or what a codec takes of it",
    "- `.`: this element",
    "- `a[@b='c']/@d`: in the one that has this attribute",
    "- `*`: any element that no other row names",
]
_FORMAT = {"description": "the version of the language, a file's first key", "const": FORMAT}


def _text(title: str, **schema: Any) -> str:
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "type": "object",
        "required": ["format"],
        **schema,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _said(word: str, kind: Any, meanings: dict[str, str], texts: dict[str, Schema]) -> Schema:
    return {"description": meanings[word], **_kind(word, kind, meanings, texts)}


def _kind(word: str, kind: Any, meanings: dict[str, str], texts: dict[str, Schema]) -> Schema:
    """What a word holds, as `words.py` tells it."""
    if kind is object:
        return _ref({"when": "switched", "known": "known"}.get(word, "row"))
    if isinstance(kind, dict):
        named = {inner: _said(inner, what, meanings, texts) for inner, what in kind.items() if inner != ANY}
        made: Schema = {"type": "object"}
        if named:
            made["properties"] = named
        if ANY not in kind:
            return {**made, "additionalProperties": False}
        if kind[ANY] is object:
            made["propertyNames"] = {"anyOf": [{"enum": list(named)}, _ref("field")]} if named else _ref("field")
        return {**made, "patternProperties": {_but(named): _kind(word, kind[ANY], meanings, texts)}}
    text = {"type": "string", **texts.get(word, {})}
    many = {"type": "array", "items": text}
    return text if kind is str else many if kind is list else {**text, **many, "type": ["string", "array"]}


def _but(words: Iterable[str]) -> str:
    """A pattern of every text that is none of these words."""
    return f"^{_other(sorted(words))}$"


def _other(words: list[str]) -> str:
    """Sorted words, letter by letter: another letter, or an end where no word ends."""
    ways = [
        f"{first}{_other([word[1:] for word in some])}" for first, some in groupby(filter(None, words), itemgetter(0))
    ]
    firsts = "".join(word[0] for word in words if word)
    ways.append(f"[^{firsts}].*" if firsts else ".+")
    return f"(?:{'|'.join(ways)}){'' if '' in words else '?'}"


def _row(syntax: str, pattern: str, plain: str) -> Schema:
    """A row of this pattern, of which `plain` is one without flags: what fits it of codecs and flags."""
    placed = syntax.startswith("PATH")
    codecs = {f"{form.path} : {form.example}" if placed else form.example: form for form in FORMS.values()}
    valued = {f"{flag} {VALUED.get(flag, '')}".strip(): means for flag, means in FLAGS.items()}
    rows = [(row, form.example, form.means) for row, form in codecs.items()]
    rows += [(f"{plain} {flag}", flag, means) for flag, means in valued.items()]
    fitting = [(row, shown, means) for row, shown, means in rows if re.fullmatch(pattern, row)]
    told = [f"`{syntax}`", *_PATHS * placed, *(f"- `{shown}`: {means}" for _, shown, means in fitting)]
    return {
        "type": "string",
        "description": "\n".join(told),
        "anyOf": [
            True,
            {
                "enum": [row for row, _, _ in fitting],
                "x-taplo": {"docs": {"enumValues": [means for _, _, means in fitting]}},
            },
        ],
        "if": {"pattern": rf"^\s*(?:{DROP}|{pattern})\s*$", "not": {"pattern": rf"^\s*{CLASH}(?:\s|$)"}},
        "else": {"const": [syntax]},
    }
