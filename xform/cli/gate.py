"""`xform gate`: the laws over files and folders of documents."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xform.cli.commands import tell
from xform.cli.common import (
    common,
    documents,
    formats,
    load,
    nothing_tried,
    read_bytes,
    schemas,
    source_name,
    write,
    write_json,
)
from xform.cli.completion import FILE, laws
from xform.cli.progress import progress
from xform.cli.verdict import Verdict, read_excuses
from xform.errors import DocumentError, HostError, XformError, instead, visible_name
from xform.table.folder import display
from xform.workers import workers

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.laws.corpus import Outcome, Trial


@click.command()
@click.argument("paths", metavar="PATH...", type=FILE, nargs=-1, required=True)
@click.option("--laws", metavar="LAW,...", multiple=True, shell_complete=laws, help="Only these; by default all.")
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
    laws: tuple[str, ...],
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
    with another root element, and those that libvirt refuses, are counted, and are no failure; but a folder that holds
    no document of the dialect is, with exit code 2, as nothing was tried; and so is a law of --laws that cannot be
    tried here, with 3.
    """
    from xform.cli.gate_reports import reporter
    from xform.process import processors

    makers = {name: reporter(name) for name in reports}
    read = {Path(name).resolve() for name in (*paths, *([exceptions] if exceptions else []))}
    for name in makers:
        if Path(name).resolve() in read:
            raise XformError(f"--report: {visible_name(name)} is what is to be read; expected another file")
    for name in makers:  # that of a run before says nothing of this one
        if (old := Path(name).resolve()).is_file() and os.access(old, os.W_OK):
            with suppress(OSError):  # told where it is written
                old.unlink()
    known, asked, excused = load(dialect), asked_laws(laws or ["all"]), read_excuses(exceptions)
    held = {path: documents(path) for path in paths}
    files = list(dict.fromkeys(file for those in held.values() for file in those))
    if not files:
        raise nothing_tried(None, paths)
    missing = untried_laws(known, laws, asked, schemas)
    given = known, asked, [law for law in asked if law not in missing], schemas, thorough
    folders = {path: [source_name(file) for file in those] for path, those in held.items() if Path(path).is_dir()}
    where = source_name(paths[0]) + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
    verdict = Verdict(asked, _tried(files, given, jobs or processors()), excused, missing, where, folders)
    for why in verdict.reasons:
        tell(why)
    if form == "json":
        write_json(verdict.data())
    else:
        write(None, verdict.annotations() if form == "github" else verdict.text())
    faults = []
    for name, make in makers.items():
        try:
            write(name, make(verdict))
        except XformError as error:  # the others are written all the same
            faults.append(str(error))
    if faults:
        raise XformError("\n".join(faults))
    if verdict.empty:
        raise nothing_tried(known.tables, verdict.empty)
    return verdict.code


def asked_laws(given: Sequence[str]) -> list[str]:
    """The laws of an option's values, in their order. Raises XformError."""
    from xform.laws.corpus import LAWS

    asked = law_names(given)
    for name in asked:
        if name not in (*LAWS, "all"):
            raise XformError(f"--laws: no law {name!r}{instead(name, LAWS)}")
    return [law for law in LAWS if law in asked or "all" in asked]


def untried_laws(dialect: Dialect, given: Sequence[str], asked: Sequence[str], schemas: Path | None) -> dict[str, str]:
    """Of the laws that cannot be tried here, why. Raises HostError for one that the option's values name, XformError
    for one of those that the dialect has nothing for.
    """
    from xform.laws.corpus import LIBVIRT, untried

    for law, word in (("schema", "schema"), (LIBVIRT, "hypervisor")):
        if law in law_names(given) and not getattr(dialect.tables, word):
            head = display(dialect.tables.folder) / "dialect.toml"
            raise XformError(f"--laws: the law {law} needs a `{word}` in {visible_name(str(head))}; it names none")
    found = untried(dialect, asked, schemas)
    if named := [f"{why}; the law {law} cannot be tried" for law, why in found.items() if law in law_names(given)]:
        raise HostError("\n".join(named))
    return found


def law_names(given: Sequence[str]) -> list[str]:
    return [name.strip() for names in given for name in names.split(",")]


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
        return outcome(trial, read_bytes(file), laws, source_name(file))
    except DocumentError as error:
        return Outcome(unread=str(error))


def _tried(files: list[str], given: Given, jobs: int) -> dict[str, Outcome]:
    """What came of every file, tried in several processes."""
    with progress(len(files)) as pace:

        def step(outcome: Outcome) -> Outcome:
            pace(1, 0)
            return outcome

        if min(jobs, len(files)) < 2:
            _start(*given)
            return {source_name(file): step(_try(file)) for file in files}
        try:
            with workers(jobs, _start, *given) as pool:
                found = pool.map(_try, files, chunksize=max(1, min(16, len(files) // jobs // 4)))
                return {source_name(file): step(outcome) for file, outcome in zip(files, found, strict=True)}
        except BrokenProcessPool:
            raise XformError("a process ended before its documents were tried; --jobs 1 shows more") from None
