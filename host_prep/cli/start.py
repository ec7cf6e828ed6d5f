"""`host-prep start`: a VM, prepared and started."""

from __future__ import annotations

import click

from host_prep.cli import common


@click.command()
@common.vm
@common.host
def start(
    document: str,
    restore: str | None,
    incoming: bool,
    request: str | None,
    config: str | None,
    connect: str | None,
    dialect: str,
) -> int:
    """Prepare the host for a VM and start it; where anything fails, and on SIGTERM or ^C, all is undone."""
    from host_prep.journal import Journal
    from host_prep.start import start as start_vm

    xml, source = common.read_document(document)
    with common.opened(connect, config, dialect) as (host, tables), Journal(host.config.state) as journal:
        given = common.asked(tables, request, incoming, restore)
        click.echo(start_vm(host, journal, tables, xml, given, source=source))
    return 0
