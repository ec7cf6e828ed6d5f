"""Release what has ended: whenever libvirt says that a domain stopped, and in a pass over the journal now and then."""

from __future__ import annotations

import queue
import time
from contextlib import suppress

from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.system import Host
from xform.dialect import Dialect
from xform.errors import HostError


class Watcher:
    """One thread runs it; `stop` comes from any, or from a signal."""

    def __init__(self, host: Host, journal: Journal, dialect: Dialect, interval: float = 60.0) -> None:
        self.host, self.journal, self.dialect, self.interval = host, journal, dialect, interval
        self._named: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Until `stop`.  A connection that fails is tried anew, at the latest at the next pass."""
        listening = False
        while True:
            try:
                if not listening:
                    self.host.libvirt.listen(self._named.put)
                    listening = True
                    self.host.log.info("watching", uri=self.host.libvirt.uri)
                self.look()
            except HostError as error:
                self.host.log.warning("watching failed", error=str(error))
                self.host.libvirt.close()
                listening = False
            if not self._wait():
                return

    def look(self) -> None:
        """Adopt what runs, release what has ended, and say what could not be; what waits for its start is left alone.

        Raises HostError where a VM could not be looked at: the connection may be why.
        """
        found = recover(self.host, self.journal, self.dialect, leave_prepared=True)
        for taken in found:
            for fault in taken.faults:
                self.host.log.warning(taken.what, vm=taken.vm, fault=str(fault))
        if failed := [taken.name for taken in found if taken.what == "not looked at"]:
            raise HostError(f"not looked at: {', '.join(failed)}; they are tried again")

    def stop(self) -> None:
        self._named.put(None)

    def _wait(self) -> bool:
        """For the next domain that stops, or the next pass; False: it is to stop."""
        until = time.monotonic() + self.interval
        with suppress(queue.Empty):
            name = self._named.get(timeout=self.interval)
            while name is not None:  # of several at once one pass takes care
                name = self._named.get(timeout=min(0.05, max(until - time.monotonic(), 0.0)))
            return False
        return True
