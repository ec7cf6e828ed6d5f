"""libvirt's networks that screens are seen at."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen
from lxml import etree
from lxml.builder import E

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.facts.networks import networks_of
from host_prep.libvirt import NO_NETWORK, Refused


@frozen(kw_only=True)
class DisplayNetwork(Effect):
    """A network of libvirt's over one of the host's, so that a screen can listen where that network is."""

    shared: ClassVar[bool] = True

    name: str
    device: str  # of the host
    bridge: bool  # that is what the device is

    @property
    def key(self) -> str:
        return f"network:{self.name}"

    def says(self) -> str:
        return f"define the network {self.name} over {self.device} in libvirt"

    def undoing(self) -> str:
        return "remove it, with the last VM that listens on it"

    def look(self, work: Work) -> Note:
        return {"found": True} if work.host.libvirt.networks().get(self.name) else {}

    def apply(self, work: Work, note: Note) -> Outcome:
        libvirt = work.host.libvirt
        active = libvirt.networks().get(self.name)
        if active:
            return Outcome.ALREADY
        if active is False:  # left behind; libvirt takes no other one of this name
            libvirt.remove_network(self.name)
        libvirt.define_network(self._document())
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        try:
            work.host.libvirt.remove_network(self.name)
        except Refused as error:
            if error.code == NO_NETWORK:
                return Outcome.ALREADY
            raise
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return self.name in networks_of(vm)

    def _document(self) -> str:
        ways = (
            [E.forward(mode="bridge"), E.bridge(name=self.device)]
            if self.bridge
            else [E.forward(E.interface(dev=self.device), mode="passthrough")]
        )
        return etree.tostring(E.network(E.name(self.name), *ways), encoding="unicode")
