"""`xform draft`: rows for what a schema declares and no table claims."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from xform.cli.commands import tell
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

    coverage = laid(dialect, schemas)
    drafts = draft(coverage, path)
    if not drafts:
        tell(f"nothing is missing on {path}")
    text = "\n".join(map(str, drafts))
    needed = [f'# {prefix} = "{uri}"\n' for prefix, uri in coverage.undeclared.items() if f"{prefix}:" in text]
    head = "".join(["# dialect.toml\n# [namespaces]\n", *needed, "\n"]) if needed else ""
    write(None, head + text)
