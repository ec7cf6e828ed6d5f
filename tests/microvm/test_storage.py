"""Logical volumes of a real LVM are activated, refreshed and deactivated, alone and for VMs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import xform
from host_prep.effect import Outcome, Work
from host_prep.effects.volume import ActiveVolume
from host_prep.facts.images import BLANK
from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.start import release, start
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.storage import DOMAIN, IMAGE, LEAF, ImageDisk
from tests.microvm.machine import Machine
from xform.errors import HostError

MACHINE = Machine(modules=("loop", "dm-mod"), commands=("lvchange", "lvs"))

VOLUME = ActiveVolume(group=DOMAIN, name=LEAF)
MISSING = ActiveVolume(group=DOMAIN, name="77aa1a59-5b0c-4b7e-a9a3-06a1f0b6b1d5")
DEVICE = Path("/dev", DOMAIN, LEAF)
SIZE = 32 << 20


@pytest.fixture
def work(work: Work, tmp_path: Path) -> Iterator[Work]:
    """A storage domain with one volume, which is not active."""
    host, disk = work.host, tmp_path / "disk"
    with open(disk, "wb") as file:
        file.truncate(4 * SIZE)
    device = host.run("losetup", "--find", "--show", disk).decode().strip()
    host.config = evolve(host.config, lvm_devices=(device,))
    host.run("lvm", "vgcreate", DOMAIN, device)
    tags = [word for tag in (f"IU_{IMAGE}", f"PU_{BLANK}", "MD_4") for word in ("--addtag", tag)]
    host.run("lvm", "lvcreate", "-an", "-Zn", "-Wn", *tags, "-n", LEAF, "-L", f"{SIZE}b", DOMAIN)
    yield work
    host.run("lvm", "vgchange", "--available", "n", DOMAIN)
    host.run("losetup", "--detach", device)


def size() -> int:
    with open(DEVICE, "rb") as device:
        return device.seek(0, os.SEEK_END)


def test_a_volume_is_activated_and_has_its_device(work: Work) -> None:
    assert VOLUME.look(work) == {"found": False}
    assert not DEVICE.exists()
    assert VOLUME.apply(work, {"found": False}) is Outcome.DONE
    DEVICE.write_bytes(b"written by a guest")
    assert size() == SIZE


def test_an_active_volume_is_found_so_and_left_so(work: Work) -> None:
    VOLUME.apply(work, {})
    assert VOLUME.look(work) == {"found": True}
    assert VOLUME.apply(work, {"found": True}) is Outcome.ALREADY
    assert DEVICE.exists()


def test_L228_an_active_volume_gets_the_size_that_another_host_gave_it(work: Work) -> None:
    VOLUME.apply(work, {})
    # what another host writes, this one's kernel does not hear of
    work.host.run("lvm", "lvextend", "--driverloaded", "n", "-L", f"{2 * SIZE}b", f"{DOMAIN}/{LEAF}")
    assert size() == SIZE
    VOLUME.apply(work, {"found": True})
    assert size() == 2 * SIZE


def test_a_volume_is_deactivated_and_twice_is_no_fault(work: Work) -> None:
    VOLUME.apply(work, {})
    assert VOLUME.undo(work, {}) is Outcome.DONE
    assert not DEVICE.exists()
    assert VOLUME.undo(work, {}) is Outcome.ALREADY


def test_a_volume_that_was_never_activated_is_undone(work: Work) -> None:
    assert VOLUME.undo(work, {}) is Outcome.ALREADY


def test_a_volume_that_somebody_has_open_is_busy_until_it_is_closed(work: Work) -> None:
    VOLUME.apply(work, {})
    with open(DEVICE, "rb"), pytest.raises(HostError, match=f"^the logical volume {DOMAIN}/{LEAF} is in use; end "):
        VOLUME.undo(work, {})
    assert DEVICE.exists()
    assert VOLUME.undo(work, {}) is Outcome.DONE


def test_a_volume_that_is_not_there_is_told_in_one_line(work: Work) -> None:
    with pytest.raises(HostError, match=f"^there is no logical volume {DOMAIN}/{MISSING.name}; expected one .*$"):
        MISSING.apply(work, {})
    assert MISSING.undo(work, {}) is Outcome.ALREADY


@pytest.fixture
def journal(work: Work) -> Iterator[Journal]:
    opened = Journal(work.host.config.state)
    yield opened
    opened.close()


def test_a_volume_is_active_while_vms_use_it_or_anybody_has_it_open(work: Work, journal: Journal) -> None:
    host, disk, ovirt = work.host, ImageDisk(), xform.load("ovirt")
    for id, name in ((VM, "web"), (OTHER, "mail")):
        start(host, journal, ovirt, domain(disk.element(), disk.metadata(), id=id, name=name))
        assert disk_of(ovirt.parse(host.libvirt.document(id))).samefile(DEVICE)

    host.libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert DEVICE.exists()

    host.libvirt.destroy(OTHER)
    with open(DEVICE, "rb"), pytest.raises(HostError, match=r"^mail: not undone: .* is in use; end what has it open$"):
        release(host, journal, ovirt, OTHER)
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["released"]
    assert not DEVICE.exists()
    assert journal.vms() == []


def disk_of(vm: Any) -> Path:
    (disk,) = vm.disks
    return Path(disk.source.path)
