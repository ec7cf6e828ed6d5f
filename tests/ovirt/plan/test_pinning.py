"""Pins, and the host's word for who chose them."""

from typing import Any

import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import Host, HostNumaNode, planned, recalled, setting, step, vm
from .test_numa import HOST, node, two

PINNING = step("pinning")


def pinned(*, pins: dict[str, str] | None = None, **fields: Any) -> Any:
    tune = OVIRT.CpuTune(vcpu_pins={"0": "4-5", "1": "6", "2": "0"} if pins is None else pins)
    return two(**{"vm_type": "high_performance", "cpu_tune": tune, "cpu_pinning_policy": "manual"} | fields)


def test_a_policy_that_pins_by_numa_puts_cpus_on_the_hosts_nodes_of_their_own() -> None:
    host = Host(numa_nodes=(HostNumaNode(index=0, cpus=(0, 1, 2, 3)), HostNumaNode(index=1, cpus=(4, 5, 6, 7))))
    guest = two(
        cpu_pinning_policy="resize_and_pin_numa", numa_nodes=[node(0, "0-3", "0"), node(1, "4-7", "1")], sockets=8
    )
    pins = planned(guest, host=host).cpu_tune.vcpu_pins
    assert (pins["3"], pins["7"], len(pins)) == ("0-3", "4-7", 8)


def test_nodes_that_stay_nowhere_pin_nothing() -> None:
    guest = two(cpu_pinning_policy="resize_and_pin_numa", numa_nodes=[node(0, "0-1"), node(1, "2-3")])
    assert planned(guest, host=HOST).cpu_tune is None


def test_pins_that_are_known_stay() -> None:
    guest = pinned(cpu_pinning_policy="resize_and_pin_numa")
    assert planned(guest, host=HOST).cpu_tune.vcpu_pins == guest.cpu_tune.vcpu_pins


def test_shares_stay() -> None:
    assert planned(vm(cpu_tune=OVIRT.CpuTune(shares=512))).cpu_tune == OVIRT.CpuTune(shares=512)


def test_emulator_and_io_run_on_the_node_of_most_pins() -> None:
    tune = planned(pinned(iothreads=2), host=HOST).cpu_tune
    assert (tune.emulator_pin, tune.iothread_pins) == ("4-5", {"1": "4-5", "2": "4-5"})


def test_of_equal_nodes_the_one_with_the_lowest_cpu_is_taken() -> None:
    assert planned(pinned(pins={"0": "4", "1": "0"}), host=HOST).cpu_tune.emulator_pin == "0-1"


@pytest.mark.parametrize(
    "fields", [{"vm_type": "server"}, {"iothreads": 0}, {"pins": {}}, {"numa_nodes": [node(0, "0-3")]}]
)
def test_emulator_and_io_are_free_otherwise(fields: dict[str, Any]) -> None:
    tune = planned(pinned(**fields), host=HOST).cpu_tune
    assert tune is None or (tune.emulator_pin, tune.iothread_pins) == (None, {})


@pytest.mark.parametrize(("threads", "cpus"), [(1, "0"), (8, "0-1")])
def test_where_the_hosts_nodes_have_no_cpus_its_first_are_taken(threads: int, cpus: str) -> None:
    host = evolve(HOST, cpu_threads=threads, numa_nodes=(HostNumaNode(index=0), HostNumaNode(index=1)))
    assert planned(pinned(), host=host).cpu_tune.emulator_pin == cpus


WORDS = [
    (None, False, "none"),
    ("none", False, "none"),
    ("none", True, "manual"),
    (None, True, "manual"),
    ("manual", True, "manual"),
    ("resize_and_pin_numa", False, "manual"),
    ("dedicated", True, "dedicated"),
    ("isolate_threads", False, "isolate-threads"),
]


@pytest.mark.parametrize(("policy", "pins", "word"), WORDS)
def test_the_host_has_a_word_of_its_own_for_a_policy(policy: str | None, pins: bool, word: str) -> None:
    guest = vm(cpu_pinning_policy=policy, cpu_tune=OVIRT.CpuTune(vcpu_pins={"0": "1"}) if pins else None)
    assert planned(guest).cpu_policy == word


@pytest.mark.parametrize(("policy", "pins", "word"), WORDS)
def test_a_known_policy_is_recalled(policy: str | None, pins: bool, word: str) -> None:
    guest = vm(cpu_pinning_policy=policy, cpu_tune=OVIRT.CpuTune(vcpu_pins={"0": "1"}) if pins else None)
    assert recalled(planned(guest), guest, setting()).cpu_pinning_policy == policy


def test_a_policy_that_nobody_knew_is_recalled_where_the_word_is_of_one_alone() -> None:
    dedicated, manual = vm(cpu_pinning_policy="dedicated"), vm(cpu_pinning_policy="manual")
    assert recalled(planned(dedicated), None, setting()).cpu_pinning_policy == "dedicated"
    assert recalled(planned(manual), None, setting()).cpu_pinning_policy is None
