"""What an effect is: one change to the host, with its undo."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import define, frozen

from host_prep.libvirt import NO_DOMAIN, Refused

if TYPE_CHECKING:
    from host_prep.journal import Entry, Journal
    from host_prep.system import Host
    from xform.dialect import Dialect

Entity = Any
"""An entity of the dialect: a VM, or what is in it."""

Note = dict[str, Any]
"""What an effect's undo has to know beyond the effect: plain data, in the journal before the effect happens.

``found`` says that what the effect is to bring about was there before; then it is nobody's to undo.
"""


class Outcome(Enum):
    """How an effect, or its undo, went.  What goes wrong is a HostError."""

    DONE = "done"
    ALREADY = "already"  # nothing was to be done, or undone
    KEPT = "kept"  # it stays as it is: others use it, it was there before, or nobody knows better any more


@define
class Work:
    """What effects of one VM share: the host, and the VM's document, which hooks may change on its way."""

    host: Host
    dialect: Dialect
    vm: str
    name: str
    document: str
    journal: Journal

    def others(self, key: str) -> list[Entry]:
        """What other VMs did, or may have done, to the same thing, as the journal tells."""
        return self.journal.others(key, self.vm)

    def running(self) -> Iterator[Entity]:
        """The other domains that run, as their documents tell; one that ends meanwhile is none of them."""
        libvirt = self.host.libvirt
        for domain in libvirt.domains():
            if domain.active and domain.uuid != self.vm:
                try:
                    document = libvirt.document(domain.uuid)
                except Refused as error:
                    if error.code != NO_DOMAIN:
                        raise
                else:
                    yield self.dialect.parse(document)


@frozen(kw_only=True)
class Effect:
    """One change to the host.  Its fields say what it is to be, and are all that the journal keeps of it.

    A field whose metadata has ``secret`` is shown to nobody and not kept: applying needs it, undoing does not.
    """

    shared: ClassVar[bool] = False  # several VMs may want the same; it is undone with the last
    host_wide: ClassVar[bool] = False  # what it finds and does must not be mixed with what other VMs find and do
    until_reboot: ClassVar[bool] = False  # a reboot undoes it, and numbers that were noted begin anew
    barrier: ClassVar[bool] = False  # what stands before it is not undone while this could not be

    @property
    def key(self) -> str:
        """What of the host it is about; equal keys are one thing."""
        raise NotImplementedError

    def says(self) -> str:
        """What applying it does, for people."""
        raise NotImplementedError

    def undoing(self) -> str:
        """What undoing it does, for people; empty if there is nothing to undo."""
        return ""

    def look(self, work: Work) -> Note:
        """What there is before it.  Changes nothing."""
        return {}

    def apply(self, work: Work, note: Note) -> Outcome:
        """Bring it about; what it finds out may be put into the note.  Once begun and broken off, it can be undone.

        Raises HostError; what had been begun is then undone like what was done.
        """
        raise NotImplementedError

    def before_undo(self, work: Work, note: Note) -> Note:
        """A note that makes the undo one that may be done twice, where it would not be."""
        return note

    def undo(self, work: Work, note: Note) -> Outcome:
        """Take it back, also where it was never done, only in part, or was undone before.

        Raises HostError; then it is tried again at the next recovery.
        """
        return Outcome.ALREADY

    def used_by(self, vm: Entity) -> bool:
        """Whether a running VM, as its document tells, uses what this is about."""
        return False
