"""What the tests of the devices' plan share: a small VM, its setting, and the steps in their order."""

import importlib
from typing import Any

from ..material import OVIRT, PLANNING

ID = "5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10"
OTHER_ID = "0c5e7d1a-94b3-4f26-8d07-6b2e1f3a9c55"
PROFILE_ID = "6f3b0d5e-1a2c-4e8f-9b7d-0c4a5e6f7181"

CONTEXT: Any = importlib.import_module(f"{PLANNING.__name__}.context")
MACHINES = {"x86_64": "q35", "ppc64le": "pseries", "s390x": "s390-ccw-virtio"}
STEPS = ("hostdevs", "devices", "display", "controllers", "pcie", "identities", "nics", "order")


def step(name: str) -> Any:
    """A module of the plan."""
    return importlib.import_module(f"{PLANNING.__name__}.{name}")


def vm(arch: str = "x86_64", machine: str | None = None, **fields: Any) -> Any:
    os = OVIRT.Os(type="hvm", arch=arch, machine=machine or MACHINES[arch])
    cpus = {} if "sockets" in fields else {"vcpus": 1}
    return OVIRT.Vm(**{"id": ID, "name": "vm", "type": "kvm", "memory": 64, "os": os} | cpus | fields)


def setting(
    entity: Any, version: str = "4.8", os: Any = None, host: Any = None, config: Any = None, **cluster: Any
) -> Any:
    arch = getattr(entity.os, "arch", None) or "x86_64"
    of = CONTEXT.Cluster(**{"arch": arch, "compatibility": version} | cluster)
    return CONTEXT.Setting.of(entity, OVIRT, host=host, cluster=of, os=os, config=config)


def planned(entity: Any, context: Any = None) -> Any:
    """The VM by all steps of its devices but those of disks."""
    context = context or setting(entity)
    for name in STEPS:
        entity = step(name).plan(entity, context)
    return step("controllers").plan_queues(entity, context)


def recalled(entity: Any, known: Any, context: Any) -> Any:
    for name in STEPS:
        if hasattr(step(name), "recall"):
            entity = step(name).recall(entity, known, context)
    return entity


def document(entity: Any) -> Any:
    """The VM as its document shows it: without what the manager alone knows."""
    return OVIRT.parse(OVIRT.generate(entity))
