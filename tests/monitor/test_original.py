"""The original's rules, by facts that are known of it; where these are right, ours are held to them as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import xform

from .original import Host, Reader, Reported, Row, image_id, random_ids, volume_id
from .original_monitoring import FULL_LIST, Original

VM = "00000000-0000-4000-8000-000000000000"
DISK = "24f658ce-0000-4000-8000-000000000001"
LUN = "c0a9d379-0000-4000-8000-000000000002"
IMAGES = "/rhev/data-center/mnt/nfs/a568e7d5/images/b75eef2b"

CHAINED = f"""
<disk type='file' device='disk'>
  <source file='{IMAGES}/top'/>
  <backingStore type='file' index='1'>
    <format type='qcow2'/><source file='{IMAGES}/middle'/>
    <backingStore type='file' index='2'>
      <format type='raw'/><source file='{IMAGES}/base'/><backingStore/>
    </backingStore>
  </backingStore>
  <target dev='sda' bus='scsi'/><alias name='ua-{DISK}'/>
  <address type='drive' controller='0' bus='0' target='0' unit='0'/>
</disk>"""
EMPTY = """
<disk type='file' device='cdrom'><source startupPolicy='optional'/><backingStore/>
<target dev='hdc' bus='ide'/><readonly/><alias name='ide0-1-0'/></disk>"""
PASSED = f"""
<disk type='block' device='lun'><source dev='/dev/sdd'/><target dev='sdaaa' bus='scsi'/><alias name='ua-{LUN}'/></disk>
"""


def document(*devices: str, metadata: str = "", more: str = "") -> bytes:
    devices_text = "".join(devices)
    return (
        f"<domain type='kvm' id='1'><name>x</name><uuid>{VM}</uuid>{metadata}{more}"
        f"<memory unit='KiB'>1048576</memory><devices>{devices_text}</devices></domain>"
    ).encode()


def report(rows: list[Row], *devices: str, host: Host | None = None, hosted_engine: bool = False) -> list[Reported]:
    return Reader(rows, host or Host(), random_ids(), hosted_engine).report(document(*devices))


def row(id: str, type: str, device: str, **more: Any) -> Row:
    return Row(id, type, device, **more)


@pytest.fixture(scope="module")
def ovirt() -> Any:
    return xform.load("ovirt")


# Reading


def test_a_drive_without_a_medium_has_no_volumes(ovirt: Any) -> None:
    (found,) = report([row("1", "disk", "cdrom", alias="ide0-1-0")], EMPTY)
    assert found.chain == ()
    assert not getattr(ovirt.parse(document(EMPTY)).disks[0].source, "path", None)


def test_a_chain_of_volumes_is_read_whole(ovirt: Any) -> None:
    (found,) = report([row(DISK, "disk", "disk")], CHAINED)
    assert found.chain == ("base", "middle", "top")
    node, chain = ovirt.parse(document(CHAINED)).disks[0], []
    while node is not None and getattr(node, "source", None) is not None:
        chain.append(node.source.path)
        node = node.backing
    assert chain == [f"{IMAGES}/{one}" for one in ("top", "middle", "base")]


@pytest.mark.parametrize(("path", "volume", "image"), [("/a/b/ccc", "ccc", "b"), ("", "", ""), ("not a path", "", "")])
def test_ids_of_a_path_are_its_last_parts(path: str, volume: str, image: str) -> None:
    assert (volume_id(path), image_id(path)) == (volume, image)


def test_drives_are_found_by_alias_in_the_documents_order_and_others_are_let_go(ovirt: Any) -> None:
    rows = [row(DISK, "disk", "disk", alias=f"ua-{DISK}"), row(LUN, "hostdev", "scsi_1_0_0_2", alias=f"ua-{LUN}")]
    assert [found.id for found in report(rows, EMPTY, CHAINED, PASSED)] == [DISK, LUN]
    matching = ovirt.match(document(EMPTY, CHAINED, PASSED), ovirt.parse(document(PASSED, CHAINED)))
    assert {(pair.known.id, pair.found.id) for pair in matching.pairs} == {(DISK, DISK), (LUN, LUN)}
    assert [(kind, found.target) for kind, found in matching.new] == [("disks", "hdc")]


def test_the_prefix_of_an_alias_is_not_looked_at() -> None:
    (found,) = report([row(DISK, "disk", "disk")], CHAINED.replace("ua-", "zz-"))
    assert found.id == DISK


def test_no_alias_equals_no_alias() -> None:
    unlike = "<interface type='user'><mac address='52:54:00:00:00:99'/></interface>"
    (found,) = report([row("1", "interface", "bridge")], unlike)
    assert found.id == "1"


def test_of_the_hosted_engine_any_device_of_the_name_will_do() -> None:
    rows = [row("1", "disk", "disk", alias="other"), row("2", "disk", "disk", alias="another")]
    (found,) = report(rows, CHAINED, hosted_engine=True)
    assert found.id == "1"


def test_of_two_devices_that_nothing_tells_apart_we_take_neither(ovirt: Any) -> None:
    alike = "<interface type='user'><mac address='52:54:00:00:00:01'/>{0}</interface>"
    told = document(*(alike.format(f"<alias name='ua-{id}'/>") for id in (DISK, LUN)))
    known = ovirt.parse(told.replace(b" id='1'", b""))  # its manager's, before it was started
    matching = ovirt.match(document(alike.format("")), known)
    assert (matching.pairs, matching.missing, matching.new) == ([], [], [])
    assert len(matching.ambiguous) == 1


def test_the_first_of_a_kind_of_one_is_taken_whatever_its_alias() -> None:
    others = "<rng model='virtio'><alias name='rng7'/></rng>"
    (found,) = report([row("1", "rng", "virtio")], others)
    assert (found.id, found.alias) == ("1", "rng7")


def test_parts_of_addresses_that_are_not_listed_are_lost() -> None:
    ccw = "<interface type='user'><alias name='net0'/><address type='ccw' cssid='0xfe' devno='0x0001'/></interface>"
    (found,) = report([row("1", "interface", "bridge", alias="net0")], ccw)
    assert found.address == "{type=ccw}"


def test_scsi_devices_never_have_the_address_of_the_host() -> None:
    scsi = """<hostdev type='scsi'><source><adapter name='scsi_host1'/><address bus='0' target='0' unit='2'/></source>
              <alias name='hostdev0'/></hostdev>"""
    host = Host({"scsi_1_0_0_2": {"host": "1", "bus": "0", "target": "0", "lun": "2"}})
    (found,) = report([row(LUN, "hostdev", "scsi_1_0_0_2")], scsi, host=host)
    assert (found.id == LUN, found.device) == (False, "scsi")


# Following


def original(
    rows: list[Row], answer: list[Reported] | bytes | None = None, hash: str | None = "123", now: float = 0
) -> Original:
    """One VM, and the host's answer about it; none is a host that does not answer."""

    def dump(vms: list[str]) -> Mapping[str, list[Reported] | bytes]:
        if answer is None:
            raise OSError
        return dict.fromkeys(vms, answer)

    return Original({VM: rows}, dump, hashes={VM: hash} if hash else {}, now=now)


def test_a_report_older_than_what_was_loaded_is_ignored() -> None:
    vms = original([row("1", "video", "qxl")], now=3)
    vms.update_vm(VM, "012", 2)
    vms.flush()
    assert vms.journal == []


def test_an_unchanged_hash_is_ignored() -> None:
    vms = original([row("1", "video", "qxl")])
    vms.update_vm(VM, "123", 5)
    vms.flush()
    assert vms.journal == []


def test_another_hash_updates_removes_inserts_and_is_saved_last() -> None:
    rows = [
        row("usb", "controller", "usb", managed=False),
        row("video", "video", "qxl"),
        row("cdrom", "disk", "cdrom"),
    ]
    answer = [
        Reported("memballoon", "", "balloon", address=None),
        Reported("virtio-serial", "", "controller", address="{type=pci}"),
        Reported("qxl", "video", "video"),
        Reported("cdrom", "cdrom", "disk"),
    ]
    vms = original(rows, answer)
    vms.update_vm(VM, "012", 5)
    vms.flush()
    (inserted,) = (one for one in vms.rows[VM].values() if one.device == "virtio-serial")
    assert inserted.address == "{type=pci}"
    assert vms.journal == [
        ("update", ["video", "cdrom"]),
        ("delete", "usb"),
        ("insert", inserted.id),
        ("save hash", {VM: "012"}),
    ]


def test_after_a_full_list_the_next_hash_is_stored_and_nothing_is_asked() -> None:
    vms = original([], None, hash=None)
    vms.update_from_full_list(VM, [Reported("virtio-serial", "", "controller")], 1)
    vms.flush()
    vms.update_vm(VM, "123", 2)
    vms.flush()
    saved = [what for word, what in vms.journal if word == "save hash"]
    assert [word for word, _ in vms.journal] == ["insert", "save hash", "save hash"]
    assert saved == [{VM: FULL_LIST}, {VM: "123"}]


def test_single_devices_are_written_without_a_hash() -> None:
    vms = original([row("known", "disk", "disk")])
    vms.update_device(VM, Reported("disk", "unknown", "disk"), 1)
    vms.update_device(VM, Reported("disk", "known", "disk"), 1)
    vms.remove_device(VM, "known", 2)
    assert vms.journal == [("insert", "unknown"), ("update", ["known"]), ("delete", "known")]


def test_news_of_a_device_that_come_late_are_ignored() -> None:
    vms = original([], now=2)
    vms.update_device(VM, Reported("disk", "one", "disk"), 3)
    vms.update_device(VM, Reported("disk", "one", "disk"), 5)
    vms.update_device(VM, Reported("disk", "one", "disk"), 4)
    vms.remove_device(VM, "one", 1)
    assert vms.journal == [("insert", "one"), ("update", ["one"])]


def test_a_full_list_forgets_when_single_devices_were_looked_at() -> None:
    vms = original([], hash=None)
    vms.update_device(VM, Reported("disk", "one", "disk"), 4)
    vms.update_from_full_list(VM, [], 2)
    vms.flush()
    assert not vms.rows[VM]
    vms.update_device(VM, Reported("disk", "one", "disk"), 3)
    assert "one" in vms.rows[VM]


# What it loses


def test_a_hash_that_came_while_the_devices_were_held_is_never_looked_at() -> None:
    vms = original([row(DISK, "disk", "disk")], document())
    vms.busy.add(VM)
    vms.update_vm(VM, "012", 1)
    vms.flush()
    vms.busy.clear()
    vms.update_vm(VM, "012", 2)
    vms.flush()
    assert vms.rows[VM][DISK].plugged
    assert vms.journal == []


@pytest.mark.parametrize("answer", [None, b"<domain><devices><disk></devices></domain>", b"<domain/>"])
def test_a_hash_is_saved_although_its_document_could_not_be_had_or_read(answer: bytes | None) -> None:
    vms = original([row(DISK, "disk", "disk")], answer)
    vms.update_vm(VM, "012", 1)
    vms.flush()
    assert vms.journal == [("save hash", {VM: "012"})]


def test_what_the_guest_calls_a_disk_is_lost_with_the_next_document_that_does_not_say_it() -> None:
    vms = original([row(DISK, "disk", "disk", logical_name="/dev/sda")], document(CHAINED))
    vms.update_vm(VM, "012", 1)
    vms.flush()
    assert vms.rows[VM][DISK].logical_name is None


def test_a_name_of_a_guests_disk_whose_guid_is_no_luns_spoils_the_whole_vm() -> None:
    metadata = """<metadata><o:vm xmlns:o='http://ovirt.org/vm/1.0'><o:device devtype='disk' name='sda'>
        <o:GUID>managed</o:GUID><o:guestName>/dev/sda</o:guestName></o:device></o:vm></metadata>"""
    vms = original([row(DISK, "disk", "disk", plugged=False)], document(CHAINED, metadata=metadata))
    vms.update_vm(VM, "012", 1)
    vms.flush()
    assert not vms.rows[VM][DISK].plugged
    assert vms.journal == [("save hash", {VM: "012"})]
