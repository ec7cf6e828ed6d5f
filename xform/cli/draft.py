"""`xform draft`: rows for what a schema declares and no table claims."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from xform.cli.common import common, schemas, write


@click.command()
@click.argument("path", metavar="PATH")
@schemas
@partial(common, dialect="domain")
def draft(path: str, schemas: Path | None, dialect: str) -> None:
    """Print rows for what is missing on a path from the root element and below it (`.`: everywhere).

    The names and codecs are guesses from the schema: look at them, and say in a comment what the field means.
    """
    from xform.cli.coverage import laid
    from xform.coverage.draft import draft

    drafts = draft(laid(dialect, schemas), path)
    if not drafts:
        click.echo(f"nothing is missing on {path}", err=True)
    write(None, "\n".join(map(str, drafts)))
