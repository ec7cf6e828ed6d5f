"""The machine: its architecture, chipset and type, who runs the guest's code, and what comes with it."""

from __future__ import annotations

from typing import Literal

from attrs import evolve

from xform import Opaque

from .context import Entity, Setting, complete

Chipset = Literal["q35", "i440fx"]
BiosType = Literal["i440fx_sea_bios", "q35_sea_bios", "q35_ovmf", "q35_secure_boot"]

# The machine of a VM for which nobody chose one, where it is no PC.
_MACHINES = {"ppc": "pseries", "s390x": "s390-ccw-virtio"}
# What a host needs to back up running VMs block by block.
_BACKUP = ("blockdev", "incremental-backup")


def chipset(machine: str | None) -> Chipset | None:
    """The chipset of a PC's machine type; None for other machines."""
    parts = (machine or "").lower().split("-")
    return "q35" if "q35" in parts else "i440fx" if "i440fx" in parts or "pc" in parts else None


def machine_of(vm: Entity, setting: Setting) -> str:
    """The machine type: the VM's own, else the cluster's where its chipset is the one wanted, else the usual one."""
    if own := getattr(vm.os, "machine", None):
        return str(own)
    offered = setting.cluster.emulated_machine
    if not setting.x86:
        return offered or _MACHINES.get(setting.family, "virt")
    bios = vm.bios_type or setting.cluster.bios_type
    wanted = bios.partition("_")[0] if bios else chipset(offered) or "q35"
    if offered and chipset(offered) == wanted:
        return offered
    return "pc" if wanted == "i440fx" else "q35"


def has_q35(vm: Entity, setting: Setting) -> bool:
    return chipset(machine_of(vm, setting)) == "q35"


def stated_bios(os: Entity) -> BiosType | None:
    """The kind of firmware that a document states; None where it is no kind that a manager knows."""
    if os is None or (board := chipset(os.machine)) is None:
        return None
    # of a loader or a feature that no table can say, nobody knows what it states
    kind, locked = (getattr(os.loader, name, None) for name in ("type", "secure"))
    named = [feature for feature in os.firmware_features if not isinstance(feature, Opaque)]
    secure = locked or any(feature.name == "secure-boot" and feature.enabled for feature in named)
    efi = os.firmware == "efi" or kind == "pflash"
    if board == "i440fx":
        return None if efi else "i440fx_sea_bios"
    if not efi:
        return "q35_sea_bios"
    return "q35_secure_boot" if secure else "q35_ovmf"


def bios_of(vm: Entity, setting: Setting) -> BiosType | None:
    """The kind of firmware of a PC: the VM's, else what its document states, else its cluster's."""
    if not setting.x86:
        return None
    own: BiosType | None = vm.bios_type
    if own:
        return own
    shared = setting.cluster.bios_type
    plain = vm.os is None or (vm.os.loader is None and vm.os.firmware is None)
    if plain and shared and chipset(machine_of(vm, setting)) == shared.partition("_")[0]:
        return shared
    return stated_bios(vm.os)


def plan(vm: Entity, setting: Setting) -> Entity:
    """Machine and hypervisor, before anything that depends on them."""
    os = setting.dialect.Os(type="hvm") if vm.os is None else vm.os
    arch, machine, pc = setting.arch, machine_of(vm, setting), setting.x86
    added = [name for name in _BACKUP if name not in vm.qemu_capabilities_add] if setting.host.backup else []
    return complete(
        evolve(
            vm,
            os=complete(os, arch=arch, machine=machine),
            qemu_capabilities_add=[*vm.qemu_capabilities_add, *added],
        ),
        type="kvm" if setting.host.emulation == "kvm" else "qemu",
        on_reboot="destroy" if vm.volatile_run else None,
        suspend_to_disk=False if pc else None,
        suspend_to_mem=False if pc else None,
        # An element: the engine's attribute `text` means nothing to libvirt.
        emulator=f"/usr/bin/qemu-system-{arch}" if setting.family == "ppc" else None,
    )


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The kind of firmware, ACPI, and whether the VM ends when its guest reboots."""
    stated = stated_bios(vm.os) if setting.x86 else None
    bios = getattr(known, "bios_type", None)
    # A VM whose firmware is what it would have anyway goes on having it so.
    usual = None if known is None else bios_of(known, setting) or f"{chipset(machine_of(known, setting))}_sea_bios"
    inherited = bios is None and stated == usual
    acpi = bool(vm.features and vm.features.acpi) if setting.x86 else getattr(known, "acpi", True)
    ends = vm.on_reboot == "destroy"
    unsaid = getattr(known, "volatile_run", None) is None
    return evolve(
        vm,
        bios_type=bios if stated is None or inherited else stated,
        acpi=acpi,
        volatile_run=ends or (None if unsaid else False),
    )
