"""`xform parse`: Domain XML to an entity file."""

from __future__ import annotations

import click

from xform.cli.commands import tell
from xform.cli.common import common, host, load, output, read_bytes, read_contexts, read_entity, source_name, write
from xform.cli.completion import FILE


@click.command()
@click.argument("document", metavar="DOMAIN.xml", type=FILE)
@click.option("--known", metavar="FILE", type=FILE, help="The entity as it was known, for what no document tells.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of YAML.")
@host
@output
@common
def parse(document: str, known: str | None, as_json: bool, host: str | None, output: str | None, dialect: str) -> None:
    """Write Domain XML (- is standard input) as an entity file, with what the dialect recalls of it.

    What the tables do not name is left out, and told on standard error with its line, as is what is rounded.  The file
    holds all that the document says, its passwords too.
    """
    from xform.files import dump_entity, to_json, to_yaml

    tables, source = load(dialect), source_name(document)
    context = read_contexts(tables, host=host)
    opened = tables.open(read_bytes(document), source=source, **context)
    for left in (*opened.residue, *opened.drift, *opened.rounded):
        tell(f"{source}:{left}")
    before = read_entity(tables, known) if known else None
    entity = tables.recall(opened.entity, known=before, **context)
    for row in tables.root.fields.values():
        if row.required and getattr(entity, row.name) is None:
            tell(f"{source}: no {row.place}; give the file its {row.name}, which has to be there when it is read")
    write(output, (to_json if as_json else to_yaml)(dump_entity(tables, entity)))
