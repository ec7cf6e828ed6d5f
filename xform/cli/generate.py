"""`xform generate`: an entity file to Domain XML."""

from __future__ import annotations

from pathlib import Path

import click

from xform.cli import common
from xform.cli.completion import FILE
from xform.errors import DocumentError, EntityError, instead


@click.command()
@click.argument("entity", metavar="ENTITY", type=FILE)
@click.option("--no-check", is_flag=True, help="Do not validate the document against the RELAX NG schema.")
@click.option("--live", is_flag=True, help="Write what libvirt fills in as well.")
@click.option("--part", metavar="NAME", help="Write a part of the document, such as hotplug; it has no schema.")
@click.option("--device", "devices", metavar="ID", multiple=True, help="Only this device in the part; any number.")
@common.host
@common.schemas
@common.output
@common.common
def generate(
    entity: str,
    no_check: bool,
    live: bool,
    part: str | None,
    devices: tuple[str, ...],
    host: str | None,
    schemas: Path | None,
    output: str | None,
    dialect: str,
) -> None:
    """Plan an entity file (YAML or JSON, - is standard input) and write it as Domain XML.

    The document is validated first, if its dialect names a schema; nothing is written where it is not valid.  It holds
    all that the entity says, its passwords too.
    """
    from xform.part import named
    from xform.pipeline import Run, perform, plan
    from xform.schema import schema_of
    from xform.validate import problems
    from xform.versions import unknown

    known = common.load(dialect)
    if bool(devices) != bool(part):
        raise click.UsageError("--part and --device go together")
    if part and part not in known.tables.parts:
        raise EntityError(f"{known.tables.name} has no part {part!r}{instead(part, known.tables.parts)}")
    context = common.read_contexts(known, host=host)
    name = common.source_name(entity)
    value, marked = common.read_marked(known, entity)
    run = Run(dialect=known, context=context, uri=None, schemas=schemas, entity=value, source=name)
    value = perform("plan", plan, value, run)
    schema = None if no_check or part else schema_of(known.tables, schemas)
    found = problems(known, value, **context)
    if not found and schema and schema.version:
        found = unknown(known, value, schema.version)
    if found:
        raise EntityError("\n".join(f"{marked.place(problem.path)}: {problem}" for problem in found))
    only = [named(known, value, key) for key in devices] or None
    xml = known.generate(value, live=live, part=part, only=only, **context)
    if schema and schema.said(known.tree(xml)):
        from xform.faults import locate

        faults = locate(known, schema, xml, f"{name}, generated", **context)
        raise DocumentError("\n".join(f"{fault}; --no-check writes it as it is" for fault in faults))
    common.write(output, xml)
