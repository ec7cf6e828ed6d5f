"""Pages: one file each that fetches nothing, light or dark as the reader's system is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape

from attrs import frozen

# What a document holds is escaped; were it not, the policy would keep it from running and from fetching.
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{
  color-scheme: light dark;
  --back: #fff; --raised: #f4f5f7; --ink: #1d2126; --soft: #545c66; --faint: #d9dde2;
  --accent: #0a58ca; --lit: #ffe9a8; --bad: #b3261e; --good: #1b6e3c;
  --mono: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --back: #15181c; --raised: #1e2227; --ink: #e2e5e9; --soft: #a3abb5; --faint: #363c44;
    --accent: #7db4ff; --lit: #574508; --bad: #ff8a80; --good: #7ddc9d
  }}
}}
* {{ box-sizing: border-box }}
body {{ margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }}
header, main {{ max-width: 90rem; margin: 0 auto; padding: 0 1rem }}
header {{ padding-top: 1rem }}
h1 {{ margin: 0; font-size: 1.3rem; line-height: 1.3; overflow-wrap: anywhere }}
h2 {{ margin: 1.5rem 0 .5rem; font-size: 1.05rem }}
p {{ margin: .5rem 0 }}
a {{ color: var(--accent) }}
table {{ border-collapse: collapse; font-size: .9rem }}
caption {{ padding-bottom: .3rem; text-align: left; font-weight: 600 }}
th, td {{
  padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--faint); text-align: left; vertical-align: top
}}
tbody th, td:not(.number) {{ min-width: 5rem; overflow-wrap: anywhere }}
th {{ font-weight: 500 }}
thead th {{ color: var(--soft); white-space: nowrap }}
.number {{ text-align: right; font-variant-numeric: tabular-nums }}
.bad {{ color: var(--bad) }}
.good {{ color: var(--good) }}
.soft {{ color: var(--soft) }}
.wide {{ overflow-x: auto; margin: 1.25rem 0 }}
.key {{ margin-right: 1rem; white-space: nowrap }}
.key::before {{
  content: ""; display: inline-block; width: .9em; height: .9em; margin-right: .4em; border-radius: 2px;
  vertical-align: -.1em; background: var(--swatch)
}}
details {{ margin: .5rem 0; border: 1px solid var(--faint); border-radius: 6px }}
summary {{ padding: .4rem .75rem; border-radius: 6px; cursor: pointer; overflow-wrap: anywhere }}
summary:hover {{ background: var(--raised) }}
details caption {{ position: absolute; clip-path: inset(50%) }}
details > .wide {{ margin: 0; padding: .25rem .75rem .75rem }}
:focus-visible {{ outline: 2px solid var(--accent); outline-offset: 1px }}
@media print {{
  body {{ font-size: 11px }}
  .wide {{ overflow: visible }}
  summary, tr {{ break-inside: avoid }}
}}
{style}</style>
<header>
<h1>{title}</h1>
{lead}
</header>
<main>
{body}
</main>
{script}</html>
"""


@frozen
class Links:
    """Texts that lead somewhere, those without an address nowhere."""

    of: tuple[tuple[str, str | None], ...]


Cell = str | int | Links


def page(title: str, lead: str, body: str, style: str = "", script: str = "") -> str:
    """A page with a title, in text, and in HTML what it comes to and, below, all of it.

    `style` may use the colours `--back`, `--raised`, `--ink`, `--soft` (of text), `--faint` (of lines), `--accent`,
    `--lit`, `--bad` and `--good`, and the font `--mono`; no script runs but this one.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
        script = f"<script>{script}</script>\n"
    text = _PAGE.format(policy=policy, title=escape(title), lead=lead, body=body, style=style, script=script)
    # what is not seen may turn the text around, and half a character is no UTF-8
    return "".join(char if char.isprintable() or char.isspace() else "\N{REPLACEMENT CHARACTER}" for char in text)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table of texts, numbers and links; the first cell of a row is its heading.  Keys scroll one that is too wide.

    Heads stand over numbers as numbers do.
    """
    lines = [*rows]
    numbers = [isinstance(cell, int) for cell in lines[0]] if lines else [False] * len(heads)
    top = "".join(
        f'<th scope="col"{_NUMBER * number}>{escape(head)}' for head, number in zip(heads, numbers, strict=True)
    )
    below = "\n".join(f'<tr><th scope="row">{escape(str(row[0]))}{"".join(map(_cell, row[1:]))}' for row in lines)
    return scrolled(
        caption,
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{top}</thead>\n<tbody>\n{below}\n</tbody></table>",
    )


def scrolled(label: str, body: str) -> str:
    """What may be wider than the page, named for those who hear it."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">{body}</div>'


def folded(summary: str, body: str, *, opened: bool) -> str:
    """What can be unfolded, under a summary that is HTML too."""
    return f"<details{' open' * opened}><summary>{summary}</summary>\n{body}\n</details>"


def key(swatch: str, text: str) -> str:
    """An entry of a legend: a colour or gradient of the page's style, and what it stands for."""
    return f'<span class="key" style="--swatch: {swatch}">{escape(text)}</span>'


_NUMBER = ' class="number"'


def _cell(value: Cell) -> str:
    if isinstance(value, Links):
        return f"<td>{', '.join(_link(*one) for one in value.of)}"
    return f"<td{_NUMBER}>{value}" if isinstance(value, int) else f"<td>{escape(value)}"


def _link(text: str, address: str | None) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>' if address else escape(text)
