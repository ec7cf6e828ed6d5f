"""Numbers, amounts with a unit, and sets of CPUs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from xform.codecs.codec import NCNAME, Codec, refusal, textual


def _refusal(value: object, expected: str) -> ValueError:
    """Of a number that has more digits than any of ours it says so: it is what was expected but for that."""
    long = re.fullmatch(r"-?[0-9]{21,}", str(value), re.ASCII)
    return refusal(value, f"{expected}, of at most 20 digits" if long else expected)


def number(word: str, kind: type, pattern: str, expected: str, samples: tuple[Any, ...]) -> Codec:
    def decode(text: str) -> Any:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise _refusal(text, expected)
        return kind(text)

    def encode(value: Any) -> str:
        if type(value) is not kind or not re.fullmatch(pattern, text := str(value), re.ASCII):
            raise _refusal(value, expected)
        return text

    return Codec(word, kind.__name__, decode, encode, expected, samples, word=word)


def _integer(text: str) -> int:
    # libvirt reads such attributes as C's strtoul does with base 0: a leading zero means octal.
    return int(text, 8 if text.startswith("0") and text.isdigit() else 0)


def floating() -> Codec:
    codec = number("float", float, r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", "a decimal number", (0.0, 1.5, -0.25))

    def decode(text: str) -> float:
        value: float = codec.decode(text)
        encode(value)  # 1e999 is no number any more
        return value

    def encode(value: float) -> str:
        if type(value) is not float or not math.isfinite(value):
            raise refusal(value, codec.expected)
        return repr(value)

    return evolve(codec, decode=decode, encode=encode)


def hexadecimal(arguments: Sequence[str]) -> Codec:
    """Numbers that libvirt writes in base 16; `hex 4` pads to four digits."""
    if len(arguments) > 1 or not all(re.fullmatch("[1-9]|1[0-6]", argument) for argument in arguments):
        raise ValueError(f"hex takes the number of its digits, 1 to 16, not {' '.join(arguments)!r}")
    width = int(arguments[0]) if arguments else 0
    expected = "a number (0x1f or 31)"

    def decode(text: str) -> int:
        if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,22}|[1-9][0-9]{0,19}", text):
            raise refusal(text, expected)
        if (value := _integer(text)) >= 1 << 64:
            raise refusal(text, expected)
        return value

    def encode(value: int) -> str:
        if type(value) is not int or not 0 <= value < 1 << 64:
            raise refusal(value, expected)
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


# More CPUs than libvirt numbers, and more text than any set of them needs.
_CPUS, _CPUSET_LENGTH = 1 << 14, 1 << 16
_CPUSET = f"a CPU list such as 0-3,^2,8, with numbers below {_CPUS}"
_CPUSET_PATTERN = r"\s*\^?[0-9]{1,9}(-[0-9]{1,9})?(\s*,\s*\^?[0-9]{1,9}(-[0-9]{1,9})?)*\s*"


def cpuset() -> Codec:
    """libvirt's virBitmapParse: a list of numbers, ranges and ^exclusions, here sorted and joined."""

    def canonical(text: str) -> str:
        if len(text) > _CPUSET_LENGTH:
            raise ValueError(f"{len(text)} characters are too long a CPU list; expected at most {_CPUSET_LENGTH}")
        cpus = 0  # bit n stands for CPU n
        for part in text.split(","):
            first, _, last = part.strip().lstrip("^").partition("-")
            low, high = int(first), int(last or first)
            if not low <= high < _CPUS:
                raise refusal(part.strip(), _CPUSET)
            chosen = (2 << high) - (1 << low)
            cpus = cpus & ~chosen if "^" in part else cpus | chosen
        runs = [run.span() for run in re.finditer("1+", f"{cpus:b}"[::-1])]
        if not runs:
            return re.sub(r"\s", "", text)  # nothing is left; no other text says so
        return ",".join(str(low) if end == low + 1 else f"{low}-{end - 1}" for low, end in runs)

    return textual("cpuset", _CPUSET_PATTERN, _CPUSET, ("0", "0-3,8", "0,^0"), canonical)


# libvirt's virScaleInteger: without case; a lone letter and …iB count in 1024, …B in 1000.
UNITS: dict[str, int] = {"b": 1, "byte": 1, "bytes": 1} | {
    prefix + suffix: base ** (power + 1)
    for power, prefix in enumerate("kmgtpe")
    for suffix, base in (("", 1024), ("ib", 1024), ("b", 1000))
}


def size(arguments: Sequence[str]) -> Codec:
    """An amount of memory or storage in whole units of the field; what does not fit is rounded up, as libvirt does."""
    options = dict(part.partition("=")[::2] for part in arguments[1:])
    if not arguments or set(options) - {"unit", "absent"} or len(options) != len(arguments) - 1:
        raise ValueError("size needs the field's unit; expected e.g. `size KiB unit=@unit absent=KiB`")
    if (beside := options.get("unit", "@unit"))[:1] != "@" or not NCNAME.fullmatch(beside, 1):
        raise ValueError(f"{beside!r} is no attribute beside the size; expected e.g. unit=@unit")
    for unit in (arguments[0], options.get("absent", "b")):
        if unit.lower() not in UNITS:
            raise ValueError(f"unknown unit {unit!r}; expected b, KB, KiB, MB, MiB and so on")
    field_unit, absent = arguments[0], options.get("absent", arguments[0])
    factor: int = UNITS[field_unit.lower()]
    if "unit" not in options and UNITS[absent.lower()] != factor:
        raise ValueError(f"without unit=@… no {field_unit} can be written where an absent unit means {absent}")
    expected = f"a whole number of {field_unit}"

    def decode(text: str, unit: str | None = None) -> int:
        scale = UNITS.get((unit or absent).strip().lower())
        if scale is None:
            raise refusal(unit, "a unit such as KiB or MiB")
        if not re.fullmatch("[0-9]{1,20}", text):
            raise _refusal(text, expected)
        encode(value := -(-int(text) * scale // factor))
        return value

    def encode(value: int) -> str:
        if type(value) is not int or not 0 <= value < 10**20:
            raise _refusal(value, expected)
        return str(value)

    def keep(value: int, old: str, unit: str | None) -> tuple[str, str | None]:
        scale = UNITS[(unit or absent).strip().lower()]
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
