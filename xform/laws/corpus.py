"""All laws tried on one document of a corpus: what holds, what does not, and what does not apply to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import field, frozen

from xform.compare import line_of
from xform.dialect import Dialect
from xform.errors import DocumentError, XformError
from xform.laws.creating import create, create_get
from xform.laws.finding import Finding
from xform.laws.matching import match
from xform.laws.naming import named
from xform.laws.putting import get_put, least_edit, put_get, put_put
from xform.laws.twin import twins
from xform.laws.valid import valid
from xform.schema import Schema
from xform.validate import problems
from xform.xml import parse_text, path_of


@frozen
class Trial:
    """What is asked of a document; without a schema that law does not apply."""

    dialect: Dialect
    schema: Schema | None = None
    thorough: bool = False


Law = Callable[[Trial, bytes], "list[Finding] | None"]


def _create(trial: Trial, document: bytes) -> list[Finding] | None:
    """For documents that the tables name whole."""
    whole = not named(trial.dialect, trial.dialect.tree(document))
    return create(trial.dialect, document) if whole else None


def _create_get(trial: Trial, document: bytes) -> list[Finding] | None:
    """For documents whose entity the tables admit."""
    entity = trial.dialect.parse(document)
    return None if problems(trial.dialect, entity) else create_get(trial.dialect, entity)


def _valid(trial: Trial, document: bytes) -> list[Finding] | None:
    """For documents that are valid themselves."""
    return valid(trial.dialect, document, trial.schema) if trial.schema else None


LAWS: dict[str, Law] = {
    "get-put": lambda trial, document: get_put(trial.dialect, document),
    "put-get": lambda trial, document: put_get(trial.dialect, document, thorough=trial.thorough),
    "put-put": lambda trial, document: put_put(trial.dialect, document, thorough=trial.thorough),
    "least-edit": lambda trial, document: least_edit(trial.dialect, document, thorough=trial.thorough),
    "create-get": _create_get,
    "create": _create,
    "schema": _valid,
    "match": lambda trial, document: match(trial.dialect, document),
    "twins": lambda trial, document: twins(trial.dialect, document),
}


@frozen
class Outcome:
    """What came of one document: by law the findings, None where the law does not apply.

    `other` is a document of another kind, `unread` says why it could not be read; then no law was tried.
    """

    laws: dict[str, list[Finding] | None] = field(factory=dict)
    other: bool = False
    unread: str = ""


def outcome(trial: Trial, document: bytes, laws: Sequence[str], source: str = "document") -> Outcome:
    """Try some laws on a document; nothing that a law runs into ends the others."""
    try:
        root = parse_text(document, source)
        if root.tag != trial.dialect.root.element:
            return Outcome(other=True)
        trial.dialect.open(document, source=source)
    except DocumentError as error:
        return Outcome(unread=str(error))
    found: dict[str, list[Finding] | None] = {}
    for law in laws:
        try:
            found[law] = LAWS[law](trial, document)
        except Exception as error:  # a dialect's rules may raise anything
            # what an error of Python's own says may hold a secret
            said = f": {error}" if isinstance(error, XformError) else ""
            found[law] = [Finding(law, path_of(root), f"{type(error).__name__} was raised{said}", line_of(root))]
    return Outcome(found)
