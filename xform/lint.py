"""The linter: what can be proved of tables before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve

from xform.check import choices, classes, fit, joins, rows, variants
from xform.check.finding import Finding, refusal
from xform.check.place import Place
from xform.check.relaxng import Pattern
from xform.check.survey import Survey, survey
from xform.dialect import planner
from xform.errors import TableError
from xform.pipeline import stages_of
from xform.table.folder import display
from xform.table.model import Tables


def unknown_stage(tables: Tables) -> Iterator[Finding]:
    """Each stage of a pipeline is there, and plan.py has its function."""
    looks: list[Callable[[], Any]] = [partial(stages_of, tables, pipeline) for pipeline in tables.pipelines]
    looks.append(partial(planner, tables, "plan"))
    for look in looks:
        try:
            look()
        except TableError as error:
            yield evolve(refusal(error), rule="unknown_stage")


# Rules that ask the tables alone, and rules that ask a schema as well; the first line of each says what must hold.
RULES: tuple[Callable[[Tables], Iterator[Finding]], ...] = (
    variants.overlap,
    rows.passed_through,
    rows.loses,
    rows.one_way,
    joins.unused,
    joins.join_key,
    classes.fields_and_rows,
    classes.context_class,
    unknown_stage,
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
    """Whether a finding has to do with a file of the dialect itself; its Python may be packages."""
    files = [Path(place.file) for place in (finding.origin, finding.other) if place]
    return any(display(tables.folder) in file.parents[: 2 if file.suffix == ".py" else 1] for file in files)
