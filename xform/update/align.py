"""Which item of a new list is which of the old one: by keys, else by their order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any


def align(old: Sequence[Any], new: Sequence[Any], by: Sequence[str], freeze: Callable[[Any], Any]) -> list[int | None]:
    """For each new item the place of the old one that it is, or None.  No old one is taken twice.

    Keys are tried in turn; one that several items have on a side tells nothing.  What no key tells is aligned as a
    sequence: equal items first, then equal ones that moved, then what stands between the same neighbours, one for one.
    """
    if by and _all_told(old, new, by[0]):
        return list(range(len(new)))
    found: list[int | None] = [None] * len(new)
    for key in by:
        ours = _unique(old, key, {place for place in found if place is not None})
        theirs = _unique(new, key, {at for at, place in enumerate(found) if place is not None})
        for value, place in theirs.items():
            if value in ours:
                found[place] = ours[value]
    taken = set(found)
    left = {place: freeze(item) for place, item in enumerate(old) if place not in taken}
    right = {at: freeze(item) for at, item in enumerate(new) if found[at] is None}
    if not left or not right:
        return found
    # what is told stays where it is; between two of these, one may have become another
    kept = in_place(found)
    anchors = [(place, at) for at, place in enumerate(found) if place in kept]
    edges = [(-1, -1), *anchors, (len(old), len(new))]
    instead = []
    for (one, other), (last, end) in pairwise(edges):
        here = [place for place in range(one + 1, last) if place in left]
        there = [at for at in range(other + 1, end) if at in right]
        instead += _between(left, right, here, there, found)
    _moved(left, right, found)
    for here, there in instead:
        still = [place for place in here if place in left], [at for at in there if at in right]
        for place, at in zip(*still, strict=False):
            if not _told_apart(old[place], new[at], by):
                found[at] = place
    return found


def _all_told(old: Sequence[Any], new: Sequence[Any], key: str) -> bool:
    """Whether a key says at once that all items are where they were."""
    ours = [getattr(item, key, None) for item in old]
    return ours == [getattr(item, key, None) for item in new] and len({*ours, None}) == len(ours) + 1


def _between(
    left: dict[int, Any], right: dict[int, Any], ours: list[int], theirs: list[int], found: list[int | None]
) -> list[tuple[list[int], list[int]]]:
    """Find the equal items of two sequences, which leave `left` and `right`; what stands in place of what."""

    def pair(place: int, at: int) -> None:
        found[at] = place
        del left[place], right[at]

    # both ends first, so that of items that are alike the one that was edited is the one
    while ours and theirs and left[ours[0]] == right[theirs[0]]:
        pair(ours.pop(0), theirs.pop(0))
    while ours and theirs and left[ours[-1]] == right[theirs[-1]]:
        pair(ours.pop(), theirs.pop())
    sequences = [left[place] for place in ours], [right[at] for at in theirs]
    instead = []
    for what, start, end, first, last in SequenceMatcher(None, *sequences, autojunk=False).get_opcodes():
        if what == "equal":
            for place, at in zip(ours[start:end], theirs[first:last], strict=True):
                pair(place, at)
        elif what == "replace":
            instead.append((ours[start:end], theirs[first:last]))
    return instead


def _moved(left: dict[int, Any], right: dict[int, Any], found: list[int | None]) -> None:
    """Find the equal items that stand elsewhere."""
    places: dict[Any, list[int]] = {}
    for place, value in reversed(left.items()):
        places.setdefault(value, []).append(place)
    for at, value in list(right.items()):
        if same := places.get(value):
            found[at] = place = same.pop()
            del left[place], right[at]


def in_place(found: Sequence[int | None]) -> set[int]:
    """Old places that need not move: the longest run of them that rises."""
    told = [place for place in found if place is not None]
    if told == sorted(told):
        return set(told)
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for place in found:
        if place is not None:
            at = bisect_left(ends, place)
            before[place] = ends[at - 1] if at else None
            ends[at : at + 1] = [place]
    kept: set[int] = set()
    at_end = ends[-1] if ends else None
    while at_end is not None:
        kept.add(at_end)
        at_end = before[at_end]
    return kept


def _unique(items: Sequence[Any], key: str, gone: set[int]) -> dict[Any, int]:
    """Places by the value of a key, of those that are not gone and that the key tells from all others."""
    places: dict[Any, int] = {}
    twice: set[Any] = set()
    for place, item in enumerate(items):
        value = getattr(item, key, None)
        if value is not None and place not in gone:
            if value in places:
                twice.add(value)
            places[value] = place
    return {value: place for value, place in places.items() if value not in twice}


def _told_apart(one: Any, other: Any, by: Sequence[str]) -> bool:
    """Several keys that all differ tell two items apart; a single one may have been edited."""
    pairs = [(getattr(one, key, None), getattr(other, key, None)) for key in by]
    known = [one != other for one, other in pairs if one is not None and other is not None]
    return len(known) > 1 and all(known)
