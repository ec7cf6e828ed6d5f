"""What a gate came to: counts by law and by hypervisor, findings and those that are excused; as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from xform.cli.commands import BAD
from xform.cli.common import annotation, exceptions, unread_annotation
from xform.errors import XformError, instead

if TYPE_CHECKING:
    from xform.laws import Finding
    from xform.laws.corpus import Outcome

READ = "read"  # what stands for a law where a document could not be read
FIRST = 20  # so many findings are shown as text


@frozen
class Excuse:
    """A known finding, and why it is one."""

    file: str
    path: str
    law: str
    reason: str
    origin: str = field(eq=False)

    def about(self, file: str) -> bool:
        return f"/{file}".endswith(f"/{self.file}")

    def excuses(self, file: str, path: str, law: str) -> bool:
        return (path, law) == (self.path, self.law) and self.about(file)


def read_excuses(name: str | None) -> list[Excuse]:
    """Raises XformError for a line that is none."""
    from xform.laws.corpus import LAWS

    found = []
    for at, line in exceptions(name):
        parts = [part.strip() for part in line.split(": ", 3)]
        if len(parts) < 4 or not all(parts):
            raise XformError(f"{at}:1: this is no exception; expected `file: path: law: reason`")
        file, path, law, reason = parts
        if law not in (*LAWS, READ):
            raise XformError(f"{at}:1: no law {law!r}{instead(law, (*LAWS, READ))}")
        found.append(Excuse(file, path, law, reason, at))
    return found


@frozen(slots=False)
class Verdict:
    """What came of every file, by the laws that were asked for.

    `where` names what was looked at; `folders` are those among it, of which every file was, by name.
    """

    laws: list[str]
    outcomes: dict[str, Outcome]
    excuses: list[Excuse]
    untried: dict[str, str] = field(factory=dict)
    where: str = ""
    folders: dict[str, list[str]] = field(factory=dict)

    @cached_property
    def findings(self) -> list[tuple[str, Finding]]:
        """What is not excused, by file."""
        return [(file, one) for file, one in self._found() if not self._excused(file, one.path, one.law)]

    @cached_property
    def unread(self) -> dict[str, str]:
        """The files that could not be read, and why, without those that are excused."""
        failed = {file: outcome.unread for file, outcome in self.outcomes.items() if outcome.unread}
        return {file: why for file, why in failed.items() if not self._excused(file, ".", READ)}

    @cached_property
    def stale(self) -> list[Excuse]:
        """Excuses for what was not found, and could have been."""
        found = [(file, one.path, one.law) for file, one in self._found()]
        found += [(file, ".", READ) for file, outcome in self.outcomes.items() if outcome.unread]
        tried = [excuse for excuse in self.excuses if self._looked(excuse)]
        return [excuse for excuse in tried if not any(excuse.excuses(*one) for one in found)]

    def _looked(self, excuse: Excuse) -> bool:
        """Whether it could have been found: its law was tried, on its file where some files only were asked for."""
        if excuse.law != READ and (excuse.law not in self.laws or excuse.law in self.untried):
            return False
        named = [outcome for file, outcome in self.outcomes.items() if excuse.about(file)]
        return any(excuse.law == READ or not outcome.unread for outcome in named) if named else bool(self.folders)

    @property
    def empty(self) -> list[str]:
        """The folders that hold no document of this dialect, of what could be read."""
        told = {file for file, outcome in self.outcomes.items() if outcome.laws} | self.unread.keys()
        return [folder for folder, files in self.folders.items() if told.isdisjoint(files)]

    @property
    def code(self) -> int:
        return BAD if self.unread or self.empty else 1 if self.findings or self.stale else 0

    @property
    def result(self) -> str:
        """What it came to, in a sentence or some."""
        wrong = {
            "Something does not hold.": self.findings,
            "Something was not read.": self.unread,
            "An exception is stale.": self.stale,
            "A folder holds nothing to try.": self.tried and self.empty,
        }
        if found := [said for said, some in wrong.items() if some]:
            return " ".join(found)
        if not self.tried:
            return "Nothing was tried."
        known = sum(1 for _ in self._found()) + sum(bool(outcome.unread) for outcome in self.outcomes.values())
        some = f", but for {known} known finding{'s' * (known > 1)}" if known else ""
        return f"Every law {'' if self.tried == self.laws else 'that was tried '}holds{some}."

    @property
    def tried(self) -> list[str]:
        """The laws that were tried on some document."""
        return [law for law, row in self.counts().items() if row["tried"]]

    @property
    def others(self) -> int:
        """How many are no documents of this dialect."""
        return sum(outcome.other for outcome in self.outcomes.values())

    @property
    def refused(self) -> dict[str, str]:
        """The documents that libvirt does not take, and why."""
        return {file: outcome.refused for file, outcome in self.outcomes.items() if outcome.refused}

    @property
    def reasons(self) -> list[str]:
        """Of the laws that could not be tried, why."""
        return [f"{why}; the law {law} is not tried" for law, why in self.untried.items()]

    @property
    def total(self) -> str:
        documents = sum(bool(outcome.laws) for outcome in self.outcomes.values())
        not_read = sum(bool(outcome.unread) for outcome in self.outcomes.values())
        said = "1 document" if documents == 1 else f"{documents} documents"
        return f"{said}, {self.others} no document of this dialect, {not_read} not read"

    @cached_property
    def hypervisors(self) -> dict[str, dict[str, Outcome]]:
        """The documents by the hypervisor that they are for; none where the dialect does not tell."""
        found: dict[str, dict[str, Outcome]] = {}
        for file, outcome in self.outcomes.items():
            if outcome.laws:
                found.setdefault(outcome.hypervisor, {})[file] = outcome
        return {} if list(found) == [""] else dict(sorted(found.items()))

    def counts(self, outcomes: dict[str, Outcome] | None = None) -> dict[str, dict[str, int]]:
        """By law how many documents were tried, and what came of it; one with excused findings only is `excused`."""
        found: dict[str, dict[str, int]] = {}
        for law in self.laws:
            said = {
                file: outcome
                for file, outcome in (self.outcomes if outcomes is None else outcomes).items()
                if law in outcome.laws
            }
            tried = {file: outcome.laws[law] for file, outcome in said.items() if outcome.laws[law] is not None}
            refused = sum(outcome.refuses(law) for outcome in said.values())
            found[law] = {
                "tried": len(tried),
                "held": sum(not findings for findings in tried.values()),
                "failed": sum((file, law) in self._failed for file in tried),
                "excused": sum(bool(findings) and (file, law) not in self._failed for file, findings in tried.items()),
                "refused": refused,
                "not applicable": len(said) - len(tried) - refused,
            }
        return found

    @cached_property
    def _failed(self) -> set[tuple[str, str]]:
        return {(file, one.law) for file, one in self.findings}

    def _found(self) -> Iterator[tuple[str, Finding]]:
        for file, outcome in self.outcomes.items():
            for findings in outcome.laws.values():
                yield from ((file, one) for one in findings or ())

    def _excused(self, file: str, path: str, law: str) -> bool:
        return any(excuse.excuses(file, path, law) for excuse in self.excuses)

    # --- shown

    def text(self) -> str:
        """The first findings, the first documents that libvirt refuses, and tables of laws and hypervisors."""
        lines = [*self.unread.values(), *_first([said(file, one) for file, one in self.findings])]
        lines += [f"{one.origin}:1: stale: {one.file}: {one.path}: {one.law} was not found" for one in self.stale]
        lines += _first([f"{file}: libvirt refuses it: {printable(why)}" for file, why in self.refused.items()])
        for heads, rows in (self.by_law(), self.by_hypervisor()):
            if rows:
                lines += [*_columns(heads, rows), ""]
        return "\n".join([*lines[:-1], self.total]) + "\n"

    def by_law(self) -> tuple[list[str], list[list[str | int]]]:
        counts = self.counts()
        heads = list(next(iter(counts.values()), {}))
        return ["law", *heads], [[law, *row.values()] for law, row in counts.items()]

    def by_hypervisor(self) -> tuple[list[str], list[list[str | int]]]:
        """By hypervisor and law the documents on which the law holds, and of how many, where that is another number."""
        rows: list[list[str | int]] = []
        for name, outcomes in self.hypervisors.items():
            counts = self.counts(outcomes).values()
            held = [row["held"] if row["held"] == row["tried"] else f"{row['held']}/{row['tried']}" for row in counts]
            rows.append([name or "(none)", len(outcomes), *held])
        return ["hypervisor", "documents", *self.laws], rows

    def annotations(self) -> str:
        """Workflow commands of GitHub's."""
        lines = [unread_annotation(file, why) for file, why in self.unread.items()]
        lines += [
            annotation("error", f"{one.path}: {one.law}: {printable(one.what)}", file, one.line or None)
            for file, one in self.findings
        ]
        for one in self.stale:
            file, _, line = one.origin.rpartition(":")
            lines.append(annotation("error", f"stale: {one.file}: {one.path}: {one.law}", file, int(line)))
        return "".join(lines)

    def data(self) -> dict[str, Any]:
        return {
            "files": len(self.outcomes),
            "others": self.others,
            "laws": self.counts(),
            "hypervisors": {name: self.counts(outcomes) for name, outcomes in self.hypervisors.items()},
            "untried": self.untried,
            "findings": [
                {"file": file, "line": one.line or None, "path": one.path, "law": one.law, "what": one.what}
                for file, one in self.findings
            ],
            "unread": [{"file": file, "message": why} for file, why in self.unread.items()],
            "refused": [{"file": file, "message": why} for file, why in self.refused.items()],
            "stale": [{"at": one.origin, "file": one.file, "path": one.path, "law": one.law} for one in self.stale],
        }


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - FIRST
    return [*lines[:FIRST], f"… {more} more; --json and --report have all"] if more > 0 else lines


def _columns(heads: Sequence[str], rows: Sequence[Sequence[str | int]]) -> list[str]:
    """A table in text: the first column to the left, the others to the right."""
    cells = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells]


def said(file: str, one: Finding) -> str:
    place = f"{file}:{one.line}" if one.line else file
    return f"{place}: {one.path}: {one.law}: {printable(one.what)}"


def printable(text: str) -> str:
    """A text of characters that XML can hold."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)
