"""The difference of two documents as it may be shown: line by line, with ``***`` for what may be secret.

Lines are compared as they are and masked afterwards, so a secret that changed is seen to change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from xform.mask import masked_text
from xform.text import Text, decode

if TYPE_CHECKING:
    from xform.dialect import Dialect

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def difference(dialect: Dialect, before: bytes, after: bytes, name: str, context: Mapping[str, Any]) -> str:
    """A unified diff of two documents; empty where they are the same. Raises DocumentError."""
    if before == after:
        return ""
    texts = [_text(dialect, data, name) for data in (before, after)]
    shown = [_LINE.findall(masked_text(dialect, text, context)) for text in texts]
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
