"""`xform lint`: what the tables of a dialect prove to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xform.cli.common import annotation, common, formats, write
from xform.cli.completion import FOLDER, dialects
from xform.errors import HostError, TableError, XformError

if TYPE_CHECKING:
    from xform.check.finding import Finding
    from xform.table.model import Tables


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
@common
def lint(folder: str | None, form: str, verbose: bool, schemas: tuple[Path, ...], dialect: str) -> int:
    """Prove what can be proved of a dialect's tables: a line for each fault, and below it a document that shows it.

    Exit code 1 where there is a fault; notes are none.
    """
    from xform.check.lint import SCHEMA_RULES, lint, refusal
    from xform.table.resolve import load_tables

    try:
        tables = load_tables(folder or dialect)
    except TableError as error:
        found = [refusal(error)]
    else:
        patterns = _patterns(tables, schemas)
        if isinstance(patterns, str):
            click.echo(f"{patterns}; not asked: {', '.join(rule.__name__ for rule in SCHEMA_RULES)}", err=True)
            patterns = []
        found = lint(tables, patterns)
    faults = [finding for finding in found if not finding.note]
    if form == "json":
        from xform.files import to_json

        write(None, to_json([as_data(finding) for finding in found]))
    else:
        say = as_annotation if form == "github" else as_text
        for finding in found if verbose else faults:
            write(None, say(finding))
        if found:
            notes = len(found) - len(faults)
            counts = f"{_count(len(faults), 'fault')}, {_count(notes, 'note')}"
            click.echo(counts + ("; --verbose shows notes" if notes and not verbose else ""), err=True)
    return 1 if faults else 0


def _patterns(tables: Tables, folders: tuple[Path, ...]) -> Any:
    """The schemas that the dialect's documents follow, or why there are none."""
    from xform.check.relaxng import read_schema
    from xform.schema import find_schemas

    if tables.schema is None:
        if folders:
            raise XformError(f"{tables.folder / 'dialect.toml'}: no schema to look into; name one as `schema`")
        return f"{tables.folder / 'dialect.toml'} names no schema"
    try:
        homes = [find_schemas(folder, tables.schema) for folder in folders] or [find_schemas(None, tables.schema)]
    except HostError as error:
        return str(error)
    return [read_schema(home / tables.schema) for home in homes]


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
