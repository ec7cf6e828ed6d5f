"""A host's devices and links: sysfs in a folder, with a libvirt that binds drivers, and a kernel that makes devices."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from host_prep.config import Config
from host_prep.libvirt import Refused
from host_prep.system import Host
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

    def reattach(self, name: str) -> None:
        self.asked.append(("reattach", name))
        super().reattach(name)

    def _set(self, kind: str, name: str, value: dict[str, Any] | None) -> None:
        super()._set(kind, name, value)
        if kind == "devices" and value and name.startswith("pci_"):
            self.bind(_address(name), "vfio-pci" if value["detached"] else "e1000e")


T = TypeVar("T")

MDEV_TYPES = {"incompatible-1": 2, "8q": 1, "4q": 2, "incompatible-2": 2}
CARDS = ("0000:08:00.0", "0000:09:00.0")


def add_cards(config: Config, vendor: str = "0x10de") -> None:
    """Two cards that mediated devices can be parts of."""
    (config.sys / "bus" / "mdev" / "devices").mkdir(parents=True)
    for card in CARDS:
        for type, available in MDEV_TYPES.items():
            folder = config.sys / "class" / "mdev_bus" / card / "mdev_supported_types" / type
            (folder / "devices").mkdir(parents=True)
            (folder / "available_instances").write_text(f"{available}\n")
            (folder / "create").touch()
        (config.sys / "class" / "mdev_bus" / card / "vendor").write_text(f"{vendor}\n")


class Kernel(Host):
    """A host with a kernel: mediated devices come and go with what is written to its files."""

    @property
    def mediated(self) -> Path:
        return self.config.sys / "bus" / "mdev" / "devices"

    @property
    def cards(self) -> Path:
        return self.config.sys / "class" / "mdev_bus"

    def made(self) -> list[list[str]]:
        """The types of what is on each card."""
        return [
            [
                type.name
                for type in sorted((self.cards / card / "mdev_supported_types").iterdir())
                for _ in (type / "devices").iterdir()
            ]
            for card in CARDS
        ]

    def _file(self, what: str, path: Path, action: Callable[[], T]) -> T:
        done = super()._file(what, path, action)
        if what == "poke" and path.is_relative_to(self.cards) and path.name == "create":
            self._create(path.parent, path.read_text())
        if what == "poke" and path.is_relative_to(self.mediated) and path.name == "remove":
            self._remove(path.parent)
        return done

    def _create(self, type: Path, uuid: str) -> None:
        (type / "create").write_text("")
        device = self.mediated / uuid
        (device / "nvidia").mkdir(parents=True)
        for file in (device / "remove", device / "nvidia" / "vgpu_params", type / "devices" / uuid):
            file.touch()
        (device / "mdev_type").symlink_to(type)
        _count(type, -1)

    def _remove(self, device: Path) -> None:
        type = (device / "mdev_type").readlink()
        (type / "devices" / device.name).unlink()
        shutil.rmtree(device)
        _count(type, 1)


def _count(type: Path, more: int) -> None:
    available = type / "available_instances"
    available.write_text(f"{int(available.read_text()) + more}\n")


def _address(name: str) -> str:
    domain, bus, slot, function = name.removeprefix("pci_").split("_")
    return f"{domain}:{bus}:{slot}.{function}"
