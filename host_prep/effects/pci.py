"""PCI devices that the host lets go of."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.facts.devices import pci_addresses
from host_prep.libvirt import NO_NODE_DEVICE, Refused
from xform.errors import HostError


@frozen(kw_only=True)
class DetachedPci(Effect):
    """A PCI device without its driver on the host, for a guest that libvirt is not to detach it for.

    It is never given back under another VM that has it, or is about to.
    """

    shared: ClassVar[bool] = True

    name: str  # libvirt's, such as pci_0000_03_00_0
    address: str  # in sysfs, such as 0000:03:00.0

    @property
    def key(self) -> str:
        return f"pci:{self.address}"

    def says(self) -> str:
        return f"take the PCI device {self.address} from its driver on the host"

    def undoing(self) -> str:
        return "give it back to its driver"

    def look(self, work: Work) -> Note:
        for vm in work.running():
            if self.used_by(vm):
                raise HostError(
                    f"PCI device {self.address}: the VM {vm.name} ({vm.id}) has it; end that, or take another"
                )
        return {"found": True} if self._detached(work) else {}

    def apply(self, work: Work, note: Note) -> Outcome:
        if self._detached(work):
            return Outcome.ALREADY
        work.host.libvirt.detach(self.name)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        if self._driver(work) and not self._detached(work):
            return Outcome.ALREADY
        try:
            work.host.libvirt.reattach(self.name)
        except Refused as error:
            if error.code == NO_NODE_DEVICE:  # a virtual function, say, that is gone
                return Outcome.ALREADY
            raise
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return self.address in pci_addresses(vm)

    def _detached(self, work: Work) -> bool:
        """Whether a driver of VFIO has it: vfio-pci, or one made for the device, which the kernel tells since 6.1."""
        return self._driver(work) == "vfio-pci" or work.host.exists(self._folder(work) / "vfio-dev")

    def _driver(self, work: Work) -> str | None:
        link = work.host.stat(self._folder(work) / "driver")
        return Path(link.target).name if link and link.target else None

    def _folder(self, work: Work) -> Path:
        return work.host.config.sys / "bus" / "pci" / "devices" / self.address
