"""Documents of libvirt's own, each spoilt at a seeded random place: the fault is told at that line, and it alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

import xform
from tests import corpus
from xform.faults import check, locate
from xform.schema import Schema
from xform.xml import Element, line_of, parse_text

DOMAIN = xform.load("domain")
VERSIONS = [folder.name for folder in sorted((corpus.HOME / "schemas").glob("*/"))]
COUNT = 60  # documents of each version
Spoilt = tuple[Element, str | None] | None  # the node that is at fault


def elements(root: Element) -> list[Element]:
    """Those that the schema looks into: what is in other namespaces, or in metadata, may be anything."""
    kept = root.xpath("//*[namespace-uri() = '' and not(ancestor-or-self::metadata)]")
    return [element for element in kept if isinstance(element, Element)]


def unknown_element(root: Element, rng: random.Random) -> Spoilt:
    parent = rng.choice(elements(root))
    parent.insert(rng.randint(0, len(parent)), new := etree.Element("nonsense"))
    return new, None


def unknown_attribute(root: Element, rng: random.Random) -> Spoilt:
    element = rng.choice(elements(root))
    element.set("nonsense", "1")
    return element, "nonsense"


def value(root: Element, rng: random.Random) -> Spoilt:
    nodes = [(element, str(name)) for element in elements(root) for name in element.attrib]
    if not nodes:
        return None
    element, name = rng.choice(nodes)
    element.set(name, "no such word")
    return element, name


def wrong_place(root: Element, rng: random.Random) -> Spoilt:
    moved = rng.choice(elements(root)[1:])
    around = {moved.getparent(), *moved.iter()}
    parent = rng.choice([element for element in elements(root) if element not in around] or [root])
    parent.append(new := deepcopy(moved))
    return new, None


def missing_child(root: Element, rng: random.Random) -> Spoilt:
    child = rng.choice(elements(root)[1:])
    parent = child.getparent()
    assert parent is not None
    parent.remove(child)
    return parent, None


def spoil(
    file: Path, schema: Schema, way: Callable[[Element, random.Random], Spoilt], rng: random.Random
) -> tuple[bytes, Element] | None:
    """The document, no longer valid, and the element at fault; None where a few tries leave it valid."""
    for _ in range(10):
        root = parse_text(file.read_bytes())
        if (spoilt := way(root, rng)) and schema.said(root):
            path = root.getroottree().getpath(spoilt[0])
            data = etree.tostring(root, pretty_print=True)
            again = parse_text(data)
            (element,) = again.getroottree().xpath(path)
            return data, element
    return None


# Some faults stand elsewhere as well as can be told: what lacks one of several things is told where these are chosen
# from, an element around; and what is put into a place that knows its name is told as what is wrong within it.
@corpus.needed
@pytest.mark.skipif(not VERSIONS, reason="no schemas beside the corpus")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("way", "located", "alone"),
    [
        (unknown_element, 1.0, 1.0),
        (unknown_attribute, 1.0, 1.0),
        (value, 1.0, 0.97),
        (wrong_place, 0.97, 0.93),
        (missing_child, 0.95, 0.9),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_fault_is_told_where_the_document_was_spoilt(
    way: Callable[[Element, random.Random], Spoilt], located: float, alone: float, version: str
) -> None:
    schema, rng = Schema(corpus.HOME / "schemas" / version), random.Random(version)
    files = rng.sample(corpus.folders()[version], COUNT)
    tried, there, only = 0, 0, 0
    for file in files:
        if not (made := spoil(file, schema, way, rng)):
            continue
        data, element = made
        lines = {fault.line for fault in locate(DOMAIN, schema, data)}
        tried += 1
        there += line_of(element) in lines
        only += len(lines) == 1
    assert tried > COUNT / 2
    assert there / tried >= located
    assert only / tried >= alone


@corpus.needed
@pytest.mark.skipif(not VERSIONS, reason="no schemas beside the corpus")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_valid_document_has_no_faults(version: str) -> None:
    schema, rng = Schema(corpus.HOME / "schemas" / version), random.Random(version)
    for file in rng.sample(corpus.folders()[version], COUNT):
        assert check(DOMAIN, schema, parse_text(file.read_bytes()), {}) == []
