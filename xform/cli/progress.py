"""How far a command is with its documents: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from xform.cli.commands import tell

# Seconds between lines that say how far it is, where no terminal shows it.
EVERY = 10.0


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[int, int], None]]:
    """Rate and time left, in a bar on a terminal, now and then in a line elsewhere; gives what is told how many
    documents were examined, and how many were already.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        rate = TextColumn("{task.fields[rate]}")
        columns = (BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task, pace = bar.add_task("documents", total=total, rate=""), Pace(total)

            def advance(done: int, before: int) -> None:
                pace.add(done, before)
                bar.update(task, completed=pace.done, rate=f"{pace.rate:.0f} a second")

            yield advance
        return
    pace, told = Pace(total), time.monotonic()

    def count(done: int, before: int) -> None:
        nonlocal told
        pace.add(done, before)
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            tell(str(pace))

    yield count


class Pace:
    """How far it is, and how fast: what was done before counts for the one, and not for the other."""

    def __init__(self, total: int | None) -> None:
        self.total, self.done, self._before, self._begun = total, 0, 0, time.monotonic()

    def add(self, done: int, before: int) -> None:
        self.done += done + before
        self._before += before

    @property
    def rate(self) -> float:
        return (self.done - self._before) / max(time.monotonic() - self._begun, 1e-6)

    def __str__(self) -> str:
        said = f"{self.done} documents, {self.rate:.0f} a second"
        if self.total is None or not self.rate:
            return said
        left = round((self.total - self.done) / max(self.rate, 1e-6))
        return f"{said}; {self.total - self.done} to go, {left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"
