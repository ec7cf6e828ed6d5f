"""Disks whose volumes a volume manager has: attached here by what it told, or attached already."""

from __future__ import annotations

from host_prep.effect import Effect, Entity
from host_prep.effects.device import OwnedDevice
from host_prep.effects.managed import AttachedVolume
from host_prep.plan.common import Setting, Step
from host_prep.plan.disks import disks, named, pointed, with_disks
from host_prep.plan.names import plain
from host_prep.request import Connection
from xform.errors import HostError


def managed(vm: Entity, setting: Setting) -> Step:
    """Each managed volume is attached, with a link by its id.  One that QEMU itself reaches by the network is left.

    Raises HostError for one that is nowhere, and for a connection of no disk.
    """
    config, dialect = setting.facts.config, setting.dialect
    connections = {connection.disk: connection for connection in setting.request.connections}
    effects: list[Effect] = []

    def provided(disk: Entity) -> Entity:
        if not disk.managed:
            return disk
        connection = next((connections.pop(n) for n in (disk.id, disk.alias, disk.target) if n in connections), None)
        if isinstance(disk.source, dialect.NetworkDiskSource):
            return disk
        block = not isinstance(disk.source, dialect.FileDiskSource)
        if connection is None:
            return pointed(disk, _attached(disk, setting), setting, block=block)
        effect = _attachment(connection, setting)
        effects.append(effect)
        if config.image_owner:
            effects.append(OwnedDevice(name=effect.volume, path=effect.link, owner=config.image_owner))
        return pointed(disk, effect.link, setting, block=block)

    vm = with_disks(vm, setting, provided)
    if connections:
        known = ", ".join(named(disk) for disk in disks(vm, setting) if disk.managed) or "none"
        raise HostError(f"the request connects disk {next(iter(connections))}; the managed disks are: {known}")
    return vm, effects


def _attached(disk: Entity, setting: Setting) -> str:
    path: str | None = getattr(disk.source, "path", None)
    if path is None:
        raise HostError(f"disk {named(disk)} is managed and has no path; expected one, or a connection in the request")
    if path not in setting.facts.attached:
        raise HostError(f"disk {named(disk)}: {path} is not there; attach the volume, or give its connection")
    return path


def _attachment(connection: Connection, setting: Setting) -> AttachedVolume:
    volume = plain(connection.volume, f"the volume of disk {connection.disk}")
    for name, kind in (("driver_volume_type", str), ("data", dict)):
        if not isinstance(connection.info.get(name), kind):
            raise HostError(
                f"the connection of disk {connection.disk} has no {name}; expected what the volume's manager told"
            )
    return AttachedVolume(volume=volume, link=setting.facts.config.managed / volume, info=connection.info)
