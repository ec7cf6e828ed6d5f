"""Mediated devices, such as vGPUs: parts of a device of the host, made when they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.system import Host
from xform.errors import HostError

NVIDIA = "0x10de"


@frozen(kw_only=True)
class MediatedDevice(Effect):
    """A mediated device of some type, on whichever parent has room for it."""

    shared: ClassVar[bool] = True  # the kernel waits for whoever has it when it is removed

    uuid: str
    type: str
    separate: bool = False  # rather not beside another of its type
    parameters: str | None = None  # for the driver on the host

    @property
    def key(self) -> str:
        return f"mdev:{self.uuid}"

    def says(self) -> str:
        return f"make the mediated device {self.uuid} of type {self.type}"

    def undoing(self) -> str:
        return "remove it"

    def look(self, work: Work) -> Note:
        """What is there already, or the parent that it goes to."""
        if work.host.exists(self._folder(work)):
            link = work.host.stat(self._folder(work) / "mdev_type")
            type = Path(link.target).name if link and link.target else None
            if type != self.type:
                raise HostError(
                    f"mediated device {self.uuid} is there with the type {type}; expected {self.type}: remove it first"
                )
            return {"found": True}
        parent = placed(_parents(work.host), self.type, separate=self.separate)
        if parent is None:
            raise HostError(
                f"mediated device {self.uuid}: no device of the host has room for one of type {self.type}; "
                "end a VM that has one, or take another type"
            )
        return {"parent": parent}

    def apply(self, work: Work, note: Note) -> Outcome:
        folder = self._folder(work)
        there = work.host.exists(folder)
        if not there:
            types = _bus(work.host) / note["parent"] / "mdev_supported_types"
            work.host.poke(types / self.type / "create", self.uuid)
        if self.parameters is None or note.get("found"):
            return Outcome.ALREADY if there else Outcome.DONE
        work.host.poke(folder / "nvidia" / "vgpu_params", f"{self.parameters}\n")
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        folder = self._folder(work)
        if not work.host.exists(folder):
            return Outcome.ALREADY
        work.host.poke(folder / "remove", "1")
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return any(getattr(device, "uuid", None) == self.uuid for device in vm.hostdevs)

    def _folder(self, work: Work) -> Path:
        return work.host.config.sys / "bus" / "mdev" / "devices" / self.uuid


@frozen
class Type:
    """A type of mediated devices on one parent: how many more there may be, and how many there are."""

    name: str
    available: int
    instances: int


@frozen
class Parent:
    """A device that mediated devices are parts of; an `exclusive` one has those of one type only."""

    name: str
    exclusive: bool
    types: tuple[Type, ...]


def placed(parents: Sequence[Parent], type: str, *, separate: bool = False) -> str | None:
    """The first parent with room for one more of a type; a `separate` one first looks for one that has none of it."""
    for parent in parents:
        wanted = next((one for one in parent.types if one.name == type), None)
        if wanted is None or wanted.available < 1 or (separate and wanted.instances):
            continue
        if not (parent.exclusive and any(one.instances for one in parent.types if one.name != type)):
            return parent.name
    return placed(parents, type) if separate else None


def _parents(host: Host) -> list[Parent]:
    found = []
    for name in host.names(_bus(host)):
        folder = _bus(host) / name
        types = folder / "mdev_supported_types"
        found.append(
            Parent(
                name,
                (host.read(folder / "vendor") or b"").decode().strip() == NVIDIA,
                tuple(_type(host, types / type) for type in host.names(types)),
            )
        )
    return found


def _type(host: Host, folder: Path) -> Type:
    available = int((host.read(folder / "available_instances") or b"0").strip() or 0)
    return Type(folder.name, available, len(host.names(folder / "devices")))


def _bus(host: Host) -> Path:
    return host.config.sys / "class" / "mdev_bus"
