"""Where the content of a disk is."""

import attrs
import pytest

from .drives import (
    AUTH,
    CEPH,
    DOMAIN,
    FILE,
    IMAGE,
    LEVELS,
    LUN,
    MANAGED,
    NO_LABEL,
    OTHER,
    OVIRT,
    VOLUME,
    Config,
    Host,
    disk,
    gluster,
    image,
    module,
    one,
    planned,
    problems,
    setting,
    stored,
    vm,
)

BLOCK = f"/rhev/data-center/mnt/blockSD/{DOMAIN}/images/{IMAGE}/{VOLUME}"


@pytest.mark.parametrize("kind", ["nfs", "localfs", "posixfs", "glusterfs"])
def test_an_image_of_a_file_domain_is_a_file(kind: str) -> None:
    assert one(image(), **stored(kind)).source == OVIRT.FileDiskSource(path=FILE, seclabels=NO_LABEL)


@pytest.mark.parametrize("kind", ["fcp", "iscsi"])
def test_an_image_of_a_block_domain_is_a_device(kind: str) -> None:
    assert one(image(), **stored(kind)).source == OVIRT.BlockDiskSource(path=BLOCK, seclabels=NO_LABEL)


def test_of_a_domain_that_is_not_known_an_image_is_a_file() -> None:
    assert one(image()).source.path == FILE


def test_the_folder_of_images_is_the_hosts() -> None:
    assert one(image(), host=Host(images="/srv")).source.path == FILE.replace("/rhev/data-center", "/srv")


@pytest.mark.parametrize("kind", ["iscsi", "glusterfs"])
def test_a_snapshot_is_shown_through_a_file(kind: str) -> None:
    shown = one(image(snapshot_id=OTHER), **stored(kind, "server:/volume", libgfapi=True))
    assert shown.source == OVIRT.FileDiskSource(path=FILE, seclabels=NO_LABEL)
    assert (shown.io, shown.cache, shown.shared) == ("threads", "writethrough", "transient")


@pytest.mark.parametrize(
    ("level", "of_cluster", "of_config", "network"),
    [("4.2", True, False, True), ("4.2", False, False, False), ("4.3", False, True, True)],
)
def test_qemu_reaches_gluster_where_it_can(level: str, of_cluster: bool, of_config: bool, network: bool) -> None:
    config = Config(libgfapi=of_config)
    source = one(image(), level, config=config, **gluster(libgfapi=of_cluster)).source
    assert isinstance(source, OVIRT.NetworkDiskSource if network else OVIRT.FileDiskSource)


def test_gluster_is_a_server_and_a_volume() -> None:
    source = one(image(), **gluster(libgfapi=True)).source
    assert source == OVIRT.NetworkDiskSource(
        protocol="gluster",
        name=f"volume/{DOMAIN}/images/{IMAGE}/{VOLUME}",
        hosts=[OVIRT.StorageHost(name="server", port=0)],
    )


@pytest.mark.parametrize("connection", [None, "", "server", "server:volume", ":/volume", "server:/", "a/b:/volume"])
def test_L52_a_gluster_volume_that_nobody_can_read_is_a_file_in_all_that_is_said(connection: str | None) -> None:
    found = one(image(), **gluster(connection, libgfapi=True))  # type: ignore[arg-type]
    assert found.source == OVIRT.FileDiskSource(path=FILE, seclabels=NO_LABEL)
    assert found.io == "threads"


def test_a_gluster_server_may_be_an_address() -> None:
    assert module("storage").gluster("[fe80::1]:/volume") == ("[fe80::1]", "volume")


def test_a_lun_is_a_device_of_the_hosts_mapper() -> None:
    found = one(disk(guid=LUN))
    assert found.source == OVIRT.BlockDiskSource(path=f"/dev/mapper/{LUN}", seclabels=NO_LABEL)
    assert (found.device, found.format, found.io, found.error_policy) == ("disk", "raw", "native", "stop")


def test_whose_source_is_given_libvirt_makes_it_qemus() -> None:
    source = OVIRT.BlockDiskSource(path="/dev/sdd")
    assert one(disk(source=source)).source == source


def test_a_network_disk_is_kept_as_it_is_given_with_its_secret() -> None:
    found = one(disk(storage_type="cinder", source=CEPH, auth=AUTH))
    assert (found.source, found.auth) == (CEPH, AUTH)
    assert (found.io, found.format, found.cache) == ("threads", "raw", "none")


@pytest.mark.parametrize("level", LEVELS)
def test_a_managed_disk_is_where_the_level_has_it(level: str) -> None:
    path = "/run/managed" if level >= "4.7" else "/dev/attached"
    assert one(MANAGED, level).source == OVIRT.BlockDiskSource(path=path, seclabels=NO_LABEL)


def test_a_managed_disk_says_how_it_is_attached() -> None:
    found = one(MANAGED)
    assert (found.managed, found.guid, found.rbd) == (True, "wwn", None)
    found = one(attrs.evolve(MANAGED, connection_driver="rbd"))
    assert (found.managed, found.guid, found.rbd) == (True, None, "/dev/attached")


def test_L42_the_guid_of_a_managed_disk_is_no_lun() -> None:
    found = attrs.evolve(one(MANAGED), storage_type=None)
    assert module("storage").kind(found, setting(vm())) == "managed_block"
    assert module("storage").kind(disk(guid=LUN), setting(vm())) == "lun"


@pytest.mark.parametrize(("propagate", "policy"), [(None, "stop"), (True, "report")])
def test_L50_a_managed_disk_is_driven_like_another_device(propagate: bool | None, policy: str) -> None:
    found = one(attrs.evolve(MANAGED, propagate_errors=propagate))
    assert (found.driver, found.format, found.io, found.cache, found.error_policy) == (
        "qemu",
        "raw",
        "native",
        "none",
        policy,
    )


def test_L53_a_label_of_a_device_has_no_type() -> None:
    assert problems(planned(vm(image(), disk(guid=LUN)))) == []
