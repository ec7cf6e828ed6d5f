"""One monitor's part among several: it follows the connections that it has leases of, and no others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
import structlog

from xform.errors import StoreError
from xform.monitor.lease import Lease, Leases

if TYPE_CHECKING:
    from xform.monitor.watch import Watch

# Seconds for a clean end of what is followed: fewer than the monitor has for all, so that the leases are given back.
_PATIENCE = 5.0

# Makes the watch of the connection of a lease, until an event.
MakeWatch = Callable[[Lease, threading.Event], "Watch"]


class _Term(threading.Event):
    """Is set when a connection is to be followed no more: by hand, or by itself `until` a monotonic time.

    So it ends with the lease where the database does not answer, or this process stood still.
    """

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until = until

    def is_set(self) -> bool:
        return super().is_set() or time.monotonic() > self.until


@attrs.frozen(eq=False)
class _Following:
    """A connection that is followed in a thread, for a term."""

    watch: Watch
    thread: threading.Thread
    term: _Term

    def stop(self) -> None:
        self.watch.progress.held = False
        self.term.set()
        self.watch.source.wake()

    @property
    def ended(self) -> bool:
        return not self.thread.is_alive()


class Sharing:
    """Follows as many connections as are this monitor's share, until it is stopped; then others have them at once."""

    def __init__(self, leases: Leases, watch: MakeWatch, interval: float) -> None:
        self._leases, self._watch, self._interval = leases, watch, interval
        self._following: dict[Lease, _Following] = {}
        self._log = structlog.get_logger(monitor=leases.name)

    def run(self, stopped: threading.Event) -> None:
        try:
            while not stopped.is_set():
                try:
                    self._look()
                except StoreError as error:  # what is not renewed ends by itself: nothing is written under it then
                    self._log.error("leases failed", error=str(error))
                stopped.wait(self._leases.every)
        finally:
            self._leave()

    def _look(self) -> None:
        until = time.monotonic() + self._leases.lasts
        turn = self._leases.look(self._following)
        ours = turn.held - turn.surplus
        for lease in ours - self._following.keys():
            self._follow(lease, until)
        for lease, following in self._following.items():
            if lease in ours:
                following.term.until = until
            else:
                if lease not in turn.held and following.watch.progress.held:
                    self._log.warning("lost", connection=lease.connection)
                following.stop()
        for lease in [one for one, following in self._following.items() if following.ended]:
            self._give_back(lease)

    def _give_back(self, lease: Lease) -> None:
        try:
            self._leases.give_back([lease])
        except StoreError as error:  # the next look does it
            self._log.error("leases failed", error=str(error))
        else:
            del self._following[lease]
            self._log.info("given back", connection=lease.connection)

    def _follow(self, lease: Lease, until: float) -> None:
        term = _Term(until)
        watch = self._watch(lease, term)
        watch.progress.take()
        thread = threading.Thread(target=watch.run, args=[self._interval], name=lease.connection, daemon=True)
        self._following[lease] = _Following(watch, thread, term)
        thread.start()
        self._log.info("taken", connection=lease.connection, lease=lease.number)

    def _leave(self) -> None:
        for following in self._following.values():
            following.stop()
        until = time.monotonic() + _PATIENCE
        for following in self._following.values():
            following.thread.join(max(0.0, until - time.monotonic()))
        try:
            self._leases.give_back([one for one, following in self._following.items() if following.ended], leaving=True)
        except StoreError as error:  # then they end by themselves
            self._log.error("leases failed", error=str(error))
