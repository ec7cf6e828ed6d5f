"""`host-prep status`: each domain in short."""

from __future__ import annotations

import json

import click

from host_prep.cli import common


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each, as the monitor asks for it.")
@common.host
def status(as_json: bool, config: str | None, connect: str | None, dialect: str) -> int:
    """Each domain with its state, the digest of its document, and what is done for it."""
    from host_prep.journal import Journal
    from host_prep.status import statuses

    with common.opened(connect, config, dialect) as (host, _):
        if as_json:
            for line in statuses(host.libvirt):
                click.echo(json.dumps(line))
            return 0
        with Journal(host.config.state) as journal:
            for line in statuses(host.libvirt):
                done = sum(entry.state != "planned" for entry in journal.entries(line["id"]))
                click.echo(f"{line['id']}  {line['state']:<10} {line.get('digest', '-')[:12]:<12}  {done} effects")
    return 0
