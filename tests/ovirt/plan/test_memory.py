"""Memory: sizes, slots, pages, NVDIMMs."""

from typing import Any

import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import Host, HostDevice, faults, planned, recalled, setting, step, vm

MEMORY = step("memory")
STEPS = ("machine", "memory")
MIB, GIB = 1 << 20, 1 << 30
NVDIMM = HostDevice(
    name="ndbus0", capability="nvdimm", device_path="/dev/pmem0", device_size=10 * GIB, align_size=2 * MIB
)
HOST = Host(devices=(NVDIMM,), huge_pages=(2048, 1048576))


def with_nvdimm(**fields: Any) -> Any:
    return vm(hostdevs=[OVIRT.Hostdev(host_device="ndbus0")], **fields)


def test_what_may_be_plugged_has_slots() -> None:
    guest = planned(vm(memory_limit=4096), names=STEPS)
    assert (guest.max_memory, guest.memory_slots, guest.current_memory) == (4096, 16, 1024)


def test_the_guaranteed_memory_is_all_of_it_unless_less_is_said() -> None:
    assert planned(vm(), names=STEPS).min_guaranteed_memory == 1024
    assert planned(vm(min_guaranteed_memory=512), names=STEPS).min_guaranteed_memory == 512


@pytest.mark.parametrize("limit", [None, 1024])
def test_L34_a_maximum_that_is_no_more_than_there_is_stays_unsaid(limit: int | None) -> None:
    guest = planned(vm(memory_limit=limit), names=STEPS)
    assert (guest.max_memory, guest.memory_slots) == (None, None)


def test_where_nothing_can_be_plugged_there_is_no_maximum() -> None:
    assert planned(vm(memory_limit=4096), arch="s390x", names=STEPS).max_memory is None


def test_nvdimms_are_beside_the_maximum() -> None:
    assert planned(with_nvdimm(), host=HOST, names=STEPS).max_memory == 1024 + 10114
    assert planned(with_nvdimm(memory_limit=4096), host=HOST, names=STEPS).max_memory == 4096 + 10114


def test_an_nvdimm_is_counted_once() -> None:
    there = OVIRT.MemoryDevice(model="nvdimm", path="/dev/pmem0", size=10114 * 1024)
    guest = with_nvdimm(dimms=[there])
    assert MEMORY.nvdimms(guest, setting(guest, host=HOST)) == 10114


def test_L26_sizes_that_do_not_fit_into_32_bits_of_kib_come_back() -> None:
    guest = vm(memory=4 << 20, memory_limit=8 << 20)
    again = recalled(planned(guest), None, setting(guest))
    assert (again.memory, again.max_memory, again.memory_limit) == (4 << 20, 8 << 20, 8 << 20)


# --- pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "arch", "size"),
    [("1048576", "x86_64", 1048576), ("1024", "x86_64", 2048), ("1024", "ppc64le", 16384), ("1024", "s390x", 2048)],
)
def test_pages_are_of_a_size_that_the_host_has(said: str, arch: str, size: int) -> None:
    guest = planned(vm(custom_properties={"hugepages": said}), host=HOST, arch=arch, names=STEPS)
    assert [page.size for page in guest.memory_backing.hugepages.pages] == [size]


@pytest.mark.parametrize("said", ["0", "-5", "", "undefined"])
def test_L27_no_number_of_kib_is_no_wish_for_huge_pages(said: str) -> None:
    assert planned(vm(custom_properties={"hugepages": said}), host=HOST, names=STEPS).memory_backing is None


def test_other_properties_are_no_wish_for_huge_pages() -> None:
    assert planned(vm(custom_properties={"sap_agent": "true"}), names=STEPS).memory_backing is None


def test_what_is_said_of_the_memory_stays_beside_pages() -> None:
    guest = vm(custom_properties={"hugepages": "2048"}, memory_backing=OVIRT.MemoryBacking(locked=True))
    backing = planned(guest, host=HOST, names=STEPS).memory_backing
    assert (backing.locked, len(backing.hugepages.pages)) == (True, 1)


def test_the_documents_are_valid() -> None:
    assert faults(planned(vm(memory_limit=4096, custom_properties={"hugepages": "2048"}), host=HOST)) == []


# --- recall -------------------------------------------------------------------------------------------------------


def test_the_limit_is_recalled_without_nvdimms() -> None:
    given = setting(host=HOST)
    running = evolve(
        planned(with_nvdimm(memory_limit=4096), given),
        hostdevs=[],
        dimms=[OVIRT.MemoryDevice(model="nvdimm", path="/dev/pmem0", size=10114 * 1024, node=0)],
    )
    assert recalled(running, None, given).memory_limit == 4096


def test_without_a_maximum_the_limit_is_as_it_was_known() -> None:
    guest = vm(memory_limit=1024)
    assert recalled(planned(guest), guest, setting(guest)).memory_limit == 1024
