"""Virtual CPUs: how many at start, how many at most, how they are arranged."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ..material import OVIRT
from .guest import Cluster, planned, recalled, setting, step, vm

CPUS = step("cpus")
STEPS = ("machine", "cpus")


def topology(guest: Any) -> tuple[int, int, int]:
    shape = guest.cpu.topology
    return shape.sockets, shape.cores, shape.threads


@pytest.mark.parametrize(
    ("family", "sockets", "most", "threads", "cores", "q35", "reach"),
    [
        ("x86", 16, 288, 2, 12, False, 192),
        ("x86", 16, 288, 2, 4, False, 128),
        ("x86", 16, 288, 2, 8, False, 240),
        ("x86", 16, 100, 2, 8, False, 96),
        ("x86", 16, 240, 2, 8, False, 240),
        ("x86", 16, 240, 2, 16, False, 224),
        ("x86", 32, 710, 2, 16, False, 224),
        ("x86", 32, 710, 2, 16, True, 704),
        ("ppc", 16, 288, 2, 12, False, 288),
        ("ppc", 16, 288, 2, 4, False, 128),
        ("ppc", 16, 288, 2, 8, False, 256),
    ],
)
def test_cpus_that_may_be_plugged(
    family: str, sockets: int, most: int, threads: int, cores: int, q35: bool, reach: int
) -> None:
    assert CPUS.reachable(most, sockets, cores, threads, x86=family == "x86", q35=q35) == reach


def test_a_socket_with_more_cpus_than_an_apic_id_tells_apart_is_alone() -> None:
    assert CPUS.reachable(710, 16, 32, 16, x86=True, q35=False) == 512
    assert CPUS.reachable(100, 16, 32, 16, x86=True, q35=False) == 100


@pytest.mark.parametrize(
    ("level", "most"), [("4.2", 32), ("4.3", 32), ("4.4", 32), ("4.5", 32), ("4.6", 32), ("4.7", 32), ("4.8", 32)]
)
def test_sixteen_sockets_are_made_ready_at_every_level(level: str, most: int) -> None:
    assert planned(vm(sockets=1, cores=2), level=level, names=STEPS).vcpus == most


def test_from_level_4_6_on_large_vms_may_double() -> None:
    large = vm(sockets=20, cores=8)
    assert planned(large, level="4.6", names=STEPS).vcpus == 320
    assert planned(evolve(large, sockets=2), level="4.6", names=STEPS).vcpus == 120


@pytest.mark.parametrize("policy", ["resize_and_pin_numa", "dedicated", "isolate_threads"])
def test_nothing_is_plugged_into_a_vm_that_has_its_cpus_for_itself(policy: str) -> None:
    assert planned(vm(sockets=2, cores=2, cpu_pinning_policy=policy), names=STEPS).vcpus == 4


@pytest.mark.parametrize("policy", [None, "none", "manual"])
def test_cpus_may_be_plugged_otherwise(policy: str | None) -> None:
    assert planned(vm(sockets=2, cores=2, cpu_pinning_policy=policy), names=STEPS).vcpus == 32


def test_where_the_level_has_no_hot_plug_there_are_as_many_as_at_start() -> None:
    config = evolve(setting().config, hot_plug_cpu={"x86": False})
    assert planned(vm(sockets=3), setting(config=config), names=STEPS).vcpus == 3


def test_a_policy_that_arranges_anew_decides_on_the_arrangement() -> None:
    guest = vm(
        sockets=1, cpu_pinning_policy="resize_and_pin_numa", current_sockets=2, current_cores=3, current_threads=2
    )
    guest = planned(guest, names=STEPS)
    assert (guest.vcpus, guest.current_vcpus, topology(guest)) == (12, 12, (2, 3, 2))


def test_the_arrangement_is_that_of_all_cpus() -> None:
    guest = planned(vm(sockets=2, cores=2, threads=2), names=STEPS)
    assert (guest.current_vcpus, guest.vcpus, topology(guest)) == (8, 64, (16, 2, 2))


def test_without_smp_the_arrangement_is_left_to_the_host() -> None:
    config = evolve(setting().config, send_smp=False)
    assert planned(vm(sockets=2), setting(config=config), names=STEPS).cpu is None


def test_L36_no_arrangement_is_written_whose_product_is_another_number_of_cpus() -> None:
    assert planned(vm(cores=2, vcpus=5), names=STEPS).cpu is None


def test_known_counts_stay() -> None:
    guest = planned(vm(vcpus=4), names=STEPS)
    assert (guest.vcpus, guest.current_vcpus, topology(guest)) == (4, 4, (4, 1, 1))


@given(st.integers(1, 30), st.integers(1, 40), st.integers(1, 20), st.sampled_from(["q35", "pc"]))
def test_there_are_whole_sockets_and_never_fewer_cpus_than_at_start(
    sockets: int, cores: int, threads: int, machine: str
) -> None:
    guest = planned(
        vm(sockets=sockets, cores=cores, threads=threads, os=OVIRT.Os(type="hvm", machine=machine)), names=STEPS
    )
    assert guest.vcpus >= guest.current_vcpus == sockets * cores * threads
    assert guest.vcpus % (cores * threads) == 0


@pytest.mark.parametrize(("said", "threads"), [(None, 1), (0, 0), (3, 3)])
def test_a_vm_has_one_thread_for_io_unless_it_says_otherwise(said: int | None, threads: int) -> None:
    assert planned(vm(iothreads=said), names=STEPS).iothreads == threads


# --- recall -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_L25_sockets_are_recalled_from_the_cpus_at_start(known: bool) -> None:
    guest = vm(sockets=2, cores=4, threads=2)
    again = recalled(planned(guest), guest if known else None, setting(guest))
    assert (again.sockets, again.cores, again.threads) == (2, 4, 2)


def test_sockets_that_were_plugged_are_recalled() -> None:
    guest = vm(sockets=2, cores=4)
    running = evolve(planned(guest), current_vcpus=12)
    assert recalled(running, guest, setting(guest)).sockets == 3


def test_an_arrangement_of_a_policy_is_not_the_vms_own() -> None:
    guest = vm(
        sockets=1,
        cores=1,
        cpu_pinning_policy="resize_and_pin_numa",
        current_sockets=2,
        current_cores=3,
        current_threads=2,
    )
    again = recalled(planned(guest), guest, setting(guest))
    assert (again.sockets, again.cores, again.current_sockets, again.current_cores) == (1, 1, 2, 3)


def test_what_no_arrangement_tells_is_as_it_was_known() -> None:
    guest = vm(sockets=3, cores=2)
    given = setting(config=evolve(setting().config, send_smp=False), cluster=Cluster())
    again = recalled(planned(guest, given), guest, given)
    assert (again.sockets, again.cores, again.threads) == (3, 2, None)
