"""Images on storage domains: what the host has, what is done for them, and what their disks become."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from host_prep.facts.images import BLANK, Ids, Image, look_at_images
from host_prep.journal import Journal
from host_prep.lvm import SETTINGS
from host_prep.recover import recover
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.storage import (
    BASE,
    DOMAIN,
    IMAGE,
    LEAF,
    MIDDLE,
    POOL,
    TEMPLATE,
    ImageDisk,
    LogicalVolumes,
    block_image,
    file_domain,
    file_image,
)
from xform.errors import HostError

MIB = 1 << 20
IDS = Ids(POOL, DOMAIN, IMAGE, LEAF)


def document(*disks: ImageDisk, id: str = VM, name: str = "web") -> str:
    devices, metadata = "".join(d.element() for d in disks), "".join(d.metadata() for d in disks)
    return domain(devices, metadata, id=id, name=name)


def looked_at(host: Host, ovirt: Any, *disks: ImageDisk) -> Image:
    return look_at_images(host, ovirt.parse(document(*disks or [ImageDisk()])))[IDS]


def completed(host: Host, ovirt: Any, *disks: ImageDisk) -> list[Any]:
    """The disks as libvirt gets them."""
    return list(ovirt.parse(planned(host, ovirt, document(*disks)).document).disks)


# What the host has


def test_tags_tell_the_chain_of_logical_volumes_and_their_leases(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    block_image(lvm, BASE, MIDDLE, LEAF, template=TEMPLATE)
    image = looked_at(host, ovirt)
    folder = host.config.dev / DOMAIN
    assert image.block
    assert [(v.id, v.path, v.lease_path, v.lease_offset) for v in image.chain] == [
        (LEAF, folder / LEAF, folder / "leases", 106 * MIB),
        (MIDDLE, folder / MIDDLE, folder / "leases", 105 * MIB),
        (BASE, folder / BASE, folder / "leases", 104 * MIB),
    ]


def test_a_domain_without_leases_has_none(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    block_image(lvm, LEAF)
    lvm.remove(f"{DOMAIN}/leases")
    assert [v.lease_path for v in looked_at(host, ovirt).chain] == [None]


def test_lvm_looks_at_the_domain_alone_and_at_listed_devices(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    block_image(lvm, LEAF)
    listed = Host(evolve(host.config, lvm_devices=("/dev/mapper/a", "/dev/mapper/b")), host.libvirt)
    looked_at(listed, ovirt)
    (arguments,) = lvm.calls("lvs")
    assert arguments[:4] == ["--devices", "/dev/mapper/a,/dev/mapper/b", "--config", SETTINGS]
    assert arguments[-1] == DOMAIN


def test_meta_files_tell_the_chain_of_files_and_lease_files_lie_beside(host: Host, ovirt: Any) -> None:
    folder = file_image(file_domain(host.config), BASE, LEAF)
    (folder / f"{BASE}.lease").unlink()
    image = looked_at(host, ovirt)
    assert not image.block
    assert [(v.path, v.lease_path, v.lease_offset) for v in image.chain] == [
        (folder / LEAF, folder / f"{LEAF}.lease", 0),
        (folder / BASE, None, None),
    ]


def test_without_meta_files_the_volumes_tell_their_chain(host: Host, ovirt: Any) -> None:
    images = file_domain(host.config)
    for image, volume, backing in (
        (TEMPLATE, BASE, None),
        (IMAGE, MIDDLE, f"../{TEMPLATE}/{BASE}"),
        (IMAGE, LEAF, MIDDLE),
    ):
        (images / image).mkdir(exist_ok=True)
        qcow2(images / image / volume, backing)
    chain = looked_at(host, ovirt, ImageDisk(format="qcow2")).chain
    assert [v.path for v in chain] == [images / IMAGE / LEAF, images / IMAGE / MIDDLE, images / TEMPLATE / BASE]


def test_L202_what_a_guest_wrote_into_a_raw_volume_names_no_other_file(host: Host, ovirt: Any, tmp_path: Path) -> None:
    folder = file_domain(host.config) / IMAGE
    folder.mkdir()
    (tmp_path / "shadow").write_bytes(b"secret")
    qcow2(folder / LEAF, str(tmp_path / "shadow"), "raw")
    assert [v.path for v in looked_at(host, ovirt, ImageDisk(format="raw")).chain] == [folder / LEAF]
    with pytest.raises(HostError, match="shadow; expected a volume of the storage domain"):
        looked_at(host, ovirt, ImageDisk(format="qcow2"))


@pytest.mark.parametrize("mount", ["server:_data", "glusterSD/server:_data", "_srv_data"])
def test_a_file_domain_is_on_any_mount(host: Host, ovirt: Any, mount: str) -> None:
    folder = file_image(file_domain(host.config, mount), LEAF)
    assert looked_at(host, ovirt).chain[0].path == folder / LEAF


def test_the_link_of_the_pool_tells_the_mount(host: Host, ovirt: Any) -> None:
    folder = file_image(file_domain(host.config, "z"), LEAF)
    file_image(file_domain(host.config, "a"), LEAF)
    pool = host.config.repository / POOL
    pool.mkdir()
    (pool / DOMAIN).symlink_to(folder.parents[1])
    assert looked_at(host, ovirt).chain[0].path == folder / LEAF


def test_the_folder_of_a_block_domain_is_no_file_domain(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    block_image(lvm, LEAF)
    folder = host.config.repository / "mnt" / "blockSD" / DOMAIN
    folder.mkdir(parents=True)
    assert looked_at(host, ovirt).block
    pool = host.config.repository / POOL
    pool.mkdir()
    (pool / DOMAIN).symlink_to(folder)
    assert looked_at(host, ovirt).block


def test_what_is_not_there_is_said(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    with pytest.raises(HostError, match=f"^there is no storage domain {DOMAIN}: .*connect the storage first$"):
        looked_at(host, ovirt)
    block_image(lvm, BASE, MIDDLE, image=TEMPLATE)
    with pytest.raises(
        HostError, match=f"^image {IMAGE} of the storage domain {DOMAIN}: it is not there; expected a logical volume"
    ):
        looked_at(host, ovirt)
    lvm.add(DOMAIN, MIDDLE, f"IU_{IMAGE}", f"PU_{BASE}")
    with pytest.raises(HostError, match=f"the volume {LEAF} is not there;"):
        looked_at(host, ovirt)
    lvm.add(DOMAIN, LEAF, f"IU_{TEMPLATE}", f"PU_{MIDDLE}")
    with pytest.raises(HostError, match=f"the volume {LEAF} is of the image {TEMPLATE}; expected one of this image$"):
        looked_at(host, ovirt)
    lvm.add(DOMAIN, LEAF, f"IU_{IMAGE}", f"PU_{LEAF}")
    with pytest.raises(HostError, match=f"the volume {LEAF} stands on {LEAF}; expected another volume$"):
        looked_at(host, ovirt)


def test_files_that_are_not_there_are_said(host: Host, ovirt: Any) -> None:
    images = file_domain(host.config)
    with pytest.raises(
        HostError, match=f"^image {IMAGE} of the storage domain {DOMAIN}: it is not there; expected its folder /"
    ):
        looked_at(host, ovirt)
    folder = file_image(images, BASE, LEAF)
    (folder / BASE).unlink()
    with pytest.raises(HostError, match=f"the volume {BASE} is not there;"):
        looked_at(host, ovirt)
    (folder / LEAF).unlink()
    with pytest.raises(HostError, match=f"the volume {LEAF} is not there;"):
        looked_at(host, ovirt)


def test_an_illegal_volume_and_a_parent_elsewhere_are_refused(host: Host, ovirt: Any) -> None:
    images = file_domain(host.config)
    file_image(images, BASE, LEAF, LEGALITY="ILLEGAL")
    with pytest.raises(HostError, match=f"the volume {LEAF} is illegal"):
        looked_at(host, ovirt)
    other = file_image(images, LEAF, image=TEMPLATE, PUUID="../../shadow")
    with pytest.raises(HostError, match=r"stands on ../../shadow; expected another volume$"):
        look_at_images(host, ovirt.parse(document(ImageDisk(image=TEMPLATE))))
    assert other.exists()


# What the disk becomes


def test_a_disk_gets_the_path_and_type_that_the_host_has_and_keeps_its_format(
    host: Host, ovirt: Any, lvm: LogicalVolumes
) -> None:
    block_image(lvm, BASE, LEAF)
    (disk,) = completed(host, ovirt, ImageDisk(type="file", format="qcow2"))
    folder = host.config.repository / "mnt" / "blockSD" / DOMAIN / "images" / IMAGE
    assert isinstance(disk.source, ovirt.BlockDiskSource)
    assert disk.source.path == str(folder / LEAF)
    assert disk.format == "qcow2"


def test_without_a_pool_the_path_is_in_the_run_folder(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    block_image(lvm, LEAF)
    (disk,) = completed(host, ovirt, ImageDisk(pool=BLANK))
    assert disk.source.path == str(host.config.storage / DOMAIN / IMAGE / LEAF)


@pytest.mark.parametrize("device", ["disk", "cdrom", "floppy", "lun"])
def test_any_device_is_pointed_to_the_file_of_its_image(host: Host, ovirt: Any, device: str) -> None:
    folder = file_image(file_domain(host.config), LEAF)
    (disk,) = completed(host, ovirt, ImageDisk(device=device, type="block", source='<source dev="/dev/null"/>'))
    assert isinstance(disk.source, ovirt.FileDiskSource)
    assert disk.source.path == str(folder / LEAF)


def test_L203_the_chain_of_a_disk_has_an_order(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    """The volume that the guest writes to is first, then what each stands on."""
    block_image(lvm, BASE, MIDDLE, LEAF, template=TEMPLATE)
    (disk,) = completed(host, ovirt, ImageDisk())
    assert [(v.volume_id, v.domain_id, v.image_id, v.lease_offset) for v in disk.volume_chain] == [
        (LEAF, DOMAIN, IMAGE, 106 * MIB),
        (MIDDLE, DOMAIN, IMAGE, 105 * MIB),
        (BASE, DOMAIN, IMAGE, 104 * MIB),
    ]
    assert disk.volume_chain[0].path == disk.source.path
    assert {v.lease_path for v in disk.volume_chain} == {str(host.config.dev / DOMAIN / "leases")}


def test_an_image_on_a_server_is_left_as_the_document_says(host: Host, ovirt: Any) -> None:
    source = f'<source protocol="gluster" name="vol/{DOMAIN}/images/{IMAGE}/{LEAF}"><host name="g1"/></source>'
    plan = planned(host, ovirt, document(ImageDisk(type="network", source=source)))
    assert ovirt.parse(plan.document).disks == ovirt.parse(document(ImageDisk(type="network", source=source))).disks
    names = [type(effect).__name__ for effect in plan.effects]
    assert names == ["DefinedDomain", "RunningDomain", "WrittenMetadata", "CpuPool"]


def test_a_template_of_two_disks_is_activated_once(host: Host, ovirt: Any, lvm: LogicalVolumes) -> None:
    block_image(lvm, BASE, LEAF, template=TEMPLATE)
    block_image(lvm, BASE, MIDDLE, template=TEMPLATE, image=OTHER)
    plan = planned(host, ovirt, document(ImageDisk(), ImageDisk(image=OTHER, volume=MIDDLE, target="sdb")))
    activated = [effect.name for effect in plan.effects if type(effect).__name__ == "ActiveVolume"]
    assert activated == [BASE, LEAF, MIDDLE]


# From start to release


def test_a_vm_on_logical_volumes_starts_and_leaves_nothing(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    block_image(lvm, BASE, LEAF)
    start(host, journal, ovirt, document(ImageDisk(format="qcow2")))
    run = host.config.storage / DOMAIN / IMAGE
    link = host.config.repository / "mnt" / "blockSD" / DOMAIN / "images" / IMAGE
    device = host.config.dev / DOMAIN
    assert lvm.active() == {f"{DOMAIN}/{BASE}", f"{DOMAIN}/{LEAF}"}
    assert {p.name: p.readlink() for p in run.iterdir()} == {BASE: device / BASE, LEAF: device / LEAF}
    assert link.readlink() == run
    assert Path(ovirt.parse(libvirt.document(VM)).disks[0].source.path).resolve() == device / LEAF
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert lvm.active() == set()
    assert not host.config.storage.exists()
    assert [path for path in (host.config.repository / "mnt").rglob("*") if not path.is_dir()] == []


def test_a_vm_on_files_starts_and_leaves_no_link(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    folder = file_image(file_domain(host.config), BASE, LEAF)
    start(host, journal, ovirt, document(ImageDisk(format="qcow2")))
    assert (host.config.storage / DOMAIN / IMAGE).readlink() == folder
    assert [stat.S_IMODE((folder / volume).stat().st_mode) for volume in (BASE, LEAF)] == [0o660, 0o660]
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert not host.config.storage.exists()
    assert (folder / LEAF).read_bytes() == b"content"


def test_L204_nothing_is_done_for_a_disk_whose_next_one_is_not_there(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    block_image(lvm, LEAF)
    with pytest.raises(HostError, match=f"image {OTHER} of the storage domain {DOMAIN}: it is not there"):
        start(host, journal, ovirt, document(ImageDisk(), ImageDisk(image=OTHER, target="sdb")))
    assert lvm.changes() == []
    assert libvirt.domains() == []
    assert not host.config.storage.exists()
    assert not host.config.repository.exists()


def test_L204_a_disk_is_taken_back_when_the_next_one_fails(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    block_image(lvm, LEAF)
    block_image(lvm, MIDDLE, image=OTHER)
    lvm.refuse(f"{DOMAIN}/{MIDDLE}")
    with pytest.raises(HostError, match=r"^web: lvchange failed with 5: device-mapper: .*Input/output error$"):
        start(host, journal, ovirt, document(ImageDisk(), ImageDisk(image=OTHER, volume=MIDDLE, target="sdb")))
    assert lvm.active() == set()
    assert not host.config.storage.exists()
    assert [path for path in (host.config.repository / "mnt").rglob("*") if not path.is_dir()] == []
    assert libvirt.domains() == []
    assert journal.vms() == []


def test_L205_an_image_of_two_vms_goes_with_the_last(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    block_image(lvm, BASE, LEAF)
    both = {f"{DOMAIN}/{BASE}", f"{DOMAIN}/{LEAF}"}
    start(host, journal, ovirt, document(ImageDisk()))
    start(host, journal, ovirt, document(ImageDisk(), id=OTHER, name="db"))
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert lvm.active() == both
    assert (host.config.storage / DOMAIN / IMAGE / LEAF).exists()
    libvirt.destroy(OTHER)
    release(host, journal, ovirt, OTHER)
    assert lvm.active() == set()
    assert not host.config.storage.exists()


def test_L205_a_domain_of_another_agent_keeps_its_template(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    """One that runs counts by its document, whoever started it."""
    block_image(lvm, BASE, LEAF, template=TEMPLATE)
    start(host, journal, ovirt, document(ImageDisk()))
    below = f"<backingStore type='block'><format type='raw'/><source dev='/x/{DOMAIN}/images/{TEMPLATE}/{BASE}'/>"
    disk = f"<disk type='block'><source dev='/x/y'/>{below}<backingStore/></backingStore><target dev='vda'/></disk>"
    libvirt.add_domain(domain(disk, id=OTHER, name="db"))
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert lvm.active() == {f"{DOMAIN}/{BASE}"}


def test_L206_a_volume_that_somebody_has_open_is_named_and_tried_again(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    block_image(lvm, LEAF)
    start(host, journal, ovirt, document(ImageDisk()))
    libvirt.destroy(VM)
    lvm.busy(f"{DOMAIN}/{LEAF}")
    with pytest.raises(HostError, match=f"the logical volume {DOMAIN}/{LEAF} is in use; end what has it open"):
        release(host, journal, ovirt, VM)
    assert not host.config.storage.exists()
    lvm.busy()
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["released"]
    assert lvm.active() == set()


def test_a_volume_that_was_active_before_is_refreshed_and_stays(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lvm: LogicalVolumes
) -> None:
    block_image(lvm, LEAF)
    lvm.add(DOMAIN, LEAF, f"IU_{IMAGE}", f"PU_{BLANK}", active=True)
    start(host, journal, ovirt, document(ImageDisk()))
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert lvm.changes() == [f"--refresh {DOMAIN}/{LEAF}"]
    assert lvm.active() == {f"{DOMAIN}/{LEAF}"}


def qcow2(path: Path, backing: str | None, format: str = "qcow2") -> None:
    below = ["-b", backing, "-F", format] if backing else []
    size = [] if backing else ["1M"]
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *below, path, *size], check=True)
