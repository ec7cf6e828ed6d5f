"""Leases: of several monitors of a store one follows a connection at a time, each as many as are its share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

import xform
from tests.monitor.hosts import Host, running
from tests.monitor.scripted import SMALL, START, known, moment
from tests.monitor.sharing import wait_until
from tests.monitor.tenures import tenures
from xform.errors import StoreError, XformError
from xform.monitor import lease
from xform.monitor.lease import LeaseLost, Leases, Turn
from xform.monitor.schema import vm
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

HOSTS = ("a", "b", "c", "d")
SECONDS = 60.0


class Clock:
    """The database's clock, which stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lease, "_now", lambda _: clock.now)
    return clock


@pytest.fixture
def join(opened: Store, clock: Clock) -> Callable[[], Leases]:
    """A monitor more that shares the connections."""
    return lambda: opened.leases(HOSTS, SECONDS)


def names(turn: Turn) -> set[str]:
    return {one.connection for one in turn.held}


def test_a_monitor_alone_has_all_connections(join: Callable[[], Leases]) -> None:
    assert names(join().look([])) == {*HOSTS}


def test_one_that_comes_gets_its_share_once_it_was_given_back(join: Callable[[], Leases]) -> None:
    one, other = join(), join()
    held = one.look([]).held
    for _ in range(2):  # it counts from its second look on
        assert names(other.look([])) == set()
    turn = one.look(held)
    assert (turn.held, len(turn.surplus)) == (held, 2)
    assert names(other.look([])) == set()  # nothing is taken from who may still write
    one.give_back(turn.surplus)
    assert names(other.look([])) == {lease.connection for lease in turn.surplus}


def test_what_is_renewed_stays(join: Callable[[], Leases], clock: Clock) -> None:
    one, other = join(), join()
    held = one.look([]).held
    for _ in range(30):
        clock.passes(one.every)
        assert one.look(held).held == held
        assert other.look([]).held == frozenset()


def test_a_silent_monitor_is_stood_in_for_within_the_time(join: Callable[[], Leases], clock: Clock) -> None:
    one, other = join(), join()
    one.look([])
    other.look([])
    began = clock.now
    taken: set[str] = set()
    while taken != {*HOSTS}:
        clock.passes(other.every)
        taken = names(other.look([]))
    assert clock.now - began <= timedelta(seconds=SECONDS)


def test_who_was_silent_too_long_has_lost_its_leases(join: Callable[[], Leases], clock: Clock) -> None:
    one, other = join(), join()
    held = one.look([]).held
    clock.passes(SECONDS)
    others = other.look([]).held
    assert one.look(held).held == frozenset()
    assert other.look(others).held == others


def test_one_that_leaves_leaves_all_at_once(join: Callable[[], Leases]) -> None:
    one, other = join(), join()
    one.give_back(one.look([]).held, leaving=True)
    assert names(other.look([])) == {*HOSTS}


def test_nothing_is_given_back_that_another_one_holds(join: Callable[[], Leases], clock: Clock) -> None:
    one, other = join(), join()
    held = one.look([]).held
    clock.passes(SECONDS)
    others = other.look([]).held
    one.give_back(held, leaving=True)
    assert other.look(others).held == others


def test_L361_a_connection_that_one_monitor_alone_knows_is_followed_by_it(opened: Store, clock: Clock) -> None:
    one, other = opened.leases(["a", "b", "c"], SECONDS), opened.leases(["c", "d", "e"], SECONDS)
    held, others = one.look([]).held, other.look([]).held
    for _ in range(3):
        turn, turns = one.look(held), other.look(others)
        assert (names(turn), turn.surplus) == ({"a", "b", "c"}, frozenset())
        assert (names(turns), turns.surplus) == ({"d", "e"}, frozenset())


def test_L362_one_that_dies_and_comes_again_and_again_takes_no_share_of_the_others(
    join: Callable[[], Leases], clock: Clock
) -> None:
    one = join()
    held = one.look([]).held
    for _ in range(10):
        join().look([])
        turn = one.look(held)
        assert (turn.held, turn.surplus) == (held, frozenset())


def test_what_was_lost_is_not_taken_again_by_the_same_look(join: Callable[[], Leases], clock: Clock) -> None:
    one = join()
    held = one.look([]).held
    clock.passes(SECONDS)
    assert names(one.look(held)) == set()  # its follower may be at it still
    assert names(one.look([])) == {*HOSTS}


def test_a_monitor_that_was_too_late_for_a_lease_says_so(opened: Store, clock: Clock) -> None:
    with capture_logs() as lines, running(Monitor(SMALL, opened, [Host()], leases=opened.leases(["host"], 0.6))):
        wait_until(lambda: any(line["event"] == "taken" for line in lines), "the host")
        clock.passes(1)
        wait_until(lambda: any(line["event"] == "lost" for line in lines), "the loss")


def test_L398_what_could_not_be_given_back_is_given_back_later_and_holds_up_nothing_else(
    opened: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals, give_back = iter([StoreError("lock timeout")] * 3), Leases.give_back

    def refusing(leases: Leases, *args: object, **options: object) -> None:
        if error := next(refusals, None):
            raise error
        give_back(leases, *args, **options)

    monkeypatch.setattr(Leases, "give_back", refusing)
    hosts, other = [Host(name) for name in HOSTS], opened.leases(HOSTS, 6.0)
    with running(Monitor(SMALL, opened, hosts, leases=opened.leases(HOSTS, 1.2))):
        wait_until(lambda: len(tenures(opened._database)) >= len(HOSTS), "all hosts")
        held = other.look([]).held

        def shared() -> bool:
            nonlocal held
            held = other.look(held).held
            return len(held) == len(HOSTS) / 2

        wait_until(shared, "the half of them")
        assert next(refusals, None) is None


# --- writing under a lease ------------------------------------------------------------------------------------------


def write(store: Store) -> int | None:
    return store.save(known(), (), stored=store.load(known().id), connection="a", state="running", at=moment(0))


def test_who_holds_a_lease_writes(opened: Store, join: Callable[[], Leases]) -> None:
    (held,) = (one for one in join().look([]).held if one.connection == "a")
    assert write(opened.under(held)) == 1


@pytest.mark.parametrize("taken", [False, True])
def test_who_lost_a_lease_writes_nothing_more(
    taken: bool, opened: Store, join: Callable[[], Leases], clock: Clock
) -> None:
    one, other = join(), join()
    (held,) = (lease for lease in one.look([]).held if lease.connection == "a")
    clock.passes(SECONDS)
    if taken:
        other.look([])
    with pytest.raises(LeaseLost, match=r"^a: another monitor may follow it now; nothing was written$"):
        write(opened.under(held))
    with pytest.raises(LeaseLost):
        opened.under(held).note(known().id, version=1, connection="a", state="off", run=None, at=moment(1))
    assert opened.load(known().id) is None


def test_nobody_takes_a_lease_under_which_somebody_writes(postgres_url: str, clock: Clock) -> None:
    with closing(Store(postgres_url, SMALL)) as store:
        one, other = (store.leases(HOSTS, SECONDS) for _ in range(2))
        (held,) = (lease for lease in one.look([]).held if lease.connection == "a")
        with store.under(held)._writing():
            clock.passes(SECONDS)
            assert names(other.look([])) == {"b", "c", "d"}
        one.give_back([held])
        assert [one.holder for one in tenures(store._database) if one.connection == "a"] == [held.holder]


def test_L363_who_stops_in_the_midst_of_writing_is_stood_in_for(postgres_url: str) -> None:
    with closing(Store(postgres_url, SMALL)) as store:
        one, other = (store.leases(["a"], 6.0) for _ in range(2))
        (held,) = one.look([]).held
        with pytest.raises(StoreError, match="idle-in-transaction timeout"):
            stop_in_writing(store.under(held), until=lambda: names(other.look([])) == {"a"})


def stop_in_writing(store: Store, until: Callable[[], bool]) -> None:
    """Begin to write, do nothing until others did something, at most a minute, and go on."""
    with store._writing() as connection:
        for _ in range(600):
            if until():
                break
            time.sleep(0.1)
        connection.execute(select(1))


def test_L399_who_waits_to_write_costs_its_monitor_no_lease(postgres_url: str) -> None:
    waiting = text("SELECT 1 FROM pg_locks WHERE NOT granted")
    with closing(Store(postgres_url, SMALL)) as store:
        one = store.leases(HOSTS, 6.0)
        held = one.look([]).held
        (ours,) = (lease for lease in held if lease.connection == "a")
        write(store.under(ours))
        with ThreadPoolExecutor() as threads, store._database.writing() as another:
            another.execute(select(vm).with_for_update())
            written = threads.submit(write, store.under(ours))
            while not (written.done() or another.execute(waiting).all()):
                time.sleep(0.01)
            assert one.look(held).held == held
            assert store.leases(HOSTS, 6.0).look([]).held == frozenset()
            with pytest.raises(StoreError, match="lock timeout"):
                written.result()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.getfixturevalue("postgres_server").database() as url:
        yield url


def test_each_time_of_following_is_recorded(opened: Store, join: Callable[[], Leases], clock: Clock) -> None:
    one, other = join(), join()
    held = one.look([]).held
    clock.passes(SECONDS)
    others = other.look([]).held
    clock.passes(1)
    other.give_back(others, leaving=True)
    first, second = (tenure for tenure in tenures(opened._database) if tenure.connection == "a")
    assert (first.holder, first.begun, second.holder) == (one.name, START, other.name)
    assert first.ended
    assert first.ended <= second.begun == START + timedelta(seconds=SECONDS)
    assert second.ended == clock.now
    assert {lease.number for lease in held} == {1}


def test_a_single_look_takes_no_leases(opened: Store, join: Callable[[], Leases], dialect: xform.Dialect) -> None:
    with pytest.raises(XformError, match="leases are for a monitor that goes on"):
        Monitor(dialect, opened, [], leases=join()).once()
