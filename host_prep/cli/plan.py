"""`host-prep plan`: what would be done; nothing on the host changes."""

from __future__ import annotations

import click

from host_prep.cli import common
from xform.cli.common import write


@click.command()
@common.vm
@click.option("--json", "as_json", is_flag=True, help="The effects and the document, as JSON.")
@common.host
def plan(
    document: str,
    restore: str | None,
    incoming: bool,
    request: str | None,
    as_json: bool,
    config: str | None,
    connect: str | None,
    dialect: str,
) -> int:
    """What would be done for a VM, in order, and how each would be undone.  Nothing on the host changes."""
    from host_prep.effects import dump_effect
    from host_prep.start import planned
    from xform.files import to_json

    xml, source = common.read_document(document)
    with common.opened(connect, config, dialect) as (host, tables):
        given = common.asked(tables, request, incoming, restore)
        found = planned(host, tables, xml, given, source=source)
    if as_json:
        effects = [
            {
                "effect": type(effect).__name__,
                "key": effect.key,
                "does": effect.says(),
                "undo": effect.undoing(),
                "values": dump_effect(effect),
            }
            for effect in found.effects
        ]
        shown = tables.masked(found.document)
        write(None, to_json({"vm": found.vm, "flow": found.flow, "effects": effects, "document": shown}))
        return 0
    lines = []
    for number, effect in enumerate(found.effects, 1):
        lines.append(f"{number:3}  {effect.says()}\n")
        if effect.undoing():
            lines.append(f"     undo: {effect.undoing()}\n")
    write(None, "".join(lines))
    return 0
