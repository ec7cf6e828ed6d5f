"""`xform trace`: beside each line of a document the row and the field that it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from xform.cli.common import common, host, load, read_bytes, read_contexts, source_name, write, write_json
from xform.cli.completion import FILE

if TYPE_CHECKING:
    from xform.trace import Line


@click.command()
@click.argument("document", metavar="DOMAIN.xml", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="The lines as JSON.")
@click.option(
    "--html", "page", metavar="FILE", type=FILE, help="Write a page with entity, rows and document side by side."
)
@host
@common
def trace(document: str, as_json: bool, page: str | None, host: str | None, dialect: str) -> None:
    """Say of each line of a document (- is standard input) which rows and fields it comes from, or that it is residue.

    What is secret is masked, and so is residue, for nobody knows what in it is secret.
    """
    known = load(dialect)
    context = read_contexts(known, host=host)
    opened = known.open(read_bytes(document), source=source_name(document), **context)
    lines = opened.trace()
    if page:
        from xform.cli.trace_page import side_by_side

        write(page, side_by_side(known, opened.entity, lines, opened.source))
    if as_json:
        write_json([as_data(line) for line in lines])
    else:
        write(None, as_text(lines))


def as_data(line: Line) -> dict[str, object]:
    facts = [
        {"field": fact.field, "file": fact.origin.file, "line": fact.origin.line}
        if fact.origin
        else {"field": fact.field}
        for fact in line.facts
    ]
    return {"line": line.number, "text": line.text, "facts": facts}


def as_text(lines: list[Line]) -> str:
    """Three columns: the row's place, the field, the line; more facts of one line stand below its first."""
    rows = [row for line in lines for row in _rows(line)]
    widths = [max((len(row[at]) for row in rows), default=0) for at in (0, 1)]
    return "".join(f"{place:{widths[0]}}  {field:{widths[1]}} │ {text}".rstrip() + "\n" for place, field, text in rows)


def _rows(line: Line) -> Iterator[tuple[str, str, str]]:
    from xform.show import place

    facts = [(place(fact.origin), fact.field) for fact in line.facts] or [("", "")]
    for at, (where, field) in enumerate(facts):
        yield where, field, "" if at else line.text
