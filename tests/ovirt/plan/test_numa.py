"""NUMA nodes of the guest: CPUs that may come are dealt to them, and memory stays on the host's nodes."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ..material import OVIRT
from .guest import Host, HostDevice, HostNumaNode, faults, planned, recalled, setting, step, vm

NUMA = step("numa")
HOST = Host(
    numa_nodes=(HostNumaNode(index=0, cpus=(0, 1, 2, 3)), HostNumaNode(index=1, cpus=(4, 5, 6, 7))), cpu_threads=8
)


def node(index: int, cpus: str, host_nodes: str | None = None, tune_mode: str | None = None) -> Any:
    return OVIRT.NumaNode(index=index, cpus=cpus, memory=512, host_nodes=host_nodes, tune_mode=tune_mode)


def cells(guest: Any) -> list[tuple[int, str, int]]:
    return [(cell.id, cell.cpus, cell.memory) for cell in guest.cpu.numa.cells]


def memory_on(guest: Any) -> list[tuple[int, str, str]]:
    return [(item.cell, item.mode, item.nodeset) for item in guest.numa_tune.nodes]


PAIR = [node(0, "0-1", "0"), node(1, "2-3", "1", "strict")]


def two(**fields: Any) -> Any:
    """A VM with two nodes, into which nothing is plugged."""
    return vm(**{"sockets": 4, "cpu_pinning_policy": "dedicated", "numa_nodes": PAIR} | fields)


def test_cells_have_cpus_as_ranges_and_memory_in_kib() -> None:
    assert cells(planned(two(), host=HOST)) == [(0, "0-1", 524288), (1, "2-3", 524288)]


def test_cpus_that_may_be_plugged_are_dealt_to_small_nodes_first() -> None:
    assert NUMA.dealt([[0, 1, 2], [3]], 7) == [[0, 1, 2, 5], [3, 4, 6]]


def test_numbers_that_nodes_leave_out_are_dealt_as_well() -> None:
    assert NUMA.dealt([[0, 2], [4, 6]], 8) == [[0, 2, 1, 5], [4, 6, 3, 7]]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.integers(0, 40))
def test_every_cpu_is_in_one_node(counts: list[int], vcpus: int) -> None:
    starts = [sum(counts[:at]) for at in range(len(counts))]
    nodes = [list(range(start, start + count)) for start, count in zip(starts, counts, strict=True)]
    shares = NUMA.dealt(nodes, vcpus)
    assert sorted(cpu for cpus in shares for cpu in cpus) == list(range(max(vcpus, sum(counts))))


def test_L37_nodes_stay_in_their_order_while_cpus_are_dealt() -> None:
    guest = vm(sockets=4, vcpus=6, numa_nodes=[node(0, "0-2"), node(1, "3")])
    assert cells(planned(guest, host=HOST)) == [(0, "0-2,5", 524288), (1, "3-4", 524288)]


@pytest.mark.parametrize(
    ("fields", "cpus"), [({"sockets": 2}, "0-15"), ({"vcpus": 2, "memory_limit": 4096}, "0-1"), ({"vcpus": 2}, None)]
)
def test_what_may_be_plugged_needs_a_node(fields: dict[str, Any], cpus: str | None) -> None:
    guest = planned(vm(**fields), host=HOST)
    assert (cells(guest) if guest.cpu.numa else []) == ([(0, cpus, 1048576)] if cpus else [])


def test_an_nvdimm_needs_a_node() -> None:
    nvdimm = HostDevice(name="nd", capability="nvdimm", device_path="/dev/pmem0", device_size=1 << 32)
    guest = vm(vcpus=2, hostdevs=[OVIRT.Hostdev(host_device="nd")])
    assert cells(planned(guest, host=evolve(HOST, devices=(nvdimm,)))) == [(0, "0-1", 1048576)]


def test_for_a_host_without_nodes_there_are_none() -> None:
    assert planned(two()).cpu.numa is None


def test_L81_what_memory_is_plugged_into_is_there_for_a_host_without_nodes_as_well() -> None:
    guest = planned(vm(vcpus=2, memory_limit=4096))
    assert (cells(guest), guest.numa_tune) == ([(0, "0-1", 1048576)], None)


def test_the_managers_own_vm_has_nodes_for_any_host_but_does_not_stay_on_its() -> None:
    guest = planned(two(origin="hosted_engine"))
    assert (len(guest.cpu.numa.cells), guest.numa_tune) == (2, None)


def test_memory_stays_where_the_nodes_say() -> None:
    assert memory_on(planned(two(), host=HOST)) == [(0, "interleave", "0"), (1, "strict", "1")]


def test_nodes_that_stay_nowhere_have_no_tuning() -> None:
    assert planned(two(numa_nodes=[node(0, "0-1"), node(1, "2-3")]), host=HOST).numa_tune is None


def test_a_policy_that_chose_the_hosts_nodes_goes_first() -> None:
    guest = two(current_numa_pinning="1#0,1")
    assert memory_on(planned(guest, host=HOST)) == [(1, "interleave", "0-1")]


@pytest.mark.parametrize(("said", "access"), [("true", "shared"), ("false", None), (None, None)])
def test_huge_pages_may_be_shared(said: str | None, access: str | None) -> None:
    properties = {} if said is None else {"hugepages_shared": said}
    guest = planned(two(custom_properties=properties), host=HOST)
    assert {cell.mem_access for cell in guest.cpu.numa.cells} == {access}


def test_the_documents_are_valid() -> None:
    assert faults(planned(two(), host=HOST)) == []


# --- recall -------------------------------------------------------------------------------------------------------


def test_known_nodes_are_recalled_where_they_lead_to_the_cells() -> None:
    guest = vm(sockets=4, numa_nodes=PAIR)
    assert recalled(planned(guest, host=HOST), guest, setting(guest, host=HOST)).numa_nodes == PAIR


def test_nodes_that_nobody_knew_are_recalled_without_the_cpus_that_are_off() -> None:
    guest = vm(sockets=4, numa_nodes=PAIR)
    found = recalled(planned(guest, host=HOST), None, setting(guest, host=HOST)).numa_nodes
    assert found == [evolve(PAIR[0], tune_mode="interleave"), PAIR[1]]


def test_the_one_node_for_what_may_be_plugged_is_not_the_managers() -> None:
    guest = vm(sockets=2)
    assert recalled(planned(guest, host=HOST), None, setting(guest, host=HOST)).numa_nodes == []


def test_the_hosts_nodes_that_a_policy_chose_are_not_the_vms_own() -> None:
    guest = two(current_numa_pinning="0#1_1#0")
    found = recalled(planned(guest, host=HOST), guest, setting(guest, host=HOST))
    assert (found.numa_nodes, found.current_numa_pinning) == (PAIR, "0#1_1#0")
