"""What the writers of both directions share: units on demand, and conditions around what embedded variants say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import groupby

from xform.compile.layout import Slot
from xform.compile.source import Names, Source, Unit
from xform.entities import Classes
from xform.table.walk import Owners

Part = tuple[Owners, Callable[[], None]]


class Writer:
    """Writes a unit for every function that is asked for, beginning with that of the root.

    An embedded entity is held by the variable ``o_ROW``, its word by ``is_ROW``, with the names of all embedding rows
    on the way.
    """

    def __init__(self, classes: Classes) -> None:
        self.classes, self.tables = classes, classes.tables
        self.names = Names()
        self.source = Source(self.names)
        self.within: Owners = ()
        self._asked: dict[str, Callable[[], None]] = {}

    def ask(self, function: str, write: Callable[[], None]) -> str:
        """The name of a function that is written when its turn comes."""
        self._asked.setdefault(function, write)
        return function

    def units(self) -> dict[str, Unit]:
        """All that was asked for, and what this asked for in turn."""
        done: dict[str, Unit] = {}
        while left := [name for name in self._asked if name not in done]:
            for name in left:
                self.source = Source(self.names)
                self._asked[name]()
                done[name] = self.source.unit()
        return done

    def each(self, parts: Iterable[Part], otherwise: Callable[[], None] | None = None) -> None:
        """Write parts, each under the condition that the embedded variant is there that it is of.

        The variants of one row exclude each other; what they have alike is written once, and `otherwise` is for where
        none of them is there.
        """
        for _, run in groupby(parts, key=lambda part: _family(part[0])):
            bodies: dict[tuple[str, ...], tuple[Owners, list[str]]] = {}
            for owners, write in run:
                outer, self.within = self.within, owners
                bodies.setdefault(_named(owners), (owners, []))[1].extend(self.source.captured(write))
                self.within = outer
            alike: dict[tuple[str, ...], list[Owners]] = {}
            for owners, lines in bodies.values():
                if lines:
                    alike.setdefault(tuple(lines), []).append(owners)
            tests = [self.test(every) for every in alike.values()]
            for at, (test, body) in enumerate(zip(tests, alike, strict=True)):
                with self.source.block(f"{'elif' if at else 'if'} {test}:") if test else nullcontext():
                    self.source.put(body)
            if otherwise and all(tests) and tests:
                with self.source.block("else:"):
                    otherwise()

    def test(self, every: list[Owners]) -> str:
        """The condition that one of these variants of one row is there; empty where that is clear."""
        owners = every[0]
        tests = [self.there(owners[: at + 1]) for at in range(len(self.within), len(owners))]
        if len(every) > 1 and tests:
            tests[-1] = f"{told(owners)} in {tuple(map(self.word, every))!r}"
        return " and ".join(filter(None, tests))

    def there(self, owners: Owners) -> str:
        """The condition that the last of these is there, the others being so."""
        word = self.word(owners)
        return f"{told(owners)} == {word!r}" if word else ""

    def word(self, owners: Owners) -> str | None:
        """The word of an embedded variant; None of an entity that is no variant."""
        name = owners[-1][1].name
        choice = self.classes.choice(name)
        return " ".join(choice.words(name)) if choice else None


def holder(owners: Owners) -> str:
    """The variable of the entity that a row is of."""
    return f"o{path(owners)}"


def told(owners: Owners) -> str:
    """The variable of its word."""
    return f"is{path(owners)}"


def value(slot: Slot) -> str:
    """The field of a row."""
    return f"{holder(slot.owners)}.{slot.row.name}"


def path(owners: Owners) -> str:
    return "".join(f"__{row.name}" for row, _ in owners)


def _named(owners: Owners) -> tuple[str, ...]:
    return tuple(name for row, table in owners for name in (row.name, table.name))


def _family(owners: Owners) -> tuple[str, ...]:
    """The same for what excludes each other."""
    return (*_named(owners[:-1]), owners[-1][0].name) if owners else ()
