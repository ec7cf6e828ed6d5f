"""The words of mapping files other than rows: which stand where, what each holds, and what no field can be called."""

from __future__ import annotations

import keyword
import re
from typing import Any

from xform.errors import TableError, did_you_mean
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

_EXPECTED = {str: "a text", list: "a list of texts", (str, list): "a text or a list of texts"}


def check_words(file: TableFile, at: tuple[str, ...], values: dict[str, Any], known: dict[str, Any]) -> None:
    """Raises TableError for a word that does not belong there, or that holds something else than it should."""
    for word, value in values.items():
        origin, kind = file.origin(*at, word), known.get(word, known.get(ANY))
        if kind is None:
            # what is written wrong may be the word that lets others in
            meant = WORDS if known is TABLE_WORDS and word not in WORDS else known
            hint = did_you_mean(word, meant) or f"; expected one of {', '.join(known)}"
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
    if not re.fullmatch("[a-z][A-Za-z0-9_]*", name):
        reason = "expected a small letter, then letters, digits and _"
    elif keyword.iskeyword(name) or name == "self":
        reason = "it is a word of Python"
    elif name in WORDS or name in ("opaque", ONLY):
        reason = "it is a word of the language"
    else:
        return
    raise TableError(f"{origin}: {name!r} cannot name a field; {reason}")
