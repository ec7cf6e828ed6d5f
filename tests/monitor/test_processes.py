"""Two monitors, each a process of its own, on one store: one is slow, either is killed, and it ends as of one alone."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import xform
from tests.monitor.crash import Shared, ended, fork, monitor, rows, silent, undisturbed, watched
from tests.monitor.hosts import Host
from tests.monitor.world import Step, looked, script
from xform.dialect import Dialect
from xform.monitor.manager import tell
from xform.monitor.source import Status
from xform.monitor.store import Store

SEED = 182
STEPS = script(48)


class View(Host):
    """One of several connections to the same host, which is at the step that is said; it may keep back an answer."""

    def __init__(self, at: Shared, keep: Callable[[], None]) -> None:
        super().__init__()
        self._at, self._keep = at, keep
        self.answers_left = 0  # until the one that is kept back

    @property
    def step(self) -> Step:
        return STEPS[int(self._at.said())]

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        found = super().status(ids)
        self._answered()
        return found

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        for one in super().dump(ids):
            self._answered()
            yield one

    def _call(self) -> None:
        self.step.show(self)

    def _answered(self) -> None:
        self.answers_left -= 1
        if self.answers_left == 0:
            self._keep()


class Other:
    """A process that looks, or tells, when it is asked to."""

    def __init__(self, at: Shared, url: str, dialect: Dialect, pair: list[Other]) -> None:
        self._at, self._url, self._dialect, self._pair = at, url, dialect, pair
        self.held = False
        self.kills = 0
        self._start()

    def begin(self, answers: int = 0, statements: int = 0) -> None:
        """Look once, or tell; stop behind so many answers, be killed before so many statements, where not 0."""
        self._pipe.send((answers, statements))

    def release(self) -> None:
        self.held = False
        self._pipe.send(None)

    def done(self) -> bool:
        """Wait until it has looked, or stops; whether it did.  One that was killed is started again."""
        try:
            reply = self._pipe.recv()
        except (EOFError, ConnectionResetError):
            self._killed()
            return False
        assert reply in ("well", "held"), f"step {self._at.said()}: {reply}"
        self.held = reply == "held"
        return not self.held

    def kill(self) -> None:
        os.kill(self._process, signal.SIGKILL)
        self._killed()

    def end(self) -> None:
        self._pipe.close()
        assert ended(self._process) == 0

    def _killed(self) -> None:
        self._pipe.close()
        assert ended(self._process) == -signal.SIGKILL
        self.held = False
        self.kills += 1
        self._start()

    def _start(self) -> None:
        self._pipe, its = Pipe()

        def work() -> None:
            for one in {self, *self._pair}:  # so that each sees when this process closes its pipe, or ends
                one._pipe.close()
            self._work(its)

        self._process = fork(work)
        its.close()

    def _work(self, pipe: Connection) -> None:
        def keep() -> None:
            pipe.send("held")
            pipe.recv()

        left = 0

        def told(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        host = View(self._at, keep)
        with closing(Store(self._url, self._dialect)) as store, watched(told):
            while True:
                try:
                    host.answers_left, left = pipe.recv()
                except (EOFError, ConnectionResetError):
                    return
                pipe.send("well" if self._follow(store, host) else "not well")

    def _follow(self, store: Store, host: View) -> bool:
        if not host.step.told:
            return looked(self._dialect, store, host)
        tell(self._dialect, store, self._dialect.parse(host.step.told))
        return True


def raced(url: str, dialect: Dialect, draw: random.Random) -> tuple[int, int]:
    """Let two follow all steps, and each step at least one; how often one was held back, and was killed.

    The host goes on only when one has followed the step; the other may then still have an answer of an earlier one.
    """
    at = Shared()
    at.say("0")
    pair: list[Other] = []
    for _ in range(2):
        pair.append(Other(at, url, dialect, pair))
    held = 0
    for number, step in enumerate(STEPS):
        at.say(str(number))
        one, other = draw.sample(pair, 2)
        if one.held:  # what it does now, it does with an old answer
            one.release()
            one.done()
        beside = False
        if other.held:
            match draw.choice(["stay", "go on", "die"]):
                case "go on":
                    other.release()
                    beside = True
                case "die":
                    other.kill()
        elif not step.told:
            slow = draw.choice([0, 1, 2])
            other.begin(answers=slow)
            if slow:
                other.done()
                held += other.held
            else:
                beside = True
        one.begin(statements=draw.choice([0, 0, draw.randrange(1, 20)]))
        while not one.done():
            one.begin()
        if beside:
            other.done()
    for one in pair:
        if one.held:
            one.release()
            one.done()
        one.end()
    return held, sum(one.kills for one in pair)


def test_L182_two_monitors_of_which_one_is_slow_or_killed_neither_wait_for_ever_nor_undo_each_other(
    new_migrated_url: Callable[[], str],
) -> None:
    dialect: Any = xform.load("ovirt")
    alone, together = new_migrated_url(), new_migrated_url()
    with silent():
        undisturbed(monitor(STEPS, dialect), alone)
        held, kills = raced(together, dialect, random.Random(SEED))
    assert rows(together) == rows(alone)
    assert held > 5
    assert kills > 5
