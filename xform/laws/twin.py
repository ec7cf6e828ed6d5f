"""Forms of one program: the compiled functions do what the interpreter does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import attrs

from xform.compare import line_of
from xform.compile.interpreter import Reader, Writer
from xform.dialect import Dialect
from xform.errors import XformError
from xform.laws.entity import unequal
from xform.laws.finding import Finding
from xform.xml import path_of


def twins(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """Twins, on a document: the compiled, the detailed and the interpreted parse give one entity, the last two what no
    row takes and why, and each generate one text."""
    found, entity = _read(dialect, document, context, "parse")
    return found or ([] if isinstance(entity, _Refused) else twins_entity(dialect, entity, **context))


def twins_entity(dialect: Dialect, entity: Any, **context: Any) -> list[Finding]:
    """Twins, on an entity: the compiled and the interpreted generate give the same text, live and not, and this is
    read alike."""
    found: list[Finding] = []
    texts: dict[Any, str] = {}
    for live, what in ((False, "generate"), (True, "generate live")):
        one = _outcome(lambda live=live: dialect.generate(entity, live=live, **context))  # type: ignore[misc]
        other = _outcome(lambda live=live: Writer(dialect.classes, live, context).text(entity))  # type: ignore[misc]
        if one != other:
            found.append(_first_line(one, other, what))
        elif not isinstance(one, _Refused):
            texts.setdefault(one, f"{what}, parse")
    for text, what in texts.items():
        found += _read(dialect, text, context, what)[0]
    return found


def _read(dialect: Dialect, document: str | bytes, context: dict[str, Any], what: str) -> tuple[list[Finding], Any]:
    """How the two parses of a document differ, and what the interpreted one gives."""
    one = _outcome(lambda: dialect.parse(document, **context))
    try:
        root = dialect.tree(document)
        reading, detailed = Reader(dialect.classes).document(root, context), dialect.detailed(root, context)
    except (XformError, ValueError):
        return _unequal(one, _Refused(), what, "compiled"), _Refused()
    found = _unequal(one, reading.entity, what, "compiled")
    found += _unequal(detailed.entity, reading.entity, what, "detailed")
    if detailed.left != (left := list(reading.unclaimed(root))):
        node, name = next(
            one or other or (root, None) for one, other in zip_longest(detailed.left, left) if one != other
        )
        place = path_of(node) + (f"/@{name}" if name else "")
        found.append(Finding("twins", place, f"{what}: detailed and interpreted leave another residue", line_of(node)))
    for name, ours, theirs in (
        ("refusals", detailed.refused, reading.refused),
        ("drift", detailed.drift, reading.drift),
    ):
        one, other = (Counter((node, str(row), message) for node, row, message in told) for told in (ours, theirs))
        for node, row, _ in (one - other) + (other - one):
            found.append(
                Finding(
                    "twins",
                    path_of(node),
                    f"{what}: detailed and interpreted tell other {name} of {row}",
                    line_of(node),
                )
            )
    return found, reading.entity


def _unequal(one: Any, other: Any, what: str, form: str) -> list[Finding]:
    return [
        Finding("twins", path, f"{what}: {form} gives {left}, interpreted {right}")
        for path, left, right in unequal(one, other, live=True)
    ]


@attrs.frozen
class _Refused:
    """One refusal is as good as another; its words may hold a secret."""


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (XformError, ValueError):
        return _Refused()


def _first_line(one: Any, other: Any, what: str) -> Finding:
    if isinstance(one, _Refused) or isinstance(other, _Refused):
        refuses, writes = ("compiled", "interpreted") if isinstance(one, _Refused) else ("interpreted", "compiled")
        return Finding("twins", what, f"{refuses} refuses what {writes} writes")
    lines = zip([*one.split("\n"), None], [*other.split("\n"), None], strict=False)
    line = next(n for n, pair in enumerate(lines, 1) if pair[0] != pair[1])
    # the line itself may hold a secret
    return Finding("twins", what, "compiled and interpreted write another line", line)
