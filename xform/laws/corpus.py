"""All laws tried on one document of a corpus: what holds, what does not, and what does not apply to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from attrs import field, frozen

from xform.dialect import Dialect
from xform.errors import DocumentError, HostError, XformError
from xform.laws.creating import create, create_get
from xform.laws.defining import Refused, define
from xform.laws.finding import Finding
from xform.laws.matching import match
from xform.laws.naming import named
from xform.laws.putting import Putting, get_put
from xform.laws.twin import twins
from xform.laws.valid import valid
from xform.mock import Mock
from xform.rounding import rounded
from xform.schema import Schema, home_of, schema_of
from xform.validate import problems
from xform.xml import line_of, parse_text, path_of


@frozen
class Trial:
    """What is asked of a document; without a schema, and without libvirt's mock, their laws do not apply."""

    dialect: Dialect
    schema: Schema | None = None
    thorough: bool = False
    mock: Mock | None = None


@frozen(slots=False)
class Case:
    """A document on trial; what several laws ask of it is made once."""

    trial: Trial
    document: bytes

    @property
    def dialect(self) -> Dialect:
        return self.trial.dialect

    @cached_property
    def whole(self) -> bool:
        """Whether the tables say all of it: nothing is unnamed, no amount is in a finer unit than its field's."""
        root = self.dialect.tree(self.document)
        return not named(self.dialect, root) and not rounded(self.dialect, root, {})

    @cached_property
    def putting(self) -> Putting:
        return Putting(self.dialect, self.document, {}, self.trial.thorough)


Law = Callable[[Case], "list[Finding] | None"]


def _create(case: Case) -> list[Finding] | None:
    """For documents that the tables name whole."""
    return create(case.dialect, case.document) if case.whole else None


def _create_get(case: Case) -> list[Finding] | None:
    """For documents whose entity the tables admit."""
    entity = case.dialect.parse(case.document)
    return None if problems(case.dialect, entity) else create_get(case.dialect, entity)


def _valid(case: Case) -> list[Finding] | None:
    """For documents that are valid themselves."""
    return valid(case.dialect, case.document, case.trial.schema) if case.trial.schema else None


def _define(case: Case) -> list[Finding] | None:
    """For documents that the tables name whole and that libvirt does not refuse."""
    return define(case.dialect, case.document, case.trial.mock) if case.trial.mock and case.whole else None


LIBVIRT = "libvirt"
LAWS: dict[str, Law] = {
    "get-put": lambda case: get_put(case.dialect, case.document),
    "put-get": lambda case: case.putting.put_get(),
    "put-put": lambda case: case.putting.put_put(),
    "least-edit": lambda case: case.putting.least_edit(),
    "create-get": _create_get,
    "create": _create,
    "schema": _valid,
    LIBVIRT: _define,
    "match": lambda case: match(case.dialect, case.document),
    "twins": lambda case: twins(case.dialect, case.document),
}


def untried(dialect: Dialect, laws: Sequence[str], schemas: Path | None = None) -> dict[str, str]:
    """The laws that cannot be tried here, each with the reason in one line.

    Raises XformError for a folder without the schema.
    """
    found: dict[str, str] = {}
    if "schema" in laws:
        try:
            home_of(dialect.tables, schemas)
        except HostError as error:
            found["schema"] = str(error)
    if LIBVIRT in laws and dialect.tables.hypervisor:
        try:
            Mock()
        except HostError as error:
            found[LIBVIRT] = str(error)
    return found


def prepared(dialect: Dialect, laws: Sequence[str], schemas: Path | None = None, thorough: bool = False) -> Trial:
    """What a process tries laws with. Raises XformError, HostError where something is missing."""
    schema = schema_of(dialect.tables, schemas) if "schema" in laws else None
    mock = Mock() if LIBVIRT in laws and dialect.tables.hypervisor else None
    return Trial(dialect, schema, thorough, mock)


@frozen
class Outcome:
    """What came of one document: by law the findings, None where the law does not apply.

    `hypervisor` is the one that the document is for, empty where it says none.  `refused` is why libvirt does not
    take it, in its words.  `other` is a document of another kind, `unread` says why it could not be read; then no law
    was tried.
    """

    laws: dict[str, list[Finding] | None] = field(factory=dict)
    hypervisor: str = ""
    refused: str = ""
    other: bool = False
    unread: str = ""

    def refuses(self, law: str) -> bool:
        """Whether libvirt's refusal is why a law was not tried."""
        return bool(self.refused) and law == LIBVIRT


def outcome(trial: Trial, document: bytes, laws: Sequence[str], source: str = "document") -> Outcome:
    """Try some laws on a document; nothing that a law runs into ends the others."""
    try:
        root = parse_text(document, source)
        if root.tag != trial.dialect.root.element:
            return Outcome(other=True)
        _ = trial.dialect.open(document, source=source).entity
    except DocumentError as error:
        return Outcome(unread=str(error))
    except Exception as error:  # a dialect's Python may raise anything
        return Outcome(unread=f"{source}: {type(error).__name__} was raised; expected a document that can be read")
    case, refused = Case(trial, document), ""
    found: dict[str, list[Finding] | None] = {}
    for law in laws:
        try:
            found[law] = LAWS[law](case)
        except Refused as error:
            found[law], refused = None, str(error)
        except Exception as error:
            # what an error of Python's own says may hold a secret
            said = f": {error}" if isinstance(error, XformError) else ""
            found[law] = [Finding(law, path_of(root), f"{type(error).__name__} was raised{said}", line_of(root))]
    attribute = trial.dialect.tables.hypervisor
    return Outcome(found, root.get(attribute, "") if attribute else "", refused)
