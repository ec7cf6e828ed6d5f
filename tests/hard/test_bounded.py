"""Seeds with bytes changed, left out, doubled: each is read or refused.  `python -m tests.hard.fuzz` tries far more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.hard.seeds import seeds
from tests.hard.targets import TARGETS, feed

# What is put into a seed: markup, signs of YAML, TOML and rows, letters that are none, numbers out of bounds.
PIECES = [
    *rb"""< > / ' " & &#0; &lt; &#x110000; <a/> </a> <!-- --> <?a?> <![CDATA[ ]]>""".split(),
    *rb"[ ] { } # = : , * &a *a !! | % ~ @ .".split(),
    *rb"-1 1_0 0x 1e999 nan null 0-99999999999 ../.. [@a=' \u0000 \ud800".split(),
    *(b" xmlns:m='urn:x'", b" xmlns='urn:y'", b"<!DOCTYPE a []>", b" : list list ", b" !", b" <", b" by ", b"9" * 400),
    *(b"\n", b"\r", b"\t", b" ", b"\x00", b"\xff", b"\x1b[2J", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    "\u2028\u202e\ufffe".encode(),
]


@st.composite
def spoilt(draw: DrawFn, target: str) -> bytes:
    """A seed after a few mishaps."""
    data = draw(st.sampled_from(seeds(target)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        match draw(st.sampled_from(["insert", "remove", "replace", "double", "move"])):
            case "insert":
                data = data[:start] + draw(st.sampled_from(PIECES)) + data[start:]
            case "remove":
                data = data[:start] + data[end:]
            case "replace":
                data = data[:start] + draw(st.sampled_from(PIECES)) + data[end:]
            case "double":
                data = data[:end] + data[start:end] * draw(st.integers(1, 5)) + data[end:]
            case "move":
                piece, data = data[start:end], data[:start] + data[end:]
                place = draw(st.integers(0, len(data)))
                data = data[:place] + piece + data[place:]
    return data


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=60)
@given(st.data())
def test_what_is_spoilt_is_read_or_refused(target: str, data: st.DataObject) -> None:
    feed(target, data.draw(spoilt(target)))
