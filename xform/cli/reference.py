"""`xform reference`: what the tables of a dialect say, as pages to read."""

from __future__ import annotations

from pathlib import Path

import click

from xform.cli.common import common, load, one_dialect, write
from xform.cli.completion import FOLDER, dialects
from xform.errors import XformError


@click.command()
@click.argument("name", metavar="[DIALECT]", required=False, shell_complete=dialects)
@click.option("-o", "--output", metavar="FOLDER", type=FOLDER, required=True, help="Where the pages are written.")
@common
def reference(name: str | None, output: Path, dialect: str) -> None:
    """Write the reference of a dialect, and of those that it extends: Markdown, a page for each file of tables.

    Of each entity it has the fields with type, place in the XML, libvirt versions and meaning, who uses it, what it is
    matched by, and the XML that it writes.
    """
    from xform.reference import pages

    for page, text in pages(load(one_dialect(name, dialect))).items():
        file = output / page
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise XformError(f"{file.parent}: {error.strerror}; expected a folder to write to") from None
        write(str(file), text)
