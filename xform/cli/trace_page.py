"""A trace as a page: the entity, the rows of the tables and the document side by side."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xform import html
from xform.entities import presentable
from xform.files import dump_entity, dump_value
from xform.show import place
from xform.trace import Fact, Line
from xform.validate import dotted

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.table.model import Origin
    from xform.validate import Place

K = TypeVar("K")

_STYLE = """\
body { display: flex; flex-direction: column; height: 100dvh }
header, main { width: 100%; max-width: none }
main { display: grid; flex: 1; min-height: 0; gap: .5rem 1rem; padding-bottom: 1rem }
section { display: flex; flex-direction: column; min-height: 0; min-width: 0 }
h2 { margin: .5rem 0 .25rem }
[role=listbox] {
  position: relative; flex: 1; overflow: auto; padding: .5rem; border: 1px solid var(--faint); border-radius: 6px;
  font: .8rem/1.55 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere
}
[role=status] { min-height: 1.5em; margin: .5rem 0 0; font-size: .9rem; overflow-wrap: anywhere }
[data-f] { border-radius: 3px; cursor: pointer; unicode-bidi: isolate; outline: 1px solid transparent }
.file { margin-top: .5rem; color: var(--soft) }
.file:first-child { margin: 0 }
.row, .line { padding-left: 3rem }
.row::before, .line::before {
  display: inline-block; width: 2.5rem; margin: 0 .5rem 0 -3rem; color: var(--soft); text-align: right
}
.row::before { content: attr(data-line) }
.line { counter-increment: line; min-height: 1.55em }
.line::before { content: counter(line) }
.comment { color: var(--soft); font-family: system-ui, sans-serif }
.residue { text-decoration: underline wavy var(--bad) 1px; text-underline-offset: 3px; color: var(--bad) }
.lit, .lit .comment { background: var(--lit); color: var(--ink) }
.tag { color: var(--soft) }
.tag.lit { background: none; outline: 1px dashed var(--soft) }
.pinned { box-shadow: 0 0 0 2px var(--accent) }
[data-f]:focus-visible { outline: 2px solid var(--accent); outline-offset: 0 }
@media (min-width: 60rem) { main { grid-template: minmax(0, 1fr) / minmax(0, 3fr) minmax(0, 4fr) minmax(0, 4fr) } }
@media (max-width: 60rem) {
  main { grid-template-rows: repeat(3, minmax(0, 1fr)); gap: 0 }
  header { padding-top: .5rem }
  [role=status] { min-height: 3em }
  .hint { display: none }
}
@media print {
  body { display: block; height: auto }
  main { display: block }
  [role=listbox] { overflow: visible; border: 0 }
}
"""
_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")

_LEAD = """\
<p class="soft">{keys}<span class="hint">Point at something, or press tab and the arrow keys: what belongs to it lights
up. A click or Enter holds it, Escape lets go.</span>
<p role="status" data-facts="{facts}">Nothing is lit."""

_PANE = """\
<section>
<h2 id="{name}">{title}</h2>
<div role="listbox" aria-labelledby="{name}">{items}</div>
</section>
"""

# A row as it is written in its table, but for the comment.
_CODE = re.compile(r"""(?:"[^"]*"|'[^']*'|[^#"'])*""")
_AROUND = " …"


def side_by_side(dialect: Dialect, entity: Any, lines: list[Line], source: str) -> str:
    """The page; secrets and residue stand masked in it, as they do in `lines`."""
    numbers = _Numbers()
    document = "".join(f'<div class="line">{_line(line, numbers)}</div>' for line in lines)
    data = dump_entity(dialect, entity, masked=True)
    for fact in numbers:
        _written(dialect, entity, data, fact.field)
    fields = "".join(_fields(data, numbers.by(lambda fact: fact.field)))
    rows = "".join(_rows(numbers.by(lambda fact: fact.origin)))
    panes = [("entity", "Entity", fields), ("rows", "Rows", rows), ("xml", "XML", document)]
    count = sum(mark.fact.origin is None for line in lines for mark in line.marks)
    keys = html.key("var(--lit)", "belongs together") + html.key("var(--bad)", f"residue: {count or 'none'}")
    facts = escape(json.dumps([fact.field for fact in numbers], ensure_ascii=False))
    body = "".join(_PANE.format(name=name, title=title, items=items) for name, title, items in panes)
    return html.page(f"xform trace {source}", _LEAD.format(keys=keys, facts=facts), body, _STYLE, _SCRIPT)


class _Numbers(dict[Fact, int]):
    """A number for each fact, in the order of the document; a container has that of the field that needs it."""

    def __missing__(self, fact: Fact) -> int:
        if fact.field.endswith(_AROUND):
            return self[Fact(fact.field.removesuffix(_AROUND), fact.origin)]
        return self.setdefault(fact, len(self))

    def by(self, key: Callable[[Fact], K]) -> dict[K, list[int]]:
        found: dict[K, list[int]] = {}
        for fact, number in self.items():
            found.setdefault(key(fact), []).append(number)
        return found


def _line(line: Line, numbers: _Numbers) -> str:
    parts, last = [], 0
    for mark in line.marks:
        if last <= mark.start < mark.stop:
            about = ' class="tag"' if mark.tag else ' role="option"'
            about += "" if mark.fact.origin else ' class="residue"'
            said = f'<span{about} data-f="{numbers[mark.fact]}">{escape(line.text[mark.start : mark.stop])}</span>'
            parts += [escape(line.text[last : mark.start]), said]
            last = mark.stop
    return "".join([*parts, escape(line.text[last:])])


def _written(dialect: Dialect, entity: Any, data: Any, field: str) -> None:
    """A field of the document that stands at its default, and so in no entity file, stands in the data as well."""
    *outer, last = (int(key) if key.isdigit() else key for key in re.findall(r"[^.\[\]]+", field))
    with suppress(AttributeError, KeyError, TypeError):  # of what is kept whole, of a map, of what is residue
        for key in outer:
            entity, data = entity[key] if isinstance(key, int) else getattr(entity, key), data[key]
        table = dialect.classes.table(type(entity))
        row = table.attributes[str(last)] if table and last not in data else None
        if row and row.default is not None:
            data[last] = dump_value(dialect, presentable(row, getattr(entity, row.name)), masked=True)


def _fields(data: Any, numbers: dict[str, list[int]], at: Place = (), depth: int = 0) -> Iterator[str]:
    """Each field a line, the items of a list each with its number; below it what it holds.

    The word of a variant is said by the row that leads to the entity.
    """
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        inner = (*at, key)
        if isinstance(value, list) and value:
            yield from _fields(value, numbers, inner, depth)
            continue
        facts = numbers.get(dotted(inner)) or (numbers.get(dotted(at)) if key == "type" else None)
        name = dotted(inner[-2:]) if isinstance(key, int) else str(key)
        nested = isinstance(value, dict) and value
        said = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
        text = escape(f"{'  ' * depth}{name}:" + ("" if nested else f" {said}"))
        yield _option(facts, "", text) if facts else f"<div>{text}</div>"
        if nested:
            yield from _fields(value, numbers, inner, depth + 1)


def _rows(numbers: dict[Origin | None, list[int]]) -> Iterator[str]:
    """The rows by file, in the order of the files; last what no row says."""
    files: dict[str, list[Origin]] = {}
    for origin in filter(None, numbers):
        files.setdefault(origin.file, []).append(origin)
    for file, origins in files.items():
        written = Path(file).read_text("utf-8").split("\n")
        name = escape(place(origins[0]).rpartition(":")[0])
        rows = (_row(origin, written, numbers[origin]) for origin in sorted(origins, key=lambda one: one.line))
        head = f'<div class="file" aria-hidden="true">{name}</div>'
        yield f'<div role="group" aria-label="{name}">{head}{"".join(rows)}</div>'
    if None in numbers:
        yield _option(numbers[None], ' class="row residue"', "residue: no row says it")


def _row(origin: Origin, written: list[str], facts: list[int]) -> str:
    found = _CODE.match(written[origin.line - 1])
    code = " ".join(found[0].split()) if found else ""
    comment = f'\n<span class="comment">{escape(origin.comment)}</span>' if origin.comment else ""
    about = f' class="row" data-line="{origin.line}" data-place="{escape(place(origin))}"'
    return _option(facts, about, escape(code) + comment)


def _option(facts: list[int], about: str, said: str) -> str:
    return f'<div role="option"{about} data-f="{" ".join(map(str, facts))}">{said}</div>'
