"""Runs that are killed at every statement and started again: does the store end as it does where nobody kills?

A run is a function of a store's URL, the step to begin with, and what it tells at the beginning of each step.  What
happens at a step is given from outside and is the same whenever it is looked at; so after a kill the run goes on with
the step that it was at.  Its processes are forked from this one, which has loaded all they need.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Collection
from contextlib import ExitStack, closing
from functools import partial
from itertools import count
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, event

from tests.monitor.postgres import postgres
from tests.monitor.scripted import ID, SMALL, disk, known, moment
from xform.monitor import schema
from xform.monitor.records import Change
from xform.monitor.store import Store

# store URL, first step, told at each step
Run = Callable[[str, int, Callable[[int], None]], None]


class Shared:
    """A text that a process and what it forks see both; one that is killed has said it nevertheless."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 1 << 16)

    def say(self, text: str) -> None:
        data = text.encode() + b"\0"
        self._memory[: len(data)] = data

    def said(self) -> str:
        return self._memory[: self._memory.find(b"\0")].decode()


def fork(function: Callable[[], None]) -> int:
    """Run a function in a process of its own, which knows all that this one has loaded; its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, which hold nothing that is needed here
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        function()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(child: int) -> int:
    """How a process ended: its status, or the number of a signal below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def watch(told: Callable[[str], None]) -> None:
    """Tell of every statement of this process, just before the database gets it, by its first words."""
    event.listen(Engine, "before_cursor_execute", lambda *of: told(" ".join(of[2].split()[:3])))
    event.listen(Engine, "commit", lambda _: told("COMMIT"))
    event.listen(Engine, "rollback", lambda _: told("ROLLBACK"))


def unkilled(run: Run, url: str) -> set[str]:
    """Let a run end; the kinds of its statements."""
    shared = Shared()

    def whole() -> None:
        kinds: set[str] = set()
        watch(kinds.add)
        run(url, 0, lambda step: None)
        shared.say("\n".join(kinds))

    assert ended(fork(whole)) == 0
    return set(shared.said().split("\n"))


# What comes before the first step: the store is opened, and its tables are made.
OPENING = -1


def killed(run: Run, url: str, number: int, steps: Collection[int] | None) -> list[str]:
    """Let a run end that is killed at this statement of its opening and of every step, or of some.

    After each kill another process goes on.  The kinds of statements that the kills came before.
    """
    shared, kinds, spared = Shared(), [], OPENING - 1
    while status := ended(fork(partial(doomed, run, url, number, steps, spared, shared))):
        assert status == -signal.SIGKILL, f"the run ended with {status}; the last kill was at {shared.said() or 'none'}"
        step, _, kind = shared.said().partition(" ")
        spared = int(step)
        kinds.append(kind)
    return kinds


def doomed(run: Run, url: str, number: int, steps: Collection[int] | None, spared: int, shared: Shared) -> None:
    """Go on from the step that was killed and is `spared` now, up to the next one that reaches this statement."""
    at, armed, left = OPENING, spared < OPENING, number

    def reached(step: int) -> None:
        nonlocal at, armed, left
        at, armed, left = step, step != spared and (steps is None or step in steps), number

    def told(kind: str) -> None:
        nonlocal left
        if armed and not left:
            shared.say(f"{at} {kind}")
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    watch(told)
    run(url, max(spared, 0), reached)


def content(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that a store holds; of history the order alone, for the numbers of what was undone are not given again."""
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            return {
                table.name: [
                    tuple(value for name, value in row._asdict().items() if (table.name, name) != ("change", "number"))
                    for row in connection.execute(table.select().order_by(*table.primary_key))
                ]
                for table in schema.metadata.sorted_tables
            }
    finally:
        engine.dispose()


def every_kill(
    run: Run,
    new_url: Callable[[], str],
    steps: Collection[int] | None = None,
    progress: Callable[[int, int], None] = lambda number, kills: None,
) -> list[str]:
    """Kill a run at every statement of every step, or of some: where the store did not end as it should."""
    url = new_url()
    kinds = unkilled(run, url)
    expected = content(url)
    faults: list[str] = []
    kills = 0
    for number in count():
        url = new_url()
        found = killed(run, url, number, steps)
        if not found:
            return faults + [f"no kill came before {kind}" for kind in sorted(kinds)]
        ending = content(url)
        faults += [
            f"killed at statement {number}: {name} differs" for name in expected if ending[name] != expected[name]
        ]
        kinds -= set(found)
        kills += len(found)
        progress(number, kills)
    raise AssertionError


def changes(steps: int) -> Run:
    """A monitor in small: at each step a disk is new, one has changed and one is gone."""

    def follow(store: Store, step: int) -> None:
        stored, digest = store.load(ID), str(step).encode()
        if stored and stored.known.digest == digest:
            return
        numbers = range(max(0, step - 5), step + 1)
        after = {one.id: one for one in (disk(f"s{number:03}", size=int(step - number < 2)) for number in numbers)}
        before = {one.id: one for one in stored.known.devices} if stored else {}
        told = [Change("inserted", "disks", one) for one in after if one not in before]
        told += [Change("unplugged", "disks", one) for one in before if one not in after]
        both = [one for one in after if one in before and before[one].entity != after[one].entity]
        told += [Change("updated", "disks", one, {"size": (1, 0)}) for one in both]
        store.save(
            known(*after.values(), digest=digest),
            told,
            stored=stored,
            connection="scripted",
            state="running",
            at=moment(step),
            ambiguous=[("disks", ("target",), (str(step),))] if step % 2 else [],
        )

    def run(url: str, first: int, reached: Callable[[int], None]) -> None:
        with closing(Store(url, SMALL)) as store:
            for step in range(first, steps):
                reached(step)
                follow(store, step)

    return run


def main(steps: int) -> None:
    """Kill a run of so many changes at every statement of it, on both databases at once."""

    def told(name: str, new_url: Callable[[], str]) -> None:
        def progress(number: int, kills: int) -> None:
            print(f"{name}: {kills} kills, at the first {number + 1} statements of every change", flush=True)

        faults = every_kill(changes(steps), new_url, progress=progress)
        print("\n".join(f"{name}: {fault}" for fault in faults) or f"{name}: ended always as a run that nobody killed")
        sys.stdout.flush()
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
    main(200)
