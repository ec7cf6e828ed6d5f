"""VMs and hosts that are killed, and that things are refused to."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from host_prep.config import Config
from host_prep.request import Request, Secret
from tests.host_prep.cell import Cell, Scenario
from tests.host_prep.conftest import OTHER, VM, domain, payload
from tests.host_prep.hardware import add_cards, add_links
from tests.host_prep.storage import (
    BASE,
    DOMAIN,
    LEAF,
    MIDDLE,
    TEMPLATE,
    ImageDisk,
    LogicalVolumes,
    block_image,
    file_domain,
    file_image,
)
from tests.host_prep.test_external import archive, member

NOWHERE: Mapping[str, str] = {
    "MirroredBridge": "it needs a network namespace",
    "PromiscuousBridge": "the same",
    "PortMirror": "the same",
    "AttachedVolume": "os-brick does its work",
    "GraphicsTicket": "a password that is kept nowhere is not set again, so that what runs after a crash differs",
}
"""Effects that occur in no scenario, and why; they have tests of their own."""


def _nothing(cell: Cell) -> None:
    pass


BARE = Scenario("bare", _nothing, lambda config: domain())


# CPUs, huge pages, a secret and sockets, beside a VM that runs

SECRET = Secret(id="5c1d6b1f-33a2-4a4c-9a57-1c2e9d3f7a60", usage="ceph", name="ovirt/volumes", value=b"key")


def _shared(cell: Cell) -> None:
    """Two CPUs, a few huge pages, and a VM that runs."""
    files = {
        "devices/system/cpu/online": "0-1",
        "devices/system/cpu/cpu0/topology/thread_siblings_list": "0",
        "devices/system/cpu/cpu1/topology/thread_siblings_list": "1",
        "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "10",
        "kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "3",
    }
    for name, text in files.items():
        (cell.config.sys / name).parent.mkdir(parents=True, exist_ok=True)
        (cell.config.sys / name).write_text(text)
    cell.libvirt.add_domain(domain(id=OTHER, name="other"))


def _sharing(config: Config) -> str:
    """A VM with huge pages, a CPU for itself, and a guest agent."""
    return domain(
        f"""<channel type="unix"><source mode="bind" path="{config.channels}/{VM}.org.qemu.guest_agent.0"/>
        <target type="virtio" name="org.qemu.guest_agent.0"/></channel>""",
        "<ovirt-vm:custom><ovirt-vm:hugepages>2048</ovirt-vm:hugepages></ovirt-vm:custom>",
        '<cputune><vcpupin vcpu="0" cpuset="0"/><vcpupin vcpu="1" cpuset="0"/></cputune>',
        policy="dedicated",
    )


SHARED = Scenario("shared", _shared, _sharing, lambda config: Request(secrets=[SECRET]))


# Two disks, one of them transient, media of payloads, a lease, firmware and TPM, and hooks at all points

FILES = {"openstack/latest/user_data": b"#cloud-config: {}\n", "openstack/latest/meta_data.json": b"{}"}
MEDIA = """<disk type="file" device="cdrom"><source file="PAYLOAD:"/><target dev="sdd" bus="sata"/><readonly/></disk>
<disk type="file" device="floppy"><target dev="fda" bus="fdc"/></disk>"""
LEASE = f"""<lease><lockspace>{DOMAIN}</lockspace><key>{LEAF}</key>
<target path="LEASE-PATH:{LEAF}:{DOMAIN}" offset="LEASE-OFFSET:{LEAF}:{DOMAIN}"/></lease>"""
TPM = '<tpm model="tpm-crb"><backend type="emulator" version="2.0"/></tpm>'
KEPT = {
    "nvram": base64.b64encode(b"variables").decode(),
    "tpm": archive(member("./tpm2/tpm2-00.permall", data=b"state"), member("./.lock")),
}


def _files(cell: Cell) -> None:
    images = file_domain(cell.config)
    file_image(images, BASE, LEAF)
    file_image(images, BASE, image=TEMPLATE)
    _hook(cell, "before_vm_start", "sed -i 's|<memory|<title>hooked</title><memory|' $_hook_domxml")
    for point in ("after_vm_start", "before_vm_destroy", "after_vm_destroy"):
        _hook(cell, point, "test -s $_hook_domxml")


def _hook(cell: Cell, point: str, line: str) -> None:
    file = cell.config.hooks / point / "10_hook"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def _on_files(config: Config) -> str:
    disk, transient = ImageDisk(), ImageDisk(image=TEMPLATE, volume=BASE, target="sdb")
    forgets = transient.metadata().replace(
        "</ovirt-vm:device>", "<ovirt-vm:shared>transient</ovirt-vm:shared></ovirt-vm:device>"
    )
    return domain(
        disk.element() + transient.element() + MEDIA + LEASE + TPM,
        disk.metadata() + forgets + payload("sdd", FILES) + payload("fda", {"sub/Unattend.xml": b"<a/>"}, "SYS"),
    ).replace("</os>", "<nvram/></os>")


STORED = Scenario("files", _files, _on_files, lambda config: Request(**KEPT))


# Logical volumes, a LUN, a screen in a network of the host's, a PCI device and a part of one

GUID = "3600a0980383056744f2b4c6e2d586a71"
MDEV = "5c9aeb3b-6e44-4b6d-a8c1-0c2e7a9d1f01"
DEVICES = f"""<disk type="block" device="lun"><driver name="qemu" type="raw"/><source dev="/dev/mapper/wrong"/>
<target dev="sdc" bus="scsi"/></disk>
<graphics type="vnc" port="-1" autoport="yes"><listen type="network" network="vdsm-display"/></graphics>
<hostdev mode="subsystem" type="pci"><source><address domain="0" bus="0x03" slot="1" function="0"/></source></hostdev>
<hostdev mode="subsystem" type="mdev" model="vfio-pci"><source><address uuid="{MDEV}"/></source></hostdev>"""
OF_DEVICES = f"""<ovirt-vm:device devtype="disk" name="sdc"><ovirt-vm:GUID>{GUID}</ovirt-vm:GUID></ovirt-vm:device>
<ovirt-vm:device devtype="hostdev" uuid="{MDEV}"><ovirt-vm:mdevType>4q</ovirt-vm:mdevType>
<ovirt-vm:mdevDriverParameters>a=1</ovirt-vm:mdevDriverParameters></ovirt-vm:device>"""


def _devices(cell: Cell) -> None:
    """The base is active already, and stays so."""
    config = cell.config
    volumes = LogicalVolumes(cell.folder / "lvm", config.dev)
    block_image(volumes, BASE, MIDDLE, LEAF, template=TEMPLATE)
    for command in ("lvs", "lvchange"):
        (cell.commands / command).symlink_to(volumes.folder / command)
    volumes.activate(f"{DOMAIN}/{BASE}")
    (config.dev / "mapper").mkdir(parents=True)
    (config.dev / "dm-7").touch()
    (config.dev / "mapper" / GUID).symlink_to("../dm-7")
    add_links(config, "display", bridge=True)
    add_cards(config)
    cell.libvirt.add_pci(1)


def _on_devices(config: Config) -> str:
    disk = ImageDisk()
    return domain(disk.element() + LEASE + DEVICES, disk.metadata() + OF_DEVICES)


BLOCKS = Scenario("devices", _devices, _on_devices)


# Goes on from a saved state, with the image that it had and variables that were kept; its domain is still defined


def _saved(cell: Cell) -> None:
    images = file_domain(cell.config)
    file_image(images, LEAF)
    _file(cell.config).write_text(json.dumps({"xml": _restored(cell.config)}))
    _hook(cell, "before_vm_dehibernate", "test -s $_hook_domxml")


def _file(config: Config) -> Path:
    return config.root / "saved"


def _restored(config: Config) -> str:
    disk = ImageDisk()
    return domain(disk.element(), disk.metadata()).replace("</os>", "<nvram/></os>")


def _shut_off(cell: Cell) -> None:
    cell.libvirt.add_domain(domain(), state="off")


RESTORED = Scenario(
    "restored",
    _saved,
    _restored,
    lambda config: Request(saved=_file(config), nvram=KEPT["nvram"]),
    left=_shut_off,
)

SCENARIOS = (BARE, SHARED, STORED, BLOCKS, RESTORED)
