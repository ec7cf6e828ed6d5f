"""Volumes that a volume manager presents to the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from attrs import field, frozen

from host_prep import brick
from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.used import disk_paths
from xform.errors import HostError


@frozen(kw_only=True)
class AttachedVolume(Effect):
    """A volume is attached to the host, and a link by its id leads to its device.

    How it is reached is in the note before it is attached, for who was killed then has nothing else to detach it by;
    without what proves who may attach it, which detaching does not ask for.
    """

    shared: ClassVar[bool] = True

    volume: str
    link: Path
    info: dict[str, Any] | None = field(default=None, repr=False, metadata={"secret": True})

    @property
    def key(self) -> str:
        return f"managed:{self.volume}"

    def says(self) -> str:
        return f"attach the volume {self.volume}, with the link {self.link}"

    def undoing(self) -> str:
        return "detach it"

    def look(self, work: Work) -> Note:
        return {"info": brick.known(self.volume, self._info(), _locks(work))}

    def apply(self, work: Work, note: Note) -> Outcome:
        host, info = work.host, self._info()
        # of several VMs each attaches it: that is none more, and tells each what it has to know
        note["device"] = host.act(
            "attach", lambda: brick.attach(self.volume, info, _locks(work)), changes=True, volume=self.volume
        )
        host.make_folder(self.link.parent)
        host.link(self.link, note["device"]["path"])
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        host, info, device = work.host, note["info"], note.get("device")
        host.act(
            "detach", lambda: brick.detach(self.volume, info, device, _locks(work)), changes=True, volume=self.volume
        )
        host.remove(self.link)
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return self.link in disk_paths(vm)

    def _info(self) -> dict[str, Any]:
        if self.info is None:
            raise HostError(f"how the volume {self.volume} is reached is not kept; start the VM anew")
        return self.info


def _locks(work: Work) -> Path:
    return work.host.config.run / "brick"
