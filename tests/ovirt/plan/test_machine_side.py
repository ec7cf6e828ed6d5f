"""Laws of the machine's side: a plan is its own plan, keeps what is known, comes back from its document, is valid."""

from typing import Any

from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xform import laws
from xform.strategies import entities

from ..material import OVIRT
from ..test_plan import changed
from .guest import ID, LEVELS, NAMES, Host, HostDevice, HostNumaNode, faults, planned, recalled, setting

GIB = 1 << 30
patient = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

HOSTS = st.builds(
    Host,
    emulation=st.sampled_from(["kvm", "software"]),
    cpu_model=st.sampled_from(["AMD EPYC", "Intel"]),
    tsc_frequency=st.sampled_from([None, 2_000_000_000]),
    backup=st.booleans(),
    huge_pages=st.sampled_from([(), (2048, 1048576)]),
    numa_nodes=st.sampled_from([(), tuple(HostNumaNode(index=n, cpus=(2 * n, 2 * n + 1)) for n in range(3))]),
    devices=st.just((HostDevice(name="nd", capability="nvdimm", device_path="/dev/pmem0", device_size=4 * GIB),)),
)
FEW = st.none() | st.integers(1, 9)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "hugepages": st.sampled_from(["2048", "4", "0", "x"]),
        "hugepages_shared": st.just("true"),
        "extra_cpu_flags": st.just("+aes,-x2apic"),
        "nvram_template": st.just("/own.fd"),
    },
)


@st.composite
def guests(draw: Any) -> Any:
    """A VM as a manager knows it."""
    counts = draw(st.lists(st.integers(1, 4), max_size=3))
    starts = [sum(counts[:at]) for at in range(len(counts))]
    nodes = [
        OVIRT.NumaNode(
            index=at,
            cpus=f"{start}-{start + count - 1}" if count > 1 else f"{start}",
            memory=draw(st.integers(1, 4096)),
            host_nodes=draw(st.sampled_from([None, "0", "1-2"])),
            tune_mode=draw(st.sampled_from([None, "strict", "preferred"])),
        )
        for at, (start, count) in enumerate(zip(starts, counts, strict=True))
    ]
    memory = draw(st.integers(1, 1 << 22))
    return OVIRT.Vm(
        id=ID,
        name="vm",
        memory=memory,
        memory_limit=draw(st.none() | st.just(memory) | st.just(2 * memory)),
        sockets=sum(counts) or draw(FEW),
        cores=None if counts else draw(FEW),
        threads=None if counts else draw(FEW),
        numa_nodes=nodes,
        origin=draw(st.sampled_from([None, "ovirt", "hosted_engine"])),
        guest_os=draw(st.sampled_from([None, "rhel_9x64", "windows_11"])),
        vm_type=draw(st.sampled_from([None, "high_performance"])),
        bios_type=draw(st.sampled_from([None, "i440fx_sea_bios", "q35_sea_bios", "q35_ovmf", "q35_secure_boot"])),
        acpi=draw(st.booleans()),
        cpu_model=draw(st.sampled_from([None, "Nehalem,+aes", "hostModel", "POWER9"])),
        use_host_cpu=draw(st.sampled_from([None, True])),
        use_tsc_frequency=draw(st.sampled_from([None, True])),
        cpu_pinning_policy=draw(
            st.sampled_from([None, "none", "manual", "resize_and_pin_numa", "dedicated", "isolate_threads"])
        ),
        cpu_tune=draw(st.sampled_from([None, OVIRT.CpuTune(vcpu_pins={"0": "1"})])),
        volatile_run=draw(st.sampled_from([None, True])),
        time_zone=draw(st.sampled_from([None, "Europe/Berlin", "GMT Standard Time"])),
        serial_number_policy=draw(st.sampled_from([None, "vm_id", "custom", "host_id"])),
        custom_serial_number="S1",
        custom_properties=draw(PROPERTIES),
    )


ANY = {"host": HOSTS, "level": st.sampled_from(LEVELS), "arch": st.sampled_from(["x86_64", "ppc64le", "s390x"])}
COUNTS = ("sockets", "cores", "threads", "numa_nodes", "current_numa_pinning", "cpu_pinning_policy")
KINDS = ("bios_type", "acpi", "cpu_model", "use_host_cpu", "use_tsc_frequency", "volatile_run")
SERIALS = ("serial_number_policy", "custom_serial_number")
RECALLED = (*COUNTS, *KINDS, *SERIALS)


@patient
@given(guest=guests(), **ANY)
def test_a_plan_is_its_own_plan(guest: Any, host: Any, level: str, arch: str) -> None:
    once = planned(guest, host=host, level=level, arch=arch)
    assert planned(once, host=host, level=level, arch=arch) == once


@patient
@given(guest=guests(), **ANY)
def test_what_is_known_is_kept(guest: Any, host: Any, level: str, arch: str) -> None:
    assert list(changed(guest, planned(guest, host=host, level=level, arch=arch))) == []


@patient
@given(guest=guests(), **ANY)
def test_documents_are_valid(guest: Any, host: Any, level: str, arch: str) -> None:
    assert faults(planned(guest, host=host, level=level, arch=arch)) == []


@patient
@given(guest=guests(), **ANY)
def test_what_was_known_is_recalled(guest: Any, host: Any, level: str, arch: str) -> None:
    given = setting(guest, host=host, level=level, arch=arch)
    again = recalled(planned(guest, given), guest, given)
    assert {name: getattr(again, name) for name in RECALLED} == {name: getattr(guest, name) for name in RECALLED}


@patient
@given(guest=guests(), **ANY)
def test_a_recalled_vm_needs_no_planning(guest: Any, host: Any, level: str, arch: str) -> None:
    given = setting(guest, host=host, level=level, arch=arch)
    once = planned(guest, given)
    assert planned(recalled(once, guest, given), given) == OVIRT.parse(OVIRT.generate(once))


@patient
@given(guest=guests(), level=ANY["level"], arch=ANY["arch"])
def test_L93_the_managers_own_vm_is_planned_for_no_host_whatever_its_properties(
    guest: Any, level: str, arch: str
) -> None:
    engine = evolve(guest, origin="hosted_engine", custom_properties={"hugepages": "2048", "vhost": "lab:true"})
    once = planned(engine, host=Host(), level=level, arch=arch)
    assert once.memory_backing.hugepages.pages[0].size == (16384 if arch == "ppc64le" else 2048)
    assert faults(once) == []


@patient
@given(guest=entities(OVIRT), **ANY)
def test_any_vm_has_one_plan_that_keeps_what_is_known_and_comes_back(
    guest: Any, host: Any, level: str, arch: str
) -> None:
    given = setting(host=host, level=level, arch=arch)
    once = planned(guest, given, NAMES)
    assert planned(once, given, NAMES) == once
    assert list(changed(guest, once)) == []
    if guest.vcpus is None or guest.vcpus < 1 << 14:
        assert laws.create_get(OVIRT, once) == []
