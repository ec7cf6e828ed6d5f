"""`xform coverage`: what of a schema the tables say, by top-level element, and what they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.common import common, schemas, write
from xform.cli.completion import FILE
from xform.errors import DocumentError, XformError

if TYPE_CHECKING:
    from xform.coverage.counts import Count, Coverage, Gap
    from xform.xml import Element

HEADS = ("declared", "claimed", "opaque", "missing")


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
    exceptions: str | None,
    html: str | None,
    as_json: bool,
    schemas: Path | None,
    dialect: str,
) -> int:
    """Count what a schema declares, each element and attribute once: what a row claims, what the tables keep opaque,
    and what they miss on one of its paths at least.

    Exit code 1 where something is missing or an exception is stale.
    """
    from xform.coverage.corpus import by_frequency

    reasons = read_reasons(exceptions)
    found = laid(dialect, schemas, reasons)
    gaps = by_frequency(found, _documents(corpus, found.root.name)) if corpus else found.gaps
    if html:
        from xform.coverage.map import drawn

        title = f"What the tables of {found.tables.name} say of {found.tables.schema}"
        write(html, drawn(found, title, Path(html).absolute().parent))
    if as_json:
        from xform.files import to_json

        write(None, to_json(as_data(found, gaps)))
    else:
        write(None, "".join(map(line, gaps)) if missing else table(found))
        for path in sorted(found.stale):
            click.echo(f"{reasons[path]}: stale: nothing is missing on {path}", err=True)
        if missing:
            total = found.total
            click.echo(f"{len(gaps)} paths of {total.missing} declarations of {total.declared}", err=True)
    return 1 if gaps or found.stale else 0


def laid(dialect: str, folder: Path | None, excused: Iterable[str] = ()) -> Coverage:
    """The tables of a dialect over the schema that its documents follow. Raises XformError, HostError."""
    from xform.coverage.counts import cover
    from xform.schema import find_schemas
    from xform.table.resolve import load_tables

    tables = load_tables(dialect)
    if tables.schema is None:
        raise XformError(f"{tables.folder / 'dialect.toml'}: no schema to look into; name one as `schema`")
    return cover(tables, find_schemas(folder, tables.schema), excused)


def read_reasons(name: str | None) -> dict[str, str]:
    """The paths of a file of exceptions, each with the place where it is excused. Raises XformError."""
    if name is None:
        return {}
    try:
        lines = Path(name).read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise XformError(f"{name}: {why}; expected a file of exceptions") from None
    found = {}
    for number, text in enumerate(lines, 1):
        if not text.strip() or text.startswith("#"):
            continue
        path, _, reason = (part.strip() for part in text.partition(" : "))
        if not path or not reason:
            raise XformError(f"{name}:{number}:1: this is no exception; expected `path : reason`")
        found[path] = f"{name}:{number}:1"
    return found


def _documents(name: str, tag: str) -> Iterator[Element]:
    """The documents of a file or folder whose root is such an element."""
    from xform.xml import parse_text

    path = Path(name)
    if not path.exists():
        raise XformError(f"{name}: No such file or directory; expected a document, or a folder of some")
    for file in sorted(path.rglob("*.xml")) if path.is_dir() else [path]:
        try:
            root = parse_text(file.read_bytes(), str(file))
        except OSError as error:
            raise XformError(f"{file}: {error.strerror}; expected a document") from None
        except DocumentError as error:
            click.echo(str(error), err=True)
            continue
        if root.tag == tag:
            yield root


def line(gap: Gap) -> str:
    return f"{gap}\n" if gap.documents is None else f"{gap.documents:6} {gap}\n"


def table(found: Coverage) -> str:
    """The counts of every top-level element, and of all."""
    rows = [*found.groups.items(), ("all, each once", found.total)]
    width = max(len(name) for name, _ in rows)
    lines = ["  ".join(["element".ljust(width), *HEADS])]
    for name, count in rows:
        cells = (str(number).rjust(len(head)) for head, number in as_counts(count).items())
        lines.append("  ".join([name.ljust(width), *cells]))
    return "\n".join(lines) + "\n"


def as_counts(count: Count) -> dict[str, int]:
    return {head: getattr(count, head) for head in HEADS}


def as_data(found: Coverage, gaps: list[Gap]) -> dict[str, Any]:
    from xform.coverage.counts import told

    return {
        "total": as_counts(found.total),
        "elements": {name: as_counts(count) for name, count in found.groups.items()},
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
