"""Schema: what is generated of a valid document is valid."""

from __future__ import annotations

from typing import Any

from xform.dialect import Dialect
from xform.errors import EntityError
from xform.faults import check
from xform.faults.sections import unlike
from xform.laws.finding import Finding
from xform.schema import Schema
from xform.xml import line_of, path_of


def valid(dialect: Dialect, document: str | bytes, schema: Schema, **context: Any) -> list[Finding] | None:
    """Schema: generate(parse(X)) validates against the RELAX NG that X does; None for what is not valid itself.

    What the dialect keeps in namespaces of its own validates against their XML Schemas.
    """
    root = dialect.tree(document)
    if schema.said(root):
        return None
    try:
        made = dialect.generate(dialect.parse(document, **context), **context)
    except EntityError as error:
        return [Finding("schema", path_of(root), f"cannot be generated again: {error}", line_of(root))]
    tree = dialect.tree(made)
    if not schema.said(tree):
        return [Finding("schema", path_of(root), fault.message, 0) for fault in unlike(dialect, tree)]
    return [Finding("schema", path_of(root), fault.message, 0) for fault in check(dialect, schema, tree, context)]
