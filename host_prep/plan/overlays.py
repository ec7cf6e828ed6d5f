"""Disks that forget: what the guest writes goes to a layer of its own, which goes with the VM."""

from __future__ import annotations

from os.path import isabs

from attrs import evolve

from host_prep.effect import Effect, Entity
from host_prep.effects.overlay import Overlay
from host_prep.plan.common import Setting, Step
from host_prep.plan.disks import named, pointed, with_disks
from host_prep.plan.names import plain
from xform.errors import HostError


def overlays(vm: Entity, setting: Setting) -> Step:
    """A layer above each transient disk, wherever that was pointed to. Raises HostError where it cannot have one."""
    config = setting.facts.config
    effects: list[Effect] = []

    def layered(disk: Entity) -> Entity:
        if disk.shared != "transient":
            return disk
        _check(disk, setting)
        name = plain(disk.target or disk.image_id or "", f"the target of disk {named(disk)}")  # no other disk's
        file = config.transient / f"{vm.id}-{name}.qcow2"
        effects.append(Overlay(file=file, base=disk.source.path, format=disk.format, owner=config.image_owner))
        # What the document says of the layers below is not of this one; native I/O cannot write through.
        bare = evolve(disk, source=None, backing=None, io="threads" if disk.io == "native" else disk.io)
        return evolve(pointed(bare, file, setting), format="qcow2", cache="writethrough")

    return with_disks(vm, setting, layered), effects


def _check(disk: Entity, setting: Setting) -> None:
    source, dialect = disk.source, setting.dialect
    if setting.request.flow != "fresh":
        raise HostError(f"disk {named(disk)} is transient: what was written to it stayed behind; start the VM afresh")
    known = isinstance(source, dialect.FileDiskSource | dialect.BlockDiskSource) and disk.format in ("raw", "qcow2")
    # what is no absolute path may be anything to qemu-img, such as the address of a server
    if not known or not isabs(source.path or "") or source.slice or source.encryption or disk.encryption:
        raise HostError(
            f"disk {named(disk)} is transient; expected a whole file or device, raw or qcow2, unencrypted, "
            "by its absolute path"
        )
