"""Devices of the host: given as what they are, as disks, as memory or as vGPUs, or left out and not forgotten."""

from typing import Any

import pytest
from attrs import evolve

from xform.schema import Schema

from ..material import OVIRT, corpus, plan
from .devices_material import CONTEXT, OTHER_ID, PROFILE_ID, document, planned, recalled, setting, step, vm

HOSTDEVS = step("hostdevs")
Device = CONTEXT.HostDevice
MIB = 1 << 20
PCI = Device(name="pci_0000_00_1d_0", capability="pci", address={"domain": 0, "bus": 0, "slot": 29, "function": 0})
USB = Device(name="usb_1_2", capability="usb_device", address={"bus": 1, "device": 2})
SCSI = Device(
    name="scsi_2_1_0_3",
    capability="scsi",
    address={"bus": 1, "host": 2, "target": 0, "lun": 3},
    block_path="/dev/sdb",
)
NVDIMM = Device(
    name="ndctl_0",
    capability="nvdimm",
    device_path="/dev/pmem0",
    device_size=1024 * MIB,
    align_size=2 * MIB,
    numa_node="1",
)
HOST = CONTEXT.Host(devices=(PCI, USB, SCSI, NVDIMM))


def given_to(*names: str, host: Any = HOST, version: str = "4.8", **fields: Any) -> tuple[Any, Any]:
    """A VM with devices of the host by their names, and its setting."""
    entity = vm(hostdevs=[OVIRT.Hostdev(host_device=name) for name in names], **fields)
    return entity, setting(entity, version, host=host)


def vgpus(*nodisplay: bool | None, version: str = "4.8", host: Any = HOST, **fields: Any) -> list[Any]:
    entity = vm(hostdevs=[OVIRT.Hostdev(vgpu_type="nvidia-28", nodisplay=each, **fields) for each in nodisplay])
    return list(planned(entity, setting(entity, version, host=host)).hostdevs)


# --- as what they are ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "source", "raw_io"),
    [
        (PCI, OVIRT.PciHostdevSource(domain=0, bus=0, slot=29, function=0), None),
        (USB, OVIRT.UsbHostdevSource(bus=1, device=2), None),
        (SCSI, OVIRT.ScsiHostdevSource(adapter=OVIRT.ScsiAdapter(name="scsi_host2"), bus=1, target=0, unit=3), True),
    ],
    ids=["pci", "usb", "scsi"],
)
def test_a_device_is_given_by_its_address(device: Any, source: Any, raw_io: bool | None) -> None:
    entity, context = given_to(device.name)
    [made] = planned(entity, context).hostdevs
    assert (made.source, made.mode, made.managed, made.raw_io) == (source, "subsystem", False, raw_io)
    assert made.id is not None


@pytest.mark.parametrize("device", [PCI, USB], ids=["pci", "usb"])
def test_a_device_is_found_by_its_address(device: Any) -> None:
    entity, context = given_to(device.name)
    assert recalled(document(planned(entity, context)), None, context).hostdevs[0].host_device == device.name


def test_L60_a_scsi_device_is_found_by_adapter_and_unit() -> None:
    entity, context = given_to(SCSI.name)
    known = planned(entity, context)
    live = OVIRT.generate(known)
    assert [pair.rung for pair in OVIRT.match(live, known).pairs if pair.kind == "hostdevs"] == [("id",)]
    nameless = evolve(known, hostdevs=[evolve(known.hostdevs[0], id=None)])
    assert [pair.rung for pair in OVIRT.match(live, nameless).pairs if pair.kind == "hostdevs"] == [
        ("source.adapter.name", "source.bus", "source.target", "source.unit")
    ]
    assert recalled(OVIRT.parse(live), None, context).hostdevs[0].host_device == SCSI.name


def test_L102_an_address_of_two_devices_tells_none() -> None:
    entity, context = given_to(PCI.name, host=CONTEXT.Host(devices=(PCI, evolve(PCI, name="other"))))
    assert recalled(document(planned(entity, context)), None, context).hostdevs[0].host_device is None


# --- left out and not forgotten -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"host_device": PCI.name, "iommu_placeholder": True},
        {"host_device": "pci_that_this_host_lacks"},
        {"host_device": PCI.name, "plugged": False},
        {"host_device": "mdev"},
    ],
    ids=["placeholder", "missing", "unplugged", "of no kind"],
)
def test_L62_what_is_not_given_is_in_no_document_and_not_forgotten(fields: dict[str, Any]) -> None:
    left = OVIRT.Hostdev(id=OTHER_ID, **fields)
    known = vm(hostdevs=[left, OVIRT.Hostdev(id=PROFILE_ID, host_device=USB.name)])
    devices = (*HOST.devices, Device(name="mdev", capability="mdev"))
    context = setting(known, host=CONTEXT.Host(devices=devices))
    made = planned(known, context)
    assert [device.id for device in made.hostdevs] == [PROFILE_ID]
    assert planned(made, context) == made
    live = OVIRT.generate(made)
    assert [(kind, item.id) for kind, item in OVIRT.match(live, made).missing] == []
    found = recalled(OVIRT.parse(live), known, context)
    assert found.hostdevs == [planned(known, context).hostdevs[0], left]
    assert [device.plugged for device in found.hostdevs] == [True, left.plugged]
    assert planned(found, context).hostdevs == made.hostdevs


def test_a_device_that_went_away_is_not_brought_back() -> None:
    known, context = given_to(USB.name)
    known = planned(known, context)
    assert recalled(document(evolve(known, hostdevs=[])), known, context).hostdevs == []


# --- as disks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("scsi_hd", {"device": "disk", "interface": "scsi", "raw_io": None, "logical_block_size": 512}),
        ("scsi_block", {"device": "lun", "interface": "scsi", "raw_io": True, "logical_block_size": None}),
        ("virtio_blk_pci", {"device": "disk", "interface": "virtio", "raw_io": None, "logical_block_size": None}),
    ],
)
def test_a_scsi_device_may_be_a_disk(kind: str, expected: dict[str, Any]) -> None:
    entity, context = given_to(SCSI.name, custom_properties={"scsi_hostdev": kind})
    made = planned(entity, context)
    [disk] = made.disks
    assert made.hostdevs == []
    assert {name: getattr(disk, name) for name in expected} == expected
    assert (disk.source, disk.driver, disk.format, disk.snapshot) == (
        OVIRT.BlockDiskSource(path="/dev/sdb"),
        "qemu",
        "raw",
        "no",
    )
    address = OVIRT.DriveAddress(controller=2, bus=1, target=0, unit=3)
    assert disk.address == (None if kind == "virtio_blk_pci" else address)
    assert disk.target is None
    assert disk.physical_block_size == (4096 if kind == "scsi_hd" else None)


@pytest.mark.parametrize(("kind", "counts"), [("scsi_generic", (1, 0)), (None, (1, 0)), ("scsi_hd", (0, 1))])
def test_which_scsi_devices_are_disks(kind: str | None, counts: tuple[int, int]) -> None:
    entity, context = given_to(SCSI.name, custom_properties={"scsi_hostdev": kind} if kind else {})
    made = planned(entity, context)
    assert (len(made.hostdevs), len(made.disks)) == counts


def test_a_virtio_disk_has_the_pci_address_that_is_known() -> None:
    address = OVIRT.PciAddress(bus=1, domain=2, slot=3, function=4)
    entity = vm(
        hostdevs=[OVIRT.Hostdev(host_device=SCSI.name, address=address)],
        custom_properties={"scsi_hostdev": "virtio_blk_pci"},
    )
    assert planned(entity, setting(entity, host=HOST)).disks[0].address == address
    legacy = setting(entity, host=HOST, os=CONTEXT.OsInfo(legacy_virtio=True))
    assert planned(entity, legacy).disks[0].model == "virtio-transitional"


def test_L41_among_virtio_disks_it_has_a_name_of_its_own() -> None:
    entity, _ = given_to(SCSI.name, custom_properties={"scsi_hostdev": "virtio_blk_pci"})
    made = plan(evolve(entity, disks=[OVIRT.Disk(interface="virtio"), OVIRT.Disk(interface="scsi")]), HOST)
    assert sorted(disk.target for disk in made.disks) == ["sda", "vda", "vdb"]
    assert sorted((disk.source.path is not None, disk.interface) for disk in made.disks)[-1] == (True, "virtio")


def test_a_disk_of_the_hosts_stays_a_device_of_the_hosts_for_the_manager() -> None:
    known, context = given_to(SCSI.name, custom_properties={"scsi_hostdev": "scsi_hd"})
    known = evolve(known, hostdevs=[evolve(known.hostdevs[0], id=OTHER_ID)])
    made = planned(known, context)
    made = evolve(made, disks=[evolve(made.disks[0], target="sda")])
    found = recalled(document(made), known, context)
    assert [item.id for item in (*found.hostdevs, *found.disks)] == [OTHER_ID, OTHER_ID]
    assert planned(found, context).disks == made.disks


def test_disks_of_the_hosts_are_in_the_order_of_their_addresses() -> None:
    other = evolve(SCSI, name="other", block_path="/dev/sdc", address={"host": 2, "bus": 0, "target": 0, "lun": 9})
    host = CONTEXT.Host(devices=(SCSI, other))
    entity, context = given_to(SCSI.name, "other", host=host, custom_properties={"scsi_hostdev": "scsi_hd"})
    assert [disk.source.path for disk in planned(entity, context).disks] == ["/dev/sdc", "/dev/sdb"]


# --- as memory ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host_nodes", "node"), [(None, 0), ("1", 3), ("0", 0)], ids=["not pinned", "where it is", "elsewhere"]
)
def test_an_nvdimm_is_memory(host_nodes: str | None, node: int) -> None:
    nodes = [OVIRT.NumaNode(index=0), OVIRT.NumaNode(index=3, host_nodes=host_nodes)]
    entity, context = given_to(NVDIMM.name, numa_nodes=nodes)
    made = planned(entity, context)
    [dimm] = made.dimms
    assert (made.hostdevs, dimm.model, dimm.access, dimm.path, dimm.pmem) == (
        [],
        "nvdimm",
        "shared",
        "/dev/pmem0",
        True,
    )
    assert (dimm.align_size, dimm.label_size, dimm.node) == (2048, 128, node)
    assert dimm.size == 898 * MIB >> 10


def test_an_nvdimm_without_a_numa_node_is_left_out_and_not_forgotten() -> None:
    entity, context = given_to(NVDIMM.name)
    known = evolve(entity, hostdevs=[evolve(entity.hostdevs[0], id=OTHER_ID)])
    made = planned(known, context)
    assert (made.dimms, made.hostdevs) == ([], [])
    assert recalled(document(made), known, context).hostdevs == known.hostdevs


# --- vGPUs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "nodisplay", "display", "ramfb"),
    [
        ("4.3", [None], [True], [None]),
        ("4.3", [None, False], [True, True], [None, None]),
        ("4.3", [True, True], [None, None], [None, None]),
        ("4.2", [None], [None], [None]),
        ("4.5", [None], [True], [True]),
        ("4.5", [True, None, None], [None, True, True], [None, True, None]),
    ],
)
def test_which_vgpus_show_a_screen(version: str, nodisplay: Any, display: Any, ramfb: Any) -> None:
    made = vgpus(*nodisplay, version=version)
    assert ([item.display for item in made], [item.ramfb for item in made]) == (display, ramfb)


@pytest.mark.parametrize(
    ("version", "placement", "type"),
    [
        ("4.2", "separated", "nvidia-28"),
        ("4.3", "separated", "nvidia-28|separate"),
        ("4.8", "consolidated", "nvidia-28|compact"),
        ("4.8", None, "nvidia-28|compact"),
    ],
)
def test_the_host_is_told_where_to_place_a_vgpu(version: str, placement: Any, type: str) -> None:
    [made] = vgpus(None, version=version, host=CONTEXT.Host(vgpu_placement=placement))
    assert (made.mdev_type, made.mode, made.model) == (type, "subsystem", "vfio-pci")


@pytest.mark.parametrize(("version", "expected"), [("4.6", None), ("4.7", "fps=60")])
def test_a_vgpus_driver_has_parameters_from_4_7_on(version: str, expected: str | None) -> None:
    [made] = vgpus(None, version=version, vgpu_parameters="fps=60")
    assert made.mdev_parameters == expected


def test_L61_a_vgpu_is_one_device_with_one_id() -> None:
    entity = vm(hostdevs=[OVIRT.Hostdev(vgpu_type="nvidia-28"), OVIRT.Hostdev(vgpu_type="nvidia-28", nodisplay=True)])
    known = planned(entity)
    assert [item.uuid for item in known.hostdevs] == [item.id for item in known.hostdevs]
    live = OVIRT.generate(known)
    for item in known.hostdevs:  # as older managers wrote it, without an alias
        live = live.replace(f"<alias name='ua-{item.id}'/>", "<alias name='hostdev0'/>")
    found = OVIRT.match(live, known)
    assert [(pair.known.uuid, pair.found.uuid) for pair in found.pairs if pair.kind == "hostdevs"] == [
        (item.uuid, item.uuid) for item in known.hostdevs
    ]
    assert (found.new, found.missing, found.ambiguous) == ([], [], [])
    back = recalled(OVIRT.parse(live), known, setting(known)).hostdevs
    assert [(item.vgpu_type, item.nodisplay) for item in back] == [("nvidia-28", None), ("nvidia-28", True)]


@pytest.mark.parametrize("version", ["libvirt-9.0.0", "libvirt-11.3.0"])
@pytest.mark.parametrize("kind", ["scsi_generic", "scsi_hd", "scsi_block", "virtio_blk_pci"])
def test_devices_of_the_host_are_valid(version: str, kind: str) -> None:
    names = (PCI.name, USB.name, SCSI.name, NVDIMM.name)
    entity, context = given_to(*names, numa_nodes=[OVIRT.NumaNode(index=0)], custom_properties={"scsi_hostdev": kind})
    function = OVIRT.Nic(interface_type="pci_passthrough", host_device=PCI.name)
    made = planned(evolve(entity, nics=[function]), context)
    made = evolve(made, disks=[evolve(disk, target="vda") for disk in made.disks])
    assert Schema(corpus("schemas") / version).said(OVIRT.tree(OVIRT.generate(made))) == []
    assert planned(made, context) == made
