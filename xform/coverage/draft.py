"""Rows, in our syntax, for what a schema declares and no table claims: drafts, whose names and codecs are guesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from attrs import define, field, frozen

from xform.check.place import Place
from xform.check.relaxng import Attribute, Choice, Element, Group, Interleave, Pattern, Ref, Repeat, leaves
from xform.coverage import guess
from xform.coverage.counts import Coverage, Gap
from xform.coverage.walk import Node, State, flat
from xform.errors import XformError, did_you_mean

# An element with so many attributes is an entity of its own; with fewer, rows go through it.
MANY = 4


@frozen
class DraftRow:
    name: str
    path: str
    codec: str
    comment: str


@define
class Draft:
    """Rows of one entity; `file` is that of its table, empty for a new one."""

    entity: str
    file: str = ""
    rows: list[DraftRow] = field(factory=list)
    taken: set[str] = field(factory=set)

    def __str__(self) -> str:
        names = max(len(row.name) for row in self.rows)
        paths = max(len(row.path) for row in self.rows)
        values = [f'"{row.path.ljust(paths)} : {row.codec}"' for row in self.rows]
        wide = max(map(len, values))
        lines = [f"# {self.file or 'a new entity'}", f"[{self.entity}.row]"]
        for row, value in zip(self.rows, values, strict=True):
            lines.append(f"{row.name.ljust(names)} = {value.ljust(wide)}  # {row.comment}")
        return "\n".join(lines) + "\n"


def draft(coverage: Coverage, path: str) -> list[Draft]:
    """Rows for what is missing on a path and below it (`.`: everywhere), by the entity that takes them.

    Raises XformError for a path that the schema does not have, and for none.
    """
    if not path:
        raise XformError("an empty text; expected a path from the root, or . for everything")
    path = "" if path == "." else path.strip("/")
    known = dict.fromkeys(at for at, _ in coverage.all)
    if path and path not in known:
        raise XformError(f"the schema has no {path}{did_you_mean(path, known) or '; expected a path from its root'}")
    return _Drafter(coverage).drafts(path)


class _Drafter:
    def __init__(self, coverage: Coverage) -> None:
        self.coverage = coverage
        self.made: dict[str, Draft] = {}
        # which entity describes the content of an element, by the tables and by what is drafted
        self.known: dict[int, str] = {}
        for _, node in flat(coverage.root):
            if len(node.entities) == 1 and isinstance(node.declared, Element):
                self.known.setdefault(id(node.declared.inner), node.entities[0])

    def drafts(self, path: str) -> list[Draft]:
        found: dict[str, list[tuple[tuple[Node, ...], Node]]] = defaultdict(list)
        for above, node in flat(self.coverage.root):
            at = "/".join([*(one.name for one in above), node.name])
            wanted = not path or at == path or at.startswith(f"{path}/") or path.startswith(f"{at}/")
            # of a missing element all that is in it is drafted with it
            within = above and above[-1].state is State.MISSING and not above[-1].text
            if wanted and not within and node.state is State.MISSING and at not in self.coverage.excused:
                found[at].append((above, node))
        for ways in found.values():
            above = (self.coverage.root, *ways[0][0])
            last = max(number for number, one in enumerate(above) if one.entities)
            steps = [one.name for one in above[last + 1 :]]
            self.rows(self.owner(above[last].entities[0]), steps, [node for _, node in ways], above[-1])
        return [one for one in self.made.values() if one.rows]

    def owner(self, name: str) -> Draft:
        """The draft of an entity that the tables have."""
        if name not in self.made:
            shape = self.coverage.tables.shapes[name]
            taken = {row.name for table in shape.tables for row in table.every}
            self.made[name] = Draft(name, f"{shape.origin.file}:{shape.origin.line}", taken=taken)
        return self.made[name]

    def rows(self, owner: Draft, steps: list[str], nodes: list[Node], parent: Node) -> None:
        """The rows of declarations of one name, which is `steps` below the owner's element and there in `parent`."""
        name = nodes[0].name
        if "*" in name or "|" in name:
            self.add(owner, [*steps, "*"], "list xml", nodes)
            return
        at = [*steps, name]
        if name.startswith("@"):
            words = Place("", tuple(node.declared for node in nodes)).attribute(_tag(nodes[0]))
            needed = not steps and Place("", (parent.declared.inner,)).needs_attribute(_tag(nodes[0]))
            strict = " !" if needed and not owner.file else ""
            self.add(owner, at, guess.codec(words, attribute=True) + strict, nodes)
            return
        place = Place(name, tuple(node.declared.inner for node in nodes))
        lists = "list " if any(_repeats(parent.declared.inner, node.declared) for node in nodes) else ""
        if all(node.text for node in nodes):
            self.add(owner, at, lists + guess.codec(place.text, attribute=False), nodes)
            return
        inner = _by_name(child for node in nodes for child in node.children)
        entities = {self.known.get(id(content)) for content in place.contents}
        if len(entities) == 1 and (known := entities.pop()):
            self.add(owner, at, lists + known, nodes)
        elif place.text and list(inner) == ["@unit"]:
            self.add(owner, at, f"{lists}size bytes unit=@unit", nodes, "absent unit?")
        elif not inner:
            self.add(owner, at, lists + guess.codec(place.text, attribute=False), nodes)
        elif lists or place.elements or place.text or len(inner) >= MANY:
            new = self.new(at, owner, place)
            self.add(owner, at, lists + new.entity, nodes)
            if place.text:
                self.add(new, ["."], guess.codec(place.text, attribute=False), nodes)
            for alike in inner.values():
                self.rows(new, [], alike, nodes[0])
        else:
            for alike in inner.values():
                self.rows(owner, at, alike, nodes[0])

    def new(self, at: list[str], owner: Draft, place: Place) -> Draft:
        name = guess.entity([owner.entity, *at], {*self.coverage.tables.shapes, *self.made})
        self.known |= {id(content): name for content in place.contents}
        self.made[name] = Draft(name)
        return self.made[name]

    def add(self, owner: Draft, path: list[str], codec: str, nodes: list[Node], more: str = "") -> None:
        parts = [part.lstrip("@") for part in path if part not in (".", "*")] or ["value"]
        if any(row.path == "/".join(path) for row in owner.rows):
            return  # its entity stands in several places
        name = guess.field(parts, owner.taken)
        owner.taken.add(name)
        gap = Gap.of("", nodes)
        owner.rows.append(DraftRow(name, "/".join(path), codec, "; ".join(filter(None, [gap.where, more]))))


def _tag(node: Node) -> str:
    """The name of an attribute in Clark notation."""
    return next(name for name in node.declared.names if isinstance(name, str))


def _by_name(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        found[node.name].append(node)
    return found


def _repeats(pattern: Pattern, declared: Element | Attribute, seen: tuple[int, ...] = ()) -> bool:
    """Whether a declaration may stand more than once in what fits a pattern."""
    match pattern:
        case Ref():
            target = pattern.target
            return id(target) not in seen and _repeats(target, declared, (*seen, id(target)))
        case Repeat():
            return any(one is declared for one in leaves(pattern.inner, Element))
        case Choice() | Group() | Interleave():
            return any(_repeats(part, declared, seen) for part in pattern.parts)
    return False
