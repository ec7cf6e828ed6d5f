"""How many virtual CPUs there are, how many may be plugged, and how they are arranged."""

from __future__ import annotations

from math import prod

from attrs import evolve

from .context import Config, Entity, Setting, complete
from .machine import has_q35

# A PC without Q35 numbers its CPUs in 8 bits, and keeps some of the numbers.
_APIC_BITS = 8
_APIC_CPUS = 240


def policy_of(vm: Entity) -> str:
    """Who chooses the host's CPUs: the manager's word, else what the document says of it."""
    return str(vm.cpu_pinning_policy or (vm.cpu_policy or "none").replace("-", "_"))


def resized(vm: Entity) -> bool:
    """Whether the policy chose another arrangement than the VM's own."""
    current = (vm.current_sockets, vm.current_cores, vm.current_threads)
    return policy_of(vm) == "resize_and_pin_numa" and all(current)


def per_socket(vm: Entity) -> tuple[int, int]:
    """Cores of a socket, and threads of a core."""
    if resized(vm):
        return vm.current_cores, vm.current_threads
    stated = vm.cpu.topology if vm.cpu is not None else None
    if vm.sockets is None and vm.cores is None and vm.threads is None and stated is not None:
        return max(stated.cores, 1), max(stated.threads, 1)
    return vm.cores or 1, vm.threads or 1


def online(vm: Entity) -> int:
    """Virtual CPUs at start."""
    if vm.current_vcpus:
        return int(vm.current_vcpus)
    if resized(vm):
        count = prod((vm.current_sockets, vm.current_cores, vm.current_threads))
    elif vm.sockets is None and vm.cores is None and vm.threads is None:
        count = vm.vcpus or 1
    else:
        count = prod((vm.sockets or 1, vm.cores or 1, vm.threads or 1))
    return int(min(count, vm.vcpus or count))


def bounded(most: int, count: int, per_socket: int, config: Config) -> int:
    """The most CPUs of a level from 4.6 on, where a VM of few sockets is not made ready for all that there may be."""
    sockets = max(
        min(config.max_sockets, config.max_vcpus_coefficient * count // per_socket),
        min(16, (config.many_vcpus - 1) // per_socket),
    )
    return min(most, sockets * per_socket)


def reachable(most: int, sockets: int, cores: int, threads: int, *, x86: bool, q35: bool) -> int:
    """The most CPUs of a VM with so many cores and threads, where a guest may have `most` CPUs in `sockets` sockets."""
    tps = cores * threads
    aligned = most if tps > most else tps * min(sockets, most // tps)
    if not x86 or q35:
        return aligned
    bits = (threads - 1).bit_length() + (cores - 1).bit_length()
    if bits > _APIC_BITS:
        return tps if most > _APIC_CPUS else most
    reach = tps * min(sockets, 1 << (_APIC_BITS - bits))
    while reach > _APIC_CPUS:
        reach -= tps
    return reach if most >= reach else aligned


def most(vm: Entity, setting: Setting) -> int:
    """Virtual CPUs that the VM may have once all are plugged; whole sockets, and never fewer than at start."""
    if vm.vcpus:
        return int(vm.vcpus)
    config, count = setting.config, online(vm)
    hot = config.hot_plug_cpu.get(setting.arch, config.hot_plug_cpu.get(setting.family, False))
    if not hot or policy_of(vm) not in ("none", "manual"):
        return count
    cores, threads = per_socket(vm)
    allowed = config.max_vcpus.get(setting.arch, config.max_vcpus.get(setting.family, count))
    if setting.at_least("4.6"):
        allowed = bounded(allowed, count, cores * threads, config)
    q35 = has_q35(vm, setting)
    reach = reachable(allowed, config.max_sockets, cores, threads, x86=setting.x86, q35=q35)
    return max(count, reach - reach % (cores * threads))


def plan(vm: Entity, setting: Setting) -> Entity:
    """Counts, arrangement, and threads for I/O: one, where nobody said how many."""
    dialect = setting.dialect
    count, all_of_them = online(vm), most(vm, setting)
    cores, threads = per_socket(vm)
    vm = complete(vm, vcpus=all_of_them, current_vcpus=count, iothreads=1)
    # libvirt refuses an arrangement whose product is another number.
    if setting.config.send_smp and all_of_them % (cores * threads) == 0:
        sockets = all_of_them // (cores * threads)
        topology = dialect.CpuTopology(sockets=sockets, cores=cores, threads=threads)
        vm = evolve(vm, cpu=complete(vm.cpu or dialect.Cpu(), topology=topology))
    return vm


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The arrangement at start: sockets of the CPUs that are on, not of all that may be plugged."""
    names = ("sockets", "cores", "threads")
    before = {name: getattr(known, name, None) for name in (*names, *(f"current_{name}" for name in names))}
    stated = vm.cpu.topology if vm.cpu is not None else None
    count = vm.current_vcpus or vm.vcpus or 0
    if stated is None and known is None and count:  # libvirt then makes each CPU a socket
        return evolve(vm, sockets=count, cores=1, threads=1)
    if stated is None or not stated.cores or not stated.threads:
        return evolve(vm, **before)
    size = prod((stated.cores, stated.threads, stated.dies or 1, stated.clusters or 1))
    if not count or count % size:
        return evolve(vm, **before)
    found = {"sockets": count // size, "cores": size // stated.threads, "threads": stated.threads}
    if known is not None and resized(known):
        return evolve(vm, **before | {f"current_{name}": value for name, value in found.items()})
    # One that nobody gave is one.
    said = {name: value for name, value in found.items() if value != 1 or known is None or before[name] is not None}
    return evolve(vm, **before | said)
