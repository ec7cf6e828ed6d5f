"""Sets of CPUs and of NUMA nodes, as numbers and as libvirt writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from xform import EntityError


def numbers(text: str | None) -> list[int]:
    """The numbers of a set such as 0-3,^2, in order; what a later part excludes is out.

    Raises EntityError for a text that is no set.
    """
    found: set[int] = set()
    for part in (text or "").replace(" ", "").split(","):
        if part:
            if not re.fullmatch(r"\^?[0-9]+(-[0-9]+)?", part):
                raise EntityError(f"{text!r} is no set of numbers; expected one such as 0-3,^2")
            first, _, last = part.lstrip("^").partition("-")
            chosen = range(int(first), int(last or first) + 1)
            found = found.difference(chosen) if part.startswith("^") else found.union(chosen)
    return sorted(found)


def ranges(values: Iterable[int]) -> str:
    """The shortest text of a set: 0-2,4."""
    runs: list[list[int]] = []
    for value in sorted(set(values)):
        if runs and value == runs[-1][1] + 1:
            runs[-1][1] = value
        else:
            runs.append([value, value])
    return ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)
