"""The laws that every dialect obeys, as functions: each returns what it found, and nothing where the law holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from xform.compare import Difference, compare, holds_nothing, line_of, local
from xform.compile.interpreter import TEXT, Reader, Reading, Writer
from xform.compile.interpreter import find as find_elements
from xform.compile.notes import Detailed
from xform.dialect import Dialect
from xform.entities import masked
from xform.errors import EntityError, XformError
from xform.table.model import Choice, Row
from xform.table.walk import joins
from xform.xml import Element, parse_text, shown


@attrs.frozen
class Finding:
    """One breach of a law: where (a document's path, or a field's), in which line of the document, and what."""

    law: str
    path: str
    what: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.line}: {self.path}" if self.line else self.path
        return f"{self.law}: {place}: {self.what}"


# --- what the tables do not say ---------------------------------------------------------------------------------


def residue(reading: Reading, root: Element) -> list[Finding]:
    """What no row claims of a document that was read: elements (once, with all they hold), attributes, text."""
    return [_unclaimed(node, name) for node, name in reading.residue(root)]


def named(dialect: Dialect, root: Element, **context: Any) -> list[Finding]:
    """What keeps a document from being named whole; empty elements that no row claims are no matter."""
    reading = Reader(dialect.classes).document(root, context)
    left = [
        _unclaimed(node, name) for node, name in reading.residue(root) if name is not None or not holds_nothing(node)
    ]
    return left + [_refusal(*refused) for refused in reading.refused if _matters(reading, *refused)]


def _unclaimed(node: Element, name: str | None) -> Finding:
    what = "no row claims this " + ("element" if name is None else "text" if name == TEXT else "attribute")
    return Finding("named", _path(node) + (f"/@{local(name, node)}" if name else ""), what, line_of(node))


def _matters(reading: Reading, holder: Element, row: Row, message: str) -> bool:
    """Not what another row took."""
    place = row.path.attribute if row.path.attribute is not None else TEXT
    return place not in reading.claims.get(holder, ())


def _refusal(holder: Element, row: Row, message: str) -> Finding:
    where = _path(holder) + (f"/@{local(row.path.attribute, holder)}" if row.path.attribute else "")
    return Finding(
        "named", where, f"{row} does not admit {masked(message) if row.secret else message}", line_of(holder)
    )


def _path(element: Element) -> str:
    """An element's place in its document, as people write it."""
    steps = []
    for node in (element, *element.iterancestors()):
        parent = node.getparent()
        family = [] if parent is None else [other for other in parent if other.tag == node.tag]
        steps.append(shown(node) + (f"[{family.index(node) + 1}]" if len(family) > 1 else ""))
    return "/" + "/".join(reversed(steps))


# --- entities ---------------------------------------------------------------------------------------------------


def create_get(dialect: Dialect, entity: Any, **context: Any) -> list[Finding]:
    """CreateGet: parse(generate(e)) equals e in all that is intent."""
    back = dialect.parse(dialect.generate(entity, **context), **context)
    if back == entity:
        return []
    return [
        Finding("create-get", path, f"{one} came back as {other}")
        for path, one, other in unequal(entity, back, live=False)
    ] or [Finding("create-get", type(entity).__name__, "came back as another value")]


def unequal(one: Any, other: Any, *, live: bool, path: str = "") -> Iterator[tuple[str, str, str]]:
    """The fields in which two values differ, as shown (a secret is masked); with `live`, those no intent too."""
    if type(one) is not type(other):
        yield path or ".", repr(one), repr(other)
    elif attrs.has(type(one)):
        for attribute in attrs.fields(type(one)):
            if attribute.eq or live:
                at = f"{path}.{attribute.name}" if path else attribute.name
                pair = getattr(one, attribute.name), getattr(other, attribute.name)
                row = attribute.metadata.get("row")
                hidden = attribute.repr is masked or (row is not None and row.secret)
                for place, left, right in unequal(*pair, live=live, path=at):
                    yield (place, "***", "***") if hidden else (place, left, right)
    elif isinstance(one, list) and len(one) == len(other):
        for n, pair in enumerate(zip(one, other, strict=True)):
            yield from unequal(*pair, live=live, path=f"{path}[{n}]")
    elif isinstance(one, dict) and list(one) == list(other):
        for key in one:
            yield from unequal(one[key], other[key], live=live, path=f"{path}[{key!r}]")
    elif one != other or isinstance(one, list) or (live and isinstance(one, dict)):
        # dictionaries are equal whatever their order; two forms of one program keep the order as well
        yield path or ".", repr(one), repr(other)


# --- documents --------------------------------------------------------------------------------------------------


def create(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """Create: generate(parse(X), live=True) equals X.

    Excused are elements that hold nothing and that no row claims, and a discriminator that was added with the word
    that an absent one stands for.
    """
    root = dialect.tree(document)
    reading = Reader(dialect.classes).document(root, context)
    try:
        made = parse_text(dialect.generate(dialect.parse(document, **context), live=True, **context))
    except EntityError as error:
        return [Finding("create", _path(root), f"cannot be generated again: {error}", line_of(root))]
    differences = compare(root, made)
    stated = _discriminators(dialect, root) if any(found.kind == "added" for found in differences) else set()
    hidden = set(_secrets(reading.entity))
    return [
        Finding("create", found.path, _said(found, hidden), found.line)
        for found in differences
        if not (found.kind == "empty" and not any(node in reading.claims for node in found.node.iter()))
        and not (found.what == "attribute" and (found.node, _name(found), found.right) in stated)
    ]


def _name(found: Difference) -> str:
    return found.path.rpartition("/@")[2]


def _said(found: Difference, hidden: set[str]) -> str:
    def show(text: str | None) -> str:
        return "***" if text in hidden else repr(text)

    match found.kind:
        case "changed":
            return f"{found.what} {show(found.left)} became {show(found.right)}"
        case "added":
            return f"{found.what} {show(found.right)} was added"
    return f"{found.what} {show(found.left)} is missing"


def _secrets(value: Any) -> Iterator[str]:
    """The texts of all secrets that an entity holds, at any depth."""
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _secrets(item)
    elif attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):
            row, inner = attribute.metadata.get("row"), getattr(value, attribute.name)
            if row is not None and row.secret and inner is not None and row.codec and row.form == "one":
                yield str(inner)
            else:
                yield from _secrets(inner)


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
        for table in shape.variants.values() if isinstance(shape, Choice) else (shape,):
            walk(table.rows, element)

    def walk(rows: tuple[Row, ...], element: Element) -> None:
        for row in rows:
            for path in row.paths if row.entity else ():
                for holder in find_elements(element, path.steps):
                    visit(row.entity or "", holder)

    visit(tables.root, root)
    for _, join, _ in joins(tables):
        for entry in find_elements(root, join.path.steps):
            walk(join.rows, entry)
    return found


# --- two forms of one program -----------------------------------------------------------------------------------


def twins(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """Twins, on a document: the compiled, the detailed and the interpreted parse give one entity, the latter two the
    same notes of it, and each generate one text.
    """
    one = _outcome(lambda: dialect.parse(document, **context))
    other = _outcome(lambda: Reader(dialect.classes).document(dialect.tree(document), context).entity)
    found = [
        Finding("twins", path, f"compiled parse gives {left}, interpreted {right}")
        for path, left, right in unequal(one, other, live=True)
    ]
    if found or isinstance(other, _Refused):
        return found
    return _twins_notes(dialect, dialect.tree(document), context) or twins_entity(dialect, other, **context)


def _twins_notes(dialect: Dialect, root: Element, context: dict[str, Any]) -> list[Finding]:
    """What the detailed parse notes of a document, held against what the interpreter does."""
    one, other = dialect.detailed(root, **context), Reader(dialect.classes).document(root, context)
    found = [
        Finding("twins", path, f"detailed parse gives {left}, interpreted {right}")
        for path, left, right in unequal(one.entity, other.entity, live=True)
    ]

    def told(reading: Reading | Detailed, residue: Iterable[tuple[Element, str | None]]) -> set[tuple[Element, str]]:
        took = {
            (element, f"{node or 'text'} taken by {row} for {place}")
            for element, nodes in reading.claims.items()
            for node, (row, place) in {**nodes, "element": (None, ())}.items()
        }
        left = {(element, f"{node} left") for element, node in residue}
        return took | left | {(element, f"{row} refused: {message}") for element, row, message in reading.refused}

    ours, theirs = told(one, one.residue), told(other, other.residue(root))
    return found + [
        Finding("twins", _path(element), f"only {who}: {what}", line_of(element))
        for who, notes in (("detailed", ours - theirs), ("interpreted", theirs - ours))
        for element, what in notes
    ]


def twins_entity(dialect: Dialect, entity: Any, **context: Any) -> list[Finding]:
    """Twins, on an entity: the compiled and the interpreted generate give the same text, live and not."""
    found = []
    for live in (False, True):
        one = _outcome(lambda live=live: dialect.generate(entity, live=live, **context))  # type: ignore[misc]
        other = _outcome(lambda live=live: Writer(dialect.classes, live, context).text(entity))  # type: ignore[misc]
        if one != other:
            found.append(_first_line(one, other, "generate live" if live else "generate"))
    return found


@attrs.frozen
class _Refused:
    """What was raised; one refusal is as good as another, in whatever words."""

    message: str = attrs.field(eq=False)


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (XformError, ValueError) as error:
        return _Refused(str(error))


def _first_line(one: Any, other: Any, what: str) -> Finding:
    if isinstance(one, _Refused) or isinstance(other, _Refused):
        show = (
            str(one) if isinstance(one, _Refused) else "text",
            str(other) if isinstance(other, _Refused) else "text",
        )
        return Finding("twins", what, f"compiled gives {show[0]}, interpreted {show[1]}")
    lines = zip([*one.split("\n"), None], [*other.split("\n"), None], strict=False)
    line, (left, right) = next((n, pair) for n, pair in enumerate(lines, 1) if pair[0] != pair[1])
    return Finding("twins", what, f"compiled writes {left!r}, interpreted {right!r}", line)


DOCUMENT_LAWS: dict[str, Callable[..., list[Finding]]] = {"create": create, "twins": twins}
ENTITY_LAWS: dict[str, Callable[..., list[Finding]]] = {"create-get": create_get, "twins": twins_entity}
