"""`xform show`: a table as an annotated XML template."""

from __future__ import annotations

import click

from xform.cli.common import common, load, write
from xform.cli.completion import entities


@click.command()
@click.argument("entity", metavar="ENTITY", required=False, shell_complete=entities)
@click.option("--json", "as_json", is_flag=True, help="The rows as JSON.")
@click.option("--code", "as_code", is_flag=True, help="The Python that the table is compiled to.")
@click.option("--xsd", "prefix", metavar="PREFIX", help="Instead the XML Schema of a namespace of the dialect's own.")
@common
def show(entity: str | None, as_json: bool, as_code: bool, prefix: str | None, dialect: str) -> None:
    """Show what the table of an entity (such as Disk) writes, with each row's place and comment."""
    known = load(dialect)
    if (entity is None) is (prefix is None):
        raise click.UsageError("expected either an ENTITY or --xsd")
    if prefix is not None or entity is None:
        from xform.xsd import xsd

        write(None, xsd(known.tables, prefix or ""))
        return
    if as_json:
        from xform.describe import described
        from xform.files import to_json

        write(None, to_json(described(known, entity)))
    else:
        from xform.show import code, template

        write(None, (code if as_code else template)(known, entity))
