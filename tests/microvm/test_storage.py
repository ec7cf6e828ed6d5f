"""Logical volumes of a real LVM are activated, refreshed and deactivated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from host_prep.effect import Busy, Outcome, Work
from host_prep.effects.volume import ActiveVolume
from tests.microvm.machine import Machine
from xform.errors import HostError

MACHINE = Machine(modules=("loop", "dm-mod"), commands=("lvchange", "lvs"))

GROUP = "5af15cf9-9ef5-4f58-b1b6-8a37ed0e5b3a"
VOLUME = ActiveVolume(group=GROUP, name="2a7a3cc1-1b5e-4b8f-a8b8-5e0d1e7b9a10")
MISSING = ActiveVolume(group=GROUP, name="77aa1a59-5b0c-4b7e-a9a3-06a1f0b6b1d5")
DEVICE = Path("/dev", GROUP, VOLUME.name)
SIZE = 32 << 20


@pytest.fixture
def work(work: Work, tmp_path: Path) -> Iterator[Work]:
    """A storage domain with one volume, which is not active."""
    host, disk = work.host, tmp_path / "disk"
    with open(disk, "wb") as file:
        file.truncate(4 * SIZE)
    device = host.run("losetup", "--find", "--show", disk).decode().strip()
    host.config = evolve(host.config, lvm_devices=(device,))
    host.run("lvm", "vgcreate", GROUP, device)
    host.run("lvm", "lvcreate", "-an", "-Zn", "-Wn", "-n", VOLUME.name, "-L", f"{SIZE}b", GROUP)
    yield work
    host.run("lvm", "vgchange", "--available", "n", GROUP)
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
    work.host.run("lvm", "lvextend", "--driverloaded", "n", "-L", f"{2 * SIZE}b", f"{GROUP}/{VOLUME.name}")
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
    with open(DEVICE, "rb"), pytest.raises(Busy, match=f"^the logical volume {GROUP}/{VOLUME.name} is in use; end "):
        VOLUME.undo(work, {})
    assert DEVICE.exists()
    assert VOLUME.undo(work, {}) is Outcome.DONE


def test_a_volume_that_is_not_there_is_told_in_one_line(work: Work) -> None:
    with pytest.raises(HostError, match=f"^there is no logical volume {GROUP}/{MISSING.name}; expected one .*$"):
        MISSING.apply(work, {})
    assert MISSING.undo(work, {}) is Outcome.ALREADY
