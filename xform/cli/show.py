"""`xform show`: a table as an annotated XML template."""

from __future__ import annotations

import click

from xform.cli.common import common, load, write, write_json
from xform.cli.completion import entities


@click.command()
@click.argument("entity", metavar="ENTITY", required=False, shell_complete=entities)
@click.option("--json", "as_json", is_flag=True, help="The rows as JSON.")
@click.option("--code", "as_code", is_flag=True, help="The Python that the table is compiled to.")
@click.option("--xsd", "prefix", metavar="PREFIX", help="Instead the XML Schema of a namespace of the dialect's own.")
@click.option(
    "--json-schema",
    "files",
    type=click.Choice(["mapping", "dialect"]),
    help="Instead the JSON Schema of mapping files, or of dialect.toml, for editors.",
)
@common
def show(entity: str | None, as_json: bool, as_code: bool, prefix: str | None, files: str | None, dialect: str) -> None:
    """Show what the table of an entity (such as Disk) writes, with each row's place and comment."""
    if [entity, prefix, files].count(None) != 2:
        raise click.UsageError("expected one of ENTITY, --xsd and --json-schema")
    if files is not None:
        from xform.json_schema import dialect_schema, mapping_schema

        write(None, mapping_schema() if files == "mapping" else dialect_schema())
        return
    known = load(dialect)
    if prefix is not None or entity is None:
        from xform.xsd import xsd

        write(None, xsd(known.tables, prefix or ""))
        return
    if as_json:
        from xform.describe import described

        write_json(described(known, entity))
    else:
        from xform.show import code, template

        write(None, (code if as_code else template)(known, entity))
