"""All steps for drives together: laws that hold for every VM."""

from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ovirt.test_plan import changed

from .drives import (
    ARCHES,
    AUTH,
    CEPH,
    DOMAIN,
    LEVELS,
    MANAGED,
    OTHER,
    OVIRT,
    VM,
    DiskProfile,
    StorageDomain,
    StorageQos,
    cdrom,
    disk,
    drawn_arches,
    drawn_drives,
    drawn_vms,
    image,
    planned,
    problems,
    recalled,
    reread,
    vm,
)


@given(vm=drawn_drives, arch=drawn_arches)
def test_a_plan_is_its_own_plan(vm: Any, arch: str) -> None:
    once = planned(vm, arch=arch)
    assert planned(once, arch=arch) == once


@given(vm=drawn_vms, arch=drawn_arches)
def test_of_any_vm_what_is_known_is_kept_and_planned_once(vm: Any, arch: str) -> None:
    once = planned(attrs.evolve(vm, cluster_version="4.8", guest_os=None), arch=arch)
    assert list(changed(attrs.evolve(vm, cluster_version="4.8", guest_os=None), once)) == []
    assert planned(once, arch=arch) == once


@given(vm=drawn_drives, arch=drawn_arches)
def test_what_is_known_is_kept_where_it_stands(vm: Any, arch: str) -> None:
    assert list(changed(vm, planned(vm, arch=arch))) == []


@given(vm=drawn_drives, arch=drawn_arches)
def test_names_are_unique(vm: Any, arch: str) -> None:
    assert new_twice([one.target for one in vm.disks if one.plugged], [one.target for one in inside(vm, arch)]) == []


@given(vm=drawn_drives, arch=drawn_arches)
def test_places_on_the_bus_are_unique(vm: Any, arch: str) -> None:
    before = [place(one) for one in vm.disks if one.plugged]
    assert new_twice(before, [place(one) for one in inside(vm, arch) if one.interface == "scsi"]) == []


@given(vm=drawn_drives, arch=drawn_arches)
def test_boot_orders_are_unique(vm: Any, arch: str) -> None:
    before = [one.boot_order for one in vm.disks]
    assert new_twice(before, [one.boot_order for one in planned(vm, arch=arch).disks]) == []


@given(vm=drawn_drives, arch=drawn_arches)
def test_what_is_not_plugged_is_left_alone(vm: Any, arch: str) -> None:
    kept = planned(vm, arch=arch).disks
    assert [kept[number] for number, one in enumerate(vm.disks) if not one.plugged] == [
        one for one in vm.disks if not one.plugged
    ]


@given(vm=drawn_drives, arch=drawn_arches, interface=st.sampled_from(["virtio", "scsi", "sata"]))
def test_a_disk_that_is_plugged_in_moves_no_other(vm: Any, arch: str, interface: str) -> None:
    once = planned(vm, arch=arch)
    more = planned(attrs.evolve(once, disks=[*once.disks, disk(interface=interface, name="a", boot=True)]), arch=arch)
    assert more.disks[:-1] == once.disks
    assert more.disks[-1].target not in [one.target for one in once.disks if one.plugged]


@given(vm=drawn_vms, arch=drawn_arches)
def test_recall_changes_nothing_that_a_document_holds(vm: Any, arch: str) -> None:
    vm = attrs.evolve(vm, cluster_version="4.8", guest_os=None)
    assert recalled(vm, None, arch=arch) == vm
    assert recalled(vm, vm, arch=arch) == vm


@given(vm=drawn_drives, arch=drawn_arches)
def test_what_is_recalled_is_planned_to_the_same(vm: Any, arch: str) -> None:
    unnumbered = attrs.evolve(vm, disks=[attrs.evolve(one, boot_order=None) for one in vm.disks])
    once = planned(unnumbered, arch=arch)
    assert planned(recalled(once, once, arch=arch), arch=arch) == once


def inside(vm: Any, arch: str) -> list[Any]:
    return [one for one in planned(vm, arch=arch).disks if one.plugged]


def place(one: Any) -> tuple[int, ...] | None:
    return attrs.astuple(one.address) if one.address is not None else None


def new_twice(before: list[Any], after: list[Any]) -> list[Any]:
    """What is there several times, and was not before."""
    again = Counter(after) - Counter(value for value in before)
    return [value for value, times in again.items() if value is not None and times + (value in before) > 1]


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("origin", ["ovirt", "hosted_engine"])
def test_the_document_is_valid_and_comes_back(arch: str, level: str, origin: str) -> None:
    payload = OVIRT.Payload(volume_id="config-2", files={"meta": b"x"})
    drives = [
        image(name="system", boot=True, interface="virtio", format="qcow2"),
        image(name="data", interface="scsi", image_id=OTHER, volume_id=OTHER, pass_discard=level < "4.8"),
        disk(device="lun", guid="3600", scsi_reservation=True),
        MANAGED,
        attrs.evolve(MANAGED, connection_driver="rbd"),
        disk(source=CEPH, auth=AUTH),
        image(image_id=VM, volume_id=VM, domain_id=OTHER, disk_profile_id=OTHER),
        cdrom(),
        cdrom(payload=payload),
        disk(device="floppy"),
    ]
    asked = vm(*drives, cd_path="/iso/a.iso", boot_sequence=["cdrom", "disk"], iothreads=2, origin=origin)
    asked = attrs.evolve(asked, lease_storage_domain_id=DOMAIN, lease_path="/leases", lease_offset=1048576)
    gluster = StorageDomain(id=OTHER, kind="glusterfs", connection="server:/volume")
    profile = DiskProfile(id=OTHER, qos=StorageQos(max_iops=1000))
    contexts = {"storage_domains": (gluster,), "libgfapi": True, "disk_profiles": (profile,)}
    once = planned(asked, arch=arch, level=level, **contexts)
    assert problems(once) == []
    assert reread(once) == once


def test_what_later_versions_of_libvirt_know_is_valid_there() -> None:
    once = planned(vm(image(format="qcow2", pass_discard=True)))
    assert once.disks[0].discard_no_unref
    assert problems(once, "libvirt-11.3.0") == []


def test_L51_drives_for_one_run_are_found_again() -> None:
    asked = vm(cdrom(payload=OVIRT.Payload()), run_once=True, guest_tools_cd_path="/tools.iso", floppy_path="/f.img")
    once = OVIRT.plan(planned(asked))
    matching = OVIRT.match(OVIRT.generate(once), once)
    assert [pair.known.id for pair in matching.pairs if pair.kind == "disks"] == [one.id for one in once.disks]
    assert len({one.id for one in once.disks}) == 4
    assert matching.new == []
