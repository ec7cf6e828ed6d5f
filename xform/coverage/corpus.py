"""In how many documents of a corpus that occurs which the tables lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from attrs import evolve

from xform.coverage.counts import Coverage, Gap
from xform.table.model import Tables
from xform.xml import Element


def by_frequency(coverage: Coverage, documents: Iterable[Element]) -> list[Gap]:
    """The gaps, each with the number of documents that have it, the most frequent first."""
    known = {gap.path: gap for gap in coverage.gaps}
    found: Counter[str] = Counter()
    for root in documents:
        found.update(set(_paths(root, known, coverage.tables)))
    gaps = [evolve(gap, documents=found[gap.path]) for gap in known.values()]
    return sorted(gaps, key=lambda gap: -(gap.documents or 0))


def _paths(
    element: Element, known: dict[str, Gap], tables: Tables, at: str = "", above: tuple[Element, ...] = ()
) -> Iterator[str]:
    """The paths of gaps in an element."""
    within = (*above, element)
    for name in element.attrib:
        path = f"{at}@{tables.written(str(name))}"
        if path in known and _fits(known[path], within):
            yield path
    for child in element.iterchildren("*"):
        path = at + tables.written(str(child.tag))
        if (
            path in known
            and _fits(known[path], (*within, child))
            and (not known[path].text or (child.text or "").strip())
        ):
            yield path
        yield from _paths(child, known, tables, f"{path}/", within)


def _fits(gap: Gap, within: tuple[Element, ...]) -> bool:
    """Whether an element, the last one, stands under the conditions of a gap."""
    return not gap.when or any(
        all(within[-1 - one.up].get(name) == word for one in row for name, word in one.words) for row in gap.when
    )
