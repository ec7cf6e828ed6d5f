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
details { margin: .3rem 0; border-left: 3px solid var(--faint); padding-left: .6rem }
details.bad { border-color: var(--bad) }
summary b { font-weight: 600 }
tr.differs td { background: color-mix(in srgb, var(--bad) 12%, transparent) }
tr.differs th::after { content: " ≠" }
"""


def side_by_side(dialect: Dialect, matching: Matching, ids: Ids | None = None) -> str:
    """The page; what differs, is missing or is not told apart stands open, the rest can be unfolded."""
    good = "bad" if findings(matching) else "good"
    parts = [f'<p class="{good}">{escape(count(matching))}.']
    for kind, known, found, said in _devices(matching, ids):
        parts.append(_device(dialect, kind, known, found, said))
    return html.page("xform match", "\n".join(parts), _STYLE)


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
        differs = f"; {len(pair.fields)} fields differ" if pair.fields else ""
        yield pair.kind, pair.known, pair.found, f"paired by {rungs[id(pair.known)]}{differs}"


def _device(dialect: Dialect, kind: str, known: Any, found: Any, said: str) -> str:
    fields = dict.fromkeys(_fields(dialect, known) + _fields(dialect, found))
    rows, differs = [], known is None or found is None
    for field in fields:
        was, now = ("" if one is None else value_of(dialect, one, field) for one in (known, found))
        if was or now:
            other = known is not None and found is not None and was != now
            differs = differs or other
            mark = ' class="differs"' if other else ""
            rows.append(f'<tr{mark}><th scope="row">{escape(field)}<td>{escape(was)}<td>{escape(now)}')
    title = f"<b>{escape(kind)}</b> {escape(name(dialect, found if known is None else known))}: {escape(said)}"
    heads = '<thead><tr><th scope="col">field<th scope="col">known<th scope="col">reported</thead>'
    return (
        f"<details{' open' if differs else ''}><summary>{title}</summary>"
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(kind)}"><table>{heads}<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody></table></div></details>"
    )


def _fields(dialect: Dialect, device: Any) -> list[str]:
    table = dialect.classes.table(type(device)) if device is not None else None
    word = ["type"] if table and dialect.classes.word(type(device)) else []
    return [*word, *table.attributes] if table else []
