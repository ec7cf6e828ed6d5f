"""Devices of the host: by name on the host, given to the guest as what they are, or as a disk or memory made of them.

What the guest is not given is no part of a document: a device that goes along with its IOMMU group, one that is not
plugged, one that this host does not have.  Plan leaves it out, and recall brings it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from .common import PCI_PLACE, counterpart, each, name_at, virtio
from .context import Entity, HostDevice, Setting, complete
from .identities import identify
from .nvdimm import LABEL_SIZE, aligned_size, hot_plug_factor

_AS_DISKS = ("scsi_hd", "scsi_block", "virtio_blk_pci")


def plan(vm: Entity, setting: Setting) -> Entity:
    """What each device is connected to; NUMA nodes are known."""
    cls = setting.dialect.Hostdev
    vm = identify(vm, setting, "hostdevs")
    devices = [item for item in vm.hostdevs if not isinstance(item, cls) or _given(item, setting)]
    vm = evolve(vm, hostdevs=each(devices, cls, lambda item: _connected(item, vm, setting)))
    return _vgpus(_dimms(_disks(vm, setting), setting), setting)


def recall(vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    """Names on the host, by address; what plan leaves out of a document, or makes a disk or memory of, is as it was."""
    dialect = setting.dialect
    before = [item for item in (known.hostdevs if known else []) if isinstance(item, dialect.Hostdev)]

    def device(item: Entity) -> Entity:
        other = counterpart(item, before, "id", "uuid")
        parts = (item.mdev_type or "").split("|")
        return evolve(
            item,
            host_device=_name_at(item.source, setting) or (other and other.host_device),
            iommu_placeholder=other and other.iommu_placeholder,
            vgpu_type=parts[0] or (other and other.vgpu_type),
            vgpu_parameters=item.mdev_parameters or (other and other.vgpu_parameters),
            nodisplay=_nodisplay(item, other, setting),
        )

    devices = each(vm.hostdevs, dialect.Hostdev, device)
    there = {item.id for item in devices if isinstance(item, dialect.Hostdev)}
    back = [item for item in before if item.id not in there and not _is_hostdev(item, known, setting)]
    return evolve(vm, hostdevs=[*devices, *back])


def shows_screen(item: Entity, dialect: Any) -> bool:
    """Whether a device is a vGPU that shows a screen."""
    vgpu = isinstance(item, dialect.Hostdev) and isinstance(item.source, dialect.MdevHostdevSource)
    return vgpu and not item.nodisplay and item.display is not False


def placed(type: str, setting: Setting) -> str:
    """What the host is told of a vGPU's type: from level 4.3 on also whether those of one VM share a card."""
    if not setting.config.vgpu_placement:
        return type
    return f"{type}|{'separate' if setting.host.vgpu_placement == 'separated' else 'compact'}"


def _given(item: Entity, setting: Setting) -> bool:
    """Whether the guest gets the device."""
    if not item.plugged or item.iommu_placeholder:
        return False
    if item.source is not None or item.vgpu_type or not item.host_device:
        return True
    device = setting.host.device(item.host_device)
    return device is not None and device.capability != "mdev"


def _is_hostdev(item: Entity, vm: Entity, setting: Setting) -> bool:
    """Whether a document shows the device as what it is."""
    return _given(item, setting) and (not item.host_device or _connected(item, vm, setting).source is not None)


def _device(item: Entity, setting: Setting) -> HostDevice | None:
    """The host's device, of one that is not connected yet."""
    own = isinstance(item, setting.dialect.Hostdev) and item.source is None
    return setting.host.device(item.host_device) if own else None


def _connected(item: Entity, vm: Entity, setting: Setting) -> Entity:
    """libvirt leaves the device's driver on the host alone: whoever prepares the host has changed it before."""
    dialect = setting.dialect
    device = _device(item, setting)
    if item.vgpu_type and item.source is None:
        item = evolve(item, source=dialect.MdevHostdevSource())
    elif device is None:
        return item
    elif device.capability == "pci":
        source = dialect.PciHostdevSource(**{name: device.address.get(name) for name in PCI_PLACE})
        return complete(evolve(item, source=source), mode="subsystem", managed=False)
    elif device.capability in ("usb", "usb_device"):
        source = dialect.UsbHostdevSource(bus=device.address.get("bus"), device=device.address.get("device"))
        return complete(evolve(item, source=source), mode="subsystem", managed=False)
    elif device.capability == "scsi" and vm.custom_properties.get("scsi_hostdev") not in _AS_DISKS:
        at = device.address
        adapter = dialect.ScsiAdapter(name=f"scsi_host{at.get('host', 0)}")
        source = dialect.ScsiHostdevSource(
            adapter=adapter, bus=at.get("bus", 0), target=at.get("target", 0), unit=at.get("lun", 0)
        )
        return complete(evolve(item, source=source), mode="subsystem", managed=False, raw_io=True)
    return item


def _taken(vm: Entity, setting: Setting, capability: str) -> Iterator[tuple[Entity, HostDevice]]:
    """Devices of a capability that are not connected as what they are, by their place on the host."""
    pairs = [(item, device) for item in vm.hostdevs if (device := _device(item, setting))]
    keys = ("host", "bus", "target", "lun")
    for item, device in sorted(pairs, key=lambda pair: [pair[1].address.get(key, 0) for key in keys]):
        if device.capability == capability:
            yield item, device


def _disks(vm: Entity, setting: Setting) -> Entity:
    """SCSI devices that the guest sees as disks.

    No label of the block device is asked for: `relabel` without a label is what libvirt does anyway, and invalid.
    """
    dialect = setting.dialect
    kind = vm.custom_properties.get("scsi_hostdev")
    have = {getattr(item, "id", None) for item in vm.disks}
    gone, disks = set(), []
    for item, device in _taken(vm, setting, "scsi"):
        gone.add(item.id)
        if item.id in have:
            continue
        at = device.address
        place = dialect.DriveAddress(
            controller=at.get("host", 0), bus=at.get("bus", 0), target=at.get("target", 0), unit=at.get("lun", 0)
        )
        own = item.address if isinstance(item.address, dialect.PciAddress) else None
        transitional = kind == "virtio_blk_pci" and virtio(vm, setting) != "virtio"
        disk = dialect.Disk(
            id=item.id,
            device="lun" if kind == "scsi_block" else "disk",
            model="virtio-transitional" if transitional else None,
            raw_io=True if kind == "scsi_block" else None,
            snapshot="no",
            driver="qemu",
            format="raw",
            source=dialect.BlockDiskSource(path=device.block_path),
            logical_block_size=512 if kind == "scsi_hd" else None,
            physical_block_size=4096 if kind == "scsi_hd" else None,
            interface="virtio" if kind == "virtio_blk_pci" else "scsi",
            address=own if kind == "virtio_blk_pci" else place,
            boot_order=item.boot_order,
        )
        disks.append(disk)
    return _without(evolve(vm, disks=[*vm.disks, *disks]), gone, setting)


def _dimms(vm: Entity, setting: Setting) -> Entity:
    """NVDIMMs; one that fits no NUMA node or cannot be aligned is none of the guest's."""
    dialect = setting.dialect
    have = {getattr(item, "id", None) for item in vm.dimms}
    gone, dimms = set(), []
    for item, device in _taken(vm, setting, "nvdimm"):
        gone.add(item.id)
        family = setting.family
        size = aligned_size(device.device_size or 0, device.align_size, family)
        node = _node(vm, device.numa_node)
        if item.id in have or not size or node is None:
            continue
        align = device.align_size or hot_plug_factor(family)
        dimm = dialect.MemoryDevice(
            id=item.id,
            model="nvdimm",
            access="shared",
            path=device.device_path,
            align_size=align >> 10,
            pmem=True,
            size=size >> 10,
            node=node,
            label_size=LABEL_SIZE,
        )
        dimms.append(dimm)
    return _without(evolve(vm, dimms=[*vm.dimms, *dimms]), gone, setting)


def _without(vm: Entity, gone: set[str], setting: Setting) -> Entity:
    cls = setting.dialect.Hostdev
    return evolve(vm, hostdevs=[item for item in vm.hostdevs if not (isinstance(item, cls) and item.id in gone)])


def _node(vm: Entity, host_node: str | None) -> int | None:
    """The guest's NUMA node that stays where the device is, or the first one."""
    nodes = getattr(vm.numa_tune, "nodes", [])
    pinned = {node.nodeset: node.cell for node in nodes if hasattr(node, "nodeset")}
    pinned |= {node.host_nodes: node.index for node in vm.numa_nodes if node.host_nodes}
    cells = getattr(getattr(vm.cpu, "numa", None), "cells", [])
    every = [*(node.index for node in vm.numa_nodes), *(getattr(cell, "id", None) for cell in cells)]
    first = min((index for index in every if index is not None), default=None)
    return pinned.get(host_node, first) if host_node else first


def _vgpus(vm: Entity, setting: Setting) -> Entity:
    """Mediated devices: the host makes them by their type, the first one that shows a screen does so from the start."""
    dialect = setting.dialect
    ours = [item for item in vm.hostdevs if isinstance(item, dialect.Hostdev)]
    early = setting.config.vgpu_framebuffer and not any(item.ramfb for item in ours)

    def vgpu(item: Entity) -> Entity:
        nonlocal early
        if not isinstance(item.source, dialect.MdevHostdevSource):
            return item
        shows = shows_screen(item, dialect) and setting.at_least("4.3")
        item = complete(
            item,
            mode="subsystem",
            model="vfio-pci",
            uuid=item.id,
            mdev_type=placed(item.vgpu_type, setting) if item.vgpu_type else None,
            mdev_parameters=item.vgpu_parameters if setting.at_least("4.7") else None,
            display=True if shows else None,
        )
        if shows and item.model == "vfio-pci" and early:
            early = False
            item = complete(item, ramfb=True)
        return item

    return evolve(vm, hostdevs=each(vm.hostdevs, dialect.Hostdev, vgpu))


def _nodisplay(item: Entity, other: Entity | None, setting: Setting) -> bool | None:
    """Below 4.3 no document says whether a vGPU shows a screen."""
    if not isinstance(item.source, setting.dialect.MdevHostdevSource):
        return None
    before: bool | None = other and other.nodisplay
    same = other is not None and bool(before) == (not item.display)
    return before if same or not setting.at_least("4.3") else not item.display


def _name_at(source: Entity, setting: Setting) -> str | None:
    """Name of the one device of the host that a source leads to."""
    dialect = setting.dialect
    if isinstance(source, dialect.PciHostdevSource):
        place = {key: getattr(source, key) or 0 for key in PCI_PLACE}
        return name_at(setting.host, ("pci",), place)
    if isinstance(source, dialect.UsbHostdevSource):
        return name_at(setting.host, ("usb", "usb_device"), {"bus": source.bus, "device": source.device})
    if isinstance(source, dialect.ScsiHostdevSource) and source.adapter and source.adapter.name:
        number = source.adapter.name.removeprefix("scsi_host")
        place = {"bus": source.bus or 0, "target": source.target or 0, "lun": source.unit or 0}
        return name_at(setting.host, ("scsi",), place | {"host": int(number) if number.isdecimal() else None})
    return None
