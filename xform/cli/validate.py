"""`xform validate`: documents against the schema and the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.commands import BAD
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
    write,
)
from xform.cli.completion import FILE
from xform.errors import DocumentError

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.schema import Schema


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
    document that cannot be read is told as well; the others are checked, and the exit code is 2.
    """
    from xform.schema import schema_of

    known = load(dialect)
    schema, context = schema_of(known.tables, schemas), read_contexts(known, host=host)
    found, unreadable = [], 0
    for document in documents:
        try:
            found += faults(known, schema, document, context)
        except DocumentError as error:
            click.echo(str(error), err=True)
            unreadable += 1
    if form == "json":
        from xform.files import to_json

        write(None, to_json(found))
    else:
        say = as_annotation if form == "github" else as_text
        write(None, "".join(map(say, found)))
        if len(documents) > 1:
            valid = len(documents) - unreadable - len({fault["file"] for fault in found})
            click.echo(f"{valid} of {len(documents)} valid", err=True)
    return BAD if unreadable else 1 if found else 0


def as_text(fault: dict[str, Any]) -> str:
    place = ":".join(str(fault[part]) for part in ("file", "line", "column") if fault[part] is not None)
    return f"{place}: {fault['message']} ({_by(fault)})\n"


def as_annotation(fault: dict[str, Any]) -> str:
    return annotation("error", f"{fault['message']} ({_by(fault)})", fault["file"], fault["line"], fault["column"])


def faults(dialect: Dialect, schema: Schema | None, document: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    """What the schema and the tables find in one document, in the order of its places.  No secret is shown."""
    from xform.faults import Places, check

    name, data = source_name(document), read_bytes(document)
    root = dialect.tree(data, name)
    try:
        found = check(dialect, schema, root, context)
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}") from None
    where = Places(root, data)
    told = [
        {
            "file": name,
            **dict(zip(("line", "column"), where(fault.element, fault.node), strict=True)),
            "path": fault.path,
            "message": fault.message,
            "found": fault.found,
            "expected": list(fault.expected),
            "hint": fault.hint,
            "by": fault.by,
        }
        for fault in found
    ]
    return sorted(told, key=lambda fault: (fault["line"], fault["column"] or 0))


def _by(fault: dict[str, Any]) -> str:
    """Who says a fault; what a row says of itself lacks the path."""
    named = fault["by"] == "tables" or fault["by"].startswith("schema")
    return fault["by"] if named else f"{fault['path'].split('/', 2)[-1]}, {fault['by']}"
