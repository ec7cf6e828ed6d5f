"""What a PC needs for more than 255 virtual CPUs."""

from typing import Any

import pytest

from ..material import OVIRT
from .guest import Host, HostDevice, faults, planned, vm

HOST = Host(
    devices=(HostDevice(name="pci_0000_01_00_0", capability="pci"), HostDevice(name="usb_1_2", capability="usb_device"))
)


def large(**fields: Any) -> Any:
    return vm(**{"sockets": 256, "bios_type": "q35_sea_bios"} | fields)


def test_interrupts_are_remapped() -> None:
    guest = planned(large())
    assert guest.features.ioapic == "qemu"
    assert guest.iommu == OVIRT.Iommu(model="intel", intremap=True, eim=True)
    assert guest.mem_tune.hard_limit == 1024 * 2**30


@pytest.mark.parametrize(
    "fields", [{"sockets": 255, "cpu_pinning_policy": "dedicated"}, {"vcpus": 255, "sockets": None}]
)
def test_fewer_need_nothing(fields: dict[str, Any]) -> None:
    guest = planned(large(**fields))
    assert (guest.iommu, guest.mem_tune, guest.features.ioapic) == (None, None, None)


def test_cpus_that_may_be_plugged_count() -> None:
    assert planned(large(sockets=128)).iommu.model == "intel"


@pytest.mark.parametrize("arch", ["ppc64le", "s390x"])
def test_other_machines_number_their_cpus_otherwise(arch: str) -> None:
    guest = planned(large(), arch=arch)
    assert (guest.iommu, guest.mem_tune, guest.features) == (None, None, None)


def test_only_q35_has_an_iommu() -> None:
    guest = planned(large(bios_type="i440fx_sea_bios"))
    assert (guest.iommu, guest.mem_tune, guest.features.ioapic) == (None, None, "qemu")


def test_L29_the_io_apic_is_there_without_any_other_feature() -> None:
    assert planned(large(acpi=False)).features == OVIRT.Features(ioapic="qemu")


@pytest.mark.parametrize(
    ("hostdev", "caching"),
    [
        ({"host_device": "pci_0000_01_00_0"}, True),
        ({"host_device": "pci_0000_01_00_0", "plugged": False}, None),
        ({"host_device": "usb_1_2"}, None),
        ({"source": OVIRT.MdevHostdevSource(), "plugged": False}, True),
    ],
)
def test_devices_of_the_host_are_told_of_new_mappings(hostdev: dict[str, Any], caching: bool | None) -> None:
    guest = planned(large(hostdevs=[OVIRT.Hostdev(**hostdev)]), host=HOST)
    assert guest.iommu.caching_mode is caching


def test_a_known_iommu_of_another_kind_stays() -> None:
    known = OVIRT.Iommu(model="virtio")
    assert planned(large(iommu=known)).iommu == known


def test_the_document_is_valid() -> None:
    assert faults(planned(large())) == []
