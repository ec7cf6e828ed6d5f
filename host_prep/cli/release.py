"""`host-prep release`: a VM's end."""

from __future__ import annotations

import click

from host_prep.cli import common
from xform.cli.commands import tell


@click.command()
@click.argument("vm", metavar="ID")
@click.option("--force", is_flag=True, help="End it, if it runs.")
@common.host
def release(vm: str, force: bool, config: str | None, connect: str | None, dialect: str) -> int:
    """Undo all that was done for a VM that has ended; ID is its UUID.  Exit code 1 if nothing was done for it."""
    from host_prep.journal import Journal
    from host_prep.start import release as release_vm

    with common.opened(connect, config, dialect) as (host, tables), Journal(host.config.state) as journal:
        if release_vm(host, journal, tables, vm, force=force):
            return 0
    tell(f"{vm}: nothing is known of this VM")
    return 1
