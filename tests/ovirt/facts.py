"""The facts that a manager puts into a document, each with the field that has it: read, looked up, and shown.

`facts.txt` is edited: sections, and in them a line for each fact, its columns two blanks or more apart.  `facts.xml` is
a document that holds all of them.  Where a fact's row stands is asked of the tables.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.ovirt.material import OVIRT, ROOT
from xform.compile.interpreter import TEXT, WHOLE, Claim, Reader, Reading
from xform.xml import Element

HERE = Path(__file__).parent
DOCUMENT = (HERE / "facts.xml").read_text(encoding="utf-8")

CLASSES = {
    "two-way": "a field of the entity, written and read back.",
    "with context": "written of what the manager knows and read back; what it was made of is found by a context.",
    "one-way": "made by `plan`, and read back as what it is; what it was made of cannot be known of it.",
    "constant": "what `plan` sets is always the same.",
    "placeholder": "the host puts the value in.",
    "replaced": "as oVirt's engine writes it, it is not valid or a defect; ours stands in its place.",
}
READ_BACK = ("two-way", "with context")


@frozen
class Fact:
    """A fact: what is at `path` in a document is in the entity's `field`, ``Entity.name``; `words` say where from."""

    section: str
    kind: str
    path: str
    field: str
    words: str = ""

    @property
    def namespace(self) -> str | None:
        """The prefix, of a fact that is a namespace and so no field's."""
        return self.path.removeprefix("xmlns:") if self.path.startswith("xmlns:") else None

    def found(self, root: Element) -> list[Any]:
        """What is at the path: elements, or attributes as lxml's text that knows its element."""
        return list(root.xpath(self.path, namespaces=OVIRT.tables.namespaces))

    def values(self, root: Element) -> list[str]:
        return sorted(node if isinstance(node, str) else (node.text or "").strip() for node in self.found(root))


@cache
def facts() -> tuple[Fact, ...]:
    section, found = "", []
    for line in (HERE / "facts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            section = line.removeprefix("# ")
        elif line:
            found.append(Fact(section, *re.split(r" {2,}", line, maxsplit=3)))
    return tuple(found)


@cache
def reading() -> tuple[Element, Reading]:
    """The document's root, and who claims what in it."""
    root = OVIRT.tree(DOCUMENT, "facts.xml")
    return root, Reader(OVIRT.classes).document(root, {})


def claims(fact: Fact) -> list[Claim | None]:
    """Who claims each node at the fact's path; None: nobody."""
    root, read = reading()
    found = []
    for node in fact.found(root):
        if isinstance(node, str):
            found.append(read.claims.get(node.getparent(), {}).get(node.attrname))
        else:
            own = read.claims.get(node, {})
            found.append(own.get(TEXT) or own.get(WHOLE))
    return found


def origin(fact: Fact) -> str:
    """The place of the fact's row, ``file:line``; empty where there is none."""
    if fact.namespace:
        return next(
            f"{file.relative_to(ROOT)}:{number}"
            for file in sorted(ROOT.glob("mappings/*/dialect.toml"))
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
            if re.match(rf"{fact.namespace}\s*= \"", line)
        )
    rows = [claim.row.origin for claim in claims(fact) if claim]
    return f"{rows[0].file}:{rows[0].line}" if rows else ""


def totals() -> str:
    """How many facts there are, for people."""
    count = Counter(fact.kind for fact in facts())
    kinds = ", ".join(f"{count[kind]} {kind}" for kind in CLASSES)
    return f"{len(facts())} facts: {kinds}"


def page() -> str:
    """docs/ovirt-facts.md."""
    lines = [
        "# What a manager says in a document",
        "",
        "Everything that oVirt's engine says of a VM in Domain XML and its metadata, and where the `ovirt` dialect has",
        "it: the path in the document, the field of which entity, and the row. All of it is read back into the field",
        "that it is written from; the class says what that tells of the facts behind it. `tests/ovirt/test_facts.py`",
        "holds each line true; the page is made of `tests/ovirt/facts.txt` by `pytest -n 0 --renew`.",
        "",
        f"{totals()}.",
        "",
        *(f"- **{kind}**: {said}" for kind, said in CLASSES.items()),
    ]
    section = None
    for fact in facts():
        if fact.section != section:
            section = fact.section
            lines += ["", f"## {section}", "", "| path | field | row | class | from |", "|---|---|---|---|---|"]
        held = "a namespace" if fact.namespace else f"`{fact.field}`"
        cells = (f"`{fact.path}`", held, origin(fact), fact.kind, _said(fact))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _said(fact: Fact) -> str:
    """A constant says its value, unless its words do."""
    if fact.kind != "constant" or "`" in fact.words or fact.namespace:
        return fact.words
    value = next(iter(fact.values(reading()[0])), "")
    return ", ".join(filter(None, (f"`{value}`" if value else "", fact.words)))
