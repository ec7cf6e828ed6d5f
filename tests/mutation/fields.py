"""What a row writes and reads, as text: its values, where it is missing, which texts are read, what is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs
from lxml import etree

from tests.mutation.witness import NOTHING, TEXTS, Told, Witness, at_place, lines, made, read, said
from tests.test_exercised import at
from xform.compile.interpreter import TEXT, Reader
from xform.dialect import Dialect
from xform.files import dump_entity, dump_value
from xform.laws.facts import smallest
from xform.table.model import Row
from xform.validate import problems
from xform.versions import unknown

OLDEST, NEWEST = "0.0.2", "98.0"  # versions of libvirt


def whole(dialect: Dialect, it: Witness) -> Iterator[str]:
    """The smallest entity of a table, and what is made of it without each of its fields."""
    data = it.data
    yield json.dumps(data, ensure_ascii=False)
    xml = dialect.generate(made(dialect, data), live=True)
    yield from (f"  {line}" for line in xml.splitlines())
    yield f"read: {read(dialect, xml, it.place)}"


def fields(it: Witness, row: Row) -> Iterator[Told]:
    """Of one field: its values, what is made of it where it is missing, which texts are read."""
    title = f"{it.table.name}.{row.name}"
    empty = it.with_(row, None)
    given = list(values(it, row))
    base = [text(it.dialect, empty, live) for live in (True, False)]
    yield Told(it.table.name, row.name, title, lambda dialect: without(dialect, it, row, empty))
    for value in given:
        name = f"{title} = {json.dumps(value, ensure_ascii=False)}"
        data = it.with_(row, value)
        yield Told(
            it.table.name,
            row.name,
            name,
            lambda dialect, data=data, last=value is given[-1]: write(dialect, it, row, data, base, last),
        )
    if row.codec and row.codec.shape == "value" and given:
        xml = it.dialect.generate(made(it.dialect, it.with_(row, given[0])), live=True)
        documents = list(probes(it, row, xml))
        yield Told(it.table.name, row.name, f"{title} reads", lambda dialect: texts(dialect, it, row, documents))


def text(dialect: Dialect, data: Any, live: bool) -> str:
    try:
        return dialect.generate(made(dialect, data), live=live)
    except Exception:
        return ""


def values(it: Witness, row: Row) -> Iterator[Any]:
    """Plain values for a row."""
    if row.codec:
        some = list(row.codec.words.values()) if row.codec.words else list(row.codec.samples)[-2:]
        plain = [dump_value(it.dialect, value) for value in some]
    else:
        shape = it.dialect.tables.shapes[row.entity or ""]
        plain = [dump_entity(it.dialect, one) for table in shape.tables if (one := smallest(it.dialect.classes, table))]
    match row.form:
        case "list":
            yield from ([value] for value in plain)
            yield plain if len(plain) > 1 else plain * 2
        case "map":
            yield from ({"key": value} for value in plain)
            yield {"key": plain[0], "other": plain[-1]}
        case _:
            yield from plain


def without(dialect: Dialect, it: Witness, row: Row, data: Any) -> Iterator[str]:
    """A field that is not given, and one that is not there."""
    entity = made(dialect, data)
    yield f"missing: {said(dialect, getattr(at(entity, it.place), row.name))}"
    if found := problems(dialect, entity):
        yield from map(str, found)
        return
    xml = dialect.generate(entity, live=True)
    yield f"read: {read(dialect, xml, it.place, row.name)}"


def write(dialect: Dialect, it: Witness, row: Row, data: Any, base: list[str], whole: bool) -> Iterator[str]:
    """A value: what is written of it, what comes back, and with `whole` what else is done with it."""
    entity = made(dialect, data)
    xml = dialect.generate(entity, live=True)
    new = lines(xml, base[0])
    yield from (f"  {line}" for line in new)
    back = read(dialect, xml, it.place, row.name)
    if back != said(dialect, at_place(data, (*it.place, row.name))):
        yield f"read: {back}"
    if not whole:
        return
    if not lines(dialect.generate(entity), base[1]):
        yield "written live only"
    here = at(entity, it.place)
    if attrs.evolve(here, **{row.name: None}) == here:
        yield "no part of equality"
    if "***" in repr(here):
        yield "a secret"
    if (shown := lines(dialect.masked(xml), base[0])) != new:
        yield from (f"shown: {line}" for line in shown)
    for version in (OLDEST, NEWEST):
        if found := unknown(dialect, entity, version):
            yield f"{version}: {found[0]}"


def probes(it: Witness, row: Row, xml: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Documents in which another text stands where a row's does, or without an attribute that the row asks for."""
    root = it.dialect.tree(xml)
    claims = Reader(it.dialect.classes).document(root, {}).claims
    name, here = row.name, (*it.place, row.name)
    nodes = [
        (element, node)
        for element, held in claims.items()
        for node, claim in held.items()
        if claim and claim.row.name == name and claim.place[: len(here)] == here and node != "."
    ]
    for element, node in nodes:
        known = element.text if node == TEXT else element.get(node)
        path = f"@{etree.QName(node).localname}" if node != TEXT else "text"
        found = []
        for other in (*TEXTS, None):
            put_text(element, node, other)
            found.append((NOTHING if other is None else json.dumps(other), etree.tostring(root, encoding="unicode")))
        put_text(element, node, known)
        yield f"<{etree.QName(element).localname}> {path}", found


def put_text(element: Any, node: str, text: str | None) -> None:
    if node == TEXT:
        element.text = text
    elif text is None:
        del element.attrib[node]
    else:
        element.set(node, text)


def texts(dialect: Dialect, it: Witness, row: Row, documents: list[tuple[str, list[tuple[str, str]]]]) -> Iterator[str]:
    for node, found in documents:
        results: dict[str, list[str]] = {}
        for text, xml in found:
            results.setdefault(read(dialect, xml, it.place, row.name), []).append(text)
        yield f"{node}:"
        yield from (f"  {' '.join(those)} → {result}" for result, those in results.items() if those != [result])
        yield f"  as it is: {' '.join(result for result, those in results.items() if those == [result]) or NOTHING}"
