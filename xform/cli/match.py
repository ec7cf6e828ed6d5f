"""`xform match`: which devices of a document are which of a known entity."""

from __future__ import annotations

import click

from xform.cli.common import common, host, load, read_bytes, read_contexts, source_name, write, write_json
from xform.cli.completion import FILE
from xform.errors import DocumentError, named


@click.command()
@click.argument("document", metavar="DOMAIN.xml", type=FILE)
@click.option(
    "--known",
    metavar="FILE|URL",
    type=FILE,
    required=True,
    help="The known entity, as `xform parse` writes it; or the store of `xform monitor`.",
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@click.option("--explain", is_flag=True, help="Say of each device which rungs were tried, and what they found.")
@click.option("--html", "page", metavar="FILE", type=FILE, help="Write a page with known and reported side by side.")
@host
@common
def match(
    document: str, known: str, as_json: bool, explain: bool, page: str | None, host: str | None, dialect: str
) -> int:
    """Pair the devices of a document (- is standard input) with those of a known entity.

    Secrets are shown as ***.  Exit code 1 if a known device is missing or several cannot be told apart.
    """
    from xform.cli import report
    from xform.cli.known import read_known

    tables = load(dialect)
    xml = read_bytes(document)
    tables.tree(xml, source_name(document))
    entity, ids = read_known(tables, known, xml)
    context = read_contexts(tables, host=host)
    with named(source_name(document), DocumentError):  # of which is read what is asked for
        matching = tables.match(xml, entity, **context)
        if page:
            from xform.cli.match_page import side_by_side

            write(page, side_by_side(tables, matching, source_name(document), ids))
        if as_json:
            write_json(report.as_data(tables, matching, ids, explain=explain))
        elif explain:
            write(None, report.explained(tables, matching) + report.count(matching) + "\n")
        else:
            write(None, report.text(tables, matching))
        return 1 if report.findings(matching) else 0
