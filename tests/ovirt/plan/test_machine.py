"""The machine: architecture, chipset and type, hypervisor, and the kind of firmware that is recalled from it."""

from typing import Any

import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import Cluster, Host, faults, planned, recalled, setting, step, vm

MACHINE = step("machine")
STEPS = ("machine",)
KINDS = ("i440fx_sea_bios", "q35_sea_bios", "q35_ovmf", "q35_secure_boot")


@pytest.mark.parametrize(
    ("machine", "chipset"),
    [
        ("pc-q35-rhel8.6.0", "q35"),
        ("Q35", "q35"),
        ("pc-i440fx-rhel7.6.0", "i440fx"),
        ("pc", "i440fx"),
        ("pseries-rhel8.2.0", None),
        ("s390-ccw-virtio", None),
        (None, None),
    ],
)
def test_a_machine_type_tells_its_chipset(machine: str | None, chipset: str | None) -> None:
    assert MACHINE.chipset(machine) == chipset


@pytest.mark.parametrize(
    ("bios", "offered", "machine"),
    [
        (None, None, "q35"),
        (None, "pc-i440fx-2.1", "pc-i440fx-2.1"),
        ("q35_ovmf", None, "q35"),
        ("q35_ovmf", "pc-q35-7.2", "pc-q35-7.2"),
        ("i440fx_sea_bios", None, "pc"),
        ("i440fx_sea_bios", "pc-q35-7.2", "pc"),
        ("q35_sea_bios", "pc-i440fx-2.1", "q35"),
    ],
)
def test_a_pc_has_the_clusters_machine_where_its_chipset_is_wanted(
    bios: str | None, offered: str | None, machine: str
) -> None:
    made = planned(vm(bios_type=bios), cluster=Cluster(emulated_machine=offered), names=STEPS)
    assert (made.os.type, made.os.arch, made.os.machine) == ("hvm", "x86_64", machine)


@pytest.mark.parametrize(("arch", "machine"), [("ppc64le", "pseries"), ("ppc64", "pseries")])
def test_power_machines_are_pseries(arch: str, machine: str) -> None:
    made = planned(vm(), arch=arch, names=STEPS)
    assert (made.os.arch, made.os.machine) == (arch, machine)


def test_L35_s390x_has_a_machine_of_its_own() -> None:
    assert planned(vm(), arch="s390x", names=STEPS).os.machine == "s390-ccw-virtio"


def test_a_known_machine_stays() -> None:
    os = OVIRT.Os(type="hvm", arch="i686", machine="pc")
    assert planned(vm(os=os, bios_type="q35_ovmf"), names=STEPS).os == os


@pytest.mark.parametrize(("emulation", "type"), [("kvm", "kvm"), ("software", "qemu")])
def test_the_host_says_who_runs_the_guest(emulation: str, type: str) -> None:
    assert planned(vm(), host=Host(emulation=emulation), names=STEPS).type == type


def test_L28_on_power_the_emulator_is_named_as_text() -> None:
    assert planned(vm(), arch="ppc64le", names=STEPS).emulator == "/usr/bin/qemu-system-ppc64le"
    assert planned(vm(), names=STEPS).emulator is None


def test_L92_a_host_that_makes_backups_asks_for_what_they_need() -> None:
    guest = vm(qemu_capabilities_add=["blockdev", "own"])
    made = planned(guest, host=Host(backup=True), names=STEPS)
    assert made.qemu_capabilities_add == ["blockdev", "own", "incremental-backup"]
    assert planned(vm(), names=STEPS).qemu_capabilities_add == []


def test_only_pcs_are_told_not_to_sleep() -> None:
    pc, power = planned(vm(), names=STEPS), planned(vm(), arch="ppc64le", names=STEPS)
    assert (pc.suspend_to_disk, pc.suspend_to_mem) == (False, False)
    assert (power.suspend_to_disk, power.suspend_to_mem) == (None, None)


def test_a_volatile_run_ends_when_the_guest_reboots() -> None:
    assert planned(vm(volatile_run=True), names=STEPS).on_reboot == "destroy"
    assert planned(vm(), names=STEPS).on_reboot is None


# --- firmware's kind ----------------------------------------------------------------------------------------------


def test_L33_firmware_of_the_cluster_is_for_machines_of_its_chipset_alone() -> None:
    given = setting(cluster=Cluster(bios_type="q35_ovmf"))
    assert MACHINE.bios_of(vm(), given) == "q35_ovmf"
    assert MACHINE.bios_of(vm(bios_type="q35_sea_bios"), given) == "q35_sea_bios"
    old = vm(os=OVIRT.Os(type="hvm", machine="pc-i440fx-2.1"))
    assert MACHINE.bios_of(old, given) == "i440fx_sea_bios"
    assert planned(old, given).os.loader is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [True, False])
def test_the_kind_of_firmware_is_recalled(kind: str, known: bool) -> None:
    guest = vm(bios_type=kind)
    assert recalled(planned(guest), guest if known else None, setting(guest)).bios_type == kind


@pytest.mark.parametrize("kind", KINDS)
def test_firmware_that_is_the_clusters_stays_the_clusters(kind: str) -> None:
    given = setting(cluster=Cluster(bios_type=kind))
    assert recalled(planned(vm(), given), vm(), given).bios_type is None


@pytest.mark.parametrize(
    ("os", "kind"),
    [
        ({"machine": "q35", "firmware": "efi"}, "q35_ovmf"),
        ({"machine": "q35", "firmware": "bios"}, "q35_sea_bios"),
        ({"machine": "pc", "firmware": "efi"}, None),
        ({"machine": "virt"}, None),
    ],
)
def test_firmware_that_libvirt_finds_by_itself_is_of_a_kind_as_well(os: dict[str, Any], kind: str | None) -> None:
    assert MACHINE.stated_bios(OVIRT.Os(type="hvm", **os)) == kind


def test_other_machines_have_the_firmware_that_was_known() -> None:
    guest = vm(bios_type="i440fx_sea_bios")
    given = setting(arch="ppc64le")
    assert recalled(planned(guest, given), guest, given).bios_type == "i440fx_sea_bios"


@pytest.mark.parametrize("acpi", [True, False])
def test_acpi_is_recalled(acpi: bool) -> None:
    guest = vm(acpi=acpi)
    assert recalled(planned(guest), None, setting(guest)).acpi is acpi


def test_on_other_machines_acpi_is_as_it_was_known() -> None:
    given = setting(arch="ppc64le")
    assert recalled(planned(vm(acpi=False), given), vm(acpi=False), given).acpi is False


@pytest.mark.parametrize(("volatile", "known", "found"), [(True, None, True), (False, True, False), (None, None, None)])
def test_a_volatile_run_is_recalled(volatile: bool | None, known: bool | None, found: bool | None) -> None:
    running = planned(vm(volatile_run=volatile))
    assert recalled(running, vm(volatile_run=known), setting()).volatile_run is found


@pytest.mark.parametrize("arch", ["x86_64", "ppc64le", "s390x"])
def test_the_documents_are_valid(arch: str) -> None:
    assert faults(planned(vm(), arch=arch, host=Host(backup=True))) == []


def test_nothing_else_of_the_machine_is_touched() -> None:
    guest = vm(os=OVIRT.Os(type="hvm", kernel="/k", initrd="/i", cmdline="quiet"))
    os = planned(guest).os
    assert (os.kernel, os.initrd, os.cmdline) == ("/k", "/i", "quiet")
    assert evolve(planned(guest, names=STEPS).os, machine=None, arch=None) == guest.os
