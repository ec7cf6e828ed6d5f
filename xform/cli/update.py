"""`xform update`: a document with the changes of an entity file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli import common
from xform.cli.commands import tell
from xform.cli.completion import FILE
from xform.errors import DocumentError
from xform.xml import general

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.faults import Located
    from xform.schema import Schema


@click.command()
@click.argument("document", metavar="DOMAIN.xml", type=FILE)
@click.argument("entity", metavar="ENTITY", type=FILE)
@click.option("-i", "--in-place", is_flag=True, help="Write to DOMAIN.xml itself.")
@click.option("--diff", "as_diff", is_flag=True, help="Show what would change, and write no document.")
@click.option("--no-check", is_flag=True, help="Do not validate the document against the RELAX NG schema.")
@click.option("--live", is_flag=True, help="Change what libvirt fills in as well.")
@common.host
@common.schemas
@common.output
@common.common
def update(
    document: str,
    entity: str,
    in_place: bool,
    as_diff: bool,
    no_check: bool,
    live: bool,
    host: str | None,
    schemas: Path | None,
    output: str | None,
    dialect: str,
) -> int:
    """Write a document with the changes of an entity file; every byte that they are not about stays.

    ENTITY is the whole entity, as `xform parse` writes it, with your edits: what is not in it is taken out of the
    document.  It is taken as it is; nothing is planned.  (- is standard input, for one of the two.)

    Nothing is written where the schema finds a fault that the document did not have before.  --diff shows *** for
    secrets, and for what no row names; its exit code is 1 if something would change.
    """
    from xform.schema import schema_of

    if sum((in_place, as_diff, output is not None)) > 1:
        raise click.UsageError("expected one of --in-place, --diff and -o", click.get_current_context())
    if in_place and document == common.STDIN:
        raise click.UsageError("--in-place changes a file; - is none", click.get_current_context())
    known = common.load(dialect)
    context = common.read_contexts(known, host=host)
    name = common.source_name(document)
    xml = common.read_bytes(document)
    value, marked = common.read_marked(known, entity)
    schema = None if no_check else schema_of(known.tables, schemas)
    with common.placed(marked):
        updated = known.update(xml, value, live=live, source=name, **context)
    if schema and updated != xml:
        check(known, schema, xml, updated, name, context)
    if as_diff:
        return show(known, xml, updated, name, context)
    if not in_place:
        common.write(output, updated)
    elif updated != xml:
        common.write(document, updated)
    return 0


def check(dialect: Dialect, schema: Schema, before: bytes, after: bytes, name: str, context: dict[str, Any]) -> None:
    """Refuse what is not valid, and tell of faults that are no new ones. Raises DocumentError."""
    if not schema.said(dialect.tree(after)):
        return
    from xform.faults import locate

    def same(one: Located) -> tuple[str, str]:
        """Equal for one fault before and after: what else changed may give its element another number."""
        return general(one.fault.path), one.fault.gist

    old = Counter(map(same, locate(dialect, schema, before, **context)))
    new: list[Located] = []
    kept: list[Located] = []
    for one in locate(dialect, schema, after, f"{name}, updated", **context):
        (kept if old[same(one)] > 0 else new).append(one)
        old[same(one)] -= 1
    if new:
        raise DocumentError("\n".join(f"{one}; --no-check writes it as it is" for one in new))
    for one in kept:
        tell(f"{one}; it was there before")


def show(dialect: Dialect, before: bytes, after: bytes, name: str, context: dict[str, Any]) -> int:
    """The difference, on a terminal in colours; 1 where there is one."""
    from rich.console import Console

    from xform.cli.run import print_text
    from xform.difference import difference

    print_text(Console(highlight=False, soft_wrap=True), difference(dialect, before, after, name, context), "diff")
    return int(before != after)
