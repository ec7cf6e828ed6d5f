"""Secrets that libvirt keeps while a VM runs."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
from attrs import field, frozen
from lxml import etree

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.libvirt import NO_SECRET, Refused
from xform.errors import HostError

_NAMED = {"ceph": "name", "volume": "volume", "iscsi": "target"}  # by libvirt's schema of secrets


@frozen(kw_only=True)
class LibvirtSecret(Effect):
    """A secret is in libvirt's memory, which gives it to nobody but QEMU; one that was there before stays as it was."""

    shared: ClassVar[bool] = True

    id: str
    usage: str
    name: str
    description: str | None = None
    value: bytes | None = field(default=None, repr=False, metadata={"secret": True})

    @property
    def key(self) -> str:
        return f"secret:{self.id}"

    def says(self) -> str:
        return f"give libvirt the secret {self.id} ({self.usage} {self.name})"

    def undoing(self) -> str:
        return "take it away, unless another VM uses it"

    def look(self, work: Work) -> Note:
        return {"found": self.id in work.host.libvirt.secrets()}

    def apply(self, work: Work, note: Note) -> Outcome:
        if note["found"]:
            return Outcome.ALREADY
        if self.value is None:
            raise HostError(f"the value of the secret {self.id} is known to its manager only; start the VM anew")
        work.host.libvirt.define_secret(self._document(), self.value)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        try:
            work.host.libvirt.undefine_secret(self.id)
        except Refused as error:
            if error.code == NO_SECRET:
                return Outcome.ALREADY
            raise
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return self._is_in(vm)

    def _document(self) -> str:
        secret = etree.Element("secret", ephemeral="yes", private="yes")
        etree.SubElement(secret, "uuid").text = self.id
        if self.description:
            etree.SubElement(secret, "description").text = self.description
        usage = etree.SubElement(secret, "usage", type=self.usage)
        etree.SubElement(usage, _NAMED[self.usage]).text = self.name
        return etree.tostring(secret, encoding="unicode")

    def _is_in(self, value: Any) -> bool:
        """By id or name, anywhere: in disks, what they stand on, host devices and TPMs; also where no row says it."""
        if isinstance(value, str):
            return self.id in value.lower()
        if isinstance(value, dict):
            return any(map(self._is_in, value.values()))
        if isinstance(value, list | tuple):
            return any(map(self._is_in, value))
        if attrs.has(type(value)):
            named = getattr(value, "usage", None) == self.name
            return named or any(self._is_in(getattr(value, one.name)) for one in attrs.fields(type(value)))
        return False
