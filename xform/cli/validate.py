"""`xform validate`: documents against the schema and the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.commands import BAD
from xform.cli.common import common, host, load, read_bytes, read_contexts, schemas, source_name, write
from xform.cli.completion import FILE
from xform.errors import DocumentError

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.schema import Schema


@click.command()
@click.argument("documents", metavar="DOMAIN.xml...", type=FILE, nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@host
@schemas
@common
def validate(documents: tuple[str, ...], as_json: bool, host: str | None, schemas: Path | None, dialect: str) -> int:
    """Check documents (- is standard input): a line for every fault, exit code 1 if there is one.

    A dialect that names no schema is checked by its tables alone.  A document that cannot be read is told as well; the
    others are checked, and the exit code is 2.
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
    if as_json:
        from xform.files import to_json

        write(None, to_json(found))
    else:
        for fault in found:
            place = ":".join(str(fault[part]) for part in ("file", "line", "column") if fault[part] is not None)
            write(None, f"{place}: {fault['message']} ({fault['by']})\n")
        if len(documents) > 1:
            valid = len(documents) - unreadable - len({fault["file"] for fault in found})
            click.echo(f"{valid} of {len(documents)} valid", err=True)
    return BAD if unreadable else 1 if found else 0


def faults(dialect: Dialect, schema: Schema | None, document: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    """What the schema and the tables find in one document, in the order of its places.  No secret is shown."""
    from xform.mask import Discreet
    from xform.text import places
    from xform.xml import own_text

    name, data = source_name(document), read_bytes(document)
    root = dialect.tree(data, name)
    found = [
        {"file": name, "line": problem.line, "column": problem.column, "message": problem.message, "by": "schema"}
        for problem in (schema.problems(data, name) if schema else ())
    ]
    reader = Discreet(dialect)
    try:
        refused = reader.document(root, context).refused
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}") from None
    where = places(root, data) if refused else {}
    for element, row, message in refused:
        if row.path.attribute is None and not own_text(element).strip():
            continue  # an element without text, where others go through it, has no value to refuse
        said = f"the value is not {row.codec.expected}" if row.codec and reader.hides(row, element) else message
        line, column = where.get(element, (element.sourceline, None))
        found.append({"file": name, "line": line, "column": column, "message": f"{row}: {said}", "by": str(row.origin)})
    return sorted(found, key=lambda fault: (fault["line"], fault["column"] or 0))
