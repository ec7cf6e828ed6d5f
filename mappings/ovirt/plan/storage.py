"""The storage behind a disk: what kind it is, and how QEMU reaches it."""

from .context import Entity, Setting, StorageDomain
from .drives import drives, labelled
from .volumes import block_path, file_path

NO_POOL = "00000000-0000-0000-0000-000000000000"


def kind(disk: Entity, setting: Setting) -> str | None:
    """image, lun, cinder or managed_block; None where nothing tells.

    A GUID is that of a LUN, but for a managed disk.
    """
    if disk.storage_type is not None:
        return str(disk.storage_type)
    if disk.managed or disk.rbd:
        return "managed_block"
    if disk.guid:
        return "lun"
    if disk.domain_id or disk.volume_id:
        return "image"
    if isinstance(disk.source, setting.dialect.NetworkDiskSource) and disk.source.protocol == "rbd":
        return "cinder"
    return None


def hosted_engine(vm: Entity) -> bool:
    """Whether the manager itself runs in it: then hosts start it without one, from no data center."""
    return vm.origin in ("hosted_engine", "managed_hosted_engine")


def pool(vm: Entity, setting: Setting) -> str | None:
    """The data center of the VM, as far as its disks agree on one."""
    if hosted_engine(vm):
        return NO_POOL
    pools = {disk.pool_id for disk in drives(vm, setting) if disk.pool_id}
    return pools.pop() if len(pools) == 1 else None


def domain(disk: Entity, setting: Setting) -> StorageDomain:
    """The storage domain of an image; one that is not known is a file domain."""
    known = (item for item in setting.cluster.storage_domains if item.id == disk.domain_id)
    return next(known, StorageDomain(id=disk.domain_id or ""))


def gluster(connection: str | None) -> tuple[str, str] | None:
    """Server and volume of a GlusterFS connection, SERVER:/VOLUME; None for one of another form."""
    server, _, volume = (connection or "").partition(":/")
    return (server, volume) if server and volume.strip("/") and "/" not in server else None


def source(disk: Entity, setting: Setting) -> Entity:
    """Where its content is; a drive without any is an empty one."""
    dialect = setting.dialect
    of = kind(disk, setting)
    path = None
    if of == "lun":
        path = f"/dev/mapper/{disk.guid}" if disk.guid else None
    elif of == "managed_block":
        path = (setting.at_least("4.7") and disk.managed_path) or disk.attached_path
    elif None not in (disk.domain_id, disk.image_id, disk.volume_id):
        return _image(disk, setting)
    if path:
        return labelled(dialect.BlockDiskSource(path=path), setting)
    return labelled(dialect.FileDiskSource(), setting)


def _image(disk: Entity, setting: Setting) -> Entity:
    dialect, home = setting.dialect, domain(disk, setting)
    volume = (disk.domain_id, disk.image_id, disk.volume_id)
    # A snapshot is shown through a file of the host's own, whatever the storage is.
    if disk.snapshot_id is None:
        if home.kind == "glusterfs" and (setting.config.libgfapi or setting.cluster.libgfapi):
            # What cannot be told apart is reached through the mounted file system, in all that is said of it.
            if where := gluster(home.connection):
                name = "{}/{}/images/{}/{}".format(where[1].strip("/"), *volume)
                host = dialect.StorageHost(name=where[0], port=0)
                return dialect.NetworkDiskSource(protocol="gluster", name=name, hosts=[host])
        elif home.block:
            return labelled(dialect.BlockDiskSource(path=block_path(setting.host, *volume)), setting)
    path = file_path(setting.host, disk.pool_id, *volume) if disk.pool_id else None
    return labelled(dialect.FileDiskSource(path=path), setting)
