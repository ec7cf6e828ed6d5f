"""What the steps of a plan share: small facts of a VM, and how lists of devices are gone through."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .context import Entity, Host, Setting
from .machine import has_q35

PCI_PLACE = ("domain", "bus", "slot", "function")


def each(items: Iterable[Entity], cls: type | tuple[type, ...], change: Callable[[Entity], Entity]) -> list[Entity]:
    """What no table could say is no instance of the class, and stays as it is."""
    return [change(item) if isinstance(item, cls) else item for item in items]


def claim(taken: set[Any], candidates: Iterable[Any]) -> Any:
    """The first candidate that nobody has; it is taken from now on."""
    chosen = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(chosen)
    return chosen


def virtio(vm: Entity, setting: Setting) -> str:
    """Model of the VM's virtio devices.  On Q35 they are of the newest kind, which old guests do not know."""
    return "virtio-transitional" if setting.os.legacy_virtio and has_q35(vm, setting) else "virtio"


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
