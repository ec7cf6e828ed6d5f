"""Features of a PC, by level, operating system and firmware."""

from typing import Any

import attrs
import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import LEVELS, Host, faults, planned, setting, step, vm

FEATURES = step("features")
ALWAYS = {"relaxed", "vapic", "spinlocks", "spinlock_retries"}
FROM_4_4 = {"reset", "vpindex", "runtime", "frequencies", "reenlightenment", "tlbflush"}


def features(guest: Any, **context: Any) -> Any:
    return planned(guest, **context).features


@pytest.mark.parametrize("level", LEVELS)
def test_windows_gets_the_enlightenments_of_its_level(level: str) -> None:
    made = features(vm(guest_os="windows_10x64"), level=level).hyperv
    expected = ALWAYS | ({"synic", "stimer"} if level >= "4.3" else set()) | (FROM_4_4 if level >= "4.4" else set())
    expected |= {"ipi"} if level >= "4.7" else set()
    assert {name for name, value in attrs.asdict(made).items() if value is not None} == expected
    assert made.spinlock_retries == 8191
    assert level < "4.3" or made.stimer.direct is (True if level >= "4.7" else None)


def test_without_kvm_there_are_no_enlightenments_for_qemu_refuses_them() -> None:
    guest = planned(vm(guest_os="windows_11"), host=Host(emulation="software"))
    assert (guest.features.hyperv, "hypervclock" in [timer.name for timer in guest.clock.timers]) == (None, False)


def test_enlightenments_that_are_off_stay_off() -> None:
    known = OVIRT.Features(hyperv=OVIRT.Hyperv(ipi=False))
    assert features(vm(guest_os="windows_11", features=known)).hyperv.ipi is False


def test_all_that_the_host_offers_is_left_to_the_host() -> None:
    known = OVIRT.Hyperv(mode="passthrough")
    assert features(vm(guest_os="windows_11", features=OVIRT.Features(hyperv=known))).hyperv == known


def test_linux_tells_where_its_kernel_lies() -> None:
    assert features(vm(guest_os="rhel_9x64")).vmcoreinfo == OVIRT.Switch(state=True)
    assert features(vm(guest_os="windows_11")).vmcoreinfo is None
    config = evolve(setting().config, kaslr_dump=False)
    assert features(vm(guest_os="rhel_9x64"), config=config).vmcoreinfo is None


@pytest.mark.parametrize("acpi", [True, False])
def test_acpi_is_there_unless_the_vm_goes_without(acpi: bool) -> None:
    made = features(vm(acpi=acpi))
    assert made == (OVIRT.Features(acpi=True) if acpi else None)


@pytest.mark.parametrize("arch", ["ppc64le", "s390x"])
def test_other_machines_have_none(arch: str) -> None:
    assert features(vm(guest_os="rhel_8x64"), arch=arch) is None


@pytest.mark.parametrize(
    ("kind", "cpus", "gib", "size"),
    [
        ("q35_ovmf", 1, 8, None),
        ("q35_ovmf", 128, 8, 48),
        ("q35_ovmf", 127, 16, 24),
        ("q35_secure_boot", 128, 16, 48),
        ("q35_secure_boot", 1, 1024, 32),
        ("q35_sea_bios", 128, 1024, None),
        ("i440fx_sea_bios", 128, 1024, None),
    ],
)
def test_uefi_needs_more_memory_for_management_in_large_vms(kind: str, cpus: int, gib: int, size: int | None) -> None:
    guest = vm(bios_type=kind, vcpus=cpus, memory_limit=gib * 1024)
    assert FEATURES.tseg(guest, setting(guest)) == size


@pytest.mark.parametrize(
    ("kind", "gib", "smm"),
    [
        ("q35_secure_boot", 1, OVIRT.Smm(state=True)),
        ("q35_ovmf", 16, OVIRT.Smm(state=True, tseg=24 * 1024)),
        ("q35_ovmf", 1, None),
    ],
)
def test_management_mode_is_for_secure_boot_and_large_vms(kind: str, gib: int, smm: Any) -> None:
    assert features(vm(bios_type=kind, vcpus=1, memory_limit=gib * 1024)).smm == smm


@pytest.mark.parametrize("level", LEVELS)
def test_the_documents_are_valid(level: str) -> None:
    guest = vm(guest_os="windows_11", bios_type="q35_secure_boot", memory_limit=1 << 20)
    assert faults(planned(guest, level=level)) == []
