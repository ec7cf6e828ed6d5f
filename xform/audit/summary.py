"""The rows of an audit, counted: by state, schema, law and path, with examples; of a million rows no more is held.

The same is counted in whatever order the chunks come.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import Factory, define, frozen

from xform.audit.examine import Row

EXAMPLES = 5
# Of the documents that were not examined so many are named.
ERRORS = 100
# What is found so of a document does not make it a bad one: the tables keep it as it is.
TOLD = ("residue", "drift")


# Where a row stands in the order of the sources: its chunk, and its place in it.
At = tuple[int, int]


@frozen(order=True)
class Example:
    at: At
    source: str
    name: str
    line: int
    message: str


@define
class Tally:
    """One thing that was found: in how many documents, how often, and in which, for example: the first of them."""

    documents: int = 0
    times: int = 0
    path: str = ""
    examples: list[Example] = Factory(list)

    def add(self, at: At, row: Row, line: int, message: str, again: bool) -> None:
        self.times += 1
        if again:
            return
        self.documents += 1
        if len(self.examples) < EXAMPLES or at < self.examples[-1].at:
            insort(self.examples, Example(at, row.source, row.name, line, message))
            del self.examples[EXAMPLES:]

    @property
    def message(self) -> str:
        return next((example.message for example in self.examples if example.message), "")


@define
class Summary:
    """`schemas` are the labels in the order that they were given; `admitted` counts documents by the set that admits
    them, `differing` those that one set admits by the schema that does not, and by its reason.  `unseen` are the VMs
    that a store knows, less those that are counted; `chunks` is how many were.
    """

    schemas: Sequence[str]
    unseen: set[str] = Factory(set)
    chunks: int = 0
    states: Counter[str] = Factory(Counter)
    size: int = 0
    admitted: dict[tuple[str, ...], Tally] = Factory(dict)
    differing: dict[tuple[tuple[str, ...], str, str], Tally] = Factory(dict)
    found: dict[tuple[str, str, str], Tally] = Factory(dict)  # by check, part, path
    errors: list[Example] = Factory(list)

    def add(self, number: int, rows: Iterable[Row]) -> None:
        """Count the rows of the chunk of this number."""
        self.chunks += 1
        for index, row in enumerate(rows):
            self._add((number, index), row)

    def _add(self, at: At, row: Row) -> None:
        self.states[row.state] += 1
        self.size += row.size
        self.unseen.discard(row.id)
        if row.state in ("unread", "failed") and (len(self.errors) < ERRORS or at < self.errors[-1].at):
            insort(self.errors, Example(at, row.source, row.name, 0, row.error))
            del self.errors[ERRORS:]
        if self.schemas and row.state == "read":
            self.admitted.setdefault(row.valid, Tally()).add(at, row, 0, "", False)
        seen: set[tuple[str, str, str]] = set()
        for one in row.found:
            # of what is not valid the message says where
            key = (one.check, one.of, one.message if one.check == "schema" else one.path)
            self.found.setdefault(key, Tally(path=one.path)).add(at, row, one.line, one.message, key in seen)
            if one.check == "schema" and row.valid:
                reason = (row.valid, one.of, one.message)
                self.differing.setdefault(reason, Tally()).add(at, row, one.line, "", key in seen)
            seen.add(key)

    @property
    def well(self) -> bool:
        """Whether every document was read and admitted, and nothing else was found than what the tables leave alone."""
        bad = [check for check, _, _ in self.found if check not in TOLD]
        return not bad and not self.states["unread"] and not self.states["failed"]

    def by_check(self, check: str) -> list[tuple[str, str, Tally]]:
        """What a check found, by part and path; what most documents have comes first."""
        found = [(of, path, tally) for (name, of, path), tally in self.found.items() if name == check]
        return sorted(found, key=lambda one: (-one[2].documents, one[0], one[1]))

    def disagreements(self) -> list[tuple[tuple[str, ...], str, str, Tally]]:
        """Who admits, who does not, and why; what most documents have comes first."""
        return sorted(
            ((*key, tally) for key, tally in self.differing.items()), key=lambda one: (-one[3].documents, *one[:3])
        )

    def data(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "documents": {state: self.states[state] for state in ("read", "other", "unread", "failed")},
            "bytes": self.size,
            "admitted": [{"by": list(labels), **_data(tally)} for labels, tally in sorted(self.admitted.items())],
            "differing": [
                {"by": list(labels), "not_by": label, "reason": reason, **_data(tally)}
                for labels, label, reason, tally in self.disagreements()
            ],
            "found": [
                {"check": check, "of": of, "path": tally.path, **_data(tally)}
                for check in sorted({check for check, _, _ in self.found})
                for of, _, tally in self.by_check(check)
            ],
            "unseen": {"vms": len(self.unseen), "examples": sorted(self.unseen)[:EXAMPLES]},
            "errors": [{"source": one.source, "name": one.name, "error": one.message} for one in self.errors],
        }


def _data(tally: Tally) -> dict[str, Any]:
    examples = [{"source": one.source, "name": one.name, "line": one.line} for one in tally.examples]
    return {"documents": tally.documents, "times": tally.times, "message": tally.message, "examples": examples}
