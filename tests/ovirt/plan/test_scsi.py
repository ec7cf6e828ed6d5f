"""Places on SCSI buses."""

from typing import Any

import pytest

from .drives import OVIRT, cdrom, disk, image, planned, recalled, vm


def places(vm: Any, **contexts: Any) -> list[tuple[int, int] | None]:
    return [
        (one.address.controller, one.address.unit) if one.address is not None else None
        for one in planned(vm, "cdroms", "disks", "scsi", **contexts).disks
    ]


def scsi(number: int = 1, **fields: Any) -> list[Any]:
    return [disk(interface="scsi", **fields)] * number


def at(controller: int, unit: int) -> Any:
    return OVIRT.DriveAddress(controller=controller, bus=0, target=0, unit=unit)


def test_what_the_guest_boots_from_is_first() -> None:
    lun = disk(interface="scsi", guid="3600", storage_type="lun")
    assert places(vm(lun, image(interface="scsi", boot=True), iothreads=1)) == [(0, 1), (0, 0)]


def test_a_place_is_whole() -> None:
    assert planned(vm(*scsi()), "disks", "scsi").disks[0].address == at(0, 0)


def test_a_known_place_is_kept_and_not_given_again() -> None:
    assert places(vm(*scsi(), *scsi(address=at(0, 0)), *scsi())) == [(0, 1), (0, 0), (0, 2)]


def test_a_place_that_a_device_of_the_host_has_is_not_given_again() -> None:
    hostdev = OVIRT.Hostdev(source=OVIRT.ScsiHostdevSource(), address=at(0, 0))
    assert places(vm(*scsi(), hostdevs=[hostdev])) == [(0, 1)]


@pytest.mark.parametrize(("arch", "first"), [("x86_64", 0), ("s390x", 0), ("ppc64le", 1)])
def test_the_first_virtio_controller_stands_behind_the_machines_own(arch: str, first: int) -> None:
    assert places(vm(*scsi()), arch=arch) == [(first, 0)]


def test_disks_take_turns_at_the_controllers_of_io_threads() -> None:
    assert places(vm(*scsi(5), iothreads=2)) == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)]
    assert places(vm(*scsi(3), iothreads=2), arch="ppc64le") == [(1, 0), (2, 0), (1, 1)]


def test_L100_the_controller_with_the_fewest_disks_gets_the_next() -> None:
    assert places(vm(*scsi(address=at(0, 0)), *scsi(address=at(0, 1)), *scsi(3), iothreads=2)) == [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (0, 2),
    ]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_L49_no_disk_is_behind_the_controller_of_the_last_io_thread(threads: int) -> None:
    plugged = planned(vm(*scsi(4), iothreads=threads), "disks", "scsi")
    plugged.disks.append(disk(interface="scsi"))
    for one in planned(plugged, "disks", "scsi").disks:
        assert one.address.controller < threads


def test_controllers_that_are_there_are_the_ones() -> None:
    controllers = [
        OVIRT.Controller(type="scsi", index=0, model="lsilogic"),
        OVIRT.Controller(type="scsi", index=3, model="virtio-scsi"),
        OVIRT.Controller(type="scsi", index=5, model="virtio-transitional"),
        OVIRT.Controller(type="usb", index=0),
    ]
    assert places(vm(*scsi(3), controllers=controllers, iothreads=1)) == [(3, 0), (5, 0), (3, 1)]


def test_the_bus_of_pseries_leaves_room_for_its_cdroms() -> None:
    spapr = scsi(2, scsi_kind="spapr_vscsi")
    assert places(vm(*spapr, machine="pseries"), arch="ppc64le") == [(0, 3), (0, 4)]
    own = OVIRT.Controller(type="scsi", index=1, address=OVIRT.SpaprVioAddress())
    assert places(vm(*spapr, machine="pseries", controllers=[own]), arch="ppc64le") == [(1, 2), (1, 3)]


@pytest.mark.parametrize("arch", ["ppc64le", "s390x"])
def test_a_cdrom_has_the_unit_that_its_name_stands_for(arch: str) -> None:
    media = vm(cdrom(payload=OVIRT.Payload()), cdrom(), cdrom())
    assert places(media, arch=arch) == [(0, 1), (0, 2), (0, 3)]


def test_disks_go_around_cdroms_on_the_same_controller() -> None:
    assert places(vm(*scsi(3), cdrom()), arch="s390x") == [(0, 0), (0, 1), (0, 3), (0, 2)]


def test_other_buses_are_left_to_libvirt() -> None:
    assert places(vm(disk(interface="virtio"), disk(interface="sata"), cdrom())) == [None, None, None]


# --- recall


VIRTIO = OVIRT.Controller(type="scsi", index=1, model="virtio-scsi")
SPAPR = OVIRT.Controller(type="scsi", index=0, address=OVIRT.SpaprVioAddress(reg=0x2000))


def kinds(vm: Any, known: Any = None) -> list[str | None]:
    return [one.scsi_kind for one in recalled(vm, known, "scsi", arch="ppc64le").disks]


def test_L48_the_controller_that_an_address_names_tells_the_kind_of_bus() -> None:
    placed = [disk(interface="scsi", address=at(1, 0)), disk(interface="scsi", address=at(0, 3))]
    assert kinds(vm(*placed, controllers=[SPAPR, VIRTIO])) == ["virtio_scsi", "spapr_vscsi"]


def test_L48_the_controller_overrules_what_was_known() -> None:
    placed = disk(interface="scsi", target="sda", address=at(0, 3))
    known = disk(interface="scsi", target="sda", scsi_kind="virtio_scsi")
    assert kinds(vm(placed, controllers=[SPAPR]), vm(known)) == ["spapr_vscsi"]


def test_without_an_address_the_kind_is_taken_over() -> None:
    known = disk(interface="scsi", target="sda", scsi_kind="spapr_vscsi")
    assert kinds(vm(disk(interface="scsi", target="sda"), controllers=[SPAPR, VIRTIO]), vm(known)) == ["spapr_vscsi"]
    assert kinds(vm(disk(interface="scsi", target="sda"), controllers=[SPAPR, VIRTIO])) == [None]


@pytest.mark.parametrize("model", ["virtio-scsi", "virtio-transitional", "virtio-non-transitional"])
def test_every_virtio_model_is_virtio(model: str) -> None:
    controller = OVIRT.Controller(type="scsi", index=0, model=model)
    assert kinds(vm(disk(interface="scsi", address=at(0, 0)), controllers=[controller])) == ["virtio_scsi"]
