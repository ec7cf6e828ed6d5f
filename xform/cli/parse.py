"""`xform parse`: Domain XML to an entity file."""

from __future__ import annotations

import click

from xform.cli.common import common, host, load, output, read_bytes, read_contexts, source_name, write
from xform.cli.completion import FILE


@click.command()
@click.argument("document", metavar="DOMAIN.xml", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of YAML.")
@host
@output
@common
def parse(document: str, as_json: bool, host: str | None, output: str | None, dialect: str) -> None:
    """Write Domain XML (- is standard input) as an entity file; what the tables do not name is left out.

    The file holds all that the document says, its passwords too.
    """
    from xform.files import dump_entity, to_json, to_yaml

    known, source = load(dialect), source_name(document)
    entity = known.parse(read_bytes(document), source=source, **read_contexts(known, host=host))
    for row in known.root.fields.values():
        if row.required and getattr(entity, row.name) is None:
            click.echo(f"{source}: no {row.place}; before the file is read again, give it {row.name}", err=True)
    write(output, (to_json if as_json else to_yaml)(dump_entity(known, entity)))
