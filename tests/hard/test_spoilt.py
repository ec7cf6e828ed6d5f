"""Drawn entities and documents, spoilt by whole values and nodes: each is refused, or read as what it is."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from lxml import etree

from tests.hard.seeds import DOMAIN as DOMAIN_XML
from tests.hard.seeds import MACHINE
from tests.hard.targets import DOMAIN, MINI, feed
from xform.dialect import Dialect
from xform.errors import EntityError
from xform.strategies import entities
from xform.xml import parse_text

Opaque = MINI.Opaque


class Text(str):
    """A text of a class of its own."""


WRONG: list[Any] = [
    *(None, 0, -1, 10**30, 1.5, float("nan"), float("inf"), True, "", "on", b"x", object(), int, Text("x")),
    *("a\x00", "\ud800", "</a><a>", "'", "a\n", "]]>", "a b", "x:y", "xmlns"),
    *([], ["a"], [None], [["a"]], {}, {"a": 1}, {1: 2}, {"a b": "c"}, {None: None}, (1,), {1}),
    *("<a/><b/>", "<a ><b></a>", "<a xmlns='urn:x'/>", Opaque("<a/>"), Opaque("<a>"), Opaque(5)),  # type: ignore[arg-type]
    Opaque("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
]
Spot = tuple[Any, Any]


def spots(value: Any) -> list[Spot]:
    """Every place in an entity that holds a value: what holds it, and its field, index or key."""
    if attrs.has(type(value)) and type(value) is not Opaque:
        inner = [(value, field.name, getattr(value, field.name)) for field in attrs.fields(type(value))]
    elif isinstance(value, list | dict):
        inner = [(value, *pair) for pair in (enumerate(value) if isinstance(value, list) else value.items())]
    else:
        inner = []
    return [(holder, at) for holder, at, _ in inner] + [spot for _, _, held in inner for spot in spots(held)]


@st.composite
def spoilt_entities(draw: DrawFn, dialect: Dialect) -> Any:
    """An entity some of whose values, or keys of maps, are others."""
    entity = draw(entities(dialect))
    for _ in range(draw(st.integers(1, 2))):
        holder, at = draw(st.sampled_from(spots(entity)))
        wrong = deepcopy(draw(st.sampled_from(WRONG)))
        if isinstance(holder, list):
            holder[at] = wrong
        elif not isinstance(holder, dict):
            setattr(holder, at, wrong)
        elif type(wrong).__hash__ and draw(st.booleans()):
            holder[wrong] = holder.pop(at)
        else:
            holder[at] = wrong
    return entity


@pytest.mark.parametrize("dialect", [MINI, DOMAIN], ids=["mini", "domain"])
@settings(max_examples=60)
@given(st.data())
def test_a_wrong_value_is_refused_or_stays_a_value(dialect: Dialect, data: st.DataObject) -> None:
    entity = data.draw(spoilt_entities(dialect))
    try:
        dialect.check(entity)
    except EntityError:
        for write in (dialect.generate, lambda vm: dialect.update(f"<{dialect.root.element}/>", vm)):
            try:
                parse_text(write(entity))
            except EntityError:
                continue
    else:
        assert dialect.parse(dialect.generate(entity)) == entity


# --- documents --------------------------------------------------------------------------------------------------------


def other(draw: DrawFn, root: etree._Element, node: etree._Element) -> etree._Element:
    """A node that does not hold another one, nor is held by it."""
    apart = [
        one for one in root.iter() if one is not node and node not in [*one.iterancestors(), *one.iterdescendants()]
    ]
    return draw(st.sampled_from(apart or [node]))


@st.composite
def spoilt_documents(draw: DrawFn) -> bytes:
    """A document some of whose nodes are swapped, doubled, gone, wrapped, renamed, or without attributes."""
    root = etree.fromstring(draw(st.sampled_from([MACHINE, DOMAIN_XML])))
    for _ in range(draw(st.integers(1, 4))):
        below = [node for node in root.iterdescendants() if isinstance(node.tag, str)]
        if not below:
            break
        node = draw(st.sampled_from(below))
        parent = node.getparent()
        assert parent is not None
        match draw(st.sampled_from(["swap", "double", "remove", "wrap", "attribute", "foreign", "rename"])):
            case "swap":
                twin = other(draw, root, node)
                place = twin.getparent()
                if twin is not node and place is not None:
                    place.replace(twin, deepcopy(node))
                    parent.replace(node, twin)
            case "double":
                parent.insert(draw(st.integers(0, len(parent))), deepcopy(node))
            case "remove":
                parent.remove(node)
            case "wrap":
                wrapper = etree.Element(draw(st.sampled_from([str(node.tag), "x", "devices"])))
                parent.replace(node, wrapper)
                wrapper.append(node)
            case "attribute" if node.attrib:
                name = draw(st.sampled_from(sorted(map(str, node.attrib))))
                draw(st.sampled_from(below)).set(name, node.attrib.pop(name))
            case "foreign":
                node.tag = f"{{urn:foreign}}{etree.QName(node).localname}"
            case _:
                node.tag = draw(st.sampled_from(below)).tag
    return etree.tostring(root)


@pytest.mark.parametrize("target", ["document", "update", "followed"])
@settings(max_examples=60)
@given(st.data())
def test_a_document_of_spoilt_nodes_is_read_or_refused(target: str, data: st.DataObject) -> None:
    document = data.draw(spoilt_documents())
    if target != "document":
        whole = DOMAIN_XML if b"<domain" in document else MACHINE
        document = b"\n---\n".join(data.draw(st.permutations([document, whole])))
    feed(target, document)
