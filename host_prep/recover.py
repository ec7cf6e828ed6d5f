"""After a crash: a VM that runs keeps what was done for it, of any other all is undone.  Twice is as once.

An undo that had begun is brought to its end, for what is left of its effects is no VM that anybody asked for.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Literal

from attrs import field, frozen

from host_prep import locks
from host_prep.effect import Work
from host_prep.journal import Journal, Kept
from host_prep.preparation import Fault, Preparation
from host_prep.system import Host
from xform.dialect import Dialect


@frozen
class Taken:
    """What became of a VM that the journal knew."""

    vm: str
    name: str
    what: Literal["adopted", "released", "in progress", "left as it is", "not looked at"]
    faults: list[Fault] = field(factory=list)

    def __str__(self) -> str:
        return "; ".join([self.what, *(f"fault: {fault}" for fault in self.faults)])


def recover(host: Host, journal: Journal, dialect: Dialect, *, leave_prepared: bool = False) -> list[Taken]:
    """Take up every VM of the journal that no other process is at; one that cannot be keeps none of the others.

    With `leave_prepared` one that is wholly prepared and waits for somebody to start it is left alone.
    """
    found = []
    for kept in journal.vms():
        try:
            with locks.of_vm(host.config.state, kept.id):
                if now := journal.vm(kept.id):  # it may have been released meanwhile
                    found.append(take_up(host, journal, dialect, now, leave_prepared=leave_prepared))
        except locks.InProgress:
            found.append(Taken(kept.id, kept.name, "in progress"))
        except Exception as error:
            found.append(Taken(kept.id, kept.name, "not looked at", [Fault.of("recovery", error)]))
    locks.sweep(host.config.state)
    return found


def take_up(host: Host, journal: Journal, dialect: Dialect, kept: Kept, *, leave_prepared: bool = False) -> Taken:
    """Adopt a VM that runs, release one that does not, await one on its way; who calls this has its lock.

    One of another libvirt is left as it is: whether it runs, only that one knows.
    """
    if kept.uri != host.libvirt.uri:
        return Taken(
            kept.id, kept.name, "left as it is", [Fault(f"it is a VM of {kept.uri}", f"give --connect {kept.uri}")]
        )
    preparation = Preparation(Work(host, dialect, kept.id, kept.name, kept.document, journal))
    domain = host.libvirt.domain(kept.id)
    if domain and domain.active and not kept.leaving:
        if kept.flow == "incoming" and domain.state == "migrating":
            return Taken(kept.id, kept.name, "in progress")
        return Taken(kept.id, kept.name, "adopted", preparation.finish())
    if not kept.leaving and ((domain and domain.saved) or (leave_prepared and _waits(journal, kept.id))):
        return Taken(kept.id, kept.name, "left as it is")
    return Taken(kept.id, kept.name, "released", preparation.undo())


def _waits(journal: Journal, vm: str) -> bool:
    """Whether all is done but the start."""
    entries = journal.entries(vm)
    before = [entry.state for entry in takewhile(lambda entry: not entry.effect.barrier, entries)]
    return set(before) == {"done"} and entries[len(before)].state == "planned"
