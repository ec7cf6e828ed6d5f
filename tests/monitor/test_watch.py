"""What the monitor does with what a connection tells, and with what goes wrong there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.monitor.hosts import Host, document, running, vm_id
from xform.dialect import Dialect
from xform.monitor.manager import tell
from xform.monitor.store import Store
from xform.monitor.watch import GONE, Monitor

A, B = vm_id("a"), vm_id("b")


@pytest.fixture
def once(store: Store, dialect: Dialect) -> Callable[..., bool]:
    """One pass over these hosts."""

    def look(*hosts: Host, **options: Any) -> bool:
        return Monitor(dialect, store, hosts, **options).once()

    return look


def targets(store: Store, vm: str) -> list[str]:
    """The disks that are plugged."""
    stored = store.load(vm)
    assert stored
    return sorted(one.entity.target for one in stored.known.devices if one.kind == "disks" and one.plugged)


def happened(store: Store, vm: str) -> list[str]:
    """To its disks."""
    return [one.change.what for one in store.history(vm) if one.change.kind == "disks"]


# --- a pass ---------------------------------------------------------------------------------------------------------


def test_a_pass_stores_every_vm_with_its_devices(once: Callable[..., bool], store: Store) -> None:
    assert once(Host(a=document("a"), b=document("b", disks={"vda": "none", "vdb": "none"})))
    assert targets(store, A) == ["vda"]
    assert targets(store, B) == ["vda", "vdb"]
    assert {(one.connection, one.state) for one in store.states().values()} == {("host", "running")}


def test_what_did_not_change_is_not_written(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    once(host)
    before = store.states()
    assert once(host)
    assert store.states() == before


def test_a_digest_that_is_known_spares_the_dump(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"), b=document("b"))
    once(host)
    host.digests = {A: store.states()[A].digest, B: store.states()[B].text}
    host.dumped.clear()
    assert once(host)
    assert host.dumped == []
    host.digests[A] = b"another"
    once(host)
    assert host.dumped == [A]


def test_L175_a_digest_that_is_known_does_not_hide_another_run(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    once(host)
    host.digests, host.runs, host.vms[A] = {A: store.states()[A].digest}, {A: "2"}, document("a", run=2)
    once(host)
    stored = store.load(A)
    assert stored
    assert stored.known.run == "2"


def test_a_connection_that_asks_by_canonical_digests_is_not_asked_twice(
    once: Callable[..., bool], store: Store, dialect: Dialect
) -> None:
    host = Host(a=document("a"))
    for cache in ("none", "writeback"):
        host.vms[A] = document("a", disks={"vda": cache})
        host.digests[A] = dialect.digest(host.vms[A])
        once(host), once(host)
    assert host.dumped == [A, A]
    assert store.states()[A].digest == host.digests[A]


def test_a_state_alone_is_noted_and_the_run_goes_on(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    once(host)
    host.states[A] = "paused"
    assert once(host)
    assert (store.states()[A].state, store.states()[A].run) == ("paused", "1")


def test_L176_of_a_vm_that_does_not_run_only_the_state_is_noted(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a", disks={"vda": "none", "vdb": "none"}), b=document("b"))
    host.states[B] = "off"
    once(host)
    assert B not in store.states()
    host.states[A], host.vms[A] = "off", document("a")
    assert once(host)
    assert store.states()[A].state == "off"
    assert targets(store, A) == ["vda", "vdb"]


def test_L170_a_vm_that_stopped_before_its_dump_is_looked_at_again(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a", disks={"vda": "none", "vdb": "none"}))
    host.runs[A] = "1"
    once(host)

    def stops() -> None:
        host.states[A], host.runs[A] = "off", None

    host.meanwhile, host.vms[A] = stops, document("a").replace(b" id='1'", b"")
    assert once(host)
    assert store.states()[A].state == "off"
    assert targets(store, A) == ["vda", "vdb"]


def test_a_vm_whose_document_is_never_of_its_run_is_a_failure(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"), b=document("b"))
    host.runs[A] = "2"
    assert not once(host)
    assert list(store.states()) == [B]


# --- VMs that move and go -------------------------------------------------------------------------------------------


def test_a_vm_that_is_gone_is_noted_and_its_devices_stay(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    once(host)
    host.vms.clear()
    assert once(host)
    assert (store.states()[A].state, targets(store, A)) == (GONE, ["vda"])


def test_L172_a_vm_on_its_way_here_is_not_looked_at(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    host.states[A] = "migrating"
    assert once(host)
    assert store.states() == {}


def test_L173_a_vm_that_moved_is_not_taken_for_gone_where_it_was(once: Callable[..., bool], store: Store) -> None:
    old, new = Host("old", a=document("a")), Host("new", a=document("a", run=7))
    once(old)
    once(new)
    old.vms.clear()
    once(old)
    assert (store.states()[A].connection, store.states()[A].state) == ("new", "running")


def test_a_vm_that_moved_may_stay_defined_where_it_was(once: Callable[..., bool], store: Store) -> None:
    old, new = Host("old", a=document("a")), Host("new", a=document("a", run=7))
    once(old)
    once(new)
    old.states[A] = "off"
    once(old)
    assert (store.states()[A].connection, store.states()[A].state) == ("new", "running")


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_L174_a_dump_that_fails_leaves_the_old_digest_and_stops_no_other(
    once: Callable[..., bool], store: Store
) -> None:
    host = Host(a=document("a"), b=document("b"))
    once(host)
    before = store.states()[A]
    more = {"vda": "none", "vdb": "none"}
    host.vms, host.broken = {A: document("a", disks=more), B: document("b", disks=more)}, {A}
    assert not once(host)
    assert store.states()[A] == before
    assert targets(store, B) == ["vda", "vdb"]
    host.broken.clear()
    assert once(host)
    assert targets(store, A) == ["vda", "vdb"]


@pytest.mark.parametrize(
    "bad", [b"", b"<domain", b"<network/>", b"\xff\xfe<", document("b")], ids=["none", "cut", "other", "bytes", "of b"]
)
def test_a_document_that_cannot_be_read_stops_no_other(bad: bytes, once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"), b=document("b"))
    once(host)
    before = store.states()[A]
    host.vms = {A: bad, B: document("b", disks={"vdb": "none"})}
    assert not once(host)
    assert store.states()[A] == before
    assert targets(store, B) == ["vdb"]


def test_a_host_that_fails_stops_no_other(once: Callable[..., bool], store: Store) -> None:
    bad = Host("bad")
    bad.cut = 1
    assert not once(bad, Host("good", a=document("a")))
    assert targets(store, A) == ["vda"]


def test_why_a_vm_or_a_host_failed_can_be_read(store: Store, dialect: Dialect) -> None:
    bad, host = Host("bad"), Host(a=document("a"))
    bad.cut, host.broken = 2, {A}
    monitor = Monitor(dialect, store, [bad, host])
    monitor.once()
    assert [one.fault for one in monitor.progress] == ["bad: the connection was cut", ""]
    assert monitor.progress[1].failed == {A: "host: no answer"}


# --- two monitors ---------------------------------------------------------------------------------------------------


def test_L171_who_knew_less_looks_again(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    once(host)

    def other() -> None:
        host.vms[A] = document("a", disks={"vda": "none", "vdb": "none", "vdc": "none"})
        once(host)

    host.vms[A] = document("a", disks={"vda": "none", "vdb": "none"})
    host.meanwhile = other
    assert once(host)
    assert targets(store, A) == ["vda", "vdb", "vdc"]
    assert happened(store, A) == ["inserted"] * 3


def test_a_vm_that_somebody_else_found_first_is_looked_at_again(once: Callable[..., bool], store: Store) -> None:
    host = Host(a=document("a"))
    host.meanwhile = lambda: once(host)
    assert once(host)
    assert happened(store, A) == ["inserted"]


def test_a_vm_that_somebody_else_found_elsewhere_meanwhile_is_not_gone(once: Callable[..., bool], store: Store) -> None:
    old, new = Host("old", a=document("a"), b=document("b")), Host("new", a=document("a", run=7))
    once(old)
    status = old.status

    def late(ids: Any = None) -> Any:
        del old.vms[A]
        once(new)
        old.status = status  # type: ignore[method-assign]
        return old.status(ids)

    old.status = late  # type: ignore[method-assign]
    assert once(old)
    assert (store.states()[A].connection, store.states()[A].state) == ("new", "running")


def test_two_monitors_neither_wait_for_each_other_nor_undo_each_other(store: Store, dialect: Dialect) -> None:
    """Both look at the same VMs, which change all the time; at the end the store is as the host."""
    names = [f"vm{number}" for number in range(4)]
    hosts = [Host(), Host()]
    caches = itertools.cycle(["none", "writeback", "writethrough"])
    monitors = [Monitor(dialect, store, [host]) for host in hosts]
    heard = [running(monitor) for monitor in monitors]
    with heard[0], heard[1]:
        for turn in range(10):
            for number, name in enumerate(names):
                disks = {f"vd{letter}": next(caches) for letter in "abcd"[: 1 + (turn + number) % 4]}
                for host in hosts:
                    host.vms[vm_id(name)] = document(name, disks=disks)
            for host in hosts:
                host.tell(*names)
    assert all(one.well for monitor in monitors for one in monitor.progress)
    Monitor(dialect, store, [hosts[0]]).once()
    for number, name in enumerate(names):
        stored = store.load(vm_id(name))
        assert stored
        assert targets(store, vm_id(name)) == ["vda", "vdb", "vdc", "vdd"][: 1 + (9 + number) % 4]
        seen = happened(store, vm_id(name))
        plugged = seen.count("inserted") + seen.count("returned") - seen.count("unplugged")
        assert plugged == len([one for one in stored.known.devices if one.plugged])


# --- what a manager knows -------------------------------------------------------------------------------------------


def test_devices_that_a_manager_tells_of_stay_known_when_they_are_gone(
    once: Callable[..., bool], store: Store, dialect: Dialect
) -> None:
    both = {"vda": "none", "vdb": "none"}
    tell(dialect, store, dialect.parse(document("a", disks=both)))
    host = Host(a=document("a", disks=both))
    once(host)
    host.vms[A] = document("a")
    once(host)
    stored = store.load(A)
    assert stored
    assert (stored.connection, targets(store, A)) == ("host", ["vda"])
    assert [(one.managed, one.plugged) for one in stored.known.devices if one.kind == "disks"] in (
        [(True, True), (True, False)],
        [(True, False), (True, True)],
    )
