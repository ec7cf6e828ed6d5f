"""Pages: one file each that asks for no other, light or dark as the reader's system is, and without a script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --back: #fff; --ink: #222; --faint: #ddd; --bad: #b3261e; --good: #1b6e3c }}
@media (prefers-color-scheme: dark) {{
  :root {{ --back: #16181c; --ink: #ddd; --faint: #3a3d44; --bad: #ff8a80; --good: #7ddc9d }}
}}
body {{ margin: 1rem; background: var(--back); color: var(--ink); font: 14px/1.4 system-ui, sans-serif }}
table {{ border-collapse: collapse }}
caption {{ text-align: left; font-weight: bold }}
th, td {{ padding: .15rem .6rem; border-bottom: 1px solid var(--faint); text-align: left; vertical-align: top }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums }}
.bad {{ color: var(--bad) }}
.good {{ color: var(--good) }}
.wide {{ overflow-x: auto; margin: 1rem 0 }}
:focus-visible {{ outline: 2px solid var(--ink) }}
{style}</style>
<h1>{title}</h1>
{body}
</html>
"""

Cell = str | int


def page(title: str, body: str, style: str = "") -> str:
    """A page with a title, in text, and what is below it, in HTML; colours are `--back`, `--ink`, `--faint`, `--bad`
    and `--good`.
    """
    return _PAGE.format(title=escape(title), body=body, style=style)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table of texts and numbers; the first cell of a row is its heading.  Keys scroll one that is too wide."""
    top = "".join(f'<th scope="col">{escape(head)}' for head in heads)
    lines = "\n".join(f'<tr><th scope="row">{escape(str(row[0]))}{"".join(map(_cell, row[1:]))}' for row in rows)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{top}</thead>\n<tbody>\n{lines}\n</tbody></table></div>"
    )


def _cell(value: Cell) -> str:
    return f'<td class="number">{value}' if isinstance(value, int) else f"<td>{escape(value)}"
