"""The map: a treemap of a schema, a block for each top-level element and in it a cell for each declaration."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from attrs import frozen

from xform.coverage.counts import Coverage, Found, Group
from xform.coverage.walk import State
from xform.html import page

_STYLE = """\
:root { --claimed: #4a86b8; --opaque: #a9a9a9; --missing: #d95f02 }
@media (prefers-color-scheme: dark) { :root { --claimed: #39648a; --opaque: #6a6a6a; --missing: #ff8c33 } }
#map { position: relative; height: 80vh; min-height: 30rem }
section { position: absolute; box-sizing: border-box; overflow: hidden; padding: 2px; border: 1px solid var(--back) }
section:focus-within { overflow: visible; z-index: 1 }
section h2 { margin: 0; font-size: 10px; font-weight: normal; line-height: 12px; height: 12px; overflow: hidden }
section div { display: grid; height: calc(100% - 12px); gap: 1px }
.claimed { background: var(--claimed) }
.opaque { background: repeating-linear-gradient(45deg, var(--opaque) 0 2px, var(--back) 2px 4px) }
.missing { background: var(--missing) }
section a:hover, section a:focus { outline: 2px solid var(--ink); z-index: 2 }
section a:focus::after {
  content: attr(aria-label); position: fixed; left: 1rem; bottom: 1rem; padding: .5rem; background: var(--ink);
  color: var(--back)
}
.key { display: inline-block; width: 1em; height: 1em; vertical-align: -.1em }
"""

_BODY = """\
<p>{counts}. A cell leads to the row that claims it; one that is missing, to the list below.</p>
<main id="map">
{blocks}
</main>
<h2 id="missing">Missing</h2>
<ul>
{gaps}
</ul>"""


@frozen
class Box:
    """A part of the page, in percent of it."""

    left: float
    top: float
    width: float
    height: float


def drawn(coverage: Coverage, title: str, home: Path) -> str:
    """The page, as one file that asks for no other; links to tables are seen from the folder `home`."""
    groups = sorted(coverage.grouped.items(), key=lambda pair: -len(pair[1]))
    boxes = squarified([len(group) for _, group in groups], Box(0, 0, 100, 100))
    blocks = [_block(name, group, box, home) for (name, group), box in zip(groups, boxes, strict=True)]
    total = coverage.total
    counts = ", ".join(
        f'<span class="key {word}"></span> {number} {word}'
        for word, number in (("claimed", total.claimed), ("opaque", total.opaque), ("missing", total.missing))
    )
    gaps = "\n".join(f"<li>{escape(str(gap))}" for gap in coverage.gaps) or "<li>nothing"
    return page(title, _BODY.format(counts=counts, blocks="\n".join(blocks), gaps=gaps), _STYLE)


def _block(name: str, group: Group, box: Box, home: Path) -> str:
    place = ";".join(f"{side}:{getattr(box, side):.2f}%" for side in ("left", "top", "width", "height"))
    columns = max(1, round((len(group) * box.width / box.height * 1.5) ** 0.5))
    cells = "".join(_cell(found, home) for found in group.values())
    grid = f"grid-template-columns:repeat({columns},1fr)"
    return f'<section style="{place}"><h2>{escape(name)}</h2><div style="{grid}">{cells}</div></section>'


def _cell(found: Found, home: Path) -> str:
    word, origin = found.state.name.lower(), found.node.origin
    said = f"{found.path or found.node.name}: {word}"
    link = "#missing"
    if origin and found.state is not State.MISSING:
        said += f", {origin.file}:{origin.line}"
        link = f"{quote(os.path.relpath(origin.file, home))}#L{origin.line}"
    said = escape(said)
    return f'<a class="{word}" href="{escape(link)}" title="{said}" aria-label="{said}"></a>'


def squarified(sizes: list[int], box: Box) -> list[Box]:
    """Parts of a box with areas like these sizes, the largest first, each as square as it can be."""
    if not sizes:
        return []
    total, along = sum(sizes), min(box.width, box.height)
    scale = box.width * box.height / total

    def worst(row: list[int]) -> float:
        side = sum(row) * scale / along
        return max(max(side**2 / (size * scale), size * scale / side**2) for size in row)

    count = 1
    while count < len(sizes) and worst(sizes[: count + 1]) <= worst(sizes[:count]):
        count += 1
    row, side, found, at = sizes[:count], sum(sizes[:count]) * scale / along, list[Box](), 0.0
    for size in row:
        length = size * scale / side
        if box.width >= box.height:
            found.append(Box(box.left, box.top + at, side, length))
        else:
            found.append(Box(box.left + at, box.top, length, side))
        at += length
    if box.width >= box.height:
        rest = Box(box.left + side, box.top, box.width - side, box.height)
    else:
        rest = Box(box.left, box.top + side, box.width, box.height - side)
    return [*found, *squarified(sizes[count:], rest)]
