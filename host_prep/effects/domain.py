"""The domain in libvirt."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import ClassVar

from attrs import frozen
from lxml import etree

from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.libvirt import NO_DOMAIN, OPERATION_INVALID, Domain, Refused
from xform.errors import HostError


@frozen(kw_only=True)
class StaleDomain(Effect):
    """A domain of the same id or name that does not run: it makes room for the one that is to."""

    host_wide: ClassVar[bool] = True  # nobody defines one of this name meanwhile

    id: str
    name: str

    @property
    def key(self) -> str:
        return f"domain:{self.id}"

    def says(self) -> str:
        return f"forget the domain {self.name} ({self.id}), which does not run"

    def apply(self, work: Work, note: Note) -> Outcome:
        domain = work.host.libvirt.domain(self.id)
        if domain is None:
            return Outcome.ALREADY
        if fault := not_stale(domain):
            raise HostError(fault)
        if self.id != work.vm and work.journal.vm(self.id):
            raise HostError(f"a domain {domain.name} ({domain.uuid}) is prepared on this host; release it first")
        return _undefine(work, self.id)


@frozen(kw_only=True)
class DefinedDomain(Effect):
    """The domain with its whole document, metadata included, before it runs: whatever happens, it is known."""

    host_wide: ClassVar[bool] = True  # nobody takes it for a stale one of this name meanwhile

    id: str
    arrived: bool = False  # by migration: it runs, and is to be known when it does not

    @property
    def key(self) -> str:
        return f"domain:{self.id}"

    def says(self) -> str:
        return "define the domain as it arrived" if self.arrived else "define the domain in libvirt"

    def undoing(self) -> str:
        return "undefine it, with its firmware's variables, its TPM's state, snapshots and checkpoints"

    def apply(self, work: Work, note: Note) -> Outcome:
        libvirt = work.host.libvirt
        if self.arrived:
            libvirt.define(libvirt.document(self.id, inactive=True, secure=True))
            return Outcome.DONE
        define(work)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        return _undefine(work, self.id)


@frozen(kw_only=True)
class RunningDomain(Effect):
    """The guest runs.  What stands before this is not undone while it does."""

    barrier: ClassVar[bool] = True

    id: str
    paused: bool = False  # the guest does not run yet
    saved: Path | None = None  # file with the state that it goes on from
    arrives: bool = False  # by migration: somebody else starts it

    @property
    def key(self) -> str:
        return f"guest:{self.id}"

    def says(self) -> str:
        if self.arrives:
            return "wait for the domain to arrive from another host"
        return f"restore the domain from {self.saved}" if self.saved else "start the domain"

    def undoing(self) -> str:
        return "end it"

    def apply(self, work: Work, note: Note) -> Outcome:
        libvirt = work.host.libvirt
        domain = libvirt.domain(self.id)
        if domain and domain.active:
            if domain.state == "crashed":
                raise HostError("the guest has crashed, and its domain is still there; end it, or release it by force")
            return Outcome.ALREADY
        if self.arrives:
            raise HostError(f"the domain {self.id} did not arrive")
        if self.saved:
            libvirt.restore(str(self.saved), work.document, paused=self.paused)
        else:
            libvirt.start(self.id, paused=self.paused)
        return Outcome.DONE

    def undo(self, work: Work, note: Note) -> Outcome:
        libvirt = work.host.libvirt
        domain = libvirt.domain(self.id)
        if domain is None or not domain.active:
            return Outcome.ALREADY
        try:
            libvirt.destroy(self.id)
        except Refused as error:
            if error.code not in (NO_DOMAIN, OPERATION_INVALID):
                raise
        return Outcome.DONE


@frozen(kw_only=True)
class WrittenMetadata(Effect):
    """What only the host knows of a guest that runs, in its metadata: when it was started."""

    id: str

    @property
    def key(self) -> str:
        return f"metadata:{self.id}"

    def says(self) -> str:
        return "write the time of the start into the metadata"

    def apply(self, work: Work, note: Note) -> Outcome:
        document = work.dialect.open(work.host.libvirt.document(self.id))
        if document.entity.start_time is not None:
            return Outcome.ALREADY
        document.entity.start_time = work.host.now()
        uri = work.dialect.tables.namespaces["ovirt-vm"]
        work.host.libvirt.set_metadata(self.id, "ovirt-vm", uri, metadata(str(document.to_xml(live=True)), uri))
        return Outcome.DONE


def not_stale(domain: Domain) -> str | None:
    """Why a domain makes no room for another one; None where it does."""
    who = f"a domain {domain.name} ({domain.uuid})"
    if domain.active or domain.state not in ("off", "crashed"):
        return f"{who} is {domain.state} on this host; end it, or start another VM"
    if domain.saved:
        return f"{who} has a saved state that it goes on from; start it, or remove that (virsh managedsave-remove)"
    return None


def define(work: Work) -> None:
    """Define the VM's document, of which the log has what may be shown, before libvirt may refuse it."""
    work.host.log.info("document", vm=work.vm, xml=work.dialect.masked(work.document))
    work.host.libvirt.define(work.document)


def metadata(xml: str, uri: str) -> str:
    """The metadata of a namespace, in no namespace, as libvirt takes them."""
    found = etree.fromstring(xml).find(f"metadata/{{{uri}}}*")
    assert found is not None, "whoever asks has just written them"
    element = deepcopy(found)
    for node in element.iter(f"{{{uri}}}*"):
        node.tag = etree.QName(node).localname
    element.tail = None
    etree.cleanup_namespaces(element)
    return etree.tostring(element, encoding="unicode")


def _undefine(work: Work, id: str) -> Outcome:
    try:
        work.host.libvirt.undefine(id)
    except Refused as error:
        if error.code == NO_DOMAIN:
            return Outcome.ALREADY
        raise
    return Outcome.DONE
