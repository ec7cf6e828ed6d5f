"""`host-prep prepare`: all that comes before the start."""

from __future__ import annotations

import click

from host_prep.cli import common
from xform.cli.common import output, write


@click.command()
@common.vm
@output
@common.host
def prepare(
    document: str,
    restore: str | None,
    incoming: bool,
    request: str | None,
    output: str | None,
    config: str | None,
    connect: str | None,
    dialect: str,
) -> int:
    """Do all that comes before a VM's start, and show the document that libvirt got; a file gets its secrets as well.

    Whoever starts the domain then lets `recover` do what comes after the start; it undoes all where nobody did.
    """
    from host_prep.journal import Journal
    from host_prep.preparation import undone_on_failure
    from host_prep.start import prepared

    xml, source = common.read_document(document)
    with common.opened(connect, config, dialect) as (host, tables), Journal(host.config.state) as journal:
        given = common.asked(tables, request, incoming, restore)
        with prepared(host, journal, tables, xml, given, source=source) as done, undone_on_failure(done.preparation):
            text = done.document if output is not None else tables.masked(done.document)
            write(output, text if text.endswith("\n") else text + "\n")
    return 0
