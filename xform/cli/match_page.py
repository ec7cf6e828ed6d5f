"""A match as a page: each device as it is known and, beside that, as the document reports it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from xform import html
from xform.cli.report import count, findings, name, value_of

if TYPE_CHECKING:
    from xform.cli.known import Ids
    from xform.dialect import Dialect
    from xform.match import Matching

_STYLE = """\
summary b { font-weight: 600 }
.differs td { background: var(--lit) }
.differs th::after { content: " ≠" }
details table { width: 100%; table-layout: fixed }
details thead th:first-child { width: 25% }
@media (max-width: 40rem) { details thead th:first-child { width: 30% } }
"""


def side_by_side(dialect: Dialect, matching: Matching, source: str, ids: Ids | None = None) -> str:
    """The page; what differs, is missing or is not told apart stands open, the rest can be unfolded."""
    good = "bad" if findings(matching) else "good"
    lead = f'<p class="{good}">{escape(count(matching))}.\n<p>{html.key("var(--lit)", "differs")}'
    devices = [_device(dialect, *device) for device in _devices(matching, ids)]
    return html.page(f"xform match {source}", lead, "\n".join(devices), _STYLE)


def _devices(matching: Matching, ids: Ids | None) -> Iterator[tuple[str, Any, Any, str]]:
    """Each device: its kind, as known, as found, and what is said of it; what needs a look first."""
    changes = matching.changes(ids)
    rungs = {id(pair.known): " + ".join(pair.rung) for pair in matching.pairs}
    for one in matching.ambiguous:
        by = f"not told apart by {' + '.join(one.rung)}" if one.rung else "not told apart"
        yield from ((one.kind, known, None, by) for known in one.known)
        yield from ((one.kind, None, found, by) for found in one.found)
    for gone in changes.gone:
        yield gone.kind, gone.known, None, "unplugged" if gone.unplugged else "left out of this run"
    for inserted in changes.inserted:
        yield inserted.kind, None, inserted.found, "new"
    for pair in sorted(changes.paired, key=lambda pair: not pair.fields):
        differs = f"; differs in {', '.join(pair.fields)}" if pair.fields else ""
        yield pair.kind, pair.known, pair.found, f"paired by {rungs[id(pair.known)]}{differs}"


def _device(dialect: Dialect, kind: str, known: Any, found: Any, said: str) -> str:
    fields = dict.fromkeys(_fields(dialect, known) + _fields(dialect, found))
    rows, differs = [], known is None or found is None
    unseen = _unseen(dialect, found)
    for field in fields:
        was, now = ("" if one is None else value_of(dialect, one, field) for one in (known, found))
        now = "" if field in unseen else now
        if was or now:
            other = known is not None and found is not None and was != now and field not in unseen
            differs = differs or other
            mark = ' class="differs"' if other else ""
            rows.append(f'<tr{mark}><th scope="row">{escape(field)}<td>{escape(was)}<td>{escape(now)}')
    called = name(dialect, found if known is None else known)
    heads = '<thead><tr><th scope="col">field<th scope="col">known<th scope="col">reported</thead>'
    body = html.scrolled(f"{kind} {called}", f"<table>{heads}<tbody>\n" + "\n".join(rows) + "\n</tbody></table>")
    return html.folded(f"<b>{escape(kind)}</b> {escape(called)}: {escape(said)}", body, opened=differs)


def _fields(dialect: Dialect, device: Any) -> list[str]:
    table = dialect.classes.table(type(device)) if device is not None else None
    word = ["type"] if table and dialect.classes.word(type(device)) else []
    return [*word, *table.attributes] if table else []


def _unseen(dialect: Dialect, device: Any) -> set[str]:
    """The fields of a device that no document reports."""
    table = dialect.classes.table(type(device)) if device is not None else None
    return {row.name for row in table.known} if table else set()
