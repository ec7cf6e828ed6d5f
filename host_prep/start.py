"""A VM's way through: prepared, started, released."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from host_prep import locks
from host_prep.effect import Work
from host_prep.effects.domain import RunningDomain, define
from host_prep.facts import look
from host_prep.journal import Entry, Journal, Kept
from host_prep.plan import Plan, identified, plan
from host_prep.preparation import Preparation, undone_on_failure
from host_prep.recover import take_up
from host_prep.request import Request
from host_prep.system import Host
from xform.dialect import Dialect
from xform.document import Document
from xform.errors import DocumentError, HostError

ARRIVAL = 6 * 3600.0  # seconds, the longest that a migration may take


def planned(
    host: Host, dialect: Dialect, xml: str, request: Request | None = None, *, source: str = "document"
) -> Plan:
    """The plan of a VM on this host; nothing on the host changes. Raises DocumentError, HostError."""
    return _planned(host, dialect.open(xml, source=source), request or Request())


def _planned(host: Host, document: Document, request: Request) -> Plan:
    facts = look(host, document.entity)
    if request.saved and not host.exists(request.saved):
        raise HostError(f"{request.saved}: there is no such file; expected the one that the VM was saved to")
    return plan(document, facts, request)


@frozen
class Prepared:
    """A host that is prepared for a VM; `document` is what libvirt gets."""

    preparation: Preparation
    plan: Plan

    @property
    def document(self) -> str:
        return self.preparation.work.document

    def start(self, document: str | None = None) -> str:
        """Start the VM, from another document of it if one is given; its UUID.  On any failure all is undone.

        Raises DocumentError, HostError.
        """
        work = self.preparation.work
        with undone_on_failure(self.preparation):
            if document is not None and document != work.document:
                id = identified(work.dialect.open(document))
                if id != work.vm:
                    raise DocumentError(f"document: its uuid is {id}; expected that of what is prepared, {work.vm}")
                work.document = document
                define(work)
            self._proceed(self._entries())
        return self.preparation.work.vm

    def await_arrival(self, seconds: float = ARRIVAL, step: float = 0.2) -> str:
        """Wait for the VM to be here after its migration, then do what is left.

        Raises HostError: where it does not arrive, all is undone; once it is here it runs on, whatever fails then.
        """
        work = self.preparation.work
        with undone_on_failure(self.preparation):
            self._expect()
            self.preparation.log.info("waiting for it to arrive")
            until = time.monotonic() + seconds
            while not self._arrived():
                if time.monotonic() > until:
                    raise HostError(f"it did not arrive within {seconds:g} s")
                time.sleep(step)
        if faults := self.preparation.finish(self.plan.effects):
            raise HostError(f"{work.name}: it arrived and runs; not done: {'; not done: '.join(map(str, faults))}")
        return work.vm

    def close(self) -> None:
        """Undo all; what runs is ended. Raises HostError with what could not be."""
        _all_undone(self.preparation)

    def _expect(self) -> None:
        """From now on the domain may be there, whole or in part: whoever undoes this ends it, and so the migration."""
        for entry in self._entries():
            if isinstance(entry.effect, RunningDomain) and entry.state == "planned":
                self.preparation.journal.intend(entry, entry.note)

    def _arrived(self) -> bool:
        domain = self.preparation.work.host.libvirt.domain(self.preparation.work.vm)
        return domain is not None and domain.active and domain.state in ("running", "paused")

    def _entries(self) -> list[Entry]:
        return self.preparation.journal.entries(self.preparation.work.vm)

    def _proceed(self, entries: list[Entry]) -> None:
        self.preparation.apply(entries, self.plan.effects)

    def _prepare(self) -> None:
        work, found = self.preparation.work, self.plan
        with undone_on_failure(self.preparation):
            # a write of the journal may have happened, though it is told as failed
            kept = Kept(found.vm, found.name, found.flow, found.document, work.host.libvirt.uri)
            work.journal.begin(kept, found.effects)
            entries = self._entries()
            runs = next(n for n, entry in enumerate(entries) if isinstance(entry.effect, RunningDomain))
            self._proceed(entries[:runs])


@contextmanager
def prepared(
    host: Host,
    journal: Journal,
    dialect: Dialect,
    xml: str,
    request: Request | None = None,
    *,
    source: str = "document",
) -> Iterator[Prepared]:
    """A host that is prepared for a VM, with the VM's lock: nobody else prepares or releases it within.

    What the journal has of the VM from before is taken up first: where it runs it stays, and this is refused.  Raises
    DocumentError, HostError.
    """
    opened = dialect.open(xml, source=source)
    vm = identified(opened)
    with locks.of_vm(host.config.state, vm, host.config.seconds):
        if kept := journal.vm(vm):
            taken = take_up(host, journal, dialect, kept)
            if taken.what != "released" or taken.faults:
                raise HostError(f"{kept.name} ({kept.id}) is on this host already ({taken}); release it first")
        found = _planned(host, opened, request or Request())
        done = Prepared(Preparation(Work(host, dialect, found.vm, found.name, found.document, journal)), found)
        done._prepare()
        yield done


def start(
    host: Host,
    journal: Journal,
    dialect: Dialect,
    xml: str,
    request: Request | None = None,
    *,
    source: str = "document",
) -> str:
    """Prepare the host for a VM and start it; its UUID.

    On any failure all is undone, and the first cause is told.  Raises DocumentError, HostError.
    """
    with prepared(host, journal, dialect, xml, request, source=source) as done:
        return done.await_arrival() if request and request.incoming else done.start()


def release(host: Host, journal: Journal, dialect: Dialect, vm: str, *, force: bool = False) -> bool:
    """Undo all that was done for a VM which has ended; whether there was anything.

    With `force` one that runs is ended.  Raises HostError with what could not be undone, or where the VM runs.
    """
    with locks.of_vm(host.config.state, vm, host.config.seconds) as id:
        kept = journal.vm(id)
        if kept is None:
            return False
        if kept.uri != host.libvirt.uri:
            raise HostError(f"{kept.name} ({id}) is a VM of {kept.uri}; give --connect {kept.uri}")
        domain = host.libvirt.domain(id)
        if domain and domain.active and not force:
            raise HostError(f"{kept.name} ({id}) is {domain.state}; end it, or release it by force")
        if domain and domain.saved:
            raise HostError(
                f"{kept.name} ({id}) has a saved state that it goes on from; start it, or remove that "
                "(virsh managedsave-remove)"
            )
        _all_undone(Preparation(Work(host, dialect, kept.id, kept.name, kept.document, journal)))
        return True


def _all_undone(preparation: Preparation) -> None:
    if faults := preparation.undo():
        raise HostError(f"{preparation.work.name}: not undone: {'; not undone: '.join(map(str, faults))}")
