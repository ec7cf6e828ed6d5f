"""Drives with removable media."""

from typing import Any

import pytest
from attrs import evolve

from .drives import (
    DOMAIN,
    IMAGE,
    OVIRT,
    POOL,
    VOLUME,
    Host,
    OsInfo,
    cdrom,
    disk,
    image,
    planned,
    problems,
    recalled,
    vm,
)

BLOCK = f"/rhev/data-center/mnt/blockSD/{DOMAIN}/images/{IMAGE}/{VOLUME}"
NO_LABEL = [OVIRT.DeviceSeclabel(model="dac", relabel=False)]


def drives(vm: Any, **contexts: Any) -> list[Any]:
    return planned(vm, "cdroms", **contexts).disks


def where(vm: Any, **contexts: Any) -> list[tuple[str, str]]:
    return [(one.interface, one.target) for one in drives(vm, **contexts)]


@pytest.mark.parametrize(
    ("machine", "arch", "os", "bus"),
    [
        ("pc-i440fx-rhel7.6.0", "x86_64", "linux", "ide"),
        ("pc", "x86_64", None, "ide"),
        ("pc-q35-rhel8.6.0", "x86_64", "linux", "sata"),
        ("pseries-rhel8.6.0", "ppc64le", "ppc64le", "scsi"),
        ("pseries", "ppc64le", None, "scsi"),
        ("s390-ccw-virtio", "s390x", None, "scsi"),
    ],
)
def test_the_bus_is_the_chipsets(machine: str, arch: str, os: str | None, bus: str) -> None:
    (found,) = drives(vm(cdrom(), machine=machine, guest_os=os), arch=arch)
    assert found.interface == bus


def test_the_machine_is_the_clusters_where_the_vm_has_none() -> None:
    (found,) = drives(vm(cdrom(), machine=None), emulated_machine="pc-i440fx-rhel7.6.0")
    assert found.interface == "ide"


def test_the_guest_may_ask_for_another_bus() -> None:
    (found,) = drives(vm(cdrom()), os=OsInfo(q35_cd_interface="ide"))
    assert (found.interface, found.target) == ("ide", "hdc")


PAYLOAD = OVIRT.Payload(volume_id="config-2")


@pytest.mark.parametrize(("machine", "payload", "first"), [("pc", "hdd", "hdc"), ("q35", "sdb", "sdc")])
def test_a_payload_has_a_place_beside_that_of_the_cdrom(machine: str, payload: str, first: str) -> None:
    (one, two) = drives(vm(cdrom(), cdrom(payload=PAYLOAD), machine=machine))
    assert (one.target, two.target) == (first, payload)


def test_ide_has_four_places() -> None:
    full = vm(*[cdrom()] * 3, cdrom(payload=PAYLOAD), machine="pc")
    assert {one.target for one in drives(full)} == {"hda", "hdb", "hdc", "hdd"}


def test_L47_every_cdrom_is_there_with_or_without_a_medium() -> None:
    found = drives(vm(cdrom(), cdrom(), cdrom(), cd_path="/iso/a.iso"))
    assert [one.source.path for one in found] == ["/iso/a.iso", None, None]
    assert [one.target for one in found] == ["sdc", "sdd", "sde"]


def test_what_a_cdrom_is() -> None:
    (found,) = drives(vm(cdrom(), cd_path="/iso/a.iso"))
    assert found == OVIRT.Disk(
        device="cdrom",
        interface="sata",
        target="sdc",
        snapshot="no",
        driver="qemu",
        format="raw",
        error_policy="report",
        read_only=True,
        source=OVIRT.FileDiskSource(path="/iso/a.iso", startup_policy="optional", seclabels=NO_LABEL),
    )


def test_what_a_floppy_is() -> None:
    (found,) = drives(vm(disk(device="floppy"), floppy_path="/floppy.img"))
    assert (found.interface, found.target, found.read_only, found.error_policy) == ("fdc", "fda", True, None)
    assert found.source == OVIRT.FileDiskSource(path="/floppy.img", startup_policy="optional", seclabels=NO_LABEL)


def test_the_media_of_one_run_get_drives() -> None:
    once = vm(cdrom(), run_once=True, guest_tools_cd_path="/tools.iso", floppy_path="/floppy.img")
    assert [(one.device, one.source.path) for one in drives(once)] == [
        ("cdrom", None),
        ("cdrom", "/tools.iso"),
        ("floppy", "/floppy.img"),
    ]


def test_guest_tools_are_for_one_run() -> None:
    (found,) = drives(vm(cdrom(), guest_tools_cd_path="/tools.iso"))
    assert found.source.path is None


def test_a_volume_of_a_block_domain_is_a_device_and_has_its_ids() -> None:
    found = drives(vm(cdrom(), image(), cd_path=BLOCK))[0]
    assert found.source == OVIRT.BlockDiskSource(path=BLOCK, seclabels=NO_LABEL)
    assert (found.pool_id, found.domain_id, found.image_id, found.volume_id) == (POOL, DOMAIN, IMAGE, VOLUME)


def test_the_folder_of_block_domains_is_the_hosts() -> None:
    path = BLOCK.replace("/rhev/data-center", "/storage")
    (found,) = drives(vm(cdrom(), cd_path=path), host=Host(images="/storage"))
    assert isinstance(found.source, OVIRT.BlockDiskSource)


def test_an_image_may_be_in_a_cdrom() -> None:
    (found,) = drives(vm(image(device="cdrom")))
    assert found.source.path == f"/rhev/data-center/{POOL}/{DOMAIN}/images/{IMAGE}/{VOLUME}"
    assert found.source.startup_policy == "optional"


@pytest.mark.parametrize("device", ["cdrom", "floppy"])
def test_L53_a_payloads_drive_is_empty_until_the_host_fills_it(device: str) -> None:
    once = planned(vm(disk(device=device, payload=PAYLOAD), cd_path="/a.iso", floppy_path="/b.img"))
    assert once.disks[0].source == OVIRT.FileDiskSource(startup_policy="optional", seclabels=NO_LABEL)
    assert [one.source.path for one in once.disks[1:]] == ["/a.iso", "/b.img"]
    assert problems(once) == []


@pytest.mark.parametrize("fields", [{}, {"payload": PAYLOAD}])
def test_L83_an_empty_drive_whose_label_libvirt_dropped_has_it_again(fields: Any) -> None:
    (first,) = drives(vm(cdrom(**fields)))
    dumped = evolve(first, source=OVIRT.FileDiskSource(startup_policy="optional"))
    assert drives(vm(dumped)) == [first]


# --- recall


def test_what_is_in_the_drives_is_found_again() -> None:
    asked = vm(cdrom(), run_once=True, cd_path="/a.iso", guest_tools_cd_path="/tools.iso", floppy_path="/b.img")
    found = recalled(vm(*planned(asked, "cdroms").disks), asked, "cdroms")
    assert (found.cd_path, found.guest_tools_cd_path, found.floppy_path) == ("/a.iso", "/tools.iso", "/b.img")


def test_another_medium_is_the_one_that_is_known_from_now_on() -> None:
    known = vm(cdrom(target="sdc"), cd_path="/a.iso")
    changed = vm(cdrom(target="sdc", source=OVIRT.FileDiskSource(path="/b.iso")))
    assert recalled(changed, known, "cdroms").cd_path == "/b.iso"
    assert recalled(vm(cdrom(target="sdc", source=OVIRT.FileDiskSource())), known, "cdroms").cd_path is None


def test_an_image_in_a_cdrom_is_no_path_of_the_managers() -> None:
    asked = vm(image(device="cdrom"))
    assert recalled(planned(asked, "cdroms"), asked, "cdroms").cd_path is None


def test_a_medium_of_the_drives_own_is_none_of_the_vms() -> None:
    asked = vm(cdrom(source=OVIRT.FileDiskSource(path="/own.iso"), target="sdc"))
    assert recalled(planned(asked, "cdroms"), asked, "cdroms").cd_path is None


def test_a_payload_that_the_host_has_prepared_is_no_medium_of_the_vms() -> None:
    prepared = cdrom(target="sdb", prepared_payload=PAYLOAD, source=OVIRT.FileDiskSource(path="/run/payload.img"))
    asked = vm(prepared, cdrom(target="sdc"), cd_path="/a.iso", boot_sequence=["cdrom"])
    once = planned(asked)
    assert [one.source.path for one in once.disks] == ["/run/payload.img", "/a.iso"]
    assert [one.boot_order for one in once.disks] == [None, 1]
    assert recalled(once, None, "cdroms").cd_path == "/a.iso"


def test_without_a_drive_the_medium_is_taken_over() -> None:
    assert recalled(vm(), vm(cd_path="/a.iso"), "cdroms").cd_path == "/a.iso"
