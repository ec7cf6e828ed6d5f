"""Images, volumes and other disks of a host."""

from __future__ import annotations

import os
from pathlib import Path

from host_prep import brick
from tests.host_prep.storage import BASE, DOMAIN, IMAGE, LEAF, POOL, LogicalVolumes, block_image, file_image
from tests.messages.case import Area, Case, Spoilt
from tests.messages.hosts import OTHER, SETTINGS, VM, command, config, disk, refused, started
from tests.messages.spoilt import without

IDS = "".join(
    f"<ovirt-vm:{name}>{value}</ovirt-vm:{name}>"
    for name, value in {"poolID": POOL, "domainID": DOMAIN, "imageID": IMAGE, "volumeID": LEAF}.items()
)
LVS = f"""test -e asked && echo '{{"report":[{{"lv":[]}}]}}' || echo '{{"report":[{{"lv":[{{"lv_name":"{LEAF}","lv_tags":"IU_{IMAGE}","lv_active":""}}]}}]}}'
touch asked"""


def image(**meta: str) -> None:
    """An image of files on a storage domain."""
    folder = config().repository / "mnt" / "server:_data" / DOMAIN / "images"
    folder.mkdir(parents=True)
    if meta.pop("there", "yes") == "yes":
        file_image(folder, LEAF, **meta)


def image_without_meta() -> None:
    image()
    found = config().repository / "mnt" / "server:_data" / DOMAIN / "images" / IMAGE
    (found / f"{LEAF}.meta").unlink()
    command("qemu-img", 'echo \'[{"filename": "/etc/passwd"}]\'')


def lvm(*chain: str, image: str = IMAGE) -> LogicalVolumes:
    volumes = LogicalVolumes(Path("bin").absolute(), config().dev)
    if chain:
        block_image(volumes, *chain, image=image)
    return volumes


def volume_folder() -> None:
    image()
    file = config().repository / "mnt" / "server:_data" / DOMAIN / "images" / IMAGE / LEAF
    file.unlink()
    file.mkdir()


def another_qemu_img() -> None:
    image_without_meta()
    command("qemu-img", "echo image: /etc/passwd")


def locked_qemu_img() -> None:
    image_without_meta()
    Path("bin/qemu-img").chmod(0o644)


def busy() -> None:
    volumes = lvm(LEAF)
    started(*disk("vda", IDS))
    volumes.busy(f"{DOMAIN}/{LEAF}")


class Refusing:
    """A connector of os-brick, to a volume that cannot be reached."""

    def connect_volume(self, data: object) -> object:
        raise ValueError("Invalid connection_properties specified no device_path attribute")

    def disconnect_volume(self, data: object, device: object) -> None:
        pass


def _refusing() -> None:
    brick.connector = lambda info, locks: Refusing()


REFUSING = Spoilt("os-brick cannot reach the volume", _refusing)
NO_COMMANDS = Spoilt("PATH has no commands", lambda: os.environ.update(PATH="/nowhere"))
OWN_COMMANDS = Spoilt("qemu-img may not be run", lambda: os.environ.update(PATH=str(Path("bin").absolute())))


def link_elsewhere() -> None:
    image()
    link = config().storage / DOMAIN / IMAGE
    link.parent.mkdir(parents=True)
    link.symlink_to("/elsewhere")


def folder_in_place() -> None:
    image()
    (config().storage / DOMAIN / IMAGE).mkdir(parents=True)


AREA = Area(
    "Hosts: images and other disks",
    [
        refused("a storage domain that is nowhere", *disk("vda", IDS), world=lvm),
        refused("an image that is nowhere", *disk("vda", IDS), world=lambda: image(there="no")),
        refused("a volume that is nowhere", *disk("vda", IDS.replace(LEAF, BASE)), world=image),
        refused("an illegal volume", *disk("vda", IDS), world=lambda: image(LEGALITY="ILLEGAL")),
        refused("a volume that stands on itself", *disk("vda", IDS), world=lambda: image(PUUID=LEAF)),
        refused(
            "a file in place of a volume's parent",
            *[part.replace("raw", "qcow2") for part in disk("vda", IDS)],
            world=image_without_meta,
        ),
        refused(
            "no qemu-img",
            *[part.replace("raw", "qcow2") for part in disk("vda", IDS)],
            world=image_without_meta,
            spoilt=NO_COMMANDS,
        ),
        refused(
            "a qemu-img that may not be run",
            *[part.replace("raw", "qcow2") for part in disk("vda", IDS)],
            world=locked_qemu_img,
            spoilt=OWN_COMMANDS,
        ),
        refused(
            "a qemu-img that gives no JSON",
            *[part.replace("raw", "qcow2") for part in disk("vda", IDS)],
            world=another_qemu_img,
        ),
        refused("no LVM", *disk("vda", IDS), spoilt=NO_COMMANDS),
        refused(
            "an LVM that fails",
            *disk("vda", IDS),
            world=lambda: command("lvs", "echo '  /dev/sda: read failed' >&2; exit 5"),
        ),
        refused("an LVM that is too old", *disk("vda", IDS), world=lambda: command("lvs", "echo LV")),
        refused(
            "an LVM that hangs", *disk("vda", IDS), settings="seconds: 0.1", world=lambda: command("lvs", "sleep 9")
        ),
        refused("an image that no logical volume is of", *disk("vda", IDS), world=lambda: lvm(LEAF, image=OTHER)),
        refused("a logical volume that is nowhere", *disk("vda", IDS), world=lambda: lvm(BASE)),
        refused(
            "a logical volume of another image",
            *disk("vda", IDS),
            world=lambda: lvm(LEAF, image=OTHER).add(DOMAIN, BASE, f"IU_{IMAGE}"),
        ),
        refused(
            "a volume that may not be activated",
            *disk("vda", IDS),
            command="start",
            world=lambda: lvm(LEAF).refuse(f"{DOMAIN}/{LEAF}"),
        ),
        Case("a volume that is in use", f"host-prep release {VM} --force", world=busy),
        refused("a link that leads elsewhere", *disk("vda", IDS), command="start", world=link_elsewhere),
        refused("a folder in a link's place", *disk("vda", IDS), command="start", world=folder_in_place),
        refused(
            "an owner that the host does not have",
            *disk("vda", IDS),
            command="start",
            settings="image_owner: qemu-of-nobody:kvm",
            world=lambda: lvm(LEAF),
        ),
        refused(
            "a lease of no disk's volume",
            "<lease><lockspace>SD</lockspace><key>V</key><target path='LEASE-PATH:V:SD' offset='LEASE-OFFSET:V:SD'/></lease>",
        ),
        refused(
            "a logical volume that is gone at the start",
            *disk("vda", IDS),
            command="start",
            world=lambda: command("lvs", LVS),
        ),
        refused("a folder in a volume's place", *disk("vda", IDS), command="start", world=volume_folder),
        refused(
            "a LUN whose guid is a path",
            *disk("vda", "<ovirt-vm:GUID>../sda</ovirt-vm:GUID>", "block", "<source dev='/dev/mapper/a'/>"),
        ),
        refused(
            "a LUN that is not there",
            *disk("vda", "<ovirt-vm:GUID>3600a</ovirt-vm:GUID>", "block", "<source dev='/dev/mapper/a'/>"),
            command="start",
        ),
        refused("a managed disk without a path", *disk("vda", "<ovirt-vm:managed>true</ovirt-vm:managed>", source="")),
        refused("a managed disk that is not attached", *disk("vda", "<ovirt-vm:managed>true</ovirt-vm:managed>")),
        refused("a connection of no disk", request="connections: [{disk: vdb, volume: v, info: {}}]"),
        refused(
            "a connection that says too little",
            *disk("vda", "<ovirt-vm:managed>true</ovirt-vm:managed>", "block", "<source dev='/a'/>"),
            request="connections: [{disk: vda, volume: v, info: {}}]",
        ),
        refused(
            "no os-brick",
            *disk("vda", "<ovirt-vm:managed>true</ovirt-vm:managed>", "block", "<source dev='/a'/>"),
            request="connections: [{disk: vda, volume: v, info: {driver_volume_type: rbd, data: {}}}]",
            command="start",
            spoilt=without("os_brick"),
        ),
        refused(
            "a volume that os-brick refuses",
            *disk("vda", "<ovirt-vm:managed>true</ovirt-vm:managed>", "block", "<source dev='/a'/>"),
            request="connections: [{disk: vda, volume: v, info: {driver_volume_type: local, data: {}}}]",
            command="start",
            spoilt=REFUSING,
        ),
        refused(
            "a transient disk of no known form",
            *disk("vda", "<ovirt-vm:shared>transient</ovirt-vm:shared>", source="<source file='a'/>"),
        ),
        refused(
            "a transient disk that moves",
            *disk("vda", "<ovirt-vm:shared>transient</ovirt-vm:shared>"),
            options=" --incoming",
        ),
    ],
    SETTINGS,
)
