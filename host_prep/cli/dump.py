"""`host-prep dump`: documents of domains."""

from __future__ import annotations

import json

import click

from host_prep.cli import common


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@common.host
def dump(ids: tuple[str, ...], config: str | None, connect: str | None, dialect: str) -> int:
    """The live document of each domain, without secrets, or why there is none, as a line of JSON; ID is a UUID."""
    from host_prep.status import documents

    with common.opened(connect, config, dialect) as (host, _):
        lines = list(documents(host.libvirt, ids))
    for line in lines:
        click.echo(json.dumps(line))
    return 0 if all("xml" in line for line in lines) else 1
