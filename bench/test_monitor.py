"""What following a fleet of VMs costs: a pass over all of them, and the memory that it takes.

A pass is one call that takes long, so that what counts is the processor's time: whoever else is busy is no part of it.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
import structlog

import xform
from bench.conftest import HERE, Line, record
from bench.fleet import Fleet
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

# Memory that looks like a folder: there is no disk to wait for at each commit.
SHM = Path("/dev/shm")
SIZES = (1_000, 3_000, 10_000)
TIMES = 5

# in a process of its own: what it takes at most while it looks thrice, each time at some that have changed
MEMORY = """
import logging, sys, structlog, xform
from bench.fleet import Fleet
from xform.monitor.store import Store
from xform.monitor.watch import Monitor
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
dialect, fleet = xform.load("domain"), Fleet(int(sys.argv[2]))
store = Store(sys.argv[1], dialect)
for seed in range(3):
    fleet.change(0.01, seed)
    assert Monitor(dialect, store, [fleet]).once()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


class Counted:
    """A store, and how often each thing was asked of it."""

    def __init__(self, store: Any) -> None:
        self.calls: Counter[str] = Counter()
        self._store = store

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._store, name)


@attrs.frozen
class Following:
    """A fleet that a store has seen, and the seconds that a first look at a VM took."""

    url: str
    dialect: xform.Dialect
    store: Counted
    fleet: Fleet
    first: float = 0.0

    def look(self, fleet: Fleet | None = None) -> None:
        assert Monitor(self.dialect, self.store, [fleet or self.fleet]).once()  # type: ignore[arg-type]

    def hashed(self) -> None:
        for _, text in self.fleet.dump([status.id for status in self.fleet.status()]):
            assert isinstance(text, bytes)
            hashlib.sha256(text).digest()


Follow = Callable[[int], Following]


def spent(call: Callable[[], Any], times: int = 1) -> float:
    """The fewest of the processor's seconds that this process takes for a call; waits for the disk are left out."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """Where the stores are."""
    with TemporaryDirectory(prefix="xform-bench-", dir=SHM if SHM.is_dir() else None) as folder:
        yield folder


@pytest.fixture(scope="module")
def follow(home: str) -> Iterator[Follow]:
    """``follow(count)``: a fleet of one of the sizes, looked at once; made once for all that is measured.

    A larger one begins with what the store of the next smaller one holds: no VM is new twice.
    """
    dialect = xform.load("domain")
    made: dict[int, Following] = {}

    def make(count: int) -> Following:
        for before, size in zip((0, *SIZES), SIZES[: SIZES.index(count) + 1], strict=False):
            if size in made:
                continue
            if before:
                with (
                    closing(sqlite3.connect(f"{home}/{before}")) as held,
                    closing(sqlite3.connect(f"{home}/{size}")) as new,
                ):
                    held.backup(new)
            url = f"sqlite:///{home}/{size}"
            following = Following(url, dialect, Counted(Store(url, dialect)), Fleet(size))
            made[size] = attrs.evolve(following, first=spent(following.look) / (size - before))
        return made[count]

    yield make
    for following in made.values():
        following.store.close()


def test_a_fleet_has_vms_of_20_devices_and_changes_what_it_says() -> None:
    fleet = Fleet(10)
    before = dict(fleet.dump([status.id for status in fleet.status()]))
    changed = fleet.change(0.2, seed=1)
    after = dict(fleet.dump(before))
    assert {name for name in before if before[name] != after[name]} == changed
    assert len(changed) == 2
    domain = xform.load("domain")
    assert {str(domain.parse(text).uuid) for text in after.values() if isinstance(text, bytes)} == set(before)
    assert len(domain.match(after[min(after)], domain.parse(before[min(after)])).pairs) >= 20


def test_a_first_look_costs_some_times_what_parsing_costs(follow: Follow) -> None:
    first, fleet, domain = follow(SIZES[0]).first, Fleet(100), xform.load("domain")
    texts = [text for _, text in fleet.dump([status.id for status in fleet.status()]) if isinstance(text, bytes)]
    least = spent(lambda: [domain.parse(text) for text in texts], TIMES) / len(texts)
    record(Line("pass: a new VM to parsing its document", first / least, 15.0, 9.0, first * 1e6))


@pytest.mark.parametrize("count", SIZES)
def test_a_pass_in_which_nothing_changed_costs_a_digest_of_each_vm(follow: Follow, count: int) -> None:
    following = follow(count)
    following.store.calls.clear()
    ours, least = spent(following.look, TIMES), spent(following.hashed, TIMES)
    assert not following.store.calls.keys() & {"load", "save", "note"}
    record(Line(f"pass, {count:,} VMs as they were: times dump and hash", ours / least, 2.0, 1.5, ours * 1e6))


@pytest.mark.parametrize("count", SIZES)
def test_a_pass_dumps_nothing_of_a_connection_that_tells_the_same_digests(follow: Follow, count: int) -> None:
    following = follow(count)
    agent = following.fleet.telling()
    following.store.calls.clear()
    ours, least = spent(lambda: following.look(agent), TIMES), spent(agent.status, TIMES)
    assert agent.dumped == 0
    assert not following.store.calls.keys() & {"load", "save", "note"}
    record(Line(f"pass, {count:,} digests as they were: times making them", ours / least, 1.9, 1.4, ours * 1e6))


@pytest.mark.parametrize("count", SIZES)
def test_a_pass_touches_only_what_changed(follow: Follow, count: int) -> None:
    following = follow(count)
    unchanged = spent(following.look, TIMES)
    costs = []
    for seed in range(3):
        changed = following.fleet.change(0.01, seed)
        following.store.calls.clear()
        costs.append((spent(following.look) - unchanged) / len(changed))
        assert following.store.calls["load"] == following.store.calls["save"] == len(changed) == count / 100
        assert not following.store.calls["note"]
    each = min(costs)
    record(Line(f"pass: a changed VM of {count:,} to a new one", each / following.first, 0.8, 0.5, each * 1e6))


def test_cost_grows_with_the_number_of_vms_and_no_faster(follow: Follow) -> None:
    few, some, many = (follow(count) for count in SIZES)
    rounds = [[spent(following.look) for following in (few, some, many)] for _ in range(TIMES)]
    costs = [min(costs) for costs in zip(*rounds, strict=True)]
    each = [cost / count for cost, count in zip(costs, SIZES, strict=True)]
    record(Line("pass: a VM among 3,000 to one among 1,000", each[1] / each[0], 1.1, None, costs[1] * 1e6))
    record(Line("pass: a VM among 10,000 to one among 1,000", each[2] / each[0], 1.1, None, costs[2] * 1e6))
    record(Line("a new VM among 10,000 to one among 1,000", many.first / few.first, 1.1, None, many.first * 1e6))


def test_memory_while_following_10_000_vms(follow: Follow) -> None:
    count = SIZES[-1]
    command = [sys.executable, "-c", MEMORY, follow(count).url, str(count)]
    run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    record(Line(f"memory while following {count:,} VMs", int(run.stdout) / 1024, 100, None, None, "MiB"))
