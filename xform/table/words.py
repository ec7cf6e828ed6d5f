"""The words of mapping files other than rows: which stand where, what each holds, and what no field can be called."""

from __future__ import annotations

import keyword
import re
from typing import Any

from xform.errors import TableError, did_you_mean, instead
from xform.table.model import ANY, ONLY, Origin
from xform.table.reader import TableFile

# `list` is one of texts, a dictionary a table; `*` stands for any other word.
WORDS: dict[str, Any] = {
    "element": str,
    "use": list,
    "extends": str,
    "choice": (str, list),
    "absent": str,
    "else": str,
    "class": str,
    "row": {ANY: object},
    "join": {ANY: {"on": list, ANY: object}},
    "when": {ANY: {ANY: object}},
    "known": {ANY: object},
    "match": {"ladder": list},
}
TABLE_WORDS = {word: kind for word, kind in WORDS.items() if word not in ("choice", "absent", "else")}
CHOICE_WORDS = {word: kind for word, kind in WORDS.items() if word not in ("class", "join", "when", "known")}
VARIANT_WORDS: dict[str, Any] = {"use": list, ANY: object}
DIALECT_WORDS: dict[str, Any] = {
    "name": str,
    "extends": str,
    "root": str,
    "parts": {ANY: str},
    "id": str,
    "schema": str,
    "hypervisor": str,
    "run": str,
    "namespaces": {ANY: str},
    "context": {ANY: str},
    "pipeline": {ANY: list},
    "renamed": {ANY: {ANY: str}},
}

# What each holds, in a line; `use` and `[use.NAME]` of a file besides.
MEANINGS = {
    "element": "the element's name",
    "use": "names of shared rows, `[use.NAME]` in any file of the dialect, put behind the own ones",
    "extends": '`"domain:Disk"`: inherits every row; one of the same name or nodes takes its place, `"-"` drops one',
    "choice": 'what tells the variants apart: an attribute, `"@type"`, or two; or `"first"`, the first that fits',
    "absent": "the variant that an absent attribute stands for",
    "else": '`"opaque"`: an element with another word is kept as it is',
    "class": '`"module:Class"`: an attrs class of yours, with a field for every row',
    "row": 'the rows: FIELD = "path : codec flags", in the order of writing; the comment documents the field',
    "join": 'the same entity in a second place: `[Disk.join."PATH"]`, from the document\'s root, with `on`',
    "on": '`["@name = target"]`: what tells the entries of a second place apart, tried in turn',
    "when": "`const` and `present` rows that stand or fall with one boolean field: `[Vm.when.FIELD]`",
    "known": "fields that no document holds, for `plan` and `recall`: codec and flags, without a path",
    "match": "how devices of a document are found again",
    "ladder": 'rungs, tried in turn: `"serial !"`, `"bus + target"`, `"alias ua- !"`, `"source.path"`, `"only"`',
}
DIALECT_MEANINGS = {
    "name": "the dialect's name; by itself that of its folder",
    "extends": "the dialect whose tables are inherited: a name, or a folder as seen from this one",
    "root": "the entity of a document",
    "parts": 'other elements that hold some of it: of each item the `"whole"`, or the `"keys"` of its first rung',
    "id": "the root's field that tells documents apart",
    "schema": "the RELAX NG file that documents follow",
    "hypervisor": 'the root\'s attribute that says which one a document is for: `"@type"`',
    "run": "the root's live field that every start of a domain gives anew",
    "namespaces": "prefix = URI; documents keep prefixes of their own",
    "context": "keyword = `module:Class`: what rules, plan and recall are told besides",
    "pipeline": "name = the list of its stages",
    "renamed": "`[renamed.ENTITY]`: old name of a field = its name now",
}

# How names are written.
ENTITY = "[A-Z][A-Za-z0-9]*"
FIELD = "[a-z][A-Za-z0-9_]*"
DISCRIMINATOR = r"@[\w.-]+"
RUNG = r"([\w.]+)(?: +([^\s+!]+))?|[\w.]+(?: *\+ *[\w.]+)+"

# What no field can be called.
PYTHON = {*keyword.kwlist, "self"}
TAKEN = {*WORDS, "opaque", ONLY}

_EXPECTED = {str: "a text", list: "a list of texts", (str, list): "a text or a list of texts"}


def check_words(file: TableFile, at: tuple[str, ...], values: dict[str, Any], known: dict[str, Any]) -> None:
    """Raises TableError for a word that does not belong there, or that holds something else than it should."""
    for word, value in values.items():
        origin, kind = file.origin(*at, word), known.get(word, known.get(ANY))
        if kind is None:
            # what is written wrong may be the word that lets others in
            meant = WORDS if known is TABLE_WORDS and word not in WORDS else known
            hint = did_you_mean(word, meant) or instead(word, known)
            raise TableError(f"{origin}: unknown word {word!r}{hint}")
        if isinstance(kind, dict) and isinstance(value, dict):
            check_words(file, (*at, word), value, kind)
        elif isinstance(kind, dict) or not _holds(kind, value):
            expected = "a table" if isinstance(kind, dict) else _EXPECTED[kind]
            raise TableError(f"{origin}: {word} is {value!r}; expected {expected}")


def _holds(kind: Any, value: Any) -> bool:
    texts = isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))
    return kind is object or (isinstance(value, kind) and texts)


def check_field(name: str, origin: Origin) -> None:
    """Raises TableError for what is no name in Python, or has a meaning in classes, entity files or tables already."""
    if not re.fullmatch(FIELD, name):
        reason = "expected a small letter, then letters, digits and _"
    elif name in PYTHON:
        reason = "it is a word of Python"
    elif name in TAKEN:
        reason = "it is a word of the language"
    else:
        return
    raise TableError(f"{origin}: {name!r} cannot name a field; {reason}")
