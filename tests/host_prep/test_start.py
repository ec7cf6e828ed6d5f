"""A VM is prepared, started and released; what fails is undone."""

from __future__ import annotations

from typing import Any

import pytest

from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError


def test_a_vm_is_defined_whole_started_and_gets_the_time_of_its_start(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    assert start(host, journal, ovirt, domain()) == VM
    known = ovirt.parse(libvirt.document(VM))
    assert libvirt.domain(VM).state == "running"
    assert known.cluster_version == "4.7"
    assert known.start_time is not None


def test_release_leaves_nothing(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    start(host, journal, ovirt, domain())
    libvirt.destroy(VM)
    assert release(host, journal, ovirt, VM)
    assert libvirt.domains() == []
    assert journal.vms() == []
    assert not release(host, journal, ovirt, VM)


def test_L282_a_plan_that_was_written_though_the_journal_failed_is_not_left(
    host: Host, journal: Journal, ovirt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Journal.begin

    def fail(*arguments: Any) -> None:
        begin(*arguments)
        raise HostError("the journal cannot be used: disk I/O error")

    monkeypatch.setattr(Journal, "begin", fail)
    with pytest.raises(HostError, match=r"^web: the journal cannot be used: disk I/O error$"):
        start(host, journal, ovirt, domain())
    assert journal.vms() == []


def test_a_running_vm_is_released_by_force_only(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    start(host, journal, ovirt, domain())
    with pytest.raises(HostError, match="is running; end it, or release it by force"):
        release(host, journal, ovirt, VM)
    assert release(host, journal, ovirt, VM, force=True)
    assert libvirt.domains() == []


def test_a_running_vm_is_adopted_and_twice_changes_nothing(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, domain())
    before = libvirt.state(), journal.entries(VM)
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["adopted"]
    assert (libvirt.state(), journal.entries(VM)) == before


def test_what_does_not_run_is_undone_and_forgotten(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, domain())
    libvirt.destroy(VM)
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["released"]
    assert recover(host, journal, ovirt) == []
    assert libvirt.domains() == []


@pytest.mark.parametrize(
    ("there", "forgotten"),
    [
        ([(VM, "bar", "off"), (OTHER, "web", "off")], {VM, OTHER}),
        ([(VM, "bar", "crashed"), (OTHER, "web", "off")], {VM, OTHER}),
        ([(VM, "web", "off"), (OTHER, "bar", "off")], {VM}),
        ([(VM, "web", "off"), (OTHER, "bar", "running")], {VM}),
        ([(VM, "bar", "off"), (OTHER, "web", "running")], None),
        ([(VM, "bar", "running"), (OTHER, "web", "off")], None),
        ([(OTHER, "bar", "running")], set()),
    ],
)
def test_stale_domains_make_room_and_others_do_not(
    host: Host,
    ovirt: Any,
    libvirt: FakeLibvirt,
    there: list[tuple[str, str, str]],
    forgotten: set[str] | None,
) -> None:
    for id, name, state in there:
        libvirt.add_domain(domain(id=id, name=name), state)
    if forgotten is None:
        with pytest.raises(HostError, match="running on this host"):
            planned(host, ovirt, domain())
        return
    effects = planned(host, ovirt, domain()).effects
    assert {effect.id for effect in effects if type(effect).__name__ == "StaleDomain"} == forgotten


def test_the_first_cause_is_told_and_all_is_undone(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise HostError("no room on device")

    monkeypatch.setattr(libvirt, "set_metadata", refuse)
    with pytest.raises(HostError, match=r"^web: no room on device$"):
        start(host, journal, ovirt, domain())
    assert libvirt.domains() == []
    assert journal.vms() == []
