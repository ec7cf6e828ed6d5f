"""The difference of two documents as it may be shown: line by line, with ``***`` for what may be secret.

Lines are compared as they are and masked afterwards, so a secret that changed is seen to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import TEXT
from xform.entities import MASK
from xform.mask import Discreet
from xform.text import Text, decode
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SEEN = re.compile(r"\S(?:.*\S)?")
_DECLARATION = re.compile(r"\ufeff?<\?xml\s.*?\?>", re.DOTALL)
_ASIDE = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)


def difference(dialect: Dialect, before: bytes, after: bytes, name: str, context: Mapping[str, Any]) -> str:
    """A unified diff of two documents; empty where they are the same. Raises DocumentError."""
    if before == after:
        return ""
    texts = [_text(dialect, data, name) for data in (before, after)]
    shown = [_LINE.findall(_masked(dialect, text, context)) for text in texts]
    lines = [_LINE.findall(text.text) for text in texts]
    out = [f"--- {name}\n+++ {name}\n"]
    for group in SequenceMatcher(a=lines[0], b=lines[1]).get_grouped_opcodes():
        (_, old, _, new, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        out.append(f"@@ -{_range(old, old_end)} +{_range(new, new_end)} @@\n")
        for kind, start, stop, start_new, stop_new in group:
            if kind == "equal":
                out += [_line(" ", line) for line in shown[0][start:stop]]
                continue
            out += [_line("-", line) for line in shown[0][start:stop]]
            out += [_line("+", line) for line in shown[1][start_new:stop_new]]
    return "".join(out)


def _range(start: int, stop: int) -> str:
    return f"{start + (stop > start)},{stop - start}"


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"


def _text(dialect: Dialect, data: bytes, name: str) -> Text:
    root = dialect.tree(data, name)
    return Text(decode(data, root)[0], root)


def _masked(dialect: Dialect, text: Text, context: Mapping[str, Any]) -> str:
    """The text with as many lines, and what may be secret masked within each."""
    claims = Discreet(dialect).document(text.root, dict(context)).claims
    out, last = [], 0
    for start, stop in sorted(_hidden(text, claims)):
        out += [text.text[last:start], _SEEN.sub(MASK, text.text[start:stop])]
        last = stop
    return "".join(out) + text.text[last:]


def _hidden(text: Text, claims: dict[Element, set[str]]) -> Iterator[tuple[int, int]]:
    """What may be secret, outside the root too: places in the text, none within another."""
    root = text.span(text.root)
    declaration = _DECLARATION.match(text.text)
    yield declaration.end() if declaration else 0, root.start
    yield root.end, len(text.text)
    yield from _within(text, text.root, claims)


def _within(text: Text, element: Element, claims: dict[Element, set[str]]) -> Iterator[tuple[int, int]]:
    shown = claims.get(element)
    if shown is None:
        span = text.span(element)
        yield text.name(span).end(), span.head - (2 if span.head == span.end else 1)
        yield span.head, span.tail
        return
    children = [child for child in element if isinstance(child.tag, str)]
    if _hides(element, shown):
        span = text.span(element)
        for name, found in text.attributes(span).items():
            if name.partition(":")[0] != "xmlns" and _named(element, name) not in shown:
                yield found.start(3) + 1, found.end(3) - 1
        spans = [text.span(child) for child in children]
        starts, stops = [span.head, *(inner.end for inner in spans)], [*(inner.start for inner in spans), span.tail]
        pieces = list(zip(starts, stops, strict=True))
        if TEXT in shown:
            start, stop = pieces.pop(0)
            yield from (found.span() for found in _ASIDE.finditer(text.text, start, stop))
        yield from pieces
    for child in children:
        yield from _within(text, child, claims)


def _named(element: Element, name: str) -> str:
    """An attribute's name in Clark notation; one whose prefix is `xml` is named by no row."""
    prefix, _, local = name.rpartition(":")
    return f"{{{element.nsmap.get(prefix)}}}{local}" if prefix else name


def _hides(element: Element, shown: set[str]) -> bool:
    """Whether something that is an element's own may be secret: its attributes, its text, comments."""
    return (
        not shown.issuperset(element.attrib)
        or (bool((element.text or "").strip()) and TEXT not in shown)
        or any(not isinstance(child.tag, str) or (child.tail or "").strip() for child in element)
    )
