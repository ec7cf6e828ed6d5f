"""What wakes a monitor and what ends it, and whom it tells of changes."""

from __future__ import annotations

import itertools
import threading

import pytest

from tests.monitor.hosts import Heard, Host, document, running, vm_id
from xform.dialect import Dialect
from xform.monitor import watch
from xform.monitor.records import Change
from xform.monitor.store import Store
from xform.monitor.watch import Monitor, Vm, delays

A, B = vm_id("a"), vm_id("b")


# --- events ---------------------------------------------------------------------------------------------------------


def test_a_vm_that_an_event_names_is_looked_at_alone(store: Store, dialect: Dialect) -> None:
    host, heard = Host(a=document("a"), b=document("b")), Heard()
    with running(Monitor(dialect, store, [host], on_change=heard)):
        heard.until(lambda: len(heard.all) == 2)
        host.vms = {vm: document(name, disks={"vdb": "none"}) for vm, name in ((A, "a"), (B, "b"))}
        host.dumped.clear()
        host.tell("a")
        heard.until(lambda: len(heard.all) == 3)
    assert host.dumped == [A]


def test_the_periodic_pass_finds_what_no_event_named(store: Store, dialect: Dialect) -> None:
    host, heard = Host(a=document("a")), Heard()
    with running(Monitor(dialect, store, [host], interval=0.01, on_change=heard)):
        heard.until(lambda: heard.names == ["a"])
        host.vms[B] = document("b")
        heard.until(lambda: heard.names == ["a", "b"])


def test_after_a_lost_connection_all_is_looked_at(
    store: Store, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "delays", lambda: itertools.repeat(0.0))
    host, heard = Host(a=document("a")), Heard()
    with running(Monitor(dialect, store, [host], on_change=heard)):
        heard.until(lambda: heard.names == ["a"])
        host.vms[B] = document("b")
        host.lose()
        heard.until(lambda: heard.names == ["a", "b"])


def test_attempts_to_connect_get_rarer_and_never_come_at_once() -> None:
    waits = list(itertools.islice(delays(), 12))
    assert all(2**number / 2 <= wait <= 2**number for number, wait in enumerate(waits[:6]))
    assert all(30 <= wait <= 60 for wait in waits[6:])


def test_it_stops_between_two_vms(store: Store, dialect: Dialect) -> None:
    host = Host(**{name: document(name) for name in "abcdef"})
    monitor = Monitor(dialect, store, [host])
    dumping, stopped = threading.Event(), threading.Event()

    def meanwhile() -> None:
        dumping.set()
        assert stopped.wait(60)

    wake = host.wake

    def stops() -> None:
        stopped.set()
        wake()

    host.meanwhile, host.wake = meanwhile, stops  # type: ignore[method-assign]
    with running(monitor):
        assert dumping.wait(60)
    assert len(host.dumped) <= 2
    assert len(store.states()) <= 1


# --- callbacks ------------------------------------------------------------------------------------------------------


def test_a_callback_comes_behind_the_commit(store: Store, dialect: Dialect) -> None:
    seen = []
    host = Host(a=document("a"))
    monitor = Monitor(dialect, store, [host], on_change=lambda vm, changes: seen.append((store.load(vm.id), changes)))
    monitor.once()
    [(stored, changes)] = seen
    assert stored
    assert [(one.what, one.kind) for one in changes] == [("inserted", ""), ("inserted", "disks")]
    assert list(changes) == [one.change for one in store.history(A)]


def test_a_callback_that_raises_is_counted_and_loses_nothing(store: Store, dialect: Dialect) -> None:
    def fails(vm: Vm, changes: tuple[Change, ...]) -> None:
        raise RuntimeError("no")

    monitor = Monitor(dialect, store, [Host(a=document("a"), b=document("b"))], on_change=fails)
    assert not monitor.once()
    assert monitor.progress[0].undelivered == 2
    assert {one.vm for one in store.history()} == {A, B}
