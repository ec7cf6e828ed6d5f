"""Images on storage domains: their volumes can be used, links lead to them, and the disk to its volume."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from host_prep.config import Config
from host_prep.effect import Effect, Entity
from host_prep.effects.links import ImageLink
from host_prep.effects.volume import ActiveVolume, VolumeRights
from host_prep.facts.images import BLANK, Ids, Image, ids
from host_prep.plan.common import Setting, Step
from host_prep.plan.disks import pointed, with_disks


def images(vm: Entity, setting: Setting) -> Step:
    """Disks, CD-ROMs and floppies of images that the host prepares.  Whether block or file, the host says.

    Each gets the chain of its volumes, the one that the guest writes to first.
    """
    # several disks may stand on one template
    effects: dict[Effect, None] = {}

    def prepared(disk: Entity) -> Entity:
        named = ids(disk)
        if named is None:
            return disk
        image = setting.facts.images[named]
        effects.update(dict.fromkeys(_effects(named, image, setting.facts.config)))
        paths = _paths(named, image, setting.facts.config)
        chain = [
            setting.dialect.VolumeChainNode(
                path=str(path),
                lease_path=volume.lease_path and str(volume.lease_path),
                lease_offset=volume.lease_offset,
                domain_id=named.domain,
                image_id=named.image,
                volume_id=volume.id,
            )
            for path, volume in zip(paths, image.chain, strict=True)
        ]
        return evolve(pointed(disk, paths[0], setting, block=image.block), volume_chain=chain)

    return with_disks(vm, setting, prepared), list(effects)


def _effects(named: Ids, image: Image, config: Config) -> list[Effect]:
    """What a volume stands on comes before it."""
    run, of_image = _run_folder(named, config), (named.domain, named.image)
    if not image.block:
        files = tuple(volume.path for volume in image.chain)
        return [
            VolumeRights(paths=files, owner=config.image_owner),
            ImageLink(path=run, target=files[0].parent, ids=of_image),
        ]
    volumes = image.chain[::-1]
    active = [ActiveVolume(group=named.domain, name=volume.id) for volume in volumes]
    links = [ImageLink(path=run / volume.id, target=volume.path, ids=(*of_image, volume.id)) for volume in volumes]
    linked = [] if named.pool == BLANK else [ImageLink(path=_link(named, config), target=run, ids=of_image)]
    return [*active, *links, *linked]


def _paths(named: Ids, image: Image, config: Config) -> list[Path]:
    """Of the volumes, as a document names them."""
    if not image.block:
        return [volume.path for volume in image.chain]
    folder = _run_folder(named, config) if named.pool == BLANK else _link(named, config)
    return [folder / volume.id for volume in image.chain]


def _run_folder(named: Ids, config: Config) -> Path:
    return config.storage / named.domain / named.image


def _link(named: Ids, config: Config) -> Path:
    return config.repository / "mnt" / "blockSD" / named.domain / "images" / named.image
