"""Layers over disks that forget."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from host_prep.effect import Effect, Note, Outcome, Work


@frozen(kw_only=True)
class Overlay(Effect):
    """A file takes what the guest writes, above a volume that stays as it is.

    Its name is of the VM and the disk: one that is there already is of an earlier run, and forgotten with it.
    """

    file: Path
    base: str
    format: str  # of the base
    owner: str | None = None

    @property
    def key(self) -> str:
        return f"overlay:{self.file}"

    def says(self) -> str:
        return f"make {self.file}, a layer over {self.base} ({self.format})"

    def undoing(self) -> str:
        return "remove it"

    def apply(self, work: Work, note: Note) -> Outcome:
        host = work.host
        host.make_folder(self.file.parent)
        host.remove(self.file)
        host.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", self.base, "-F", self.format, self.file)
        host.set_rights(self.file, 0o660, self.owner)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        return Outcome.DONE if work.host.remove(self.file) else Outcome.ALREADY
