"""A schema and the tables walked down together: who says each element and attribute that the schema declares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import count
from typing import TypeVar

from attrs import evolve, field, frozen

from xform.check.place import Place
from xform.check.relaxng import Attribute, Element, Name, Wild, names
from xform.coverage.claims import ENTITY, TEXT, WHOLE, Claim, Claims, Condition, Part, first, parts, second_places
from xform.table.model import Origin, Tables

Declared = TypeVar("Declared", Element, Attribute)


class State(IntEnum):
    """How a declaration stands, from good to bad."""

    CLAIMED = 0
    OPAQUE = 1  # kept as it is, within what holds it
    MISSING = 2


Conditions = frozenset[tuple[Condition, ...]]  # one of these rows of conditions; empty: always


@frozen(eq=False)
class Node:
    """A declaration where it is reached: its name (`@` before an attribute's), how it stands, and which row says so.

    `when` tells under which conditions it is not claimed; empty: under all.  `text`: what is missing is its text alone.
    `cut` is where it leads to what it stands in.  `entities` are those that begin at an element.
    """

    name: str
    declared: Element | Attribute
    state: State
    origin: Origin | None = None
    when: Conditions = frozenset()
    text: bool = False
    children: tuple[Node, ...] = field(default=(), repr=False)
    cut: bool = False
    entities: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, int]:
        """File and line of the schema."""
        return self.declared.file, self.declared.line


@frozen
class Reached:
    """What the tables say of an element, under one of these conditions; or where they say that it is kept as it is."""

    claims: Claims
    when: Conditions = frozenset({()})
    kept: Origin | None = None


def walk(tables: Tables, document: Place) -> Node | None:
    """The tree of what a schema declares, from the root element down; None where it has no such document.

    A namespace that the tables do not declare gets a prefix among theirs.
    An element that is reached again within itself, with the same said of it, is not entered a second time, and one of
    any name not a fourth time, whatever is said: all that the tables say may lead into it, at every depth anew.
    """
    root = tables.document
    found = next((one for one in document.elements if names(one.names, root.element or "")), None)
    if found is None:
        return None
    said = frozenset({Claim((), ENTITY, root.origin, tables.root), *second_places(tables)})
    return _Walker(tables).element(found, frozenset({Reached(said)}))


# How often an element of any name is entered within itself.
_DEPTH = 3

Key = tuple[int, frozenset[Reached]]
Said = tuple[int, frozenset[tuple[Claims, Origin | None]]]


class _Walker:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.known: dict[Key, Node] = {}
        self.within: set[Said] = set()
        self.depths: Counter[int] = Counter()

    def element(self, declared: Element, reached: frozenset[Reached]) -> Node:
        key = (id(declared.inner), reached)
        if key in self.known:
            return evolve(self.known[key], declared=declared, name=self.name(declared.names))
        said = id(declared.inner), frozenset((one.claims, one.kept) for one in reached)
        again = said in self.within or (_open(declared) and self.depths[said[0]] >= _DEPTH)
        if again:
            return Node(self.name(declared.names), declared, *_own(reached), cut=True)
        self.within.add(said)
        self.depths[said[0]] += 1
        made = self.known[key] = self.entered(declared, reached)
        self.depths[said[0]] -= 1
        self.within.remove(said)
        return made

    def entered(self, declared: Element, reached: frozenset[Reached]) -> Node:
        place = Place(self.name(declared.names), (declared.inner,))
        cut = [(one, part) for one in reached for part in self.cut(place, one)]
        children = [self.attribute(one, cut) for one in _once(place.declared)]
        children += [self.element(one, self.below(one, cut)) for one in _once(place.elements)]
        state, origin, when = _own(reached)
        text = False
        if state is State.CLAIMED and _texts(place):
            lacking = [pair for pair in cut if _texts(pair[1].place) and not _takes(pair[1], TEXT)]
            if lacking:
                state, origin, when, text = State.MISSING, None, _when(lacking, cut), True
        entities = {claim.entity for one in reached for claim in one.claims if claim.entity and not claim.steps}
        name = self.name(declared.names)
        return Node(name, declared, state, origin, when, text, tuple(children), entities=tuple(sorted(entities)))

    def cut(self, place: Place, reached: Reached) -> list[Part]:
        if reached.kept:
            return [Part(place, frozenset(), kept=reached.kept)]
        return list(parts(self.tables, place, reached.claims))

    def attribute(self, declared: Attribute, cut: list[tuple[Reached, Part]]) -> Node:
        there = [pair for pair in cut if pair[1].has(declared)] or cut
        said = [(pair, _taken(pair[1], declared)) for pair in there]
        state = max(state for _, (state, _) in said)
        origin = first(origin for _, (one, origin) in said if origin and one is state)
        worst = [pair for pair, (one, _) in said if one is state]
        when = _when(worst, there) if state is not State.CLAIMED else frozenset()
        return Node(f"@{self.name(declared.names)}", declared, state, origin, when)

    def below(self, declared: Element, cut: list[tuple[Reached, Part]]) -> frozenset[Reached]:
        """What is said of a child, under which conditions."""
        there = [pair for pair in cut if pair[1].has(declared)] or cut
        found: dict[tuple[Claims, Origin | None], list[tuple[Reached, Part]]] = {}
        for reached, part in there:
            left = frozenset(below for claim in part.claims if (below := claim.below(declared)))
            found.setdefault((left, None if left else part.kept), []).append((reached, part))
        return frozenset(Reached(left, _up(_when(pairs, there)), kept) for (left, kept), pairs in found.items())

    def name(self, known: Iterable[Name]) -> str:
        """As people write it."""
        names = ("*" if isinstance(name, Wild) else self.prefixed(name) for name in known)
        return "|".join(dict.fromkeys(names))

    def prefixed(self, name: str) -> str:
        uri = name[1:].rpartition("}")[0]
        if uri and uri not in self.tables.namespaces.values():
            # the last part of a URI that is no version: …/domain/qemu/1.0
            prefix = next(reversed(re.findall(r"(?<![^/:#])[A-Za-z_][\w-]*", uri)), "ns")
            taken = (f"{prefix}{number or ''}" for number in count())
            self.tables.namespaces[next(one for one in taken if one not in self.tables.namespaces)] = uri
        return self.tables.written(name)


def _open(declared: Element) -> bool:
    return any(isinstance(name, Wild) for name in declared.names)


def _once(declared: Iterable[Declared]) -> list[Declared]:
    return list({id(one): one for one in declared}.values())


def _own(reached: frozenset[Reached]) -> tuple[State, Origin | None, Conditions]:
    """How an element itself stands: one that claims lead to, or through, is claimed."""
    said = [(_state(one), one) for one in reached]
    state = max(state for state, _ in said)
    worst = [one for one_state, one in said if one_state is state]
    when = frozenset(row for one in worst for row in one.when)
    claims = [claim for one in worst for claim in one.claims]
    ending = [claim for claim in claims if not claim.steps]
    origin = first([claim.origin for claim in ending or claims] + [one.kept for one in worst if one.kept])
    always = state is State.CLAIMED or len(worst) == len(said) or () in when
    return state, origin, frozenset() if always else when


def _state(one: Reached) -> State:
    if one.kept or any(claim.takes == WHOLE and not claim.steps for claim in one.claims):
        return State.OPAQUE
    return State.CLAIMED if one.claims else State.MISSING


def _texts(place: Place) -> bool:
    return place.text is not None


def _takes(part: Part, what: str) -> bool:
    return part.kept is not None or any(claim.takes == what and not claim.steps for claim in part.claims)


def _taken(part: Part, declared: Attribute) -> tuple[State, Origin | None]:
    rows = [
        one.origin
        for one in part.claims
        if not one.steps and one.takes[0] == "@" and names(declared.names, one.takes[1:])
    ]
    if rows:
        return State.CLAIMED, first(rows)
    return (State.OPAQUE, part.kept) if part.kept else (State.MISSING, None)


def _when(some: list[tuple[Reached, Part]], of: list[tuple[Reached, Part]]) -> Conditions:
    """The conditions of some parts; empty where these are all."""
    if len(some) == len(of):
        return frozenset()
    return frozenset((*row, *part.when) for reached, part in some for row in reached.when or {()})


def _up(when: Conditions) -> Conditions:
    """The same conditions, seen from a child."""
    return frozenset(tuple(Condition(one.up + 1, one.words) for one in row) for row in when) or frozenset({()})


def flat(node: Node, above: tuple[Node, ...] = ()) -> Iterator[tuple[tuple[Node, ...], Node]]:
    """Every declaration below the root once for every path, behind the elements that it stands in."""
    for child in node.children:
        yield above, child
        yield from flat(child, (*above, child))
