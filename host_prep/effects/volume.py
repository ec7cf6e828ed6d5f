"""Volumes: a logical one is active, a file has the rights that QEMU needs."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.lvm import FAILED, change_volume, logical_volumes
from host_prep.system import CommandError
from host_prep.used import uses_volume
from xform.errors import HostError


@frozen(kw_only=True)
class ActiveVolume(Effect):
    """A logical volume that the host can read and write, of the size that it has now.

    One that was active before is refreshed: another host may have made it larger.  LVM itself refuses to deactivate one
    that somebody has open.
    """

    shared: ClassVar[bool] = True

    group: str  # the storage domain
    name: str

    @property
    def key(self) -> str:
        return f"volume:{self._path}"

    def says(self) -> str:
        return f"activate the logical volume {self._path}, or refresh it"

    def undoing(self) -> str:
        return "deactivate it"

    def look(self, work: Work) -> Note:
        return {"found": self._active(work) is True}

    def apply(self, work: Work, note: Note) -> Outcome:
        active = self._active(work)
        if active is None:
            raise HostError(f"there is no logical volume {self._path}; expected one that the host's LVM finds")
        if active:
            change_volume(work.host, self.group, self.name, "--refresh")
            return Outcome.ALREADY
        change_volume(work.host, self.group, self.name, "--autobackup", "n", "--available", "y")
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        if not self._active(work):
            return Outcome.ALREADY
        try:
            change_volume(work.host, self.group, self.name, "--autobackup", "n", "--available", "n")
        except CommandError as error:
            if error.code == FAILED and "in use" in str(error):
                raise HostError(f"the logical volume {self._path} is in use; end what has it open") from None
            raise
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return uses_volume(vm, self.group, self.name)

    @property
    def _path(self) -> str:
        return f"{self.group}/{self.name}"

    def _active(self, work: Work) -> bool | None:
        """None where there is no such volume."""
        volume = logical_volumes(work.host, self.group).get(self.name)
        return volume.active if volume else None


@frozen(kw_only=True)
class VolumeRights(Effect):
    """Files of an image that their group may use as their owner does: QEMU is of the group.

    This is not taken back.  Other hosts see the same files, and nobody on this one knows who uses them there: a VM that
    has moved, or another one on the same template, would lose its disk.
    """

    paths: tuple[Path, ...]
    owner: str | None = None  # user:group; None leaves it

    @property
    def key(self) -> str:
        return f"rights:{self.paths[0]}"

    def says(self) -> str:
        names = ", ".join(map(str, self.paths))
        return f"let the group use as the owner does: {names}" + (f"; owned by {self.owner}" if self.owner else "")

    def apply(self, work: Work, note: Note) -> Outcome:
        outcome = Outcome.ALREADY
        for path in self.paths:
            found = work.host.stat(path)
            # what a link leads to is not the storage's to say
            if found is None or found.kind != "file":
                raise HostError(f"{path} is {f'a {found.kind}' if found else 'not there'}; expected a file")
            mode = found.mode & ~0o070 | (found.mode & 0o700) >> 3
            if mode != found.mode or self.owner:
                work.host.set_rights(path, mode, self.owner)
                outcome = Outcome.DONE
        return outcome
