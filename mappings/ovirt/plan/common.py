"""What the steps of a plan share: small facts of a VM, and how lists of devices are gone through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from .context import Host, Setting

Entity = Any
"""Entity classes are made from the tables; the dialect at hand has them."""

PCI_PLACE = ("domain", "bus", "slot", "function")
_MACHINES = {"x86": "q35", "ppc": "pseries", "s390x": "s390-ccw-virtio"}


def each(items: Iterable[Entity], cls: type | tuple[type, ...], change: Callable[[Entity], Entity]) -> list[Entity]:
    """What no table could say is no instance of the class, and stays as it is."""
    return [change(item) if isinstance(item, cls) else item for item in items]


def claim(taken: set[Any], candidates: Iterable[Any]) -> Any:
    """The first candidate that nobody has; it is taken from now on."""
    chosen = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(chosen)
    return chosen


def chipset(machine: str | None) -> Literal["q35", "i440fx"] | None:
    """The chipset of an x86 machine type, such as pc-q35-rhel8.6.0; None: it has neither."""
    words = (machine or "").lower().split("-")
    return "q35" if "q35" in words else "i440fx" if "i440fx" in words or "pc" in words else None


def machine_of(vm: Entity, setting: Setting) -> str:
    """The machine type that the VM has, or will have."""
    own = getattr(vm.os, "machine", None)
    return str(own or setting.cluster.emulated_machine or _MACHINES[setting.cluster.family])


def q35(vm: Entity, setting: Setting) -> bool:
    return setting.x86 and chipset(machine_of(vm, setting)) == "q35"


def virtio(vm: Entity, setting: Setting) -> str:
    """Model of the VM's virtio devices.  On Q35 they are of the newest kind, which old guests do not know."""
    return "virtio-transitional" if setting.os.legacy_virtio and q35(vm, setting) else "virtio"


def cpu_count(vm: Entity) -> int:
    """Virtual CPUs at start."""
    current = (vm.current_sockets or 0) * (vm.current_cores or 1) * (vm.current_threads or 1)
    if vm.cpu_pinning_policy == "resize_and_pin_numa" and current:
        return int(current)
    if vm.sockets or vm.cores or vm.threads:
        return int((vm.sockets or 1) * (vm.cores or 1) * (vm.threads or 1))
    return int(vm.current_vcpus or vm.vcpus or 1)


def shown(vm: Entity, setting: Setting) -> set[str]:
    """How the VM's screen is seen: `vnc`, `spice`."""
    kinds = {"vnc": setting.dialect.VncGraphics, "spice": setting.dialect.SpiceGraphics}
    held = {kind for kind, cls in kinds.items() if any(isinstance(item, cls) for item in vm.graphics)}
    return held | set(vm.displays)


def name_at(host: Host, capabilities: tuple[str, ...], place: dict[str, int | None]) -> str | None:
    """Name of the device that is in a place on the host; None: no device or several are there."""
    found = [
        device.name
        for device in host.devices
        if device.capability in capabilities and all(device.address.get(key, 0) == at for key, at in place.items())
    ]
    return found[0] if len(found) == 1 else None


def counterpart(item: Entity, known: Iterable[Entity], *keys: str) -> Entity | None:
    """The known device that an item is, by the first key that exactly one of them shares with it; None: none."""
    held = list(known)
    for key in keys:
        value = getattr(item, key, None)
        found = [other for other in held if value is not None and getattr(other, key, None) == value]
        if len(found) == 1:
            return found[0]
    return None
