"""What a real libvirt changes in a document though nothing happened, and what happened all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import attrs
import pytest

import xform
from xform.monitor.follow import follow
from xform.monitor.records import Change

from .parts import drive, uuid_of
from .vm import (
    KEYBOARD,
    MANAGED,
    OVIRT_VM,
    ROOT,
    VM,
    Vm,
    alias,
    channel,
    dimm,
    disk,
    document,
    nic,
    pci,
    root_port,
)


@pytest.fixture(scope="module")
def ovirt() -> Any:
    return xform.load("ovirt")


# What is no change


def started(dialect: Any, first: str, second: str) -> tuple[list[tuple[str, str]], bool]:
    """What changed when a VM was started again, and whether its digest did."""
    vm = Vm(dialect)
    before = vm.follow(document(first, run=1)).known.digest
    changes = vm.look(second, run=2)
    return changes, vm.known is not None and vm.known.digest == before


def test_L118_a_disks_node_and_the_domains_number_are_no_change(ovirt: Any) -> None:
    numbered = f"<disk type='file'><source file='/a' index='{{0}}'/><target dev='sda' bus='scsi'/>{alias(1)}</disk>"
    assert started(ovirt, numbered.format(1), numbered.format(7)) == ([], True)


@pytest.mark.parametrize(
    ("numbered", "field"),
    [
        (f"<interface type='user'><target dev='vnet{{0}}'/>{alias(2)}</interface>", "target"),
        (f"<console type='pty' tty='/dev/pts/{{0}}'><source path='/dev/pts/{{0}}'/>{alias(3)}</console>", "sources"),
        ("<graphics type='vnc' port='590{0}' autoport='yes'/>", "port"),
    ],
    ids=["tap device", "terminal", "port"],
)
def test_L118_taps_terminals_and_ports_tell_no_device_from_another(ovirt: Any, numbered: str, field: str) -> None:
    """A user may choose them as well, so another one is told as what it is: one field of the same device."""
    vm = Vm(ovirt)
    before = vm.follow(document(numbered.format(1), run=1)).known.devices
    (change,) = vm.follow(document(numbered.format(7), run=2)).changes
    assert (change.what, change.id, list(change.fields)) == ("updated", before[0].id, [field])


def test_L119_the_order_of_devices_is_no_change(ovirt: Any) -> None:
    devices = [root_port(1), root_port(2), disk(1), disk(2, "sdb", unit=1), nic(3), nic("net1", "52:54:00:00:00:05", 9)]
    vm = Vm(ovirt)
    vm.look(*devices)
    before = vm.known
    assert vm.look(*reversed(devices)) == []
    assert vm.known is not None
    assert {device.id for device in vm.known.devices} == {device.id for device in before.devices if before}


def test_L120_a_device_is_there_until_a_document_lacks_it(ovirt: Any) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    assert vm.look(disk(1)) == []  # libvirt asked the guest, and says that it was done
    assert vm.look() == [("unplugged", "disks")]


def test_L121_a_missing_file_leaves_a_disk_out_and_a_drive_empty(ovirt: Any) -> None:
    drive_ = f"<disk type='file' device='cdrom'>{{0}}<target dev='sdc' bus='sata'/><readonly/>{alias(2)}</disk>"
    medium = "<source file='/iso' startupPolicy='optional'/>"
    optional = disk(1).replace("<source file='/images/a'/>", "<source file='/images/a' startupPolicy='optional'/>")
    vm = Vm(ovirt, optional, drive_.format(medium))
    vm.look(optional, drive_.format(medium))
    assert sorted(vm.look(drive_.format(""), run=2)) == [("left out", "disks"), ("updated", "disks")]
    assert vm.ids("disks") == [uuid_of(2)]


def test_L122_the_next_start_undoes_what_was_changed_in_the_running_vm_alone(ovirt: Any) -> None:
    vm = Vm(ovirt, nic(1))
    vm.look(nic(1))
    changes = vm.look(nic(1, more="<link state='down'/>"), disk("scsi0-0-0-0"))
    assert sorted(changes) == [("inserted", "disks"), ("updated", "nics")]
    assert sorted(vm.look(nic(1), run=2)) == [("left out", "disks"), ("updated", "nics")]


def test_L123_what_libvirt_adds_is_nobodys_and_the_same_after_each_start(ovirt: Any) -> None:
    added = [
        ROOT,
        root_port(1),
        KEYBOARD.format(alias("input0")),
        f"<memballoon model='virtio'>{alias('balloon0')}{pci(4)}</memballoon>",
    ]
    vm = Vm(ovirt, disk(1))
    assert len([what for what, _ in vm.look(disk(1), *added) if what == "inserted"]) == 4
    assert vm.known
    ids = {device.id for device in vm.known.devices}
    assert [device.managed for device in vm.known.devices if device.kind != "disks"] == [False] * 4
    assert vm.look(disk(1), *added, run=2) == []
    other = Vm(ovirt, disk(1))
    other.look(*added, disk(1), run=5)
    assert other.known
    assert {device.id for device in other.known.devices} == ids


def test_L124_a_refused_attach_leaves_controllers_and_no_disk(ovirt: Any) -> None:
    more = [
        f"<controller type='scsi' index='{at}' model='virtio-scsi'>{alias(f'scsi{at}')}{pci(at)}</controller>"
        for at in (5, 6)
    ]
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    assert vm.look(disk(1), *more) == [("inserted", "controllers")] * 2


def test_L125_memory_that_is_plugged_counts_in_the_vms_own(ovirt: Any) -> None:
    vm = Vm(ovirt)
    vm.follow(document())
    changes = vm.follow(document(dimm(1, 0), memory=1048576 + 262144)).changes
    assert {change.kind: change.what for change in changes} == {"": "updated", "dimms": "inserted"}
    assert next(change.fields for change in changes if not change.kind)["memory"] == (1024, 1280)


def test_L126_consoles_whose_ports_are_counted_anew_are_told_by_their_address(ovirt: Any) -> None:
    at = "<address type='virtio-serial' controller='0' bus='0' port='{0}'/>"
    console = "<console type='pty'><target type='virtio' port='{0}'/>{1}</console>"
    vm = Vm(ovirt)
    vm.look(console.format(1, at.format(4)), console.format(2, at.format(5)), run=None)
    ids = {device.entity.address.port: device.id for device in vm.devices("consoles")}
    changes = vm.look(console.format(0, at.format(4)), console.format(1, at.format(5)))
    assert {what for what, _ in changes} <= {"updated"}
    assert {device.entity.address.port: device.id for device in vm.devices("consoles")} == ids


def test_L127_a_channel_that_is_given_a_path_is_the_one_of_its_name(ovirt: Any) -> None:
    vm = Vm(ovirt)
    vm.look(channel("", port=1).replace("<alias name=''/>", ""), run=None)
    ids = vm.ids("channels")
    changes = vm.look(channel("channel0", source="<source mode='bind' path='/run/channel.0'/>"))
    assert {what for what, _ in changes} <= {"updated"}
    assert vm.ids("channels") == ids


OURS = "<{0}:vm xmlns:{0}='http://ovirt.org/vm/1.0'><{0}:clusterVersion>4.8</{0}:clusterVersion></{0}:vm>"
OTHERS = "<a:b xmlns:a='urn:a'/>"


@pytest.mark.parametrize(
    ("again", "same_digest"),
    [
        (OURS.format("x") + OTHERS, True),
        (OURS.format("o").replace("><", ">\n<") + OTHERS, True),
        (OTHERS + OURS.format("o"), False),
    ],
    ids=["prefix", "white space", "place"],
)
def test_L21_L128_how_metadata_are_written_is_no_change(ovirt: Any, again: str, same_digest: bool) -> None:
    vm = Vm(ovirt)
    vm.look(disk(1), metadata=f"<metadata>{OURS.format('o')}{OTHERS}</metadata>")
    assert vm.known
    digest = vm.known.digest
    assert vm.look(disk(1), metadata=f"<metadata>{again}</metadata>") == []
    assert vm.known.digest == digest or not same_digest


def test_L129_a_disk_stays_itself_over_snapshots_and_copies(ovirt: Any) -> None:
    below = "<backingStore type='file'><format type='raw'/><source file='/images/a'/><backingStore/></backingStore>"
    mirror = "<mirror type='file' job='active-commit'><source file='/images/a'/></mirror>"
    for name in (1, "scsi0-0-0-0"):
        vm = Vm(ovirt)
        vm.look(disk(name))
        ids = vm.ids("disks")
        for device in (
            disk(name, source="/images/b", more=below),
            disk(name, source="/images/b", more=below + mirror),
            disk(name),
        ):
            assert {what for what, _ in vm.look(device)} <= {"updated"}
            assert vm.ids("disks") == ids


def test_L129_another_volume_is_told_by_the_metadata_alone(ovirt: Any) -> None:
    entry = """<metadata><o:vm xmlns:o='http://ovirt.org/vm/1.0'><o:device devtype='disk' name='sda'>
        <o:volumeID>{0}</o:volumeID></o:device></o:vm></metadata>"""
    vm = Vm(ovirt)
    vm.look(disk(1), metadata=entry.format(uuid_of(51)))
    (change,) = vm.follow(document(disk(1), metadata=entry.format(uuid_of(52)))).changes
    assert (change.id, change.fields) == (uuid_of(1), {"volume_id": (uuid_of(51), uuid_of(52))})


def test_L130_a_digest_is_the_same_in_every_process(ovirt: Any) -> None:
    xml = document(disk(1), nic(2), channel(3), ROOT)
    program = (
        "import sys, xform\nfrom xform.monitor.follow import follow\n"
        "sys.stdout.buffer.write(follow(xform.load('ovirt'), None, sys.stdin.buffer.read()).known.digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=xml,
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {follow(ovirt, None, xml).known.digest}


@pytest.mark.parametrize("other", [uuid_of(77), None], ids=["another's", "nobody's"])
def test_L131_a_document_of_another_vm_is_refused(ovirt: Any, other: str | None) -> None:
    vm = Vm(ovirt)
    vm.look(disk(1))
    uuid = f"<uuid>{VM}</uuid>".encode()
    with pytest.raises(xform.XformError):
        vm.follow(document(nic(2)).replace(uuid, f"<uuid>{other}</uuid>".encode() if other else b""))


@pytest.mark.parametrize(
    ("ours", "foreign", "run", "gone"),
    [
        (disk(1), disk("scsi0-0-0-0", source="/foreign"), 2, "left out"),
        (nic(1), nic("net0"), 1, "unplugged"),
    ],
    ids=["place", "MAC"],
)
def test_L132_a_device_without_the_name_that_ours_had_is_another_one(
    ovirt: Any, ours: str, foreign: str, run: int, gone: str
) -> None:
    vm = Vm(ovirt, ours)
    vm.look(ours)
    assert sorted(what for what, _ in vm.look(foreign, run=run)) == ["inserted", gone]


def test_L133_who_saw_the_vm_stop_forgets_its_number(ovirt: Any) -> None:
    vm = Vm(ovirt, *MANAGED)
    vm.look(*MANAGED)
    assert vm.known
    vm.known = attrs.evolve(vm.known, run=None)
    assert vm.look(*MANAGED[1:]) == [("left out", "videos")]


# More of the original's


def test_L58_a_transitional_controller_is_found_by_id_and_place(ovirt: Any) -> None:
    text = "<controller type='scsi' index='0' model='{0}'>{1}</controller>"
    vm = Vm(ovirt, text.format("virtio-scsi", alias(1) + pci(2)))
    vm.look(text.format("virtio-transitional", alias(1) + pci(2)))
    assert vm.ids("controllers") == [uuid_of(1)]


def test_L60_a_scsi_device_of_the_host_is_found_by_adapter_and_unit(ovirt: Any) -> None:
    scsi = """<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host1'/>
        <address bus='0' target='0' unit='2'/></source>{0}</hostdev>"""
    vm = Vm(ovirt, scsi.format(""))
    vm.look(scsi.format(alias("hostdev0") + drive(3)))
    assert vm.look(scsi.format(alias("hostdev1") + drive(3)), run=2) == []
    assert len(vm.ids("hostdevs")) == 1


def test_L63_a_nic_that_stays_for_another_is_known_by_its_id(ovirt: Any) -> None:
    failover = nic(1, more="<teaming type='persistent'/>")
    vm = Vm(ovirt, failover)
    vm.look(failover)
    assert vm.ids("nics") == [uuid_of(1)]


def test_L45_an_address_comes_back_whole(ovirt: Any) -> None:
    ccw = f"""<interface type='user'><mac address='52:54:00:00:00:01'/>{alias(1)}
        <address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/></interface>"""
    vm = Vm(ovirt, nic(1))
    vm.look(ccw)
    (device,) = vm.devices("nics")
    assert (device.entity.address.cssid, device.entity.address.devno) == (0xFE, 1)


def test_L46_an_address_in_other_words_is_no_change(ovirt: Any) -> None:
    other = "<address function='0' slot='0' bus='0x1' type='pci' domain='0'/>"
    vm = Vm(ovirt)
    digest = vm.follow(document(nic(1, bus=1))).known.digest
    again = vm.follow(document(nic(1, bus=1).replace(pci(1), other)))
    assert again.changes == ()
    assert again.way == "some devices" or again.known.digest == digest


def test_L02_a_port_and_its_mirror_are_two_devices_under_one_alias() -> None:
    serial = f"<serial type='pty'><target type='isa-serial' port='0'/>{alias(1)}</serial>"
    console = f"<console type='pty'><target type='serial' port='0'/>{alias(1)}</console>"
    vm = Vm(xform.load("domain"))
    assert vm.look(serial, console)[1:] == [("inserted", "serials"), ("inserted", "consoles")]
    assert len({*vm.ids("serials"), *vm.ids("consoles")}) == 2
    assert vm.look(console, serial) == []


def test_L51_a_drive_of_one_run_is_new_once(ovirt: Any) -> None:
    payload = (
        f"<disk type='file' device='cdrom'><source file='/payload'/><target dev='sdd' bus='sata'/>{alias(77)}</disk>"
    )
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    assert vm.look(disk(1), payload, run=2) == [("inserted", "disks")]
    assert vm.look(disk(1), payload, run=2) == []
    assert vm.look(disk(1), run=3) == [("left out", "disks")]


def test_L72_a_device_without_an_address_is_followed(ovirt: Any) -> None:
    bare = f"<interface type='user'><mac address='52:54:00:00:00:01'/>{alias(1)}</interface>"
    vm = Vm(ovirt)
    assert ("inserted", "nics") in vm.look(bare)
    assert vm.look() == [("unplugged", "nics")]


def test_L22_a_stale_entry_of_the_metadata_brings_no_device_back(ovirt: Any) -> None:
    metadata = f"""<metadata><o:vm xmlns:o='{OVIRT_VM}'><o:device devtype='disk' name='sda'>
        <o:imageID>{uuid_of(50)}</o:imageID></o:device></o:vm></metadata>"""
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1), metadata=metadata)
    assert vm.look(metadata=metadata) == [("unplugged", "disks")]


def test_the_same_document_again_changes_nothing(ovirt: Any) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    again = vm.follow(document(disk(1)))
    assert (again.way, again.changes) == ("same text", ())


def test_a_document_updates_inserts_and_removes_at_once(ovirt: Any) -> None:
    usb = "<controller type='usb' index='0' model='qemu-xhci'><alias name='usb'/></controller>"
    vm = Vm(ovirt, nic(1), disk(2))
    vm.look(usb, nic(1), disk(2))
    changes = vm.look(nic(1, more="<link state='down'/>"), disk(2), channel("channel0"))
    assert sorted(changes) == [("inserted", "channels"), ("unplugged", "controllers"), ("updated", "nics")]


def test_what_happened_is_told_with_what_was_and_what_is(ovirt: Any) -> None:
    vm = Vm(ovirt, nic(1))
    vm.look(nic(1, more="<link state='up'/>"))
    (change,) = vm.follow(document(nic(1, more="<link state='down'/>"))).changes
    assert change == Change("updated", "nics", uuid_of(1), {"linked": (True, False)})
