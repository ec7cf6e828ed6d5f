"""A host that refuses: a step of a start fails, before or behind what it does, or two of them; what is there then?"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attrs import frozen

from host_prep.libvirt import Refused
from host_prep.system import CommandError
from tests.forked import ended, fork
from tests.host_prep.cell import Bench, at_points, places
from xform.errors import HostError

FAULTS: Mapping[str, Callable[[str], HostError]] = {
    "full": lambda step: HostError(f"cannot {step}: No space left on device"),
    "denied": lambda step: HostError(f"cannot {step}: Permission denied"),
    "failed": lambda step: CommandError(f"{step} failed with 1: it says nothing", 1),
    "hangs": lambda step: CommandError(f"{step} took longer than 30 s and was ended", None),
    "refused": lambda step: Refused(f"fake:///: {step} refused", 38),
}


def kinds_of(place: str) -> tuple[str, ...]:
    """How a step can fail."""
    step = place.partition(" ")[2]
    if step.startswith("libvirt"):
        return ("refused",)
    return ("failed", "hangs") if step.startswith("run ") else ("full", "denied")


@frozen
class Broken:
    """How an action ended: what it raised, and the points that it came by."""

    message: str | None
    places: list[str]

    def names(self, point: int) -> bool:
        """Whether it says that what failed at a point is the cause."""
        return self.message is not None and f"(point {point})" in self.message.split("; not undone")[0]


def broken_at(action: Callable[[], None], points: Mapping[int, str]) -> Broken:
    """An action that fails at these points, in these ways: before a step, or when it has done its work."""
    with tempfile.NamedTemporaryFile() as file:

        def refused() -> None:
            places: list[str] = []

            def here(now: int, place: str) -> None:
                places.append(place)
                if now in points:
                    raise FAULTS[points[now]](f"{place} (point {now})")

            at_points(here)
            message = None
            try:
                action()
            except HostError as error:
                message = str(error)
            Path(file.name).write_text(json.dumps([message, places]))

        code = ended(fork(refused))
        assert code == 0, f"it ended with {code}"
        return Broken(*json.loads(Path(file.name).read_bytes()))


def fails_well(at: Bench, point: int, kind: str) -> str | None:
    """A start that fails at a point leaves nothing, and says why; where nobody depends on that, the VM runs, and goes.

    What is wrong, or None.
    """
    broken = broken_at(at.begin("start"), {point: kind})
    what = f"{kind} {broken.places[point]}: {broken.message}"
    if at.cell.runs is not (broken.message is None):
        return f"{what}; {'it runs' if at.cell.runs else 'it does not run'}"
    if broken.message is None:
        assert ended(fork(at.cell.release)) == 0
    elif not broken.names(point):
        return f"{what}; that is not the cause"
    fault = at.fault()
    return fault and f"{what}: {fault}"


def both_fail_well(at: Bench, first: int, place: str, later: int) -> str | None:
    """When another step fails while all is undone, the first one is told as the cause, and recovery undoes the rest.

    `later` draws that step. What is wrong, or None.
    """
    kinds = kinds_of(place)
    kind = kinds[later % len(kinds)]
    alone = broken_at(at.begin("start"), {first: kind})
    undoing = alone.places[first + 1 :]
    if alone.message is None or not undoing:
        return None
    second = first + 1 + later % len(undoing)
    kinds = kinds_of(alone.places[second])
    broken = broken_at(at.begin("start"), {first: kind, second: kinds[later % len(kinds)]})
    what = f"{place}, then {alone.places[second]}: {broken.message}"
    if not broken.names(first):
        return f"{what}; the first is not the cause"
    fault = at.recovered() or ("it runs" if at.cell.runs else None)
    return fault and f"{what}: {fault}"


def every_fault(at: Bench) -> Iterator[str | None]:
    """Each step failing in each of its ways, before and behind."""
    for point, place in enumerate(places(at.begin("start"))):
        for kind in kinds_of(place):
            yield fails_well(at, point, kind)


def some_faults(at: Bench) -> Iterator[str | None]:
    """Each step failing once, before or behind in turn, and in one way after the other."""
    for point, place in enumerate(places(at.begin("start"))):
        kinds = kinds_of(place)
        if point % 4 in (0, 3):
            yield fails_well(at, point, kinds[point // 4 % len(kinds)])


def pairs(at: Bench, number: int) -> Iterator[str | None]:
    """Pairs drawn by hash: the same in each run."""
    of_start = places(at.begin("start"))
    for one in range(number):
        digest = hashlib.sha256(f"{at.cell.scenario.name} {one}".encode()).digest()
        first, later = int.from_bytes(digest[:4], "big") % len(of_start), int.from_bytes(digest[4:8], "big")
        yield both_fail_well(at, first, of_start[first], later)
