"""An audit as a page: what was found, in how many documents, with examples that lead to the files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import quote

from xform import html
from xform.audit.chunk import escaped, unescaped
from xform.audit.sources import Source
from xform.audit.summary import Summary, Tally

# Lines of one list; the rest is in the Parquet files.
MOST = 200

# How each state looks, and what it means.
_STATES = {
    "read": ("var(--good)", "read"),
    "other": ("var(--faint)", "of another root element"),
    "unread": ("var(--bad)", "no document"),
    "failed": ("var(--accent)", "failed: who examined it ended"),
}
# What each check found, and whether all documents may have it.
_CHECKS = {
    "schema": ("Not valid", False),
    "law": ("Laws that do not hold", False),
    "match": ("Match with what is known", False),
    "parse": ("Fields that the other tables read otherwise", False),
    "generate": ("Places that the other tables write otherwise", False),
    "error": ("Checks that ended", False),
    "drift": ("Drift: what stands in a form that its row cannot say", True),
    "residue": ("Residue: what no row says", True),
}

Rows = Sequence[Sequence[html.Cell]]


def page(summary: Summary, sources: Sequence[Source], folder: Path, note: str = "") -> str:
    """The page, for a folder from which its links are seen; `note` says why it is not whole."""
    well = '<p class="good">Nothing was found.' if summary.well else '<p class="bad">Something was found.'
    if summary.states.total() == summary.states["other"]:
        well = '<p class="bad">Nothing was looked at.'
    states = [html.key(swatch, f"{summary.states[state]} {said}") for state, (swatch, said) in _STATES.items()]
    lead = f"{f'<p class=bad>{escape(note)}' if note else well}\n<p>{''.join(states)}"
    named = partial(_examples, homes={escaped(source.name): source.folder for source in sources}, folder=folder)
    parts = [*_readiness(summary, named)]
    heads = ("what", "of", "documents", "times", "such as", "for example")
    for check, (title, kept) in _CHECKS.items():
        found = summary.by_check(check)
        rows: Rows = [(path, of, one.documents, one.times, one.message, named(one)) for of, path, one in found]
        parts += _list(title, heads, rows, opened=not kept)
    if not note:  # else nobody looked for them to the end
        rows = [(vm,) for vm in sorted(summary.unseen)]
        parts += _list("VMs that the store knows, and no document shows", ("id",), rows, opened=False)
    missing = summary.states["unread"] + summary.states["failed"]
    rows = [(one.name, one.source, one.message) for one in summary.errors]
    parts += _list("Not examined", ("document", "source", "why"), rows, missing)
    rows = [(source.name, source.had) for source in sources]
    parts += _list("Where the documents are", ("source", "one of them, by its name"), rows, opened=False)
    return html.page("xform audit", lead, "\n".join(parts))


Named = Callable[[Tally], html.Links]


def _readiness(summary: Summary, named: Named) -> Iterator[str]:
    """How many documents each set of schemas admits; and where they disagree, why."""
    if not summary.schemas:
        return
    admitted = sorted(summary.admitted.items(), key=lambda item: (-item[1].documents, item[0]))
    rows: Rows = [(", ".join(labels) or "none", tally.documents, named(tally)) for labels, tally in admitted]
    if rows:
        yield html.table("Admitted by", ("schemas", "documents", "for example"), rows)
    rows = [
        (reason, label, ", ".join(labels), tally.documents, named(tally))
        for labels, label, reason, tally in summary.disagreements()
    ]
    heads = ("reason", "not admitted by", "but by", "documents", "for example")
    yield from _list("Upgrade readiness, what one schema admits and another does not", heads, rows)


def _list(title: str, heads: Sequence[str], rows: Rows, count: int | None = None, *, opened: bool = True) -> list[str]:
    """A list that can be folded, of at most `MOST`; nothing where there is none."""
    if not rows:
        return []
    shown, count = rows[:MOST], count or len(rows)
    more = f" (the first {len(shown)} are here, all in the Parquet files)" if count > len(shown) else ""
    return [html.folded(escape(f"{title}: {count}{more}"), html.table(title, heads, shown), opened=opened)]


def _examples(tally: Tally, homes: Mapping[str, Path | None], folder: Path) -> html.Links:
    def address(source: str, name: str) -> str | None:
        home = homes.get(source)
        return quote(os.fsencode(os.path.relpath(home / unescaped(name), folder))) if home else None

    return html.Links(tuple((one.name, address(one.source, one.name)) for one in tally.examples))
