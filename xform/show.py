"""A table as people read it: the XML that it writes, each place holding its field and codec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path as File
from typing import TYPE_CHECKING

from attrs import define, field

from xform.errors import EntityError, instead
from xform.table.model import Choice, Origin, Path, Row, Shape, Step, Table
from xform.table.walk import standing

if TYPE_CHECKING:
    from xform.dialect import Dialect

_BAR = " │ "


@define
class _Slot:
    """An attribute, or the text, of an element in the template."""

    name: str
    text: str
    row: Row | None = None


@define
class _Node:
    """An element in the template, and the rows that say so."""

    name: str
    key: tuple[str, ...] = ()
    attributes: list[_Slot] = field(factory=list)
    texts: list[_Slot] = field(factory=list)
    children: list[_Node] = field(factory=list)
    row: Row | None = None

    def child(self, step: Step) -> _Node:
        """The element of this step, found or made."""
        for node in self.children:
            if node.key == (str(step),):
                return node
        node = _Node(step.shown, (str(step),), [_Slot(name, value) for name, value in step.where])
        self.children.append(node)
        return node


def template(dialect: Dialect, name: str) -> str:
    """The table of an entity, of a sum type or of one variant, as annotated XML.

    Raises EntityError for an unknown name.
    """
    known_shape(dialect, name)
    return _Template(dialect).text(name)


def code(dialect: Dialect, name: str) -> str:
    """The Python that the same was compiled to: how it is read, how it is written, and what tells devices apart.

    Behind each function stands what its names are made of.  Raises EntityError for an unknown name.
    """
    from xform.compile.program import Program

    shape = known_shape(dialect, name)
    names = "|".join([name, *(table.name for table in shape.tables)])
    ours = re.compile(rf"(parse|new|first|generate|keys)_({names})(_[0-9]+)?")
    lines: list[str] = []
    for program in (Program(dialect.classes, form) for form in ("parse", "generate", "keys")):
        for function in filter(ours.fullmatch, program):
            lines.append(program.source(function))
            lines += [f"# {known}: {' '.join(ref)}\n" for known, ref in sorted(program.refs(function).items())]
            lines.append("\n\n")
    return "".join(lines[:-1])


def known_shape(dialect: Dialect, name: str) -> Shape:
    """What a name stands for in a dialect. Raises EntityError where it is nothing."""
    if name not in dialect.classes or name == "Opaque":
        known = dialect.classes.names()
        raise EntityError(f"no entity {name!r} in the dialect {dialect.tables.name}{instead(name, known)}")
    return dialect.classes.shape(name)


class _Template:
    def __init__(self, dialect: Dialect) -> None:
        self.classes, self.tables = dialect.classes, dialect.classes.tables

    def text(self, name: str) -> str:
        shape, choice = self.classes.shape(name), self.classes.choice(name)
        element = standing(self.tables, choice.name if choice else name).shown
        if isinstance(shape, Choice):
            lines = list(self.choice(shape, element))
        else:
            lines = list(self.table(shape, element, choice))
        width = max((len(place(origin)) for origin, _, _ in lines if origin), default=0)
        return "".join(
            f"{place(origin):{width}}{_BAR}{xml}{'  # ' + note if note else ''}".rstrip() + "\n"
            for origin, xml, note in lines
        )

    def table(self, table: Table, element: str, choice: Choice | None = None) -> Iterator[_Line]:
        yield from _heading(
            f"{table.name}: {table.origin.comment}" if table.origin.comment else table.name, table.origin
        )
        root = _Node(element)
        if choice:
            root.attributes += [_Slot(*pair) for pair in zip(choice.attributes, choice.words(table.name), strict=False)]
        for row in table.rows:
            for path in row.paths:
                self.place(root, row, path)
        if table.every or not table.known:  # one that no document holds has no element
            yield from _lines(root)
        for row in table.rows:
            shape = self.tables.shapes[row.entity or ""] if row.embeds else None
            if shape:
                yield from self.embedded(row, shape, element)
        for join in table.joins:
            keys = ", ".join(f"{path} = {name}" for path, name in join.on)
            yield _BLANK
            yield from _heading(f"{table.name}, joined at {join.path} on {keys}", join.origin)
            outer = _Node("")
            node = outer
            for step in join.path.steps:
                node = node.child(step)
            for path, name in join.on:
                node.attributes.append(_Slot(self.attribute(path), f"{{{name}}}"))
            for row in join.rows:
                for path in row.paths:
                    self.place(node, row, path)
            yield from _lines(outer.children[0])
        if table.known:
            yield _BLANK
            yield None, f"<!-- {table.name}, known beside the document -->", ""
            yield from (_line(row, _said(row)) for row in table.known)

    def embedded(self, row: Row, shape: Shape, element: str) -> Iterator[_Line]:
        yield _BLANK
        if isinstance(shape, Choice):
            yield from self.choice(shape, element, row)
        else:
            yield from self.table(shape, element)

    def choice(self, choice: Choice, element: str, row: Row | None = None) -> Iterator[_Line]:
        told = " and ".join(f"@{name}" for name in choice.attributes) or "what is there, the first that fits"
        absent = f"; without, it is {' '.join(choice.absent)}" if choice.absent else ""
        other = "; another word is kept as it is" if choice.opaque and choice.attributes else ""
        named = f"{row.name}: {choice.name}" if row else choice.name
        said = (
            f", {choice.origin.comment[:1].lower()}{choice.origin.comment[1:].rstrip('.')}"
            if choice.origin.comment
            else ""
        )
        yield from _heading(
            f"{named}{said}: one of {len(choice.variants)}, told by {told}{absent}{other}", choice.origin
        )
        for table in choice.variants.values():
            yield _BLANK
            yield from self.table(table, element, choice)

    def place(self, root: _Node, row: Row, path: Path) -> None:
        """Put a row where it writes."""
        node = root
        collects = row.form != "one" or row.entity is not None or (row.codec is not None and row.codec.shape == "xml")
        for at, step in enumerate(path.steps, 1):
            if at == len(path.steps) and collects:
                # an element of its own for every value: never one that another row goes through
                node.children.append(_Node(step.shown, (str(step), row.name), [_Slot(*pair) for pair in step.where]))
                node = node.children[-1]
            else:
                node = node.child(step)
        if row.embeds:
            return
        if row.form == "map":
            self.entry(node, row)
        elif path.attribute is not None:
            node.attributes.append(_Slot(self.attribute(path), _said(row), row))
        elif row.codec and row.codec.shape == "present":
            node.row = row
        else:
            node.texts.append(_Slot("", _said(row), row))
        if row.codec and row.codec.unit:
            node.attributes.append(_Slot(row.codec.unit, row.codec.unit_word))

    def entry(self, node: _Node, row: Row) -> None:
        if row.key.steps:
            node.name = node.name.replace("*", "{key}")
        else:
            node.attributes.append(_Slot(self.attribute(row.key), "{key}"))
        inner = node
        for step in row.value.steps:
            inner = inner.child(step)
        said = _Slot(self.attribute(row.value) if row.value.attribute else "", _said(row), row)
        (inner.attributes if row.value.attribute else inner.texts).append(said)

    def attribute(self, path: Path) -> str:
        return self.tables.written(path.attribute or "")


_Line = tuple[Origin | None, str, str]
_BLANK: _Line = (None, "", "")


def place(origin: Origin | None) -> str:
    """The file with its dialect, for those that extend one another have files of the same names."""
    if origin is None:
        return ""
    file = File(origin.file).resolve()
    return f"{file.parent.name}/{file.name}:{origin.line}"


def _heading(text: str, origin: Origin) -> Iterator[_Line]:
    yield origin, f"<!-- {text} -->", ""


def _said(row: Row) -> str:
    """A row inside braces: its field, its form and its flags, as the table says them."""
    if row.constant is not None:
        return row.constant
    what = row.entity or (row.codec.name.removesuffix(" (filled)") if row.codec else "")
    if row.form == "list":
        what = f"list {what}" + (f" by {', '.join(row.by)}" if row.by else "")
    elif row.form == "map":
        what = f"map of {what}"
    flags = [
        flag for flag, on in (("!", row.required), ("<", row.live), (">", row.generated), ("secret", row.secret)) if on
    ]
    flags += [
        f"{word} {value}" for word, value in (("=", row.default), ("since", row.since), ("until", row.until)) if value
    ]
    return "{" + " ".join([f"{row.name}: {what}", *flags]) + "}"


def _note(row: Row | None) -> str:
    if row is None:
        return ""
    field = f"{row.name}: present" if row.codec and row.codec.shape == "present" and not row.when else ""
    return "; ".join(part for part in (field, f"with {row.when}" if row.when else "", row.origin.comment) if part)


def _lines(node: _Node, indent: str = "") -> Iterator[_Line]:
    """One line for each attribute that a row writes, below one another, so that each has its place and comment."""
    slots = [slot for slot in node.attributes if slot.row]
    start, close = f"{indent}<{node.name}", f"</{node.name}>"
    head = start + "".join(f" {slot.name}='{slot.text}'" for slot in node.attributes if not slot.row)
    if len(node.texts) == 1 and not node.children and not slots:
        text = node.texts[0]
        yield _line(text.row, f"{head}>{text.text}{close}")
        return
    inside = bool(node.children or node.texts)
    end = ">" if inside else "/>"
    if not slots:
        yield _line(node.row, head + end)
    for at, slot in enumerate(slots):
        lead = head if at == 0 else " " * len(start)
        yield _line(slot.row, f"{lead} {slot.name}='{slot.text}'" + (end if at == len(slots) - 1 else ""))
    for text in node.texts:
        yield _line(text.row, f"{indent}  {text.text}")
    for child in node.children:
        yield from _lines(child, indent + "  ")
    if inside:
        yield None, indent + close, ""


def _line(row: Row | None, xml: str) -> _Line:
    return row.origin if row else None, xml, _note(row)
