"""The effects of one VM, carried out in order and taken back in reverse, each in the journal before it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from attrs import frozen

from host_prep import locks
from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.journal import Entry
from xform.errors import HostError, XformError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


PATIENCE = 600.0  # seconds, for what another process does to the host


@frozen
class Fault:
    """What could not be undone, or taken up again, and why."""

    what: str
    why: str

    @classmethod
    def of(cls, what: str, error: Exception) -> Fault:
        return cls(what, str(error) if isinstance(error, XformError) else f"{type(error).__name__}: {error}")

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


class Preparation:
    """What is done for one VM; who has it, has the VM's lock."""

    def __init__(self, work: Work) -> None:
        self.work, self.journal = work, work.journal
        self.log = work.host.log.bind(vm=work.vm)

    def apply(self, entries: Iterable[Entry], effects: Sequence[Effect] | None = None) -> None:
        """Carry out what the journal has as planned or begun; `effects` are the same with their secrets.

        Raises what the first effect raises that fails.
        """
        for entry in entries:
            if entry.state != "done":
                self._apply(entry, effects[entry.number] if effects else entry.effect)

    def finish(self, effects: Sequence[Effect] | None = None) -> list[Fault]:
        """Do what is left of the start of a guest that runs; what fails is told, and the guest runs on.

        What had to be there before it ran is not touched under it.
        """
        faults: list[Fault] = []
        entries = self.journal.entries(self.work.vm)
        runs = next((entry.number for entry in entries if entry.effect.barrier), len(entries))
        for entry in entries:
            self._try(partial(self._finish, entry, entry.number >= runs, effects), entry.effect.says(), faults)
        return faults

    def _finish(self, entry: Entry, behind: bool, effects: Sequence[Effect] | None) -> None:
        if behind:
            self.apply([entry], effects)
        elif entry.state == "intended":
            self.journal.done(entry, entry.note, self.work.document)
        elif entry.state == "planned":
            self.journal.undone(entry)

    def _apply(self, entry: Entry, effect: Effect) -> None:
        with self._alone(effect):
            if entry.state == "planned":
                note = effect.look(self.work)
                if note.get("found") and self._is_of_others(effect):
                    note = {**note, "found": False}
                if effect.until_reboot:
                    note = {**note, "boot": self.work.host.boot()}
                self.journal.intend(entry, note)
            else:
                note = entry.note
            outcome = effect.apply(self.work, note)
            self.journal.done(entry, note, self.work.document)
        self.log.info("done", what=effect.says(), outcome=outcome.value)

    def _is_of_others(self, effect: Effect) -> bool:
        """Whether what is there is there because of other VMs, and so goes with the last of them."""
        return any(not other.note.get("found") for other in self.journal.others(effect.key, self.work.vm))

    def undo(self) -> list[Fault]:
        """Take back all that was done, last things first; what could not be is told, and stays in the journal."""
        faults: list[Fault] = []
        vm, journal = self.work.vm, self.journal
        self._try(lambda: journal.leave(vm), "the journal", faults)
        for entry in reversed(journal.entries(vm)):
            undone = self._try(partial(self._undo, entry), entry.effect.says(), faults)
            if not undone and entry.effect.barrier:
                break
        if not faults:
            self._try(lambda: journal.forget(vm), "the journal", faults)
        return faults

    def _try(self, action: Callable[[], None], what: str, faults: list[Fault]) -> bool:
        """Whether it went well; what went wrong is one of the faults."""
        try:
            action()
        except Exception as error:  # whatever it is, the others are not to wait for it
            faults.append(Fault.of(what, error))
            self.log.warning("failed", what=what, error=faults[-1].why)
            return False
        return True

    def _undo(self, entry: Entry) -> None:
        effect, note = entry.effect, entry.note
        if entry.state == "planned":
            return
        with self._alone(effect):
            if effect.until_reboot and note.get("boot", "") != self.work.host.boot():
                outcome = Outcome.ALREADY
            elif note.get("found") or (effect.shared and self._used_by_others(effect)):
                outcome = Outcome.KEPT
            else:
                outcome = self._take_back(entry, note)
            self.journal.undone(entry)
        self.log.info("undone", what=effect.says(), outcome=outcome.value)

    def _take_back(self, entry: Entry, note: Note) -> Outcome:
        surer = entry.effect.before_undo(self.work, note)
        if surer != note:
            self.journal.intend(entry, surer)
        return entry.effect.undo(self.work, surer)

    def _used_by_others(self, effect: Effect) -> bool:
        """By other VMs that the journal knows, or by a domain that runs."""
        if self.journal.others(effect.key, self.work.vm):
            return True
        return any(effect.used_by(vm) for vm in self.work.running())

    def _alone(self, effect: Effect) -> AbstractContextManager[None]:
        alone = effect.shared or effect.host_wide
        return locks.of_host(self.work.host.config.state, PATIENCE) if alone else nullcontext()


@contextmanager
def undone_on_failure(preparation: Preparation) -> Iterator[None]:
    """Within, what fails is followed by undoing all that was done.

    Raises HostError with the first cause, and with every undo that failed; what is no fault of the host, as it is.
    """
    try:
        yield
    except Exception as error:
        faults = preparation.undo()
        if not faults and not isinstance(error, HostError):
            raise
        left = "".join(f"; not undone: {fault}" for fault in faults)
        name = preparation.work.name
        raise HostError(f"{name}: {error}{left}") from error
    except BaseException:  # ^C and the like
        preparation.undo()
        raise
