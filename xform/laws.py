"""The laws that every dialect obeys, as functions: each returns what it found, and nothing where the law holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import attrs
from lxml import etree

from xform.compare import Difference, attributes, compare, holds_nothing, line_of, local
from xform.compile.interpreter import TEXT, Reader, Reading, Writer
from xform.compile.interpreter import find as find_elements
from xform.dialect import Dialect
from xform.entities import masked
from xform.errors import EntityError, XformError
from xform.match import Matching, elements, held
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
    return [_unclaimed(node, name) for node, name in _residue(reading, root)]


def named(dialect: Dialect, root: Element, **context: Any) -> list[Finding]:
    """What keeps a document from being named whole; empty elements that no row claims are no matter."""
    reading = Reader(dialect.classes).document(root, context)
    left = [
        _unclaimed(node, name) for node, name in _residue(reading, root) if name is not None or not holds_nothing(node)
    ]
    return left + [_refusal(*refused) for refused in reading.refused if _matters(reading, *refused)]


def _residue(reading: Reading, element: Element) -> Iterator[tuple[Element, str | None]]:
    """Elements (with None) and nodes of claimed elements (an attribute's name, or TEXT) that nobody took."""
    claims = reading.claims.get(element)
    if claims is None:
        yield element, None
        return
    for name, _ in attributes(element):
        if name not in claims:
            yield element, name
    text = (element.text or "") + "".join(child.tail or "" for child in element)
    if text.strip() and TEXT not in claims:
        yield element, TEXT
    for child in element:
        if isinstance(child.tag, str):
            yield from _residue(reading, child)


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


# --- who is who -------------------------------------------------------------------------------------------------


def match(
    dialect: Dialect, document: str | bytes, known: Any = None, *, random: Random | None = None, **context: Any
) -> list[Finding]:
    """Match: permuting either side changes nothing, and of each device on either side one thing is said.

    What is known is the document's own entity, unless another is given; `random` draws the permutations.
    """
    random = random or Random(0)
    root = dialect.tree(document)
    known = dialect.parse(document, **context) if known is None else known
    rows = [kind.row for kind in dialect.kinds]
    lists = {row.name: getattr(known, row.name) for row in rows if row.form == "list"}
    found = elements(root, rows)
    told = _told(dialect.match(document, known, **context), found)
    lines = {id(element): line_of(element) for row in rows for element in found[row.name]}
    every = Counter([*lines, *(id(device) for row in rows for device in held(known, row.name))])
    if Counter([device for _, _, ours, theirs in told.elements() for device in (*ours, *theirs)]) != every:
        return [Finding("match", _path(root), "of some device nothing is said, or more than one thing", line_of(root))]
    shuffled = attrs.evolve(known, **{name: random.sample(devices, len(devices)) for name, devices in lists.items()})
    again = [_told(dialect.match(document, shuffled, **context), found)]
    _shuffle(root, [row for row in rows if row.name in lists], random)
    # the same elements, in the order that they have now
    again += [_told(dialect.match(etree.tostring(root), known, **context), elements(root, rows))]
    return [
        Finding("match", kind, f"{what}, but not in another order", min(map(lines.__getitem__, theirs), default=0))
        for what, kind, _, theirs in dict.fromkeys(one for other in again for one in told - other)
    ]


Told = Counter[tuple[str, str, tuple[int, ...], tuple[int, ...]]]


def _told(matching: Matching, found: dict[str, list[Element]]) -> Told:
    """What is said of the devices of a kind: identities of known ones, and of the elements of those in the document."""
    at = {
        id(device): id(element)
        for kind, those in found.items()
        for device, element in zip(held(matching.document, kind), those, strict=True)
    }
    said = [
        *((f"paired by {' + '.join(pair.rung)}", pair.kind, [pair.known], [pair.found]) for pair in matching.pairs),
        *(("new", kind, [], [device]) for kind, device in matching.new),
        *(("missing", kind, [device], []) for kind, device in matching.missing),
        *((f"ambiguous by {' + '.join(one.rung)}", one.kind, one.known, one.found) for one in matching.ambiguous),
    ]
    return Counter(
        (what, kind, tuple(sorted(map(id, ours))), tuple(sorted(at[id(device)] for device in theirs)))
        for what, kind, ours, theirs in said
    )


def _shuffle(root: Element, rows: list[Row], random: Random) -> None:
    """Permute the elements of some rows among themselves; the others stay where they are."""
    moved = {element for those in elements(root, rows).values() for element in those}
    for parent in {element.getparent() for element in moved}:
        assert parent is not None
        those = [child for child in parent if child in moved]
        order = iter(random.sample(those, len(those)))
        parent[:] = [next(order) if child in moved else child for child in parent]


# --- two forms of one program -----------------------------------------------------------------------------------


def twins(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """Twins, on a document: the compiled and the interpreted parse give one entity, and each generate one text."""
    found, entity = _read(dialect, document, context, "parse")
    return found or ([] if isinstance(entity, _Refused) else twins_entity(dialect, entity, **context))


def twins_entity(dialect: Dialect, entity: Any, **context: Any) -> list[Finding]:
    """Twins, on an entity: the compiled and the interpreted generate give the same text, live and not, and this is
    read alike."""
    found: list[Finding] = []
    texts: dict[Any, str] = {}
    for live, what in ((False, "generate"), (True, "generate live")):
        one = _outcome(lambda live=live: dialect.generate(entity, live=live, **context))  # type: ignore[misc]
        other = _outcome(lambda live=live: Writer(dialect.classes, live, context).text(entity))  # type: ignore[misc]
        if one != other:
            found.append(_first_line(one, other, what))
        elif not isinstance(one, _Refused):
            texts.setdefault(one, f"{what}, parse")
    for text, what in texts.items():
        found += _read(dialect, text, context, what)[0]
    return found


def _read(dialect: Dialect, document: str | bytes, context: dict[str, Any], what: str) -> tuple[list[Finding], Any]:
    """How the two parses of a document differ, and what the interpreted one gives."""
    one = _outcome(lambda: dialect.parse(document, **context))
    other = _outcome(lambda: Reader(dialect.classes).document(dialect.tree(document), context).entity)
    found = [
        Finding("twins", path, f"{what}: compiled gives {left}, interpreted {right}")
        for path, left, right in unequal(one, other, live=True)
    ]
    return found, other


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


DOCUMENT_LAWS: dict[str, Callable[..., list[Finding]]] = {"create": create, "match": match, "twins": twins}
ENTITY_LAWS: dict[str, Callable[..., list[Finding]]] = {"create-get": create_get, "twins": twins_entity}
