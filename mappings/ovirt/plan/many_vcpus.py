"""What a PC needs for more than 255 virtual CPUs: interrupt remapping, and memory for the tables of its IOMMU."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting, complete
from .cpus import most
from .machine import has_q35

_MANY = 256
_HARD_LIMIT = 1 << 40  # KiB; 1 PiB: none in effect, where libvirt's own guess would be too low


def needed(vm: Entity, setting: Setting) -> bool:
    """Whether a PC may come to so many CPUs that an APIC ID of 8 bits does not number them."""
    return setting.x86 and most(vm, setting) >= _MANY


def plan(vm: Entity, setting: Setting) -> Entity:
    """The I/O APIC in QEMU, an IOMMU where the chipset can have one, and the limit of memory."""
    if not needed(vm, setting):
        return vm
    dialect = setting.dialect
    vm = evolve(vm, features=complete(vm.features or dialect.Features(), ioapic="qemu"))
    if not has_q35(vm, setting):
        return vm
    iommu = vm.iommu or dialect.Iommu(model="intel")
    if isinstance(iommu, dialect.Iommu) and iommu.model == "intel":
        assigned = True if _assigned(vm, setting) else None
        iommu = complete(iommu, intremap=True, eim=True, caching_mode=assigned)
    tune = complete(vm.mem_tune or dialect.MemTune(), hard_limit=_HARD_LIMIT)
    return evolve(vm, iommu=iommu, mem_tune=tune)


def _assigned(vm: Entity, setting: Setting) -> bool:
    """Whether the guest has devices whose mappings the IOMMU must tell the host of: PCI devices and vGPUs."""
    dialect = setting.dialect
    for hostdev in vm.hostdevs:
        if isinstance(hostdev, dialect.Hostdev):
            device = setting.host.device(hostdev.host_device)
            pci = isinstance(hostdev.source, dialect.PciHostdevSource) or (device and device.capability == "pci")
            vgpu = isinstance(hostdev.source, dialect.MdevHostdevSource)
            if vgpu or (pci and hostdev.plugged):
                return True
    return False
