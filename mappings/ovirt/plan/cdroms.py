"""Drives with removable media: CD-ROMs and floppies, and what is in them.

The guest gets every drive that the VM has, with or without a medium, and one for each medium that the VM asks for.
"""

from collections.abc import Iterator
from itertools import chain, count

from attrs import evolve

from . import storage, volumes
from .common import claim
from .context import Entity, Setting, complete
from .drives import drives, each, is_payload, labelled, named, pairs
from .machine import has_q35

# Places on the bus that guests find the first CD-ROM at, and one that the host makes of files; IDE has four of them.
_CDROM = 2
_PAYLOAD = {"ide": 3, "scsi": 1, "sata": 1}
_IDE_PLACES = 4


def plan(vm: Entity, setting: Setting) -> Entity:
    """Add drives that media need, connect all of them, and put the media in."""
    vm = _connected(_wanted(vm, setting), setting)
    pool = storage.pool(vm, setting)
    contents = {device: iter(paths) for device, paths in _media(vm).items()}

    def load(drive: Entity) -> Entity:
        path = next(contents[drive.device], None) if not is_payload(drive) else None
        # QEMU has no error policy for floppies, and refuses one.
        policy = "report" if drive.device == "cdrom" else None
        drive = complete(drive, driver="qemu", format="raw", snapshot="no", error_policy=policy)
        return _loaded(evolve(drive, read_only=True), path, pool, setting)

    return each(vm, setting, _removable, load)


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """What is in the drives: a medium that has changed is the new one."""
    asked = {"cd_path": ("cdrom", 0), "floppy_path": ("floppy", 0)}
    if known is not None and known.run_once:
        asked["guest_tools_cd_path"] = ("cdrom", 1)
    found = {}
    for field, (device, place) in asked.items():
        loaded = [drive for drive in drives(vm, setting) if drive.device == device and not is_payload(drive)]
        before = getattr(known, field, None)
        if place >= len(loaded):
            found[field] = before
            continue
        drive = loaded[place]
        own = next((one for _, one in pairs([drive], known.disks if known is not None else []) if one), None)
        path = volumes.location(drive.source)
        if (drive.volume_id and not volumes.is_block_path(setting.host, path or "")) or (
            before is None and own is not None and volumes.location(own.source) == path
        ):
            path = before  # an image has a path of the host's, and a drive may have had its medium on its own
        found[field] = path
    return evolve(vm, **found)


def interface(vm: Entity, setting: Setting) -> str:
    """The bus of CD-ROMs: the chipset has one, and the guest's operating system knows it."""
    if not setting.x86:
        return "scsi"
    return setting.os.q35_cd_interface if has_q35(vm, setting) else setting.os.cd_interface


def _removable(drive: Entity) -> bool:
    return drive.device in ("cdrom", "floppy")


def _media(vm: Entity) -> dict[str, list[str | None]]:
    tools = vm.guest_tools_cd_path if vm.run_once else None
    return {"cdrom": [vm.cd_path, tools], "floppy": [vm.floppy_path]}


def _wanted(vm: Entity, setting: Setting) -> Entity:
    """The VM with a drive for every medium that it asks for."""
    new = []
    for device, paths in _media(vm).items():
        have = sum(drive.device == device and not is_payload(drive) for drive in drives(vm, setting))
        need = max((place + 1 for place, path in enumerate(paths) if path), default=0)
        new += [setting.dialect.Disk(device=device)] * max(0, need - have)
    return evolve(vm, disks=[*vm.disks, *new])


def _connected(vm: Entity, setting: Setting) -> Entity:
    """Bus and name of each; what the host makes of files is named first, so that it has its place."""
    bus = {"cdrom": interface(vm, setting), "floppy": "fdc"}
    taken = {disk.target for disk in drives(vm, setting)}

    def connect(drive: Entity) -> Entity:
        drive = complete(drive, interface=bus[drive.device])
        if drive.target is None:
            places = _places(drive)
            drive = evolve(drive, target=claim(taken, (named(drive.interface, place) for place in places)))
        return drive

    return each(vm, setting, _removable, connect, key=lambda drive: not is_payload(drive))


def _places(drive: Entity) -> Iterator[int]:
    if drive.device == "floppy":
        return count()
    first = _CDROM if not is_payload(drive) else _PAYLOAD.get(drive.interface, _CDROM)
    if drive.interface == "ide":
        return chain(range(first, _IDE_PLACES), reversed(range(first)), count(_IDE_PLACES))
    return count(first)


def _loaded(drive: Entity, path: str | None, pool: str | None, setting: Setting) -> Entity:
    """A drive with its medium.

    Of a payload the metadata hold the files, and the host puts a medium with them into the empty drive: a word in
    place of the path, such as PAYLOAD:, is none that libvirt's schema admits.
    """
    dialect, source = setting.dialect, drive.source
    # libvirt drops the label of an empty drive, so what it wrote has none yet.
    if source is None or (isinstance(source, dialect.FileDiskSource) and source.path is None):
        if path is not None and volumes.is_block_path(setting.host, path):
            source = labelled(dialect.BlockDiskSource(path=path), setting)
            drive = complete(drive, pool_id=pool, **volumes.ids(path))
        elif path is not None or source is not None or is_payload(drive):
            source = labelled(complete(source or dialect.FileDiskSource(), path=path), setting)
        else:
            source = storage.source(drive, setting)
    if isinstance(source, dialect.FileDiskSource):
        source = complete(source, startup_policy="optional")
    return evolve(drive, source=source)
