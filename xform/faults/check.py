"""All that is wrong with a document of a dialect: by its own rows and schemas, and by the schema that it follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xform.compile.interpreter import TEXT
from xform.errors import DocumentError
from xform.faults.allowed import Value
from xform.faults.fault import Fault, meant
from xform.faults.judge import judge
from xform.faults.known import Known
from xform.faults.sections import unlike
from xform.faults.suspects import Suspects
from xform.mask import Discreet
from xform.schema import speaker
from xform.xml import Element, own_text

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
    tables = speaker(dialect.tables)
    known = Known(tables, (other for other in dialect.tables.lineage if other is not tables))
    try:
        suspects = Suspects(tables, known, root)
    except RecursionError:
        raise DocumentError("elements are nested too deeply; expected fewer within each other") from None
    found = judge(schema, suspects, root) if schema else alone(suspects, root)
    return [*own.values(), *(fault for fault in found if (fault.element, fault.node) not in own)]


def alone(suspects: Suspects, root: Element) -> list[Fault]:
    """What the tables say without a schema: what reading does not take; of the root nothing is required."""
    return [one.fault for one in suspects.found if one.kind != "missing" or one.fault.element is not root]


def refused(dialect: Dialect, root: Element, context: dict[str, Any]) -> Iterator[Fault]:
    """The values that the dialect's own rows do not admit, whatever the schema says."""
    reader = Discreet(dialect)
    for element, row, message in reader.document(root, context).refused:
        if row.path.attribute is None and not own_text(element).strip():
            continue  # an element without text, where others go through it, has no value to refuse
        hidden = bool(row.codec) and reader.hides(row, element)
        codec = row.codec
        said = f"the value is not {codec.expected}" if codec and hidden else message
        node = row.path.attribute or TEXT
        value = Value(codec=codec)
        if codec and codec.unit and value.admits(element.get(node, "") if node != TEXT else own_text(element).strip()):
            node, value = codec.unit, Value(codec=codec, unit=True)
        found = "" if hidden else own_text(element).strip() if node == TEXT else element.get(node, "")
        hint = meant(found, value.expected)
        yield Fault(element, node, f"{row}: {said}", found, value.expected, hint, by=str(row.origin))
