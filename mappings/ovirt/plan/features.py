"""Features of a PC: ACPI, Hyper-V's enlightenments, system management mode; other machines have none of these."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting, complete
from .cpus import most
from .machine import bios_of
from .memory import limit, nvdimms

_SPINLOCK_RETRIES = 8191
_MIB = 1024  # KiB
_TIB = 1 << 20  # MiB


def tseg(vm: Entity, setting: Setting) -> int | None:
    """MiB of memory for system management mode: UEFI firmware needs more of it in large VMs.  None: its default."""
    many = most(vm, setting) >= setting.config.many_vcpus
    memory = limit(vm)
    large = memory >= setting.config.uefi_big_vm_memory * 1024
    if bios_of(vm, setting) not in ("q35_ovmf", "q35_secure_boot") or not (many or large):
        return None
    addressed = memory + nvdimms(vm, setting)
    return 16 + (24 if many else 0) + 8 * (addressed // _TIB + 1)


def enlightened(setting: Setting) -> bool:
    """Whether the guest uses Hyper-V's interface; QEMU alone, without KVM, cannot show it one."""
    return setting.os.hyperv and setting.host.emulation == "kvm"


def hyperv(known: Entity, setting: Setting) -> Entity:
    """The enlightenments of the compatibility level."""
    dialect, at_least = setting.dialect, setting.at_least
    if known is not None and known.mode == "passthrough":
        return known
    known = complete(
        known or dialect.Hyperv(), relaxed=True, vapic=True, spinlocks=True, spinlock_retries=_SPINLOCK_RETRIES
    )
    if setting.config.hyperv_synic_stimer:
        stimer = complete(known.stimer or dialect.Stimer(), state=True, direct=True if at_least("4.7") else None)
        known = complete(evolve(known, stimer=stimer), synic=True)
    if at_least("4.4"):
        tlbflush = complete(known.tlbflush or dialect.TlbFlush(), state=True)
        known = complete(
            evolve(known, tlbflush=tlbflush),
            reset=True,
            vpindex=True,
            runtime=True,
            frequencies=True,
            reenlightenment=True,
        )
    return complete(known, ipi=True if at_least("4.7") else None)


def plan(vm: Entity, setting: Setting) -> Entity:
    """What the guest finds beside devices."""
    if not setting.x86:
        return vm
    dialect = setting.dialect
    features = vm.features or dialect.Features()
    features = evolve(features, acpi=features.acpi or bool(vm.acpi))
    if enlightened(setting):
        features = evolve(features, hyperv=hyperv(features.hyperv, setting))
    if setting.os.family == "linux" and setting.config.kaslr_dump:
        features = complete(features, vmcoreinfo=dialect.Switch(state=True))
    size = tseg(vm, setting)
    if size is not None or bios_of(vm, setting) == "q35_secure_boot":
        smm = complete(features.smm or dialect.Smm(), state=True, tseg=None if size is None else size * _MIB)
        features = evolve(features, smm=smm)
    return vm if vm.features is None and features == dialect.Features() else evolve(vm, features=features)
