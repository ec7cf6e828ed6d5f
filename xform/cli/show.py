"""`xform show`: a table as an annotated XML template."""

from __future__ import annotations

import click

from xform.cli.common import common, load, write
from xform.cli.completion import entities


@click.command()
@click.argument("entity", metavar="ENTITY", shell_complete=entities)
@common
def show(entity: str, dialect: str) -> None:
    """Show what the table of an entity (such as Disk) writes, with each row's place and comment."""
    from xform.show import template

    write(None, template(load(dialect), entity))
