"""The linter: what can be proved of tables before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from xform.check import choices, classes, fit, joins, rows, variants
from xform.check.finding import Finding
from xform.check.place import Place
from xform.check.relaxng import Pattern
from xform.check.survey import Survey, survey
from xform.errors import TableError
from xform.table.folder import display
from xform.table.model import Origin, Tables

# Rules that ask the tables alone, and rules that ask a schema as well; the first line of each says what must hold.
RULES: tuple[Callable[[Tables], Iterator[Finding]], ...] = (
    variants.overlap,
    rows.passed_through,
    rows.loses,
    rows.one_way,
    joins.unused,
    joins.join_key,
    classes.fields_and_rows,
)
SCHEMA_RULES: tuple[Callable[[Survey], Iterator[Finding]], ...] = (
    fit.unknown_path,
    fit.unknown_word,
    choices.schema_choice,
    choices.left_out,
    fit.may_be_absent,
)


def lint(tables: Tables, schemas: Sequence[Pattern] = ()) -> list[Finding]:
    """Every finding once, in the order of files and lines.

    What one of the schemas has is known, so that several versions can be given; without one the rules that ask a
    schema are left out.  What inherited tables have wrong among themselves is told where they are linted.
    """
    found = [finding for rule in RULES for finding in rule(tables)]
    if schemas:
        laid = survey(tables, Place("", tuple(schemas)))
        found += [finding for rule in SCHEMA_RULES for finding in rule(laid)]
    once = {str(finding): finding for finding in found if _own(tables, finding)}
    return sorted(once.values(), key=lambda one: (one.origin.file, one.origin.line, one.origin.column))


def _own(tables: Tables, finding: Finding) -> bool:
    """Whether a finding has to do with a file of the dialect itself."""
    places = [finding.origin, *([finding.other] if finding.other else [])]
    return any(Path(place.file).parent == display(tables.folder) for place in places)


def refusal(error: TableError) -> Finding:
    """What keeps a dialect from being loaded, as a finding. Raises the error itself where it names no line."""
    place = re.match(r"(.+?):(\d+):(\d+): ", str(error))
    if place is None:
        raise error
    return Finding("load", Origin(place[1], int(place[2]), int(place[3])), str(error)[place.end() :])
