"""`--version`: what two people compare who do not get the same: engine, tables, and libvirt's schema."""

from __future__ import annotations

from collections.abc import Iterator

import click

from xform.errors import HostError, TableError


def version_option(program: str) -> click.Option:
    """`--version` of a command that is called so."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            for line in _lines(program):
                click.echo(line)
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show the versions of the engine, of the tables and of libvirt's schema.",
    )


def _lines(program: str) -> Iterator[str]:
    from importlib.metadata import version

    from xform.schema import find_schemas
    from xform.table.folder import digest, find, names
    from xform.versions import schema_version

    yield f"{program} {version('libvirt-xform')}"
    for name in names():
        try:
            yield f"dialect {name} {digest(find(name)).hex()[:12]}"
        except TableError as error:
            yield str(error)
    try:
        folder = find_schemas()
        yield f"libvirt schema {schema_version(folder) or 'of no known version'} in {folder}"
    except HostError:
        yield "libvirt schema none"
