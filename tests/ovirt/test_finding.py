"""Finding devices again: of managers that gave other aliases or none, in any order, and what is there no longer."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from attrs import evolve, fields

from xform import EntityError

from .material import OVIRT, plan
from .plan.devices_material import CONTEXT, OTHER_ID, vm
from .plan.drives import LUN, cdrom, disk, image, only, recalled, reread
from .plan.test_devices import everything
from .test_examples import NAMES, planned

each = pytest.mark.parametrize("name", NAMES)
_ALIAS = re.compile(r"<alias name='ua-[^']*'/>")


def aliased_by_libvirt(text: str) -> str:
    """A document as libvirt makes it of one that an old manager wrote: without aliases, metadata by the MAC alone."""
    numbers = iter(range(1000))
    text = re.sub(r" alias='ua-[^']*'", "", text)
    return _ALIAS.sub(lambda found: f"<alias name='device{next(numbers)}'/>", text)


def whole() -> Any:
    """A VM with a device of every kind."""
    drives = [image(interface="virtio", target="vda"), cdrom(target="sda", interface="sata")]
    entity = evolve(everything("x86_64", "q35"), disks=drives, sounds=[OVIRT.Sound(model="ich9")])
    dimm = OVIRT.MemoryDevice(id=OTHER_ID, model="dimm", size=1048576, node=0)
    return plan(evolve(entity, dimms=[dimm]))


# --- without the aliases of ours ----------------------------------------------------------------------------------


@each
def test_L77_devices_that_have_libvirts_aliases_are_found_by_what_else_they_are(name: str) -> None:
    known = planned(name)
    found = OVIRT.match(aliased_by_libvirt(OVIRT.generate(known)), known)
    alike = {"redirdevs"}  # by nothing else are these told apart
    assert {kind for kind, _ in (*found.new, *found.missing)} <= alike
    assert all(pair.rung != ("id",) for pair in found.pairs)
    for pair in found.pairs:
        if getattr(pair.known, "id", None) is not None:
            assert pair.found == evolve(pair.known, id=None)


def test_L77_of_two_that_share_all_that_is_told_neither_is_taken() -> None:
    """The card that stays has the MAC of the one that leaves."""
    known = planned("sriov_failover")
    found = OVIRT.match(aliased_by_libvirt(OVIRT.generate(known)), known)
    assert [(one.kind, one.rung, len(one.known)) for one in found.ambiguous] == [("nics", ("mac",), 2)]


def test_L78_a_controller_that_says_that_there_is_none_is_found_without_alias_and_address() -> None:
    known = plan(vm(usb=False))
    usb = [pair for pair in OVIRT.match(OVIRT.generate(known), known).pairs if getattr(pair.known, "type", "") == "usb"]
    assert [(pair.known.model, pair.known.id, pair.rung) for pair in usb] == [("none", None, ("type", "index"))]


@each
def test_L79_which_device_is_which_does_not_hang_on_their_order(name: str) -> None:
    known = planned(name)
    text = aliased_by_libvirt(OVIRT.generate(known))
    lists = {
        field.name: value for field in fields(type(known)) if isinstance(value := getattr(known, field.name), list)
    }
    shuffled = evolve(known, **{key: random.Random(7).sample(value, len(value)) for key, value in lists.items()})
    one, other = (
        {(pair.kind, pair.rung, repr(pair.known), repr(pair.found)) for pair in OVIRT.match(text, held).pairs}
        for held in (known, shuffled)
    )
    assert one == other


@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"memory": 128}, {"title": "t"}, {"custom_properties": {"a": "b"}}]
)
def test_what_is_said_of_the_vm_alone_changes_no_device(change: dict[str, Any]) -> None:
    known = whole()
    found = OVIRT.match(OVIRT.update(OVIRT.generate(known), evolve(known, **change)), known)
    assert (found.new, found.missing, found.ambiguous) == ([], [], [])
    shown = reread(known)
    for pair in found.pairs:
        held = getattr(shown, pair.kind)
        assert pair.found in (held if isinstance(held, list) else [held])


# --- what went away -----------------------------------------------------------------------------------------------


def test_L97_no_kind_of_device_is_exempt_from_being_missing() -> None:
    known = whole()
    kinds = {pair.kind for pair in OVIRT.match(OVIRT.generate(known), known).pairs}
    assert {"graphics", "consoles", "hostdevs", "tpms", "balloon", "nics", "disks", "channels", "videos"} <= kinds
    for kind in kinds:
        gone = evolve(known, **{kind: [] if isinstance(getattr(known, kind), list) else None})
        missing = {lost for lost, _ in OVIRT.match(OVIRT.generate(gone), known).missing}
        assert missing == {kind}


@pytest.mark.parametrize("device", ["nics", "disks", "hostdevs"])
def test_L75_what_is_not_plugged_is_in_no_document_and_not_forgotten(device: str) -> None:
    made = {
        "nics": OVIRT.Nic(id=OTHER_ID, plugged=False),
        "disks": image(id=OTHER_ID, plugged=False),
        "hostdevs": OVIRT.Hostdev(id=OTHER_ID, host_device="pci_0000_00_1d_0", plugged=False),
    }
    known = vm(**{device: [made[device]]})
    text = OVIRT.generate(plan(known))
    assert OTHER_ID not in text
    again = OVIRT.recall(OVIRT.parse(text), known=known)
    assert [(item.id, item.plugged) for item in getattr(again, device)] == [(OTHER_ID, False)]
    assert OVIRT.generate(plan(again)) == text


@pytest.mark.parametrize("device", ["nics", "disks"])
def test_L75_what_a_document_shows_is_plugged(device: str) -> None:
    made = {"nics": OVIRT.Nic(id=OTHER_ID), "disks": image(id=OTHER_ID)}
    live = OVIRT.generate(plan(vm(**{device: [made[device]]})))
    known = vm(**{device: [evolve(made[device], plugged=False)]})
    again = OVIRT.recall(OVIRT.parse(live), known=known)
    assert [(item.id, item.plugged) for item in getattr(again, device)] == [(OTHER_ID, True)]


# --- what devices are ---------------------------------------------------------------------------------------------


def test_L98_a_lun_that_has_ids_of_an_image_is_a_lun() -> None:
    lun = image(guid=LUN, target="sda", source=OVIRT.BlockDiskSource(path=f"/dev/mapper/{LUN}"))
    assert only(recalled(reread(plan(vm(disks=[lun]))), None)).storage_type == "lun"


@pytest.mark.parametrize("read_only", [True, False])
def test_L99_what_is_read_only_in_a_document_is_so_in_its_entity(read_only: bool) -> None:
    made = plan(vm(disks=[disk(read_only=read_only), cdrom()]))
    assert [one.read_only for one in reread(made).disks] == [True, read_only]


def test_L94_what_was_plugged_of_memory_is_said_in_numbers() -> None:
    dimm = OVIRT.MemoryDevice(id=OTHER_ID, model="dimm", size=1048576, node=0)
    text = OVIRT.generate(vm(dimms=[dimm])).replace("unit='KiB'>1048576", "unit='MiB'>1024")
    [found] = OVIRT.parse(text).dimms
    assert (found.size, found.node) == (1048576, 0)
    assert found == dimm


def test_L95_what_is_taken_out_is_named_by_its_alias_or_not_at_all() -> None:
    one, other = image(id=OTHER_ID), image(target="vdb", interface="virtio")
    entity = vm(disks=[one, other])
    text = OVIRT.generate(entity, part="hotunplug", only=[one])
    assert (
        "".join(text.split()) == f"<hotunplug><devices><disk><aliasname='ua-{OTHER_ID}'/></disk></devices></hotunplug>"
    )
    with pytest.raises(EntityError, match="cannot be told from others without id"):
        OVIRT.generate(entity, part="hotunplug", only=[other])


# --- parts of documents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", ["nics", "disks"])
def test_what_is_plugged_in_gives_the_device_and_its_metadata(device: str) -> None:
    known = plan(vm(nics=[OVIRT.Nic(network="lab")], disks=[image(target="vda", interface="virtio")]))
    one = getattr(known, device)[0]
    text = OVIRT.generate(known, part="hotplug", only=[one])
    read = OVIRT.parse(text)
    assert getattr(read, device) == [reread(known).nics[0] if device == "nics" else reread(known).disks[0]]
    assert (read.nics + read.disks, read.id) == (getattr(read, device), None)
    assert (read.nics or read.disks)[0].id == one.id


@pytest.mark.parametrize(
    ("device", "told"),
    [("nics", {"network": "lab"}), ("disks", {"volume_id": image().volume_id, "pool_id": image().pool_id})],
)
def test_without_metadata_a_device_that_is_plugged_in_has_none(device: str, told: dict[str, str]) -> None:
    known = plan(vm(nics=[OVIRT.Nic(network="lab")], disks=[image(target="vda", interface="virtio")]))
    one = getattr(known, device)[0]
    text = OVIRT.generate(known, part="hotplug", only=[one])
    bare = re.sub(r"<metadata>.*</metadata>", "", text, flags=re.DOTALL)
    assert bare != text
    [found] = getattr(OVIRT.parse(text), device)
    [without] = getattr(OVIRT.parse(bare), device)
    assert {name: getattr(found, name) for name in told} == told
    assert {name: getattr(without, name) for name in told} == dict.fromkeys(told)
    assert (without.id, without.source, without.address) == (found.id, found.source, found.address)
    assert [*OVIRT.open(bare).residue] == []


# --- what has no id yet -------------------------------------------------------------------------------------------


def test_what_is_known_of_devices_without_ids_is_not_lost() -> None:
    known = evolve(
        vm(),
        nics=[OVIRT.Nic(name="nic1", interface_type="e1000"), OVIRT.Nic(name="nic2", plugged=False)],
        disks=[image(id=None, image_id=None, name="off", plugged=False), OVIRT.Disk(name="on", boot=True)],
    )
    found = OVIRT.recall(OVIRT.parse(OVIRT.generate(OVIRT.plan(known))), known=known)
    assert [(nic.name, nic.interface_type, nic.plugged) for nic in found.nics] == [
        ("nic1", "e1000", True),
        ("nic2", None, False),
    ]
    assert [(one.name, one.boot, one.plugged) for one in found.disks] == [("on", True, True), ("off", None, False)]


@pytest.mark.parametrize(("capability", "made"), [("nvdimm", "<memory model='nvdimm'"), ("scsi", "<blockio")])
def test_what_is_made_of_a_hosts_device_without_an_id_is_not_made_twice(capability: str, made: str) -> None:
    device = CONTEXT.HostDevice(name="one", capability=capability, device_path="/dev/pmem0", device_size=1 << 30)
    known = vm(
        hostdevs=[OVIRT.Hostdev(host_device="one")],
        numa_nodes=[OVIRT.NumaNode(cpus="0", memory=64)],
        custom_properties={"scsi_hostdev": "scsi_hd"},
    )
    host = CONTEXT.Host(devices=(device,), numa_nodes=(CONTEXT.HostNumaNode(index=0),))
    text = OVIRT.generate(OVIRT.plan(known, host=host))
    assert made in text
    found = OVIRT.recall(OVIRT.parse(text), known=known, host=host)
    assert OVIRT.generate(OVIRT.plan(found, host=host)) == text
