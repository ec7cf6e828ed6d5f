"""Mirroring: a card gets a copy of all that a bridge carries.

A bridge is made ready for it, by two things that all VMs share; then each card has its own place there.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.traffic import Traffic
from xform.errors import HostError


@frozen(kw_only=True)
class _Ready(Effect):
    """What a bridge needs as long as any VM mirrors it."""

    shared: ClassVar[bool] = True

    bridge: str

    def used_by(self, vm: Entity) -> bool:
        return any(self.bridge in getattr(nic, "port_mirroring", ()) for nic in vm.nics)


@frozen(kw_only=True)
class MirroredBridge(_Ready):
    """A bridge whose traffic is looked at, both what comes from it and what goes to it."""

    @property
    def key(self) -> str:
        return f"mirrored:{self.bridge}"

    def says(self) -> str:
        return f"have filters look at what passes {self.bridge}"

    def undoing(self) -> str:
        return "have none, with the last VM that mirrors it"

    def look(self, work: Work) -> Note:
        return {"found": Traffic(work.host).is_filtered(self.bridge)}

    def apply(self, work: Work, note: Note) -> Outcome:
        traffic = Traffic(work.host)
        if traffic.is_filtered(self.bridge):
            return Outcome.ALREADY
        traffic.begin_filtering(self.bridge)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        traffic = Traffic(work.host)
        if not traffic.is_filtered(self.bridge):
            return Outcome.ALREADY
        if traffic.has_filters(self.bridge):  # somebody else's
            return Outcome.KEPT
        traffic.end_filtering(self.bridge)
        return Outcome.DONE


@frozen(kw_only=True)
class PromiscuousBridge(_Ready):
    """A bridge that takes in frames for others as well; what it only passes on could not be seen."""

    @property
    def key(self) -> str:
        return f"promiscuous:{self.bridge}"

    def says(self) -> str:
        return f"have {self.bridge} take in all frames"

    def undoing(self) -> str:
        return "have it take in its own frames, with the last VM that mirrors it"

    def look(self, work: Work) -> Note:
        return {"found": Traffic(work.host).is_promiscuous(self.bridge)}

    def apply(self, work: Work, note: Note) -> Outcome:
        return self._set(work, True)

    def undo(self, work: Work, note: Note) -> Outcome:
        return self._set(work, False)

    def _set(self, work: Work, on: bool) -> Outcome:
        traffic = Traffic(work.host)
        if traffic.index(self.bridge) is None and not on:
            return Outcome.ALREADY
        if traffic.is_promiscuous(self.bridge) == on:
            return Outcome.ALREADY
        traffic.set_promiscuous(self.bridge, on)
        return Outcome.DONE


@frozen(kw_only=True)
class PortMirror(Effect):
    """A card of the VM that runs gets a copy of all that a bridge carries."""

    host_wide: ClassVar[bool] = True
    until_reboot: ClassVar[bool] = True  # links are numbered anew

    bridge: str
    nic: str  # id, MAC or alias

    @property
    def key(self) -> str:
        return f"mirror:{self.bridge}/{self.nic}"

    def says(self) -> str:
        return f"copy what passes {self.bridge} to the NIC {self.nic}"

    def undoing(self) -> str:
        return "copy it no more"

    def look(self, work: Work) -> Note:
        """The number of the card's link on the host: its name may be another's later on."""
        vm = work.dialect.parse(work.host.libvirt.document(work.vm))
        names = {getattr(nic, name, None): nic for name in ("alias", "mac", "id") for nic in vm.nics}
        target = getattr(names.get(self.nic), "target", None)
        index = Traffic(work.host).index(target) if target else None
        if index is None:
            raise HostError(
                f"NIC {self.nic}: the running VM has no link{f' {target}' if target else ''} on the host to mirror to"
            )
        return {"target": index}

    def apply(self, work: Work, note: Note) -> Outcome:
        return Outcome.DONE if Traffic(work.host).copy_to(self.bridge, note["target"]) else Outcome.ALREADY

    def undo(self, work: Work, note: Note) -> Outcome:
        return Outcome.DONE if Traffic(work.host).copy_no_more_to(self.bridge, note["target"]) else Outcome.ALREADY
