"""In which order the guest tries its devices."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .drives import OTHER, OVIRT, cdrom, disk, only, planned, recalled, reread, vm


def orders(vm: Any) -> tuple[list[int | None], list[int | None]]:
    once = planned(vm, "boot")
    return [one.boot_order for one in once.disks], [one.boot_order for one in once.nics]


def nic(name: str, **fields: Any) -> Any:
    return OVIRT.Nic(name=name, **fields)


FULL = vm(
    disk(boot=True, device="disk"),
    cdrom(),
    disk(device="disk"),
    nics=[nic("nic2"), nic("nic1"), nic("nic0", plugged=False)],
)


def test_the_sequence_decides_and_nics_go_by_name() -> None:
    asked = attrs.evolve(FULL, boot_sequence=["cdrom", "network", "disk"])
    assert orders(asked) == ([4, 1, None], [3, 2, None])


def test_what_stays_for_a_nic_that_leaves_for_migration_has_no_turn_of_its_own() -> None:
    nics = [nic("nic1", teaming="transient"), OVIRT.Nic(teaming="persistent"), nic("nic2")]
    assert orders(vm(nics=nics, boot_sequence=["network"])) == ([], [1, None, 2])


def test_the_only_disk_boots_without_being_made_for_it() -> None:
    assert orders(vm(disk(device="disk"), boot_sequence=["disk"])) == ([1], [])


def test_what_shows_a_snapshot_comes_last() -> None:
    shown = disk(device="disk", boot=True, snapshot_id=OTHER)
    assert orders(vm(shown, disk(device="disk", boot=True), boot_sequence=["disk"])) == ([2, 1], [])


def test_no_guest_boots_from_a_payload() -> None:
    payload = cdrom(payload=OVIRT.Payload())
    assert orders(vm(payload, cdrom(), boot_sequence=["cdrom"])) == ([None, 1], [])


def test_a_known_number_is_kept_and_not_given_again() -> None:
    asked = vm(disk(device="disk", boot=True), cdrom(boot_order=1), boot_sequence=["disk", "cdrom"])
    assert orders(asked) == ([2, 1], [])


def test_without_a_sequence_nothing_is_numbered() -> None:
    assert orders(FULL) == ([None, None, None], [None, None, None])


def test_a_vm_that_boots_by_kinds_has_no_numbers() -> None:
    os = OVIRT.Os(type="hvm", boot_devices=["hd"])
    assert orders(attrs.evolve(FULL, os=os, boot_sequence=["disk"])) == ([None, None, None], [None, None, None])


# --- recall


def sequence(document: Any, known: Any = None) -> list[str]:
    found: list[str] = recalled(document, known, "boot").boot_sequence
    return found


@pytest.mark.parametrize("known", [None, vm(), vm(boot_sequence=["disk"])])
def test_the_order_tells_the_sequence(known: Any) -> None:
    document = attrs.evolve(planned(attrs.evolve(FULL, boot_sequence=["cdrom", "network", "disk"]), "boot"))
    assert sequence(attrs.evolve(document, boot_sequence=[]), known) == ["cdrom", "network", "disk"]


@given(asked=st.lists(st.sampled_from(["disk", "cdrom", "network"]), unique=True))
def test_a_sequence_that_leads_to_the_order_is_kept(asked: list[str]) -> None:
    for devices in (FULL, attrs.evolve(FULL, nics=[]), vm(disk(device="disk"), cdrom()), vm()):
        known = attrs.evolve(devices, boot_sequence=asked)
        assert sequence(attrs.evolve(planned(known, "boot"), boot_sequence=[]), known) == asked


BY_KINDS = OVIRT.Os(type="hvm", boot_devices=["hd"])


@pytest.mark.parametrize(("known", "kept"), [(vm(), []), (None, ["hd"]), (vm(os=BY_KINDS), ["hd"])])
def test_L80_the_boot_device_that_libvirt_adds_stands_in_the_way_of_no_number(known: Any, kept: list[str]) -> None:
    running = vm(disk(device="disk"), os=BY_KINDS)
    found = recalled(running, known, "boot")
    assert found.os.boot_devices == kept
    assert orders(attrs.evolve(found, boot_sequence=["disk"]))[0] == [None if kept else 1]


def test_an_order_that_mixes_kinds_tells_nothing() -> None:
    mixed = vm(disk(device="disk", boot_order=1), cdrom(boot_order=2), disk(device="disk", boot_order=3))
    assert sequence(mixed) == []
    assert sequence(mixed, vm(boot_sequence=["network"])) == ["network"]


@pytest.mark.parametrize(("second", "sequence"), [(None, []), (2, ["cdrom", "disk"])])
def test_L76_an_order_that_leaves_some_of_a_kind_out_tells_no_sequence(second: int | None, sequence: list[str]) -> None:
    asked = vm(cdrom(boot_order=1), cdrom(boot_order=second), disk(device="disk", boot_order=3))
    found = recalled(asked, None, "boot")
    assert found.boot_sequence == sequence
    assert [one.boot_order for one in planned(found, "boot").disks] == [1, second, 3]


def test_L103_a_device_of_the_host_has_a_place_in_the_order() -> None:
    first = OVIRT.Hostdev(source=OVIRT.PciHostdevSource(slot=5), boot_order=1)
    made = planned(vm(cdrom(), boot_sequence=["cdrom"], hostdevs=[first]), "boot")
    assert ([one.boot_order for one in made.hostdevs], only(made).boot_order) == ([1], 2)
    assert [one.boot_order for one in reread(made).hostdevs] == [1]
