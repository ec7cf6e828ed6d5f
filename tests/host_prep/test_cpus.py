"""VMs have CPUs for themselves, or share what is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects.cpus import CpuPool, shared_pool
from host_prep.facts.cpus import Cpus, cpu_set, look_at_cpus
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt, Refused
from host_prep.recover import recover
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

THIRD = "9f1c3c6e-27a4-4f29-8a43-1e6c52b4b7aa"


def vm(id: str = VM, policy: str = "", pins: str = "") -> str:
    """Two vCPUs, those of `pins` pinned: ``0:4 1:5``."""
    tune = "".join(
        f'<vcpupin vcpu="{vcpu}" cpuset="{cpus}"/>' for vcpu, _, cpus in (one.partition(":") for one in pins.split())
    )
    return domain(more=f"<cputune>{tune}</cputune>" if tune else "", id=id, name=id, policy=policy or None)


@pytest.fixture(autouse=True)
def topology(config: Config) -> None:
    """Eight CPUs; the threads of a core are four apart."""
    folder = config.sys / "devices/system/cpu"
    for cpu in range(8):
        file = folder / f"cpu{cpu}/topology/thread_siblings_list"
        file.parent.mkdir(parents=True)
        file.write_text(f"{cpu % 4},{cpu % 4 + 4}\n")
    (folder / "online").write_text("0-7\n")


def pins(libvirt: FakeLibvirt, id: str = VM) -> dict[str, list[int]]:
    found: dict[str, list[int]] = libvirt.state()["domains"][id].get("pins", {})
    return found


def test_what_the_kernel_tells_of_cpus(host: Host) -> None:
    assert look_at_cpus(host) == Cpus(frozenset(range(8)), {cpu: frozenset({(cpu + 4) % 8}) for cpu in range(8)})


def test_a_real_kernel_has_cpus(libvirt: FakeLibvirt) -> None:
    cpus = look_at_cpus(Host(Config(), libvirt))
    assert all(cpu not in cpus.siblings[cpu] for cpu in cpus.online)


@pytest.mark.parametrize(
    ("text", "cpus"), [("", set()), ("3", {3}), ("0-2,8\n", {0, 1, 2, 8}), ("0-3,^2", {0, 1, 3}), ("0,^0", set())]
)
def test_lists_of_cpus(text: str, cpus: set[int]) -> None:
    assert cpu_set(text) == cpus


def test_the_pool_is_what_no_vm_has_for_itself_with_or_without_the_rest_of_its_cores(ovirt: Any) -> None:
    cpus = Cpus(frozenset(range(24)), {cpu: frozenset({(cpu + 12) % 24}) for cpu in range(24)})
    vms = [
        vm(policy="none", pins="0:2 1:14"),
        vm(policy="manual", pins="0:0 1:1"),
        vm(policy="dedicated", pins="0:12 1:13"),
        vm(policy="isolate-threads", pins="0:4 1:6"),
        vm(policy="siblings", pins="0:8 1:10 2:20"),
    ]
    pool = shared_pool(cpus, map(ovirt.parse, vms))
    assert pool == {0, 1, 2, 3, 5, 7, 9, 11, 14, 15, 17, 19, 21, 23}


def test_a_vm_of_its_own_cpus_takes_them_from_the_others_and_gives_them_back(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, vm(OTHER))
    assert pins(libvirt, OTHER) == {}
    start(host, journal, ovirt, vm(policy="isolate-threads", pins="0:0 1:1"))
    assert pins(libvirt, OTHER) == {"0": [2, 3, 6, 7], "1": [2, 3, 6, 7]}
    assert pins(libvirt) == {}
    release(host, journal, ovirt, VM, force=True)
    assert pins(libvirt, OTHER) == {"0": list(range(8)), "1": list(range(8))}


def test_a_vm_that_starts_later_finds_what_is_left(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, vm(OTHER, "dedicated", "0:0 1:1"))
    start(host, journal, ovirt, vm())
    assert pins(libvirt) == {"0": [2, 3, 4, 5, 6, 7], "1": [2, 3, 4, 5, 6, 7]}
    assert pins(libvirt, OTHER) == {}


def test_what_a_manager_pinned_stays(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    start(host, journal, ovirt, vm(pins="1:1"))
    start(host, journal, ovirt, vm(OTHER, "dedicated", "0:0 1:1"))
    assert pins(libvirt) == {"0": [2, 3, 4, 5, 6, 7]}


@pytest.mark.parametrize(
    ("policy", "pinned", "known"),
    [
        ("", "", ("none", None)),
        ("", "0:3", ("manual", "0")),
        ("dedicated", "0:3", ("dedicated", None)),
        ("manual", "1:3 0:2", ("manual", "0-1")),
    ],
)
def test_the_metadata_keep_what_the_manager_pinned_for_a_live_document_has_pins_of_the_host(
    host: Host, ovirt: Any, policy: str, pinned: str, known: tuple[str, str | None]
) -> None:
    found = ovirt.parse(planned(host, ovirt, vm(policy=policy, pins=pinned)).document)
    assert (found.cpu_policy, found.manually_pinned_cpus) == known


def test_pins_that_came_with_a_vm_from_another_host_become_this_hosts(
    work: Any, libvirt: FakeLibvirt, ovirt: Any
) -> None:
    libvirt.add_domain(vm(policy="none", pins="0:40 1:40"))
    assert CpuPool(id=VM, policy="none").apply(work(vm()), {}) == Outcome.DONE
    assert pins(libvirt) == {"0": list(range(8)), "1": list(range(8))}


def test_twice_is_as_once(work: Any, libvirt: FakeLibvirt) -> None:
    libvirt.add_domain(vm(policy="dedicated", pins="0:0 1:1"))
    libvirt.add_domain(vm(OTHER, "none"))
    at, effect = work(vm()), CpuPool(id=VM, policy="dedicated")
    effect.apply(at, {})
    once = libvirt.state()
    effect.apply(at, {})
    assert libvirt.state() == once
    effect.undo(at, {})
    once = libvirt.state()
    assert pins(libvirt, OTHER)["0"] == list(range(8))
    effect.undo(at, {})
    assert libvirt.state() == once


def test_another_vm_that_cannot_be_pinned_is_no_fault_of_this_one(
    work: Any, libvirt: FakeLibvirt, monkeypatch: pytest.MonkeyPatch
) -> None:
    libvirt.add_domain(vm(policy="dedicated", pins="0:0 1:1"))
    libvirt.add_domain(vm(OTHER, "none"))
    libvirt.add_domain(vm(THIRD, "none"))
    pin = libvirt.pin_vcpu

    def refuse(uuid: str, vcpu: int, cpus: Any) -> None:
        if uuid == OTHER:
            raise HostError("it has just ended")
        pin(uuid, vcpu, cpus)

    monkeypatch.setattr(libvirt, "pin_vcpu", refuse)
    CpuPool(id=VM, policy="dedicated").apply(work(vm()), {})
    assert pins(libvirt, THIRD)["1"] == [2, 3, 4, 5, 6, 7]


def test_L280_cpus_that_libvirt_did_not_give_back_are_given_back_by_the_next_recovery(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, monkeypatch: pytest.MonkeyPatch
) -> None:
    libvirt.add_domain(vm(OTHER))
    start(host, journal, ovirt, vm(policy="dedicated", pins="0:0 1:1"))

    def refuse(uuid: str, vcpu: int, cpus: Any) -> None:
        raise Refused("fake:///: cannot acquire state change lock", 68)

    with monkeypatch.context() as patch:
        patch.setattr(libvirt, "pin_vcpu", refuse)
        with pytest.raises(HostError, match=r"do not get its CPUs: \S+: fake:///: cannot acquire state change lock$"):
            release(host, journal, ovirt, VM, force=True)
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["released"]
    assert pins(libvirt, OTHER)["0"] == list(range(8))
    assert journal.vms() == []


def test_a_vm_for_which_no_cpu_is_left_does_not_start(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    libvirt.add_domain(vm(OTHER, "dedicated", "0:0-3 1:4-7"))
    with pytest.raises(HostError, match="no CPU is left for"):
        start(host, journal, ovirt, vm())
    assert libvirt.domain(VM) is None


def test_libvirt_pins(config: Config, ovirt: Any, journal: Journal, tmp_path: Path) -> None:
    """Its own mock, which knows 16 CPUs; its domain stands for one with all CPUs to share."""
    libvirt = Libvirt("test:///default")
    try:
        (there,) = libvirt.domains()
        document = libvirt.document(there.uuid)
        pinned = document.replace("<os>", '<cputune><vcpupin vcpu="0" cpuset="2"/></cputune><os>', 1)
        work = Work(Host(config, libvirt), ovirt, there.uuid, there.name, document, journal)
        libvirt.destroy(there.uuid)
        libvirt.define(ovirt.update(pinned, _with_policy(ovirt.parse(pinned)), live=True))
        libvirt.start(there.uuid)
        CpuPool(id=there.uuid, policy="none").apply(work, {})
        pins = ovirt.parse(libvirt.document(there.uuid)).cpu_tune.vcpu_pins
        assert pins == {str(vcpu): "0-7" for vcpu in range(len(pins))}
    finally:
        libvirt.close()


def _with_policy(entity: Any) -> Any:
    entity.cpu_policy = "none"
    return entity
