"""`xform gate`: the laws over files and folders of documents."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.common import common, load, schemas, write
from xform.cli.completion import FILE, laws
from xform.cli.verdict import Verdict, read_excuses
from xform.errors import HostError, XformError, did_you_mean

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.laws.corpus import Outcome, Trial

EVERY = 250


@click.command()
@click.argument("paths", metavar="PATH...", type=FILE, nargs=-1, required=True)
@click.option("--laws", metavar="LAW,...", shell_complete=laws, help="Only these; by default all.")
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="Processes; by default one for each processor.")
@click.option("--thorough", is_flag=True, help="Every fact of every document, not some of each. Takes long.")
@click.option(
    "--exceptions",
    metavar="FILE",
    type=FILE,
    help="Known findings, each a line `file: path: law: reason`; one that is found no more is a finding.",
)
@click.option("--junit", metavar="FILE", type=FILE, help="Write a report that build servers read.")
@click.option("--json", "as_json", is_flag=True, help="The counts and all findings as JSON.")
@schemas
@partial(common, dialect="domain")
def gate(
    paths: tuple[str, ...],
    laws: str | None,
    jobs: int | None,
    thorough: bool,
    exceptions: str | None,
    junit: str | None,
    as_json: bool,
    schemas: Path | None,
    dialect: str,
) -> int:
    """Try the laws on documents: files, and all *.xml of folders.

    Exit code 1 where a law does not hold or an exception is stale, 2 where a document could not be read. Documents
    with another root element are counted, and are no failure.
    """
    known, asked = load(dialect), _laws(laws)
    excused = read_excuses(exceptions)
    files = _files(paths)
    where = _schemas(known, schemas) if "schema" in asked else None
    tried = _tried(known, files, asked, where, thorough, jobs or os.cpu_count() or 1)
    verdict = Verdict(asked, tried, excused)
    if junit:
        write(junit, verdict.junit())
    if as_json:
        from xform.files import to_json

        write(None, to_json(verdict.data()))
    else:
        write(None, verdict.text())
    return verdict.code


def _laws(given: str | None) -> list[str]:
    from xform.laws.corpus import LAWS

    asked = [name.strip() for name in given.split(",")] if given else list(LAWS)
    for name in asked:
        if name not in LAWS:
            raise XformError(f"--laws: no law {name!r}{did_you_mean(name, LAWS)}; expected some of {', '.join(LAWS)}")
    return asked


def _files(paths: Iterable[str]) -> list[str]:
    """Files as they are given, and those of folders, each once."""
    found: dict[str, None] = {}
    for path in paths:
        if not Path(path).exists():
            raise XformError(f"{path}: No such file or directory; expected a document, or a folder of some")
        inner = sorted(Path(path).rglob("*.xml")) if Path(path).is_dir() else [path]
        found.update(dict.fromkeys(str(file) for file in inner if not Path(file).is_dir()))
    return list(found)


def _schemas(dialect: Dialect, folder: Path | None) -> Path | None:
    """The folder with the schema, None (and a word about it) where there is none and none was asked for."""
    from xform.schema import find_schemas

    if dialect.tables.schema is None:
        return None
    try:
        return find_schemas(folder, dialect.tables.schema)
    except HostError as error:
        click.echo(f"{error}; the law of the schema is not tried", err=True)
        return None


# --- trying -----------------------------------------------------------------------------------------------------

_work: tuple[Trial, list[str]] | None = None


def _start(dialect: Dialect, laws: list[str], folder: Path | None, thorough: bool) -> None:
    """What a process keeps: the dialect, compiled once, and the schema."""
    global _work
    from xform.laws.corpus import Trial
    from xform.schema import Schema

    schema = Schema(folder, dialect.tables.schema) if folder and dialect.tables.schema else None
    _work = Trial(dialect, schema, thorough), laws


def _try(file: str) -> Outcome:
    from xform.laws.corpus import Outcome, outcome

    assert _work
    trial, laws = _work
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        return Outcome(unread=f"{file}: {error.strerror}; expected a file")
    return outcome(trial, data, laws, file)


def _tried(
    dialect: Dialect, files: list[str], laws: list[str], folder: Path | None, thorough: bool, jobs: int
) -> dict[str, Outcome]:
    """What came of every file, tried in several processes."""
    given = dialect, laws, folder, thorough
    with _progress(len(files)) as step:
        if min(jobs, len(files)) < 2:
            _start(*given)
            return {file: step(_try(file)) for file in files}
        try:
            with ProcessPoolExecutor(jobs, get_context("spawn"), _start, given) as pool:
                found = pool.map(_try, files, chunksize=max(1, min(16, len(files) // jobs // 4)))
                return {file: step(outcome) for file, outcome in zip(files, found, strict=True)}
        except BrokenProcessPool:
            raise XformError("a process ended before its documents were tried; --jobs 1 shows more") from None


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar on a terminal, now and then a line elsewhere; gives what is called for every document."""
    if sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("documents", total=total)

            def advance(outcome: Outcome) -> Outcome:
                progress.advance(task)
                return outcome

            yield advance
        return
    done = 0

    def count(outcome: Outcome) -> Outcome:
        nonlocal done
        done += 1
        if done % EVERY == 0:
            click.echo(f"{done} of {total} documents", err=True)
        return outcome

    yield count
