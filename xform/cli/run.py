"""`xform run`: the dialect's pipeline on one machine, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli import common

if TYPE_CHECKING:
    from rich.console import Console

    from xform.dialect import Dialect
    from xform.match import Matching
    from xform.pipeline import RunResult


@click.command()
@click.argument("entity", metavar="[ENTITY]", required=False)
@common.host
@click.option(
    "--connect", metavar="URI", help="libvirt's URI; by default QEMU within this process, if it is installed."
)
@click.option("--until", metavar="STAGE", help="Stop behind this stage and show what it gives.")
@click.option(
    "--from", "start", metavar="STAGE FILE", nargs=2, help="Start with this stage, on the entity or document of a file."
)
@common.schemas
@common.common
def run(
    entity: str | None,
    host: str | None,
    connect: str | None,
    until: str | None,
    start: tuple[str, str] | None,
    schemas: Path | None,
    dialect: str,
) -> int:
    """Take an entity file through all stages on one machine, and end what was started.

    With --from, ENTITY is what the document is held against.  Exit code 1 if a known device is missing or ambiguous.
    """
    from xform.pipeline import read_value, stages_of
    from xform.pipeline import run as run_pipeline

    if entity is None and start is None:
        raise click.UsageError("no ENTITY; expected an entity file, or --from STAGE FILE", click.get_current_context())
    known = common.load(dialect)
    stage, file = start or (None, None)
    names = stages_of(known.tables).part(stage, until).names
    context = common.read_contexts(known, host=host)
    given = common.read_entity(known, entity) if entity is not None else None
    value = given if file is None else read_value(known, Path(file), start_from=stage)
    with progress(names):
        result = run_pipeline(
            known,
            value,
            start_from=stage,
            until=until,
            known=given,
            context=context,
            uri=connect,
            schemas=schemas,
            source=file or common.source_name(entity or ""),
        )
    return show(known, result, context)


@contextmanager
def progress(names: list[str]) -> Iterator[None]:
    """A line for every stage that is done, with its time; on a terminal the one that runs is named as well."""
    import structlog
    from rich.console import Console

    # progress is no part of what a command prints
    console = Console(stderr=True, highlight=False)
    left = list(names)
    status = console.status(left[0])

    def line(_: Any, __: str, event: MutableMapping[str, Any]) -> Any:
        done = event.get("stage")
        if done is not None:
            mark = "[green]✓[/]" if event["event"] == "stage" else "[red]✗[/]"
            console.print(f"{mark} {done:<10} {event.get('seconds', 0):7.3f} s")
            left[:] = left[left.index(done) + 1 :] if done in left else left
            status.update(left[0] if left else "")
        raise structlog.DropEvent

    before = structlog.get_config() if structlog.is_configured() else None
    structlog.configure(processors=[line], cache_logger_on_first_use=False)
    try:
        with status:
            yield
    finally:
        if before is not None:
            structlog.configure(**before)
        else:
            structlog.reset_defaults()


def show(dialect: Dialect, result: RunResult, context: dict[str, Any]) -> int:
    """The document, and how its devices pair with what is known; or what the last stage gave instead."""
    from rich.console import Console

    from xform.match import Matching

    console = Console(highlight=False, soft_wrap=True)
    matching = result.value if isinstance(result.value, Matching) else None
    documents = {done.stage: done.value for done in result.stages if isinstance(done.value, str)}
    if matching and documents:
        from xform.cli.report import masked

        # what was started says more about the conversion than its dump
        print_document(console, masked(dialect, documents.get("start", next(iter(documents.values()))), context))
    elif documents:
        # a later run may start from it, so it is whole
        print_document(console, list(documents.values())[-1])
    if matching is None:
        if not isinstance(result.value, str):
            from xform.files import dump_entity, to_yaml

            common.write(None, to_yaml(dump_entity(dialect, result.value)))
        return 0
    return print_matching(console, dialect, matching, result.uri)


def print_document(console: Console, document: str) -> None:
    """As it is; on a terminal in colours."""
    if console.is_terminal and not console.no_color:
        from rich.syntax import Syntax

        console.print(Syntax(document, "xml", background_color="default", word_wrap=False))
    else:
        common.write(None, document)


def print_matching(console: Console, dialect: Dialect, matching: Matching, uri: str | None) -> int:
    from rich.table import Table as Grid
    from rich.text import Text

    from xform.cli import report

    if not console.is_terminal or console.no_color:
        common.write(None, report.text(dialect, matching))
        return 1 if report.findings(matching) else 0
    grid = Grid("kind", "known", "found", "by", title=uri, title_justify="left", box=None, header_style="bold")
    for kind, known, found, by in report.rows(dialect, matching):
        style = "red" if by == "missing" or by.startswith("ambiguous") else "yellow" if by == "new" else "green"
        grid.add_row(kind, known, found, Text(by, style=style))
    console.print(grid)
    console.print(report.count(matching), style="red" if report.findings(matching) else "bold green")
    return 1 if report.findings(matching) else 0
