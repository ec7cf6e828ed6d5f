"""Which codec fits the texts that a schema has for a value, and what its field may be called: guesses."""

from __future__ import annotations

import re
from collections.abc import Container

from xform.check.place import Words
from xform.check.relaxng import Data
from xform.errors import TableError
from xform.table.model import Origin
from xform.table.words import check_field

PAIRS = (("yes", "no"), ("on", "off"), ("true", "false"), ("enabled", "disabled"), ("1", "0"))

# Codecs of texts that a pattern describes: what such a pattern admits, and what it does not.
PROBES = (
    ("uuid", ("4dea22b3-1d52-d8f3-2516-782e98ab3fa0",), ("a", "0", "/a")),
    ("mac", ("52:54:00:1a:2b:3c",), ("a", "0", "/a")),
    ("cpuset", ("0-3,8", "0"), ("a", "/a", "0x1f")),
    ("hex", ("0x1",), ("x", "/a")),
    ("path", ("/a/b",), ("a", "0", "-1")),
    ("uint", ("0", "17"), ("a", "-1", "/a")),
    ("int", ("0", "-17"), ("a", "/a")),
)
NUMBERS = {"float": "float", "double": "float", "decimal": "float", "base64Binary": "bytes"}


def codec(words: Words | None, attribute: bool) -> str:
    """The codec of an attribute or of an element's text; of an element without text, its presence."""
    if words is None:
        return "present"
    plain = "str" if attribute else "text"
    if words.closed:
        for pair in PAIRS:
            if set(words.words) == set(pair):
                return f"bool {' '.join(pair)}"
        known = [word for word in words.words if re.fullmatch(r"[\w.+:/-]+", word)]
        return f"enum {' '.join(known)}" if known else plain
    types = [other for other in words.others if isinstance(other, Data)]
    if len(types) < len(words.others) or words.words:
        return plain
    kinds = {_number(one) for one in types}
    if len(kinds) == 1 and (kind := kinds.pop()):
        return kind
    for name, fitting, others in PROBES:
        if all(map(words.admits, fitting)) and not any(map(words.admits, others)):
            return name
    return plain


def _number(data: Data) -> str | None:
    least = dict(data.params).get("minInclusive", "")
    if re.fullmatch(r"unsigned\w+|(positive|nonNegative)Integer", data.type) or least.isdigit():
        return "uint"
    return "int" if re.fullmatch(r"byte|short|int|long|integer", data.type) else NUMBERS.get(data.type)


def field(parts: list[str], taken: Container[str]) -> str:
    """A name for a field from the last parts of its path, more of them until it is free."""
    for count in range(1, len(parts) + 1):
        name = snake("_".join(parts[-count:]))
        if name not in taken and _free(name):
            return name
    name = snake("_".join(parts))
    return next(other for at in range(2, 1000) if (other := f"{name}_{at}") not in taken)


def _free(name: str) -> bool:
    try:
        check_field(name, Origin("", 0))
    except TableError:
        return False
    return True


def snake(name: str) -> str:
    """`startupPolicy` as `startup_policy`."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words).lower().strip("_")


def entity(parts: list[str], taken: Container[str]) -> str:
    """A name for an entity from the last parts of its path, more of them until it is free."""
    for count in range(1, len(parts) + 1):
        name = "".join(word.capitalize() for part in parts[-count:] for word in snake(part).split("_"))
        if name not in taken:
            return name
    return next(other for at in range(2, 1000) if (other := f"{name}{at}") not in taken)
