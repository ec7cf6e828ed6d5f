"""Who may look at a VM's screen."""

from __future__ import annotations

from attrs import field, frozen
from lxml import etree

from host_prep.effect import Effect, Note, Outcome, Work
from xform.errors import HostError


@frozen(kw_only=True)
class GraphicsTicket(Effect):
    """A screen has a password, and an end to its validity.  It goes with the guest."""

    id: str
    type: str  # spice or vnc
    valid_to: str  # UTC, such as 2030-01-31T12:00:00
    connected: str | None = None
    password: str | None = field(default=None, repr=False, metadata={"secret": True})

    @property
    def key(self) -> str:
        return f"ticket:{self.id}:{self.type}"

    def says(self) -> str:
        return f"set the password of the {self.type} screen, valid to {self.valid_to}"

    def apply(self, work: Work, note: Note) -> Outcome:
        if self.password is None:
            work.host.log.warning("password of the screen not known any more; set it again", vm=self.id, type=self.type)
            return Outcome.KEPT
        # libvirt refuses an element that differs from the one it has in anything else
        live = etree.fromstring(work.host.libvirt.document(self.id))
        screen = live.find(f"devices/graphics[@type='{self.type}']")
        if screen is None:
            raise HostError(f"the VM has no {self.type} screen to set a password of; ask for one that its document has")
        screen.attrib.update({"passwd": self.password, "passwdValidTo": self.valid_to})
        if self.connected:
            screen.set("connected", self.connected)
        screen.tail = None
        work.host.libvirt.update_device(self.id, etree.tostring(screen, encoding="unicode"))
        return Outcome.DONE
