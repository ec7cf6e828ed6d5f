"""What of the host a running VM uses, as its document tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from host_prep.effect import Entity


def uses_volume(vm: Entity, *ids: str) -> bool:
    """Whether a disk has a path with all these in it: an image has several paths, each with its ids."""
    return any(set(ids) <= set(path.parts) for path in disk_paths(vm))


def disk_paths(vm: Entity) -> Iterator[Path]:
    """The paths of all disks, of what they stand on, and of what they are copied to."""
    for disk in vm.disks:
        for layer in (*_layers(disk), *_layers(_of(disk, "mirror")), *_layers(_of(disk, "replica"))):
            nodes = _of(layer, "volume_chain") or ()
            for holder in (_of(layer, "source"), layer, *nodes):
                if path := _of(holder, "path"):
                    yield Path(path)


def _layers(layer: Entity) -> Iterator[Entity]:
    while layer is not None:
        yield layer
        layer = _of(layer, "backing")


def _of(entity: Entity, name: str) -> Entity:
    """None as well where the entity is of another kind, or could not be read."""
    return getattr(entity, name, None)
