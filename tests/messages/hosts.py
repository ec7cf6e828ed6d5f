"""A host in files for the cases: documents of VMs, what runs there, and what a command made of it before."""

from __future__ import annotations

from pathlib import Path

import structlog
from click.testing import CliRunner

from host_prep.cli import cli
from host_prep.config import Config
from tests.host_prep.hardware import Hardware
from tests.messages.case import HOST, Case, Spoilt

VM = "6695eb01-f6a4-4304-79aa-97f2502e193f"
OTHER = "0c3bb48c-0f7e-4ea1-8f3a-5a9c1a4b7f10"
OVIRT = "xmlns:ovirt-vm='http://ovirt.org/vm/1.0'"

SETTINGS: dict[str, str | bytes] = {"settings.yaml": f"root: host\nconnect: {HOST}\n"}


def vm(devices: str = "", metadata: str = "", more: str = "", *, id: str = VM, name: str = "web", os: str = "") -> str:
    """A document, a line for each part that there is."""
    lines = [
        f"<domain type='kvm'><name>{name}</name>" + (f"<uuid>{id}</uuid>" if id else ""),
        f"<metadata {OVIRT}><ovirt-vm:vm>{metadata}</ovirt-vm:vm></metadata>",
        f"<memory>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>hvm</type>{os}</os>",
        more,
        f"<devices>{devices}</devices></domain>",
    ]
    return "\n".join(filter(None, lines))


def config() -> Config:
    return Config(root=Path("host"))


def hardware() -> Hardware:
    return Hardware(Path("libvirt"), config())


def refused(
    title: str,
    devices: str = "",
    metadata: str = "",
    more: str = "",
    *,
    request: str = "",
    settings: str = "",
    world: object = None,
    command: str = "plan",
    options: str = "",
    spoilt: Spoilt | None = None,
    **document: str,
) -> Case:
    files: dict[str, str | bytes] = {"vm.xml": vm(devices, metadata, more, **document)}
    if request:
        files["request.yaml"] = request
        options += " --with request.yaml"
    if settings:
        files["settings.yaml"] = f"root: host\nconnect: {HOST}\n{settings}"
    return Case(title, f"host-prep {command} vm.xml{options}", files, world=world, spoilt=spoilt)  # type: ignore[arg-type]


def payload(files: str, volume: str = "config-2", target: str = "sdc") -> str:
    label = f"<ovirt-vm:volId>{volume}</ovirt-vm:volId>" if volume else ""
    inside = f"<ovirt-vm:payload>{label}{files}</ovirt-vm:payload>"
    return f"<ovirt-vm:device devtype='disk' name='{target}'>{inside}</ovirt-vm:device>"


def disk(
    name: str, inside: str, type: str = "file", source: str = "<source file='/a'/>", more: str = ""
) -> tuple[str, str]:
    inner = f"<driver name='qemu' type='raw'/>{source}<target dev='{name}' bus='virtio'/>{more}"
    return (
        f"<disk type='{type}' device='disk'>{inner}</disk>",
        f"<ovirt-vm:device devtype='disk' name='{name}'>{inside}</ovirt-vm:device>",
    )


ETHERNET = "<interface type='ethernet'><mac address='52:54:00:00:00:01'/></interface>"
MIRRORED = (
    "<ovirt-vm:device devtype='interface' mac_address='52:54:00:00:00:01'><ovirt-vm:portMirroring>"
    "<ovirt-vm:network>{}</ovirt-vm:network></ovirt-vm:portMirroring></ovirt-vm:device>"
)
CDROM = "<disk type='file' device='cdrom'><source file='PAYLOAD:'/><target dev='sdc' bus='sata'/><readonly/></disk>"
FILE = "<ovirt-vm:file path='{}'>YQ==</ovirt-vm:file>"


def command(name: str, script: str) -> None:
    Path("bin").mkdir(exist_ok=True)
    Path("bin", name).write_text(f"#!/bin/sh\n{script}\n")
    Path("bin", name).chmod(0o755)


def running(name: str = "web", id: str = OTHER, state: str = "running", *parts: str) -> None:
    """A domain that libvirt has before, with these parts of its document."""
    hardware().add_domain(vm(*parts, name=name, id=id), state)


def host_prep(*arguments: str) -> None:
    """A command that has to succeed, before the one whose message is looked at."""
    done = CliRunner().invoke(cli, [*arguments, "--config", "settings.yaml"])
    structlog.reset_defaults()
    assert done.exit_code == 0, done.output


def started(devices: str = "", metadata: str = "") -> None:
    Path("before.xml").write_text(vm(devices, metadata))
    host_prep("start", "before.xml")
