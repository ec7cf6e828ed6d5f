"""XML Schema of what a dialect keeps in namespaces of its own, where the schema of its documents lets anything stand.

Order is free, and so is what no row names: other elements and attributes may stand anywhere.  Elements that rows tell
apart by attributes are of XML Schema 1.1 (`xs:alternative`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import define, field
from lxml import etree

from xform import codecs
from xform.compile.layout import Node, Slot, full_layout
from xform.errors import XformError, instead
from xform.schema import speaker
from xform.table.model import ANY, Choice, Row, Step, Tables
from xform.xml import Element

XS = "http://www.w3.org/2001/XMLSchema"
_LETTER = "( ?[A-Za-z0-9+/])"
# By the codec's word: the type that it restricts, and the pattern.
_TYPES = {
    "str": ("string", ""),
    "text": ("string", ""),
    "rule": ("string", ""),
    "path": ("string", ".+"),
    "uint": ("nonNegativeInteger", "[0-9]{1,20}"),
    "size": ("nonNegativeInteger", "[0-9]{1,20}"),
    "int": ("integer", "-?[0-9]{1,20}"),
    "float": ("double", r"-?[0-9]+(\.[0-9]+)?([eE][\-+]?[0-9]+)?"),
    "hex": ("token", "0[xX][0-9a-fA-F]{1,16}|0[0-7]*|[1-9][0-9]{0,19}"),
    "uuid": ("token", "[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}"),
    "mac": ("token", "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"),
    "version": ("token", r"[0-9]+(\.[0-9]+)*"),
    "cpuset": ("token", r"[0-9,\-\^ ]+"),
    "bytes": ("base64Binary", f"({_LETTER}{{4}})*({_LETTER}{{2}} ?= ?=|{_LETTER}{{3}} ?=)?"),
}


def sections(tables: Tables) -> dict[str, list[tuple[Step, ...]]]:
    """By the prefix of each namespace that has a schema of its own, the ways to its outermost elements.

    These are the namespaces that the dialect has beyond those of the schema that its documents follow.
    """
    root = tables.document
    spoken = set(speaker(tables).namespaces.values())
    found: dict[str, list[tuple[Step, ...]]] = {}
    for prefix, uri in tables.namespaces.items():
        if uri not in spoken:
            ways = [way for way, _ in _outermost(full_layout(tables, root, True), uri, ())]
            if ways:
                found[prefix] = ways
    return found


def xsd(tables: Tables, prefix: str) -> str:
    """The XML Schema of a namespace. Raises XformError for one that has none."""
    known = sections(tables)
    if prefix not in known:
        raise XformError(
            f"{tables.name}: no schema of {prefix!r}"
            + (instead(prefix, known) or "; the dialect keeps nothing in a namespace of its own")
        )
    return _Writer(tables, tables.namespaces[prefix]).text()


def _outermost(node: Node, uri: str, way: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Node]]:
    for child in node.children.values():
        assert child.step
        if child.step.tag.startswith(f"{{{uri}}}") and not child.step.wild:
            yield (*way, child.step), child
        else:
            yield from _outermost(child, uri, (*way, child.step))


@define
class _Content:
    """What the rows say of an element, of several nodes that are the same one.

    `attributes` has their types and whether they must be there.  An `open` one holds what nobody looks into.
    """

    texts: list[str] = field(factory=list)
    attributes: dict[str, tuple[str, bool]] = field(factory=dict)
    children: dict[str, list[Node]] = field(factory=dict)
    entities: list[str] = field(factory=list)
    open: bool = False
    comments: list[str] = field(factory=list)


class _Writer:
    def __init__(self, tables: Tables, uri: str) -> None:
        self.tables, self.uri = tables, uri
        self.values: dict[str, Element] = {}
        self.entities: dict[str, Element] = {}

    def text(self) -> str:
        root = self.tables.document
        nodes: dict[str, list[Node]] = {}
        for way, node in _outermost(full_layout(self.tables, root, True), self.uri, ()):
            nodes.setdefault(way[-1].tag, []).append(node)
        made = [self.element(tag, same) for tag, same in nodes.items()]
        schema = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS, "t": self.uri})
        schema.set("targetNamespace", self.uri)
        schema.set("elementFormDefault", "qualified")
        schema.extend([*made, *self.entities.values(), *self.values.values()])
        etree.indent(schema)
        return etree.tostring(schema, encoding="unicode") + "\n"

    def ours(self, tag: str) -> bool:
        return tag.startswith(f"{{{self.uri}}}") and not tag.endswith(ANY)

    # --- elements

    def element(self, tag: str, nodes: list[Node]) -> Element:
        """An element; one that attributes tell apart has a type for each."""
        made = _xs("element", name=etree.QName(tag).localname)
        told = [node for node in nodes if node.step and node.step.where]
        plain = self.content(node for node in nodes if node not in told)
        if not told:
            self.give(made, plain)
        for node in told:
            assert node.step
            test = " and ".join(f"@{name}='{word}'" for name, word in node.step.where)
            self.give(_under(made, "alternative", test=test), self.content([node]))
        if told:
            self.give(_under(made, "alternative"), plain)
        if len(set(plain.comments)) == 1:
            annotation = _xs("annotation")
            _under(annotation, "documentation").text = plain.comments[0]
            made.insert(0, annotation)
        return made

    def content(self, nodes: Iterable[Node]) -> _Content:
        content = _Content()
        for node in nodes:
            self.gather(content, node)
        return content

    def gather(self, content: _Content, node: Node) -> None:
        """Note what a node says of its element, and of those in it."""
        for slot in (*node.attributes, *node.text, *node.whole):
            self.add(content, slot)
        for child in node.children.values():
            if child.step and self.ours(child.step.tag):
                content.children.setdefault(child.step.tag, []).append(child)

    def add(self, content: _Content, slot: Slot) -> None:
        row, codec = slot.row, slot.row.codec
        if slot.join:
            joined, join = slot.join
            for path, name in join.on:
                # of several keys each may be another's, or nobody's
                value = self.value(joined.fields[name]) if len(join.on) == 1 else "xs:string"
                content.attributes[path.attribute or ""] = value, False
            rows = joined.second(join)
            self.gather(content, full_layout(self.tables, rows))
            return
        if row.origin.comment:
            content.comments.append(row.origin.comment)
        if slot.kind == "word":
            shape = self.tables.shapes[row.entity or ""]
            content.attributes.update((name, ("xs:string", False)) for name in getattr(shape, "attributes", ()))
        elif row.entity:
            content.entities.append(row.entity)
        elif codec is None or codec.shape != "value" or (row.form == "map" and row.value.steps):
            content.open = True
        elif slot.kind == "unit":
            content.attributes[codec.unit or ""] = self.value(row, unit=True), False
        else:
            if row.form == "map" and row.key.attribute:
                content.attributes[row.key.attribute] = "xs:string", True
            at = row.value if row.form == "map" else slot.path
            if at.attribute is not None:
                value = "xs:string" if row.behind else self.value(row)  # theirs, or what they do not admit
                content.attributes[at.attribute] = value, row.form != "one"
            else:
                content.texts.append(self.value(row))

    def give(self, holder: Element, content: _Content) -> None:
        """Give an element, or one of its alternatives, the type of what it holds."""
        alone = not (content.texts or content.attributes or content.children or content.open)
        if alone and len(set(content.entities)) == 1:
            holder.set("type", f"t:{self.entity(content.entities[0])}")
        elif content.open or content.entities or (alone and not content.entities):
            holder.set("type", "xs:anyType")
        else:
            self.fill(_under(holder, "complexType"), content)

    def fill(self, made: Element, content: _Content) -> None:
        """Say what a type holds: a text, or elements in any order; and whatever else nobody named."""
        at = made
        if content.texts and not content.children:
            value = content.texts[0] if len(set(content.texts)) == 1 else "xs:string"
            at = _under(_under(made, "simpleContent"), "extension", base=value)
        else:
            if content.texts:
                made.set("mixed", "true")
            order = _under(made, "choice", minOccurs="0", maxOccurs="unbounded")
            order.extend([self.element(tag, nodes) for tag, nodes in content.children.items()])
            _under(order, "any", processContents="lax")
        for name, (value, required) in content.attributes.items():
            if not name.startswith("{"):  # those of other namespaces are anything
                _under(at, "attribute", name=name, type=value, **({"use": "required"} if required else {}))
        _under(at, "anyAttribute", processContents="lax")

    def entity(self, name: str) -> str:
        """The type of an entity, which may hold itself; of a choice all that its variants hold."""
        if name not in self.entities:
            self.entities[name] = made = _xs("complexType", name=name)
            shape, content = self.tables.shapes[name], _Content()
            if isinstance(shape, Choice):
                content.attributes.update((known, ("xs:string", False)) for known in shape.attributes)
            for table in shape.tables:
                self.gather(content, full_layout(self.tables, table))
            self.fill(made, content)
        return name

    # --- values

    def value(self, row: Row, unit: bool = False) -> str:
        """The type of a row's value, or of the attribute beside it."""
        codec = row.codec
        assert codec
        if unit:
            if codec.word != "typed":
                return "xs:string"
            return self.simple(f"{codec.unit}.{codec.unit_word}", codec.unit_expected, words=[codec.unit_word])
        expected, typed = codec.expected, codec.word == "typed"
        if typed:
            codec = codecs.codec(codec.made[2], codec.made[3:])
        if codec.words:
            pattern = "|".join([*map(_caseless, codec.words), "-?[0-9]{1,20}"]) if typed else ""
            return self.simple(f"{row.owner}.{row.name}", expected, pattern=pattern, words=list(codec.words))
        if codec.word == "template" and not codec.parts:
            before, _, after = re.split(r"\{([^{}]+)\}", codec.name.removeprefix("template "))
            pattern = f"{_escaped(before)}.+{_escaped(after)}"
            return self.simple(f"{row.owner}.{row.name}", expected, pattern=pattern)
        base, pattern = _TYPES.get(codec.word, ("string", ""))
        return self.simple(codec.word, expected, base, pattern) if pattern else f"xs:{base}"

    def simple(
        self, name: str, expected: str, base: str = "token", pattern: str = "", words: Iterable[str] = ()
    ) -> str:
        """A type of texts, by a pattern or else by its words; its documentation says what is expected."""
        if name not in self.values:
            self.values[name] = made = _xs("simpleType", name=name)
            _under(_under(made, "annotation"), "documentation").text = expected
            restriction = _under(made, "restriction", base=f"xs:{base}")
            for kind, texts in (("pattern", [pattern]),) if pattern else (("enumeration", words),):
                for text in texts:
                    _under(restriction, kind, value=text)
        return f"t:{name}"


def _xs(kind: str, /, **attributes: str) -> Element:
    return etree.Element(f"{{{XS}}}{kind}", attributes)


def _under(parent: Element, kind: str, /, **attributes: str) -> Element:
    parent.append(made := _xs(kind, **attributes))
    return made


def _escaped(text: str) -> str:
    return re.sub(r"([.\\?*+{}()|\[\]^-])", r"\\\1", text)


def _caseless(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else _escaped(letter) for letter in word)
