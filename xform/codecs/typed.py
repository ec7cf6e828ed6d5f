"""Values beside an attribute that names their type, as programs write them whose reader knows no schema."""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve

from xform.codecs.codec import NCNAME, Codec, refusal


def typed(hint: str, inner: Codec) -> Codec:
    """A value whose type an attribute names: of `typed int=@type uint` the attribute is `type`, its word `int`.

    A value without the attribute is read too.  Of a bool the words have no case, and a number says whether it is
    not 0.  An old text keeps its spelling, and its attribute or that it has none.
    """
    word, _, attribute = hint.partition("=@")
    if not re.fullmatch(r"\w+", word) or not NCNAME.fullmatch(attribute):
        raise ValueError(f"{hint!r} names no type and its attribute; expected e.g. `typed int=@type uint`")
    if inner.shape != "value" or inner.constant is not None or inner.unit or inner.parts:
        raise ValueError(f"typed goes around a value, not around {inner.name}")
    truth = inner.word == "bool"
    expected = f"{inner.expected}, in any case, or a number" if truth else inner.expected

    def decode(text: str, said: str | None = None) -> Any:
        value = plain(text)
        if said not in (None, word):
            raise refusal(said, f"the type {word!r}")
        return value

    def plain(text: str) -> Any:
        try:
            return inner.decode(text)
        except ValueError:
            if not truth:
                raise
        for known, value in (inner.words or {}).items():
            if text.lower() == known.lower():
                return value
        if not re.fullmatch("-?[0-9]{1,20}", text, re.ASCII):
            raise refusal(text, expected)
        return int(text) != 0

    def keep(value: Any, old: str, said: str | None) -> tuple[str, str | None]:
        text = inner.keep(value, old, None)[0] if inner.keep else inner.encode(value)
        if truth and re.fullmatch("-?[0-9]+", old):
            text = str(int(value))
        elif truth:
            text = next((form(text) for form in (str.lower, str.upper) if form(old) == old), text)
        return text, None

    return evolve(
        inner,
        name=f"typed {hint} {inner.name}",
        decode=decode,
        expected=expected,
        words=None,
        unit=attribute,
        unit_word=word,
        unit_expected=f"the type {word!r}",
        word="typed",
        keep=keep,
    )
