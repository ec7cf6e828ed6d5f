"""Measure work against its budget, and print the table.

Most budgets are ratios to lxml's bare parse of the same bytes.  Both are timed in turn, in blocks of a
millisecond, and the quickest block of each counts: what a busy machine adds to either is left out.
"""

from __future__ import annotations

import gc
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from lxml import etree

SLACK = 1.5  # how far past a budget a run fails, unless a line says otherwise
BLOCK = 0.001  # seconds
BLOCKS = 240
SHUFFLE = random.Random(1).shuffle


@attrs.frozen
class Line:
    """What one work costs: in times of something else, or in milliseconds."""

    work: str
    cost: float
    budget: float
    stretch: float | None
    microseconds: float | None
    unit: str = ""
    slack: float = SLACK

    def shown(self, value: float | None) -> str:
        return "" if value is None else f"{value:.0f} {self.unit}" if self.unit else f"{value:.2f}"


@attrs.frozen
class Race:
    """What one work costs a peer and each of our dialects: in times of lxml's parse; and the facts that it keeps."""

    peer: str
    work: str
    facts: int
    theirs: float
    ours: dict[str, float]

    @property
    def ahead(self) -> float:
        return self.theirs / max(self.ours.values())


LINES: list[Line] = []
RACES: list[Race] = []

Against = Callable[..., None]


def seconds(call: Callable[[], Any], times: int) -> float:
    """What so many calls take; one into another process measures itself there."""
    measure: Callable[[int], float] | None = getattr(call, "seconds", None)
    if measure:
        return measure(times)
    start = time.perf_counter()
    for _ in range(times):
        call()
    return time.perf_counter() - start


def quickest(*calls: Callable[[], Any], blocks: int = BLOCKS) -> list[float]:
    """The seconds that each call takes when nothing disturbs it."""
    sizes = []
    for call in calls:
        seconds(call, 1)  # what is made once is no part of it
        sizes.append(max(1, round(BLOCK / seconds(call, 1))))
    gc.collect()
    gc.freeze()
    best = [float("inf")] * len(calls)
    order = list(enumerate(zip(calls, sizes, strict=True)))
    for _ in range(blocks):
        SHUFFLE(order)  # a busy machine gives way at the same places of a round
        for at, (call, size) in order:
            best[at] = min(best[at], seconds(call, size) / size)
    gc.unfreeze()
    return best


def record(line: Line) -> None:
    LINES.append(line)
    cost, budget = line.shown(line.cost), line.shown(line.budget)
    assert line.cost <= line.slack * line.budget, f"{line.work}: {cost}; the budget is {budget}"


@pytest.fixture
def against(benchmark: Any) -> Against:
    """``against(work, budget, stretch, document, call, slack)``: a ratio to lxml's parse of the document."""

    def measure(
        work: str,
        budget: float,
        stretch: float | None,
        document: bytes,
        call: Callable[[], Any],
        slack: float = SLACK,
    ) -> None:
        ours, theirs = quickest(call, lambda: etree.fromstring(document))
        benchmark.extra_info["ratio to lxml's parse"] = round(ours / theirs, 2)
        benchmark.pedantic(call, rounds=10, warmup_rounds=1)
        record(Line(work, ours / theirs, budget, stretch, ours * 1e6, slack=slack))

    return measure


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., float]:
    """``processes(*arguments, cold=False)``: the seconds of the quickest of several runs of Python."""
    home = tmp_path_factory.mktemp("cache")

    def run(*arguments: str, runs: int = 7, cold: bool = False) -> float:
        best = float("inf")
        for number in range(runs + 1):  # the first fills the cache
            kept = str(home / str(number)) if cold else str(home)
            environment = {**os.environ, "XDG_CACHE_HOME": kept}
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], env=environment, cwd=HERE, check=True, capture_output=True)
            best = min(best, time.perf_counter() - start) if number or cold else best
        return best

    return run


HERE = Path(__file__).parents[1]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=100)
    if RACES:
        ours = list(RACES[0].ours)
        names = ("peer", "work", "facts it keeps", "theirs", *ours, "ours is faster")
        table = Table(*names, title="times lxml's parse of the same bytes, beside what others do")
        for race in sorted(RACES, key=lambda race: (race.work, race.ahead)):
            costs = [f"{cost:.2f}" for cost in (race.theirs, *race.ours.values())]
            table.add_row(race.peer, race.work, str(race.facts), *costs, f"{race.ahead:.1f} times")
        console.print(table)
    if not LINES:
        return
    build = f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})"
    table = Table("work", "cost", "budget", "stretch", "µs", title=f"times lxml's parse of the same bytes; {build}")
    for line in LINES:
        within = "green" if line.cost <= (line.stretch or 0) else "" if line.cost <= line.budget else "yellow"
        shown = [line.shown(value) for value in (line.cost, line.budget, line.stretch)]
        taken = "" if line.microseconds is None else f"{line.microseconds:,.0f}"
        table.add_row(line.work, *shown, taken, style=within)
    console.print(table)
