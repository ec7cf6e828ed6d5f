"""`xform validate`: documents against the schema and the tables."""

from __future__ import annotations

from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.commands import BAD, tell
from xform.cli.common import (
    annotation,
    common,
    formats,
    host,
    load,
    read_bytes,
    read_contexts,
    schemas,
    source_name,
    unread_annotation,
    write,
    write_json,
)
from xform.cli.completion import FILE
from xform.errors import DocumentError

if TYPE_CHECKING:
    from xform.faults import Located


@click.command()
@click.argument("documents", metavar="DOMAIN.xml...", type=FILE, nargs=-1, required=True)
@formats
@host
@schemas
@common
def validate(documents: tuple[str, ...], form: str, host: str | None, schemas: Path | None, dialect: str) -> int:
    """Check documents (- is standard input): a line for every fault, exit code 1 if there is one.

    Each line says where, what is wrong, what is allowed there, and who says so.  The schema tells whether a document
    is valid, the tables what may stand where; a dialect that names no schema is checked by its tables alone.  What it
    keeps in namespaces of its own is checked by their XML Schemas, which `xform show --xsd` prints.  A
    document that cannot be read is told as well; the others are checked, and the exit code is 2.  Where the search for
    faults is given up, a last line on standard error says so.
    """
    from xform.faults import locate
    from xform.schema import schema_of

    known = load(dialect)
    schema, context = schema_of(known.tables, schemas), read_contexts(known, host=host)
    found: list[Located] = []
    unreadable: list[tuple[str, str]] = []
    for document in documents:
        try:
            found += locate(known, schema, read_bytes(document), source_name(document), **context)
        except DocumentError as error:
            tell(str(error))
            unreadable.append((source_name(document), str(error)))
    if form == "json":
        write_json([as_data(one) for one in found])
    else:
        if form == "github":
            lines = [*starmap(unread_annotation, unreadable), *map(as_annotation, found)]
        else:
            lines = [f"{one}\n" for one in found]
        write(None, "".join(lines))
        if len(documents) > 1:
            valid = len(documents) - len(unreadable) - len({one.source for one in found})
            tell(f"{valid} of {len(documents)} valid")
    if any(one.fault.more for one in found):
        tell("there may be more faults; they are looked for when these are mended")
    return BAD if unreadable else 1 if found else 0


def as_annotation(one: Located) -> str:
    return annotation("error", one.said, one.source, one.line, one.column)


def as_data(one: Located) -> dict[str, Any]:
    return {
        "file": one.source,
        "line": one.line,
        "column": one.column,
        "path": one.fault.path,
        "message": one.fault.message,
        "found": one.fault.found,
        "expected": list(one.fault.expected),
        "hint": one.fault.hint,
        "by": one.fault.by,
    }
