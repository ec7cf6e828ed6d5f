"""What tests of the machine's side of the plan share: a VM, its setting, the steps in their order."""

from importlib import import_module
from typing import Any

from xform.schema import Schema

from ..material import OVIRT, PLANNING, corpus

ID = "5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10"
LEVELS = ("4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8")
NAMES = (
    "machine",
    "cpus",
    "cpu_model",
    "memory",
    "numa",
    "pinning",
    "features",
    "many_vcpus",
    "clock",
    "sysinfo",
    "defaults",
    "initialization",
    "firmware",
)


def step(name: str) -> Any:
    """A module of the plan."""
    return import_module(f"{PLANNING.__name__}.{name}")


CONTEXT = step("context")
Host, Cluster, HostDevice, HostNumaNode = CONTEXT.Host, CONTEXT.Cluster, CONTEXT.HostDevice, CONTEXT.HostNumaNode


def vm(**fields: Any) -> Any:
    return OVIRT.Vm(**{"id": ID, "name": "vm", "memory": 1024} | fields)


def setting(guest: Any = None, level: str = "4.8", arch: str = "x86_64", **context: Any) -> Any:
    """The contexts of a VM; of the cluster, level and architecture, unless one is given."""
    context.setdefault("cluster", Cluster(compatibility=level, arch=arch))
    return CONTEXT.Setting.of(guest or vm(), OVIRT, **context)


def planned(guest: Any, given: Any = None, names: tuple[str, ...] = NAMES, **context: Any) -> Any:
    """The VM after the steps."""
    given = given or setting(guest, **context)
    for name in names:
        guest = step(name).plan(guest, given)
    return guest


def recalled(guest: Any, known: Any, given: Any) -> Any:
    """The VM as it is read from its own document, and recalled."""
    found = OVIRT.parse(OVIRT.generate(guest))
    for name in NAMES:
        module = step(name)
        found = module.recall(found, known, given) if hasattr(module, "recall") else found
    return found


def faults(guest: Any) -> list[str]:
    """What libvirt's schema finds wrong with the VM's document."""
    schema = Schema(corpus("schemas") / "libvirt-9.0.0")
    return schema.said(OVIRT.tree(OVIRT.generate(guest)))
