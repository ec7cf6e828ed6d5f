"""The monitor: keeps a store as the VMs of its connections are, told by events and by looking at all now and then.

What a version in the store proves: it is read before the connection is asked, and a VM is written only if it still
stands then.  So of two monitors the one that knows less loses, and looks again.
"""

from __future__ import annotations

import hashlib
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import attrs
import structlog

from xform.errors import HostError, XformError
from xform.monitor.follow import follow
from xform.monitor.lease import LeaseLost
from xform.monitor.progress import Progress
from xform.monitor.records import GONE, Change, Known
from xform.monitor.sharing import Sharing
from xform.monitor.source import Source, Status

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.monitor.lease import Lease, Leases
    from xform.monitor.store import State, Store

# Seconds until the first and at most until the next attempt to connect, and for a clean end.
_FIRST, _LONGEST, _PATIENCE = 1.0, 60.0, 10.0
# Seconds between looks at whether a signal came.
_GLANCE = 0.5
# Seconds until a VM is looked at once more that an event told of: some come before its document says all.
_SETTLES = 1.0
# How often a VM is looked at again at once that somebody else wrote, or that stopped or started, meanwhile.
_TRIES = 10


@attrs.frozen
class Vm:
    """A VM that was looked at: what goes to callbacks beside the changes."""

    known: Known
    connection: str
    state: str
    at: datetime
    ambiguous: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()

    @property
    def id(self) -> str:
        """What the dialect calls the VM's id."""
        return self.known.id

    @property
    def name(self) -> str:
        """What libvirt calls it."""
        return self.known.name


OnChange = Callable[[Vm, tuple[Change, ...]], None]


class Monitor:
    """Follows the VMs of some sources into a store, each in a thread of its own.

    With `leases` it shares the sources with other monitors of the store: each is followed by one of them at a time.
    `on_change` is called with a VM and its changes, or ambiguous devices, behind the commit and one call at a time.
    One that raises is logged and counted; the store's history has the changes in any case.
    """

    def __init__(
        self,
        dialect: Dialect,
        store: Store,
        sources: Sequence[Source],
        *,
        interval: float = 60.0,
        on_change: OnChange | None = None,
        leases: Leases | None = None,
    ) -> None:
        self._dialect, self._store, self._sources = dialect, store, tuple(sources)
        self._interval = interval
        self._leases = leases
        self._progress = [Progress(source.name, held=leases is None) for source in sources]
        self._stopped = threading.Event()
        self._ended: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._delivering = threading.Lock()
        self._on_change = on_change

    @property
    def progress(self) -> list[Progress]:
        """How each connection stands, in the order of the sources; these objects stay, and what they say changes."""
        return self._progress

    def run(self) -> None:
        """Follow until `stop`; with leases, those sources that this monitor has one of."""
        if self._leases:
            self._together([partial(Sharing(self._leases, self._shared, self._interval).run, self._stopped)])
        else:
            self._together([partial(watch.run, self._interval) for watch in self._watches()])

    def once(self) -> bool:
        """Look at every VM once; whether all went well.  Raises XformError with leases: they are for who goes on."""
        if self._leases:
            raise XformError("leases are for a monitor that goes on; expected none for a single look")
        self._together([watch.once for watch in self._watches()])
        return all(progress.well and progress.passed for progress in self._progress)

    def stop(self) -> None:
        """End between two VMs; from any thread, and from a signal's handler."""
        self._ended.put(True)

    def _watches(self) -> list[Watch]:
        pairs = zip(self._sources, self._progress, strict=True)
        return [self._watch(source, progress, self._store, self._stopped) for source, progress in pairs]

    def _shared(self, lease: Lease, stopped: threading.Event) -> Watch:
        """Of the source that a lease is for."""
        pairs = zip(self._sources, self._progress, strict=True)
        source, progress = next(pair for pair in pairs if pair[0].name == lease.connection)
        return self._watch(source, progress, self._store.under(lease), stopped)

    def _watch(self, source: Source, progress: Progress, store: Store, stopped: threading.Event) -> Watch:
        return Watch(self._dialect, store, source, self._deliver, stopped, progress)

    def _together(self, works: Sequence[Callable[[], None]]) -> None:
        """Do all of it, each in a thread, until it is done or `stop`."""

        def body(work: Callable[[], None]) -> None:
            try:
                work()
            finally:
                self._ended.put(False)

        threads = [threading.Thread(target=body, args=[work], daemon=True) for work in works]
        for thread in threads:
            thread.start()
        left = len(works)
        while left:
            # a signal may come just before the wait, or to another thread: its handler runs when the wait is over
            with suppress(queue.Empty):
                left = 0 if self._ended.get(timeout=_GLANCE) else left - 1
        self._stopped.set()
        for source in self._sources:
            source.wake()
        until = time.monotonic() + _PATIENCE
        for thread in threads:  # one that hangs in a call has nothing open: it may end with the process
            thread.join(max(0.0, until - time.monotonic()))

    def _deliver(self, vm: Vm, changes: tuple[Change, ...]) -> None:
        if self._on_change:
            with self._delivering:
                self._on_change(vm, changes)


class Watch:
    """One connection and its VMs."""

    def __init__(
        self,
        dialect: Dialect,
        store: Store,
        source: Source,
        deliver: OnChange,
        stopped: threading.Event,
        progress: Progress,
    ) -> None:
        self.source = source
        self.progress = progress
        self._dialect = dialect
        self._store = store
        self._deliver = deliver
        self._stopped = stopped
        self._runs = dialect.tables.run is not None
        self._log = structlog.get_logger(connection=source.name)

    def once(self) -> None:
        self._connected(self.look)

    def run(self, interval: float) -> None:
        """Follow until stopped; what goes wrong ends the connection, and it is tried anew after a while."""
        waits = delays()
        while not self._stopped.is_set():
            passed = self.progress.passed
            self._connected(lambda: self._follow(interval))
            if self.progress.passed != passed:
                waits = delays()
            self._stopped.wait(next(waits))

    def _connected(self, work: Callable[[], None]) -> None:
        """Do something with a connection; why it could not be done, or all of it, is told and kept."""
        try:
            self.source.connect()
            self.progress.connected = True
            self._log.info("connected")
            work()
        except Exception as error:
            if not self._stopped.is_set():
                self.progress.fault = one_line(error)
                self._log.error("connection failed", error=self.progress.fault)
        finally:
            self.progress.connected = False
            self.source.close()

    def _follow(self, interval: float) -> None:
        due = settled = time.monotonic()
        told: set[str] = set()
        while not self._stopped.is_set():
            if time.monotonic() >= due:
                due, told = time.monotonic() + interval, set()
                self.look()
            if told and time.monotonic() >= settled:
                again, told = told, set()
                self.look(again)
            names = self.source.wait((min(due, settled) if told else due) - time.monotonic())
            if names is None:
                raise HostError(f"{self.source.name}: the connection is gone")
            if names and not self._stopped.is_set():
                self.look(names)
                told |= names
                settled = time.monotonic() + _SETTLES

    # --- a look -----------------------------------------------------------------------------------------------------

    def look(self, ids: set[str] | None = None) -> None:
        """At these VMs, or at all; again at those that somebody else wrote meanwhile."""
        begun = time.monotonic()
        again = self._look(ids)
        for _ in range(_TRIES):
            if again and not self._stopped.is_set():
                again = self._look(again)
        if self._stopped.is_set():
            return
        for vm in again:
            self._failed(vm, "it changed each time that it was looked at")
        if ids is None:
            self.progress.complete(begun)
            self.progress.fault = ""

    def _look(self, ids: set[str] | None) -> set[str]:
        """The VMs to look at again."""
        with self._timed("store"):
            known = self._store.states(ids)
        if self._stopped.is_set():  # the store may have taken its time
            return set()
        with self._timed("status"):
            statuses = {status.id: status for status in self.source.status(ids)}
        if ids is None:
            self.progress.vms = len(statuses)
            for vm in self.progress.failed.keys() - statuses.keys():
                del self.progress.failed[vm]
            with self._timed("store"):
                self.progress.ambiguous = {one.vm for one in self._store.ambiguities()} & statuses.keys()
        again = {vm for vm, state in known.items() if vm not in statuses and not self._gone(state)}
        dumps = []
        for vm, status in statuses.items():
            state = known.get(vm)
            if status.state == "off":
                if state and self._ours(state) and not self._note(state, status):
                    again.add(vm)
            elif state and self._same(state, status):
                self.progress.failed.pop(vm, None)
                if not self._note(state, status):
                    again.add(vm)
            elif status.state != "migrating":
                dumps.append(vm)
        for vm, document in self._dumped(dumps):
            if not self._tried(known.get(vm), statuses[vm], document):
                again.add(vm)
        return again

    def _dumped(self, ids: list[str]) -> Iterator[tuple[str, bytes | Exception]]:
        dumps = self.source.dump(ids)
        while not self._stopped.is_set():
            with self._timed("dump"):
                one = next(dumps, None)
            if one is None:
                return
            yield one

    def _gone(self, state: State) -> bool:
        """Note that a VM is gone, if it was here; False: somebody else wrote it meanwhile."""
        if state.connection != self.source.name or state.state == GONE:
            return True
        return self._written(state, GONE, None)

    def _ours(self, state: State) -> bool:
        """Whether a VM that does not run here is this connection's: it may run on another one now."""
        return state.connection in ("", self.source.name) or state.state in (GONE, "off")

    def _same(self, state: State, status: Status) -> bool:
        """Whether the connection's digest says that the document is as it was, of the same run."""
        same = status.digest and status.digest in (state.digest, state.text)
        return bool(same) and status.run in (None, state.run)

    def _note(self, state: State, status: Status) -> bool:
        """Keep a VM's state where its devices are known already; False: somebody else wrote it meanwhile."""
        if state.connection == self.source.name and state.state == status.state:
            return True
        # where nobody tells one run from the next, one that goes on is the same
        return self._written(state, status.state, None if status.state == "off" else status.run or state.run)

    def _written(self, state: State, to: str, run: str | None) -> bool:
        with self._timed("store"):
            version = self._store.note(
                state.id, version=state.version, connection=self.source.name, state=to, run=run, at=datetime.now(UTC)
            )
        if version is not None:
            self._log.info("state", vm=state.id, was=state.state, state=to)
        return version is not None

    def _tried(self, state: State | None, status: Status, document: bytes | Exception) -> bool:
        """Take a document; what is wrong with it, or with this VM, stays with this VM."""
        try:
            if isinstance(document, Exception):
                raise document
            done = self._take(state, status, document)
        except LeaseLost:
            raise
        except Exception as error:
            self._failed(status.id, one_line(error))
            return True
        self.progress.failed.pop(status.id, None)
        return done

    def _failed(self, vm: str, why: str) -> None:
        if self.progress.failed.get(vm) != why:
            self.progress.failed[vm] = why
            self._log.warning("failed", vm=vm, error=why)

    def _take(self, state: State | None, status: Status, document: bytes) -> bool:
        """Follow a document into the store; False: it must be looked at again."""
        if state and hashlib.sha256(document).digest() == state.text:
            return self._note(state, status)
        with self._timed("store"):
            stored = self._store.load(status.id) if state else None
        if state and stored and stored.version != state.version:
            return False  # somebody else wrote it meanwhile
        with self._timed("follow"):
            followed = follow(self._dialect, stored.known if stored else None, document)
            known = followed.known
            if status.digest and not known.digest and not followed.ambiguous:
                # the quick ways of following make none, but this connection asks by it
                known = attrs.evolve(known, digest=self._dialect.digest(document))
        if known.id != status.id:
            raise HostError(f"{self.source.name}: the document of {status.id} is one of {known.id}")
        if self._runs and status.run is not None and known.run != status.run:
            return False  # it stopped or started meanwhile
        vm = Vm(known, self.source.name, status.state, datetime.now(UTC), followed.ambiguous)
        with self._timed("store"):
            version = self._store.save(
                known,
                followed.changes,
                stored=stored,
                connection=vm.connection,
                state=vm.state,
                at=vm.at,
                ambiguous=vm.ambiguous,
            )
        if version is None:
            return False
        (self.progress.ambiguous.add if vm.ambiguous else self.progress.ambiguous.discard)(vm.id)
        if followed.changes or vm.ambiguous:
            self.progress.changed += len(followed.changes)
            self._tell(vm, followed.changes)
        return True

    def _tell(self, vm: Vm, changes: tuple[Change, ...]) -> None:
        self._log.info("changed", vm=vm.id, name=vm.name, changes=len(changes), ambiguous=len(vm.ambiguous))
        try:
            self._deliver(vm, changes)
        except Exception as error:
            self.progress.undelivered += 1
            self._log.error("callback failed", vm=vm.id, error=one_line(error))

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.progress.seconds[phase] += time.perf_counter() - begun


def delays() -> Iterator[float]:
    """Seconds between attempts: twice as many each time, and fewer by chance, so that many do not come at once."""
    seconds = _FIRST
    while True:
        yield seconds * random.uniform(0.5, 1.0)
        seconds = min(2 * seconds, _LONGEST)


def one_line(error: Exception) -> str:
    """An error as a message: ours say all, of others the kind is told as well."""
    said = " ".join(str(error).split())
    return said if isinstance(error, XformError) else f"{type(error).__name__}: {said}"
