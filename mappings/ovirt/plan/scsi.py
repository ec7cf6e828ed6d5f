"""Places on SCSI buses, so that libvirt takes none from a name and adds no controller of its own."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import count

from attrs import evolve

from .common import claim
from .context import Entity, Setting
from .drives import drives, each, is_disk, least_used, number, pairs, precedence

Units = dict[int, set[int]]

VIRTIO_MODELS = ("virtio-scsi", "virtio-transitional", "virtio-non-transitional")
SPAPR_MODEL = "ibmvscsi"
# The first units of a pSeries bus are not for disks: CD-ROMs have them on the first controller.
_SPAPR_FIRST = 2
_SPAPR_CDROMS = (1, 2)


def plan(vm: Entity, setting: Setting) -> Entity:
    """A place for every SCSI drive that has none; CD-ROMs first, at the one that their name stands for."""
    used = _used(vm, setting)

    def place(drive: Entity) -> Entity:
        kind = kind_of(drive, setting)
        choices = controllers(vm, kind, setting)
        uses = Counter({controller: len(units) for controller, units in used.items()})
        controller = least_used(choices, uses) if is_disk(drive) else choices[0]
        unit = claim(used[controller], _units(drive, kind, controller))
        return evolve(drive, address=setting.dialect.DriveAddress(controller=controller, bus=0, target=0, unit=unit))

    vm = each(vm, setting, lambda drive: _homeless(drive) and not is_disk(drive), place)
    return each(vm, setting, lambda drive: _homeless(drive) and is_disk(drive), place, precedence)


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """Which SCSI bus a disk is on: that of the controller which its address names."""
    kinds = {item.index or 0: kind for item in vm.controllers if (kind := _kind_of_controller(item, setting))}
    before = known.disks if known is not None else []
    own = {id(disk): one for disk, one in pairs(drives(vm, setting), before)}

    def find(disk: Entity) -> Entity:
        one = own[id(disk)]
        kind = one.scsi_kind if one is not None else None
        if disk.interface == "scsi" and isinstance(disk.address, setting.dialect.DriveAddress):
            kind = kinds.get(disk.address.controller or 0, kind)
        return evolve(disk, scsi_kind=kind)

    return each(vm, setting, lambda drive: True, find)


def kind_of(drive: Entity, setting: Setting) -> str:
    """virtio_scsi or spapr_vscsi; CD-ROMs of ppc64 are on the machine's own bus."""
    own = setting.family == "ppc" and not is_disk(drive)
    return drive.scsi_kind or ("spapr_vscsi" if own else "virtio_scsi")


def controllers(vm: Entity, kind: str, setting: Setting) -> Sequence[int]:
    """Indexes of the controllers of this kind: those of the VM, else those that it will have.

    A virtio controller for each I/O thread, behind the machine's own on ppc64.
    """
    have = {item.index or 0 for item in vm.controllers if _kind_of_controller(item, setting) == kind}
    if have:
        return sorted(have)
    if kind == "spapr_vscsi":
        return [0]
    first = 1 if setting.family == "ppc" else 0
    return range(first, first + max(1, vm.iothreads or 0))


def _kind_of_controller(item: Entity, setting: Setting) -> str | None:
    if not isinstance(item, setting.dialect.Controller) or item.type != "scsi":
        return None
    if item.model in VIRTIO_MODELS:
        return "virtio_scsi"
    spapr = isinstance(item.address, setting.dialect.SpaprVioAddress) or item.model == SPAPR_MODEL
    return "spapr_vscsi" if spapr else None


def _homeless(drive: Entity) -> bool:
    return drive.interface == "scsi" and drive.address is None


def _used(vm: Entity, setting: Setting) -> Units:
    """Units that are taken, by controller: of drives, and of SCSI devices of the host."""
    used: Units = defaultdict(set)
    scsi = [drive for drive in drives(vm, setting) if drive.interface == "scsi"]
    for item in (*scsi, *vm.hostdevs):
        at = getattr(item, "address", None)
        if isinstance(at, setting.dialect.DriveAddress) and not at.bus and not at.target:
            used[at.controller or 0].add(at.unit or 0)
    return used


def _units(drive: Entity, kind: str, controller: int) -> Iterator[int]:
    if not is_disk(drive):
        unit = number(drive.interface, drive.target)
        if unit is not None:
            yield unit
        yield from count()
    elif kind == "spapr_vscsi":
        yield from (unit for unit in count(_SPAPR_FIRST) if controller or unit not in _SPAPR_CDROMS)
    else:
        yield from count()
