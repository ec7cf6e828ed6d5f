"""Libvirt: what libvirt makes of a document, it makes of the one that is generated again."""

from __future__ import annotations

from typing import Any

from lxml import etree

from xform.compare import Difference, compare
from xform.dialect import Dialect
from xform.errors import EntityError, HostError
from xform.hypervisor import MOCK
from xform.laws.creating import arrange
from xform.laws.finding import Finding
from xform.laws.secrets import secrets
from xform.mock import Mock
from xform.xml import Element, line_of, parse_text, path_of


class Refused(HostError):
    """libvirt does not take a document as it is, whatever is generated of it."""


def define(dialect: Dialect, document: str | bytes, mock: Mock, **context: Any) -> list[Finding] | None:
    """Libvirt: define(X), dump equals define(generate(parse(X))), dump; None for a dialect that is not for libvirt.

    Both are defined as documents for libvirt's mock.  Excused is what libvirt draws by itself, such as a MAC address:
    that in which two dumps of X differ; and of second places what Create excuses.  What libvirt keeps as it is,
    metadata, is generated with its live fields.  Raises Refused where libvirt does not take X.
    """
    attribute = dialect.tables.hypervisor
    if attribute is None:
        return None
    root = dialect.tree(document)
    entity = dialect.parse(document, **context)
    hidden = set(secrets(entity))
    given = _mocked(root, attribute)
    try:
        dump = mock.define(given)
    except HostError as error:
        raise Refused(_veiled(str(error), hidden)) from None
    try:
        made = dialect.tree(dialect.generate(entity, live=bool(dialect.sections), **context))
        again = mock.define(_mocked(made, attribute))
    except (EntityError, HostError) as error:
        said = _veiled(str(error), hidden)
        return [Finding("libvirt", path_of(root), f"cannot be defined again: {said}", line_of(root))]
    if again == dump:
        return []

    def differences(text: str) -> list[Difference]:
        one, other = parse_text(dump), parse_text(text)
        for tree in (one, other):
            arrange(dialect, tree)
        return compare(one, other)

    drawn = {_place(found) for found in differences(mock.define(given))}
    return [
        Finding("libvirt", found.path, f"libvirt makes another {found.what} of it ({found.kind})")
        for found in differences(again)
        if _place(found) not in drawn
    ]


def _mocked(root: Element, attribute: str) -> str:
    root.set(attribute, MOCK)
    return etree.tostring(root, encoding="unicode")


def _place(found: Difference) -> tuple[str, str, str]:
    return found.path, found.what, found.kind


def _veiled(text: str, hidden: set[str]) -> str:
    for secret in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
