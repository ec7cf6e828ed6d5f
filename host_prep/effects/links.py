"""Links by which an image's volumes are found."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.used import uses_volume
from xform.errors import HostError


@frozen(kw_only=True)
class ImageLink(Effect):
    """A symbolic link to an image or to one of its volumes, with the folders that it needs."""

    shared: ClassVar[bool] = True

    path: Path
    target: Path
    ids: tuple[str, ...]  # storage domain, image and, if it is of one, volume: whose disks use it

    @property
    def key(self) -> str:
        return f"link:{self.path}"

    def says(self) -> str:
        return f"link {self.path} to {self.target}"

    def undoing(self) -> str:
        return "remove it"

    def look(self, work: Work) -> Note:
        return {"found": self._there(work)}

    def apply(self, work: Work, note: Note) -> Outcome:
        if self._there(work):
            return Outcome.ALREADY
        work.host.make_folder(self.path.parent)
        work.host.link(self.path, str(self.target))
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        host, outcome = work.host, Outcome.ALREADY
        found = host.stat(self.path)
        if found and found.target == str(self.target):
            host.remove(self.path)
            outcome = Outcome.DONE
        # below `run` all is ours; a folder of the repository stays, though it be empty
        for folder in self.path.parents:
            if host.config.run not in folder.parents or host.names(folder):
                break
            host.remove(folder)
        return outcome

    def used_by(self, vm: Entity) -> bool:
        return uses_volume(vm, *self.ids)

    def _there(self, work: Work) -> bool:
        """Raises HostError where something else is."""
        found = work.host.stat(self.path)
        if found and found.target != str(self.target):
            what = f"leads to {found.target}" if found.kind == "link" else f"is a {found.kind}"
            raise HostError(f"{self.path} {what}; expected a link to {self.target}, or nothing")
        return found is not None
