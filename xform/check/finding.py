"""What the linter says: a finding, and the smallest document that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path as File

from attrs import frozen
from lxml import etree

from xform.errors import TableError
from xform.table.folder import display
from xform.table.model import Choice, Origin, Path, Row, Step, Table, Tables
from xform.table.walk import standing
from xform.xml import document_text

Node = tuple[Path, str | None]


@frozen
class Finding:
    """One fault of the tables: the rule that found it, where it is, what is wrong and what was expected.

    `other` is the second place that has to do with it, `witness` a smallest document or entity that shows it.  A `note`
    is no fault: what the tables leave out on purpose, or may.
    """

    rule: str
    origin: Origin
    message: str
    witness: str = ""
    other: Origin | None = None
    note: bool = False

    def __str__(self) -> str:
        return f"{self.origin}: {self.message}"


def refusal(error: TableError) -> Finding:
    """What keeps a dialect from being loaded, as a finding. Raises the error itself where it names no line."""
    place = re.match(r"(.+?):(\d+):(?:(\d+):)? ", str(error))  # of Python the line alone
    if place is None:
        raise error
    file = display(File(place[1]).parent) / File(place[1]).name
    return Finding("load", Origin(str(file), int(place[2]), int(place[3] or 1)), str(error)[place.end() :])


def every_table(tables: Tables) -> Iterator[tuple[Table, Choice | None]]:
    """Every table, with the choice that it is a variant of."""
    for shape in tables.shapes.values():
        if isinstance(shape, Choice):
            for table in shape.variants.values():
                yield table, shape
        else:
            yield shape, None


def sample(row: Row) -> str | None:
    """A text that a row may write; None for what is an element of its own."""
    codec = row.codec
    if codec is None or codec.shape != "value":
        return None
    texts = []
    for value, needs in codec.cases:
        with suppress(Exception):  # a rule may raise anything; that is told elsewhere
            texts.append(codec.encode(value, **needs))
    return next((text for text in texts if text.strip()), "")


def nodes(row: Row) -> list[Node]:
    """What a row writes, as nodes of a sketch."""
    path, unit = row.path, row.codec.unit if row.codec else None
    if row.form == "map":
        key = [(Path(path.steps, row.key.attribute), "a")] if row.key.attribute else []
        return [*key, (Path((*path.steps, *row.value.steps), row.value.attribute), sample(row))]
    units = [(Path(path.steps, unit), row.codec.unit_word)] if unit and row.codec else []
    return [(path, sample(row)), *units]


def sketch(tables: Tables, table: Table, choice: Choice | None, *nodes: Node) -> str:
    """An entity's element with these nodes, and with the words that tell its variant."""
    step = standing(tables, choice.name if choice else table.name)
    return draw(tables, step.tag, *told(table, choice), *nodes)


def told(table: Table, choice: Choice | None) -> list[Node]:
    """The words that tell a variant, as nodes of a sketch."""
    if not choice or not choice.attributes:
        return []
    return [(Path((), name), word) for name, word in zip(choice.attributes, choice.words(table.name), strict=True)]


def draw(tables: Tables, tag: str, *nodes: Node) -> str:
    """The smallest element that has each node: the text of an attribute or element; with None, the element alone."""
    root = etree.Element(tag, nsmap=tables.namespaces)
    for path, text in nodes:
        at = root
        for step in path.steps:
            made = next((child for child in at if _is(child, step)), None)
            at = _make(at, step) if made is None else made
        if path.attribute is not None:
            at.set(path.attribute, text or "")
        elif text is not None:
            at.text = text
    return document_text(root, tables.namespaces)


def _is(element: etree._Element, step: Step) -> bool:
    return element.tag == step.tag and all(element.get(name) == value for name, value in step.where)


def _make(parent: etree._Element, step: Step) -> etree._Element:
    child = etree.SubElement(parent, step.tag[:-1] + "any" if step.wild else step.tag)
    for name, value in step.where:
        child.set(name, value)
    return child
