"""What the manager knows of a disk, found again from its document."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .drives import (
    CEPH,
    LUN,
    MANAGED,
    OTHER,
    OVIRT,
    VM,
    Cluster,
    Config,
    DiskProfile,
    StorageQos,
    disk,
    image,
    only,
    planned,
    recalled,
    vm,
)


def found_again(disk: Any, known: Any = None, **contexts: Any) -> Any:
    """The disk as it is recalled from its document alone, or with what was known of it."""
    once = planned(vm(disk), **contexts)
    document = OVIRT.parse(OVIRT.generate(once))
    return only(recalled(document, vm(known) if known is not None else None, **contexts))


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (image(), "image"),
        (disk(guid=LUN), "lun"),
        (MANAGED, "managed_block"),
        (disk(source=CEPH), "cinder"),
        (disk(source=OVIRT.FileDiskSource(path="/x")), None),
    ],
)
def test_the_document_tells_the_kind_of_storage(made: Any, kind: str | None) -> None:
    assert found_again(made).storage_type == kind


@pytest.mark.parametrize("field", ["pass_discard", "propagate_errors", "scsi_reservation", "scsi_passthrough"])
@pytest.mark.parametrize("asked", [None, False, True])
@pytest.mark.parametrize("known", [None, False, True])
def test_a_switch_is_found_by_what_it_does(field: str, asked: bool | None, known: bool | None) -> None:
    made = disk(guid=LUN, target="sda", interface="scsi")
    found = getattr(found_again(attrs.evolve(made, **{field: asked}), attrs.evolve(made, **{field: known})), field)
    assert bool(found) is bool(asked)
    assert found is not None or known is None


def test_what_the_configuration_decides_for_all_tells_nothing_of_one() -> None:
    made = disk(guid=LUN, target="vda")
    forced = Config(propagate_disk_errors=True, scsi_reservation=False)
    known = attrs.evolve(made, propagate_errors=False, scsi_reservation=True)
    found = found_again(made, known, config=forced)
    assert (found.propagate_errors, found.scsi_reservation) == (False, True)


def test_a_hosted_engine_stops_at_errors_whatever_is_asked() -> None:
    known = vm(image(target="vda", propagate_errors=True))
    found = recalled(vm(image(target="vda", error_policy="stop"), origin="hosted_engine"), known)
    assert only(found).propagate_errors is True


A, B, C = (f"{digit * 8}-0000-4000-8000-00000000000f" for digit in "abc")
PROFILES = (
    DiskProfile(id=A, qos=StorageQos(max_iops=10)),
    DiskProfile(id=B, qos=StorageQos(max_iops=20)),
    DiskProfile(id=C, qos=StorageQos(max_iops=20)),
    DiskProfile(id=OTHER),
)


@pytest.mark.parametrize(
    ("real", "known", "found"),
    [
        (A, None, A),
        (A, A, A),
        (A, C, A),
        (B, C, C),
        (B, None, None),
        (B, A, A),
        (OTHER, OTHER, OTHER),
        (None, VM, VM),
    ],
)
def test_a_profile_is_found_by_its_limits_where_no_other_has_them(real: Any, known: Any, found: Any) -> None:
    made = image(disk_profile_id=real)
    recalled = found_again(made, image(id=None, target="vda", disk_profile_id=known), disk_profiles=PROFILES)
    assert recalled.disk_profile_id == found


def test_limits_of_zero_are_none() -> None:
    made = image(iotune=OVIRT.IOTune(total_iops_sec=10, total_bytes_sec=0, read_bytes_sec=0), device="disk")
    assert only(recalled(vm(made), None, disk_profiles=PROFILES)).disk_profile_id == A


@pytest.mark.parametrize("driver", ["block", "rbd"])
@pytest.mark.parametrize("level", ["4.6", "4.8"])
def test_a_managed_disk_is_found_with_its_paths(driver: str, level: str) -> None:
    made = attrs.evolve(MANAGED, connection_driver=driver)
    found = found_again(made, level=level)
    assert found.connection_driver == driver
    assert found.attached_path == ("/dev/attached" if driver == "rbd" or level == "4.6" else None)
    assert found.managed_path == ("/run/managed" if level == "4.8" else None)
    assert found.scsi_wwn == ("wwn" if driver == "block" else None)


def test_what_no_document_tells_is_taken_over() -> None:
    known = image(name="system", snapshot_id=OTHER, boot=True, target="vda")
    found = found_again(image(), known)
    assert (found.name, found.snapshot_id, found.boot) == ("system", OTHER, True)


def test_of_several_disks_a_number_says_which_one_the_guest_boots_from() -> None:
    document = vm(disk(device="disk", boot_order=1), disk(device="disk"))
    assert [one.boot for one in recalled(document, None, "disks").disks] == [True, None]
    assert only(recalled(vm(disk(device="disk", boot_order=1)), None, "disks")).boot is None
    known = vm(disk(device="disk", target="vda", boot=False))
    booted = vm(disk(device="disk", target="vda", boot_order=1), disk(device="disk"))
    assert recalled(booted, known, "disks").disks[0].boot is True


def test_where_nothing_could_be_passed_through_the_document_does_not_tell() -> None:
    made = disk(guid=LUN, target="vda", interface="virtio", scsi_passthrough=True)
    assert found_again(made, made).scsi_passthrough is True
    assert found_again(made).scsi_passthrough is None


# What the manager has of a disk, in its document and beside it.
OWN = ("pool_id", "domain_id", "image_id", "volume_id", "guid", "rbd", "managed", "name", "boot", "storage_type")
OWN += ("disk_profile_id", "snapshot_id", "pass_discard", "propagate_errors", "scsi_passthrough", "scsi_reservation")
OWN += ("connection_driver", "attached_path", "managed_path", "scsi_wwn")


@given(
    made=st.sampled_from([image(), disk(guid=LUN), MANAGED, disk(source=CEPH)]),
    switches=st.fixed_dictionaries(
        {
            name: st.sampled_from([None, True])
            for name in ("pass_discard", "propagate_errors", "scsi_reservation", "scsi_passthrough", "boot")
        }
    ),
    profile=st.sampled_from([None, A, B, OTHER]),
)
def test_what_is_recalled_leads_to_the_same_document(made: Any, switches: Any, profile: Any) -> None:
    """Effective facts taken away, the plan of what is recalled makes them again."""
    asked = vm(attrs.evolve(made, disk_profile_id=profile, **switches), boot_sequence=["disk"])
    contexts = {"cluster": Cluster(disk_profiles=PROFILES)}
    once = planned(asked, **contexts)
    found = recalled(OVIRT.parse(OVIRT.generate(once)), once, **contexts)
    own = {name: getattr(only(found), name) for name in OWN}
    again = planned(vm(disk(**own, source=made.source), boot_sequence=found.boot_sequence), **contexts)
    assert again == once
