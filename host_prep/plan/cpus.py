"""Which CPUs of the host a VM runs on."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.cpus import CpuPool, policy_of
from host_prep.plan.common import Setting, Step


def cpus(vm: Entity, setting: Setting) -> Step:
    return vm, [CpuPool(id=vm.id, policy=policy_of(vm))]
