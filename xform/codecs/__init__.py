"""Codecs: how one value stands in a text.  Both directions of each stand beside each other.

The laws: decode(encode(v)) == v for every v of the domain, and encode(decode(t)) is t's canonical form.  decode and
encode raise ValueError for what they do not admit; `expected` completes the message "… is not …".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from xform.codecs.codec import Codec, refusal, textual
from xform.codecs.numbers import cpuset, floating, hexadecimal, number, size
from xform.codecs.typed import typed
from xform.errors import did_you_mean, instead, quoted

if TYPE_CHECKING:
    from xform.rules import Rule

__all__ = ["CODECS", "Codec", "codec", "filled", "inner_words", "rule_codec"]


def _finite(name: str, annotation: str, words: dict[str, Any]) -> Codec:
    for word in words:
        _STRING.decode(word)
    expected = "one of " + ", ".join(words) if len(words) > 1 else repr(next(iter(words)))
    texts = {value: text for text, value in words.items()}

    def decode(text: str) -> Any:
        try:
            return words[text]
        except KeyError:
            raise ValueError(f"{quoted(text)} is not {expected}{did_you_mean(text, words)}") from None

    def encode(value: Any) -> str:
        for known, text in texts.items():
            if value == known and type(value) is type(known):
                return text
        if set(texts) == {True, False}:
            raise refusal(value, "true or false")
        raise ValueError(f"{quoted(value)} is not {expected}{did_you_mean(str(value), words)}")

    word = name.partition(" ")[0]
    return Codec(name, annotation, decode, encode, expected, tuple(words.values()), words=words, word=word)


def _enum(arguments: Sequence[str]) -> Codec:
    if not arguments:
        raise ValueError("enum needs its words; expected e.g. `enum on off`")
    if twice := next((word for word in arguments if arguments.count(word) > 1), None):
        raise ValueError(f"enum has {twice!r} twice; expected each word once")
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


def _decode_bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refusal(text[:20], "base64 text") from None


def _encode_bytes(value: bytes) -> str:
    if type(value) is not bytes:
        raise refusal(value, "bytes")
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
        whole = textual("template", ".*", f"text such as {text}", (), str)
        return evolve(whole, name=f"template {text}", parts=parts)
    before, inner, after = parts[0], codec(*inner_words(parts[1])), parts[2]
    if inner.shape != "value" or inner.constant is not None or inner.unit:
        raise ValueError(f"a template goes around a value, not around {inner.name}")
    if not before + after or (before + "{}" + after).strip() != before + "{}" + after:
        raise ValueError(f"the template {text!r} needs text around the braces, without blanks at its ends")
    expected = f"{before}…{after} around {inner.expected}"

    def decode(text: str) -> Any:
        if not text.startswith(before) or not text.endswith(after) or len(text) < len(before) + len(after):
            raise refusal(text, expected)
        return inner.decode(text[len(before) : len(text) - len(after)])

    def encode(value: Any) -> str:
        return before + inner.encode(value) + after

    return Codec("template " + text, inner.annotation, decode, encode, expected, inner.samples, word="template")


def _typed(arguments: Sequence[str]) -> Codec:
    if len(arguments) < 2:
        raise ValueError("typed needs a type with its attribute, and a codec; expected e.g. `typed int=@type uint`")
    hint, word, *rest = arguments
    if word == "typed":
        raise ValueError("typed goes around a value, not around typed")
    return typed(hint, codec(word, rest))


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


_STRING = textual("str", ".*", "text that XML can hold", ("", "a b", "<&'\">\n\t", "ü€𝄞"), str)
_UINT_SAMPLES = (0, 1, 4294967296)

CODECS: dict[str, Callable[[Sequence[str]], Codec]] = {
    "str": _plain(_STRING),
    "text": _plain(evolve(_STRING, name="text", word="text")),
    "uint": _plain(number("uint", int, "[0-9]{1,20}", "a whole number, 0 or more", _UINT_SAMPLES)),
    "int": _plain(number("int", int, "-?[0-9]{1,20}", "a whole number", (0, 1, -1, 2147483647))),
    "float": _plain(floating()),
    "hex": hexadecimal,
    "bool": _bool,
    "enum": _enum,
    "present": _plain(_PRESENT),
    "uuid": _plain(
        textual("uuid", _UUID, "a UUID", ("6ba7b810-9dad-41d1-80b4-00c04fd430c8",), _dashed),
    ),
    "mac": _plain(
        textual("mac", "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", "a MAC address", ("52:54:00:ab:cd:ef",), str.lower)
    ),
    "path": _plain(textual("path", ".+", "a path", ("/var/lib/x y.img", "rel/a"), str)),
    "bytes": _plain(_BYTES),
    "size": size,
    "version": _plain(textual("version", r"[0-9]+(\.[0-9]+)*", "a version such as 4.8", ("4.8", "9.0.0"), str)),
    "cpuset": _plain(cpuset()),
    "template": _template,
    "typed": _typed,
    "const": _const,
    "xml": _plain(_XML),
}


def codec(word: str, arguments: Sequence[str]) -> Codec:
    """The codec of a row. Raises ValueError for an unknown word or wrong arguments."""
    if word not in CODECS:
        raise ValueError(f"unknown codec {word!r}{instead(word, CODECS)}")
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
            raise refusal(text, "text that is not blank")
        return codec.decode(text)

    def encode(value: Any) -> str:
        if not (text := codec.encode(value)).strip():
            raise refusal(value, "text that is not blank")
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
