"""Plan: complete a VM in its own terms, so that the document made of it leaves nothing of ours to chance.

What is known stays as it is; what is missing is derived from the VM and the contexts alone.  So a VM has one plan
there, and a plan is its own plan.  Recall is the way back: what the manager knows of a VM beside its document, found by
the facts that the document states where the contexts decide, else as it was known before.

Both are functions of one job each, in the modules beside this one, and run in the order that stands here: a step finds
complete what those before it make.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from attrs import evolve, fields

from xform import EntityError, Opaque

from . import (
    asked,
    boot,
    cdroms,
    clock,
    controllers,
    cpu_model,
    cpus,
    defaults,
    devices,
    disks,
    display,
    features,
    firmware,
    hostdevs,
    identities,
    initialization,
    leases,
    machine,
    many_vcpus,
    memory,
    nics,
    numa,
    order,
    pcie,
    pinning,
    plugged,
    scsi,
    sysinfo,
)
from .carry import carry
from .context import Cluster, Config, Entity, Host, OsInfo, Setting

__all__ = ["Cluster", "Config", "Host", "OsInfo", "plan", "recall"]


_PLAN: tuple[Callable[[Entity, Setting], Entity], ...] = (
    # the machine
    machine.plan,
    cpus.plan,
    cpu_model.plan,
    memory.plan,
    numa.plan,
    pinning.plan,
    features.plan,
    clock.plan,
    sysinfo.plan,
    defaults.plan,
    # disks, and what they are plugged into
    plugged.plan,
    initialization.plan,
    hostdevs.plan,
    cdroms.plan,
    disks.plan,
    devices.plan,
    display.plan,
    controllers.plan,
    scsi.plan,
    controllers.plan_queues,
    nics.plan,
    leases.plan,
    # what depends on all devices
    many_vcpus.plan,
    firmware.plan,
    pcie.plan,
    identities.plan,
    disks.serials,
    boot.plan,
    order.plan,
)
_RECALL: tuple[Callable[[Entity, Entity, Setting], Entity], ...] = (
    machine.recall,
    cpus.recall,
    cpu_model.recall,
    memory.recall,
    numa.recall,
    pinning.recall,
    clock.recall,
    sysinfo.recall,
    hostdevs.recall,
    scsi.recall,
    disks.recall,
    cdroms.recall,
    devices.recall,
    display.recall,
    controllers.recall,
    nics.recall,
    leases.recall,
    boot.recall,
    plugged.recall,
)


def plan(
    vm: Entity,
    *,
    dialect: Any,
    host: Host | None = None,
    cluster: Cluster | None = None,
    os: OsInfo | None = None,
    config: Config | None = None,
) -> Entity:
    """The VM with everything that it needs to start on the host.

    Raises EntityError for a VM without an id, of which those of its devices are made, for an operating system, a
    compatibility level, a profile or a time zone that is not known, and for what is asked where a fact says otherwise.
    """
    if vm.id is None:
        raise EntityError("a VM without an id has no plan; expected a UUID in its field id")
    setting = Setting.of(vm, dialect, host, cluster, os, config)
    asked.check(vm, setting, profiles=cluster is not None)
    return _untouched(vm, lambda vm: reduce(lambda vm, step: step(vm, setting), _PLAN, vm))


def recall(
    vm: Entity,
    *,
    known: Entity | None = None,
    dialect: Any,
    host: Host | None = None,
    cluster: Cluster | None = None,
    os: OsInfo | None = None,
    config: Config | None = None,
) -> Entity:
    """The VM of a document with what its manager knows of it, by the contexts and by what was `known` before.

    Raises EntityError for an operating system that is not known.
    """
    if known is not None:
        if known.id is not None:
            # What was known without an id has the one in the document that plan gives it.
            known = identities.plan(known, Setting.of(known, dialect, host, cluster, os, config, nearest=True))
        vm = carry(vm, known)
    setting = Setting.of(vm, dialect, host, cluster, os, config, nearest=True)
    return _untouched(vm, lambda vm: reduce(lambda vm, step: step(vm, known, setting), _RECALL, vm))


def _untouched(vm: Entity, change: Callable[[Entity], Entity]) -> Entity:
    """Change a VM, but for the sections of it that no table could say: nobody knows what in them is missing."""
    opaque = {field.name: held for field in fields(type(vm)) if isinstance(held := getattr(vm, field.name), Opaque)}
    return evolve(change(evolve(vm, **dict.fromkeys(opaque))), **opaque)
