"""`xform stubs`: a dialect's entity classes for editors and type checkers."""

from __future__ import annotations

import click

from xform.cli.commands import tell
from xform.cli.common import common, load, one_dialect, output, read_bytes, write
from xform.cli.completion import FILE, dialects


@click.command()
@click.argument("folder", metavar="[DIALECT]", required=False, shell_complete=dialects)
@click.option(
    "--check", "stale", metavar="FILE", type=FILE, help="Only say whether this file is up to date; exit code 1 if not."
)
@output
@common
def stubs(folder: str | None, stale: str | None, output: str | None, dialect: str) -> int:
    """Write the entity classes of a dialect as a .pyi file: its fields with types and documentation.

    Those of the dialects that are shipped are shipped too: `xform.load("ovirt")` is known to editors as it is.
    """
    from xform.stubs import class_name
    from xform.stubs import stubs as text_of

    if stale is not None and output is not None:
        raise click.UsageError("--check writes nothing; leave out -o", click.get_current_context())
    name = one_dialect(folder, dialect)
    known = load(name)
    text = text_of(known)
    if stale is None:
        write(output, text)
        return 0
    if read_bytes(stale) == text.encode():
        return 0
    said = f"xform stubs {name} -o {stale}"
    tell(f"{stale}: not what the tables say of {class_name(known)}; renew it: {said}")
    return 1
