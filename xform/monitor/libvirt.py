"""VMs of a libvirt connection, followed by its events and by asking."""

from __future__ import annotations

import queue
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from xform.errors import HostError
from xform.hypervisor import close_connection, import_libvirt, open_connection
from xform.monitor.source import State, Status

EVENTS = ("LIFECYCLE", "DEVICE_ADDED", "DEVICE_REMOVED", "METADATA_CHANGE", "AGENT_LIFECYCLE")

# A peer that is silent for this long is gone: libvirt then ends the connection, and a call that waits for it.
_SECONDS, _TIMES = 5, 6
_WOKEN = ""

T = TypeVar("T")


class Libvirt:
    """A connection that only reads.

    libvirt calls back in its event thread, which only puts names into a queue; a call from there would wait for itself.
    """

    def __init__(self, uri: str) -> None:
        self.name = uri
        self._libvirt: Any = None
        self._connection: Any = None
        self._registered: list[int] = []
        self._named: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def connect(self) -> None:
        self._libvirt = import_libvirt()
        self._named = queue.SimpleQueue()
        self._asked(self._open)

    def _open(self) -> None:
        self._connection = connection = open_connection(self._libvirt, self.name, read_only=True)
        named = self._named  # a callback of a connection that was closed names nothing in the next one
        with suppress(self._libvirt.libvirtError):  # drivers within this process have no peer that could be gone
            connection.setKeepAlive(_SECONDS, _TIMES)
        with suppress(self._libvirt.libvirtError):
            connection.registerCloseCallback(lambda *_: named.put(None), None)
        for event in EVENTS:
            number = getattr(self._libvirt, f"VIR_DOMAIN_EVENT_ID_{event}")
            self._registered.append(
                connection.domainEventRegisterAny(
                    None, number, lambda _, domain, *__: named.put(str(domain.UUIDString())), None
                )
            )

    def close(self) -> None:
        connection, self._connection = self._connection, None
        registered, self._registered = self._registered, []
        if connection is None:
            return
        for number in registered:
            with suppress(self._libvirt.libvirtError):
                connection.domainEventDeregisterAny(number)
        with suppress(self._libvirt.libvirtError):
            connection.unregisterCloseCallback()
        with suppress(self._libvirt.libvirtError):
            close_connection(connection, self.name)

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        if ids is None:
            domains = self._asked(self._connection.listAllDomains)
        else:
            domains = [self._of_domain(self._connection.lookupByUUIDString, uuid) for uuid in ids]
        found = [self._of_domain(self._status, domain) for domain in domains if domain is not None]
        return [status for status in found if status is not None]

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        for uuid in ids:
            try:
                document = self._of_domain(self._dump, uuid)
            except (HostError, UnicodeDecodeError) as error:
                if not self._alive():
                    raise
                yield uuid, error
            else:
                if document is not None:
                    yield uuid, document

    def wait(self, seconds: float) -> set[str] | None:
        """The first name ends the wait; what came with it is taken along."""
        names: set[str] = set()
        with suppress(queue.Empty):
            name = self._named.get(timeout=max(seconds, 0.0))
            while name is not None:
                if name != _WOKEN:
                    names.add(name)
                name = self._named.get_nowait()
            return None
        return names if self._alive() else None

    def wake(self) -> None:
        self._named.put(_WOKEN)

    def _dump(self, uuid: str) -> bytes:
        """The document as libvirt shows it to whoever may only read: without secrets."""
        xml: str = self._connection.lookupByUUIDString(uuid).XMLDesc(0)
        return xml.encode()

    def _status(self, domain: Any) -> Status:
        run = domain.ID()  # as of when the domain was looked up, as all that is asked of it without a call
        state = self._state(domain) if run >= 0 else "off"
        return Status(str(domain.UUIDString()), state, run=str(run) if run >= 0 else None)

    def _state(self, domain: Any) -> State:
        libvirt = self._libvirt
        try:
            number, reason = domain.state()
        except libvirt.libvirtError as error:
            if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN or not self._alive():
                raise
            return "running"  # one that does not answer is not gone; the dump will tell
        if number == libvirt.VIR_DOMAIN_PAUSED:
            moving = (libvirt.VIR_DOMAIN_PAUSED_MIGRATION, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY)
            return "migrating" if reason in moving else "paused"
        return "paused" if number == libvirt.VIR_DOMAIN_PMSUSPENDED else "running"

    def _alive(self) -> bool:
        try:
            return bool(self._connection.isAlive())
        except self._libvirt.libvirtError:
            return False

    def _of_domain(self, function: Callable[..., T], *arguments: object) -> T | None:
        """What libvirt answers of one domain, None if it is gone. Raises HostError."""

        def asked() -> T | None:
            try:
                return function(*arguments)
            except self._libvirt.libvirtError as error:
                if error.get_error_code() != self._libvirt.VIR_ERR_NO_DOMAIN:
                    raise
                return None

        return self._asked(asked)

    def _asked(self, function: Callable[[], T]) -> T:
        try:
            return function()
        except self._libvirt.libvirtError as error:
            raise HostError(f"{self.name}: {' '.join(str(error).split())}") from None
