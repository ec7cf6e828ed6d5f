"""What a gate came to, as files: JUnit's XML for build servers, a page for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from xform.cli.verdict import READ, Verdict, printable, said
from xform.errors import XformError

if TYPE_CHECKING:
    from xform.laws.corpus import Outcome

REFUSED = "Refused by libvirt"


def reporter(name: str) -> Callable[[Verdict], str]:
    """What makes the report that a file's name asks for. Raises XformError for another suffix."""
    known = {".html": page, ".xml": junit}
    if (suffix := Path(name).suffix) not in known:
        raise XformError(f"--report: {name} is of no known kind; expected .html (a page) or .xml (JUnit)")
    return known[suffix]


def junit(verdict: Verdict) -> str:
    """A suite for each law, a case for each document; one more for stale exceptions."""
    from lxml import etree

    root = etree.Element("testsuites", name="xform gate")
    for law in (READ, *verdict.laws):
        suite = etree.SubElement(root, "testsuite", name=law)
        for file, outcome in verdict.outcomes.items():
            if outcome.other or (law != READ and law not in outcome.laws):
                continue
            case = etree.SubElement(suite, "testcase", classname=law, name=printable(file))
            if law == READ:
                wrong = [verdict.unread[file]] if file in verdict.unread else []
            else:
                wrong = [said(file, one) for at, one in verdict.findings if at == file and one.law == law]
            if wrong:
                etree.SubElement(case, "failure", message=printable(wrong[0])).text = printable("\n".join(wrong))
            elif law != READ and outcome.laws[law] is None:
                etree.SubElement(case, "skipped", message=printable(_why(verdict, law, outcome)))
    if verdict.stale:
        suite = etree.SubElement(root, "testsuite", name="exceptions")
        for one in verdict.stale:
            case = etree.SubElement(suite, "testcase", classname="exceptions", name=printable(one.origin))
            said_of = printable(f"{one.file}: {one.path}: {one.law}")
            etree.SubElement(case, "failure", message="stale").text = said_of
    for suite in root:
        failures = sum(1 for _ in suite.iter("failure"))
        skipped = sum(1 for _ in suite.iter("skipped"))
        for name, number in (("tests", len(suite)), ("failures", failures), ("skipped", skipped), ("errors", 0)):
            suite.set(name, str(number))
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _why(verdict: Verdict, law: str, outcome: Outcome) -> str:
    """Why a law was not tried on a document."""
    refused = f"libvirt refuses the document: {outcome.refused}" if outcome.refuses(law) else ""
    return verdict.untried.get(law) or refused or "the law does not apply"


def page(verdict: Verdict) -> str:
    """Counts by law and by hypervisor, and below them each finding, each document that libvirt refuses, and so on."""
    from xform import html

    colour = "bad" if verdict.code else "good" if verdict.tried else "soft"
    result = f'<p class="{colour}">{verdict.result}'
    lead = "\n".join([result, *(f"<p>{escape(said)}" for said in (verdict.total, *verdict.reasons))])
    parts = [html.table("By law", *verdict.by_law())]
    heads, rows = verdict.by_hypervisor()
    if rows:
        parts.append(html.table("By hypervisor: documents on which a law holds, of those that were tried", heads, rows))
    findings = [(file, one.line or "", one.path, one.law, one.what) for file, one in verdict.findings]
    stale = [(one.origin, one.file, one.path, one.law) for one in verdict.stale]
    lists: list[tuple[str, tuple[str, ...], Sequence[tuple[html.Cell, ...]]]] = [
        ("Findings", ("file", "line", "path", "law", "what"), findings),
        ("Not read", ("file", "why"), [*verdict.unread.items()]),
        ("Stale exceptions", ("at", "file", "path", "law"), stale),
        (REFUSED, ("file", "why"), [*verdict.refused.items()]),
    ]
    for title, names, lines in lists:
        if lines:
            table = html.table(title, names, lines)
            parts.append(html.folded(f"{title}: {len(lines)}", table, opened=title != REFUSED))
    return html.page(f"xform gate {verdict.where}", lead, "\n".join(parts))
