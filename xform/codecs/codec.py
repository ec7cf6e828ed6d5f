"""What a codec is, and how one of texts is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import frozen

from xform.errors import quoted


@frozen
class Codec:
    """One codec with its arguments.

    `annotation` is the field's Python type as written.  `words` lists text and value of a finite codec.  `unit` names
    the attribute that holds the unit of a size or the type of a value, `unit_word` what is written there, and
    `unit_expected` what may stand there; then decode takes its text as well.  `needs` names what a rule asks for by
    keyword, `sample_needs` what it gets with each sample.  `shape` says what of an element the codec reads: its
    ``value`` (text or an attribute), that it is ``present``, or the whole of it (``xml``).  A `filled` codec takes
    blank text for no value.  `keep` writes a value in the form of an old text, where it can: from the value, the old
    text and its unit, the new text, and the unit if it is another.  `parts` are those of a template of other fields:
    texts, and between them names.  `made` is what it was made of: its word and arguments, a rule its folder and name.
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
    unit_expected: str = "a unit such as KiB or MiB"
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


def refusal(value: object, expected: str) -> ValueError:
    return ValueError(f"{quoted(value)} is not {expected}")


_START = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
# A name of an element or an attribute, without a prefix.
NCNAME = re.compile(f"[{_START}][{_START}0-9.\\-\xb7\u0300-\u036f\u203f\u2040]*")
# XML 1.0 has no way to write these (its production Char).
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def textual(word: str, pattern: str, expected: str, samples: tuple[str, ...], canonical: Callable[[str], str]) -> Codec:
    """A codec whose value is text in its canonical form."""

    def decode(text: str) -> str:
        if not re.fullmatch(pattern, text, re.DOTALL) or UNWRITABLE.search(text):
            raise refusal(text, expected)
        return canonical(text)

    def encode(value: str) -> str:
        if type(value) is not str:
            raise refusal(value, expected)
        if (known := decode(value)) != value:
            raise ValueError(f"{quoted(value)} is not how it is written; expected {known!r}")
        return value

    return Codec(word, "str", decode, encode, expected, samples, word=word)
