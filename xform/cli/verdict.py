"""What a gate came to: counts by law, findings and those that are excused; as text, JSON and JUnit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from xform.cli.commands import BAD
from xform.errors import XformError, did_you_mean

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

    def excuses(self, file: str, path: str, law: str) -> bool:
        return (path, law) == (self.path, self.law) and f"/{file}".endswith(f"/{self.file}")


def read_excuses(name: str | None) -> list[Excuse]:
    """Raises XformError for a line that is none."""
    from xform.laws.corpus import LAWS

    if name is None:
        return []
    try:
        lines = Path(name).read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise XformError(f"{name}: {why}; expected a file of exceptions") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split(": ", 3)]
        if len(parts) < 4 or not all(parts):
            raise XformError(f"{name}:{number}:1: this is no exception; expected `file: path: law: reason`")
        if parts[2] not in (*LAWS, READ):
            known = (*LAWS, READ)
            said = f"no law {parts[2]!r}{did_you_mean(parts[2], known)}; expected one of {', '.join(known)}"
            raise XformError(f"{name}:{number}:1: {said}")
        file, path, law, reason = parts
        found.append(Excuse(file, path, law, reason, f"{name}:{number}"))
    return found


@frozen(slots=False)
class Verdict:
    """What came of every file, by the laws that were asked for."""

    laws: list[str]
    outcomes: dict[str, Outcome]
    excuses: list[Excuse]

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
        """Excuses for what was not found, of the laws that were tried."""
        found = [(file, one.path, one.law) for file, one in self._found()]
        found += [(file, ".", READ) for file, outcome in self.outcomes.items() if outcome.unread]
        tried = [excuse for excuse in self.excuses if excuse.law in (*self.laws, READ)]
        return [excuse for excuse in tried if not any(excuse.excuses(*one) for one in found)]

    @property
    def code(self) -> int:
        return BAD if self.unread else 1 if self.findings or self.stale else 0

    @property
    def others(self) -> int:
        """How many are no documents of this dialect."""
        return sum(outcome.other for outcome in self.outcomes.values())

    def counts(self) -> dict[str, dict[str, int]]:
        """By law how many documents were tried, and what came of it; one with excused findings only is `excused`."""
        failed = {(file, one.law) for file, one in self.findings}
        found: dict[str, dict[str, int]] = {}
        for law in self.laws:
            said = {file: outcome.laws[law] for file, outcome in self.outcomes.items() if law in outcome.laws}
            tried = {file: findings for file, findings in said.items() if findings is not None}
            found[law] = {
                "tried": len(tried),
                "held": sum(not findings for findings in tried.values()),
                "failed": sum((file, law) in failed for file in tried),
                "excused": sum(bool(findings) and (file, law) not in failed for file, findings in tried.items()),
                "not applicable": len(said) - len(tried),
            }
        return found

    def _found(self) -> Iterator[tuple[str, Finding]]:
        for file, outcome in self.outcomes.items():
            for findings in outcome.laws.values():
                yield from ((file, one) for one in findings or ())

    def _excused(self, file: str, path: str, law: str) -> bool:
        return any(excuse.excuses(file, path, law) for excuse in self.excuses)

    # --- shown

    def text(self) -> str:
        """The first findings, and a table of the laws."""
        lines = [*self.unread.values(), *(said(file, one) for file, one in self.findings[:FIRST])]
        if (more := len(self.findings) - FIRST) > 0:
            lines.append(f"… {more} more; --json has all")
        lines += [f"{one.origin}:1: stale: {one.file}: {one.path}: {one.law} was not found" for one in self.stale]
        counts = self.counts()
        heads = list(next(iter(counts.values()), {}))
        width = max(map(len, ["law", *counts]))
        lines.append("  ".join(["law".ljust(width), *heads]))
        for law, row in counts.items():
            lines.append("  ".join([law.ljust(width), *(str(row[head]).rjust(len(head)) for head in heads)]))
        documents = sum(bool(outcome.laws) for outcome in self.outcomes.values())
        not_read = sum(bool(outcome.unread) for outcome in self.outcomes.values())
        lines.append(f"{documents} documents, {self.others} no document of this dialect, {not_read} not read")
        return "\n".join(lines) + "\n"

    def data(self) -> dict[str, Any]:
        return {
            "files": len(self.outcomes),
            "others": self.others,
            "laws": self.counts(),
            "findings": [
                {"file": file, "line": one.line or None, "path": one.path, "law": one.law, "what": one.what}
                for file, one in self.findings
            ],
            "unread": [{"file": file, "message": why} for file, why in self.unread.items()],
            "stale": [{"at": one.origin, "file": one.file, "path": one.path, "law": one.law} for one in self.stale],
        }

    def junit(self) -> str:
        """A suite for each law, a case for each document; one more for stale exceptions."""
        from lxml import etree

        root = etree.Element("testsuites", name="xform gate")
        for law in (READ, *self.laws):
            suite = etree.SubElement(root, "testsuite", name=law)
            for file, outcome in self.outcomes.items():
                if outcome.other or (law != READ and law not in outcome.laws):
                    continue
                case = etree.SubElement(suite, "testcase", classname=law, name=printable(file))
                if law == READ:
                    wrong = [self.unread[file]] if file in self.unread else []
                else:
                    wrong = [said(file, one) for at, one in self.findings if at == file and one.law == law]
                if wrong:
                    etree.SubElement(case, "failure", message=printable(wrong[0])).text = printable("\n".join(wrong))
                elif law != READ and outcome.laws[law] is None:
                    etree.SubElement(case, "skipped", message="the law does not apply")
        if self.stale:
            suite = etree.SubElement(root, "testsuite", name="exceptions")
            for one in self.stale:
                case = etree.SubElement(suite, "testcase", classname="exceptions", name=printable(one.origin))
                said_of = printable(f"{one.file}: {one.path}: {one.law}")
                etree.SubElement(case, "failure", message="stale").text = said_of
        for suite in root:
            failures = sum(1 for _ in suite.iter("failure"))
            skipped = sum(1 for _ in suite.iter("skipped"))
            for name, number in (("tests", len(suite)), ("failures", failures), ("skipped", skipped), ("errors", 0)):
                suite.set(name, str(number))
        return etree.tostring(root, pretty_print=True, encoding="unicode")


def said(file: str, one: Finding) -> str:
    place = f"{file}:{one.line}" if one.line else file
    return f"{place}: {one.path}: {one.law}: {printable(one.what)}"


def printable(text: str) -> str:
    """A text in one line of characters that XML can hold."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)
