"""Kills at the steps of a start or a release, and of its recovery: is the VM running and known then, or nothing left?

``python -m tests.host_prep.crash`` (`make crash`) kills at every step, and goes on with all that kills can leave.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from attrs import frozen

from tests.forked import ended, fork, silent
from tests.host_prep.cell import KILLED, Bench, Scenario, bench, killed_at, passed, places
from tests.host_prep.faults import every_fault, pairs
from tests.host_prep.scenarios import BARE, BLOCKS, SCENARIOS

PHASES = ("start", "release")
PAIRS = 60


def survives(at: Bench, phase: str, *points: int) -> str | None:
    """Kill a start, or the release of what runs, at a point, its recovery at another, and so on; then recover for good.

    What is wrong then, or None.
    """
    action = at.begin(phase)
    for point in points:
        if (code := killed_at(action, point)) != KILLED:
            return f"it ended with {code}, and was not killed"
        action = at.cell.recover
    return at.recovered()


@frozen
class Left:
    """What kills left: the name of a copy, and where they were."""

    name: str
    kills: tuple[str, ...]


class Exploration:
    """All that kills can leave of a scenario, however many in a row.

    Wherever a recovery would leave what no kill has left so far, it is killed, and that is recovered from.
    """

    def __init__(self, at: Bench, progress: Callable[[str], None]) -> None:
        self.at, self.progress = at, progress
        self.cells = 0  # killed processes
        self.depth = 0  # the most kills in a row
        self._seen: set[str] = set()
        self._waiting: deque[Left] = deque()

    def faults(self) -> Iterator[str]:
        for phase in PHASES:
            for point, place in enumerate(places(self.at.begin(phase))):
                yield from self._kill(self.at.begin(phase), point, (f"{phase} killed {place}",))
        while self._waiting:
            left = self._waiting.popleft()
            yield from self._recover(left)
            shutil.rmtree(self.at.cell.folder.with_name(left.name))
            if not len(self._waiting) % 50:
                self.progress(f"{self.cells} kills, up to {self.depth} in a row; {len(self._waiting)} to recover from")

    def _recover(self, left: Left) -> Iterator[str]:
        self.at.put(left.name)
        met: dict[str, tuple[int, str]] = {}

        def seen(place: str) -> str:
            return f"{self._digest()} {place}"

        code, points = passed(self.at.cell.recover, seen)
        for point, said in enumerate(points):
            digest, _, place = said.partition(" ")
            met.setdefault(digest, (point, place))
        if fault := self.at.after_recovery(code):
            yield f"{', '.join(left.kills)}: {fault}"
        for digest, (point, place) in met.items():
            if digest not in self._seen:
                self.at.put(left.name)
                yield from self._kill(self.at.cell.recover, point, (*left.kills, f"recovery killed {place}"))

    def _kill(self, action: Callable[[], None], point: int, kills: tuple[str, ...]) -> Iterator[str]:
        self.cells += 1
        self.depth = max(self.depth, len(kills))
        if (code := killed_at(action, point)) != KILLED:
            yield f"{', '.join(kills)}: it ended with {code}, and was not killed"
        if (digest := self._digest()) not in self._seen:
            self._seen.add(digest)
            left = Left(f"left-{len(self._seen)}", kills)
            self.at.keep(left.name)
            self._waiting.append(left)

    def _digest(self) -> str:
        return hashlib.sha256(json.dumps(self.at.cell.snapshot()).encode()).hexdigest()


def _explore(scenarios: tuple[Scenario, ...]) -> None:
    """Every kill and every fault of scenarios. The process ends with 1 where anything was wrong."""
    began, wrong = time.monotonic(), 0

    def said(name: str, what: str) -> None:
        print(f"{name}, {time.monotonic() - began:.0f} s: {what}", flush=True)

    for scenario in scenarios:
        with silent(), bench(scenario) as at:
            say = partial(said, scenario.name)
            kills = Exploration(at, say)
            count = 0
            for fault in kills.faults():
                wrong += 1
                say(fault)
            say(f"{kills.cells} kills, up to {kills.depth} in a row")
            for broken in (every_fault(at), pairs(at, PAIRS)):
                for fault in broken:
                    count += 1
                    if fault:
                        wrong += 1
                        say(fault)
            say(f"{count} faults and pairs of them")
    if wrong:
        os._exit(1)


def main() -> None:
    """In two processes that take about as long."""
    began = time.monotonic()
    some = (BARE, BLOCKS)
    others = tuple(scenario for scenario in SCENARIOS if scenario not in some)
    codes = [ended(child) for child in [fork(partial(_explore, scenarios)) for scenarios in (some, others)]]
    print(f"{time.monotonic() - began:.0f} s: {'something was wrong' if any(codes) else 'nothing was wrong'}")
    sys.exit(any(codes))


if __name__ == "__main__":
    main()
