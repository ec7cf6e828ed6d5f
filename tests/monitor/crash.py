"""Runs that are killed at every statement, or cut off at every call: does a store end as it does where nothing happens?

A run is a function of a store's URL, the step to begin with, and what it tells at the beginning of each step.  What
happens at a step is given from outside and is the same whenever it is looked at; so after a kill the run goes on with
the step that it was at.  Its processes are forked from this one, which has loaded all they need.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import partial
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import Engine, event, make_url

import xform
from tests.forked import ended, fork, silent
from tests.monitor.hosts import Host
from tests.monitor.postgres import postgres
from tests.monitor.world import Step, followed, script
from xform.errors import StoreError
from xform.monitor import schema
from xform.monitor.store import Store

# store URL, first step, told at each step
Run = Callable[[str, int, Callable[[int], None]], None]
# What a store holds of each table.
Content = dict[str, str]


class Shared:
    """A text that a process and what it forks see both; one that is killed has said it nevertheless."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1 << 12)

    def say(self, text: str) -> None:
        data = text.encode() + b"\0"
        self._memory[: len(data)] = data

    def said(self) -> str:
        return self._memory[: self._memory.find(b"\0")].decode()


@contextmanager
def watched(told: Callable[[str], None]) -> Iterator[None]:
    """Tell of every statement of this process, just before the database gets it, by its first words."""
    listeners: list[tuple[str, Any]] = [
        ("before_cursor_execute", lambda *of: told(" ".join(of[2].split()[:3]))),
        ("commit", lambda _: told("COMMIT")),
        ("rollback", lambda _: told("ROLLBACK")),
    ]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


# --- what a store holds ---------------------------------------------------------------------------------------------

# Not compared: moments, how often a VM was written, and numbers, of which those that were undone are not given again.
LEFT_OUT = {"vm": ("version", "seen", "changed"), "change": ("number", "at")}
ORDER = {"change": ("vm", "number")}


def read_all(table: Any) -> str:
    names = [column.name for column in table.columns if column.name not in LEFT_OUT.get(table.name, ())]
    key = ORDER.get(table.name) or [column.name for column in table.primary_key]
    columns, order = (", ".join(f'"{name}"' for name in some) for some in (names, key))
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {order}'


# Who follows what is no part of what is known.
SHARING = {schema.member, schema.lease, schema.tenure}
TABLES = {table.name: read_all(table) for table in schema.metadata.sorted_tables if table not in SHARING}


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that a store holds: VMs, devices, what cannot be told apart, and of each VM what happened in its order."""
    database = make_url(url)
    connect: Any = partial(sqlite3.connect, database.database) if url.startswith("sqlite") else psycopg.connect
    with closing(connect() if url.startswith("sqlite") else connect(url)) as connection:
        return {name: connection.execute(statement).fetchall() for name, statement in TABLES.items()}


def content(url: str) -> Content:
    """The same in short."""
    return {name: hashlib.sha256(repr(found).encode()).hexdigest() for name, found in rows(url).items()}


def differing(found: Content, expected: Content) -> str:
    """What differs, in words."""
    names = [name for name in expected if found[name] != expected[name]]
    return f"{', '.join(names)} differs" if names else ""


# --- kills ----------------------------------------------------------------------------------------------------------

# What comes before the first step: the store is opened, and its tables are made where it has none.
OPENING = -1
# How a process ends that finds a store other than it should be.
DIFFERS = 3


def undisturbed(run: Run, url: str) -> tuple[dict[int, Content], set[str]]:
    """What a store holds after each step of a run that nothing happens to, and the kinds of its statements."""
    contents, kinds, last = {}, set[str](), OPENING

    def reached(step: int) -> None:
        nonlocal last
        contents[step - 1], last = content(url), step

    with watched(kinds.add):
        run(url, 0, reached)
    return contents | {last: content(url)}, kinds


class Kills:
    """A run that is killed at a statement of its opening and of every step, or of some.

    After each kill another process goes on, and compares what the store holds at the end of that step.
    """

    def __init__(
        self, run: Run, url: str, number: int, expected: dict[int, Content], steps: Collection[int] | None
    ) -> None:
        self._run, self._url, self._number, self._expected, self._steps = run, url, number, expected, steps
        self._killed = OPENING - 1
        self._shared = Shared()
        self.kinds: list[str] = []  # of statements that a kill came before

    def fault(self) -> str:
        """Let it run to its end; what was wrong."""
        while (status := ended(fork(self._go_on))) == -signal.SIGKILL:
            step, _, kind = self._shared.said().partition(" ")
            self._killed = int(step)
            self.kinds.append(kind)
        assert status in (0, DIFFERS), f"the run ended with {status}; last it was killed at {self._shared.said()}"
        if status:
            return self._shared.said()
        wrong = differing(content(self._url), self._expected[max(self._expected)])
        return wrong and f"killed at statement {self._number} of steps: {wrong} at the end"

    def _go_on(self) -> None:
        """From the step that was killed, which is spared now, up to the next one that reaches the statement."""
        at, left = OPENING, self._number
        armed = self._killed < OPENING and self._meant(OPENING)

        def reached(step: int) -> None:
            nonlocal at, armed, left
            if step == self._killed + 1 and (wrong := differing(content(self._url), self._expected[self._killed])):
                kind = self.kinds[-1] if self.kinds else ""
                self._shared.say(f"killed at statement {self._number} of step {self._killed}, {kind}: {wrong}")
                os._exit(DIFFERS)
            at, armed, left = step, step != self._killed and self._meant(step), self._number

        def told(kind: str) -> None:
            nonlocal left
            if armed and not left:
                self._shared.say(f"{at} {kind}")
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        with watched(told):
            self._run(self._url, max(self._killed, 0), reached)

    def _meant(self, step: int) -> bool:
        return self._steps is None or step in self._steps


def every_kill(
    run: Run,
    new_url: Callable[[], str],
    steps: Collection[int] | None = None,
    progress: Callable[[int], None] = lambda kills: None,
) -> Iterator[str]:
    """Kill a run at every statement of its opening and of every step, or of some: where a store was not as it should.

    One run is killed at the first statement of each step, the next at the second of each, until none has as many.
    """
    expected, kinds = undisturbed(run, new_url())
    kills = 0
    for number in count():
        one = Kills(run, new_url(), number, expected, steps)
        if fault := one.fault():
            yield fault
        if not one.kinds:
            break
        kinds -= set(one.kinds)
        kills += len(one.kinds)
        progress(kills)
    yield from (f"no kill came before {kind}" for kind in sorted(kinds) if steps is None)


# --- cuts -----------------------------------------------------------------------------------------------------------


# Within it one call of a host, or one statement to the store, counted from 1, finds the connection gone.
Cut = Callable[[Host, int], AbstractContextManager[None]]


@contextmanager
def off_host(host: Host, number: int) -> Iterator[None]:
    host.calls, host.cut = 0, number
    yield
    host.cut = None


@contextmanager
def off_store(_: Host, number: int) -> Iterator[None]:
    left = number

    def before(connection: Any, *_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            connection.connection.dbapi_connection.close()

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def every_cut(
    cut: Cut,
    steps: list[Step],
    dialect: Any,
    new_url: Callable[[], str],
    progress: Callable[[int], None] = lambda cuts: None,
) -> Iterator[str]:
    """Cut a monitor off at every call of every step, and let it look again: where a store was not as it should."""
    expected, _ = undisturbed(monitor(steps, dialect), new_url())
    cuts = 0
    for number in count(1):
        url, host, before = new_url(), Host(), cuts
        with closing(Store(url, dialect)) as store:
            for at, step in enumerate(steps):
                well = False
                with cut(host, number), suppress(StoreError):  # a manager is told of it, a monitor notes it
                    well = followed(dialect, store, host, step)
                if not well:
                    cuts += 1
                    assert followed(dialect, store, host, step)
                if wrong := differing(content(url), expected[at]):
                    yield f"cut off at call {number} of step {at}: {wrong}"
                    break
        if cuts == before:
            break
        progress(cuts)


# --- the run --------------------------------------------------------------------------------------------------------


def monitor(steps: list[Step], dialect: Any, opened: Callable[[str, Any], Store] = Store) -> Run:
    """A monitor that looks once at each step of a host, or a manager that tells of a VM."""

    def run(url: str, first: int, reached: Callable[[int], None]) -> None:
        host = Host()
        with closing(opened(url, dialect)) as store:
            for number in range(first, len(steps)):
                reached(number)
                assert followed(dialect, store, host, steps[number])

    return run


def main(changes: int) -> None:
    """Kill a run of so many changes at every statement, and cut it off at every call, on both databases at once."""
    dialect, steps, began = xform.load("ovirt"), script(changes), time.monotonic()

    def told(name: str, new_url: Callable[[], str]) -> None:
        def said(what: str) -> None:
            print(f"{name}, {time.monotonic() - began:.0f} s: {what}", flush=True)

        faults = [
            *every_kill(monitor(steps, dialect), new_url, progress=lambda kills: said(f"{kills} kills")),
            *every_cut(off_host, steps, dialect, new_url, progress=lambda cuts: said(f"{cuts} cuts")),
        ]
        for fault in faults or ["ended always as a run that nothing happens to"]:
            said(fault)
        assert not faults

    with tempfile.TemporaryDirectory(prefix="xform-crash-") as folder, postgres() as server, ExitStack() as databases:
        numbers = count()
        started = [
            fork(partial(told, "SQLite", lambda: f"sqlite:///{folder}/{next(numbers)}.db")),
            fork(partial(told, "PostgreSQL", lambda: databases.enter_context(server.database()))),
        ]
        endings = [ended(child) for child in started]
    sys.exit(any(endings))


if __name__ == "__main__":
    with silent():
        main(200)
