"""`xform lint`: what the tables of a dialect prove to be wrong."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.commands import BAD, tell
from xform.cli.common import annotation, common, formats, one_dialect, write, write_json
from xform.cli.completion import FOLDER, dialects
from xform.errors import HostError, TableError, XformError

if TYPE_CHECKING:
    from xform.check.finding import Finding
    from xform.table.model import Tables

NOTHING = "0 faults, 0 notes"


@click.command()
@click.argument("folder", metavar="[DIALECT]", required=False, shell_complete=dialects)
@formats
@click.option("--verbose", is_flag=True, help="Show notes as well: what the schema has and the tables leave out.")
@click.option(
    "--schemas",
    metavar="DIR",
    type=FOLDER,
    multiple=True,
    help="Folder of RELAX NG files, may be given several times: what one of them has is known; "
    "by default those of the installed libvirt.",
)
@click.option("--watch", is_flag=True, help="Lint again whenever a file of the dialect changes, until Ctrl-C.")
@common
def lint(folder: str | None, form: str, verbose: bool, schemas: tuple[Path, ...], watch: bool, dialect: str) -> int:
    """Prove what can be proved of a dialect's tables: a line for each fault, and below it a document that shows it.

    Exit code 1 where there is a fault; notes are none.  With --watch it is that of the last look.
    """
    name = one_dialect(folder, dialect)
    if watch:
        return _watched(name, form, verbose, schemas)
    code, counts = _linted(name, form, verbose, schemas)
    if form != "json" and counts != NOTHING:
        tell(counts)
    return code


def _watched(name: str, form: str, verbose: bool, schemas: tuple[Path, ...]) -> int:
    from xform.cli.watch import changes
    from xform.table.folder import find

    find(name)
    code = 0
    with suppress(KeyboardInterrupt):
        for changed in changes(name):
            if changed:
                tell(f"\n--- changed: {', '.join(changed)}")
            try:
                code, end = _linted(name, form, verbose, schemas)
            except XformError as error:
                code, end = BAD, str(error)
            tell(end)
    return code


def _linted(name: str, form: str, verbose: bool, schemas: tuple[Path, ...]) -> tuple[int, str]:
    """Lint once, and show what is found; the exit code, and how much it was."""
    from xform.check.finding import refusal
    from xform.lint import SCHEMA_RULES, lint
    from xform.table.resolve import load_tables

    try:
        tables = load_tables(name)
    except TableError as error:
        found = [refusal(error)]
    else:
        patterns = _patterns(tables, schemas)
        if isinstance(patterns, str):
            tell(f"{patterns}; not asked: {', '.join(rule.__name__ for rule in SCHEMA_RULES)}")
            patterns = []
        found = lint(tables, patterns)
    faults = [finding for finding in found if not finding.note]
    if form == "json":
        write_json([as_data(finding) for finding in found])
    else:
        say = as_annotation if form == "github" else as_text
        for finding in found if verbose else faults:
            write(None, say(finding))
    notes = len(found) - len(faults)
    counts = f"{_count(len(faults), 'fault')}, {_count(notes, 'note')}"
    return 1 if faults else 0, counts + ("; --verbose shows notes" if notes and not verbose else "")


def _patterns(tables: Tables, folders: tuple[Path, ...]) -> Any:
    """The schemas that the dialect's documents follow, or why there are none."""
    from xform.check.relaxng import read_schema
    from xform.schema import homes_of

    try:
        homes = homes_of(tables, folders)
    except HostError as error:
        return str(error)
    if not homes:
        return f"{tables.folder / 'dialect.toml'} names no schema"
    return [read_schema(home / str(tables.schema)) for home in homes]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def as_text(finding: Finding) -> str:
    """A line, and the witness below it."""
    note = "note: " if finding.note else ""
    shown = "".join(f"    {line}\n" for line in finding.witness.splitlines())
    return f"{finding.origin}: {note}{finding.message} ({finding.rule})\n{shown}"


def as_annotation(finding: Finding) -> str:
    """A workflow command of GitHub's."""
    origin = finding.origin
    said = "\n".join([f"{finding.message} ({finding.rule})", *finding.witness.splitlines()])
    return annotation("notice" if finding.note else "error", said, origin.file, origin.line, origin.column)


def as_data(finding: Finding) -> dict[str, Any]:
    from xform.describe import place

    return {
        **place(finding.origin),
        "level": "note" if finding.note else "fault",
        "rule": finding.rule,
        "message": finding.message,
        "witness": finding.witness,
        "other": place(finding.other) if finding.other else None,
    }
