"""`xform match`: which devices of a document are which of a known entity."""

from __future__ import annotations

import click

from xform.cli.common import common, host, load, read_bytes, read_contexts, read_entity, source_name, write
from xform.cli.completion import FILE


@click.command()
@click.argument("document", metavar="DOMAIN.xml", type=FILE)
@click.option("--known", metavar="FILE", type=FILE, required=True, help="The known entity, as `xform parse` writes it.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@host
@common
def match(document: str, known: str, as_json: bool, host: str | None, dialect: str) -> int:
    """Pair the devices of a document (- is standard input) with those of a known entity.

    Secrets are shown as ***.  Exit code 1 if a known device is missing or several cannot be told apart.
    """
    from xform.cli import report
    from xform.files import to_json

    tables = load(dialect)
    xml = read_bytes(document)
    tables.tree(xml, source_name(document))
    matching = tables.match(xml, read_entity(tables, known), **read_contexts(tables, host=host))
    write(None, to_json(report.as_data(tables, matching)) if as_json else report.text(tables, matching))
    return 1 if report.findings(matching) else 0
