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

from xform.cli.common import common, formats, load, schemas, write
from xform.cli.completion import FILE, laws
from xform.cli.verdict import Verdict, read_excuses
from xform.errors import XformError, did_you_mean

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
@click.option(
    "--report",
    "reports",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="Write a report, may be given several times: a page for people (.html), or for build servers (.xml, JUnit).",
)
@formats
@schemas
@partial(common, dialect="domain")
def gate(
    paths: tuple[str, ...],
    laws: str | None,
    jobs: int | None,
    thorough: bool,
    exceptions: str | None,
    reports: tuple[str, ...],
    form: str,
    schemas: Path | None,
    dialect: str,
) -> int:
    """Try the laws on documents: files, and all *.xml of folders.

    Exit code 1 where a law does not hold or an exception is stale, 2 where a document could not be read. Documents
    with another root element, and those that libvirt refuses, are counted, and are no failure.
    """
    from xform.cli.gate_reports import reporter
    from xform.laws.corpus import untried

    known, asked = load(dialect), _laws(laws)
    excused, makers = read_excuses(exceptions), {name: reporter(name) for name in reports}
    files = _files(paths)
    missing = untried(known, asked, schemas)
    given = known, asked, [law for law in asked if law not in missing], schemas, thorough
    verdict = Verdict(asked, _tried(files, given, jobs or os.cpu_count() or 1), excused, missing)
    for why in verdict.reasons:
        click.echo(why, err=True)
    for name, make in makers.items():
        write(name, make(verdict))
    if form == "json":
        from xform.files import to_json

        write(None, to_json(verdict.data()))
    else:
        write(None, verdict.annotations() if form == "github" else verdict.text())
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


# --- trying -----------------------------------------------------------------------------------------------------

Given = tuple["Dialect", list[str], list[str], Path | None, bool]  # laws that were asked for, and that can be tried
_work: tuple[Trial, list[str]] | None = None


def _start(dialect: Dialect, asked: list[str], able: list[str], schemas: Path | None, thorough: bool) -> None:
    """What a process keeps: the dialect, compiled once, the schema, libvirt's mock."""
    global _work
    from xform.laws.corpus import prepared

    _work = prepared(dialect, able, schemas, thorough), asked


def _try(file: str) -> Outcome:
    from xform.laws.corpus import Outcome, outcome

    assert _work
    trial, laws = _work
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        return Outcome(unread=f"{file}: {error.strerror}; expected a file")
    return outcome(trial, data, laws, file)


def _tried(files: list[str], given: Given, jobs: int) -> dict[str, Outcome]:
    """What came of every file, tried in several processes."""
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
