"""`host-prep status`: each domain in short."""

from __future__ import annotations

import json

import click

from host_prep.cli import common


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each, as the monitor asks for it.")
@common.host
def status(as_json: bool, config: str | None, connect: str | None, dialect: str) -> int:
    """Each domain with its state, the digest of its document, and what is done for it; also one that is gone."""
    from host_prep.journal import Journal
    from host_prep.status import statuses

    with common.opened(connect, config, dialect) as (host, _):
        if as_json:
            for line in statuses(host.libvirt):
                click.echo(json.dumps(line))
            return 0
        with Journal(host.config.state) as journal:
            lines = list(statuses(host.libvirt))
            known = {line["id"] for line in lines}
            gone = [{"id": kept.id, "state": "gone"} for kept in journal.vms() if kept.id not in known]
            for line in [*lines, *gone]:
                done = sum(entry.state != "planned" for entry in journal.entries(line["id"]))
                click.echo(f"{line['id']}  {line['state']:<10} {line.get('digest', '-')[:12]:<12}  {done} effects")
    return 0
