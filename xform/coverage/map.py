"""The map: a treemap of a schema, a block for each larger top-level element and in it a cell for each declaration."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from urllib.parse import quote

from attrs import frozen

from xform.coverage.counts import Coverage, Found
from xform.coverage.walk import State
from xform.html import Cell, key, page, table

_COLOURS = {
    "claimed": "var(--claimed)",
    "opaque": "repeating-linear-gradient(45deg, var(--opaque) 0 2px, var(--back) 2px 4px)",
    "missing": "var(--missing)",
}
# A block takes at least the one of so many parts of the map.
_PARTS = 150
_STYLE = """\
:root { --claimed: #4a86b8; --opaque: #8a8f96; --missing: #d95f02 }
@media (prefers-color-scheme: dark) { :root { --claimed: #39648a; --opaque: #767c84; --missing: #ff8c33 } }
#map { position: relative; height: 75vh; min-height: 30rem; margin: 1rem 0; print-color-adjust: exact }
section { position: absolute; overflow: hidden; padding: 2px; border: 1px solid var(--back) }
section:focus-within { overflow: visible; z-index: 1 }
section h2 {
  height: 14px; margin: 0; overflow: hidden; font-size: 11px; font-weight: 400; line-height: 14px;
  text-overflow: ellipsis; white-space: nowrap
}
section div { display: grid; height: calc(100% - 14px); gap: 1px }
section a:hover, section a:focus { outline: 2px solid var(--ink); z-index: 2 }
section a:focus::after {
  content: attr(title); position: fixed; left: 1rem; bottom: 1rem; padding: .5rem; background: var(--ink);
  color: var(--back)
}
@media (max-width: 40rem) {
  #map { height: auto; min-height: 0 }
  section { position: static; width: auto !important; height: auto !important }
  section div { grid: auto-flow 1rem / repeat(auto-fill, minmax(1rem, 1fr)) !important }
}
.skip:not(:focus) { position: absolute; clip-path: inset(50%) }
""" + "".join(f".{word} {{ background: {colour} }}\n" for word, colour in _COLOURS.items())

_BODY = """\
<p>A cell leads to the row that claims it; one that is missing, to the list below.
<a class="skip" href="#missing">Past the map</a>
<div id="map">
{blocks}
</div>
<h2 id="missing">Missing</h2>
<ul>
{gaps}
</ul>
{counts}"""


@frozen
class Box:
    """A part of the page, in percent of it."""

    left: float
    top: float
    width: float
    height: float


def drawn(coverage: Coverage, title: str, home: Path) -> str:
    """The page, as one file that asks for no other; links to tables are seen from the folder `home`."""
    groups = _groups(coverage)
    boxes = squarified([len(group) for _, group in groups], Box(0, 0, 100, 100))
    blocks = [_block(name, group, box, home) for (name, group), box in zip(groups, boxes, strict=True)]
    gaps = "\n".join(f"<li>{escape(str(gap))}" for gap in coverage.gaps) or "<li>nothing"
    lead = "".join(key(colour, f"{getattr(coverage.total, word)} {word}") for word, colour in _COLOURS.items())
    counts: list[list[Cell]] = [[name, *count.by_name.values()] for name, count in coverage.groups.items()]
    heads = ("element", *coverage.total.by_name)
    body = _BODY.format(blocks="\n".join(blocks), gaps=gaps, counts=table("By element", heads, counts))
    return page(title, f"<p>{lead}", body, _STYLE)


def _groups(coverage: Coverage) -> list[tuple[str, list[Found]]]:
    """What each block holds, the largest first; elements that would have no room for their name share one."""
    groups = [(name, list(group.values())) for name, group in coverage.grouped.items()]
    least = sum(len(group) for _, group in groups) / _PARTS
    shown = [(name, group) for name, group in groups if len(group) >= least]
    others = [found for _, group in groups if len(group) < least for found in group]
    return sorted([*shown, *([("others", others)] if others else [])], key=lambda pair: -len(pair[1]))


def _block(name: str, group: list[Found], box: Box, home: Path) -> str:
    place = ";".join(f"{side}:{getattr(box, side):.2f}%" for side in ("left", "top", "width", "height"))
    columns = max(1, round((len(group) * box.width / box.height * 1.5) ** 0.5))
    cells = "".join(_cell(found, home) for found in group)
    grid = f"grid-template-columns:repeat({columns},1fr)"
    head = f'<h2 title="{escape(name)}">{escape(name)}</h2>'
    return f'<section style="{place}">{head}<div style="{grid}">{cells}</div></section>'


def _cell(found: Found, home: Path) -> str:
    word, origin = found.state.name.lower(), found.node.origin
    said = f"{found.path or found.node.name}: {word}"
    link = "#missing"
    if origin and found.state is not State.MISSING:
        said += f", {origin.file}:{origin.line}"
        link = f"{quote(os.path.relpath(origin.file, home))}#L{origin.line}"
    said = escape(said)
    return f'<a class="{word}" href="{escape(link)}" title="{said}"></a>'


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
