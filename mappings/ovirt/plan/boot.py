"""In which order the guest tries to boot from its disks, CD-ROMs and network cards."""

from collections.abc import Callable
from itertools import groupby

from attrs import evolve

from .common import claim
from .context import Entity, Setting
from .drives import drives, is_disk, is_payload, precedence

# What libvirt adds where no device has a number; it refuses numbers beside it.
_ADDED = ["hd"]


def plan(vm: Entity, setting: Setting) -> Entity:
    """Numbers for what the boot sequence names, unless the VM boots by kinds: libvirt admits one of the two."""
    if not vm.boot_sequence or getattr(vm.os, "boot_devices", []):
        return vm
    bootable = [item for kind in dict.fromkeys(vm.boot_sequence) for item in _BOOTABLE[kind](vm, setting)]
    taken = {
        getattr(item, "boot_order", None) for held in (vm.disks, vm.nics, vm.hostdevs, vm.redirdevs) for item in held
    }
    orders = {}
    for item in bootable:
        if item.boot_order is None:
            orders[id(item)] = claim(taken, range(1, len(taken) + len(bootable) + 1))

    def numbered(item: Entity) -> Entity:
        return evolve(item, boot_order=orders[id(item)]) if id(item) in orders else item

    return evolve(vm, disks=[*map(numbered, vm.disks)], nics=[*map(numbered, vm.nics)])


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The boot sequence: the known one where it leads to the document's order, else what the order tells.

    Of kinds that have nothing to boot from the document does not tell.  An order that mixes kinds tells nothing, nor
    does one that leaves out some of a kind: the guest is not to boot from these.
    """
    before = list(known.boot_sequence) if known is not None else []
    ordered = sorted(
        (item.boot_order, kind) for kind, items in _held(vm, setting).items() for item in items if item.boot_order
    )
    seen = [kind for kind, _ in groupby(kind for _, kind in ordered)]
    telling = [kind for kind in dict.fromkeys(before) if kind in seen or _BOOTABLE[kind](vm, setting)]
    mixed = len(set(seen)) != len(seen)
    unsaid = known is not None and not getattr(known.os, "boot_devices", [])
    if unsaid and not ordered and getattr(vm.os, "boot_devices", []) == _ADDED:
        vm = evolve(vm, os=evolve(vm.os, boot_devices=[]))
    partial = any(item.boot_order is None for kind in seen for item in _BOOTABLE[kind](vm, setting))
    return evolve(vm, boot_sequence=before if telling == seen or mixed or partial else seen)


def _held(vm: Entity, setting: Setting) -> dict[str, list[Entity]]:
    held = drives(vm, setting)
    return {
        "disk": [drive for drive in held if is_disk(drive)],
        "cdrom": [drive for drive in held if drive.device == "cdrom"],
        "network": [nic for nic in vm.nics if isinstance(nic, setting.dialect.Nic)],
    }


def _disks(vm: Entity, setting: Setting) -> list[Entity]:
    """Those that are made for it, or the only one; what shows a snapshot comes last."""
    disks = sorted((drive for drive in drives(vm, setting) if is_disk(drive)), key=precedence)
    bootable = disks if len(disks) == 1 else [disk for disk in disks if disk.boot]
    return sorted(bootable, key=lambda disk: disk.snapshot_id is not None)


def _cdroms(vm: Entity, setting: Setting) -> list[Entity]:
    return [drive for drive in drives(vm, setting) if drive.device == "cdrom" and not is_payload(drive)]


def _nics(vm: Entity, setting: Setting) -> list[Entity]:
    """By name; what stays for one that leaves for migration is no card of its own, and has the order of that one."""
    cls = setting.dialect.Nic
    nics = [nic for nic in vm.nics if isinstance(nic, cls) and nic.plugged is not False and nic.teaming != "persistent"]
    return sorted(nics, key=lambda nic: nic.name or "")


_BOOTABLE: dict[str, Callable[[Entity, Setting], list[Entity]]] = {"disk": _disks, "cdrom": _cdroms, "network": _nics}
