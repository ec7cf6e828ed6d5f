"""Codecs: how one value stands in a text.  Both directions of each stand beside each other.

The laws: decode(encode(v)) == v for every v of the domain, and encode(decode(t)) is t's canonical form.  decode and
encode raise ValueError for what they do not admit; `expected` completes the message "… is not …".
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from xform.errors import did_you_mean

if TYPE_CHECKING:
    from xform.rules import Rule


@frozen
class Codec:
    """One codec with its arguments.

    `annotation` is the field's Python type as written.  `words` lists text and value of a finite codec.  `unit` names
    the attribute that holds the unit of a size, `unit_word` the unit that is written; then decode takes the unit's
    text as well.  `needs` names what a rule asks for by keyword, `sample_needs` what it gets with each sample.
    `shape` says what of an element the codec reads: its ``value`` (text or an attribute), that it is ``present``, or
    the whole of it (``xml``).  A `filled` codec takes blank text for no value.  `keep` writes a value
    in the form of an old text, where it can: from the value, the old text and its unit, the new text, and the unit if
    it is another.  `parts` are those of a template of other fields: texts, and between them names.  `made` is what it
    was made of: its word and arguments, of a rule its folder and name.
    """

    name: str
    annotation: str
    decode: Callable[..., Any]
    encode: Callable[..., str]
    expected: str
    samples: tuple[Any, ...]
    words: dict[str, Any] | None = None
    shape: str = "value"
    constant: str | None = None
    unit: str | None = None
    unit_word: str = ""
    needs: tuple[str, ...] = ()
    sample_needs: tuple[dict[str, Any], ...] = ()
    word: str = ""
    filled: bool = False
    parts: tuple[str, ...] = ()
    keep: Callable[[Any, str, str | None], tuple[str, str | None]] | None = None
    made: tuple[str, ...] = ()

    @property
    def cases(self) -> list[tuple[Any, dict[str, Any]]]:
        """Each sample with what it needs."""
        known = self.sample_needs or ({},) * len(self.samples)
        return [
            (value, {name: need for name, need in needs.items() if name in self.needs})
            for value, needs in zip(self.samples, known, strict=True)
        ]


def _refuse(value: object, expected: str) -> ValueError:
    return ValueError(f"{value!r} is not {expected}")


# XML 1.0 has no way to write these (its production Char).
_UNWRITABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"


def _text(word: str, pattern: str, expected: str, samples: tuple[str, ...], canonical: Callable[[str], str]) -> Codec:
    """A codec whose value is text in its canonical form."""

    def decode(text: str) -> str:
        if not re.fullmatch(pattern, text, re.DOTALL) or re.search(_UNWRITABLE, text):
            raise _refuse(text, expected)
        return canonical(text)

    def encode(value: str) -> str:
        if type(value) is not str:
            raise _refuse(value, expected)
        if (known := decode(value)) != value:
            raise ValueError(f"{value!r} is not how it is written; expected {known!r}")
        return value

    return Codec(word, "str", decode, encode, expected, samples, word=word)


def _number(word: str, kind: type, pattern: str, expected: str, samples: tuple[Any, ...], base: int = 10) -> Codec:

    def decode(text: str) -> Any:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise _refuse(text, expected)
        return kind(text) if kind is float else _integer(text, base)

    def encode(value: Any) -> str:
        if type(value) is not kind or not re.fullmatch(pattern, text := str(value), re.ASCII):
            raise _refuse(value, expected)
        return text

    return Codec(word, kind.__name__, decode, encode, expected, samples, word=word)


def _integer(text: str, base: int) -> int:
    # libvirt reads such attributes as C's strtoul does with base 0: a leading zero means octal.
    if base == 0 and text.startswith("0") and text.isdigit():
        return int(text, 8)
    return int(text, base)


def _float() -> Codec:
    codec = _number("float", float, r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", "a decimal number", (0.0, 1.5, -0.25))

    def encode(value: float) -> str:
        if type(value) is not float or not math.isfinite(value):
            raise _refuse(value, codec.expected)
        return repr(value)

    return evolve(codec, encode=encode)


def _hex(arguments: Sequence[str]) -> Codec:
    """Numbers that libvirt writes in base 16; `hex 4` pads to four digits."""
    if len(arguments) > 1 or not all(re.fullmatch("[1-9]|1[0-6]", argument) for argument in arguments):
        raise ValueError(f"hex takes the number of its digits, 1 to 16, not {' '.join(arguments)!r}")
    width = int(arguments[0]) if arguments else 0
    expected = "a number (0x1f or 31)"

    def decode(text: str) -> int:
        if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}|0[0-7]*|[1-9][0-9]{0,19}", text):
            raise _refuse(text, expected)
        return _integer(text, 0)

    def encode(value: int) -> str:
        if type(value) is not int or not 0 <= value < 1 << 64:
            raise _refuse(value, expected)
        return f"0x{value:0{width}x}"

    def keep(value: int, old: str, unit: str | None) -> tuple[str, None]:
        encode(value)
        digits = old[2:]
        if old[:2] not in ("0x", "0X"):
            return f"0{value:o}" if old != "0" and old.startswith("0") else str(value), None
        letter = "X" if any(map(str.isupper, digits)) else "x"
        return f"{old[:2]}{value:0{len(digits)}{letter}}", None

    samples = (0, 1, 31, 0xFFFF)
    return Codec(" ".join(["hex", *arguments]), "int", decode, encode, expected, samples, word="hex", keep=keep)


def _finite(name: str, annotation: str, words: dict[str, Any]) -> Codec:
    for word in words:
        _STRING.decode(word)
    expected = "one of " + ", ".join(words) if len(words) > 1 else repr(next(iter(words)))
    texts = {value: text for text, value in words.items()}

    def decode(text: str) -> Any:
        try:
            return words[text]
        except KeyError:
            raise ValueError(f"{text!r} is not {expected}{did_you_mean(text, words)}") from None

    def encode(value: Any) -> str:
        for known, text in texts.items():
            if value == known and type(value) is type(known):
                return text
        raise ValueError(f"{value!r} is not {expected}{did_you_mean(str(value), words)}")

    word = name.partition(" ")[0]
    return Codec(name, annotation, decode, encode, expected, tuple(words.values()), words=words, word=word)


def _enum(arguments: Sequence[str]) -> Codec:
    if not arguments:
        raise ValueError("enum needs its words")
    if twice := next((word for word in arguments if arguments.count(word) > 1), None):
        raise ValueError(f"enum has {twice!r} twice")
    annotation = "Literal[" + ", ".join(map(repr, arguments)) + "]"
    return _finite("enum " + " ".join(arguments), annotation, {word: word for word in arguments})


def _bool(arguments: Sequence[str]) -> Codec:
    if len(arguments) != 2 or arguments[0] == arguments[1]:
        raise ValueError("bool needs its pair of words, the one for true first; expected e.g. `bool yes no`")
    return _finite("bool " + " ".join(arguments), "bool", {arguments[0]: True, arguments[1]: False})


def _encode_xml(value: str) -> str:
    from xform.xml import canonical_text

    return canonical_text(value)


_PRESENT = Codec("present", "bool", bool, str, "true or false", (True, False), shape="present", word="present")
_XML = Codec(
    "xml",
    "str",
    str,
    _encode_xml,
    "one well-formed element",
    ('<x xmlns="urn:x"><y a="1">text</y></x>',),
    shape="xml",
    word="xml",
)


def _const(arguments: Sequence[str]) -> Codec:
    if len(arguments) != 1:
        raise ValueError("const needs one word; quote it if it has spaces: const 'a b'")
    return evolve(
        _finite("const " + arguments[0], "str", {arguments[0]: arguments[0]}),
        constant=arguments[0],
        word="const",
    )


_UUID = r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"


def _dashed(text: str) -> str:
    digits = text.replace("-", "").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


# More CPUs than libvirt numbers, and more text than any set of them needs.
_CPUS, _CPUSET_LENGTH = 1 << 14, 1 << 16
_CPUSET = f"a CPU list such as 0-3,^2,8, with numbers below {_CPUS}"
_CPUSET_PATTERN = r"\s*\^?[0-9]{1,9}(-[0-9]{1,9})?(\s*,\s*\^?[0-9]{1,9}(-[0-9]{1,9})?)*\s*"


def _cpuset() -> Codec:
    """libvirt's virBitmapParse: a list of numbers, ranges and ^exclusions, here sorted and joined."""

    def canonical(text: str) -> str:
        if len(text) > _CPUSET_LENGTH:
            raise ValueError(f"{len(text)} characters are too long a CPU list; expected at most {_CPUSET_LENGTH}")
        cpus = 0  # bit n stands for CPU n
        for part in text.split(","):
            first, _, last = part.strip().lstrip("^").partition("-")
            low, high = int(first), int(last or first)
            if not low <= high < _CPUS:
                raise _refuse(part.strip(), _CPUSET)
            chosen = (2 << high) - (1 << low)
            cpus = cpus & ~chosen if "^" in part else cpus | chosen
        runs = [run.span() for run in re.finditer("1+", f"{cpus:b}"[::-1])]
        if not runs:
            return re.sub(r"\s", "", text)  # nothing is left; no other text says so
        return ",".join(str(low) if end == low + 1 else f"{low}-{end - 1}" for low, end in runs)

    return _text("cpuset", _CPUSET_PATTERN, _CPUSET, ("0", "0-3,8", "0,^0"), canonical)


# libvirt's virScaleInteger: without case; a lone letter and …iB count in 1024, …B in 1000.
_UNITS: dict[str, int] = {"b": 1, "byte": 1, "bytes": 1} | {
    prefix + suffix: base ** (power + 1)
    for power, prefix in enumerate("kmgtpe")
    for suffix, base in (("", 1024), ("ib", 1024), ("b", 1000))
}


def _size(arguments: Sequence[str]) -> Codec:
    """An amount of memory or storage in whole units of the field; what does not fit is rounded up, as libvirt does."""
    options = dict(part.partition("=")[::2] for part in arguments[1:])
    if not arguments or set(options) - {"unit", "absent"} or len(options) != len(arguments) - 1:
        raise ValueError("size needs the field's unit; expected e.g. `size KiB unit=@unit absent=KiB`")
    if not re.fullmatch(r"@[A-Za-z_][\w.-]*", options.get("unit", "@unit")):
        raise ValueError(f"{options['unit']!r} is no attribute beside the size; expected e.g. unit=@unit")
    for unit in (arguments[0], options.get("absent", "b")):
        if unit.lower() not in _UNITS:
            raise ValueError(f"unknown unit {unit!r}; expected b, KB, KiB, MB, MiB and so on")
    field_unit, absent = arguments[0], options.get("absent", arguments[0])
    factor: int = _UNITS[field_unit.lower()]
    if "unit" not in options and _UNITS[absent.lower()] != factor:
        raise ValueError(f"without unit=@… no {field_unit} can be written where an absent unit means {absent}")
    expected = f"a whole number of {field_unit}"

    def decode(text: str, unit: str | None = None) -> int:
        scale = _UNITS.get((unit or absent).strip().lower())
        if scale is None:
            raise _refuse(unit, "a unit such as KiB or MiB")
        if not re.fullmatch("[0-9]{1,20}", text):
            raise _refuse(text, expected)
        return -(-int(text) * scale // factor)

    def encode(value: int) -> str:
        if type(value) is not int or not 0 <= value < 10**20:
            raise _refuse(value, expected)
        return str(value)

    def keep(value: int, old: str, unit: str | None) -> tuple[str, str | None]:
        scale = _UNITS[(unit or absent).strip().lower()]
        amount, rest = divmod(int(encode(value)) * factor, scale)
        # what a coarser unit cannot say exactly is said in the field's
        return (str(value), field_unit) if rest else (str(amount), None)

    return Codec(
        " ".join(["size", *arguments]),
        "int",
        decode,
        encode,
        expected,
        (0, 1, 1024, 4194304),
        unit=options["unit"].lstrip("@") if "unit" in options else None,
        unit_word=field_unit,
        word="size",
        keep=keep,
    )


def _decode_bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _refuse(text[:20], "base64 text") from None


def _encode_bytes(value: bytes) -> str:
    if type(value) is not bytes:
        raise _refuse(value, "bytes")
    return base64.b64encode(value).decode("ascii")


_BYTES = Codec("bytes", "bytes", _decode_bytes, _encode_bytes, "base64 text", (b"", b"\x00xform\xff"), word="bytes")


def _template(arguments: Sequence[str]) -> Codec:
    """Text around one value: `template ua-{uuid}`; the braces hold the codec of the field.

    Or around values of other fields, which the braces name: `template /images/{pool_id}/{image_id}`.
    """
    text = " ".join(arguments)
    parts = tuple(re.split(r"\{([^{}]+)\}", text))
    if len(parts) < 3 or any(sign in literal for literal in parts[::2] for sign in "{}"):
        raise ValueError(f"cannot read the template {text!r}; expected text around one {{codec}}, as in ua-{{uuid}}")
    if len(parts) > 3 or (parts[1].isidentifier() and parts[1] not in CODECS):
        whole = _text("template", ".*", f"text such as {text}", (), str)
        return evolve(whole, name=f"template {text}", parts=parts)
    before, inner, after = parts[0], codec(*inner_words(parts[1])), parts[2]
    if inner.shape != "value" or inner.constant is not None or inner.unit:
        raise ValueError(f"a template goes around a value, not around {inner.name}")
    if not before + after or (before + "{}" + after).strip() != before + "{}" + after:
        raise ValueError(f"the template {text!r} needs text around the braces, without blanks at its ends")
    expected = f"{before}…{after} around {inner.expected}"

    def decode(text: str) -> Any:
        if not text.startswith(before) or not text.endswith(after) or len(text) < len(before) + len(after):
            raise _refuse(text, expected)
        return inner.decode(text[len(before) : len(text) - len(after)])

    def encode(value: Any) -> str:
        return before + inner.encode(value) + after

    return Codec("template " + text, inner.annotation, decode, encode, expected, inner.samples, word="template")


def inner_words(text: str) -> tuple[str, list[str]]:
    word, *arguments = text.split()
    return word, arguments


def _plain(make: Codec) -> Callable[[Sequence[str]], Codec]:
    def factory(arguments: Sequence[str]) -> Codec:
        if arguments:
            hint = did_you_mean(arguments[0], ("secret", "since", "until"))
            raise ValueError(f"{make.name} takes no argument, but {arguments[0]!r} stands there{hint}")
        return make

    return factory


_STRING = _text("str", ".*", "text that XML can hold", ("", "a b", "<&'\">\n\t", "ü€𝄞"), str)
_UINT_SAMPLES = (0, 1, 4294967296)

CODECS: dict[str, Callable[[Sequence[str]], Codec]] = {
    "str": _plain(_STRING),
    "text": _plain(evolve(_STRING, name="text", word="text")),
    "uint": _plain(_number("uint", int, "[0-9]{1,20}", "a whole number, 0 or more", _UINT_SAMPLES)),
    "int": _plain(_number("int", int, "-?[0-9]{1,20}", "a whole number", (0, 1, -1, 2147483647))),
    "float": _plain(_float()),
    "hex": _hex,
    "bool": _bool,
    "enum": _enum,
    "present": _plain(_PRESENT),
    "uuid": _plain(
        _text("uuid", _UUID, "a UUID", ("6ba7b810-9dad-41d1-80b4-00c04fd430c8",), _dashed),
    ),
    "mac": _plain(
        _text("mac", "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", "a MAC address", ("52:54:00:ab:cd:ef",), str.lower)
    ),
    "path": _plain(_text("path", ".+", "a path", ("/var/lib/x y.img", "rel/a"), str)),
    "bytes": _plain(_BYTES),
    "size": _size,
    "version": _plain(_text("version", r"[0-9]+(\.[0-9]+)*", "a version such as 4.8", ("4.8", "9.0.0"), str)),
    "cpuset": _plain(_cpuset()),
    "template": _template,
    "const": _const,
    "xml": _plain(_XML),
}


def codec(word: str, arguments: Sequence[str]) -> Codec:
    """The codec of a row. Raises ValueError for an unknown word or wrong arguments."""
    if word not in CODECS:
        raise ValueError(f"unknown codec {word!r}{did_you_mean(word, CODECS)}")
    return evolve(CODECS[word](arguments), made=(word, *arguments))


def rule_codec(rule: Rule, folder: str, name: str, needs: tuple[str, ...]) -> Codec:
    """The codec of a row that uses a rule of a dialect's folder."""
    return Codec(
        f"rule {name}",
        rule.type,
        rule.decode,
        rule.encode,
        rule.expected,
        tuple(value for value, _ in rule.samples),
        needs=needs,
        sample_needs=tuple(needs for _, needs in rule.samples),
        word="rule",
        made=("rule", folder, name, *needs),
    )


def filled(codec: Codec) -> Codec:
    """The same codec for text with rows through it, where blank text is no value."""

    def decode(text: str) -> Any:
        if not text.strip():
            raise _refuse(text, "text that is not blank")
        return codec.decode(text)

    def encode(value: Any) -> str:
        if not (text := codec.encode(value)).strip():
            raise _refuse(value, "text that is not blank")
        return text

    samples = tuple(value for value in codec.samples if codec.encode(value).strip())
    return evolve(
        codec,
        name=f"{codec.name} (filled)",
        decode=decode,
        encode=encode,
        samples=samples,
        filled=True,
        made=("filled", *codec.made),
    )
