"""What the virtual CPUs are: from model and flags to mode, model and features, and back."""

from typing import Any

import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import Cluster, Host, faults, planned, recalled, setting, step, vm

MODEL = step("cpu_model")
STEPS = ("machine", "cpu_model")
EPYC = Host(cpu_model="AMD EPYC Processor")


def cpu(guest: Any, **context: Any) -> Any:
    return planned(guest, names=STEPS, **context).cpu


def test_a_named_model_must_match_exactly() -> None:
    made = cpu(vm(cpu_model="Cascadelake-Server,+md-clear,-monitor,aes"))
    assert (made.mode, made.match_policy, made.model) == (None, "exact", "Cascadelake-Server")
    assert made.features == {"md-clear": "require", "monitor": "disable", "aes": "require"}


def test_without_a_model_of_its_own_a_vm_has_the_clusters() -> None:
    cluster = Cluster(cpu="Nehalem,+spec-ctrl")
    assert cpu(vm(), cluster=cluster).model == "Nehalem"
    assert cpu(vm(cpu_model="Westmere"), cluster=cluster).model == "Westmere"
    assert cpu(vm()) is None


@pytest.mark.parametrize(("text", "mode"), [("hostPassthrough", "host-passthrough"), ("hostModel", "host-model")])
def test_words_for_the_hosts_own_cpu_are_modes(text: str, mode: str) -> None:
    made = cpu(vm(cpu_model=text))
    assert (made.mode, made.model, made.match_policy) == (mode, None, "exact")


def test_the_hosts_own_cpu_goes_before_a_model_and_its_flags() -> None:
    made = cpu(vm(use_host_cpu=True, cpu_model="Nehalem,+aes"))
    assert (made.mode, made.model, made.features) == ("host-passthrough", None, {})


def test_on_power_a_model_is_what_the_hosts_is_compatible_with() -> None:
    made = cpu(vm(cpu_model="POWER9"), arch="ppc64le")
    assert (made.mode, made.match_policy, made.model) == ("host-model", None, "power9")


def test_on_power_the_hosts_own_cpu_has_no_model() -> None:
    made = cpu(vm(use_host_cpu=True), arch="ppc64le")
    assert (made.mode, made.model) == ("host-passthrough", None)


def test_a_guest_that_knows_the_counters_speed_has_a_counter_that_never_changes_it() -> None:
    guest = vm(cpu_model="Nehalem", use_tsc_frequency=True)
    assert cpu(guest, host=Host(tsc_frequency=2_000_000_000)).features == {"invtsc": "require"}
    assert cpu(guest).features == {}


@pytest.mark.parametrize(
    ("host", "features"),
    [
        (EPYC, {"monitor": "disable"}),
        (evolve(EPYC, cpu_flags=("monitor", "svm")), {}),
        (Host(cpu_model="Intel Xeon"), {}),
    ],
)
def test_L91_a_host_that_is_a_guest_of_epyc_lacks_monitor(host: Any, features: dict[str, str]) -> None:
    assert cpu(vm(cpu_model="EPYC"), host=host).features == features


def test_the_administrators_flags_are_added() -> None:
    guest = vm(cpu_model="Nehalem", custom_properties={"extra_cpu_flags": "+aes, -x2apic,pcid"})
    assert cpu(guest).features == {"aes": "require", "x2apic": "disable", "pcid": "require"}


def test_L31_a_flag_stands_once_and_the_last_word_counts() -> None:
    guest = vm(cpu_model="EPYC,+monitor", custom_properties={"extra_cpu_flags": "+monitor"})
    assert cpu(evolve(guest, custom_properties={}), host=EPYC).features == {"monitor": "disable"}
    assert cpu(guest, host=EPYC).features == {"monitor": "require"}


def test_without_a_model_there_are_no_flags_that_libvirt_would_refuse() -> None:
    assert cpu(vm(custom_properties={"extra_cpu_flags": "+aes"})) is None


def test_a_known_model_stays_and_gets_the_flags_beside_it() -> None:
    guest = vm(cpu=OVIRT.Cpu(mode="host-model"), cpu_model="Nehalem,+aes", use_tsc_frequency=True)
    made = cpu(guest, host=Host(tsc_frequency=1))
    assert (made.mode, made.model, made.match_policy, made.features) == (
        "host-model",
        None,
        None,
        {"invtsc": "require"},
    )


@pytest.mark.parametrize("arch", ["x86_64", "ppc64le", "s390x"])
@pytest.mark.parametrize("text", ["Nehalem,+aes", "hostModel", "hostPassthrough", None])
def test_the_documents_are_valid(arch: str, text: str | None) -> None:
    assert faults(planned(vm(cpu_model=text), arch=arch)) == []


# --- recall -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Nehalem,+aes,-x2apic", "hostModel", None])
def test_a_model_is_recalled(text: str | None) -> None:
    guest = vm(cpu_model=text)
    assert recalled(planned(guest), guest, setting(guest)).cpu_model == text
    assert recalled(planned(guest), None, setting(guest)).cpu_model == text


def test_the_clusters_model_stays_the_clusters() -> None:
    given = setting(cluster=Cluster(cpu="Nehalem,+aes"))
    assert recalled(planned(vm(), given), vm(), given).cpu_model is None


def test_flags_from_elsewhere_are_not_recalled_as_the_models() -> None:
    guest = vm(cpu_model="EPYC,+aes", use_tsc_frequency=True, custom_properties={"extra_cpu_flags": "+svm"})
    given = setting(host=evolve(EPYC, tsc_frequency=5))
    assert recalled(planned(guest, given), None, given).cpu_model == "EPYC,+aes"


def test_the_hosts_own_cpu_is_recalled_beside_the_model() -> None:
    guest = vm(use_host_cpu=True, cpu_model="Nehalem")
    again = recalled(planned(guest), guest, setting(guest))
    assert (again.use_host_cpu, again.cpu_model) == (True, "Nehalem")
    assert recalled(planned(guest), None, setting(guest)).use_host_cpu is True


def test_a_changed_model_is_recalled_as_changed() -> None:
    guest, changed = vm(cpu_model="Nehalem", use_host_cpu=True), vm(cpu_model="Westmere,+aes")
    again = recalled(planned(changed), guest, setting(guest))
    assert (again.cpu_model, again.use_host_cpu) == ("Westmere,+aes", False)


def test_L38_power_models_lose_their_case_in_the_document_alone() -> None:
    guest = vm(cpu_model="POWER9")
    given = setting(arch="ppc64le")
    assert recalled(planned(guest, given), guest, given).cpu_model == "POWER9"


def test_L39_what_libvirt_adds_for_a_running_vm_is_not_the_managers() -> None:
    guest = vm(cpu_model="Nehalem,+aes")
    running = planned(guest)
    running = evolve(running, cpu=evolve(running.cpu, check="full", features=running.cpu.features | {"vme": "require"}))
    assert recalled(running, guest, setting(guest)).cpu_model == "Nehalem,+aes"
    expanded = evolve(running, cpu=evolve(running.cpu, mode="custom", model="Skylake-Client"))
    assert recalled(expanded, vm(cpu_model="hostModel"), setting(guest)).cpu_model == "hostModel"
    assert recalled(expanded, vm(), setting(guest)).cpu_model is None
    assert recalled(expanded, None, setting(guest)).cpu_model == "Skylake-Client,+aes,+vme"


@pytest.mark.parametrize("text", ["Nehalem,+aes", "hostModel", None])
def test_L82_what_the_host_of_one_run_gives_is_not_asked_of_the_next_host(text: str | None) -> None:
    guest = vm(cpu_model=text, sockets=2)
    first = planned(guest)
    shown = {"mode": "custom", "model": "Nehalem", "fallback": "forbid", "check": "full"}
    flags = {"aes": "disable", "vme": "require"}
    cpu = first.cpu or OVIRT.Cpu()
    running = evolve(first, cpu=evolve(cpu, match_policy="exact", features=flags, **shown))
    again = recalled(running, first, setting(guest))
    assert again.cpu_model == text
    assert planned(again).cpu == cpu
