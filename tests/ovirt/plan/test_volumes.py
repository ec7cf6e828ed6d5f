"""Where volumes are, and which volume a path leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .drives import DOMAIN, IMAGE, OVIRT, POOL, VM, VOLUME, Host, disk, module, recalled, reread, vm

volumes = module("volumes")
MOUNTED = f"{DOMAIN}/images/{IMAGE}/{VOLUME}"
THREE = {"domain_id": DOMAIN, "image_id": IMAGE, "volume_id": VOLUME}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"/rhev/data-center/{POOL}/{MOUNTED}", {"pool_id": POOL} | THREE),
        (f"/rhev/data-center/mnt/server:_export/{MOUNTED}", THREE),
        (f"/rhev/data-center/mnt/blockSD/{MOUNTED}", THREE),
        (f"volume/{MOUNTED}", THREE),
        (f"/run/vdsm/storage/{DOMAIN}/{IMAGE}/{VOLUME}", THREE),
    ],
)
def test_L43_the_layout_of_a_path_says_which_id_is_which(path: str, found: dict[str, str]) -> None:
    assert volumes.ids(path) == found


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "/dev/mapper/3600",
        "/dev/sdd",
        f"/run/vdsm/managedvolumes/{VOLUME}",
        "pool/volume",
        "/a/b/ccc",
        f"/{POOL}/{DOMAIN}/{IMAGE}/{VOLUME}",
        f"/rhev/data-center/mnt/server/{DOMAIN}/images/{IMAGE}/{VOLUME}.lease",
    ],
)
def test_L44_another_path_tells_no_ids(path: str | None) -> None:
    assert volumes.ids(path) == {}


def test_L44_the_ids_of_a_disk_are_those_of_its_metadata() -> None:
    source = OVIRT.FileDiskSource(path=f"/rhev/data-center/mnt/server:_export/{MOUNTED}")
    (found,) = recalled(vm(disk(source=source, image_id=VM, device="disk")), None).disks
    assert (found.domain_id, found.image_id, found.volume_id) == (DOMAIN, VM, VOLUME)
    (lun,) = recalled(vm(disk(source=OVIRT.BlockDiskSource(path="/dev/mapper/3600"), device="disk")), None).disks
    assert (lun.domain_id, lun.image_id, lun.volume_id) == (None, None, None)


@given(images=st.sampled_from(["/rhev/data-center", "/srv/images"]))
def test_a_path_is_read_as_it_is_made(images: str) -> None:
    host = Host(images=images)
    assert volumes.ids(volumes.file_path(host, POOL, *THREE.values())) == {"pool_id": POOL} | THREE
    block = volumes.block_path(host, *THREE.values())
    assert volumes.ids(block) == THREE
    assert volumes.is_block_path(host, block)


@pytest.mark.parametrize("path", [f"/rhev/data-center/{POOL}/{MOUNTED}", "/iso/a.iso", f"/x/mnt/blockSD/{MOUNTED}"])
def test_other_paths_are_of_no_block_domain(path: str) -> None:
    assert not volumes.is_block_path(Host(), path)


@pytest.mark.parametrize(
    ("path", "volume", "image"), [("/a/b/ccc", "ccc", "b"), ("", "", ""), ("not a path", "", ""), ("/ccc", "ccc", "")]
)
def test_segments_count_from_the_end(path: str, volume: str, image: str) -> None:
    assert (volumes.segment(path, 1), volumes.segment(path, 2)) == (volume, image)


# --- addresses, which libvirt gives and which have to come back whole


def test_L45_addresses_of_every_kind_come_back_with_all_that_they_say() -> None:
    addresses = [
        OVIRT.CcwAddress(cssid=0xFE, ssid=0, devno=1),
        OVIRT.SpaprVioAddress(reg=0x3000),
        OVIRT.PciAddress(domain=0, bus=0, slot=3, function=0, zpci_uid=1, zpci_fid=2),
    ]
    disks = [disk(target=f"vd{letter}", address=address) for letter, address in zip("abc", addresses, strict=True)]
    assert [one.address for one in reread(vm(*disks)).disks] == addresses


def test_L46_addresses_are_compared_by_what_they_say() -> None:
    written = OVIRT.generate(vm(disk(target="sda", address=OVIRT.PciAddress(domain=0, bus=0, slot=3, function=0))))
    before = "type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'"
    other = written.replace(before, "slot='3' function='0' type='pci' bus='0x0' domain='0'")
    assert other != written
    assert OVIRT.parse(other) == OVIRT.parse(written)
