"""Leases of volumes: where on the storage each is.  Only the host knows, so that documents have placeholders."""

from __future__ import annotations

from attrs import evolve

from host_prep.effect import Entity
from host_prep.plan.common import Setting, Step
from xform.errors import HostError

PLACEHOLDER = "LEASE-PATH"


def leases(vm: Entity, setting: Setting) -> Step:
    """A lease's key is its volume, its lockspace the storage domain; any volume of a chain may be meant.

    One that says where it is stays as it is, such as the VM's own.  Raises HostError for a placeholder of which nobody
    knows what it stands for.
    """
    known = {
        (ids.domain, volume.id): volume
        for ids, image in setting.facts.images.items()
        for volume in image.chain
        if volume.lease_path
    }

    def placed(lease: Entity) -> Entity:
        volume = known.get((lease.lockspace, lease.key))
        if volume and (lease.path.startswith(PLACEHOLDER) or lease.offset is None):
            return evolve(lease, path=str(volume.lease_path), offset=volume.lease_offset)
        if lease.path.startswith(PLACEHOLDER):
            raise HostError(
                f"the lease {lease.key} of the lockspace {lease.lockspace} has {lease.path} for its path; expected a "
                "volume with a lease, of a disk of this VM"
            )
        return lease

    readable = setting.dialect.Lease
    return evolve(vm, leases=[placed(lease) if isinstance(lease, readable) else lease for lease in vm.leases]), ()
