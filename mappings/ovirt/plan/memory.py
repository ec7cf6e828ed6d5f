"""The guest's memory: how much there is, how much may be plugged, in which pages it lies."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting, complete
from .nvdimm import aligned_size

_KIB = 1024
_MIB = 1024 * 1024

# KiB: pages where the host does not have the size that was asked for.
_HUGE_PAGES = {"ppc": 16384}
_HUGE_PAGE = 2048


def nvdimms(vm: Entity, setting: Setting) -> int:
    """MiB of NVDIMMs: those that are there, and those of the host that are yet to come."""
    dialect, family = setting.dialect, setting.family
    present = [item for item in vm.dimms if isinstance(item, dialect.MemoryDevice) and item.model == "nvdimm"]
    paths = {item.path for item in present}
    size: int = sum(item.size for item in present) * _KIB
    for hostdev in vm.hostdevs:
        if isinstance(hostdev, dialect.Hostdev) and hostdev.plugged:
            device = setting.host.device(hostdev.host_device)
            if device is not None and device.capability == "nvdimm" and device.device_path not in paths:
                size += aligned_size(device.device_size or 0, device.align_size, family) or 0
    return -(-size // _MIB)


def limit(vm: Entity) -> int:
    """MiB, the most that the VM may have without NVDIMMs."""
    return max(int(vm.memory_limit or 0), int(vm.memory or 0))


def most_memory(vm: Entity, setting: Setting) -> int | None:
    """MiB, the most that hot plug may reach, NVDIMMs counted; None: nothing is plugged, which QEMU wants unsaid."""
    config = setting.config.hot_plug_memory
    extra = nvdimms(vm, setting)
    possible = config.get(setting.arch, config.get(setting.family, False))
    return limit(vm) + extra if possible and vm.memory and (limit(vm) > vm.memory or extra) else None


def huge_page(vm: Entity, setting: Setting) -> int | None:
    """KiB of the pages that the VM asks for, or of those that its host has; None: it does not."""
    text = vm.custom_properties.get("hugepages", "")
    wanted = int(text) if text.isascii() and text.isdigit() else 0
    if not wanted or wanted in setting.host.huge_pages:
        return wanted or None
    return _HUGE_PAGES.get(setting.family, _HUGE_PAGE)


def plan(vm: Entity, setting: Setting) -> Entity:
    """Sizes and pages."""
    dialect = setting.dialect
    vm = complete(vm, current_memory=vm.memory, min_guaranteed_memory=vm.memory, max_memory=most_memory(vm, setting))
    if vm.max_memory is not None:
        vm = complete(vm, memory_slots=setting.config.max_memory_slots)
    if size := huge_page(vm, setting):
        backing = vm.memory_backing or dialect.MemoryBacking()
        pages = dialect.Hugepages(pages=[dialect.Hugepage(size=size)])
        vm = evolve(vm, memory_backing=complete(backing, hugepages=pages))
    return vm


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The most that the VM may have: what the document says, without NVDIMMs."""
    if vm.max_memory is None:
        return evolve(vm, memory_limit=getattr(known, "memory_limit", None))
    return evolve(vm, memory_limit=max(vm.max_memory - nvdimms(vm, setting), 0))
