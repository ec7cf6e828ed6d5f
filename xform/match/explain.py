"""Why a match came out as it did: of each device, what every rung of its ladder found."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

import attrs

from xform.match.climb import MOST_ALIKE, Climb, by_key
from xform.match.ladder import Key
from xform.match.outcome import Matching, held
from xform.match.places import elements

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.match.ladder import Kind

Places = dict[Key, list[int]]
# "lacks": the device has no value there; "nobody": none on the other side has this one; "another": who has it is told
# apart by an identity, or by the lack of a name; "several": more than one on either side; "pair": this is the one.
Answer = Literal["lacks", "nobody", "another", "several", "pair"]


@attrs.frozen
class Tried:
    """One rung, and how many devices of the other side answered to it."""

    rung: tuple[str, ...]
    answer: Answer
    others: int = 0


@attrs.frozen
class Explained:
    """A device with the rungs that were tried on it, up to the one that paired it.

    `known` is None for a device that nobody knew, `found` for one that the document does not have or that was not told
    apart.
    """

    kind: str
    known: Any
    found: Any
    tried: tuple[Tried, ...]


def explain(dialect: Dialect, matching: Matching) -> list[Explained]:
    """Every known device, in the order of kinds, and behind those of a kind each of the document that is no pair."""
    found = elements(matching.content.root, dialect.containers)
    paired = {(pair.kind, id(pair.known)): pair for pair in matching.pairs}
    said = []
    for kind in dialect.kinds:
        climb = Climb(matching, kind, held(matching.known, kind.name), found.get(kind.name, []))
        places = cache(partial(_places, climb))
        taken = set()
        for at, device in enumerate(climb.known):
            pair = paired.get((kind.name, id(device)))
            if pair:
                taken.add(pair._place)
            tried = _tried(climb, kind, places, at, pair._place if pair else None, pair.rung if pair else None)
            said.append(Explained(kind.name, device, pair.found if pair else None, tried))
        for at in range(len(climb.found)):
            if at not in taken:
                tried = _tried(climb, kind, places, None, at)
                said.append(Explained(kind.name, None, matching.content.device(kind.name, at), tried))
    return said


def _places(climb: Climb, at: int) -> tuple[Places, Places]:
    """The known and the found devices by their keys at a rung."""
    ours = {place: climb.our_key(at, place) for place in range(len(climb.known))}
    theirs = {place: climb.their_key(at, place) for place in range(len(climb.found))}
    return by_key(ours, ours), by_key(theirs, theirs)


def _tried(
    climb: Climb,
    kind: Kind,
    places: Callable[[int], tuple[Places, Places]],
    our: int | None,
    their: int | None,
    decided: tuple[str, ...] | None = None,
) -> tuple[Tried, ...]:
    """The rungs of one device: `our` place, or `their` place of one that nobody knew."""
    tried: list[Tried] = []
    for at in climb.rungs:
        keys = kind.keys[at]
        fields = keys.rung.fields
        if fields == decided:
            return (*tried, Tried(fields, "pair", 1))
        if keys.rung.only:
            alone = len(climb.known) == len(climb.found) == 1
            tried.append(Tried(fields, "another" if alone else "several", max(len(climb.known), len(climb.found)) - 1))
            continue
        key = climb.our_key(at, our) if our is not None else climb.their_key(at, their or 0)
        if key is None:
            tried.append(Tried(fields, "lacks"))
            continue
        others = places(at)[our is not None].get(key, [])
        pairs = ((our, one) if our is not None else (one, their or 0) for one in others)
        alike = len(others) > MOST_ALIKE or any(not climb.differ(at, *pair) for pair in pairs)
        answer: Answer = "nobody" if not others else "another" if not alike else "several"
        tried.append(Tried(fields, answer, len(others)))
    return tuple(tried)
