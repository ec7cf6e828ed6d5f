"""Who is who: order changes nothing, and of each device one thing is said."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import attrs
from lxml import etree

from xform.dialect import Dialect
from xform.laws.finding import Finding
from xform.match import Matching, elements, held
from xform.xml import Element, line_of, path_of


def match(
    dialect: Dialect, document: str | bytes, known: Any = None, *, random: Random | None = None, **context: Any
) -> list[Finding]:
    """Match: permuting either side changes nothing, and of each device on either side one thing is said.

    What is known is the document's own entity, unless another is given; `random` draws the permutations.
    """
    random = random or Random(0)
    root = dialect.tree(document)
    known = dialect.parse(document, **context) if known is None else known
    rows = [kind.row for kind in dialect.kinds]
    lists = {row.name: getattr(known, row.name) for row in rows if row.form == "list"}
    found = elements(root, dialect.containers)
    told = _told(dialect.match(document, known, **context), found)
    lines = {id(element): line_of(element) for row in rows for element in found.get(row.name, [])}
    every = Counter([*lines, *(id(device) for row in rows for device in held(known, row.name))])
    if Counter([device for _, _, ours, theirs in told.elements() for device in (*ours, *theirs)]) != every:
        return [
            Finding("match", path_of(root), "of some device nothing is said, or more than one thing", line_of(root))
        ]
    shuffled = attrs.evolve(known, **{name: random.sample(devices, len(devices)) for name, devices in lists.items()})
    again = [_told(dialect.match(document, shuffled, **context), found)]
    _shuffle(root, dialect, set(lists), random)
    # the same elements, in the order that they have now
    again += [_told(dialect.match(etree.tostring(root), known, **context), elements(root, dialect.containers))]
    return [
        Finding("match", kind, f"{what}, but not in another order", min(map(lines.__getitem__, theirs), default=0))
        for what, kind, _, theirs in dict.fromkeys(one for other in again for one in told - other)
    ]


Told = Counter[tuple[str, str, tuple[int, ...], tuple[int, ...]]]


def _told(matching: Matching, found: dict[str, list[Element]]) -> Told:
    """What is said of the devices of a kind: identities of known ones, and of the elements of those in the document."""
    at = {
        id(device): id(element)
        for kind, those in found.items()
        for device, element in zip(held(matching.document, kind), those, strict=True)
    }
    said = [
        *((f"paired by {' + '.join(pair.rung)}", pair.kind, [pair.known], [pair.found]) for pair in matching.pairs),
        *(("new", kind, [], [device]) for kind, device in matching.new),
        *(("missing", kind, [device], []) for kind, device in matching.missing),
        *((str(one), one.kind, one.known, one.found) for one in matching.ambiguous),
    ]
    return Counter(
        (what, kind, tuple(sorted(map(id, ours))), tuple(sorted(at[id(device)] for device in theirs)))
        for what, kind, ours, theirs in said
    )


def _shuffle(root: Element, dialect: Dialect, kinds: set[str], random: Random) -> None:
    """Permute the elements of some kinds among themselves; the others stay where they are."""
    moved = {
        element for kind, those in elements(root, dialect.containers).items() if kind in kinds for element in those
    }
    for parent in {element.getparent() for element in moved}:
        assert parent is not None
        those = [child for child in parent if child in moved]
        order = iter(random.sample(those, len(those)))
        parent[:] = [next(order) if child in moved else child for child in parent]
