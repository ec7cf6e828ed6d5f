"""After a crash: a VM that runs keeps what was done for it, of any other all is undone.  Twice is as once.

An undo that had begun is brought to its end, for what is left of its effects is no VM that anybody asked for.
"""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from host_prep import locks
from host_prep.effect import Work
from host_prep.effects.domain import RunningDomain
from host_prep.journal import Journal, Kept
from host_prep.preparation import Fault, Preparation, named
from host_prep.system import Host
from xform.dialect import Dialect
from xform.errors import XformError


@frozen
class Taken:
    """What became of a VM that the journal knew."""

    vm: str
    name: str
    what: Literal["adopted", "released", "in progress", "left as it is"]
    faults: list[Fault] = field(factory=list)

    def __str__(self) -> str:
        return "; ".join([self.what, *(f"fault: {fault}" for fault in self.faults)])


def recover(host: Host, journal: Journal, dialect: Dialect) -> list[Taken]:
    """Take up every VM of the journal that no other process is at; one that cannot be keeps none of the others."""
    found = []
    for kept in journal.vms():
        try:
            with locks.of_vm(host.config.state, kept.id):
                if journal.vm(kept.id):  # it may have been released meanwhile
                    found.append(take_up(host, journal, dialect, kept))
        except locks.InProgress:
            found.append(Taken(kept.id, kept.name, "in progress"))
        except XformError as error:
            found.append(Taken(kept.id, kept.name, "left as it is", [Fault("recovery", str(error))]))
    locks.sweep(host.config.state)
    return found


def take_up(host: Host, journal: Journal, dialect: Dialect, kept: Kept) -> Taken:
    """Adopt a VM that runs, release one that does not, await one on its way; who calls this has its lock."""
    preparation = Preparation(Work(host, dialect, kept.id, kept.name, kept.document), journal)
    domain = host.libvirt.domain(kept.id)
    if domain and domain.active and not kept.leaving:
        if kept.flow == "incoming" and domain.state == "migrating":
            return Taken(kept.id, kept.name, "in progress")
        return Taken(kept.id, kept.name, "adopted", _adopt(preparation))
    return Taken(kept.id, kept.name, "released", preparation.undo())


def _adopt(preparation: Preparation) -> list[Fault]:
    """Do what was left of the start.  What had to be there before the guest ran is not touched under it."""
    journal, faults = preparation.journal, []
    entries = journal.entries(preparation.work.vm)
    runs = next((entry.number for entry in entries if isinstance(entry.effect, RunningDomain)), len(entries))
    for entry in entries:
        try:
            if entry.number >= runs:
                preparation.apply([entry])
            elif entry.state == "intended":
                journal.done(entry, entry.note, preparation.work.document)
            elif entry.state == "planned":
                journal.undone(entry)
        except XformError as error:
            faults.append(Fault(named(entry.effect), str(error)))
    return faults
