"""Monitors that share the connections of a store while they are killed, ended, stopped and started again at any moment.

Several hosts change step by step.  Where each step waits until the store has followed it, the store holds in the end
what that of one undisturbed monitor does, its history too; where none waits, it shows in the end what runs then.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import attrs
import psycopg

import xform
from tests.forked import ended, fork
from tests.monitor.crash import Content, Shared, content, silent
from tests.monitor.hosts import Host
from tests.monitor.postgres import postgres
from tests.monitor.tenures import Tenure, tenures
from tests.monitor.world import Step, followed, script
from xform.monitor.lease import Lease
from xform.monitor.source import Status
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

HOSTS = tuple(f"host{number}" for number in range(5))
# Seconds after which others stand in for a monitor, and between looks at all VMs.
SHARE, INTERVAL = 3.0, 0.05
# What befalls a monitor beside kills, once for every two of them; one that is stopped goes on when its leases are over.
BESIDE = ("end", "stop")


@attrs.frozen
class Change:
    """The step that one of the hosts takes."""

    host: str
    step: Step


def changes(count: int, seed: int) -> list[Change]:
    """So many changes of VMs that each host has for itself; managers tell of none."""
    draw = random.Random(seed)
    coming = {host: iter(_own(host, count)) for host in HOSTS}
    return [Change(host, next(coming[host])) for host in draw.choices(HOSTS, k=count)]


def _own(host: str, count: int) -> list[Step]:
    """A host's steps; its VMs are named after it, so that their ids are their own."""
    return [step for step in script(2 * count, prefix=host, seed=len(host) + HOSTS.index(host)) if not step.told][
        :count
    ]


class World:
    """All hosts, each at the step that is said; they note who calls them."""

    def __init__(self, changes: list[Change], calls: Path) -> None:
        self._steps = {host: [change.step for change in changes if change.host == host] for host in HOSTS}
        self._at = {host: Shared() for host in HOSTS}
        for shown in self._at.values():
            shown.say("0")
        self._calls = calls
        self._noted = os.open(calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def take(self, change: Change) -> None:
        self._at[change.host].say(str(int(self._at[change.host].said()) + 1))

    def show(self, host: Host) -> None:
        if number := int(self._at[host.name].said()):
            self._steps[host.name][number - 1].show(host)

    def called(self, host: str) -> None:
        os.write(self._noted, f"{host} {os.getpid()}\n".encode())

    def callers(self, host: str) -> list[int]:
        """The processes that called a host, in their order."""
        calls = [line.split() for line in self._calls.read_text().splitlines()]
        return [int(process) for name, process in calls if name == host]


class View(Host):
    """A monitor's connection to a host of the world."""

    def __init__(self, name: str, world: World) -> None:
        super().__init__(name)
        self._world = world

    def connect(self) -> None:
        self._world.called(self.name)
        super().connect()

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        self._world.called(self.name)
        return super().status(ids)

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        for one in ids:
            self._world.called(self.name)
            yield from super().dump([one])

    def _call(self) -> None:
        self._world.show(self)


@attrs.frozen
class Silence:
    """A process fell silent without a word."""

    process: int
    at: datetime


class Monitors:
    """Processes with a monitor each, which share all hosts."""

    def __init__(self, count: int, url: str, dialect: Any, world: World) -> None:
        self._url, self._dialect, self._world = url, dialect, world
        self._processes = [self._start() for _ in range(count)]
        self._stopped: tuple[int, float] | None = None
        self.silences: list[Silence] = []

    def befall(self, what: str, draw: random.Random) -> None:
        """Kill or end one of them, and start another in its place; or stop one, until something befalls the next."""
        self._go_on()
        at = draw.randrange(len(self._processes))
        process = self._processes[at]
        if what != "end":
            self.silences.append(Silence(process, datetime.now(UTC)))
        if what == "stop":
            os.kill(process, signal.SIGSTOP)
            self._stopped = process, time.monotonic()
            return
        number = signal.SIGKILL if what == "kill" else signal.SIGTERM
        os.kill(process, number)
        assert ended(process) == (-number if what == "kill" else 0)
        self._processes[at] = self._start()

    def end(self) -> None:
        self._go_on()
        for process in self._processes:
            os.kill(process, signal.SIGTERM)
        assert [ended(process) for process in self._processes] == [0] * len(self._processes)

    def _start(self) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # until it can take it
        try:
            return fork(self._work)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])

    def _go_on(self) -> None:
        if self._stopped:
            process, since = self._stopped
            time.sleep(max(0.0, since + SHARE - time.monotonic()))
            os.kill(process, signal.SIGCONT)
            self._stopped = None

    def _work(self) -> None:
        views = [View(host, self._world) for host in HOSTS]
        with closing(Store(self._url, self._dialect)) as store:
            leases = store.leases([view.name for view in views], SHARE)
            monitor = Monitor(self._dialect, store, views, interval=INTERVAL, leases=leases)
            signal.signal(signal.SIGTERM, lambda *_: monitor.stop())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            monitor.run()


@attrs.frozen
class Outcome:
    """What three monitors came to: who followed what when, who called whom, and what befell them."""

    tenures: list[Tenure]
    callers: dict[str, list[int]]
    silences: list[Silence]
    befell: Counter[str]

    @property
    def longest(self) -> float:
        """Seconds until somebody stood in, at the latest."""
        return max(takeovers(self.tenures, self.silences), default=0.0)

    def check(self) -> None:
        """Raise AssertionError where a connection was followed twice at a time, or by nobody."""
        assert {one.connection for one in self.tenures} == {*HOSTS}
        assert overlapping(self.tenures) == []
        assert [one for one in self.tenures if not one.ended] == []
        # a process may stand still between its last look at the clock and the call
        late = {host: strangers(callers, host, self.tenures) for host, callers in self.callers.items()}
        assert sum(late.values()) <= 1, late
        assert all(self.callers.values())


def shared(
    url: str, dialect: Any, script: list[Change], follows: Callable[[int], bool], kills: int, seed: int
) -> Outcome:
    """Let three monitors follow the changes while one is killed so many times, and half as often ended or stopped.

    The next change comes when this one `follows`. Raises AssertionError where that does not come to be.
    """
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="xform-sharing-") as folder:
        world = World(script, Path(folder, "calls"))
        Store(url, dialect).close()  # its tables are made
        monitors = Monitors(3, url, dialect, world)
        try:
            coming = ["kill"] * kills + draw.choices(BESIDE, k=kills // 2)
            draw.shuffle(coming)
            due = dict(zip(draw.sample(range(len(script)), len(coming)), coming, strict=True))
            for number, change in enumerate(script):
                world.take(change)
                if number in due:
                    time.sleep(draw.uniform(0, 3 * INTERVAL))
                    monitors.befall(due[number], draw)
                wait_until(lambda number=number: follows(number), f"change {number}: {change}")
        finally:
            monitors.end()
        found = inherited(url, dialect)
        callers = {host: world.callers(host) for host in HOSTS}
        return Outcome(found, callers, monitors.silences, Counter(coming))


def inherited(url: str, dialect: Any) -> list[Tenure]:
    """Who followed what, when somebody came who notes the end of those that fell silent at last."""
    held: frozenset[Lease] = frozenset()
    with closing(Store(url, dialect)) as store:
        heir = store.leases(HOSTS, SHARE)
        while len(held) < len(HOSTS):
            held = heir.look(held).held
            time.sleep(INTERVAL)
        heir.give_back(held, leaving=True)
        return [one for one in tenures(store._database) if one.holder != heir.name]


def undisturbed(url: str, dialect: Any, script: list[Change]) -> list[Content]:
    """What a store holds after each change where one monitor looks at its time."""
    hosts = {name: Host(name) for name in HOSTS}
    contents = []
    with closing(Store(url, dialect)) as store:
        for change in script:
            assert followed(dialect, store, hosts[change.host], change.step)
            contents.append(content(url))
    return contents


def step_by_step(url: str, alone: str, dialect: Any, script: list[Change], kills: int, seed: int) -> Outcome:
    """Each change is followed before the next; the store ends equal to one undisturbed monitor's, its history too."""
    expected = undisturbed(alone, dialect, script)
    outcome = shared(url, dialect, script, lambda number: content(url) == expected[number], kills, seed)
    assert content(url) == expected[-1]
    return outcome


def in_a_rush(url: str, alone: str, dialect: Any, script: list[Change], kills: int, seed: int) -> Outcome:
    """No change waits, but the last; the store shows what runs in the end as one does that looked then.

    What went by between two looks is in no store, and no history.
    """
    last = {change.host: change for change in script}
    undisturbed(alone, dialect, list(last.values()))
    expected, draw = running(alone), random.Random(seed)

    def follows(number: int) -> bool:
        time.sleep(draw.uniform(0, 6 * INTERVAL))
        return number + 1 < len(script) or running(url) == expected

    return shared(url, dialect, script, follows, kills, seed)


# Of each VM that runs its document and run, and where its devices are: two NICs may be what nothing tells apart.
_RUNNING = """
SELECT vm.id, connection, state, run, text, kind, alias, address FROM vm JOIN device ON device.vm = vm.id
WHERE state NOT IN ('off', 'gone') AND plugged AND kind <> 'nics' ORDER BY vm.id, kind, alias, address
"""


def running(url: str) -> list[tuple[Any, ...]]:
    with closing(psycopg.connect(url)) as connection:
        return connection.execute(_RUNNING).fetchall()


def wait_until(so: Callable[[], bool], what: str, patience: float = 60.0) -> None:
    until = time.monotonic() + patience
    while not so():
        assert time.monotonic() < until, f"{what} is not followed"
        time.sleep(INTERVAL / 2)


# --- judging --------------------------------------------------------------------------------------------------------


def overlapping(found: list[Tenure]) -> list[tuple[Tenure, Tenure]]:
    """Times of one connection that are not behind each other."""
    return [
        (one, later)
        for one, later in pairwise(found)
        if one.connection == later.connection and (one.ended is None or one.ended > later.begun)
    ]


def process_of(one: Tenure) -> int:
    return int(one.holder.split(":")[1])


def strangers(callers: list[int], host: str, found: list[Tenure]) -> int:
    """How many times a host was called by one who did not follow it then: they come in the order of the tenures."""
    turns = [process for process, _ in groupby(process_of(one) for one in found if one.connection == host)]
    at = strange = 0
    for process, _ in groupby(callers):
        if process in turns[at:]:
            at = turns.index(process, at)
        else:
            strange += 1
    return strange


def takeovers(found: list[Tenure], silences: list[Silence]) -> Iterator[float]:
    """Seconds until another one followed what a process did when it fell silent."""
    for silence in silences:
        for one, later in pairwise(found):
            silent = process_of(one) == silence.process and one.begun <= silence.at < (one.ended or silence.at)
            if silent and one.connection == later.connection:
                yield (later.begun - silence.at).total_seconds()


def main(changes_: int, kills: int, seed: int) -> None:
    """Kill three monitors so many times while so many changes happen, in both ways."""
    dialect, script = xform.load("ovirt"), changes(changes_, seed)
    with postgres() as server:
        for way in (step_by_step, in_a_rush):
            began = time.monotonic()
            with ExitStack() as databases:
                alone, together = (databases.enter_context(server.database()) for _ in range(2))
                outcome = way(together, alone, dialect, script, kills, seed)
            outcome.check()
            print(
                f"{way.__name__}, {time.monotonic() - began:.0f} s: {len(script)} changes, {dict(outcome.befell)}, "
                f"{len(outcome.tenures)} times that a connection was followed; "
                f"stood in for after {outcome.longest:.1f} s of {SHARE:g} at the latest",
                flush=True,
            )
            # in a rush the next one falls silent before the last one's leases are over
            assert way is in_a_rush or outcome.longest < SHARE


if __name__ == "__main__":
    with silent():
        main(500, 50, seed=9)
