"""Which CPUs of the host run the guest's, the threads for I/O and the emulator."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, HostNumaNode, Setting, complete
from .cpus import policy_of
from .numa import nodes_of, tuned
from .numbers import numbers, ranges


def pins_by_numa(vm: Entity, setting: Setting) -> dict[str, str]:
    """Each CPU on those of the host's nodes that its own node stays on."""
    host = {node.index: node.cpus for node in setting.host.numa_nodes}
    places = tuned(vm, setting)
    pins: dict[str, str] = {}
    for node in nodes_of(vm, setting):
        _, at = places.get(node.index, ("", ""))
        if cpus := ranges(cpu for index in numbers(at) for cpu in host.get(index, ())):
            pins |= {str(cpu): cpus for cpu in numbers(node.cpus)}
    return pins


def most_pinned(pins: dict[str, str], nodes: tuple[HostNumaNode, ...]) -> HostNumaNode | None:
    """The host's node that has most of the pinned CPUs; of several the one whose first CPU is the lowest."""
    pinned = {cpu for cpus in pins.values() for cpu in numbers(cpus)}
    able = [node for node in nodes if node.cpus]
    return min(able, key=lambda node: (-len(pinned.intersection(node.cpus)), min(node.cpus)), default=None)


def helper_cpus(vm: Entity, setting: Setting) -> str | None:
    """CPUs for the emulator and the threads for I/O of a pinned VM of high performance: the first two of its node."""
    pins = vm.cpu_tune.vcpu_pins if vm.cpu_tune is not None else {}
    if vm.vm_type != "high_performance" or not (pins and vm.iothreads and tuned(vm, setting)):
        return None
    node = most_pinned(pins, setting.host.numa_nodes)
    if node is None:
        return "0-1" if setting.host.cpu_threads > 1 else "0"
    return ranges(sorted(node.cpus)[:2])


def plan(vm: Entity, setting: Setting) -> Entity:
    """Pins, and the word for the host of who chose them."""
    tune = vm.cpu_tune or setting.dialect.CpuTune()
    if not tune.vcpu_pins and policy_of(vm) == "resize_and_pin_numa":
        tune = evolve(tune, vcpu_pins=pins_by_numa(vm, setting))
    if tune != setting.dialect.CpuTune():
        vm = evolve(vm, cpu_tune=tune)
    if cpus := helper_cpus(vm, setting):
        threads = {str(number): cpus for number in range(1, vm.iothreads + 1)}
        threads = tune.iothread_pins | {key: at for key, at in threads.items() if key not in tune.iothread_pins}
        vm = evolve(vm, cpu_tune=complete(evolve(tune, iothread_pins=threads), emulator_pin=cpus))
    return complete(vm, cpu_policy=word_of(policy_of(vm), bool(tune.vcpu_pins)))


def word_of(policy: str, pinned: bool) -> str:
    """The host's word for a policy; the host tells apart only whose CPUs are whose."""
    if policy == "resize_and_pin_numa" or (policy == "none" and pinned):
        return "manual"
    return policy.replace("_", "-")


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The policy as it was known, where it leads to the document's word; else the one that alone leads to it."""
    before = getattr(known, "cpu_pinning_policy", None)
    if vm.cpu_policy is None:
        return evolve(vm, cpu_pinning_policy=before)
    pinned = bool(vm.cpu_tune is not None and vm.cpu_tune.vcpu_pins)
    if word_of(before or "none", pinned) == vm.cpu_policy:
        return evolve(vm, cpu_pinning_policy=before)
    decided = {"none": "none", "dedicated": "dedicated", "isolate-threads": "isolate_threads"}
    return evolve(vm, cpu_pinning_policy=decided.get(vm.cpu_policy))
