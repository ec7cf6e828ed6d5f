"""The reference of a dialect: what its tables say, as Markdown, a page for each file of tables.

What a dialect inherits stands on the pages of the dialect that says it, so there is a folder for each of the two.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path as File
from urllib.parse import quote

from xform.dialect import Dialect
from xform.show import place, template
from xform.table.model import Choice, Join, Row, Shape, Table, Tables


def pages(dialect: Dialect) -> dict[str, str]:
    """The text of each page by its path: ``ovirt/index.md``, ``ovirt/disk.md``, ``domain/index.md`` and so on."""
    made: dict[str, str] = {}
    reference = _Reference(dialect.tables)
    for tables in reference.lineage:
        made[f"{reference.folder(tables)}/index.md"] = "".join(reference.index(tables))
        shapes = sorted(reference.own(tables), key=lambda shape: (shape.origin.file, shape.origin.line))
        for _, group in groupby(shapes, lambda shape: shape.origin.file):
            together = list(group)
            made[reference.page(tables, together[0])] = "".join(reference.file(tables, together))
    return made


class _Reference:
    def __init__(self, tables: Tables) -> None:
        self.lineage = list(tables.lineage)
        self.users: dict[tuple[File, str], list[tuple[Tables, Table, Row]]] = {}
        for said in self.lineage:
            for shape in self.own(said):
                # what all variants share is said once, of the first
                rows = [(table, row) for table in shape.tables[::-1] for row in (*table.every, *table.known)]
                seen = {(row.name, row.entity): (table, row) for table, row in rows}
                for table, row in sorted(seen.values(), key=lambda user: user[1].origin.line):
                    if row.entity:
                        home = self.home(said, row.entity)
                        self.users.setdefault((home.folder, row.entity), []).append((said, table, row))

    def own(self, tables: Tables) -> Iterator[Shape]:
        """What a dialect says itself, in the order of its files."""
        return (shape for name, shape in tables.shapes.items() if self.home(tables, name) is tables)

    def home(self, tables: Tables, name: str) -> Tables:
        """The dialect that says an entity, or the choice of a variant, which `tables` has."""
        name = tables.variants.get(name, name)
        at = tables
        while at.base and name in at.base.shapes and at.base.shapes[name].origin == tables.shapes[name].origin:
            at = at.base
        return at

    def folder(self, tables: Tables) -> str:
        """Of a dialect's pages: its name, another one where an earlier has that."""
        names = [one.name for one in self.lineage]
        at = next(at for at, one in enumerate(self.lineage) if one is tables)
        return names[at] + "_" * names[:at].count(names[at])

    def page(self, tables: Tables, shape: Shape) -> str:
        return f"{self.folder(tables)}/{File(shape.origin.file).stem}.md"

    def link(self, tables: Tables, name: str, reader: Tables) -> str:
        """To an entity or a variant, as `tables` have it, from a page of the dialect `reader`."""
        home = self.home(tables, name)
        page = self.page(home, home.shapes[home.variants.get(name, name)])
        return f"[{name}]({quote(os.path.relpath(page, self.folder(reader)))}#{name.lower()})"

    def index(self, tables: Tables) -> Iterator[str]:
        yield f"# The dialect {tables.name}\n\n"
        yield f"- A document is a {self.link(tables, tables.root, tables)}"
        yield f", told from others by its `{tables.id}`\n" if tables.id else "\n"
        if tables.base:
            yield f"- It extends [{tables.base.name}](../{self.folder(tables.base)}/index.md)\n"
        if tables.schema:
            yield f"- Documents follow the schema `{tables.schema}`\n"
        inherited = tables.base.namespaces if tables.base else {}
        for prefix, uri in tables.namespaces.items():
            if inherited.get(prefix) != uri:
                yield f"- Namespace `{prefix}`: `{uri}`\n"
        for keyword, cls in tables.context.items():
            yield f"- Context `{keyword}`: `{cls}`\n"
        for name, stages in tables.pipelines.items():
            yield f"- Pipeline `{name}`: {_codes(stages)}\n"
        yield "\n" + _head("entity", "what it is", "table")
        for shape in sorted(self.own(tables), key=lambda shape: shape.name.lower()):
            yield _cells(
                self.link(tables, shape.name, tables), _prose(shape.origin.comment), f"`{place(shape.origin)}`"
            )

    def file(self, tables: Tables, shapes: Iterable[Shape]) -> Iterator[str]:
        first, *others = shapes
        yield f"# {tables.name}: {File(first.origin.file).stem}\n"
        for shape in (first, *others):
            yield from self.shape(tables, shape)

    def shape(self, tables: Tables, shape: Shape) -> Iterator[str]:
        yield from self.heading(shape, "##")
        yield f"- Table: `{place(shape.origin)}`" + (f", element `<{shape.element}>`\n" if shape.element else "\n")
        for said, table, row in self.users.get((tables.folder, shape.name), []):
            of = "" if said is tables else f" of {said.name}"
            at = f" at `{row.place}`" if row.paths else ", beside the document"
            yield f"- Stands in {self.link(said, table.name, tables)}{of} as `{row.name}`{at}\n"
        for other in self.lineage:
            if other is not tables and shape.name in other.shapes and self.home(other, shape.name) is other:
                yield f"- Another one in {other.name}: {self.link(other, shape.name, tables)}\n"
        if shape.ladder:
            yield f"- Matched by the first of {_codes(map(str, shape.ladder))} that tells\n"
        if isinstance(shape, Choice):
            yield from self.choice(tables, shape)
        else:
            yield from self.table(tables, shape)
        yield f"\n<details>\n<summary>The XML of {shape.name}</summary>\n\n```text\n"
        yield template(Dialect(tables), shape.name)
        yield "```\n\n</details>\n"

    def heading(self, shape: Shape, level: str) -> Iterator[str]:
        yield f"\n{level} {shape.name}\n\n"
        if shape.origin.comment:
            yield f"{_prose(shape.origin.comment)}\n\n"

    def choice(self, tables: Tables, choice: Choice) -> Iterator[str]:
        told = _codes(f"@{name}" for name in choice.attributes) or "what is there, the first that fits"
        yield f"- One of {len(choice.variants)}, told by {told}\n"
        if choice.absent:
            yield f"- Where that is absent: `{' '.join(choice.absent)}`\n"
        if choice.opaque:
            yield "- Another word is kept as it is\n"
        yield "\n" + _head("`type`", "entity", "what it is")
        for words, table in choice.variants.items():
            yield _cells(f"`{' '.join(words)}`", self.link(tables, table.name, tables), _prose(table.origin.comment))
        if choice.shared:
            yield "\nAll of them have:\n"
            yield from self.rows(tables, choice.shared)
        shared = {row.name for row in choice.shared}
        for table in choice.tables:
            yield from self.heading(table, "###")
            yield f"- Table: `{place(table.origin)}`\n"
            yield from self.table(tables, table, shared)

    def table(self, tables: Tables, table: Table, shared: Iterable[str] = ()) -> Iterator[str]:
        yield from self.rows(tables, [row for row in table.rows if row.name not in shared])
        for switch in table.switches:
            stand = _codes(row.name for row in table.rows if row.when == switch)
            yield f"\n`{switch}`, a `bool`, says whether these stand: {stand}\n"
        for join in table.joins:
            yield from self.join(tables, join)
        if table.known:
            yield "\nNo document holds:\n"
            yield from self.rows(tables, table.known)

    def join(self, tables: Tables, join: Join) -> Iterator[str]:
        on = " or ".join(f"`{path}` is its `{name}`" for path, name in join.on)
        yield f"\nAt a second place (`{place(join.origin)}`), `{join.path}` from the root, where {on}:\n"
        yield from self.rows(tables, join.rows)

    def rows(self, tables: Tables, rows: Iterable[Row]) -> Iterator[str]:
        lines = [
            _cells(
                f"`{row.name}`",
                self.type(tables, row),
                _meaning(row),
                *([f"`{row.place}`"] if row.paths else []),
                f"`{place(row.origin)}`",
            )
            for row in rows
        ]
        if lines:
            places = ["in the XML"] if any(row.paths for row in rows) else []
            yield "\n" + _head("field", "type", "meaning", *places, "row")
            yield from lines

    def type(self, tables: Tables, row: Row) -> str:
        """What a field holds."""
        codec = row.codec
        if codec is None:
            item = self.link(tables, row.entity or "", tables)
        elif codec.constant is not None:
            return f"always `{codec.constant}`"
        elif codec.words and codec.word == "enum":
            item = "one of " + _codes(codec.words)
        elif codec.shape == "present":
            item = "`bool`: it is there"
        else:
            written = codec.name.removesuffix(" (filled)")
            unit = f" in {codec.unit_word}" if codec.word == "size" else ""
            item = f"`{codec.annotation}`{unit}" + (f" as `{written}`" if written != codec.annotation else "")
        if row.form == "list":
            return f"list of {item}" + (f", told apart by {_codes(row.by)}" if row.by else "")
        return f"map of {item}, `{row.value}` by `{row.key}`" if row.form == "map" else item


def _meaning(row: Row) -> str:
    """The flags of a row in words, and its comment."""
    said = [word for word, on in (("required", row.required), ("live: filled in by libvirt", row.live)) if on]
    said += [word for word, on in (("only written", row.generated), ("secret", row.secret)) if on]
    said += [f"absent means `{row.default}`"] if row.default is not None else []
    said += [f"since libvirt {row.since}"] if row.since else []
    said += [f"until libvirt {row.until}"] if row.until else []
    said += [f"stands with `{row.when}`"] if row.when else []
    return "; ".join([*(f"*{word}*" for word in said), *([_prose(row.origin.comment)] if row.origin.comment else [])])


def _head(*names: str) -> str:
    return _cells(*names) + "|" + "---|" * len(names) + "\n"


def _cells(*cells: str) -> str:
    """A line of a table, in which a bar ends a cell even within code."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _prose(comment: str) -> str:
    """A comment as it is, code within backquotes included."""
    parts = comment.split("`")
    return "`".join(part if n % 2 else re.sub(r"([\\*_\[\]<>#$])", r"\\\1", part) for n, part in enumerate(parts))
