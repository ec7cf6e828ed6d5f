"""How much of a schema the tables say: counts by top-level element, and every path on which something is missing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from attrs import evolve, field, frozen

from xform.check.place import Place
from xform.check.relaxng import read_schema
from xform.coverage.walk import Conditions, Node, State, flat, walk
from xform.errors import XformError
from xform.table.model import Tables


@frozen
class Gap:
    """A path on which something is missing: from the root, with where the schema declares it, and when it is missing.

    `text` says that only the text of an element is; `documents` in how many of a corpus it occurs, where one was asked.
    """

    path: str
    places: tuple[tuple[str, int], ...]
    when: Conditions = frozenset()
    text: bool = False
    documents: int | None = None

    def __str__(self) -> str:
        return f"{self.path}{' (its text)' if self.text else ''}: {self.where}"

    @property
    def where(self) -> str:
        """The places in the schema, and the conditions."""
        lines: dict[str, list[str]] = defaultdict(list)
        for file, line in self.places:
            lines[Path(file).name].append(str(line))
        places = ", ".join(f"{file}:{','.join(numbers)}" for file, numbers in lines.items())
        return f"{places} where {told(self.when)}" if self.when else places

    @classmethod
    def of(cls, path: str, nodes: list[Node]) -> Gap:
        """What is missing of the declarations on one path."""
        places = tuple(dict.fromkeys(node.place for node in nodes))
        always = any(not node.when for node in nodes)
        when = frozenset() if always else frozenset(row for node in nodes for row in node.when)
        return cls(path, places, when, all(node.text for node in nodes))


@frozen
class Count:
    """Declarations by how they stand, each once, at its worst path."""

    claimed: int
    opaque: int
    missing: int

    @property
    def declared(self) -> int:
        return self.claimed + self.opaque + self.missing

    @property
    def by_name(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("declared", "claimed", "opaque", "missing")}


@frozen
class Found:
    """A declaration at its worst path."""

    path: str
    node: Node
    state: State


Group = dict[tuple[tuple[str, int], str], Found]
"""By place and name."""


@frozen(slots=False)
class Coverage:
    """What the tables say of a schema. `excused` are paths that may be missing.

    `tables` have a prefix for every namespace of the schema; `undeclared` are those that they lack by themselves.
    """

    tables: Tables
    root: Node
    excused: frozenset[str] = field(default=frozenset())
    undeclared: dict[str, str] = field(factory=dict)

    @cached_property
    def all(self) -> list[tuple[str, Node]]:
        """Every declaration below the root, by path; the same path may have several."""
        return [("/".join([*(one.name for one in above), node.name]), node) for above, node in flat(self.root)]

    @cached_property
    def gaps(self) -> list[Gap]:
        """Every path on which something is missing and not excused, in the order of paths."""
        found: dict[str, list[Node]] = defaultdict(list)
        for path, node in self.all:
            if node.state is State.MISSING and path not in self.excused:
                found[path].append(node)
        return [Gap.of(path, nodes) for path, nodes in found.items()]

    @property
    def stale(self) -> set[str]:
        """Excused paths on which nothing is missing."""
        return set(self.excused) - {path for path, node in self.all if node.state is State.MISSING}

    @cached_property
    def grouped(self) -> dict[str, Group]:
        """The declarations of each top-level element; of one that holds several entities, of each by itself."""
        split = _holders(self.tables)
        found: dict[str, Group] = defaultdict(dict)
        self._note(found[self.root.name], "", self.root)
        for path, node in self.all:
            first, *more = path.split("/")
            group = f"{first}/{more[0]}" if first in split and more else first
            self._note(found[self.root.name if group.startswith("@") else group], path, node)
        return dict(found)

    @cached_property
    def groups(self) -> dict[str, Count]:
        """The counts of each group."""
        return {name: _count(group) for name, group in self.grouped.items()}

    @cached_property
    def total(self) -> Count:
        """Each declaration once, however many elements have it."""
        every: Group = {}
        self._note(every, "", self.root)
        for path, node in self.all:
            self._note(every, path, node)
        return _count(every)

    def _note(self, group: Group, path: str, node: Node) -> None:
        state = State.CLAIMED if path in self.excused else node.state
        key = (node.place, node.name)  # several may stand on one line
        if key not in group or group[key].state < state:
            group[key] = Found(path, node, state)


def cover(tables: Tables, folder: Path, excused: Iterable[str] = ()) -> Coverage:
    """Lay the tables of a dialect over the schema in a folder. Raises XformError."""
    assert tables.schema is not None
    file = folder / tables.schema
    own, tables = tables.namespaces, evolve(tables, namespaces={**tables.namespaces})
    root = walk(tables, Place("", (read_schema(file),)))
    if root is None:
        raise XformError(
            f"{file}: the schema has no document <{tables.document.element}>; expected that of {tables.name}"
        )
    undeclared = {prefix: uri for prefix, uri in tables.namespaces.items() if prefix not in own}
    return Coverage(tables, root, frozenset(excused), undeclared)


def _holders(tables: Tables) -> set[str]:
    """The elements of the root that hold several entities."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in tables.document.rows:
        if row.entity and len(row.path.steps) == 2:
            found[row.path.steps[0].shown].add(row.entity)
    return {name for name, entities in found.items() if len(entities) > 1}


def _count(group: Group) -> Count:
    found = Counter(one.state for one in group.values())
    return Count(found[State.CLAIMED], found[State.OPAQUE], found[State.MISSING])


def told(when: Conditions) -> str:
    """Conditions in words: `@type is file or block`."""
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = defaultdict(list)
    for row in sorted(when, key=str):
        names = tuple(tuple(f"{'../' * one.up}@{name}" for name, _ in one.words) for one in row)
        alike[names].append(" ".join(word or "absent" for one in row for _, word in one.words))
    return ", or ".join(
        f"{' '.join(name for some in names for name in some)} is {' or '.join(dict.fromkeys(words))}"
        for names, words in alike.items()
    )
