"""How QEMU serves disks, and what the host must know of them."""

from typing import Any

import attrs
import pytest

from .drives import (
    CEPH,
    DOMAIN,
    IMAGE,
    LEVELS,
    LUN,
    OTHER,
    OVIRT,
    VOLUME,
    Config,
    DiskProfile,
    OsInfo,
    StorageQos,
    disk,
    gluster,
    image,
    module,
    one,
    only,
    planned,
    problems,
    setting,
    stored,
    vm,
)


@pytest.mark.parametrize(
    ("kind", "native_gluster", "io"),
    [
        ("nfs", True, "threads"),
        ("glusterfs", False, "threads"),
        ("glusterfs", True, "native"),
        ("iscsi", False, "native"),
    ],
)
def test_the_kernel_reads_devices_by_itself(kind: str, native_gluster: bool, io: str) -> None:
    assert one(image(), config=Config(gluster_native_io=native_gluster), **stored(kind)).io == io


def test_gluster_that_qemu_reaches_is_read_natively() -> None:
    assert one(image(), **gluster(libgfapi=True)).io == "native"


def test_a_disk_with_a_cache_is_not_read_past_it() -> None:
    assert one(image(cache="writeback"), **stored("iscsi")).io == "threads"


@pytest.mark.parametrize("cache", ["none", "writethrough", "writeback", "unsafe"])
def test_L88_a_disk_has_the_cache_that_is_said_of_it(cache: str) -> None:
    asked = image(cache=cache, interface="sata")
    assert one(asked, custom_properties={"viodiskcache": "writeback"}).cache == cache


@pytest.mark.parametrize("interface", ["virtio", "scsi", "sata"])
def test_L89_what_shows_a_snapshot_goes_through_the_hosts_cache(interface: str) -> None:
    shown = one(image(snapshot_id=OTHER, interface=interface), **stored("iscsi"))
    assert (shown.cache, shown.io) == ("writethrough", "threads")


@pytest.mark.parametrize(
    ("fields", "asked", "cache"),
    [
        ({"interface": "virtio"}, "writeback", "writeback"),
        ({"interface": "scsi"}, "writethrough", "writethrough"),
        ({"interface": "scsi", "scsi_kind": "spapr_vscsi"}, "writeback", "none"),
        ({"interface": "sata"}, "writeback", "none"),
        ({"interface": "virtio", "io": "native"}, "writeback", "none"),
        ({"interface": "virtio", "snapshot_id": OTHER}, "writeback", "writethrough"),
        ({"interface": "virtio"}, "everything", "none"),
    ],
)
def test_the_vm_may_choose_the_cache_of_virtio_disks(fields: Any, asked: str, cache: str) -> None:
    assert one(image(**fields), custom_properties={"viodiskcache": asked}).cache == cache


@pytest.mark.parametrize(
    ("made", "propagate", "forced", "policy"),
    [
        (image(), None, False, "stop"),
        (image(), True, False, "enospace"),
        (image(), None, True, "enospace"),
        (disk(guid=LUN), True, False, "report"),
        (disk(guid=LUN), False, False, "stop"),
        (disk(storage_type="cinder", source=CEPH), True, False, "report"),
        (disk(source=OVIRT.FileDiskSource(path="/x")), True, False, "enospace"),
    ],
)
def test_the_guest_hears_of_errors_that_are_propagated(made: Any, propagate: Any, forced: bool, policy: str) -> None:
    made = attrs.evolve(made, propagate_errors=propagate)
    assert one(made, config=Config(propagate_disk_errors=forced)).error_policy == policy


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("format", ["raw", "qcow2"])
def test_L54_places_are_kept_in_qcow2_images_alone(level: str, format: str) -> None:
    found = one(image(format=format, pass_discard=True), level)
    assert found.discard == "unmap"
    assert found.discard_no_unref == (True if level == "4.8" and format == "qcow2" else None)


def test_places_are_kept_where_the_manager_is_told_to() -> None:
    config = Config(discard_no_unref=False)
    assert one(image(format="qcow2", pass_discard=True), config=config).discard_no_unref is None
    assert one(image(format="qcow2", pass_discard=True), "4.7", config=Config()).discard_no_unref is None
    assert one(image(format="qcow2", pass_discard=True, read_only=True)).discard_no_unref is None
    assert one(image(format="qcow2")).discard is None


def pins(*disks: Any, iothreads: int | None) -> list[int | None]:
    return [one.iothread for one in planned(vm(*disks, iothreads=iothreads), "disks").disks]


def test_virtio_disks_take_turns_at_io_threads() -> None:
    virtio = disk(interface="virtio")
    assert pins(virtio, disk(interface="scsi"), virtio, virtio, iothreads=2) == [1, None, 2, 1]
    assert pins(virtio, iothreads=None) == pins(virtio, iothreads=0) == [None]


def test_a_disk_that_is_plugged_in_gets_the_next_io_thread() -> None:
    before = planned(vm(*[disk(interface="virtio")] * 3, iothreads=4), "disks")
    after = planned(attrs.evolve(before, disks=[disk(interface="virtio", boot=True), *before.disks]), "disks")
    assert [one.iothread for one in after.disks] == [4, 1, 2, 3]


def test_more_io_threads_than_anyone_can_count_are_no_matter() -> None:
    assert pins(*[disk(interface="virtio")] * 2, iothreads=10**30) == [1, 2]


# --- passed through


@pytest.mark.parametrize(
    ("fields", "device"),
    [
        ({"scsi_passthrough": True}, "lun"),
        ({"sgio": "unfiltered"}, "lun"),
        ({"scsi_passthrough": True, "interface": "virtio"}, "disk"),
        ({"scsi_passthrough": True, "scsi_kind": "spapr_vscsi"}, "disk"),
        ({"scsi_passthrough": False}, "disk"),
    ],
)
def test_a_lun_is_passed_through_on_virtio_scsi(fields: Any, device: str) -> None:
    assert one(disk(guid=LUN, **fields)).device == device


def test_L86_a_lun_is_passed_through_without_the_word_that_libvirt_refuses() -> None:
    passed = one(disk(guid=LUN, scsi_passthrough=True))
    assert (passed.device, passed.sgio) == ("lun", None)


def test_an_image_is_never_passed_through() -> None:
    assert one(image(scsi_passthrough=True, interface="scsi")).device == "disk"


def test_a_lun_of_the_guests_own_keeps_the_storages_serial() -> None:
    once = vm(disk(guid=LUN, id=IMAGE, scsi_passthrough=True), disk(id=OTHER))
    once = module("disks").serials(planned(once, "disks"), setting(once))
    assert [one.serial for one in once.disks] == [None, OTHER]


@pytest.mark.parametrize("level", LEVELS)
def test_reservations_are_from_level_4_3_on(level: str) -> None:
    source = one(disk(guid=LUN, scsi_reservation=True), level).source
    assert source.reservations == (OVIRT.Reservations(managed=True) if level >= "4.3" else None)
    assert one(disk(guid=LUN), level).source.reservations is None


# --- limits


@pytest.mark.parametrize(
    ("qos", "expected"),
    [
        ({"max_throughput": 100, "max_iops": 10000}, {"total_bytes_sec": 104857600, "total_iops_sec": 10000}),
        (
            {"max_read_throughput": 60, "max_write_throughput": 30},
            {"read_bytes_sec": 62914560, "write_bytes_sec": 31457280},
        ),
        ({"max_write_throughput": 1}, {"write_bytes_sec": 1048576}),
        ({"max_read_iops": 10000, "max_write_iops": 5000}, {"read_iops_sec": 10000, "write_iops_sec": 5000}),
    ],
)
def test_L53_limits_are_those_of_the_profile_and_no_others(qos: Any, expected: Any) -> None:
    profile = DiskProfile(id=OTHER, qos=StorageQos(**qos))
    once = planned(vm(image(disk_profile_id=OTHER)), disk_profiles=(profile,))
    assert only(once).iotune == OVIRT.IOTune(**expected)
    assert problems(once) == []


UNLIMITED = StorageQos(max_throughput=0, max_iops=0)


@pytest.mark.parametrize("profiles", [(), (DiskProfile(id=OTHER),), (DiskProfile(id=OTHER, qos=UNLIMITED),)])
def test_without_limits_there_are_none(profiles: Any) -> None:
    assert one(image(disk_profile_id=OTHER), disk_profiles=profiles).iotune is None
    profile = DiskProfile(id=OTHER, qos=StorageQos(max_iops=1))
    assert one(image(), disk_profiles=(profile,)).iotune is None
    assert one(disk(guid=LUN, disk_profile_id=OTHER), disk_profiles=(profile,)).iotune is None


# --- old guests, hosted engine, metadata


@pytest.mark.parametrize(
    ("interface", "machine", "legacy", "model"),
    [
        ("virtio", "pc-q35-rhel8.6.0", True, "virtio-transitional"),
        ("virtio", "pc-i440fx-rhel7.6.0", True, None),
        ("virtio", "pc-q35-rhel8.6.0", False, None),
        ("scsi", "pc-q35-rhel8.6.0", True, None),
    ],
)
def test_old_guests_on_q35_know_the_first_virtio(interface: str, machine: str, legacy: bool, model: Any) -> None:
    asked = vm(disk(interface=interface), machine=machine)
    assert only(planned(asked, "disks", os=OsInfo(legacy_virtio=legacy))).model == model


@pytest.mark.parametrize("origin", ["hosted_engine", "managed_hosted_engine"])
def test_the_disk_of_a_hosted_engine_is_its_own_and_of_no_data_center(origin: str) -> None:
    found = one(image(pool_id=None, propagate_errors=True), origin=origin, config=Config(propagate_disk_errors=True))
    assert found.pool_id == "00000000-0000-0000-0000-000000000000"
    assert found.source.path == f"/rhev/data-center/{found.pool_id}/{DOMAIN}/images/{IMAGE}/{VOLUME}"
    assert (found.error_policy, found.shared) == ("stop", "exclusive")


@pytest.mark.parametrize(
    ("fields", "origin", "shared"),
    [
        ({"snapshot_id": OTHER, "shareable": True}, "ovirt", "transient"),
        ({"shareable": True}, "hosted_engine", "shared"),
        ({}, "ovirt", None),
    ],
)
def test_the_host_knows_who_else_uses_an_image(fields: Any, origin: str, shared: str | None) -> None:
    assert one(image(**fields), origin=origin).shared == shared


def test_nobody_shares_what_is_no_image() -> None:
    assert one(disk(guid=LUN, shareable=True)).shared is None
