"""`xform coverage`: what of a schema the tables say, by top-level element, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.commands import BAD, tell
from xform.cli.common import (
    common,
    documents,
    exceptions,
    nothing_tried,
    read_bytes,
    schemas,
    source_name,
    write,
    write_json,
)
from xform.cli.completion import FILE
from xform.errors import DocumentError, XformError

if TYPE_CHECKING:
    from xform.coverage.counts import Coverage, Gap
    from xform.table.model import Tables
    from xform.xml import Element


@click.command()
@click.option("--missing", is_flag=True, help="Every path on which something is missing, with its place in the schema.")
@click.option(
    "--corpus",
    metavar="PATH",
    type=FILE,
    help="A document or a folder of some: what most of them have comes first, behind the number of these.",
)
@click.option(
    "--exceptions",
    "excused",
    metavar="FILE",
    type=FILE,
    help="Paths that may be missing, each a line `path : reason`; one that is not missing is a finding.",
)
@click.option("--html", metavar="FILE", type=FILE, help="Draw a map: the schema as a treemap, coloured by state.")
@click.option("--json", "as_json", is_flag=True, help="The counts and all that is missing as JSON.")
@schemas
@partial(common, dialect="domain")
def coverage(
    missing: bool,
    corpus: str | None,
    excused: str | None,
    html: str | None,
    as_json: bool,
    schemas: Path | None,
    dialect: str,
) -> int:
    """Count what a schema declares, each element and attribute once: what a row claims, what the tables keep opaque,
    and what they miss on one of its paths at least.

    Exit code 1 where something is missing or an exception is stale, 2 where a document of the corpus could not be read;
    the others are counted.
    """
    from xform.coverage.corpus import by_frequency

    reasons = read_reasons(excused)
    found = laid(dialect, schemas, reasons)
    unread: list[str] = []
    gaps = by_frequency(found, _documents(corpus, found.tables, unread)) if corpus else found.gaps
    if html:
        from xform.coverage.map import drawn

        title = f"What the tables of {found.tables.name} say of {found.tables.schema}"
        write(html, drawn(found, title, Path(html).absolute().parent))
    if as_json:
        write_json(as_data(found, gaps))
    else:
        write(None, "".join(map(line, gaps)) if missing else table(found))
        for path in sorted(found.stale):
            tell(f"{reasons[path]}: stale: nothing is missing on {path}")
        if missing:
            total = found.total
            tell(f"{len(gaps)} paths, on which {total.missing} of {total.declared} declarations are missing")
    return BAD if unread else 1 if gaps or found.stale else 0


def laid(dialect: str, folder: Path | None, excused: Iterable[str] = ()) -> Coverage:
    """The tables of a dialect over the schema that its documents follow. Raises XformError, HostError."""
    from xform.coverage.counts import cover
    from xform.schema import home_of, no_schema
    from xform.table.resolve import load_tables

    tables = load_tables(dialect)
    home = home_of(tables, folder)
    if home is None:
        raise no_schema(tables)
    return cover(tables, home, excused)


def read_reasons(name: str | None) -> dict[str, str]:
    """The paths of a file of exceptions, each with the place where it is excused. Raises XformError."""
    found = {}
    for at, text in exceptions(name):
        path, _, reason = (part.strip() for part in text.partition(" : "))
        if not path or not reason:
            raise XformError(f"{at}:1: this is no exception; expected `path : reason`")
        found[path] = f"{at}:1"
    return found


def _documents(name: str, tables: Tables, unread: list[str]) -> Iterator[Element]:
    """The documents of a file or folder that are of this dialect; files that cannot be read are noted.

    Raises XformError where there is none.
    """
    from xform.xml import parse_text

    files, read = documents(name), 0
    for file in files:
        try:
            root = parse_text(read_bytes(file), source_name(file))
        except DocumentError as error:
            tell(str(error))
            unread.append(file)
            continue
        if root.tag == tables.document.element:
            read += 1
            yield root
    if not read and not unread:
        raise nothing_tried(tables if files else None, [name])


def line(gap: Gap) -> str:
    return f"{gap}\n" if gap.documents is None else f"{gap.documents:6} {gap}\n"


def table(found: Coverage) -> str:
    """The counts of every top-level element, and of all."""
    rows = [*found.groups.items(), ("all, each once", found.total)]
    width = max(len(name) for name, _ in rows)
    lines = ["  ".join(["element".ljust(width), *found.total.by_name])]
    for name, count in rows:
        cells = (str(number).rjust(len(head)) for head, number in count.by_name.items())
        lines.append("  ".join([name.ljust(width), *cells]))
    return "\n".join(lines) + "\n"


def as_data(found: Coverage, gaps: list[Gap]) -> dict[str, Any]:
    from xform.coverage.counts import told

    return {
        "total": found.total.by_name,
        "elements": {name: count.by_name for name, count in found.groups.items()},
        "missing": [
            {
                "path": gap.path,
                "places": [{"file": file, "line": number} for file, number in gap.places],
                "when": told(gap.when) or None,
                "text": gap.text,
                "documents": gap.documents,
            }
            for gap in gaps
        ],
        "stale": sorted(found.stale),
    }
