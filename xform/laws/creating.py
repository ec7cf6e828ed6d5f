"""What is generated: CreateGet of an entity, Create of a document."""

from __future__ import annotations

from typing import Any

from xform.compare import Difference, compare
from xform.compile.interpreter import TEXT, Reader, find
from xform.dialect import Dialect
from xform.entities import unequal
from xform.errors import EntityError
from xform.laws.finding import Finding
from xform.laws.secrets import secrets
from xform.mask import Discreet
from xform.table.model import Choice, Row
from xform.table.walk import joins
from xform.xml import Element, line_of, parse_text, path_of


def create_get(dialect: Dialect, entity: Any, **context: Any) -> list[Finding]:
    """CreateGet: parse(generate(e)) equals e in all that is intent."""
    back = dialect.parse(dialect.generate(entity, **context), **context)
    if back == entity:
        return []
    return [
        Finding("create-get", path, f"{one} came back as {other}")
        for path, one, other in unequal(entity, back, live=False)
    ] or [Finding("create-get", type(entity).__name__, "came back as another value")]


def create(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """Create: generate(parse(X), live=True) equals X.

    Excused are elements that hold nothing and that no row claims, a discriminator that was added with the word that an
    absent one stands for, and of second places what `arrange` says.
    """
    root = dialect.tree(document)
    try:
        made = parse_text(dialect.generate(dialect.read_tree(root, context), live=True, **context))
    except EntityError as error:
        return [Finding("create", path_of(root), f"cannot be generated again: {error}", line_of(root))]
    for tree in (root, made):
        arrange(dialect, tree)
    differences = compare(root, made)
    if not differences:
        return []
    reading = Reader(dialect.classes).document(root, context)
    stated = _discriminators(dialect, root) if any(found.kind == "added" for found in differences) else set()
    hidden, discreet = set(secrets(reading.entity)), Discreet(dialect)
    shown = discreet.document(root, context).claims

    def veiled(found: Difference) -> bool:
        """Whether a row calls the place secret: what stands there may be another form of a value."""
        node, name = found.node, _name(found) if found.what == "attribute" else TEXT
        secret = name in reading.claims.get(node, ()) and name not in shown.get(node, ())
        return secret or discreet.inside(node) or not hidden.isdisjoint([found.left, found.right])

    return [
        Finding("create", found.path, _said(found, veiled(found)), found.line)
        for found in differences
        if not (found.kind == "empty" and not any(node in reading.claims for node in found.node.iter()))
        and not (found.what == "attribute" and (found.node, _name(found), found.right) in stated)
    ]


def arrange(dialect: Dialect, root: Element) -> None:
    """Sort the entries of second places by what tells them apart, and leave out those that hold nothing else.

    Entries of several rows may have one name; in which order they stand, and that one stands there, says nothing.
    """
    entries: dict[Element, list[Element]] = {}
    for _, join, _ in joins(dialect.tables):
        keys = {path.attribute for path, _ in join.on} | {name for name, _ in join.path.steps[-1].where}
        for entry in find(root, join.path.steps):
            parent = entry.getparent()
            if parent is None:
                continue
            if not len(entry) and not (entry.text or "").strip() and keys.issuperset(entry.keys()):
                parent.remove(entry)
            elif entry not in entries.setdefault(parent, []):
                entries[parent].append(entry)
    for parent, held in entries.items():
        order = iter(sorted(held, key=lambda entry: sorted((name, text.lower()) for name, text in entry.items())))
        parent[:] = [next(order) if child in held else child for child in parent]


def _name(found: Difference) -> str:
    return found.path.rpartition("/@")[2]


def _said(found: Difference, veiled: bool) -> str:
    def show(text: str | None) -> str:
        return "***" if veiled and found.what != "element" else repr(text)

    match found.kind:
        case "changed":
            return f"{found.what} {show(found.left)} became {show(found.right)}"
        case "added":
            return f"{found.what} {show(found.right)} was added"
    return f"{found.what} {show(found.left)} is missing"


def _discriminators(dialect: Dialect, root: Element) -> set[tuple[Element, str, str]]:
    """Where a choice's discriminators are all absent: each with the word that this stands for."""
    tables = dialect.tables
    found: set[tuple[Element, str, str]] = set()
    seen: set[tuple[str, Element]] = set()

    def visit(name: str, element: Element) -> None:
        if (name, element) in seen:
            return
        seen.add((name, element))
        shape = tables.shapes[name]
        if isinstance(shape, Choice) and shape.absent and not any(map(element.attrib.has_key, shape.attributes)):
            found.update((element, *pair) for pair in zip(shape.attributes, shape.absent, strict=True))
        for table in shape.tables:
            walk(table.rows, element)

    def walk(rows: tuple[Row, ...], element: Element) -> None:
        for row in rows:
            for path in row.paths if row.entity else ():
                for holder in find(element, path.steps):
                    visit(row.entity or "", holder)

    visit(tables.root, root)
    for _, join, _ in joins(tables):
        for entry in find(root, join.path.steps):
            walk(join.rows, entry)
    return found
