"""Disks that are LUNs of the host, by their GUID."""

from __future__ import annotations

from host_prep.effect import Effect, Entity
from host_prep.effects.device import OwnedDevice
from host_prep.effects.lun import PresentLun
from host_prep.facts.images import ids
from host_prep.plan.common import Setting, Step
from host_prep.plan.disks import named, pointed, with_disks
from host_prep.plan.names import plain


def luns(vm: Entity, setting: Setting) -> Step:
    """Each LUN is on the host, and belongs to whom volumes belong to. Raises HostError for a GUID that is no name."""
    config = setting.facts.config
    effects: list[Effect] = []

    def provided(disk: Entity) -> Entity:
        if not _is_lun(disk):
            return disk
        guid = plain(disk.guid, f"the guid of disk {named(disk)}")
        path = config.dev / "mapper" / guid
        effects.append(PresentLun(guid=guid, path=path))
        if config.image_owner:
            effects.append(OwnedDevice(name=guid, path=path, owner=config.image_owner))
        return pointed(disk, path, setting, block=True)

    return with_disks(vm, setting, provided), effects


def _is_lun(disk: Entity) -> bool:
    """Managed volumes and images may have a GUID as well."""
    return bool(disk.guid) and not disk.managed and ids(disk) is None
