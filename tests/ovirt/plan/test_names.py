"""Names of drives in the guest: one for each, as the guest's kernel counts, around what is there."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .drives import OVIRT, cdrom, disk, module, planned, vm

drives = module("drives")


@pytest.mark.parametrize(
    ("interface", "index", "name"),
    [
        ("ide", 0, "hda"),
        ("ide", 2, "hdc"),
        ("sata", 3, "sdd"),
        ("scsi", 4, "sde"),
        ("fdc", 5, "fdf"),
        ("virtio", 7, "vdh"),
        ("virtio", 25, "vdz"),
        ("virtio", 26, "vdaa"),
        ("virtio", 701, "vdzz"),
        ("virtio", 702, "vdaaa"),
    ],
)
def test_a_name_is_bus_and_number(interface: str, index: int, name: str) -> None:
    assert drives.named(interface, index) == name


@given(interface=st.sampled_from(["virtio", "scsi", "sata", "ide", "fdc"]), index=st.integers(0, 100000))
def test_a_name_stands_for_its_number(interface: str, index: int) -> None:
    assert drives.number(interface, drives.named(interface, index)) == index


@pytest.mark.parametrize("name", [None, "", "sd", "vda", "sdA", "sd1", "hdc"])
def test_another_name_stands_for_none(name: str | None) -> None:
    assert drives.number("scsi", name) is None


def targets(vm: Any, **contexts: Any) -> list[Any]:
    return [one.target for one in planned(vm, "cdroms", "disks", **contexts).disks]


def test_L40_behind_z_comes_aa() -> None:
    assert targets(vm(*[disk(interface="virtio")] * 28))[25:] == ["vdz", "vdaa", "vdab"]


def test_L40_names_go_around_every_cdrom() -> None:
    media = vm(*[disk(interface="scsi")] * 3, cdrom(), cdrom(), run_once=True, guest_tools_cd_path="/tools.iso")
    assert targets(media) == ["sda", "sdb", "sde", "sdc", "sdd"]


def test_L40_names_go_around_the_payload_and_what_is_known() -> None:
    payload = cdrom(payload=OVIRT.Payload())
    media = vm(*[disk(interface="sata")] * 2, disk(interface="scsi", target="sda"), payload, cdrom())
    assert targets(media) == ["sdd", "sde", "sda", "sdb", "sdc"]


def test_L41_a_disk_of_the_host_on_virtio_shares_the_names_of_virtio_disks() -> None:
    hosts = disk(device="disk", interface="virtio", source=OVIRT.BlockDiskSource(path="/dev/sdd"))
    assert targets(vm(disk(), hosts, disk())) == ["vda", "vdb", "vdc"]


def test_names_follow_boot_place_and_the_names_that_people_gave() -> None:
    placed = OVIRT.PciAddress(domain=0, bus=1, slot=0, function=0)
    ordered = vm(
        disk(name="disk10"),
        disk(name="Disk2"),
        disk(name="zero", address=placed),
        disk(name="shown", boot=True, snapshot_id="1" * 8 + "-0000-4000-8000-000000000000"),
        disk(name="system", boot=True),
    )
    assert targets(ordered) == ["vde", "vdd", "vdc", "vdb", "vda"]


def test_a_disk_that_is_not_plugged_has_no_name() -> None:
    assert targets(vm(disk(plugged=False), disk())) == [None, "vda"]
