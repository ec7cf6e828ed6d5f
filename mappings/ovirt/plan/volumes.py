"""Where volumes are, and which volume a path leads to."""

import re
from collections.abc import Iterator

from .context import Entity, Host

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Of the storage as it is mounted, of the links of a data center, and of those that a prepared image gets.
_MOUNTED = re.compile(f"/(?:(?P<pool>{_UUID})/)?(?P<domain>{_UUID})/images/(?P<image>{_UUID})/(?P<volume>{_UUID})$")
_PREPARED = re.compile(f"/storage/(?P<domain>{_UUID})/(?P<image>{_UUID})/(?P<volume>{_UUID})$")


def file_path(host: Host, pool: str, domain: str, image: str, volume: str) -> str:
    return f"{host.images}/{pool}/{domain}/images/{image}/{volume}"


def block_path(host: Host, domain: str, image: str, volume: str) -> str:
    return f"{host.images}/mnt/blockSD/{domain}/images/{image}/{volume}"


def is_block_path(host: Host, path: str) -> bool:
    """Whether it is a volume of a block domain."""
    return re.fullmatch(f"{re.escape(host.images)}/mnt/blockSD/{_UUID}/images/{_UUID}/{_UUID}", path) is not None


def ids(path: str | None) -> dict[str, str]:
    """The fields of a disk that a path tells: domain, image and volume, and the pool where it is in it.

    Only a path that is laid out as one of a volume tells any: of /dev/mapper/ID or /a/b/c nobody knows.
    """
    found = _MOUNTED.search(path or "") or _PREPARED.search(path or "")
    return {f"{name}_id": value for name, value in found.groupdict().items() if value} if found else {}


def segment(path: str, place: int) -> str:
    """A part of a path, counted from its end: 1 is the volume of a path of volumes, 2 its image; "" where none is."""
    parts = path.split("/")
    return parts[-place] if place < len(parts) else ""


def location(source: Entity) -> str | None:
    """The path of a source, or its name on a server."""
    found: str | None = getattr(source, "path", None) or getattr(source, "name", None)
    return found


def chain(disk: Entity) -> list[str]:
    """The volumes that a disk consists of, the base first, as far as its document says."""
    return [volume for layer in reversed([*_layers(disk)]) if (volume := segment(location(layer.source) or "", 1))]


def _layers(disk: Entity) -> Iterator[Entity]:
    layer = disk
    while layer is not None and getattr(layer, "source", None) is not None:
        yield layer
        layer = getattr(layer, "backing", None)
