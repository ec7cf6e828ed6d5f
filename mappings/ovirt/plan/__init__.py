"""Plan: complete a VM in its own terms, so that the document made of it leaves nothing of ours to chance.

What is known stays as it is; what is missing is derived from the VM and its host alone.  So a VM on a host has one
plan, and a plan is its own plan.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count, product
from string import ascii_lowercase
from typing import Any

from attrs import evolve, fields

from .context import Cluster, Config, Host, OsInfo

__all__ = ["Cluster", "Config", "Host", "OsInfo", "plan"]

Entity = Any
"""Entity classes are made from the tables; the dialect at hand has them."""

# Where devices go that nobody gave a bus, and the first letters of the names that the guest sees there.
_INTERFACES = {"disk": "virtio", "lun": "scsi", "cdrom": "sata", "floppy": "fdc"}
_PREFIXES = {"virtio": "vd", "ide": "hd", "fdc": "fd"}
# Controllers that come with the machine and keep their own names; disks find their bus by these.
_BUILT_IN = ("pci", "isa", "ide", "sata", "fdc")
# The bridge without ports that hosts keep for NICs without a network.
_NO_NETWORK = ";vdsmdummy;"


def plan(vm: Entity, *, dialect: Any, host: Host | None = None, **context: Any) -> Entity:
    """The VM with everything that it needs to start on the host; `dialect` has the classes of what is added."""
    host = host or Host()
    for step in (_machine, _defaults, _companions, _identities, _disks, _nics, _sockets):
        vm = step(vm, dialect, host)
    return vm


def _machine(vm: Entity, dialect: Any, host: Host) -> Entity:
    os = dialect.Os(type="hvm") if vm.os is None else vm.os
    return _complete(
        evolve(vm, os=_complete(os, arch="x86_64", machine="q35")),
        type="kvm" if host.emulation == "kvm" else "qemu",
        ballooning_enabled=True,
    )


def _defaults(vm: Entity, dialect: Any, host: Host) -> Entity:
    """What a device is where nobody said it."""

    def disk(item: Entity) -> Entity:
        item = _complete(item, device="disk", driver="qemu", format="raw")
        return _complete(
            evolve(item, read_only=item.read_only or item.device == "cdrom"),
            interface=_INTERFACES[item.device],
            error_policy="report" if item.device == "cdrom" else "stop",
        )

    def console(item: Entity) -> Entity:
        return _complete(item, type="pty", target_type="serial")

    def graphics(item: Entity) -> Entity:
        free = getattr(item, "port", 0) is None and getattr(item, "socket", None) is None
        return _complete(item, autoport=True) if free else item

    return evolve(
        vm,
        disks=_each(vm.disks, dialect.Disk, disk),
        nics=_each(vm.nics, dialect.Nic, lambda item: _complete(item, model="virtio")),
        consoles=_each(vm.consoles, dialect.Console, console),
        graphics=_each(vm.graphics, dialect.Graphics, graphics),
    )


def _companions(vm: Entity, dialect: Any, host: Host) -> Entity:
    """Devices that others need; libvirt would add its own, which are nobody's and not always what we want."""
    scsi = any(getattr(disk, "interface", None) == "scsi" for disk in vm.disks)
    usb = any(getattr(device, "bus", None) == "usb" for device in vm.inputs)
    serial = any(getattr(item, "target_type", None) == "virtio" for item in (*vm.channels, *vm.consoles))
    have = {getattr(controller, "type", None) for controller in vm.controllers}
    wanted = {"scsi": ("virtio-scsi", scsi), "usb": ("qemu-xhci", usb), "virtio-serial": (None, serial)}
    controllers = [
        dialect.Controller(type=kind, index=0, model=model)
        for kind, (model, needed) in wanted.items()
        if needed and kind not in have
    ]
    videos = [dialect.Video(model="vga")] if vm.graphics and not vm.videos else []
    balloon = dialect.Balloon(model="virtio" if vm.ballooning_enabled else "none")
    return _complete(
        evolve(vm, controllers=[*vm.controllers, *controllers], videos=[*vm.videos, *videos]), balloon=balloon
    )


def _identities(vm: Entity, dialect: Any, host: Host) -> Entity:
    """An id for every device that can keep one; a disk has the id of its image."""
    held = {attribute.name: getattr(vm, attribute.name) for attribute in fields(type(vm))}
    taken = {getattr(item, "id", None) for value in held.values() for item in _items(value)}

    def identify(place: str, item: Entity) -> Entity:
        if getattr(item, "id", "") is not None or not _keeps_id(item, dialect):
            return item
        image = [item.image_id] if getattr(item, "image_id", None) else []
        derived = (str(uuid.uuid5(uuid.UUID(vm.id), f"{place}/{number}")) for number in count())
        return evolve(item, id=_claim(taken, chain(image, derived)))

    identified = {
        name: [identify(name, item) for item in value] if isinstance(value, list) else identify(name, value)
        for name, value in held.items()
    }
    return evolve(vm, **identified)


def _keeps_id(item: Entity, dialect: Any) -> bool:
    """libvirt has no place for the alias of what is not there, and the machine's own devices have names of theirs."""
    if isinstance(item, dialect.Controller):
        return item.type not in _BUILT_IN and item.model != "none"
    return not (isinstance(item, dialect.Balloon) and item.model == "none")


def _disks(vm: Entity, dialect: Any, host: Host) -> Entity:
    """Names, places on the bus, and where the content is."""
    disks = [disk for disk in vm.disks if isinstance(disk, dialect.Disk)]
    names = {disk.target for disk in disks}
    scsi = [item for item in vm.controllers if getattr(item, "type", None) == "scsi" and item.model == "virtio-scsi"]
    bus = scsi[0].index or 0 if scsi else None
    places = [
        disk.address for disk in disks if disk.interface == "scsi" and isinstance(disk.address, dialect.DriveAddress)
    ]
    units = {address.unit or 0 for address in places if (address.controller or 0) == bus}

    def place(disk: Entity) -> Entity:
        if disk.target is None:
            prefix = _PREFIXES.get(disk.interface, "sd")
            disk = evolve(disk, target=_claim(names, (prefix + letters for letters in _letters())))
        # Without an address libvirt takes the place from the name, and adds controllers for names that come late.
        if disk.interface == "scsi" and disk.address is None and bus is not None:
            address = dialect.DriveAddress(controller=bus, bus=0, target=0, unit=_claim(units, count()))
            disk = evolve(disk, address=address)
        ids = (disk.domain_id, disk.image_id, disk.volume_id)
        if disk.source is None:
            path = (
                None if None in ids else "{}/{}/{}/images/{}/{}".format(host.images, disk.pool_id, *ids)
            )  # None: an empty drive
            disk = evolve(disk, source=dialect.FileDiskSource(path=path))
        return _complete(disk, serial=disk.id) if disk.device == "disk" else disk

    return evolve(vm, disks=_each(vm.disks, dialect.Disk, place))


def _nics(vm: Entity, dialect: Any, host: Host) -> Entity:
    """A MAC of its own for each, and what it is connected to."""

    def connect(nic: Entity) -> Entity:
        if host.networking == "user":
            source = dialect.UserInterfaceSource()
        else:
            source = dialect.BridgeInterfaceSource(bridge=nic.network or _NO_NETWORK)
        digits = nic.id.replace("-", "")[-8:]
        return _complete(nic, mac="56:6f:" + ":".join(digits[at : at + 2] for at in range(0, 8, 2)), source=source)

    return evolve(vm, nics=_each(vm.nics, dialect.Nic, connect))


def _sockets(vm: Entity, dialect: Any, host: Host) -> Entity:
    """Where on the host the other end of a channel or console listens."""

    def listen(folder: str, name: str) -> Callable[[Entity], Entity]:
        def change(item: Entity) -> Entity:
            if item.type != "unix" or item.sources:
                return item
            end = getattr(item, "name", None) or name
            return evolve(item, sources=[dialect.CharacterSource(mode="bind", path=f"{folder}/{vm.id}.{end}")])

        return change

    return evolve(
        vm,
        channels=_each(vm.channels, dialect.Channel, listen(host.channels, "channel")),
        consoles=_each(vm.consoles, dialect.Console, listen(host.consoles, "sock")),
    )


# --- helpers


def _complete(entity: Entity, **defaults: Any) -> Entity:
    """Fill in the fields that hold nothing; a field that the entity does not have is no field to fill."""
    return evolve(entity, **{name: value for name, value in defaults.items() if getattr(entity, name, value) is None})


def _each(items: Iterable[Entity], cls: type, change: Callable[[Entity], Entity]) -> list[Entity]:
    """What no table could say is no instance of the class, and stays as it is."""
    return [change(item) if isinstance(item, cls) else item for item in items]


def _items(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held]


def _claim(taken: set[Any], candidates: Iterable[Any]) -> Any:
    """The first candidate that nobody has; it is taken from now on."""
    chosen = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(chosen)
    return chosen


def _letters() -> Iterator[str]:
    """a to z, aa to zz, and on, as the guest's kernel counts."""
    for length in count(1):
        yield from map("".join, product(ascii_lowercase, repeat=length))
