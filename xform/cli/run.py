"""`xform run`: the dialect's pipeline on one machine, and what came of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli import common
from xform.cli.commands import DEBUG, tell
from xform.cli.completion import FILE, stages, stages_and_files
from xform.errors import XformError, visible

if TYPE_CHECKING:
    from rich.console import Console

    from xform.dialect import Dialect
    from xform.match import Matching
    from xform.pipeline import RunResult


@click.command()
@click.argument("entity", metavar="[ENTITY]", required=False, type=FILE)
@common.host
@click.option(
    "--connect", metavar="URI", help="libvirt's URI; by default QEMU within this process, if it is installed."
)
@click.option("--until", metavar="STAGE", shell_complete=stages, help="Stop behind this stage and show what it gives.")
@click.option(
    "--from",
    "start",
    metavar="STAGE FILE",
    nargs=2,
    shell_complete=stages_and_files,
    help="Start with this stage, on the entity or document of a file.",
)
@common.schemas
@click.option(
    "--config", metavar="FILE", type=FILE, help="Settings of the stages that prepare the host (docs/host.md)."
)
@click.option(
    "-o", "--output", metavar="FILE", type=FILE, help="Write what the last stage gives to this file, its secrets too."
)
@click.option(
    "--json", "as_json", is_flag=True, help="The stages with their times, and what the last one gives, as JSON."
)
@common.common
def run(
    entity: str | None,
    host: str | None,
    connect: str | None,
    until: str | None,
    start: tuple[str, str] | None,
    schemas: Path | None,
    config: str | None,
    output: str | None,
    as_json: bool,
    dialect: str,
) -> int:
    """Take an entity file through all stages on one machine, and end what was started.  (- is standard input.)

    With --from, ENTITY is what the document is held against.  What is shown has *** for secrets, and for what no row
    names; what -o writes is whole.  Exit code 1 if a known device is missing or ambiguous.
    """
    from xform.cli import report
    from xform.match import Matching
    from xform.pipeline import run as run_pipeline
    from xform.pipeline import stages_of, value_from

    if entity is None and start is None:
        raise click.UsageError("no ENTITY; expected an entity file, or --from STAGE FILE", click.get_current_context())
    known = common.load(dialect)
    stage, file = start or (None, None)
    stages = stages_of(known.tables).part(stage, until)
    if stage and entity is not None and stages.takes == "entity":
        raise click.UsageError(
            f"stage {stage!r} takes an entity, that of {file}; leave out {entity}", click.get_current_context()
        )
    context = common.read_contexts(known, host=host)
    given = common.read_entity(known, entity) if entity is not None else None
    source = common.source_name(file or entity or "")
    value = given if file is None else value_from(known, common.read_bytes(file), source, start_from=stage)
    with progress(stages.names):
        result = run_pipeline(
            known,
            value,
            start_from=stage,
            until=until,
            known=given,
            context=context,
            uri=connect,
            schemas=schemas,
            source=source,
            config=Path(config) if config else None,
        )
    if output is not None or not as_json:
        show(known, result, output, context)
    if as_json:
        show_data(known, result, context)
    return int(isinstance(result.value, Matching) and report.findings(result.value))


@contextmanager
def progress(names: list[str]) -> Iterator[None]:
    """On standard error, which no output is mixed with: a line for every stage that is done, with its time, and for
    what stages log, with texts of whole lines below it; on a terminal the stage that runs is named as well.
    """
    import structlog
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    left = list(names)
    status = console.status(left[0])
    least = logging.DEBUG if click.get_current_context().meta.get(DEBUG) else logging.INFO

    def line(_: Any, level: str, event: MutableMapping[str, Any]) -> Any:
        said, done = event.pop("event"), event.get("stage")
        if done is not None and said in ("stage", "stage failed"):
            mark = Text("✓", "green") if said == "stage" else Text("✗", "red")
            console.print(mark, f"{done:<10} {event.get('seconds', 0):7.3f} s")
            left[:] = left[left.index(done) + 1 :] if done in left else left
            status.update(left[0] if left else "")
        elif logging.getLevelNamesMapping().get(level.upper(), logging.ERROR) >= least:
            say(level, said, {name: value for name, value in event.items() if name != "vm"})
        raise structlog.DropEvent

    def say(level: str, said: object, values: MutableMapping[str, Any]) -> None:
        if values.pop("exc_info", None) and (error := sys.exc_info()[1]):
            values["error"] = error
        texts = {name: value for name, value in values.items() if isinstance(value, str) and value.endswith("\n")}
        short = {name: value for name, value in values.items() if name not in texts}
        more = [f"{name}={value if isinstance(value, str) else repr(value)}" for name, value in short.items()]
        console.print(f"{level}:", visible(" ".join(" ".join([str(said), *more]).split())))
        for text in texts.values():  # whole lines, such as a document, stay what they are
            console.print(visible(text), end="")

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.levelname.lower(), record.getMessage(), {"exc_info": record.exc_info})

    lines = Lines(logging.WARNING)
    logging.getLogger().addHandler(lines)
    try:
        with common.logging_by(processors=[line]), status:
            yield
    finally:
        logging.getLogger().removeHandler(lines)


def show(dialect: Dialect, result: RunResult, output: str | None, context: dict[str, Any]) -> None:
    """What the last stage gave; of a matching, the document that it is about as well."""
    from rich.console import Console

    from xform.cli import report
    from xform.match import Matching

    console = Console(highlight=False, soft_wrap=True)
    value = result.value
    if isinstance(value, Matching):
        if output is not None:
            common.write(output, report.text(dialect, value))
            return
        documents = {done.stage: done.value for done in result.stages if isinstance(done.value, str)}
        if documents:
            # what was started says more about the conversion than its dump
            document = documents.get("start", next(iter(documents.values())))
            print_text(console, as_text(dialect, document, context, masked=True), "xml")
        print_matching(console, dialect, value, result.uri)
        return
    whole, shown = texts(dialect, result, context)
    if output is not None:
        common.write(output, whole)
        return
    print_text(console, shown, "xml" if isinstance(value, str) else "yaml")
    if shown != whole:
        tell("*** stands for what may be secret; -o FILE writes it")


def show_data(dialect: Dialect, result: RunResult, context: dict[str, Any]) -> None:
    """The stages and what the last one gave, as JSON in which secrets are masked."""
    from xform.cli import report
    from xform.files import dump_value
    from xform.match import Matching

    value = result.value
    if isinstance(value, Matching):
        shown: Any = report.as_data(dialect, value)
    else:
        text = texts(dialect, result, context)[1]
        shown = text if isinstance(value, str) else dump_value(dialect, value, masked=True)
    stages = [{"stage": done.stage, "seconds": done.seconds} for done in result.stages]
    common.write_json({"uri": result.uri, "stages": stages, "gave": shown})


def texts(dialect: Dialect, result: RunResult, context: dict[str, Any]) -> tuple[str, str]:
    """What the last stage gave as a file holds it, and as it may be shown. Raises XformError for what no file holds."""
    value = result.value
    try:
        return as_text(dialect, value, context), as_text(dialect, value, context, masked=True)
    except TypeError as error:
        name = result.stages[-1].stage
        raise XformError(
            f"stage {name!r} gave a value of type {type(value).__name__}, which cannot be shown; expected an entity, "
            f"a document's text, a matching or plain data ({error})"
        ) from None


def as_text(dialect: Dialect, value: Any, context: dict[str, Any], masked: bool = False) -> str:
    """A value as a file holds it: a document, or YAML. Raises TypeError for what no file holds."""
    from xform.files import dump_value, to_yaml

    if not isinstance(value, str):
        return to_yaml(dump_value(dialect, value, masked=masked))
    text = dialect.masked(value, **context) if masked and value.lstrip().startswith("<") else value
    return text if text.endswith("\n") else text + "\n"


def print_text(console: Console, text: str, language: str) -> None:
    """As it is; on a terminal in colours."""
    if console.is_terminal and not console.no_color:
        from rich.syntax import Syntax

        console.print(Syntax(text, language, background_color="default", word_wrap=False))
    else:
        common.write(None, text)


def print_matching(console: Console, dialect: Dialect, matching: Matching, uri: str | None) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    from xform.cli import report

    if not console.is_terminal or console.no_color:
        common.write(None, report.text(dialect, matching))
        return
    grid = Grid("kind", "known", "found", "by", title=uri, title_justify="left", box=None, header_style="bold")
    for kind, known, found, by in report.rows(dialect, matching):
        bad = by == "missing" or by.startswith(("ambiguous", "not told apart"))
        style = "red" if bad else "yellow" if by == "new" else "green"
        grid.add_row(kind, known, found, Text(by, style=style))
    console.print(grid)
    console.print(report.count(matching), style="red" if report.findings(matching) else "bold green")
