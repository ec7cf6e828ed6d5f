"""What is wrong with the parts of a document that follow a schema of the dialect's own, one for each namespace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml import etree

from xform.compile.interpreter import TEXT, find
from xform.errors import DocumentError
from xform.faults.fault import Fault, short
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect


def unlike(dialect: Dialect, root: Element) -> Iterator[Fault]:
    """The faults of each such part, each node's once.  No value is shown: the schema does not know what is secret.

    Raises DocumentError for what is nested too deeply.
    """
    for prefix, ways, schema in dialect.sections:
        told: dict[tuple[Element, str | None], Fault] = {}
        for section in (one for way in ways for one in find(root, way)):
            copy = deepcopy(section)
            etree.strip_tags(copy, etree.Comment, etree.ProcessingInstruction)  # they would hide the text behind them
            twin = dict(zip(copy.iter(), section.iter(etree.Element), strict=True))
            try:
                for error in _schema(schema).iter_errors(copy):
                    one = _told(error, twin[error.elem]).said_by(f"schema of {prefix}")
                    told.setdefault((one.element, one.node), one)
            except RecursionError:
                raise DocumentError("elements are nested too deeply; expected fewer within each other") from None
        yield from told.values()


@lru_cache(8)
def _schema(text: str) -> Any:
    import xmlschema  # takes longer to import than most documents to check

    return xmlschema.XMLSchema11(text)


def _told(error: Any, element: Element) -> Fault:
    """What xmlschema found of an element, without the values that its own reason quotes."""
    reason = error.reason or ""
    if missing := re.match(r"missing required attribute '(.*)'", reason):
        name = f"the attribute {missing[1]}"
        return _fault(element, None, f"{name} is missing", missing[1])
    if reason.startswith("character data between child elements"):
        return _fault(element, TEXT, "a text stands between its elements; expected elements alone")
    if reason.startswith("a simple content element can't have child elements"):
        return _fault(element, TEXT, "an element stands in it; expected a text alone")
    attribute = re.match(r"attribute ([^=]*)='", reason)
    expected = _expected(error.validator)
    return _fault(element, attribute[1] if attribute else TEXT, f"the value is not {expected}", expected)


def _fault(element: Element, node: str | None, what: str, *expected: str) -> Fault:
    return Fault(element, node, f"{short(element, node)}: {what}", expected=expected)


def _expected(validator: Any) -> str:
    """What the type of a value says that it is, by the facet that it does not have."""
    annotation = getattr(getattr(validator, "parent", None), "annotation", None)
    return annotation.documentation[0].text if annotation is not None else "what the schema has there"
