"""The host's own devices, as libvirt lists them, by what a document finds them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen
from lxml import etree

if TYPE_CHECKING:
    from host_prep.effect import Entity
    from host_prep.system import Host


@frozen
class PciDevice:
    """A PCI device: libvirt's name of it, and its address as sysfs has it."""

    name: str
    address: str
    bridge: bool = False  # to another bus: no guest can have it


@frozen
class UsbDevice:
    """A USB device: where it is plugged in, and what it is."""

    bus: int
    device: int
    vendor: int
    product: int


@frozen
class ScsiDevice:
    """A SCSI device, on an adapter such as scsi_host0; `char` is its generic device, if it has one: /dev/sg0."""

    adapter: str
    bus: int
    target: int
    unit: int
    char: str | None = None


@frozen(kw_only=True)
class Devices:
    """The devices of one host that a VM may be given."""

    pci: tuple[PciDevice, ...] = ()
    usb: tuple[UsbDevice, ...] = ()
    scsi: tuple[ScsiDevice, ...] = ()


def look_at_devices(host: Host, vm: Entity) -> Devices:
    """From libvirt's node devices; not looked for where the VM has none of the host's devices."""
    if not vm.hostdevs and not pci_addresses(vm):
        return Devices()
    found = [(device.name, etree.fromstring(device.xml)) for device in host.libvirt.node_devices()]
    generic = {
        root.findtext("parent"): root.findtext("capability[@type='scsi_generic']/char")
        for _, root in found
        if root.find("capability[@type='scsi_generic']") is not None
    }
    pci, usb, scsi = [], [], []
    for name, root in found:
        for capability in root.findall("capability"):
            match capability.get("type"):
                case "pci":
                    kinds = {inner.get("type") for inner in capability.findall("capability")}
                    place = _numbers(capability, "domain", "bus", "slot", "function")
                    pci.append(PciDevice(name, _pci(*place), bool(kinds & {"pci-bridge", "cardbus-bridge"})))
                case "usb_device":
                    what = [int(str(capability.xpath(f"string({tag}/@id)")) or "0", 0) for tag in ("vendor", "product")]
                    usb.append(UsbDevice(*_numbers(capability, "bus", "device"), *what))
                case "scsi":
                    number, bus, target, unit = _numbers(capability, "host", "bus", "target", "lun")
                    scsi.append(ScsiDevice(f"scsi_host{number}", bus, target, unit, generic.get(name)))
    return Devices(pci=tuple(pci), usb=tuple(usb), scsi=tuple(scsi))


def pci_address(place: Entity) -> str:
    """The address of a PCI device in a document, as sysfs has it: 0000:03:00.0."""
    return _pci(*(getattr(place, name) or 0 for name in ("domain", "bus", "slot", "function")))


def pci_addresses(vm: Entity) -> set[str]:
    """Of the PCI devices of the host that a VM has, whether as such or as its network cards."""
    sources = [getattr(device, "source", None) for device in (*vm.hostdevs, *vm.nics)]
    places = [getattr(source, "address", source) for source in sources]
    return {pci_address(place) for place in places if hasattr(place, "slot")}


def _pci(domain: int, bus: int, slot: int, function: int) -> str:
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def _numbers(element: etree._Element, *names: str) -> list[int]:
    return [int(element.findtext(name) or "0", 0) for name in names]
