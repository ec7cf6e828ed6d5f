"""Images on storage domains: where their volumes are, what each stands on, and where its lease is.

A block domain is a volume group with the domain's id for its name; each volume is a logical volume, whose tags tell its
image (IU_), its parent (PU_) and its place in the domain's tables (MD_).  A file domain is a folder of the repository;
a volume is a file in its image's folder, beside it may be a file .meta, which tells the same, and a file .lease.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import frozen

from host_prep.lvm import LogicalVolume, logical_volumes
from xform.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from host_prep.effect import Entity
    from host_prep.system import Host

BLANK = "00000000-0000-0000-0000-000000000000"
"""No pool; no parent."""

MIB = 1 << 20
FIRST_LEASE = 100  # the first of a domain's leases are not volumes'


@frozen(kw_only=True)
class Volume:
    """One volume of a chain."""

    id: str
    path: Path  # device or file
    lease_path: Path | None = None
    lease_offset: int | None = None  # bytes


@frozen(kw_only=True)
class Image:
    """An image as one disk uses it: the volume that the guest writes to comes first, then each one's parent."""

    block: bool
    chain: tuple[Volume, ...]


@frozen
class Ids:
    """Of a disk's volume."""

    pool: str
    domain: str  # storage domain
    image: str
    volume: str


def ids(disk: Entity) -> Ids | None:
    """None where the disk is of no image that the host prepares: one on a server is reached as its document says."""
    named: list[Any] = [getattr(disk, name, None) for name in ("pool_id", "domain_id", "image_id", "volume_id")]
    if not all(named) or disk.managed or hasattr(disk.source, "protocol"):
        return None
    return Ids(*named)


def look_at_images(host: Host, vm: Entity) -> dict[Ids, Image]:
    """Those of a VM's disks. Raises HostError for what is not there, or must not be used."""
    found: dict[Ids, Image] = {}
    group = cache(partial(logical_volumes, host))
    for disk in vm.disks:
        named = ids(disk)
        if named and named not in found:
            found[named] = _image(host, named, disk.format, group)
    return found


def _image(host: Host, named: Ids, format: str | None, group: Callable[[str], dict[str, LogicalVolume]]) -> Image:
    try:
        if folder := _folder(host, named):
            return Image(block=False, chain=tuple(_files(host, folder / "images", named, format)))
        if volumes := group(named.domain):
            return Image(block=True, chain=tuple(_logical(host.config.dev / named.domain, volumes, named)))
    except HostError as error:
        raise HostError(f"image {named.image} of the storage domain {named.domain}: {error}") from None
    raise HostError(
        f"there is no storage domain {named.domain}: neither a folder of it below {host.config.repository} nor a "
        "volume group; connect the storage first"
    )


# Block domains


def _logical(folder: Path, volumes: dict[str, LogicalVolume], named: Ids) -> Iterator[Volume]:
    if not any(f"IU_{named.image}" in volume.tags for volume in volumes.values()):
        raise HostError("it is not there; expected a logical volume with its tag IU_")
    name: str | None = named.volume
    seen: set[str] = set()
    while name and name != BLANK:
        volume = volumes.get(name)
        if volume is None:
            raise _missing(name)
        if name == named.volume and f"IU_{named.image}" not in volume.tags:
            raise HostError(f"the volume {name} is of the image {volume.tag('IU_')}; expected one of this image")
        slot = volume.tag("MD_") or ""
        leased = "leases" in volumes and slot.isdecimal()
        yield Volume(
            id=name,
            path=folder / name,
            lease_path=folder / "leases" if leased else None,
            lease_offset=(FIRST_LEASE + int(slot)) * MIB if leased else None,
        )
        name = _next(seen, name, volume.tag("PU_"))


# File domains


def _folder(host: Host, named: Ids) -> Path | None:
    """Of a file domain.  The pool's link is asked first: to ask every mount may wait for one whose server is gone."""
    repository = host.config.repository
    by_pool, mounts, block = repository / named.pool / named.domain, repository / "mnt", repository / "mnt" / "blockSD"
    if there := host.stat(by_pool):
        folder = Path(os.path.normpath(by_pool.parent / (there.target or by_pool)))
        return None if block in folder.parents else folder
    gluster = mounts / "glusterSD"
    mounted = [folder / name for folder in (mounts, gluster) for name in host.names(folder)]
    folders = (mount / named.domain for mount in mounted if mount not in (block, gluster))
    return next((folder for folder in folders if host.exists(folder)), None)


def _files(host: Host, images: Path, named: Ids, format: str | None) -> Iterator[Volume]:
    folder = images / named.image
    if not host.exists(folder):
        raise HostError(f"it is not there; expected its folder {folder}")
    name: str | None = named.volume
    seen: set[str] = set()
    while name and name != BLANK:
        path = folder / name
        if not host.exists(path):
            raise _missing(name)
        meta = _meta(host, path)
        if meta is None:
            yield from (_file(host, one) for one in _backing(host, path, images, format))
            return
        if meta.get("LEGALITY") == "ILLEGAL":
            raise HostError(f"the volume {name} is illegal: its content is not what it should be; use another one")
        yield _file(host, path)
        name, format = _next(seen, name, meta.get("PUUID")), None


def _file(host: Host, path: Path) -> Volume:
    lease = path.with_name(f"{path.name}.lease")
    if not host.exists(lease):
        return Volume(id=path.name, path=path)
    return Volume(id=path.name, path=path, lease_path=lease, lease_offset=0)


def _meta(host: Host, path: Path) -> dict[str, str] | None:
    content = host.read(path.with_name(f"{path.name}.meta"))
    if content is None:
        return None
    lines = content.decode(errors="replace").splitlines()
    return {name.strip(): value.strip() for name, found, value in (line.partition("=") for line in lines) if found}


def _backing(host: Host, path: Path, images: Path, format: str | None) -> list[Path]:
    """The file and those that it stands on, as it says itself, where nobody else does.

    The format is the document's: in a raw image a guest can write what looks like another format, and names any file.
    """
    if format is None or format == "raw":
        return [path]
    printed = host.run("qemu-img", "info", "--output=json", "--backing-chain", "-U", "-f", format, path, reads=True)
    try:
        chain = [Path(os.path.normpath(layer["filename"])) for layer in json.loads(printed)]
    except (KeyError, TypeError, ValueError):
        raise HostError(f"qemu-img gives no JSON of {path.name}; expected one that knows --backing-chain") from None
    for one in chain:
        if one.parent.parent != images or not _is_id(one.name):
            raise HostError(f"the volume {path.name} stands on {one}; expected a volume of the storage domain")
    return chain


# Both


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _missing(volume: str) -> HostError:
    return HostError(f"the volume {volume} is not there; bring it back, or take the image without it")


def _next(seen: set[str], name: str, parent: str | None) -> str | None:
    seen.add(name)
    if parent and (parent in seen or "/" in parent):
        raise HostError(f"the volume {name} stands on {parent}; expected another volume")
    return parent
