"""Disks: their names, where their content is, how QEMU serves them, and what the host must know of them."""

from collections import Counter

from attrs import asdict, evolve

from . import storage, volumes
from .common import claim
from .context import DiskProfile, Entity, Setting, StorageQos, complete
from .drives import drives, each, is_disk, least_used, named, pairs, precedence, told
from .machine import has_q35

_MIB = 1048576
_CACHES = ("none", "writeback", "writethrough")


def plan(vm: Entity, setting: Setting) -> Entity:
    """All that is missing of the disks, but for their places on the bus and their order at boot."""
    vm = each(vm, setting, is_disk, lambda disk: _kind(disk, vm, setting))
    return _threads(_names(each(vm, setting, is_disk, lambda disk: _served(disk, vm, setting)), setting), setting)


def serials(vm: Entity, setting: Setting) -> Entity:
    """What the guest tells disks apart by: the ID of each.  Of a LUN of its own the guest sees the storage's."""
    return each(vm, setting, lambda disk: disk.device == "disk", lambda disk: complete(disk, serial=disk.id))


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """What the manager knows of each disk, by the facts of its document where they tell it."""
    before = known.disks if known is not None else []
    own = {id(disk): one for disk, one in pairs(drives(vm, setting), before)}
    return each(vm, setting, lambda disk: True, lambda disk: _recalled(disk, own[id(disk)], vm, setting))


# --- formulas


def limits(qos: StorageQos | None) -> dict[str, int]:
    """What a profile allows, in bytes and operations a second.

    What has no limit is left out: a zero means the same, but libvirt's schema has no total beside reads and writes.
    """
    if qos is None:
        return {}
    allowed = {
        "total_bytes_sec": (qos.max_throughput or 0) * _MIB,
        "total_iops_sec": qos.max_iops,
        "read_bytes_sec": (qos.max_read_throughput or 0) * _MIB,
        "read_iops_sec": qos.max_read_iops,
        "write_bytes_sec": (qos.max_write_throughput or 0) * _MIB,
        "write_iops_sec": qos.max_write_iops,
    }
    return {name: value for name, value in allowed.items() if value}


def native(disk: Entity, setting: Setting) -> bool:
    """Whether the kernel does reads and writes by itself: on devices, and past the host's page cache alone."""
    if disk.snapshot_id is not None or disk.cache not in (None, "none", "directsync"):
        return False
    dialect, image = setting.dialect, storage.kind(disk, setting) == "image"
    if isinstance(disk.source, dialect.BlockDiskSource):
        return True
    if isinstance(disk.source, dialect.NetworkDiskSource):
        return image
    return image and setting.config.gluster_native_io and storage.domain(disk, setting).kind == "glusterfs"


def cache(disk: Entity, vm: Entity) -> str:
    """What is shown of a snapshot may lie in the host's memory, where no direct access is; else the VM may choose."""
    if disk.snapshot_id is not None:
        return "writethrough"
    asked = vm.custom_properties.get("viodiskcache")
    virtio = disk.interface == "virtio" or (disk.interface == "scsi" and disk.scsi_kind != "spapr_vscsi")
    return asked if virtio and disk.io != "native" and asked in _CACHES else "none"


def error_policy(disk: Entity, vm: Entity, setting: Setting) -> str:
    """The guest stops at errors, unless it is told of them; a full image stops it all the same, as it can grow."""
    if not _propagates(disk, vm, setting):
        return "stop"
    image = storage.kind(disk, setting) == "image" or isinstance(disk.source, setting.dialect.FileDiskSource)
    return "enospace" if image else "report"


def shared(disk: Entity, vm: Entity) -> str | None:
    """Who else may use an image."""
    if disk.snapshot_id is not None:
        return "transient"
    return "shared" if disk.shareable else "exclusive" if storage.hosted_engine(vm) else None


def _propagates(disk: Entity, vm: Entity, setting: Setting) -> bool:
    if storage.hosted_engine(vm) and storage.kind(disk, setting) == "image":
        return False
    return bool(disk.propagate_errors or setting.config.propagate_disk_errors)


# --- plan


def _kind(disk: Entity, vm: Entity, setting: Setting) -> Entity:
    """What it is to the guest, and what its storage has for the host."""
    kind = storage.kind(disk, setting)
    passed = kind == "lun" and (disk.scsi_passthrough or disk.sgio is not None) and disk.scsi_kind != "spapr_vscsi"
    scsi = disk.device == "lun" or (passed and disk.device is None)
    disk = complete(disk, interface="scsi" if scsi else "virtio")
    disk = complete(disk, device="lun" if passed and disk.interface == "scsi" else "disk")
    if disk.interface == "virtio" and setting.os.legacy_virtio and has_q35(vm, setting):
        disk = complete(disk, model="virtio-transitional")
    if kind == "image":
        pool = storage.NO_POOL if storage.hosted_engine(vm) else None
        disk = complete(disk, pool_id=pool, shared=shared(disk, vm))
    if kind == "managed_block":
        rbd = disk.connection_driver == "rbd"
        disk = complete(
            disk, managed=True, rbd=disk.attached_path if rbd else None, guid=None if rbd else disk.scsi_wwn
        )
    return disk


def _served(disk: Entity, vm: Entity, setting: Setting) -> Entity:
    """Where its content is, and how QEMU reads and writes it."""
    dialect = setting.dialect
    if disk.source is None:
        disk = evolve(disk, source=storage.source(disk, setting))
    disk = complete(disk, snapshot="no", driver="qemu", format="raw", error_policy=error_policy(disk, vm, setting))
    if disk.pass_discard:
        disk = complete(disk, discard="unmap")
        # Only images of this format keep places, and only those that are written to.
        keeps = disk.discard == "unmap" and disk.format == "qcow2" and not disk.read_only
        wanted = setting.at_least("4.8") and setting.config.discard_no_unref and setting.host.knows("9.5.0")
        if keeps and wanted:
            disk = complete(disk, discard_no_unref=True)
    if isinstance(disk.source, dialect.FileDiskSource | dialect.BlockDiskSource | dialect.NetworkDiskSource):
        disk = complete(disk, io="native" if native(disk, setting) else "threads")
        disk = complete(disk, cache=cache(disk, vm))
    reserves = disk.scsi_reservation and setting.config.scsi_reservation
    if reserves and storage.kind(disk, setting) == "lun" and isinstance(disk.source, dialect.BlockDiskSource):
        disk = evolve(disk, source=complete(disk.source, reservations=dialect.Reservations(managed=True)))
    profile = _profile(disk.disk_profile_id, setting)
    if storage.kind(disk, setting) == "image" and profile and (allowed := limits(profile.qos)):
        disk = complete(disk, iotune=dialect.IOTune(**allowed))
    return disk


def _names(vm: Entity, setting: Setting) -> Entity:
    """Names that nobody has: no other disk, whatever its bus, and no CD-ROM or floppy."""
    taken = {drive.target for drive in drives(vm, setting)}

    def name(disk: Entity) -> Entity:
        if disk.target is not None:
            return disk
        places = range(len(taken) + 1)
        return evolve(disk, target=claim(taken, (named(disk.interface, place) for place in places)))

    return each(vm, setting, is_disk, name, precedence)


def _threads(vm: Entity, setting: Setting) -> Entity:
    """Virtio disks share the I/O threads evenly; those of SCSI controllers are the controllers' own."""
    pins = Counter(disk.iothread for disk in drives(vm, setting) if disk.iothread)
    threads = range(1, (vm.iothreads or 0) + 1)

    def pin(disk: Entity) -> Entity:
        if disk.iothread is not None or disk.iothreads or not threads:
            return disk
        disk = evolve(disk, iothread=least_used(threads, pins))
        pins[disk.iothread] += 1
        return disk

    return each(vm, setting, lambda disk: is_disk(disk) and disk.interface == "virtio", pin, precedence)


# --- recall


def _recalled(disk: Entity, known: Entity | None, vm: Entity, setting: Setting) -> Entity:
    disk = complete(disk, **volumes.ids(volumes.location(disk.source)))
    if known is not None:
        taken_over = ("name", "snapshot_id", "boot", "storage_type", "connection_driver", "managed_path")
        disk = complete(disk, **{field: getattr(known, field) for field in taken_over})
    if not is_disk(disk):
        return disk
    known = known or setting.dialect.Disk()
    kind = storage.kind(disk, setting)
    disk = evolve(
        disk,
        storage_type=kind,
        disk_profile_id=_found_profile(disk, known, setting),
        pass_discard=told(disk.discard == "unmap", known.pass_discard),
        propagate_errors=_found_propagation(disk, known, vm, setting),
        attached_path=known.attached_path,
        scsi_wwn=known.scsi_wwn,
        scsi_passthrough=known.scsi_passthrough,
        scsi_reservation=known.scsi_reservation,
    )
    if disk.boot_order is not None and sum(map(is_disk, drives(vm, setting))) > 1:
        disk = evolve(disk, boot=True)  # one that is alone boots without being told
    if kind == "lun":
        # Where a disk could not have had it the document does not tell whether it was asked for.
        if disk.interface == "scsi" and known.scsi_kind != "spapr_vscsi":
            disk = evolve(disk, scsi_passthrough=told(disk.device == "lun", known.scsi_passthrough))
        if setting.config.scsi_reservation and isinstance(disk.source, setting.dialect.BlockDiskSource):
            reserved = disk.source.reservations is not None
            disk = evolve(disk, scsi_reservation=told(reserved, known.scsi_reservation))
    if kind == "managed_block":
        disk = _attached(disk, setting)
    return disk


def _attached(disk: Entity, setting: Setting) -> Entity:
    disk = complete(disk, connection_driver="rbd" if disk.rbd else "block")
    if disk.connection_driver == "rbd":
        disk = complete(disk, attached_path=disk.rbd)
    else:
        disk = complete(disk, scsi_wwn=disk.guid)
    place = volumes.location(disk.source)
    if place != disk.attached_path:
        disk = complete(disk, **{"managed_path" if setting.at_least("4.7") else "attached_path": place})
    return disk


def _found_profile(disk: Entity, known: Entity, setting: Setting) -> str | None:
    """The profile whose limits the disk has: the known one where it fits, else the only one that does."""
    own: str | None = known.disk_profile_id
    if disk.iotune is None:
        return own
    has = {name: value for name, value in asdict(disk.iotune).items() if value}
    fitting = [profile.id for profile in setting.cluster.disk_profiles if limits(profile.qos) == has]
    return fitting[0] if len(fitting) == 1 and own not in fitting else own


def _found_propagation(disk: Entity, known: Entity, vm: Entity, setting: Setting) -> bool | None:
    own: bool | None = known.propagate_errors
    forced = setting.config.propagate_disk_errors or storage.hosted_engine(vm)
    if forced or disk.error_policy not in ("stop", "report", "enospace"):
        return own
    return told(disk.error_policy != "stop", own)


def _profile(profile_id: str | None, setting: Setting) -> DiskProfile | None:
    return next((profile for profile in setting.cluster.disk_profiles if profile.id == profile_id), None)
