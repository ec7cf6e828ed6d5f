"""Why a match came out as it did: of each device, what every rung of its ladder found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

from xform.match.climb import Climb
from xform.match.outcome import Matching, held
from xform.match.places import elements

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.match.ladder import Kind

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
        taken = set()
        for at, device in enumerate(climb.known):
            pair = paired.get((kind.name, id(device)))
            if pair:
                taken.add(pair._place)
            tried = _tried(climb, kind, at, pair._place if pair else None, pair.rung if pair else None)
            said.append(Explained(kind.name, device, pair.found if pair else None, tried))
        for at in range(len(climb.found)):
            if at not in taken:
                said.append(
                    Explained(kind.name, None, matching.content.device(kind.name, at), _tried(climb, kind, None, at))
                )
    return said


def _tried(
    climb: Climb, kind: Kind, our: int | None, their: int | None, decided: tuple[str, ...] | None = None
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
        ours = [place for place in range(len(climb.known)) if climb.our_key(at, place) == key]
        theirs = [place for place in range(len(climb.found)) if climb.their_key(at, place) == key]
        others = theirs if our is not None else ours
        pairs = ((our, one) if our is not None else (one, their or 0) for one in others)
        alike = [pair for pair in pairs if not climb.differ(at, *pair)]
        answer: Answer = "nobody" if not others else "another" if not alike else "several"
        tried.append(Tried(fields, answer, len(others)))
    return tuple(tried)
