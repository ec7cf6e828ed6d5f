"""A host's devices and links: sysfs in a folder, and a libvirt that binds drivers there."""

from __future__ import annotations

from pathlib import Path

from host_prep.config import Config
from host_prep.libvirt import Refused
from tests.host_prep.fake import FakeLibvirt


def add_links(config: Config, *names: str, bridge: bool = False) -> None:
    for name in names:
        (config.sys / "class" / "net" / name / ("bridge" if bridge else "device")).mkdir(parents=True)


class Hardware(FakeLibvirt):
    """PCI devices with their drivers in sysfs; what it is asked to detach and reattach is kept in order."""

    def __init__(self, folder: Path, config: Config) -> None:
        super().__init__(folder)
        self.sys = config.sys
        self.asked: list[tuple[str, str]] = []
        self.refused: set[str] = set()

    def add_pci(self, slot: int, driver: str = "e1000e", kind: str = "") -> str:
        """A device 0000:03:<slot>.0; its address."""
        name, address = f"pci_0000_03_{slot:02x}_0", f"0000:03:{slot:02x}.0"
        inner = f'<capability type="{kind}"/>' if kind else ""
        self.add_device(
            name,
            f"<device><name>{name}</name><capability type='pci'><domain>0</domain><bus>3</bus><slot>{slot}</slot>"
            f"<function>0</function>{inner}</capability></device>",
        )
        self.bind(address, driver)
        return address

    def bind(self, address: str, driver: str) -> None:
        link = self.sys / "bus" / "pci" / "devices" / address / "driver"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(f"../../../../bus/pci/drivers/{driver}")

    def driver(self, address: str) -> str:
        return (self.sys / "bus" / "pci" / "devices" / address / "driver").readlink().name

    def detach(self, name: str) -> None:
        self.asked.append(("detach", name))
        if name in self.refused:
            raise Refused("fake:///: device is in use", 1)
        super().detach(name)
        self.bind(_address(name), "vfio-pci")

    def reattach(self, name: str) -> None:
        self.asked.append(("reattach", name))
        super().reattach(name)
        self.bind(_address(name), "e1000e")


def _address(name: str) -> str:
    domain, bus, slot, function = name.removeprefix("pci_").split("_")
    return f"{domain}:{bus}:{slot}.{function}"
