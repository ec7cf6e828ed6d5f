"""`xform show`: a table as an annotated XML template."""

from __future__ import annotations

import click

from xform.cli.common import common, load, write


@click.command()
@click.argument("entity", metavar="ENTITY")
@click.option("--code", "as_code", is_flag=True, help="The Python that the table is compiled to.")
@common
def show(entity: str, as_code: bool, dialect: str) -> None:
    """Show what the table of an entity (such as Disk) writes, with each row's place and comment."""
    from xform.show import code, template

    write(None, (code if as_code else template)(load(dialect), entity))
