"""What recovery meets: VMs that cannot be told of, ends that came before their beginning, and what others did."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from host_prep.journal import Journal
from host_prep.libvirt import Domain, Refused, _state
from host_prep.recover import recover
from host_prep.request import Flow
from host_prep.start import prepared, release, start
from host_prep.system import Host
from host_prep.watch import Watcher
from tests.host_prep.conftest import BEGUN, OTHER, VM, domain, payload
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

CDROM = '<disk type="file" device="cdrom"><source file="PAYLOAD:"/><target dev="sdd" bus="sata"/><readonly/></disk>'
CONFIGURED = domain(CDROM, payload("sdd", {"meta-data": b"{}"}))


class Killed(BaseException):
    """In place of a signal that nothing survives."""


@pytest.fixture
def two(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    """One VM that runs, and one behind it that has ended."""
    start(host, journal, ovirt, domain())
    start(host, journal, ovirt, domain(id=OTHER, name="db"))
    libvirt.destroy(OTHER)


@pytest.fixture
def dumb(libvirt: FakeLibvirt, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """libvirt does not tell the state of the first VM."""
    told = libvirt.domain

    def refuse(uuid: str) -> Domain | None:
        if uuid == VM:
            raise Refused("fake:///: cannot acquire state change lock", 68)
        return told(uuid)

    monkeypatch.setattr(libvirt, "domain", refuse)
    return monkeypatch


@pytest.mark.usefixtures("two", "dumb")
def test_L267_a_vm_whose_state_cannot_be_told_keeps_no_other_from_recovery(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    first, second = recover(host, journal, ovirt)
    assert str(first) == "not looked at; fault: recovery: fake:///: cannot acquire state change lock"
    assert str(second) == "released"
    assert [kept.id for kept in journal.vms()] == [VM]
    assert len(recover(host, journal, ovirt)) == 1


@pytest.mark.usefixtures("two")
def test_L267_a_vm_that_was_left_is_adopted_when_its_state_is_told(
    host: Host, journal: Journal, ovirt: Any, dumb: pytest.MonkeyPatch
) -> None:
    before = journal.entries(VM)
    recover(host, journal, ovirt)
    assert journal.entries(VM) == before
    dumb.undo()
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["adopted"]


@pytest.mark.usefixtures("two")
def test_L267_a_watcher_connects_anew_where_a_vm_was_left(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, dumb: pytest.MonkeyPatch
) -> None:
    """A connection that has broken fails for each VM."""
    watcher = Watcher(host, journal, ovirt, interval=0.01)
    listening: list[Callable[[str], None]] = []

    def listen(stopped: Callable[[str], None]) -> None:
        listening.append(stopped)
        if len(listening) == 2:
            watcher.stop()

    dumb.setattr(libvirt, "listen", listen)
    watcher.run()
    assert len(listening) == 2
    assert [kept.id for kept in journal.vms()] == [VM]


@pytest.mark.usefixtures("two")
def test_what_a_newer_host_prep_wrote_is_told_and_keeps_no_other_from_recovery(
    host: Host, journal: Journal, ovirt: Any
) -> None:
    with sqlite3.connect(journal.file) as connection:
        connection.execute("UPDATE effect SET kind = 'Unheard' WHERE vm = ? AND number = 0", (VM,))
    connection.close()
    first, second = recover(host, journal, ovirt)
    assert str(first).endswith("an effect in the journal cannot be read; install the host-prep that wrote it")
    assert str(second) == "released"


def test_L268_a_domain_that_was_defined_and_not_started_is_known_and_goes_with_all_it_had(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(libvirt, "start", killed)
        patch.setattr("host_prep.preparation.Preparation.undo", lambda self: [])
        with pytest.raises(Killed):
            start(host, journal, ovirt, CONFIGURED)
    known = ovirt.parse(libvirt.document(VM))
    assert known.cluster_version == "4.7"
    assert known.disks[0].payload_digest
    assert host.names(host.config.payloads)
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["released"]
    assert libvirt.domains() == []
    assert host.names(host.config.payloads) == []


def test_L271_why_a_domain_is_in_a_state_is_not_taken_for_the_state() -> None:
    """A migrated domain is off for the reason 4, which is the number of a state as well."""
    assert {_state(5, reason) for reason in range(10)} == {"off"}
    assert {_state(4, reason) for reason in range(10)} == {"ending"}
    assert {_state(1, reason) for reason in range(14)} == {"running"}
    assert _state(3, 2) == "migrating"
    assert _state(3, 5) == "paused"


# What others did meanwhile


def test_a_vm_that_somebody_else_started_is_adopted(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    with prepared(host, journal, ovirt, CONFIGURED):
        pass
    libvirt.start(VM)
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["adopted"]
    assert ovirt.parse(libvirt.document(VM)).start_time is not None
    assert {entry.state for entry in journal.entries(VM)} == {"done"}


def test_a_vm_that_nobody_started_is_undone(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    with prepared(host, journal, ovirt, CONFIGURED):
        pass
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["released"]
    assert libvirt.domains() == []
    assert host.names(host.config.payloads) == []


def test_a_vm_whose_domain_somebody_else_undefined_is_released(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, CONFIGURED)
    libvirt.destroy(VM)
    libvirt.undefine(VM)
    assert release(host, journal, ovirt, VM)
    assert host.names(host.config.payloads) == []
    assert journal.vms() == []


@pytest.mark.parametrize("flow", ["fresh", "restore", "incoming"])
def test_L273_a_vm_that_runs_here_unknown_to_the_journal_is_left_alone(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, flow: Flow
) -> None:
    libvirt.add_domain(domain())
    before = libvirt.state()
    with pytest.raises(HostError, match=r"^a domain web \(.*\) is running on this host; end it, or start another VM$"):
        start(host, journal, ovirt, CONFIGURED, BEGUN[flow])
    assert libvirt.state() == before
    assert journal.vms() == []
    assert host.names(host.config.payloads) == []


# By migration


def arrives(libvirt: FakeLibvirt, state: str) -> None:
    """As a migration brings it: libvirt forgets it when it ends."""
    libvirt.add_domain(domain(), state)
    libvirt.undefine(VM)


def test_a_vm_that_arrives_is_defined_and_known(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    with prepared(host, journal, ovirt, CONFIGURED, BEGUN["incoming"]) as done:
        assert libvirt.domains() == []
        arrives(libvirt, "running")
        assert done.await_arrival() == VM
    there = libvirt.domain(VM)
    assert there
    assert there.persistent
    assert {entry.state for entry in journal.entries(VM)} == {"done"}


@pytest.mark.parametrize("state", [None, "migrating"])
def test_L272_a_vm_that_does_not_arrive_in_time_is_ended_as_far_as_it_is_there(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, state: str | None
) -> None:
    with prepared(host, journal, ovirt, CONFIGURED, BEGUN["incoming"]) as done:
        if state:
            arrives(libvirt, state)
        with pytest.raises(HostError, match=r"^web: it did not arrive within 0 s$"):
            done.await_arrival(seconds=0)
    assert libvirt.domains() == []
    assert journal.vms() == []
    assert host.names(host.config.payloads) == []


def test_a_vm_that_is_on_its_way_is_adopted_when_it_is_here(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    """Somebody prepared for it, and does not wait."""
    with prepared(host, journal, ovirt, CONFIGURED, BEGUN["incoming"]):
        pass
    arrives(libvirt, "migrating")
    before = journal.entries(VM), libvirt.state()
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["in progress"]
    with pytest.raises(HostError, match=r"is on this host already \(in progress\); release it first"):
        start(host, journal, ovirt, CONFIGURED, BEGUN["incoming"])
    assert (journal.entries(VM), libvirt.state()) == before
    arrives(libvirt, "running")
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["adopted"]
    assert {entry.state for entry in journal.entries(VM)} == {"done"}
