"""Forms of one program: the compiled functions do what the interpreter does."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import attrs

from xform.compile.interpreter import Reader, Writer
from xform.dialect import Dialect
from xform.entities import unequal
from xform.errors import XformError
from xform.laws.finding import Finding
from xform.table.model import Row
from xform.xml import Element, line_of, path_of


def twins(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """Twins, on a document: the compiled, the detailed and the interpreted parse give one entity, the latter two the
    same residue, refusals and drift; and each generate gives one text."""
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
    """How the three parses of a document differ, and what the interpreted one gives."""
    one = _outcome(lambda: dialect.parse(document, **context))
    root = _outcome(lambda: dialect.tree(document))
    if isinstance(root, _Refused):
        return _unequal(one, root, f"{what}: compiled"), root
    reading = _outcome(lambda: Reader(dialect.classes).document(root, context))
    detailed = _outcome(lambda: dialect.detailed(root, context))
    found = _unequal(one, reading.entity, f"{what}: compiled")
    found += _unequal(detailed.entity, reading.entity, f"{what}: detailed")
    if isinstance(reading, _Refused) or isinstance(detailed, _Refused):
        return found, reading.entity
    told: list[tuple[str, list[Any], list[Any]]] = [
        ("residue", detailed.left, list(reading.unclaimed(root))),
        ("refusals", _sorted(detailed.refused), _sorted(reading.refused)),
        ("drift", _sorted(detailed.drift), _sorted(reading.drift)),
    ]
    for name, ours, theirs in told:
        if ours != theirs:
            pair = next(pair for pair in zip_longest(ours, theirs) if pair[0] != pair[1])
            node = (pair[0] or pair[1])[0]
            said = f"{what}: detailed and interpreted tell other {name}"
            found.append(Finding("twins", path_of(node), said, line_of(node)))
    return found, reading.entity


def _sorted(told: list[tuple[Element, Row, str]]) -> list[tuple[Element, Row, str]]:
    """Reasons in an order of no meaning: each form tells them as it comes to them."""
    return sorted(told, key=lambda reason: (path_of(reason[0]), str(reason[1]), reason[2]))


def _unequal(one: Any, other: Any, what: str) -> list[Finding]:
    return [
        Finding("twins", path, f"{what} gives {left}, interpreted {right}")
        for path, left, right in unequal(one, other, live=True)
    ]


@attrs.frozen
class _Refused:
    """One refusal is as good as another; its words may hold a secret.  It is no other entity either."""

    @property
    def entity(self) -> _Refused:
        return self


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
