"""What happens to a running VM changes its live document where it must, and nowhere else."""

import difflib
from collections.abc import Callable
from typing import Any

import pytest

from .material import OVIRT, corpus

NEW = "5d0f6a1c-2b3e-4f70-8a91-b2c3d4e5f607"
POOL = "0f6c1c9e-3c58-4a8f-8a52-0c2a5c0f6f01"


@pytest.fixture
def live() -> str:
    """The document of a running VM as libvirt dumped it."""
    return (corpus("live") / "01-q35-engine-baseline" / "live.xml").read_text(encoding="utf-8")


def changed(live: str, change: Callable[[Any], None]) -> list[str]:
    """The lines that go and come when an entity of a document is changed."""
    vm = OVIRT.parse(live)
    change(vm)
    after = OVIRT.update(live, vm)
    assert OVIRT.parse(after) == vm
    assert OVIRT.update(after, OVIRT.parse(after)) == after
    lines = difflib.ndiff(live.splitlines(), after.splitlines())
    return [line[0] + line[1:].strip() for line in lines if line[0] in "+-"]


def test_a_cable_that_is_pulled_changes_one_line(live: str) -> None:
    def pull(vm: Any) -> None:
        vm.nics[0].linked = False

    assert changed(live, pull) == ["-<link state='up'/>", "+<link state='down'/>"]


def test_a_medium_that_is_changed_changes_one_line(live: str) -> None:
    def insert(vm: Any) -> None:
        drive = next(disk for disk in vm.disks if disk.device == "cdrom")
        drive.source = OVIRT.FileDiskSource(path="/iso/other.iso")

    lines = changed(live, insert)
    assert lines[-1].startswith("+<source file='/iso/other.iso'")
    assert len(lines) <= 2


def test_memory_that_grows_changes_one_line(live: str) -> None:
    def grow(vm: Any) -> None:
        vm.current_memory += 64

    before = OVIRT.parse(live).current_memory
    assert changed(live, grow) == [
        f"-<currentMemory unit='KiB'>{before * 1024}</currentMemory>",
        f"+<currentMemory unit='KiB'>{(before + 64) * 1024}</currentMemory>",
    ]


def test_a_disk_that_is_added_changes_nothing_of_the_others(live: str) -> None:
    def add(vm: Any) -> None:
        source = OVIRT.FileDiskSource(path="/images/new")
        vm.disks.append(
            OVIRT.Disk(
                id=NEW, device="disk", interface="virtio", target="vdz", source=source, pool_id=POOL, image_id=NEW
            )
        )

    assert sorted(changed(live, add)) == [
        "+</disk>",
        "+</ovirt-vm:device>",
        "+<alias name='ua-5d0f6a1c-2b3e-4f70-8a91-b2c3d4e5f607'/>",
        "+<disk device='disk' type='file'>",
        "+<ovirt-vm:device devtype='disk' name='vdz'>",
        "+<ovirt-vm:imageID>5d0f6a1c-2b3e-4f70-8a91-b2c3d4e5f607</ovirt-vm:imageID>",
        "+<ovirt-vm:poolID>0f6c1c9e-3c58-4a8f-8a52-0c2a5c0f6f01</ovirt-vm:poolID>",
        "+<source file='/images/new'/>",
        "+<target dev='vdz' bus='virtio'/>",
    ]


def test_a_disk_that_is_taken_out_leaves_the_others(live: str) -> None:
    def remove(vm: Any) -> None:
        del vm.disks[0]

    assert {line[0] for line in changed(live, remove)} == {"-"}
