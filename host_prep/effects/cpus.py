"""CPUs of the host, shared out among VMs: some have theirs for themselves, the others share what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.facts.cpus import Cpus, cpu_set, look_at_cpus
from host_prep.libvirt import Refused
from xform.errors import HostError

_EXCLUSIVE = ("dedicated", "isolate-threads", "siblings")
_WHOLE_CORES = ("isolate-threads", "siblings")


@frozen(kw_only=True)
class CpuPool(Effect):
    """vCPUs that nobody pinned run on the CPUs that no VM has for itself.

    A VM that has CPUs for itself takes them from all the others; any other VM only finds its own place.
    """

    host_wide: ClassVar[bool] = True

    id: str
    policy: str

    @property
    def key(self) -> str:
        return f"cpus:{self.id}"

    def says(self) -> str:
        if self.policy in _EXCLUSIVE:
            return f"keep other VMs off the CPUs of this one ({self.policy})"
        return "keep vCPUs off the CPUs that another VM has for itself, if any has"

    def undoing(self) -> str:
        return "let other VMs have its CPUs" if self.policy in _EXCLUSIVE else ""

    def apply(self, work: Work, note: Note) -> Outcome:
        vm = work.dialect.parse(work.host.libvirt.document(self.id))
        others = list(work.running())
        if self.policy in _EXCLUSIVE:
            return _pin_others(work, others, [vm, *others])[0]
        if not shared_vcpus(vm) or not (pinned(vm) or any(policy_of(one) in _EXCLUSIVE for one in others)):
            return Outcome.ALREADY  # it runs on all CPUs, where libvirt put it
        cpus = look_at_cpus(work.host)
        _pin(work, vm, shared_pool(cpus, others), cpus)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        others = list(work.running()) if self.policy in _EXCLUSIVE else []
        outcome, refused = _pin_others(work, others, others)
        if refused:
            raise HostError(f"other VMs do not get its CPUs: {'; '.join(refused)}")
        return outcome


def shared_pool(cpus: Cpus, vms: Iterable[Entity]) -> frozenset[int]:
    """The CPUs that are online without those that VMs have for themselves, some of them with all of their cores."""
    taken: set[int] = set()
    for vm in vms:
        if (policy := policy_of(vm)) in _EXCLUSIVE:
            own = frozenset[int]().union(*map(cpu_set, pinned(vm).values()))
            taken |= own
            if policy in _WHOLE_CORES:
                taken = taken.union(*(cpus.siblings.get(cpu, ()) for cpu in own))
    return cpus.online - taken


def policy_of(vm: Entity) -> str:
    """What it says, else by whether it pins any vCPU."""
    return str(vm.cpu_policy or ("manual" if pinned(vm) else "none"))


def pinned(vm: Entity) -> dict[str, str]:
    """CPUs by vCPU, of those that the document pins."""
    pins: dict[str, str] = getattr(vm.cpu_tune, "vcpu_pins", {})
    return pins


def shared_vcpus(vm: Entity) -> list[int]:
    """The vCPUs of a VM that run on the shared CPUs."""
    vcpus = range(vm.current_vcpus or vm.vcpus or 1)
    match policy_of(vm):
        case "none":
            return list(vcpus)
        case "manual":
            own = vm.manually_pinned_cpus
            kept = set(map(int, pinned(vm))) if own is None else cpu_set(own)
            return [vcpu for vcpu in vcpus if vcpu not in kept]
        case _:
            return []


def _pin_others(work: Work, others: Sequence[Entity], everyone: Sequence[Entity]) -> tuple[Outcome, list[str]]:
    """What libvirt refused for VMs that still run is told as well.

    VMs that cannot be pinned, such as one that has just ended, are no fault of one that starts.
    """
    sharing = [vm for vm in others if shared_vcpus(vm)]
    refused: list[str] = []
    if not sharing:
        return Outcome.ALREADY, refused
    cpus = look_at_cpus(work.host)
    pool = shared_pool(cpus, everyone)
    for vm in sharing:
        try:
            _pin(work, vm, pool, cpus)
        except HostError as error:
            work.host.log.warning("vCPUs not pinned", vm=vm.id, error=str(error))
            now = work.host.libvirt.domain(vm.id)
            if isinstance(error, Refused) and now and now.active:
                refused.append(f"{vm.name}: {error}")
    return Outcome.DONE, refused


def _pin(work: Work, vm: Entity, pool: frozenset[int], cpus: Cpus) -> None:
    if not pool:
        raise HostError(f"no CPU is left for {vm.name}: other VMs have all of them for themselves; end one of these")
    for vcpu in shared_vcpus(vm):
        work.host.libvirt.pin_vcpu(vm.id, vcpu, [cpu in pool for cpu in range(max(cpus.online) + 1)])
