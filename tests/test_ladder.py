"""What a ladder may say: what tells a device from every other, what its name begins with, the only one of its kind."""

from __future__ import annotations

from typing import Any

import pytest

import xform
from tests.test_match import ID, disk, document, nic
from xform.match import match

MAC = "52:54:00:00:00:0{0}"
NAME = f"ua-{ID}"


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


@pytest.fixture(scope="module")
def domain() -> xform.Dialect:
    return xform.load("domain")


def named(mac: str, alias: str) -> str:
    return f"<interface type='user'><mac address='{mac}'/><alias name='{alias}'/></interface>"


def rungs(dialect: xform.Dialect, known: tuple[str, ...], found: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [pair.rung for pair in dialect.match(document(*found), dialect.parse(document(*known))).pairs]


def test_a_rung_that_is_no_identity_pairs_nothing_that_one_behind_it_tells_apart(domain: xform.Dialect) -> None:
    assert rungs(domain, (named(MAC.format(1), "net0"),), (named(MAC.format(1), "net0"),)) == [("alias",)]
    assert rungs(domain, (named(MAC.format(1), "net0"),), (named(MAC.format(2), "net0"),)) == []


def test_an_identity_overrules_those_behind_it(domain: xform.Dialect, ovirt: xform.Dialect) -> None:
    assert rungs(domain, (named(MAC.format(1), "ua-a"),), (named(MAC.format(2), "ua-a"),)) == [("alias",)]
    assert rungs(ovirt, (nic(MAC.format(1), 1),), (nic(MAC.format(2), 1),)) == [("id",)]


def test_a_name_counts_where_it_begins_as_the_rung_says(domain: xform.Dialect) -> None:
    known = domain.parse(document(named(MAC.format(1), "UA-a"), named(MAC.format(2), "ua-b")))
    found = domain.match(document(named(MAC.format(1), "UA-c"), named(MAC.format(3), "ua-b")), known)
    assert sorted(pair.rung for pair in found.pairs) == [("alias",), ("mac",)]
    assert not rungs(domain, (named(MAC.format(1), "ua-a"),), (named(MAC.format(1), "ua-b"),))


def test_a_nameless_device_is_not_the_one_that_had_a_name_where_names_were_kept(ovirt: xform.Dialect) -> None:
    known = ovirt.parse(document(disk("sda", 1), disk("sdb", 2)))
    found = ovirt.match(document(disk("sda", 1), disk("sdb")), known)
    assert [pair.known.target for pair in found.pairs] == ["sda"]
    assert [kind for kind, _ in found.new] == [kind for kind, _ in found.missing] == ["disks"]
    # where no name was kept, a VM that was started without them say, other facts count
    assert len(ovirt.match(document(disk("sda"), disk("sdb")), known).pairs) == 2


def test_a_running_domain_keeps_every_name(ovirt: xform.Dialect) -> None:
    before = document(disk("sda", 1)).replace("<domain>", "<domain id='7'>")
    same = document(disk("sda")).replace("<domain>", "<domain id='7'>")
    other = document(disk("sda")).replace("<domain>", "<domain id='8'>")
    assert not ovirt.match(same, ovirt.parse(before)).pairs
    assert ovirt.match(other, ovirt.parse(before)).pairs


def test_a_mac_finds_what_was_started_without_names_and_no_other(ovirt: xform.Dialect) -> None:
    known = (nic(MAC.format(1), 1), disk("sda", 2))
    assert rungs(ovirt, known, (nic(MAC.format(1)), disk("sda"))) == [("interface", "target"), ("mac",)]
    assert rungs(ovirt, known, (nic(MAC.format(1)), disk("sda", 2))) == [("id",)]


def test_a_vm_whose_documents_had_names_has_none_without_them_at_their_places(ovirt: xform.Dialect) -> None:
    known = ovirt.parse(document(nic(MAC.format(1), 1), disk("sda", 2)))
    seen = {id(device) for device in (*known.nics, *known.disks)}
    found = match(ovirt, document(nic(MAC.format(1)), disk("sda")), known, seen=seen)
    assert [pair.rung for pair in found.pairs] == [("mac",)]


@pytest.mark.parametrize("model", ["none", "virtio-transitional"])
def test_L01_the_only_one_of_its_kind_is_known_by_that(model: str, ovirt: xform.Dialect) -> None:
    balloon = f"<memballoon model='virtio'><alias name='{NAME.format(1)}'/></memballoon>"
    found = f"<memballoon model='{model}'/>"
    assert rungs(ovirt, (balloon, disk("sda", 2)), (found, disk("sda", 2))) == [("id",), ("only",)]


def test_two_are_not_the_only_one(ovirt: xform.Dialect) -> None:
    tpm = "<tpm model='{0}'><backend type='emulator'/></tpm>"
    assert rungs(ovirt, (tpm.format("tpm-crb"),), (tpm.format("tpm-tis"),)) == [("only",)]
    known = (tpm.format("tpm-crb"), tpm.format("tpm-spapr"))
    assert rungs(ovirt, known, (tpm.format("tpm-tis"),)) == []


def test_drives_without_a_medium_are_not_alike_by_that(ovirt: xform.Dialect) -> None:
    cdrom = "<disk device='cdrom'><source/><target dev='{0}' bus='sata'/></disk>"
    assert rungs(ovirt, (cdrom.format("sda"),), (cdrom.format("sdb"),)) == []


def test_a_device_of_the_host_is_known_by_its_address_there(ovirt: xform.Dialect) -> None:
    """However it is written: libvirt's node devices say decimal, its documents hexadecimal."""
    pci = "<hostdev type='pci'><source><address domain='{}' bus='{}' slot='{}' function='{}'/></source></hostdev>"
    usb = "<hostdev type='usb'><source><address bus='{}' device='{}'/></source></hostdev>"
    scsi = "<hostdev type='scsi'><source><adapter name='{}'/><address bus='0' target='1' unit='{}'/></source></hostdev>"
    mdev = "<hostdev type='mdev' model='vfio-pci'><source><address uuid='{}'/></source></hostdev>"
    uuid = "C2177883-F1BB-47F0-914D-32A22E3A8804"
    known = (pci.format(0, 5, 16, 1), usb.format(1, 12), scsi.format("scsi_host3", 1), mdev.format(uuid.lower()))
    found = (
        pci.format("0x0000", "0x05", "0x10", "0x1"),
        usb.format("0x1", "0xc"),
        scsi.format("scsi_host3", 1),
        mdev.format(uuid),
    )
    assert rungs(ovirt, known, found) == [
        ("uuid",),
        ("source.domain", "source.bus", "source.slot", "source.function"),
        ("source.adapter.name", "source.bus", "source.target", "source.unit"),
        ("source.bus", "source.device"),
    ]
    assert not rungs(ovirt, known[2:3], (scsi.format("scsi_host3", 2),))
    assert not rungs(ovirt, known[2:3], (scsi.format("scsi_host4", 1),))


def test_what_else_is_said_of_a_device_of_the_host_does_not_hide_it(ovirt: xform.Dialect) -> None:
    usb = "<hostdev type='usb'><source {}>{}</source></hostdev>"
    product = "<vendor id='0x1234'/><product id='0xbeef'/>"
    known = usb.format("", product)
    found = usb.format("startupPolicy='optional'", f"{product}<address bus='1' device='9'/>")
    assert rungs(ovirt, (known,), (found,)) == [("source.vendor", "source.product")]


def test_another_device_of_the_host_at_the_same_place_of_the_guest_is_another_one(ovirt: xform.Dialect) -> None:
    pci = (
        "<hostdev type='pci'><source><address domain='0' bus='{}' slot='0' function='0'/></source>"
        "<address type='pci' domain='0' bus='5' slot='0' function='0'/></hostdev>"
    )
    assert rungs(ovirt, (pci.format(5),), (pci.format(7),)) == []


@pytest.mark.parametrize(
    "address",
    ["type='drive' controller='0' bus='0' target='0' unit='0'", "type='pci' domain='0' bus='0' slot='0' function='0'"],
)
def test_an_address_of_zeros_is_one(address: str, ovirt: xform.Dialect) -> None:
    drive = f"<disk><target dev='{{}}' bus='scsi'/><address {address}/></disk>"
    assert rungs(ovirt, (drive.format("sda"),), (drive.format("sdb"),)) == [("address",)]


def test_a_zero_is_a_value(ovirt: xform.Dialect) -> None:
    audio = "<audio id='0' type='none'/>"
    assert rungs(ovirt, (audio,), (audio,)) == [("id",)]


def test_a_disk_that_moved_is_known_by_its_source(ovirt: xform.Dialect) -> None:
    at = "<disk type='file'><source file='{}'/><target dev='{}' bus='virtio'/></disk>"
    known, found = (at.format("/a", "vda"), at.format("/b", "vdb")), (at.format("/b", "vda"), at.format("/a", "vdb"))
    paired: list[Any] = ovirt.match(document(*found), ovirt.parse(document(*known))).pairs
    assert {(pair.known.source.path, pair.found.source.path) for pair in paired} == {("/a", "/a"), ("/b", "/b")}
