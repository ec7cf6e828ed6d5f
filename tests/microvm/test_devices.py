"""A machine with an IOMMU and a SCSI disk, and libvirt's daemon, which gives its devices to guests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve

from host_prep.effect import Outcome, Work
from host_prep.effects.hugepages import HugePages
from host_prep.effects.network import DisplayNetwork
from host_prep.effects.pci import DetachedPci
from host_prep.facts.devices import PciDevice, ScsiDevice, look_at_devices
from host_prep.libvirt import Libvirt
from host_prep.system import Host
from tests.microvm.machine import Machine
from xform.errors import HostError

MACHINE = Machine(
    modules=("virtio_pci", "vfio-pci", "vfio_iommu_type1", "sd_mod", "sg", "scsi_debug"),
    commands=("libvirtd",),
    files=("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver",),
    devices=("intel-iommu,intremap=on,caching-mode=on", "virtio-rng-pci,addr=10"),
    kernel="intel_iommu=on",
)

PCI = DetachedPci(name="pci_0000_00_10_0", address="0000:00:10.0")
SYSFS = Path("/sys/bus/pci/devices", PCI.address)
NETWORK = DisplayNetwork(name="vdsm-display", device="display", bridge=True)
PAGES = HugePages(size=2048, pages=8, default=2048)


@pytest.fixture(scope="session")
def libvirtd() -> Iterator[Libvirt]:
    """The daemon, which ends with the machine."""
    subprocess.run(["libvirtd", "--daemon"], check=True)
    connected = Libvirt("qemu:///system")
    yield connected
    connected.close()


@pytest.fixture
def work(work: Work, libvirtd: Libvirt) -> Work:
    return evolve(work, host=Host(work.host.config, libvirtd))


def driver() -> str:
    return (SYSFS / "driver").resolve().name


def pages() -> int:
    return int(Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages").read_text())


def test_a_pci_device_is_taken_from_its_driver_and_is_vfios(work: Work) -> None:
    assert driver() == "virtio-pci"
    assert not PCI.look(work).get("found")
    assert PCI.apply(work, {}) is Outcome.DONE
    assert driver() == "vfio-pci"
    assert Path("/dev/vfio", (SYSFS / "iommu_group").resolve().name).is_char_device()
    PCI.undo(work, {})


def test_a_pci_device_that_is_detached_is_found_so(work: Work) -> None:
    PCI.apply(work, {})
    assert PCI.look(work) == {"found": True}
    assert PCI.apply(work, {}) is Outcome.ALREADY
    PCI.undo(work, {})


def test_a_pci_device_is_given_back_to_its_driver_and_twice_is_no_fault(work: Work) -> None:
    PCI.apply(work, {})
    assert PCI.undo(work, {}) is Outcome.DONE
    assert driver() == "virtio-pci"
    assert PCI.undo(work, {}) is Outcome.ALREADY


def test_a_pci_device_that_the_machine_does_not_have_is_told_in_one_line(work: Work) -> None:
    with pytest.raises(HostError, match=r"^qemu:///system: .*pci_0000_00_11_0.*$"):
        evolve(PCI, name="pci_0000_00_11_0", address="0000:00:11.0").apply(work, {})


def test_devices_are_found_as_libvirt_has_them_and_a_disk_with_its_generic_device(work: Work) -> None:
    found = look_at_devices(work.host, SimpleNamespace(hostdevs=["any"], nics=[]))
    assert PciDevice(PCI.name, PCI.address) in found.pci
    assert found.scsi == (ScsiDevice("scsi_host0", 0, 0, 0, "/dev/sg0"),)
    assert Path("/dev/sg0").is_char_device()


def test_huge_pages_are_the_kernels_and_as_many_are_given_back(work: Work) -> None:
    work.host.poke(Path("/proc/sys/vm/nr_hugepages"), "3")  # free ones, that need not be allocated
    note = PAGES.look(work)
    assert PAGES.apply(work, note) is Outcome.DONE
    assert pages() == 8
    assert PAGES.undo(work, PAGES.before_undo(work, note)) is Outcome.DONE
    assert pages() == 3


def test_L229_of_huge_pages_that_the_memory_is_too_small_for_those_that_came_are_given_back(work: Work) -> None:
    work.host.poke(Path("/proc/sys/vm/nr_hugepages"), "0")
    many = evolve(PAGES, pages=600)  # of 512 that the machine is made of
    note = many.look(work)
    with pytest.raises(HostError, match=r"^the kernel gave \d+ of 600 huge pages of 2048 KiB, .*$"):
        many.apply(work, note)
    assert pages() > 0
    assert many.undo(work, many.before_undo(work, note)) is Outcome.DONE
    assert pages() == 0


def test_a_display_network_is_defined_and_started_and_removed(work: Work) -> None:
    assert NETWORK.look(work) == {}
    assert NETWORK.apply(work, {}) is Outcome.DONE
    assert work.host.libvirt.networks() == {"vdsm-display": True}
    assert NETWORK.look(work) == {"found": True}
    assert NETWORK.apply(work, {}) is Outcome.ALREADY
    assert NETWORK.undo(work, {}) is Outcome.DONE
    assert work.host.libvirt.networks() == {}
    assert NETWORK.undo(work, {}) is Outcome.ALREADY
