"""Controllers that devices need; libvirt would add its own, which are nobody's and not always what we want."""

from __future__ import annotations

from itertools import count
from typing import Any

from attrs import evolve

from .common import claim, each, shown, virtio
from .context import Entity, Setting, complete
from .cpus import online
from .machine import has_q35
from .scsi import SPAPR_MODEL, VIRTIO_MODELS

_SERIAL_PORTS = 16
_USB_PORTS = 8
_USB_SET = 6
"""Slots for the client's USB devices on one set of USB 2 controllers."""
_MOST_QUEUES = 4


def plan(vm: Entity, setting: Setting) -> Entity:
    """Controllers for disks, channels and USB devices.  Indices are unique among those of a type, and known ones stay.

    USB 2 is an exception: a controller and its three companions are one, with one index.
    """
    for step in (_scsi, _serial, _usb, _ids):
        vm = step(vm, setting)
    return vm


def recall(vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    """Whether the guest has USB, and how many queues disks are wanted to have."""
    usable = usb_usable(vm, setting)
    expected = known is not None and usb_usable(evolve(known, controllers=[]), setting) == usable
    queues = {item.queues for item in _of(vm, setting, "scsi") if item.model in VIRTIO_MODELS}
    return evolve(
        vm,
        usb=known.usb if known is not None and expected else usable,
        virtio_scsi_multi_queues=_wanted_queues(queues, known),
    )


def plan_queues(vm: Entity, setting: Setting) -> Entity:
    """Queues of SCSI controllers, of either kind of virtio; the disks on each are known."""
    wanted = vm.virtio_scsi_multi_queues or 0

    def controller(item: Entity) -> Entity:
        if item.type != "scsi" or item.model not in VIRTIO_MODELS:
            return item
        queues = wanted if wanted > 0 else scsi_queues(_disks_on(vm, item.index, setting), online(vm))
        return complete(item, queues=queues) if wanted and queues else item

    return evolve(vm, controllers=each(vm.controllers, setting.dialect.Controller, controller))


def scsi_queues(disks: int, cpus: int) -> int:
    """As many queues as there is use for."""
    return min(disks, _MOST_QUEUES, cpus)


def usb_model(vm: Entity, setting: Setting) -> str:
    """Model of the USB controller; SPICE redirects devices, and needs one of USB 2 or later."""
    os = setting.os
    own = os.q35_usb_controller if has_q35(vm, setting) else os.usb_controller
    if own == "none" or "spice" not in shown(vm, setting) or not setting.x86:
        return own
    return "qemu-xhci" if has_q35(vm, setting) else "ich9-ehci1"


def usb_usable(vm: Entity, setting: Setting) -> bool:
    """Whether the guest has, or will have, a controller that takes USB devices."""
    held = _of(vm, setting, "usb")
    if held:
        return any(item.model != "none" for item in held)
    return vm.usb is not False and usb_model(vm, setting) != "none"


def _of(vm: Entity, setting: Setting, type: str) -> list[Any]:
    return [item for item in vm.controllers if isinstance(item, setting.dialect.Controller) and item.type == type]


def _scsi(vm: Entity, setting: Setting) -> Entity:
    """One for each I/O thread, and those that disks have places on."""
    dialect = setting.dialect
    disks = [item for item in vm.disks if isinstance(item, dialect.Disk) and item.interface == "scsi"]
    spapr = [item for item in disks if item.scsi_kind == "spapr_vscsi"]
    hostdev = any(isinstance(getattr(item, "source", None), dialect.ScsiHostdevSource) for item in vm.hostdevs)
    vm = _spapr(vm, setting) if spapr or setting.family == "ppc" else vm
    if len(disks) == len(spapr) and not hostdev:
        return vm
    held = _of(vm, setting, "scsi")
    ours = [item for item in held if item.model in VIRTIO_MODELS]
    model = "virtio-scsi" if virtio(vm, setting) == "virtio" else virtio(vm, setting)
    taken = {item.index for item in held}
    free = count(1 if setting.family == "ppc" else 0)  # on ppc 0 is the machine's own
    threads = [*range(1, (vm.iothreads or 0) + 1)] or [None]
    served = {item.iothread for item in ours}
    if ours and served == {None}:  # they serve no threads, and are meant so
        threads = []
    new = [
        dialect.Controller(type="scsi", index=claim(taken, free), model=model, iothread=thread)
        for thread in threads
        if thread not in served
    ]
    places = {item.address.controller or 0 for item in disks if isinstance(item.address, dialect.DriveAddress)}
    new += [dialect.Controller(type="scsi", index=place, model=model) for place in sorted(places - taken)]
    return evolve(vm, controllers=[*vm.controllers, *new])


def _spapr(vm: Entity, setting: Setting) -> Entity:
    """The SCSI controller of pSeries."""
    dialect = setting.dialect
    held = _of(vm, setting, "scsi")
    if any(isinstance(item.address, dialect.SpaprVioAddress) or item.model == SPAPR_MODEL for item in held):
        return vm
    index = claim({item.index for item in held}, count())
    new = dialect.Controller(type="scsi", index=index, address=dialect.SpaprVioAddress())
    return evolve(vm, controllers=[*vm.controllers, new])


def _disks_on(vm: Entity, index: int | None, setting: Setting) -> int:
    dialect = setting.dialect
    return sum(
        isinstance(item, dialect.Disk)
        and item.interface == "scsi"
        and isinstance(item.address, dialect.DriveAddress)
        and (item.address.controller or 0) == (index or 0)
        for item in vm.disks
    )


def _wanted_queues(held: set[int | None], known: Entity | None) -> int | None:
    """What is wanted of all alike; -1 leads to any number."""
    before: int | None = known.virtio_scsi_multi_queues if known else None
    several = len(held) == 1 and next(iter(held))
    if (before is not None and before <= 0) or not several:
        return before
    return several


def _serial(vm: Entity, setting: Setting) -> Entity:
    """For channels and virtio consoles."""
    dialect = setting.dialect
    needed = any(getattr(item, "target_type", None) == "virtio" for item in (*vm.channels, *vm.consoles))
    if not needed or _of(vm, setting, "virtio-serial"):
        return vm
    model = None if virtio(vm, setting) == "virtio" else virtio(vm, setting)
    new = dialect.Controller(type="virtio-serial", index=0, model=model, ports=_SERIAL_PORTS)
    return evolve(vm, controllers=[*vm.controllers, new])


def _usb(vm: Entity, setting: Setting) -> Entity:
    """For tablets, the client's devices and those of the host; a model of `none` says that there is no USB."""
    if _of(vm, setting, "usb"):
        return vm
    cls = setting.dialect.Controller
    model = "none" if vm.usb is False else usb_model(vm, setting)
    if model == "ich9-ehci1":
        sets = range(max(1, -(-(vm.usb_slots or 0) // _USB_SET)))
        new = [item for index in sets for item in _usb_set(index, setting)]
    else:
        new = [cls(type="usb", index=0, model=model, ports=_USB_PORTS if model == "qemu-xhci" else None)]
    return evolve(vm, controllers=[*vm.controllers, *new])


def _usb_set(index: int, setting: Setting) -> list[Entity]:
    """A controller of USB 2, and three of USB 1 that have two of its ports each."""
    cls = setting.dialect.Controller
    first = cls(type="usb", index=index, model="ich9-ehci1")
    return [first, *(cls(type="usb", index=index, model=f"ich9-uhci{n + 1}", master=2 * n) for n in range(3))]


def _ids(vm: Entity, setting: Setting) -> Entity:
    """A number for each that has none, so that devices find it and a document's is known again."""
    dialect = setting.dialect
    held = [item for item in vm.controllers if isinstance(item, dialect.Controller)]
    taken = {(item.type, item.index) for item in held}

    def controller(item: Entity) -> Entity:
        if item.index is not None or item.type in ("isa", "pci"):
            return item
        return evolve(item, index=claim(taken, ((item.type, number) for number in count()))[1])

    return evolve(vm, controllers=each(vm.controllers, dialect.Controller, controller))
