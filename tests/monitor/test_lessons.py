"""What a real libvirt does to devices, and what the original makes of it: each is followed as what it is."""

from __future__ import annotations

from typing import Any

import pytest

import xform
from xform.monitor.follow import manage

from .parts import uuid_of
from .vm import (
    KEYBOARD,
    MANAGED,
    OVIRT_VM,
    ROOT,
    SCREEN,
    TPM,
    VIDEO,
    Vm,
    alias,
    channel,
    dimm,
    disk,
    document,
    nic,
    pci,
    rng,
    root_port,
)


@pytest.fixture(scope="module")
def ovirt() -> Any:
    return xform.load("ovirt")


# Nothing is lost


def test_L105_digests_come_with_the_devices_that_they_stand_for(ovirt: Any) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    before, second = vm.known, document(disk(1), disk(2, "sdb", unit=1))
    lost = vm.follow(second)
    vm.known = before  # nobody wrote it down
    assert vm.follow(second) == lost
    assert [change.what for change in lost.changes] == ["inserted"]
    assert vm.follow(second).changes == ()


@pytest.mark.parametrize("broken", [b"", b"<domain><devices>", document(disk(1))[:200]])
def test_L106_a_document_that_cannot_be_read_leaves_all_as_it_was(ovirt: Any, broken: bytes) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    before = vm.known
    with pytest.raises(xform.XformError):
        vm.follow(broken)
    assert vm.known is before
    assert vm.look() == [("unplugged", "disks")]


def test_L107_what_a_document_does_not_say_is_not_cleared(ovirt: Any) -> None:
    entity = ovirt.parse(document(disk(1), nic(2), run=None))
    entity.disks[0].name, entity.nics[0].host_device = "system", "pci_0000_05_10_1"
    vm = Vm(ovirt)
    vm.known = manage(ovirt, None, entity)
    for state in ("up", "down"):
        vm.look(disk(1), nic(2, more=f"<link state='{state}'/>"))
    assert [device.entity.name for device in vm.devices("disks")] == ["system"]
    assert [device.entity.host_device for device in vm.devices("nics")] == ["pci_0000_05_10_1"]


# One device, one id


def test_L66_L108_an_agent_that_connects_makes_no_channel_another_one(ovirt: Any) -> None:
    vm = Vm(ovirt)
    vm.look(channel("channel0"), channel("channel1", "spice.0", port=2))
    ids = vm.ids("channels")
    assert vm.look(channel("channel0", state="connected"), channel("channel1", "spice.0", port=2)) == []
    assert vm.ids("channels") == ids
    assert len(ids) == 2


def test_L109_controllers_of_libvirts_own_keep_their_ids(ovirt: Any) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(ROOT, root_port(1), root_port(2), disk(1))
    ids = vm.ids("controllers")
    assert vm.look(ROOT, root_port(1), root_port(2)) == [("unplugged", "disks")]
    assert vm.ids("controllers") == ids
    assert len(ids) == 3


def test_L110_devices_of_libvirts_own_are_found_without_their_aliases(ovirt: Any) -> None:
    vm = Vm(ovirt)
    live = [ROOT, root_port(1), KEYBOARD.format(alias("input0")), channel("channel0"), rng("rng0", 5)]
    vm.look(*live)
    ids = {kind: vm.ids(kind) for kind in ("controllers", "inputs", "channels", "rngs")}
    inactive = "".join(live)
    for name in ("pcie.0", "pci.1", "input0", "channel0", "rng0"):
        inactive = inactive.replace(alias(name), "")
    assert vm.look(inactive, run=None) == []
    assert {kind: vm.ids(kind) for kind in ids} == ids


def test_L111_an_alias_of_libvirts_is_another_devices_after_the_next_start(ovirt: Any) -> None:
    vm = Vm(ovirt)
    one, other = "52:54:00:00:00:01", "52:54:00:00:00:02"
    vm.look(nic("net0", one, 1), nic("net1", other, 2))
    ids = {device.entity.mac: device.id for device in vm.devices("nics")}
    assert vm.look(nic("net0", other, 2), nic("net1", one, 1), run=2) == []
    assert {device.entity.mac: device.id for device in vm.devices("nics")} == ids


def test_L112_what_nobody_knows_is_followed_as_well(ovirt: Any) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    foreign = [
        disk("scsi0-0-0-1", "sdb", "/foreign", unit=1),
        nic("net0"),
        VIDEO.format("vga", alias("video0") + pci(3)),
    ]
    assert vm.look(disk(1), *foreign) == [("inserted", "disks"), ("inserted", "nics"), ("inserted", "videos")]
    assert vm.look(disk(1)) == [("unplugged", "disks"), ("unplugged", "nics"), ("unplugged", "videos")]
    assert [device.id for device in vm.devices("disks")] == [uuid_of(1)]


# What is gone


def test_L64_L113_what_a_start_left_out_was_not_unplugged(ovirt: Any) -> None:
    vm = Vm(ovirt, *MANAGED)
    vm.look(*MANAGED)
    instead = VIDEO.format("vga", alias(9) + pci(4))
    gone = [(change.what, change.id) for change in vm.follow(document(instead, MANAGED[2], run=2)).changes]
    assert sorted(gone) == [("inserted", uuid_of(9)), ("left out", uuid_of(1)), ("left out", uuid_of(2))]
    assert sorted(vm.look(*MANAGED, run=3)) == [("left out", "videos"), ("returned", "tpms"), ("returned", "videos")]
    assert vm.ids("videos") == [uuid_of(1)]


def test_L57_L59_L97_every_kind_of_device_goes(ovirt: Any) -> None:
    kinds = {
        "graphics": SCREEN.format(5900),
        "tpms": TPM.format(alias(1)),
        "consoles": f"<console type='pty'><target type='serial' port='0'/>{alias(2)}</console>",
        "balloon": f"<memballoon model='virtio'>{alias(3)}{pci(3)}</memballoon>",
        "leases": "<lease><lockspace>s</lockspace><key>k</key><target path='/leases' offset='0'/></lease>",
        "inputs": KEYBOARD.format(alias(4)),
        "hostdevs": f"""<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='{uuid_of(5)}'/>
            </source>{alias("hostdev0")}{pci(6)}</hostdev>""",
        "channels": channel(7),
    }
    for kind, device in kinds.items():
        vm = Vm(ovirt, device)
        vm.look(device)
        assert vm.ids(kind), kind
        assert vm.look() == [("unplugged", kind)]
        assert vm.look(device) == [("returned", kind)]


def test_L61_a_vgpu_is_one_device_under_the_managers_id(ovirt: Any) -> None:
    vgpu = f"""<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='{uuid_of(5)}'/></source>
        {{0}}</hostdev>"""
    vm = Vm(ovirt, vgpu.format(alias(5)))
    vm.look(vgpu.format(alias("hostdev0") + pci(3)))  # as older managers wrote it
    assert vm.ids("hostdevs") == [uuid_of(5)]


def test_L68_of_two_of_a_kind_the_first_is_not_taken_for_ours(ovirt: Any) -> None:
    vm = Vm(ovirt, rng(1, 1))
    vm.look(rng(1, 1))
    assert vm.look(rng("rng0", 2), rng(1, 1)) == [("inserted", "rngs")]
    assert vm.look(rng("rng0", 2)) == [("unplugged", "rngs")]
    assert [(device.id, device.plugged) for device in vm.devices("rngs") if device.managed] == [(uuid_of(1), False)]


def test_L68_memory_that_was_plugged_is_known_once_and_under_the_managers_id(ovirt: Any) -> None:
    vm = Vm(ovirt, dimm(1, 0), dimm(2, 1))
    vm.look(dimm(1, 0), dimm(2, 1))
    assert vm.look(dimm(2, 0), dimm(1, 1)) == [("updated", "dimms"), ("updated", "dimms")]
    assert vm.ids("dimms") == [uuid_of(1), uuid_of(2)]
    assert vm.look(dimm(1, 1)) == [("unplugged", "dimms")]
    assert vm.ids("dimms") == [uuid_of(1)]


def test_L05_what_cannot_be_told_apart_stays_as_it_is(ovirt: Any) -> None:
    mac = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
    vm = Vm(ovirt, mac, mac)
    before = vm.devices("nics")
    followed = vm.follow(document(mac, mac))
    assert [(kind, rung, len(ids)) for kind, rung, ids in followed.ambiguous] == [("nics", ("mac",), 2)]
    assert followed.changes == ()
    assert vm.devices("nics") == before


# Aliases


def test_L114_another_text_with_our_id_behind_it_is_not_ours(ovirt: Any) -> None:
    vm = Vm(ovirt, disk(1))
    vm.look(disk(1))
    other = disk(f"zz-{uuid_of(1)}", "sdb", "/other", unit=1)
    assert sorted(vm.look(other)) == [("inserted", "disks"), ("unplugged", "disks")]


def test_L114_no_alias_is_not_no_alias(ovirt: Any) -> None:
    bare = "<interface type='user'><mac address='{0}'/></interface>"
    vm = Vm(ovirt, bare.format("52:54:00:00:00:01"))
    vm.look(bare.format("52:54:00:00:00:01"))
    changes = vm.look(bare.format("52:54:00:00:00:02"))
    assert sorted(changes) == [("inserted", "nics"), ("unplugged", "nics")]


def test_L115_the_uuid_in_an_alias_has_no_case(ovirt: Any) -> None:
    number = "ABCDEF00-0000-4000-8000-00000000000A"
    vm = Vm(ovirt, disk(f"ua-{number.lower()}"))
    vm.look(disk(f"ua-{number}"))
    assert vm.ids("disks") == [number.lower()]


def test_L06_L116_a_foreign_disk_takes_a_target_name_and_not_our_disks_id(ovirt: Any) -> None:
    metadata = f"""<metadata><o:vm xmlns:o='{OVIRT_VM}'><o:device devtype='disk' name='sda'>
        <o:imageID>{uuid_of(50)}</o:imageID></o:device></o:vm></metadata>"""
    vm = Vm(ovirt)
    vm.known = manage(ovirt, None, ovirt.parse(document(disk(1), run=None, metadata=metadata)))
    vm.look(disk(1), metadata=metadata)
    changes = vm.look(disk("scsi0-0-0-0", source="/foreign"), metadata=metadata)
    assert sorted(changes) == [("inserted", "disks"), ("unplugged", "disks")]
    assert [(device.id, device.plugged) for device in vm.devices("disks") if device.managed] == [(uuid_of(1), False)]


def test_L117_what_comes_back_under_its_alias_is_the_same_device(ovirt: Any) -> None:
    before = [disk(1), nic(2), dimm(3, 0)]
    after = [disk(1, "sdc", unit=2), nic(2, "52:54:00:00:00:77", 7), dimm(3, 1)]
    vm = Vm(ovirt, *before)
    vm.look(*before)
    vm.look()
    assert sorted(vm.look(*after)) == [("returned", "dimms"), ("returned", "disks"), ("returned", "nics")]
    assert [device.entity.target for device in vm.devices("disks")] == ["sdc"]
    assert vm.ids("nics") == [uuid_of(2)]
