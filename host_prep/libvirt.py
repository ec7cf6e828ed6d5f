"""libvirt, as far as preparing a host needs it: the one place that talks to it.

Every call raises HostError with libvirt's own message in one line; `Refused` has libvirt's number of the error as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, TypeVar

import structlog
from attrs import frozen

from xform.errors import HostError
from xform.hypervisor import close_connection, import_libvirt, open_connection

T = TypeVar("T")


class Refused(HostError):
    """libvirt said no; `code` is its VIR_ERR number."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@frozen
class Domain:
    """A domain that libvirt has; `state` is running, paused, migrating, ending, off or crashed."""

    uuid: str
    name: str
    state: str
    persistent: bool
    id: int | None  # of this start; None where it does not run
    saved: bool = False  # libvirt has its state, and goes on from there at the next start

    @property
    def active(self) -> bool:
        return self.id is not None


@frozen
class NodeDevice:
    """A device of the host: its name, such as ``pci_0000_03_00_0``, and libvirt's document of it."""

    name: str
    xml: str


# libvirt's numbers (virterror.h, libvirt-domain.h) that a caller may have to tell apart, or that a fake needs.
NO_DOMAIN, NO_NETWORK, NO_NODE_DEVICE, NO_SECRET = 42, 43, 52, 66
OPERATION_INVALID, NO_SUPPORT, INVALID_ARG = 55, 3, 8
_MOVING = (2, 12)  # why it is paused: migration, post-copy migration
_STATES = {0: "off", 1: "running", 2: "running", 3: "paused", 4: "ending", 5: "off", 6: "crashed", 7: "paused"}


def _state(number: int, reason: int) -> str:
    return "migrating" if number == 3 and reason in _MOVING else _STATES.get(number, "running")


class Libvirt:
    """A connection, opened when it is first needed."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.log = structlog.get_logger("host_prep")
        self._opening = Lock()
        self._library: Any = None
        self._connection: Any = None
        self._listening: list[int] = []

    def close(self) -> None:
        """Let go of the connection, also of one that is gone: each callback holds it open."""
        connection, self._connection = self._connection, None
        listening, self._listening = self._listening, []
        if connection is not None:
            for number in listening:
                with suppress(self._library.libvirtError):
                    connection.domainEventDeregisterAny(number)
            with suppress(self._library.libvirtError):
                close_connection(connection, self.uri)

    # Domains

    def domains(self) -> list[Domain]:
        """All of them, running or not; one that vanishes meanwhile is left out."""
        found = self._ask(lambda: self._open().listAllDomains(0))
        return [domain for one in found if (domain := self._domain(one))]

    def domain(self, uuid: str) -> Domain | None:
        try:
            return self._domain(self._ask(lambda: self._open().lookupByUUIDString(uuid)))
        except Refused as error:
            if error.code == NO_DOMAIN:
                return None
            raise

    def document(self, uuid: str, *, inactive: bool = False, secure: bool = False) -> str:
        """The live document of a domain, or with `inactive` that of its next start; with `secure` secrets as well."""
        flags = 2 * inactive | 1 * secure
        return str(self._ask(lambda: self._of(uuid).XMLDesc(flags)))

    def define(self, xml: str) -> None:
        self._do("define", lambda: self._open().defineXML(xml))

    def undefine(self, uuid: str) -> None:
        """Forget a domain with what libvirt keeps of it: firmware's variables, TPM state, checkpoints, snapshots.

        A state that it is to go on from is not forgotten: libvirt refuses.
        """

        def change() -> None:
            # snapshots, NVRAM, checkpoints; drivers that know none of them say that they do not
            for flags in (0x2 | 0x4 | 0x10, 0x2):
                try:
                    self._of(uuid).undefineFlags(flags)
                    return
                except self._library.libvirtError as error:
                    if flags == 0x2 or error.get_error_code() not in (NO_SUPPORT, INVALID_ARG):
                        raise

        self._do("undefine", change, vm=uuid)

    def start(self, uuid: str, *, paused: bool = False) -> None:
        self._do("start", lambda: self._of(uuid).createWithFlags(1 if paused else 0), vm=uuid)

    def restore(self, file: str, xml: str, *, paused: bool = False) -> None:
        """Start a domain from the state that was saved to a file, with this document instead of the file's."""
        flags = 4 if paused else 0
        self._do("restore", lambda: self._open().restoreFlags(file, xml, flags), file=file)

    def destroy(self, uuid: str) -> None:
        """End a domain; by force where it does not end otherwise."""

        def change() -> None:
            try:
                self._of(uuid).destroyFlags(1)  # gracefully
            except self._library.libvirtError as error:
                if error.get_error_code() in (NO_DOMAIN, OPERATION_INVALID):
                    raise
                self._of(uuid).destroy()

        self._do("destroy", change, vm=uuid)

    def set_metadata(self, uuid: str, prefix: str, uri: str, xml: str) -> None:
        """Replace the metadata of one namespace, of the running domain and of its next start.

        The element stands in no namespace; libvirt puts it into this one.
        """
        domain = self.domain(uuid)
        flags = (1 if domain and domain.active else 0) | (2 if domain and domain.persistent else 0)
        self._do("set metadata", lambda: self._of(uuid).setMetadata(2, xml, prefix, uri, flags), vm=uuid)

    def pin_vcpu(self, uuid: str, vcpu: int, cpus: Sequence[bool]) -> None:
        """Let a vCPU of a running domain run on these CPUs only; one flag for each CPU of the host."""
        self._do("pin vcpu", lambda: self._of(uuid).pinVcpu(vcpu, tuple(cpus)), vm=uuid, vcpu=vcpu)

    def update_device(self, uuid: str, xml: str) -> None:
        """Change a device of a running domain; its document may hold a secret and is not logged."""
        self._do("update device", lambda: self._of(uuid).updateDeviceFlags(xml, 1), vm=uuid)

    def listen(self, stopped: Callable[[str], None]) -> None:
        """Call with the UUID of each domain that stops, in libvirt's event thread, until this is closed."""

        def told(_: Any, domain: Any, event: int, detail: int, opaque: Any) -> None:
            if event in (self._library.VIR_DOMAIN_EVENT_STOPPED, self._library.VIR_DOMAIN_EVENT_CRASHED):
                stopped(str(domain.UUIDString()))

        self._listening.append(self._ask(lambda: self._open().domainEventRegisterAny(None, 0, told, None)))

    # Networks

    def networks(self) -> dict[str, bool]:
        """Of each network by name whether it is active."""
        found = self._ask(lambda: self._open().listAllNetworks(0))
        return {str(network.name()): bool(network.isActive()) for network in found}

    def define_network(self, xml: str) -> None:
        """Define a network, start it, and have libvirt start it with itself."""

        def change() -> None:
            network = self._open().networkDefineXML(xml)
            if not network.isActive():
                network.create()
            network.setAutostart(1)

        self._do("define network", change)

    def remove_network(self, name: str) -> None:
        def change() -> None:
            network = self._open().networkLookupByName(name)
            if network.isActive():
                network.destroy()
            if network.isPersistent():
                network.undefine()

        self._do("remove network", change, network=name)

    # Devices of the host

    def node_devices(self) -> list[NodeDevice]:
        def found() -> list[NodeDevice]:
            return [NodeDevice(str(one.name()), str(one.XMLDesc(0))) for one in self._open().listAllDevices(0)]

        return self._ask(found)

    def detach(self, name: str) -> None:
        """Take a PCI device from the host's driver."""
        self._do("detach", lambda: self._open().nodeDeviceLookupByName(name).detachFlags(None, 0), device=name)

    def reattach(self, name: str) -> None:
        """Give it back."""
        self._do("reattach", lambda: self._open().nodeDeviceLookupByName(name).reAttach(), device=name)

    # Secrets

    def secrets(self) -> list[str]:
        return [str(one.UUIDString()) for one in self._ask(lambda: self._open().listAllSecrets(0))]

    def define_secret(self, xml: str, value: bytes) -> None:
        self._do("define secret", lambda: self._open().secretDefineXML(xml, 0).setValue(value, 0))

    def undefine_secret(self, uuid: str) -> None:
        self._do("undefine secret", lambda: self._open().secretLookupByUUIDString(uuid).undefine(), secret=uuid)

    # The host

    def capabilities(self) -> str:
        """libvirt's document of the host: its UUID, architecture and CPUs."""
        return str(self._ask(lambda: self._open().getCapabilities()))

    def _open(self) -> Any:
        with self._opening:
            if self._connection is None:
                self._library = import_libvirt()
                self._connection = open_connection(self._library, self.uri)
            return self._connection

    def _of(self, uuid: str) -> Any:
        return self._open().lookupByUUIDString(uuid)

    def _domain(self, domain: Any) -> Domain | None:
        def found() -> Domain:
            state = _state(*domain.state())
            number = domain.ID()
            active = domain.isActive()
            return Domain(
                str(domain.UUIDString()),
                str(domain.name()),
                state,
                bool(domain.isPersistent()),
                int(number) if active else None,
                bool(domain.isPersistent() and domain.hasManagedSaveImage()),
            )

        try:
            return self._ask(found)
        except Refused as error:
            if error.code == NO_DOMAIN:
                return None
            raise

    def _ask(self, action: Callable[[], T]) -> T:
        with self._said():
            return action()

    def _do(self, what: str, action: Callable[[], object], **said: Any) -> None:
        """The one way by which this changes anything; tests that break things stand in it."""
        try:
            with self._said():
                action()
        except HostError as error:
            self.log.debug(f"libvirt: {what}", **said, error=str(error))
            raise
        self.log.debug(f"libvirt: {what}", **said)

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except HostError:
            raise
        except Exception as error:
            # which exists only once the library is loaded
            if self._library is not None and isinstance(error, self._library.libvirtError):
                message = " ".join(str(error).split())
                raise Refused(f"{self.uri}: {message}", error.get_error_code() or 0) from None
            raise
