"""Media with a guest's first configuration: cloud-init's, sysprep's answers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from host_prep import media
from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.system import Host, part_of
from host_prep.tree import folders_of
from xform.errors import HostError

_MODE = 0o640

# The commands of a floppy, which give all things in it one date.
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SOURCE_DATE_EPOCH": str(media.DATE), "TZ": "UTC"}


@frozen(kw_only=True)
class PayloadImage(Effect):
    """The image of a CD-ROM or floppy, made of files that are in no document and no journal afterwards.

    It is made before the guest runs, and never again: a guest has read what it has, and may hold it open.  What is at
    its path before was left by an earlier run of the same VM: it is replaced, and never `found`.
    """

    path: Path
    floppy: bool
    digest: str
    content: media.Content = field(default=media.Content(), repr=False, metadata={"secret": True})

    @property
    def key(self) -> str:
        return f"payload:{self.path}"

    def says(self) -> str:
        return f"make the {'floppy' if self.floppy else 'CD-ROM'} {self.path} of the payload {self.digest[:12]}"

    def undoing(self) -> str:
        return "remove the image"

    def apply(self, work: Work, note: Note) -> Outcome:
        host = work.host
        host.make_folder(self.path.parent)
        if self.floppy:
            self._make_floppy(host)
        else:
            host.write(self.path, media.cdrom(self.content), _MODE, host.config.image_owner)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        return Outcome.DONE if work.host.remove(self.path) else Outcome.ALREADY

    def _make_floppy(self, host: Host) -> None:
        """With mkfs.msdos and mtools, which need no mount."""
        part, content = part_of(self.path), self.content
        label = ("-n", content.label) if content.label else ()
        host.remove(part)
        try:
            _run(host, "mkfs.msdos", "--invariant", "-C", part, str(media.FLOPPY), *label)
            # before there is anything to read
            host.set_rights(part, _MODE, host.config.image_owner)
            if folders := [f"::/{folder}" for folder in folders_of(content.files)]:
                _run(host, "mmd", "-i", part, *folders)
            for path, data in content.files.items():
                _run(host, "mcopy", "-i", part, "-", f"::/{path}", input=data)
            host.rename(part, self.path)
        except HostError:
            with suppress(HostError):  # then undoing removes it; the cause is another
                host.remove(part)
            raise


def _run(host: Host, *arguments: str | Path, input: bytes | None = None) -> None:
    host.run(*arguments, input=input, environment=_ENVIRONMENT)
