"""lxml's tree as dicts and back, for those that build objects from dicts: attributes are texts, elements are dicts."""

from __future__ import annotations

from typing import Any

from lxml import etree

OVIRT = "{http://ovirt.org/vm/1.0}"
MANY = frozenset({"disk", "controller", "interface", "channel", "timer", f"{OVIRT}device"})
TEXT = "text"


def to_dict(element: etree._Element) -> dict[str, Any]:
    made: dict[str, Any] = dict(element.attrib)
    text = element.text
    if text and not text.isspace():
        made[TEXT] = text
    for child in element:
        tag = child.tag
        if tag in MANY:
            made.setdefault(tag, []).append(to_dict(child))
        else:
            made[tag] = to_dict(child)
    return made


def to_element(tag: str, held: dict[str, Any]) -> etree._Element:
    made = etree.Element(tag)
    for name, value in held.items():
        if value is None:
            continue
        if isinstance(value, dict):
            made.append(to_element(name, value))
        elif isinstance(value, list):
            made.extend([to_element(name, one) for one in value])
        elif name == TEXT:
            made.text = str(value)
        else:
            made.set(name, str(value))
    return made
