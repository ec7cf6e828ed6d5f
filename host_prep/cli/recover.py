"""`host-prep recover`: after a crash, at boot, or from cron."""

from __future__ import annotations

import click

from host_prep.cli import common


@click.command()
@common.host
def recover(config: str | None, connect: str | None, dialect: str) -> int:
    """A VM that runs keeps what was done for it; of any other all is undone.  Exit code 1 if something could not be."""
    from host_prep.journal import Journal
    from host_prep.recover import recover as take_up_all

    with common.opened(connect, config, dialect) as (host, tables), Journal(host.config.state) as journal:
        found = take_up_all(host, journal, tables)
    for taken in found:
        click.echo(f"{taken.vm} {taken.name}: {taken}")
    return 1 if any(taken.faults for taken in found) else 0
