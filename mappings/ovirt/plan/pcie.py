"""The PCI Express root and its ports: each device that goes there has a port of its own, and some are free.

Cards and disks come and go while the VM runs, and have the free ports; whatever else goes there takes none of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from attrs import evolve

from .common import claim
from .context import Entity, Setting
from .identities import derived
from .machine import has_q35

_XHCI = ("qemu-xhci", "nec-xhci")


def plan(vm: Entity, setting: Setting) -> Entity:
    """The root and its ports, of a VM on Q35; all other devices are known."""
    if not has_q35(vm, setting):
        return vm
    dialect = setting.dialect
    held = [item for item in vm.controllers if isinstance(item, dialect.Controller) and item.type == "pci"]
    taken = {item.index for item in held}
    roots = [] if "pcie-root" in {item.model for item in held} else ["pcie-root"]
    ports = sum(item.model == "pcie-root-port" for item in held)
    new = [*roots, *["pcie-root-port"] * (setting.config.pcie_ports + ports_held(vm, setting) - ports)]
    numbers = count(1)
    return evolve(vm, controllers=[*vm.controllers, *(_new(vm, model, taken, numbers, dialect) for model in new)])


def _new(vm: Entity, model: str, taken: set[int | None], numbers: Iterator[int], dialect: Any) -> Entity:
    """A root, which has a name of its own, or a port with an id by its number."""
    if model == "pcie-root":
        return dialect.Controller(type="pci", index=0, model=model)
    index = claim(taken, numbers)
    return dialect.Controller(type="pci", index=index, model=model, id=derived(vm, "pcie-root-port", index))


def ports_held(vm: Entity, setting: Setting) -> int:
    """Ports that devices hold for good: those of PCI Express one each, those of PCI together one, for a bridge."""
    express = list(_express(vm, setting.dialect))
    return sum(express) + (not all(express))


def _express(vm: Entity, dialect: Any) -> Iterator[bool]:
    """For each device on PCI that stays, whether it is one of PCI Express; what is in the root itself is left out."""
    for item in vm.controllers:
        if isinstance(item, dialect.Controller):
            if item.type in ("scsi", "virtio-serial"):
                yield item.model in (None, "virtio-scsi", "virtio-non-transitional")
            elif item.type == "usb" and item.model in _XHCI:
                yield True
    for item in (vm.balloon, *vm.rngs):
        if item is not None and getattr(item, "model", "none") != "none":
            yield getattr(item, "model", None) != "virtio-transitional"
    for item in vm.watchdogs:
        if getattr(item, "model", None) == "i6300esb":
            yield False
    for item in vm.sounds:
        if getattr(item, "model", "ich9") not in ("ich9", "usb", "pcspk", "sb16"):
            yield getattr(item, "model", None) == "virtio"
    for item in vm.inputs:
        if getattr(item, "bus", None) == "virtio":
            yield getattr(item, "model", None) != "virtio-transitional"
    for item in vm.hostdevs:
        if isinstance(getattr(item, "source", None), dialect.PciHostdevSource | dialect.MdevHostdevSource):
            yield True
    yield from (True for _ in vm.videos[1:])
