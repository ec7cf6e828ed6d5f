"""`host-prep watch`: the watcher, until a signal ends it."""

from __future__ import annotations

import signal

import click

from host_prep.cli import common


@click.command()
@click.option(
    "--interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Look at all VMs this often; events of libvirt name the time to do so at once.",
)
@common.host
def watch(interval: float, config: str | None, connect: str | None, dialect: str) -> int:
    """Release what has ended, and adopt what runs, until SIGTERM or ^C."""
    from host_prep.journal import Journal
    from host_prep.watch import Watcher

    with common.opened(connect, config, dialect) as (host, tables), Journal(host.config.state) as journal:
        watcher = Watcher(host, journal, tables, interval)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: watcher.stop())
        watcher.run()
    return 0
