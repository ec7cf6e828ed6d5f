"""`xform audit`: what a fleet's documents are by schemas, laws, tables and a store, as Parquet and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xform.cli.commands import INTERRUPTED, tell
from xform.cli.common import common, load, nothing_tried, write, write_json
from xform.cli.completion import FILE, FOLDER, laws
from xform.cli.progress import progress
from xform.errors import HostError, XformError

if TYPE_CHECKING:
    from xform.audit.chunk import Chunk, Entry
    from xform.audit.job import Job
    from xform.audit.results import Results
    from xform.audit.run import OpenEngine
    from xform.audit.sources import Source
    from xform.audit.summary import Summary
    from xform.dialect import Dialect


@click.command()
@click.argument("sources", metavar="SOURCE...", type=FILE, nargs=-1, required=True)
@click.option("--report", metavar="OUT", type=FOLDER, required=True, help="Folder for the results; begun ones go on.")
@click.option(
    "--schemas",
    metavar="DIR",
    type=FOLDER,
    multiple=True,
    help="Folder of RELAX NG files, may be given several times: who is admitted by which is compared; "
    "by default those of the installed libvirt.",
)
@click.option("--no-check", is_flag=True, help="Do not validate the documents against a RELAX NG schema.")
@click.option(
    "--laws",
    "asked",
    metavar="LAW,...",
    multiple=True,
    shell_complete=laws,
    help="Try these laws too; `all` of them.",
)
@click.option("--known", metavar="URL", help="Match each document with the store of `xform monitor`.")
@click.option("--against", metavar="NAME|FOLDER", help="Tables to compare with: what they read and write otherwise.")
@click.option("--query", metavar="SQL", help="Of a database: what gives the columns `name` and `xml`.")
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="Processes; by default one for each processor.")
@click.option("--scheduler", metavar="ADDRESS", help="Work on this Dask cluster, such as tcp://host:8786.")
@click.option("--json", "as_json", is_flag=True, help="The counts and examples as JSON on standard output.")
@common
def audit(
    sources: tuple[str, ...],
    report: Path,
    schemas: tuple[Path, ...],
    no_check: bool,
    asked: tuple[str, ...],
    known: str | None,
    against: str | None,
    query: str | None,
    jobs: int | None,
    scheduler: str | None,
    as_json: bool,
    dialect: str,
) -> int:
    """Examine documents of folders, tar archives, Parquet files, databases (--query, or the store of a monitor) and
    libvirt connections.

    ^C keeps what was done; the same command goes on with it.  Exit code 1 where a document is not read, not admitted
    by a schema, breaks a law, does not match what is known, or is another by the other tables.
    """
    try:
        from xform.audit.results import Results
    except ImportError as error:
        raise XformError(
            f"an audit needs more than is installed ({error}); install it with: pip install 'libvirt-xform[fleet]'"
        ) from None
    from xform.audit.page import page
    from xform.audit.sources import open_sources
    from xform.audit.summary import Summary
    from xform.process import termination, undisturbed

    tables = load(dialect)
    if no_check and schemas:
        raise XformError("--no-check asks no schema; expected it without --schemas")
    unseen = _stored(known, tables) if known is not None else set[str]()
    job = _job(tables, None if no_check else schemas, asked, known, against)
    opened = open_sources(sources, tables, query)
    summary = Summary([label for label, _ in job.schemas], unseen)
    index, stopped = report / "index.html", 0
    with closing(Results(report, job)) as results, termination(interrupt=True):
        index.unlink(missing_ok=True)  # that of a run before says nothing of this one
        try:
            _examine(opened, job, results, summary, _engine(jobs, scheduler))
        except KeyboardInterrupt:
            stopped = INTERRUPTED
        except SystemExit as end:
            stopped = int(str(end.code))
        with undisturbed():  # a signal more does not take the page away
            write(str(index), page(summary, opened, report, _note(results, summary) if stopped else ""))
        if as_json:
            write_json({"whole": not stopped, **summary.data()})
        tell(str(index))
    if not stopped and summary.states.total() == summary.states["other"]:
        raise nothing_tried(tables.tables if summary.states["other"] else None, [source.name for source in opened])
    return stopped or (0 if summary.well else 1)


def _note(results: Results, summary: Summary) -> str:
    """What the page of an audit says that was stopped."""
    said = "It was stopped: what follows is of what was done by then."
    if len(results.parts()) > summary.chunks:
        said += " The Parquet files have more, of runs before: of documents that are the same now, or of others."
    return said


def _job(
    dialect: Dialect, folders: Sequence[Path] | None, asked: Sequence[str], known: str | None, against: str | None
) -> Job:
    from xform.audit.job import Job, schema_folder, tables_folder
    from xform.cli.gate import asked_laws, law_names, untried_laws
    from xform.monitor.opening import absolute
    from xform.schema import Schema, homes_of

    laws = asked_laws(asked)
    if folders is None and "schema" in laws:
        if "schema" in law_names(asked):
            raise XformError("--no-check asks no schema; expected it without the law schema")
        tell("--no-check asks no schema; the law schema is not tried")
        laws.remove("schema")
    for law, why in untried_laws(dialect, asked, laws, next(iter(folders or ()), None)).items():
        tell(f"{why}; the law {law} is not tried")
        laws.remove(law)
    schemas: dict[str, Path] = {}
    try:
        homes = [] if folders is None else homes_of(dialect.tables, folders)
    except HostError as error:
        tell(f"{error}; validity is not asked")
        homes = []
    for home in homes:
        label = Schema(home, str(dialect.tables.schema)).version or str(home)
        schemas[label if label not in schemas else str(home)] = home
    return Job(
        tables_folder(dialect),
        tuple((label, schema_folder(home)) for label, home in schemas.items()),
        tuple(laws),
        absolute(known) if known is not None else None,
        tables_folder(load(against)) if against else None,
    )


def _stored(known: str, dialect: Dialect) -> set[str]:
    """The VMs that the store holds.  What is wrong with it is said here, and once."""
    from xform.monitor.opening import existing_store

    with closing(existing_store(known, dialect)) as store:
        return store.present()


def _engine(jobs: int | None, scheduler: str | None) -> OpenEngine:
    from xform.audit.engines import cluster, pool
    from xform.process import processors

    if scheduler is not None:
        if jobs is not None:
            raise XformError("--jobs is of this machine's processes; expected it without --scheduler")
        return lambda: cluster(scheduler)
    return lambda: pool(jobs or processors())


def _examine(sources: list[Source], job: Job, results: Results, summary: Summary, engine: OpenEngine) -> None:
    """Every document examined, now or before, written and counted; what is of others is dropped."""
    from xform.audit.chunk import cut
    from xform.audit.run import run
    from xform.process import undisturbed

    counts = [source.count for source in sources]
    total = sum(filter(None, counts)) if None not in counts else None
    parts = set[str]()
    with progress(total) as pace:

        def entries() -> Iterator[Entry]:
            for source in sources:
                entry = None
                for entry in source.entries():
                    yield entry
                if entry is None:
                    tell(f"{source.name}: no document there")

        def waiting() -> Iterator[Chunk]:
            for chunk in cut(entries()):
                parts.add(results.name(chunk))
                if (rows := results.read(chunk)) is None:
                    yield chunk
                else:
                    with undisturbed():
                        summary.add(chunk.number, rows)
                    pace(0, len(rows))

        for chunk, rows in run(engine, job, waiting()):
            with undisturbed():  # what is written is counted
                results.write(chunk, rows)
                summary.add(chunk.number, rows)
            pace(len(rows), 0)
    results.keep(parts)
