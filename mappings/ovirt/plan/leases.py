"""Leases on storage, so that no two hosts run the same VM or write to the same volume."""

from attrs import evolve

from . import storage
from .context import Entity, Setting
from .drives import drives, is_disk

_PLACEHOLDER = "LEASE-PATH:{volume}:{domain}"


def plan(vm: Entity, setting: Setting) -> Entity:
    """The leases of a hosted engine's volumes, and that of the VM.

    The host finds path and offset of what has a placeholder for a path; it stands without an offset, for which
    libvirt admits numbers alone.  A VM never starts without a lease that it asks for.
    """
    have = {(lease.lockspace, lease.key) for lease in vm.leases if isinstance(lease, setting.dialect.Lease)}
    wanted = []
    if storage.hosted_engine(vm):
        for disk in drives(vm, setting):
            if is_disk(disk) and storage.kind(disk, setting) == "image" and disk.domain_id and disk.volume_id:
                wanted.append((disk.domain_id, disk.volume_id, None, None))
    if vm.lease_storage_domain_id:
        wanted.append((vm.lease_storage_domain_id, vm.id, vm.lease_path, vm.lease_offset))
    new = []
    for domain, key, path, offset in wanted:
        if (domain, key) in have:
            continue
        have.add((domain, key))
        path = path or _PLACEHOLDER.format(volume=key, domain=domain)
        new.append(setting.dialect.Lease(lockspace=domain, key=key, path=path, offset=offset))
    return evolve(vm, leases=[*vm.leases, *new])


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The lease of the VM itself: it has the VM's ID."""
    own = [lease for lease in vm.leases if isinstance(lease, setting.dialect.Lease) and lease.key == vm.id]
    if not own:
        if known is None:
            return vm
        fields = ("lease_storage_domain_id", "lease_path", "lease_offset")
        return evolve(vm, **{field: getattr(known, field) for field in fields})
    (lease, *_) = own
    placeholder = lease.path == _PLACEHOLDER.format(volume=lease.key, domain=lease.lockspace)
    return evolve(
        vm,
        lease_storage_domain_id=lease.lockspace,
        lease_path=None if placeholder else lease.path,
        lease_offset=lease.offset,
    )
