"""Devices of the host that a guest has for itself."""

from __future__ import annotations

from host_prep.effect import Effect, Entity
from host_prep.effects.mdev import MediatedDevice
from host_prep.effects.pci import DetachedPci
from host_prep.facts.devices import UsbDevice, pci_address
from host_prep.plan.common import Setting, Step
from xform.errors import DocumentError, HostError


def hostdevs(vm: Entity, setting: Setting) -> Step:
    """Devices are there, and free for the guest. Raises HostError for one that is not."""
    known = setting.dialect.Hostdev
    return vm, [effect for device in vm.hostdevs if isinstance(device, known) for effect in _effects(device, setting)]


def detached(place: Entity, managed: bool | None, what: str, setting: Setting) -> list[Effect]:
    """For a PCI device of the host; a bridge goes with what is behind it, and of a managed one libvirt takes care."""
    address = pci_address(place)
    found = next((device for device in setting.facts.devices.pci if device.address == address), None)
    if found is None:
        raise _missing(what, f"PCI device {address}")
    return [] if managed or found.bridge else [DetachedPci(name=found.name, address=address)]


def _effects(device: Entity, setting: Setting) -> list[Effect]:
    dialect, source = setting.dialect, device.source
    name = device.id or device.alias or device.uuid
    what = f"host device {name}" if name else "host device"
    if isinstance(source, dialect.PciHostdevSource):
        return detached(source, device.managed, what, setting)
    if isinstance(source, dialect.UsbHostdevSource):
        _check_usb(source, what, setting)
    elif isinstance(source, dialect.ScsiHostdevSource):
        _check_scsi(source, what, setting)
    elif isinstance(source, dialect.MdevHostdevSource) and device.uuid and device.mdev_type:
        type, _, placement = device.mdev_type.partition("|")
        if not type or placement not in ("", "compact", "separate"):
            raise DocumentError(
                f"{what}: mdevType {device.mdev_type!r}; expected a type, which |compact or |separate may follow"
            )
        separate, parameters = placement == "separate", device.mdev_parameters
        return [MediatedDevice(uuid=device.uuid, type=type, separate=separate, parameters=parameters)]
    return []


def _check_usb(source: Entity, what: str, setting: Setting) -> None:
    """By place, product or both; libvirt itself leaves out one that may be missing."""
    wanted = {n: value for n in ("bus", "device", "vendor", "product") if (value := getattr(source, n)) is not None}

    def is_it(device: UsbDevice) -> bool:
        return all(getattr(device, name) == value for name, value in wanted.items())

    if source.startup_policy not in ("optional", "requisite") and not any(map(is_it, setting.facts.devices.usb)):
        numbers = {n: f"{value:#06x}" if n in ("vendor", "product") else value for n, value in wanted.items()}
        raise _missing(what, f"USB device with {' '.join(f'{name} {number}' for name, number in numbers.items())}")


def _check_scsi(source: Entity, what: str, setting: Setting) -> None:
    """One on a host adapter by its name; libvirt finds or makes all others."""
    adapter = getattr(source.adapter, "name", None)
    if not adapter:
        return
    place = (adapter, source.bus or 0, source.target or 0, source.unit or 0)
    said = " ".join(map(str, place))
    devices = setting.facts.devices.scsi
    found = next((one for one in devices if (one.adapter, one.bus, one.target, one.unit) == place), None)
    if found is None:
        raise _missing(what, f"SCSI device {said}")
    if found.char is None:
        raise HostError(f"{what}: SCSI device {said} has no generic device for a guest to use; load the module sg")


def _missing(what: str, device: str) -> HostError:
    return HostError(f"{what}: the host has no {device}; plug it in, or take another")
