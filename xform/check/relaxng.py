"""RELAX NG as a model: what each pattern of a schema is.  Knows no element name; what is asked of it is in `place`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from xform.errors import DocumentError, XformError
from xform.xml import Element as Node
from xform.xml import parse_text

NAMESPACE = "{http://relaxng.org/ns/structure/1.0}"


@frozen
class Wild:
    """A name class: any name, or any of one namespace, but for some."""

    space: str | None = None
    but: tuple[Name, ...] = ()


Name = str | Wild  # a tag in Clark notation, or many


def names(known: Iterable[Name], tag: str) -> bool:
    """Whether one of the names is, or stands for, this tag."""
    return any(
        name == tag
        if isinstance(name, str)
        else (name.space is None or name.space == space_of(tag)) and not names(name.but, tag)
        for name in known
    )


def space_of(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


@frozen
class Empty:
    """Nothing, and that is well."""


@frozen
class NotAllowed:
    """What nothing fits."""


@frozen
class Text:
    """Any text."""


@frozen
class Value:
    """One word."""

    text: str


@frozen
class Data:
    """Text of a type of XML Schema's, within its parameters."""

    type: str
    params: tuple[tuple[str, str], ...] = ()
    but: Pattern = NotAllowed()


@frozen
class Tokens:
    """Text that is cut at white space, its parts in this pattern."""

    inner: Pattern


@frozen
class Attribute:
    """`file` and `line` say where the schema declares it."""

    names: tuple[Name, ...]
    inner: Pattern
    file: str = field(default="", eq=False)
    line: int = field(default=0, eq=False)


@frozen
class Element:
    """`file` and `line` say where the schema declares it."""

    names: tuple[Name, ...]
    inner: Pattern
    file: str = field(default="", eq=False)
    line: int = field(default=0, eq=False)


@frozen
class Group:
    """All of the parts, in this order."""

    parts: tuple[Pattern, ...]


@frozen
class Interleave:
    """All of the parts, in any order."""

    parts: tuple[Pattern, ...]


@frozen
class Choice:
    """One of the parts; with `EMPTY` among them it is optional."""

    parts: tuple[Pattern, ...]


@frozen
class Repeat:
    """One or more."""

    inner: Pattern


@frozen
class Ref:
    """A name for another pattern, looked up when it is asked for: schemas are recursive."""

    name: str
    grammar: Grammar = field(repr=False)
    place: str = field(repr=False, eq=False)  # file:line

    @property
    def target(self) -> Pattern:
        """Raises XformError where nothing has the name."""
        if self.name not in self.grammar.defined:
            raise XformError(f"{self.place}: the schema refers to {self.name!r}, which it does not define")
        return self.grammar.defined[self.name]


Pattern = (
    Empty | NotAllowed | Text | Value | Data | Tokens | Attribute | Element | Group | Interleave | Choice | Repeat | Ref
)
EMPTY, NEVER, TEXT = Empty(), NotAllowed(), Text()


@define(eq=False)
class Grammar:
    """Named patterns; `START` names what a document is."""

    defined: dict[str, Pattern] = field(factory=dict)
    parent: Grammar | None = None


START = "<start>"


def choice(parts: Iterable[Pattern]) -> Pattern:
    """One of the parts, those that nothing fits left out."""
    flat: list[Pattern] = []
    for part in parts:
        for inner in part.parts if isinstance(part, Choice) else (part,):
            if inner is not NEVER and not any(inner is other for other in flat):
                flat.append(inner)
    return NEVER if not flat else flat[0] if len(flat) == 1 else Choice(tuple(flat))


def group(parts: Iterable[Pattern], kind: type[Group] | type[Interleave] = Group) -> Pattern:
    """All of the parts, those that are empty left out."""
    some = [part for part in parts if part is not EMPTY]
    if any(part is NEVER for part in some):
        return NEVER
    return EMPTY if not some else some[0] if len(some) == 1 else kind(tuple(some))


def read_schema(file: Path) -> Pattern:
    """The pattern of a schema's documents, includes resolved. Raises XformError for what is no RELAX NG schema."""
    return _Reader(None).document(file)


class _Reader:
    """Reads the patterns of one grammar, or of what is outside of any."""

    def __init__(self, grammar: Grammar | None) -> None:
        self.grammar = grammar

    def document(self, file: Path, within: tuple[Path, ...] = ()) -> Pattern:
        root = _parsed(file, within)
        return self.pattern(root, (*within, file))

    def pattern(self, node: Node, files: tuple[Path, ...]) -> Pattern:
        match _kind(node):
            case "element" | "attribute" as kind:
                names, content = self.named(node, files)
                if content is NEVER:
                    return NEVER  # what may hold nothing, not even nothing, is nowhere
                declared = Element if kind == "element" else Attribute
                return declared(names, content, str(files[-1]), node.sourceline or 0)
            case "group":
                return self.inner(node, files)
            case "interleave":
                return group(self.parts(node, files), Interleave)
            case "choice":
                return choice(self.parts(node, files))
            case "optional":
                return choice((self.inner(node, files), EMPTY))
            case "zeroOrMore":
                return choice((Repeat(self.inner(node, files)), EMPTY))
            case "oneOrMore":
                return Repeat(self.inner(node, files))
            case "mixed":
                return group((self.inner(node, files), TEXT), Interleave)
            case "list":
                return Tokens(self.inner(node, files))
            case "text":
                return TEXT
            case "empty":
                return EMPTY
            case "notAllowed":
                return NEVER
            case "value":
                return Value(node.text or "")
            case "data":
                return self.data(node, files)
            case "ref":
                return self.ref(node, files, self.grammar)
            case "parentRef":
                return self.ref(node, files, self.grammar.parent if self.grammar else None)
            case "externalRef":
                return _Reader(None).document(_linked(node, files), files)
            case "grammar":
                return self.nested(node, files)
            case kind:
                raise _fault(node, files, f"<{kind}> is no pattern of RELAX NG")

    def ref(self, node: Node, files: tuple[Path, ...], grammar: Grammar | None) -> Pattern:
        if grammar is None:
            raise _fault(node, files, f"<{_kind(node)}> stands outside the grammar that it refers to")
        return Ref(_attribute(node, "name"), grammar, _place(node, files))

    def parts(self, node: Node, files: tuple[Path, ...]) -> Iterator[Pattern]:
        return (self.pattern(child, files) for child in _children(node))

    def inner(self, node: Node, files: tuple[Path, ...]) -> Pattern:
        return group(self.parts(node, files))

    def data(self, node: Node, files: tuple[Path, ...]) -> Pattern:
        params = tuple(
            (_attribute(child, "name"), child.text or "") for child in _children(node) if _kind(child) == "param"
        )
        but = [part for child in _children(node) if _kind(child) == "except" for part in self.parts(child, files)]
        return Data(_attribute(node, "type"), params, choice(but))

    def named(self, node: Node, files: tuple[Path, ...]) -> tuple[tuple[Name, ...], Pattern]:
        """The name class of an element or attribute, and what it holds."""
        children = _children(node)
        if (name := node.get("name")) is not None:
            # an attribute's short name takes no namespace from around it
            space = _space(node) if _kind(node) == "element" else node.get("ns", "")
            known: tuple[Name, ...] = (_clark(node, name, space),)
        else:
            if not children:
                raise _fault(node, files, f"<{_kind(node)}> has no name")
            known = _name_class(children[0], files)
            children = children[1:]
        if _kind(node) == "attribute" and not children:
            return known, TEXT
        return known, group(self.pattern(child, files) for child in children)

    def nested(self, node: Node, files: tuple[Path, ...]) -> Pattern:
        grammar = Grammar(parent=self.grammar)
        _Reader(grammar).define(node, files, grammar.defined, frozenset())
        if START not in grammar.defined:
            raise _fault(node, files, "the grammar has no start")
        return Ref(START, grammar, _place(node, files))

    def define(
        self, node: Node, files: tuple[Path, ...], defined: dict[str, Pattern], replaced: frozenset[str]
    ) -> None:
        """Take the named patterns of a grammar, but for those that its includer has replaced."""
        for child in _children(node):
            kind = _kind(child)
            if kind == "div":
                self.define(child, files, defined, replaced)
            elif kind == "include":
                file = _linked(child, files)
                own = frozenset(_defined_name(inner) for inner in child.iter(NAMESPACE + "define", NAMESPACE + "start"))
                self.define(_parsed(file, files), (*files, file), defined, replaced | own)
                self.define(child, files, defined, replaced)
            elif kind in ("define", "start"):
                name = _defined_name(child)
                if name not in replaced:
                    new = self.inner(child, files)
                    old = defined.get(name)
                    combined = choice if child.get("combine") == "choice" else _interleaved
                    defined[name] = new if old is None else combined((old, new))
            else:
                raise _fault(child, files, f"<{kind}> in a grammar; expected define, start, include or div")


def _interleaved(parts: Iterable[Pattern]) -> Pattern:
    return group(parts, Interleave)


def _parsed(file: Path, within: tuple[Path, ...]) -> Node:
    if file in within:
        raise XformError(f"{file}: the schema includes itself; expected a RELAX NG schema")
    try:
        root = parse_text(file.read_bytes(), str(file))
    except OSError as error:
        raise XformError(f"{file}: {error.strerror}; expected a RELAX NG schema") from None
    except DocumentError as error:
        raise XformError(str(error).replace("expected well-formed XML", "expected a RELAX NG schema")) from None
    if not str(root.tag).startswith(NAMESPACE):
        raise XformError(f"{file}:{root.sourceline}: the root is {str(root.tag)!r}; expected a RELAX NG schema")
    return root


def _linked(node: Node, files: tuple[Path, ...]) -> Path:
    return files[-1].parent / _attribute(node, "href")


def _children(node: Node) -> list[Node]:
    return [child for child in node if isinstance(child.tag, str) and child.tag.startswith(NAMESPACE)]


def _kind(node: Node) -> str:
    return str(node.tag)[len(NAMESPACE) :]


def _attribute(node: Node, name: str) -> str:
    return (node.get(name) or "").strip()


def _defined_name(node: Node) -> str:
    return START if _kind(node) == "start" else _attribute(node, "name")


def _fault(node: Node, files: tuple[Path, ...], message: str) -> XformError:
    return XformError(f"{_place(node, files)}: {message}")


def _place(node: Node, files: tuple[Path, ...]) -> str:
    return f"{files[-1]}:{node.sourceline}"


def _space(node: Node) -> str:
    """The namespace that is in force at a node of the schema."""
    return next((space for at in (node, *node.iterancestors()) if (space := at.get("ns")) is not None), "")


def _clark(node: Node, name: str, space: str) -> str:
    prefix, _, local = name.strip().rpartition(":")
    space = node.nsmap.get(prefix, "") if prefix else space
    return f"{{{space}}}{local}" if space else local


def _name_class(node: Node, files: tuple[Path, ...]) -> tuple[Name, ...]:
    kind = _kind(node)
    if kind == "name":
        return (_clark(node, node.text or "", _space(node)),)
    if kind == "choice":
        return tuple(name for child in _children(node) for name in _name_class(child, files))
    if kind in ("anyName", "nsName"):
        but = (name for child in _children(node) for inner in _children(child) for name in _name_class(inner, files))
        return (Wild(None if kind == "anyName" else _space(node), tuple(but)),)
    raise _fault(node, files, f"<{kind}> is no name")


def leaves(pattern: Pattern, *kinds: Any) -> Iterator[Any]:
    """The parts of these kinds that a pattern has at its own level, behind references as well, each once."""
    seen: set[tuple[str, int]] = set()
    todo = [pattern]
    while todo:
        at = todo.pop()
        if isinstance(at, kinds):
            yield at
        elif isinstance(at, Ref):
            if (at.name, id(at.grammar)) not in seen:
                seen.add((at.name, id(at.grammar)))
                todo.append(at.target)
        elif isinstance(at, Group | Interleave | Choice):
            todo += reversed(at.parts)
        elif isinstance(at, Repeat | Tokens):
            todo.append(at.inner)
