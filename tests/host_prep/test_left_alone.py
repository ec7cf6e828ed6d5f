"""What is not this VM's to undo, to start over, or to wait for."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from host_prep import locks
from host_prep.effects.domain import StaleDomain
from host_prep.journal import Journal
from host_prep.libvirt import Domain, Libvirt
from host_prep.recover import recover
from host_prep.request import Request, Ticket
from host_prep.start import planned, prepared, release, start
from host_prep.system import CommandError, Host
from host_prep.watch import Watcher
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import DocumentError, HostError

MOCK = "test:///default"


@pytest.fixture
def mock() -> Any:
    """libvirt's own mock, which knows of saved states."""
    opened = Libvirt(MOCK)
    yield opened
    for one in opened.domains():
        if one.uuid in (VM, OTHER):
            if one.active:
                opened.destroy(one.uuid)
            native = opened._of(one.uuid)
            if native.hasManagedSaveImage():
                native.managedSaveRemove()
            if one.persistent:
                opened.undefine(one.uuid)
    opened.close()


def as_mock(xml: str) -> str:
    return xml.replace('type="qemu"', 'type="test"').replace(' arch="x86_64" machine="q35"', "")


def test_L286_a_vm_of_another_libvirt_is_left_as_it_is(host: Host, journal: Journal, ovirt: Any, mock: Libvirt) -> None:
    """That this one does not have it says nothing of whether it runs."""
    start(host, journal, ovirt, domain())
    elsewhere = Host(host.config, mock)
    (taken,) = recover(elsewhere, journal, ovirt)
    assert str(taken) == "left as it is; fault: it is a VM of fake:///: give --connect fake:///"
    Watcher(elsewhere, journal, ovirt).look()  # which is no reason to connect anew
    with pytest.raises(HostError, match="is a VM of fake:///; give --connect fake:///"):
        release(elsewhere, journal, ovirt, VM, force=True)
    with pytest.raises(HostError, match="is on this host already"):
        start(elsewhere, journal, ovirt, as_mock(domain()))
    assert [entry.state for entry in journal.entries(VM)] == ["done"] * len(journal.entries(VM))


def test_L287_a_saved_state_is_not_forgotten_with_its_domain(
    host: Host, journal: Journal, ovirt: Any, mock: Libvirt
) -> None:
    on = Host(host.config, mock)
    start(on, journal, ovirt, as_mock(domain()))
    mock._of(VM).managedSave(0)
    assert [str(taken) for taken in recover(on, journal, ovirt)] == ["left as it is"]
    with pytest.raises(HostError, match="has a saved state that it goes on from"):
        release(on, journal, ovirt, VM, force=True)
    with pytest.raises(HostError, match=r"is on this host already \(left as it is"):
        start(on, journal, ovirt, as_mock(domain()))
    with pytest.raises(HostError, match=r"has a saved state .* \(virsh managedsave-remove\)"):
        planned(on, ovirt, as_mock(domain(id=OTHER)))
    assert mock._of(VM).hasManagedSaveImage()


def test_L288_a_guest_that_crashed_and_is_still_there_is_not_stale(
    host: Host, ovirt: Any, libvirt: FakeLibvirt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libvirt, "domains", lambda: [Domain(VM, "web", "crashed", True, 7)])
    with pytest.raises(HostError, match="is crashed on this host; end it"):
        planned(host, ovirt, domain())


def test_L289_after_a_reboot_nothing_is_given_back_that_it_has_taken(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    pages = host.config.sys / "kernel/mm/hugepages/hugepages-2048kB"
    boot = host.config.proc / "sys/kernel/random/boot_id"
    for file, text in ((pages / "nr_hugepages", "10"), (pages / "free_hugepages", "0"), (boot, "first\n")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    wanting = Host(evolve(host.config, dynamic_hugepages=True), libvirt)
    asked = domain(metadata="<ovirt-vm:custom><ovirt-vm:hugepages>2048</ovirt-vm:hugepages></ovirt-vm:custom>")
    start(wanting, journal, ovirt, asked)
    assert (pages / "nr_hugepages").read_text() == "42"
    libvirt.destroy(VM)
    boot.write_text("second\n")
    (pages / "nr_hugepages").write_text("10")
    assert [taken.what for taken in recover(wanting, journal, ovirt)] == ["released"]
    assert (pages / "nr_hugepages").read_text() == "10"


def arriving(host: Host, journal: Journal, ovirt: Any, request: Request, state: str) -> str:
    """Prepare for a VM that comes, let it come, and do what is left."""
    assert isinstance(host.libvirt, FakeLibvirt)
    with prepared(host, journal, ovirt, domain(SCREEN), evolve(request, incoming=True)) as done:
        host.libvirt.add_domain(domain(), state)
        return done.await_arrival(1, 0.01)


SCREEN = '<graphics type="vnc"/>'


def test_a_guest_that_arrives_paused_has_arrived(host: Host, journal: Journal, ovirt: Any) -> None:
    assert arriving(host, journal, ovirt, Request(), "paused") == VM


def test_L290_what_fails_once_a_guest_has_arrived_does_not_end_it(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    """There is no other one."""
    ticket = Ticket(type="vnc", password="opensesa", valid_to="2030-01-31T12:00:00")
    with pytest.raises(HostError, match=r"^web: it arrived and runs; not done: set the password of the vnc screen"):
        arriving(host, journal, ovirt, Request(tickets=[ticket]), "running")
    there = libvirt.domain(VM)
    assert there
    assert there.active
    assert "RunningDomain" in {type(entry.effect).__name__ for entry in journal.entries(VM)}


def test_a_domain_that_another_start_prepares_makes_no_room(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    with (
        prepared(host, journal, ovirt, domain(id=OTHER)),
        pytest.raises(HostError, match=f"a domain web \\({OTHER}\\) is prepared on this host; release it first"),
    ):
        start(host, journal, ovirt, domain())
    assert libvirt.domain(OTHER)
    assert StaleDomain.host_wide


def test_a_watcher_leaves_alone_what_waits_for_its_start_and_recovery_does_not(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    with prepared(host, journal, ovirt, domain()):
        pass
    Watcher(host, journal, ovirt).look()
    assert libvirt.domain(VM)
    libvirt.start(VM)
    Watcher(host, journal, ovirt).look()
    assert {entry.state for entry in journal.entries(VM)} == {"done"}
    libvirt.destroy(VM)
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["released"]


def test_a_release_waits_for_whoever_is_at_the_vm(host: Host, journal: Journal, ovirt: Any) -> None:
    start(host, journal, ovirt, domain())
    taken, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with locks.of_vm(host.config.state, VM):
            taken.set()
            let_go.wait()

    other = threading.Thread(target=hold)
    other.start()
    taken.wait()
    with pytest.raises(locks.InProgress):
        release(Host(evolve(host.config, seconds=0.05), host.libvirt), journal, ovirt, VM, force=True)
    let_go.set()
    assert release(host, journal, ovirt, VM, force=True)
    other.join()


def test_what_left_a_commands_group_is_not_waited_for(host: Host, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    script = f"mkfifo {pipe}; setsid sh -c 'read _ <{pipe}' & sleep 3600"
    impatient = Host(evolve(host.config, seconds=0.2), host.libvirt)
    with pytest.raises(CommandError, match=r"^sh took longer than 0\.2 s and was ended$"):
        impatient.run("sh", "-c", script)
    pipe.write_text("end\n")  # it still has our standard output


def test_a_document_of_another_vm_does_not_start(host: Host, journal: Journal, ovirt: Any) -> None:
    with prepared(host, journal, ovirt, domain()) as done, pytest.raises(DocumentError, match=f"its uuid is {OTHER}"):
        done.start(domain(id=OTHER))
    assert journal.vms() == []
