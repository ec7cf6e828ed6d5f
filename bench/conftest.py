"""Measure work as a ratio to lxml's bare parse of the same bytes in the same run, and print the table."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from lxml import etree

SLACK = 1.5  # how far past a budget a run fails


@attrs.frozen
class Line:
    work: str
    ratio: float
    budget: float
    microseconds: float


LINES: list[Line] = []

Against = Callable[[str, float, bytes, Callable[[], Any]], None]


@pytest.fixture
def against(benchmark: Any) -> Against:
    """``against(work, budget, document, call)``: fails past one and a half times the budget."""

    def measure(work: str, budget: float, document: bytes, call: Callable[[], Any]) -> None:
        call()  # compiles
        ours, theirs = zip(*interleaved(call, lambda: etree.fromstring(document)), strict=True)
        ratio = statistics.median(ours) / statistics.median(theirs)
        LINES.append(Line(work, ratio, budget, statistics.median(ours) * 1e6))
        benchmark.extra_info["ratio to lxml's parse"] = round(ratio, 2)
        benchmark.pedantic(call, rounds=20, warmup_rounds=1)
        assert ratio <= SLACK * budget, f"{work}: {ratio:.2f} times lxml's parse; the budget is {budget}"

    return measure


def interleaved(ours: Callable[[], Any], theirs: Callable[[], Any]) -> Iterator[tuple[float, float]]:
    """Pairs of durations, taken in turn, so that a slow moment of the machine meets both."""
    for _ in range(100):
        start = time.perf_counter()
        ours()
        middle = time.perf_counter()
        theirs()
        yield middle - start, time.perf_counter() - middle


def pytest_terminal_summary(terminalreporter: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    if not LINES:
        return
    build = f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})"
    table = Table("work", "ratio", "budget", "µs", title=f"ratios to lxml's parse of the same bytes, {build}")
    for line in LINES:
        table.add_row(line.work, f"{line.ratio:.2f}", f"{line.budget:.2f}", f"{line.microseconds:.0f}")
    Console(width=100).print(table)
