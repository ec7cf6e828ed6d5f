"""Disks whose media the host makes of files: cloud-init's configuration, sysprep's answers."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import evolve

from host_prep import media
from host_prep.effect import Effect, Entity
from host_prep.effects.payload import PayloadImage
from host_prep.facts.images import ids
from host_prep.plan.common import Setting, Step
from host_prep.plan.disks import named, pointed, with_disks
from host_prep.plan.names import plain
from xform.document import Document
from xform.errors import DocumentError, HostError

_TO_BE_MADE = "PAYLOAD:"  # in place of a path
_UNREAD = re.compile(r"/ovirt-vm:(payload|vmPayload)(/|\[)")


def payloads(vm: Entity, setting: Setting) -> Step:
    """Each has an image of its own, and in the document the digest of the files in their place.

    So a document that was taken from a host has the digest alone, and a manager that starts the VM again gives the
    files again.  A guest that goes on, from a saved state or another host, goes on with the medium that it had: at
    the path of its document, of the same files, or of nobody's where the image is there already and no files are
    given; such an image is nobody's to undo.  Raises HostError for files that no medium can have.
    """
    effects: list[Effect] = []
    paths: set[Path] = set()

    def change(disk: Entity) -> Entity:
        if disk.device not in ("cdrom", "floppy") or _is_of_others(disk):
            return disk
        content = _content(disk)
        if content is None:
            return _kept(disk, vm, setting)
        floppy, digest, path = disk.device == "floppy", content.digest, _path(disk, vm, setting)
        if wrong := media.fault(content, floppy=floppy):
            raise HostError(f"disk {named(disk)}: {wrong}")
        if setting.request.flow != "fresh" and disk.payload_digest not in (None, digest):
            raise HostError(f"disk {named(disk)}: its payload is not the one that the guest has; give the same files")
        if path in paths:
            raise HostError(f"disk {named(disk)}: another disk has the image {path}; give each a name of its own")
        paths.add(path)
        effects.append(PayloadImage(path=path, floppy=floppy, digest=digest, content=content))
        made = evolve(disk, payload=None, prepared_payload=None, payload_digest=digest)
        return pointed(made, path, setting)

    return with_disks(vm, setting, change), effects


def refuse_unread(document: Document) -> None:
    """Raise DocumentError for a file of a payload that the tables cannot say: a guest would miss it."""
    for one in document.residue:
        if one.what == "element" and _UNREAD.search(one.path):
            why = one.reason or "it stands twice, or is unknown"
            raise DocumentError(
                f"{document.source}:{one.line}: a part of a payload cannot be read: {why}; expected files in base64, "
                "each with a path of its own"
            )


def _content(disk: Entity) -> media.Content | None:
    """What is to be on the medium; what an older host kept of it counts where there are files in it."""
    old = disk.prepared_payload
    found = disk.payload or (old if old and old.files else None)
    return found and media.Content(found.volume_id or None, dict(found.files))


def _path(disk: Entity, vm: Entity, setting: Setting) -> Path:
    """Where the image is to be: where a guest that goes on has it, else at its own name."""
    if setting.request.flow != "fresh" and (there := _ours(disk, vm, setting)):
        return there
    name = plain(disk.id or disk.target or "", f"the id or target of disk {named(disk)}")
    path: Path = setting.facts.config.payloads / f"{vm.id}-{name}.img"
    return path


def _ours(disk: Entity, vm: Entity, setting: Setting) -> Path | None:
    """The image that the document names, if it is one of this VM's."""
    path = Path(getattr(disk.source, "path", None) or "")
    ours = path.name == f"{vm.id}.img" or (path.name.startswith(f"{vm.id}-") and path.suffix == ".img")
    return path if ours and path.parent == setting.facts.config.payloads else None


def _kept(disk: Entity, vm: Entity, setting: Setting) -> Entity:
    """A disk without files: if its medium is one that is made of some, it has to be there."""
    there = _ours(disk, vm, setting) if disk.payload_digest else None
    if there is None and getattr(disk.source, "path", None) != _TO_BE_MADE:
        return disk
    if there is None or setting.request.flow == "fresh" or there.name not in setting.facts.payloads:
        raise HostError(f"disk {named(disk)}: no files to make its payload of; give them in the document's metadata")
    return disk


def _is_of_others(disk: Entity) -> bool:
    """Whether another family provides it."""
    return bool(disk.managed or ids(disk) or disk.guid)
