"""Huge pages are allocated as a VM needs them, and given back exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from host_prep.config import Config
from host_prep.effects.hugepages import HugePages, asked_size, missing_pages, needed_pages
from host_prep.facts.hugepages import Pages, look_at_page_sizes, look_at_pages, pages_file
from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

SIZES = (2048, 1048576)
ASKS = "<ovirt-vm:custom><ovirt-vm:hugepages>2048</ovirt-vm:hugepages></ovirt-vm:custom>"
NEED = 32  # pages of a VM with 64 MiB


class Kernel(Host):
    """Has room for so many pages of 2048 KiB, and gives no more."""

    room = 100  # pages

    def poke(self, path: Path, text: str) -> None:
        before, total = look_at_pages(self, 2048), min(int(text), self.room)
        has(self, total, before.free + total - before.total)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(root=tmp_path / "host", dynamic_hugepages=True)


@pytest.fixture
def host(config: Config, libvirt: FakeLibvirt) -> Host:
    made = Kernel(config, libvirt)
    for size in SIZES:
        file = pages_file(made, size)
        file.parent.mkdir(parents=True)
        for one in (file, file.with_name("free_hugepages")):
            one.write_text("0\n")
    return made


def has(host: Host, total: int, free: int | None = None) -> None:
    """What the kernel has of 2048 KiB: by an administrator's hand, or used by somebody."""
    file = pages_file(host, 2048)
    file.write_text(f"{total}\n")
    file.with_name("free_hugepages").write_text(f"{total if free is None else free}\n")


def pages(host: Host) -> int:
    return look_at_pages(host, 2048).total


def begin(host: Host, journal: Journal, ovirt: Any, id: str = VM) -> None:
    start(host, journal, ovirt, domain(metadata=ASKS, id=id, name=id))


def end(host: Host, journal: Journal, ovirt: Any, id: str = VM) -> None:
    release(host, journal, ovirt, id, force=True)


# How many


@pytest.mark.parametrize(
    ("asked", "size"), [("1", 2048), ("2048", 2048), ("1048576", 1048576), ("10485760", 2048), ("0", None), ("", None)]
)
def test_a_size_that_the_host_lacks_is_the_default(ovirt: Any, asked: str, size: int | None) -> None:
    vm = ovirt.Vm(name="web", id=VM, custom_properties={"hugepages": asked})
    assert asked_size(vm, SIZES, 2048) == size


@pytest.mark.parametrize(
    ("size", "memory", "count"), [(2048, 1, 1), (2048, 3, 2), (1048576, 1023, 1), (1048576, 1025, 2)]
)
def test_pages_cover_the_memory(ovirt: Any, size: int, memory: int, count: int) -> None:
    assert needed_pages(ovirt.Vm(name="web", id=VM, memory=memory), size) == count


@pytest.mark.parametrize(("defined", "count"), [(True, 2048), (False, 6144)])
def test_nvdimms_are_in_the_memory_that_libvirt_tells_and_need_no_pages(ovirt: Any, defined: bool, count: int) -> None:
    nvdimm = ovirt.MemoryDevice(model="nvdimm", size=8388608)
    assert needed_pages(ovirt.Vm(name="web", id=VM, memory=12288, dimms=[nvdimm]), 2048, defined=defined) == count


@pytest.mark.parametrize(
    ("needed", "total", "free", "reserved", "claimed", "missing"),
    [
        pytest.param(4, 12, 12, 9, 0, 1, id="what is reserved is not taken"),
        pytest.param(4, 8, 4, 4, 4, 4, id="what is free is reserved"),
        pytest.param(4, 16, 4, 12, 0, 0, id="what is used is reserved"),
        pytest.param(0, 4, 4, 0, 0, 0, id="none is needed"),
        pytest.param(4, 4, 4, 0, 0, 0, id="all are there"),
        pytest.param(4, 0, 0, 0, 0, 4, id="none is there"),
        pytest.param(4, 2, 2, 9, 0, 4, id="more are reserved than are there"),
        pytest.param(4, 8, 8, 0, 6, 2, id="others have not used theirs yet"),
    ],
)
def test_what_is_free_not_reserved_and_no_other_vms_need_not_be_allocated(
    needed: int, total: int, free: int, reserved: int, claimed: int, missing: int
) -> None:
    assert missing_pages(needed, Pages(total, free), reserved, claimed) == missing


def test_L242_pages_are_reserved_by_their_size(host: Host, journal: Journal, ovirt: Any, config: Config) -> None:
    has(host, 2 * NEED)
    host.config = attrs.evolve(config, reserved_hugepages={"1048576": NEED})
    begin(host, journal, ovirt)
    assert pages(host) == 2 * NEED
    host.config = attrs.evolve(config, reserved_hugepages={"2048": NEED})
    begin(host, journal, ovirt, OTHER)
    assert pages(host) == 3 * NEED


def test_nothing_is_allocated_where_the_host_does_not(host: Host, ovirt: Any, config: Config) -> None:
    host.config = attrs.evolve(config, dynamic_hugepages=False)
    assert not any(isinstance(one, HugePages) for one in planned(host, ovirt, domain(metadata=ASKS)).effects)


def test_a_host_without_huge_pages_is_told_before_anything_is_done(ovirt: Any, config: Config, tmp_path: Path) -> None:
    bare = Host(attrs.evolve(config, sys=tmp_path / "bare"), FakeLibvirt(tmp_path / "libvirt"))
    with pytest.raises(
        HostError, match=r"^the host has no huge pages of 2048 KiB; it has: none; ask for one of these$"
    ):
        planned(bare, ovirt, domain(metadata=ASKS))


def test_a_real_kernel_tells_its_sizes_and_pages(libvirt: FakeLibvirt) -> None:
    real = Host(Config(), libvirt)
    for size in look_at_page_sizes(real):
        there = look_at_pages(real, size)
        assert there.free <= there.total


# Allocated and given back


def test_pages_are_there_while_the_vm_is(host: Host, journal: Journal, ovirt: Any) -> None:
    has(host, 10, free=3)
    begin(host, journal, ovirt)
    assert pages(host) == 10 + NEED - 3
    end(host, journal, ovirt)
    assert pages(host) == 10


def test_what_one_vm_may_have_is_not_the_next_ones(host: Host, journal: Journal, ovirt: Any) -> None:
    begin(host, journal, ovirt)
    begin(host, journal, ovirt, OTHER)
    assert pages(host) == 2 * NEED
    end(host, journal, ovirt)
    assert pages(host) == NEED
    end(host, journal, ovirt, OTHER)
    assert pages(host) == 0


def test_a_vm_that_nobody_prepared_has_its_pages(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    libvirt.add_domain(domain(metadata=ASKS, id=OTHER, name="other"))
    has(host, NEED)
    begin(host, journal, ovirt)
    assert pages(host) == 2 * NEED


def test_too_few_pages_are_given_back_and_told(host: Host, journal: Journal, ovirt: Any) -> None:
    has(host, 80, free=10)
    with pytest.raises(HostError, match="the kernel gave 20 of 22 huge pages of 2048 KiB"):
        begin(host, journal, ovirt)
    assert pages(host) == 80


@pytest.mark.parametrize(("meanwhile", "left"), [(0, 5), (10, 15), (-10, 0), (-NEED - 5, 0)])
def test_L243_what_is_given_back_is_what_was_taken_and_never_more_than_there_is(
    host: Host, journal: Journal, ovirt: Any, meanwhile: int, left: int
) -> None:
    has(host, 5, free=0)
    begin(host, journal, ovirt)
    has(host, 5 + NEED + meanwhile)
    end(host, journal, ovirt)
    assert pages(host) == left


# Broken off

EFFECT = HugePages(size=2048, pages=NEED, default=2048)


@pytest.mark.parametrize("given", [0, 7, NEED])
def test_what_was_begun_only_is_given_back_as_far_as_it_came(work: Any, host: Host, given: int) -> None:
    has(host, 5, free=0)
    at = work(domain(metadata=ASKS))
    note = EFFECT.look(at)
    has(host, 5 + given)
    EFFECT.undo(at, note)
    assert pages(host) == 5


def test_what_was_begun_and_broken_off_is_done_once(work: Any, host: Host) -> None:
    at = work(domain(metadata=ASKS))
    note = EFFECT.look(at)
    EFFECT.apply(at, dict(note))
    EFFECT.apply(at, note)
    assert pages(host) == NEED


def test_an_undo_that_was_broken_off_gives_back_once(work: Any, host: Host) -> None:
    at = work(domain(metadata=ASKS))
    note = EFFECT.look(at)
    EFFECT.apply(at, note)
    has(host, NEED + 10)
    first = EFFECT.before_undo(at, note)
    EFFECT.undo(at, first)
    EFFECT.undo(at, EFFECT.before_undo(at, first))
    assert pages(host) == 10


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("moment", ["another starts", "another ends"])
def test_L243_pages_of_others_stay_when_a_broken_undo_is_taken_up(
    host: Host, journal: Journal, ovirt: Any, monkeypatch: Any, written: bool, moment: str
) -> None:
    if moment == "another ends":
        begin(host, journal, ovirt, OTHER)
    begin(host, journal, ovirt)
    poke = host.poke

    def broken(path: Path, text: str) -> None:
        if written:
            poke(path, text)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(host, "poke", broken)
        with pytest.raises(KeyboardInterrupt):
            end(host, journal, ovirt)
    begin(host, journal, ovirt, OTHER) if moment == "another starts" else end(host, journal, ovirt, OTHER)
    assert [one.what for one in recover(host, journal, ovirt) if one.vm == VM] == ["released"]
    assert pages(host) == (NEED if moment == "another starts" else 0)
