"""A VM that is followed in small documents, and elements for these."""

from __future__ import annotations

from typing import Any

from xform.monitor.follow import follow, manage
from xform.monitor.records import Device, Followed, Known

from .parts import drive, uuid_of

VM = uuid_of(0)
OVIRT_VM = "http://ovirt.org/vm/1.0"


def document(*devices: str, run: int | None = 1, more: str = "", memory: int = 1048576, metadata: str = "") -> bytes:
    number = "" if run is None else f" id='{run}'"
    return (
        f"<domain type='kvm'{number}>\n  <name>x</name>\n  <uuid>{VM}</uuid>\n{metadata}"
        f"  <memory unit='KiB'>{memory}</memory>\n{more}"
        f"  <devices>\n    {'    '.join(one + chr(10) for one in devices)}  </devices>\n</domain>\n"
    ).encode()


class Vm:
    """A VM that is followed from document to document; its manager knows some devices before the first."""

    def __init__(self, dialect: Any, *managed: str) -> None:
        self.dialect = dialect
        self.known: Known | None = (
            manage(dialect, None, dialect.parse(document(*managed, run=None))) if managed else None
        )

    def look(self, *devices: str, **more: Any) -> list[tuple[str, str]]:
        """What a document changed: what happened, and the kind of the device that it happened to."""
        return [(change.what, change.kind) for change in self.follow(document(*devices, **more)).changes]

    def follow(self, xml: bytes) -> Followed:
        followed = follow(self.dialect, self.known, xml)
        self.known = followed.known
        return followed

    def devices(self, kind: str) -> list[Device]:
        assert self.known
        return [device for device in self.known.devices if device.kind == kind]

    def ids(self, kind: str) -> list[str]:
        """The ids of the devices that are plugged."""
        return sorted(device.id for device in self.devices(kind) if device.plugged)


def alias(name: str | int) -> str:
    return f"<alias name='{name if isinstance(name, str) else 'ua-' + uuid_of(name)}'/>"


def pci(bus: int) -> str:
    return f"<address type='pci' domain='0x0000' bus='{bus:#04x}' slot='0x00' function='0x0'/>"


def disk(name: str | int, target: str = "sda", source: str = "/images/a", more: str = "", unit: int = 0) -> str:
    return (
        f"<disk type='file' device='disk'><source file='{source}'/>{more}<target dev='{target}' bus='scsi'/>"
        f"{alias(name)}{drive(unit)}</disk>"
    )


def nic(name: str | int, mac: str = "52:54:00:00:00:01", bus: int = 1, more: str = "") -> str:
    more = f"<source bridge='one'/>{more}{alias(name)}{pci(bus)}"
    return f"<interface type='bridge'><mac address='{mac}'/>{more}</interface>"


def channel(
    name: str | int, target: str = "agent.0", state: str = "disconnected", port: int = 1, source: str = ""
) -> str:
    return (
        f"<channel type='unix'>{source}<target type='virtio' name='{target}' state='{state}'/>{alias(name)}"
        f"<address type='virtio-serial' controller='0' bus='0' port='{port}'/></channel>"
    )


def root_port(index: int) -> str:
    tail = alias(f"pci.{index}") + pci(index)
    return f"<controller type='pci' index='{index}' model='pcie-root-port'>{tail}</controller>"


def rng(name: str | int, bus: int) -> str:
    return f"<rng model='virtio'><backend model='random'>/dev/urandom</backend>{alias(name)}{pci(bus)}</rng>"


def dimm(name: str | int, slot: int) -> str:
    return (
        "<memory model='dimm'><target><size unit='KiB'>262144</size><node>0</node></target>"
        f"{alias(name)}<address type='dimm' slot='{slot}'/></memory>"
    )


ROOT = "<controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>"
KEYBOARD = "<input type='keyboard' bus='ps2'>{0}</input>"
SCREEN = "<graphics type='vnc' port='{0}' autoport='yes'/>"
TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/>{0}</tpm>"
VIDEO = "<video><model type='{0}'/>{1}</video>"
MANAGED = [VIDEO.format("qxl", alias(1) + pci(4)), TPM.format(alias(2)), disk(3)]
