"""All that is wrong with a document of a dialect: by its own rows and schemas, and by the schema that it follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import TEXT
from xform.errors import DocumentError
from xform.faults.allowed import Value
from xform.faults.fault import Fault, meant, value_at
from xform.faults.judge import judge
from xform.faults.sections import unlike
from xform.faults.suspects import Suspects
from xform.mask import Discreet
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.schema import Schema


def check(dialect: Dialect, schema: Schema | None, root: Element, context: dict[str, Any]) -> list[Fault]:
    """The faults of a document, each node's once. Raises DocumentError for what is nested too deeply."""
    rows, own_schemas = refused(dialect, root, context), unlike(dialect, root)
    own: dict[tuple[Element, str | None], Fault] = {}
    for fault in (*rows, *own_schemas):  # what a row says, it says with its place
        own.setdefault((fault.element, fault.node), fault)
    part = root.tag in dialect.tables.parts  # the schema describes whole documents
    if part or (schema is not None and not schema.said(root)):
        return list(own.values())
    found = by_schema(dialect, schema, root) if schema else alone(looked_at(dialect, root), root)
    more = any(fault.more for fault in found)
    others = (fault for fault in found if (fault.element, fault.node) not in own)
    return [*(fault.said_by(fault.by, more) if more else fault for fault in own.values()), *others]


def by_schema(dialect: Dialect, schema: Schema, root: Element) -> list[Fault]:
    """Why a document is not valid: at least one fault. Raises DocumentError for what is nested too deeply."""
    return judge(schema, looked_at(dialect, root), root)


def looked_at(dialect: Dialect, root: Element) -> Suspects:
    try:
        return Suspects(dialect.vocabulary, root)
    except RecursionError:
        raise DocumentError("elements are nested too deeply; expected fewer within each other") from None


def alone(suspects: Suspects, root: Element) -> list[Fault]:
    """What the tables say without a schema: what reading does not take; of the root nothing is required."""
    return [one.fault for one in suspects.found if one.kind != "missing" or one.fault.element is not root]


def refused(dialect: Dialect, root: Element, context: dict[str, Any]) -> Iterator[Fault]:
    """The values that the dialect's own rows do not admit, whatever the schema says."""
    reader = Discreet(dialect)
    for element, row, message in reader.document(root, context).refused:
        node, codec = row.path.attribute or TEXT, row.codec
        if node == TEXT and not value_at(element, TEXT):
            continue  # an element without text, where others go through it, has no value to refuse
        hidden = codec is not None and reader.hides(row, element)
        said = f"the value is not {codec.expected}" if codec and hidden else message
        value = Value(codec=codec)
        if codec and codec.unit and value.admits(value_at(element, node)):
            node, value = codec.unit, Value(codec=codec, unit=True)
        found = "" if hidden else value_at(element, node)
        hint = meant(found, value.expected)
        yield Fault(element, node, f"{row}: {said}", found, value.expected, hint, by=str(row.origin))
