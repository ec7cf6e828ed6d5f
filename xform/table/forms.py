"""The form of rows: what can be known of one by its text alone, for editors that know nothing else.

The patterns admit what the tables admit, and more, for they know no names and nothing of other rows.  They keep to
what the regular expressions of ECMAScript, Python and Rust have in common.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from xform.codecs.numbers import UNITS
from xform.table import grammar
from xform.table.words import ENTITY, FIELD


def portable(pattern: str) -> str:
    r"""The same without `\w`, which ECMAScript takes for ASCII only: all but what ASCII has of other signs."""
    for known, spelled in (
        (r"[\w.-]", r"[^\x00-,/:-@\[-^`{-\x7f]"),
        (r"[\w.]", r"[^\x00-\x2d/:-@\[-^`{-\x7f]"),
        (r"\w", r"[^\x00-/:-@\[-^`{-\x7f]"),
    ):
        pattern = pattern.replace(known, spelled)
    return pattern


_NAME = portable(grammar.NAME)
_QUALIFIED = f"(?:{_NAME}:)?{_NAME}"
_WHERE = rf"(?:\[@{_NAME}='[^']*'\])*"
_STEP = f"{_QUALIFIED}{_WHERE}"
# Paths: of an element below another, of one that `*` finds, of a value.
ELEMENT = f"(?:{_STEP}/)*{_STEP}"
_WILD = rf"(?:{_STEP}/)*(?:{_NAME}:)?\*{_WHERE}"
_PATH = rf"(?:\.|(?:{_STEP}/)*(?:{_STEP}|@{_QUALIFIED}))"

_TOKEN = f"(?:{grammar.TOKEN})"
_FLAG = rf"(?:{'|'.join(grammar.FLAGS)})(?:\s|$)"
# What follows the word of a codec has its blanks before it.
_ARGUMENT = rf"\s+(?!{_FLAG}){_TOKEN}"
_UNIT = "(?:" + "|".join("".join(f"[{sign}{sign.upper()}]" for sign in unit) for unit in UNITS) + ")"
_VERSION = r"'?[0-9]+(?:\.[0-9]+)*'?"


@frozen
class Form:
    """How a codec is written.

    What it is, in a line; one, and a path that goes with it; a pattern of all, where that is not the only one.
    """

    means: str
    example: str
    pattern: str = ""
    path: str = "@name"


def _any(forms: Iterable[Form]) -> str:
    return "(?:" + "|".join(form.pattern or form.example for form in forms) + ")"


_SIMPLE = {
    "str": Form("text as it is, never trimmed", "str"),
    "text": Form("text as it is, never trimmed", "text"),
    "uint": Form("a whole number, 0 or more", "uint"),
    "int": Form("a whole number", "int"),
    "float": Form("a decimal number", "float"),
    "hex": Form("a number as `0x…`, padded to so many digits", "hex 4", r"hex(?:\s+'?(?:[1-9]|1[0-6])'?)?"),
    "bool": Form("true or false, by a pair of words", "bool yes no", f"bool(?:{_ARGUMENT}){{2}}"),
    "enum": Form("one of the words", "enum a b", f"enum(?:{_ARGUMENT})+"),
    "uuid": Form("a UUID, in any case, with dashes or without", "uuid"),
    "mac": Form("a MAC address, in any case", "mac"),
    "path": Form("text that is not empty", "path"),
    "bytes": Form("bytes, as base64", "bytes"),
    "size": Form(
        "an amount in the first unit; an attribute names that of the text, `absent` the one that no attribute means",
        "size KiB unit=@unit absent=b",
        rf"size(?!\s+'?(?:unit|absent)=)(?:\s+'?(?:unit=@{_NAME}|(?:absent=)?{_UNIT})'?){{1,3}}",
    ),
    "version": Form("a version such as `4.8`", "version"),
    "cpuset": Form("a set of CPUs such as `0-3,8`", "cpuset"),
    "template": Form(
        "text around one value, as here, or with `>` around other fields: `template /{pool_id}/{image_id}`",
        "template ua-{uuid}",
        rf"template(?=[^{{}}]+\{{[^{{}}]+\}}|\s+\{{[^{{}}]+\}}\S)(?:{_ARGUMENT})+",
    ),
}
_TYPED = portable(rf"typed\s+\w+=@{grammar.NAME}\s+")
_RULE = f"rule{_ARGUMENT}"
_ALONE = f"(?:(?:{_TYPED})?{_any(_SIMPLE.values())}|{_RULE})"
_VALUE = rf"(?:{_ALONE}|{_RULE}\s+needs(?:{_ARGUMENT})+)"
_CONST = f"const{_ARGUMENT}"
_LIST = r"list\s+"
_BY = rf"(?:\s+by\s+{FIELD}(?:\s*,\s*{FIELD})*)?"
_MAP = rf"map\s+(?:\*|@{_QUALIFIED})\s+(?:\.|(?:{_QUALIFIED}/)*@?{_QUALIFIED})"
FORMS = _SIMPLE | {
    "rule": Form("a pair of functions in rules.py, and the fields that they need", "rule name needs field"),
    "typed": Form("a value, and the attribute that names its type", "typed int=@type uint"),
    "present": Form("whether the element is there", "present", path="name"),
    "const": Form("always written, no field", "const word"),
    "xml": Form("the whole element, in canonical form", "xml", path="name"),
    "Entity": Form("an entity, whose rows go on from here", "Entity", path="name"),
    "list": Form(
        "every element at the path, or the attribute of each; `by` names the fields that tell entities apart",
        "list Entity by name",
        path="name",
    ),
    "map": Form(
        "text by text: where in each element at the path its key is, its value, and the codec of that",
        "map @name @value uint",
        path="name",
    ),
}


_BEHIND = {"=": rf"\s+{_TOKEN}", "since": rf"\s+{_VERSION}", "until": rf"\s+{_VERSION}"}
_FLAGS = {flag: rf"\s+{flag}{_BEHIND.get(flag, '')}" for flag in grammar.FLAGS}


def _some(flags: Iterable[str]) -> str:
    return f"(?:{'|'.join(_FLAGS[flag] for flag in flags)})*"


def _row(paths: str, codec: str, flags: str) -> str:
    return rf"{paths}\s+:\s+(?:{codec}){_some(flags.split())}"


_UNREQUIRED = "< > secret since until"
_WHOLE = f"! {_UNREQUIRED}"
_VALUES = rf"{_PATH}(?:\s*,\s*{_PATH})*"
_ELEMENTS = rf"{ELEMENT}(?:\s*,\s*{ELEMENT})*"
ROW = "|".join(
    [
        _row(_VALUES, _VALUE, " ".join(grammar.FLAGS)),
        _row(_ELEMENTS, "present", _UNREQUIRED),
        _row(_PATH, _CONST, "<"),
        _row(rf"(?:\.|{ELEMENT})", ENTITY, _WHOLE),
        _row(rf"{ELEMENT}(?:/@{_QUALIFIED})?", f"{_LIST}{_VALUE}", _WHOLE),
        _row(ELEMENT, rf"{_LIST}{ENTITY}{_BY}|{_MAP}(?:\s+{_VALUE})?", _WHOLE),
        _row(f"(?:{ELEMENT}|{_WILD})", f"(?:{_LIST})?xml", _WHOLE),
        _row(_WILD, rf"{_MAP}(?:\s+{_VALUE})?", _WHOLE),
    ]
)
# A row under `when`, and one of what is known.
SWITCHED = _row(_PATH, f"present|{_CONST}", "since until")
KNOWN = f"{_ALONE}{_some(['=', 'secret'])}|(?:{_LIST}{_ALONE}|(?:{_LIST})?{ENTITY}){_some(['secret'])}"

# What is no row in spite of these: a flag twice, or two that do not go together.
_APART = {"!": "=<>", "=": "!", "<": "!>", ">": "!<"}
_CLASHES = "|".join(
    rf"{written}{_some(_FLAGS)}\s+(?:{'|'.join([flag, *_APART.get(flag, '')])})" for flag, written in _FLAGS.items()
)
CLASH = rf"{_TOKEN}(?:{_ARGUMENT})*{_some(_FLAGS)}(?:{_CLASHES})"
