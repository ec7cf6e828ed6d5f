"""A host as a script: VMs with documents, and what goes wrong when they are asked for."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from xform.errors import HostError
from xform.monitor.records import Change
from xform.monitor.source import State, Status
from xform.monitor.watch import Monitor, Vm


def vm_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def document(name: str, run: int = 1, disks: dict[str, str] | None = None) -> bytes:
    """A running VM, its disks with their caches by target."""
    shown = "".join(
        f"""
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='{cache}'/>
      <source file='/images/{name}-{target}'/>
      <target dev='{target}' bus='virtio'/>
      <alias name='ua-{name}-{target}'/>
    </disk>"""
        for target, cache in (disks or {"vda": "none"}).items()
    )
    return f"""<domain type='test' id='{run}'>
  <name>{name}</name>
  <uuid>{vm_id(name)}</uuid>
  <memory unit='KiB'>65536</memory>
  <vcpu placement='static'>1</vcpu>
  <os><type>hvm</type></os>
  <devices>{shown}
  </devices>
</domain>
""".encode()


class Host:
    """A source.  `vms` is what runs; whoever changes it says so with `tell`, or leaves it to the next pass."""

    def __init__(self, name: str = "host", **vms: bytes) -> None:
        self.name = name
        self.vms = {vm_id(vm): xml for vm, xml in vms.items()}
        self.states: dict[str, State] = {}
        self.digests: dict[str, bytes] = {}
        self.runs: dict[str, str | None] = {}
        self.broken: set[str] = set()  # VMs whose dump fails
        self.dumped: list[str] = []
        self.calls = 0
        self.cut: int | None = None  # the call that finds the connection gone
        self.meanwhile: Callable[[], object] = lambda: None  # happens once, after a dump was taken
        self._something = threading.Condition()
        self._named: set[str] = set()
        self._gone = self._woken = False

    def connect(self) -> None:
        self._call()
        self._gone = False

    def close(self) -> None:
        pass

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        self._call()
        return [
            Status(vm, self.states.get(vm, "running"), self.digests.get(vm), self.runs.get(vm))
            for vm in list(self.vms)
            if ids is None or vm in ids
        ]

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        for vm in ids:
            self._call()
            if vm in self.broken:
                yield vm, HostError(f"{self.name}: no answer")
            elif vm in self.vms:
                self.dumped.append(vm)
                xml = self.vms[vm]
                meanwhile, self.meanwhile = self.meanwhile, lambda: None
                meanwhile()
                yield vm, xml

    def wait(self, seconds: float) -> set[str] | None:
        self._call()
        with self._something:
            self._something.wait_for(lambda: self._named or self._gone or self._woken, max(seconds, 0))
            named, self._named, self._woken = self._named, set(), False
            return None if self._gone else named

    def wake(self) -> None:
        with self._something:
            self._woken = True
            self._something.notify()

    def tell(self, *names: str) -> None:
        """Events of these VMs."""
        with self._something:
            self._named |= {vm_id(name) for name in names}
            self._something.notify()

    def lose(self) -> None:
        """The connection goes."""
        with self._something:
            self._gone = True
            self._something.notify()

    def _call(self) -> None:
        self.calls += 1
        if self.calls == self.cut:
            raise HostError(f"{self.name}: the connection was cut")


@contextmanager
def running(monitor: Monitor) -> Iterator[None]:
    """A monitor that runs, and has stopped behind it."""
    thread = threading.Thread(target=monitor.run)
    thread.start()
    try:
        yield
    finally:
        monitor.stop()
        thread.join()


class Heard:
    """A callback that keeps what it was told."""

    def __init__(self) -> None:
        self._come = threading.Condition()
        self.all: list[tuple[Vm, tuple[Change, ...]]] = []

    def __call__(self, vm: Vm, changes: tuple[Change, ...]) -> None:
        with self._come:
            self.all.append((vm, changes))
            self._come.notify()

    @property
    def names(self) -> list[str]:
        return [vm.name for vm, _ in self.all]

    def until(self, so: Callable[[], bool]) -> None:
        """Wait for this, which is asked for at each call."""
        with self._come:
            assert self._come.wait_for(so, timeout=60)
