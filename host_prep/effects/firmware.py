"""Variables of the firmware, and the state of the TPM, that a manager kept while the VM was elsewhere or nowhere."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.system import part_of
from host_prep.tree import folders_of

_SECRET = {"secret": True}


@frozen(kw_only=True)
class NvramData(Effect):
    """The firmware's variables.

    They replace what is there, which is an older state of the same VM's; so it is never `found`, and undoing removes
    the file.  libvirt gives it to QEMU, and has often removed it with the domain before this does.
    """

    path: Path
    content: bytes = field(default=b"", repr=False, metadata=_SECRET)

    @property
    def key(self) -> str:
        return f"nvram:{self.path}"

    def says(self) -> str:
        return f"write the firmware's variables to {self.path}"

    def undoing(self) -> str:
        return "remove the file"

    def apply(self, work: Work, note: Note) -> Outcome:
        work.host.make_folder(self.path.parent)
        work.host.write(self.path, self.content, 0o600)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        return Outcome.DONE if work.host.remove(self.path) else Outcome.ALREADY


@frozen(kw_only=True)
class TpmData(Effect):
    """The TPM's state: a folder that is made beside, and takes the place of what is there, as of `NvramData`."""

    path: Path
    files: dict[str, bytes] = field(factory=dict, repr=False, metadata=_SECRET)

    @property
    def key(self) -> str:
        return f"tpm:{self.path}"

    def says(self) -> str:
        return f"write the TPM's state to {self.path}"

    def undoing(self) -> str:
        return "remove the folder"

    def apply(self, work: Work, note: Note) -> Outcome:
        host, part = work.host, part_of(self.path)
        host.make_folder(self.path.parent, 0o711)
        host.remove_tree(part)
        host.make_folder(part, 0o700)
        for folder in folders_of(self.files):
            host.make_folder(part / folder, 0o700)
        for path, content in self.files.items():
            host.write(part / path, content, 0o600)
        host.remove_tree(self.path)
        host.rename(part, self.path)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        work.host.remove_tree(part_of(self.path))
        return Outcome.DONE if work.host.remove_tree(self.path) else Outcome.ALREADY
