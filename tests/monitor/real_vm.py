"""A real VM, without a guest: its devices, and what a host, or somebody behind its back, does to it."""

from __future__ import annotations

import os
import queue
import re
import signal
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from xform.hypervisor import import_libvirt
from xform.monitor.watch import GONE

OVIRT_VM = "http://ovirt.org/vm/1.0"

# What a step may take on a busy machine, and how often is looked whether it is done.
_PATIENCE, _GLANCE = 30.0, 0.02


def id_of(name: str) -> str:
    """The id of a device that a test calls so."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


NAMES = ("balloon", "card", "cd", "console", "data", "front", "more", "pen", "ram", "stranger", "system")
NAME_OF = {id_of(name): name for name in NAMES}


def alias(name: str) -> str:
    """None: libvirt is to give it one."""
    return f"<alias name='ua-{id_of(name)}'/>" if name else ""


def disk(name: str, target: str, bus: str = "scsi", file: str = "", more: str = "") -> str:
    """A disk on a file of its name, which lies in the VM's folder."""
    return (
        f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{file or name}'{more}/>"
        f"<target dev='{target}' bus='{bus}'/>{alias(name)}</disk>"
    )


def cd(file: str = "") -> str:
    source = f"<source file='{file}'/>" if file else ""
    return f"<disk type='file' device='cdrom'>{source}<target dev='sdc' bus='scsi'/><readonly/>{alias('cd')}</disk>"


def nic(name: str, number: int, link: str = "up", model: str = "virtio") -> str:
    return (
        f"<interface type='user'><mac address='{mac(number)}'/><model type='{model}'/><link state='{link}'/>"
        f"{alias(name)}</interface>"
    )


def mac(number: int) -> str:
    """As a manager may write it, and libvirt does not."""
    return f"56:6F:00:00:00:{number:02X}"


def dimm(name: str) -> str:
    return f"<memory model='dimm'><target><size unit='KiB'>131072</size><node>0</node></target>{alias(name)}</memory>"


def tablet(name: str = "") -> str:
    return f"<input type='tablet' bus='usb'>{alias(name)}</input>"


AGENT = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
NAMELESS = "<console type='null'><target type='virtio'/></console>"

_PORTS = "".join(f"<controller type='pci' index='{index}' model='pcie-root-port'/>" for index in range(1, 8))
DEVICES = (
    f"<controller type='pci' index='0' model='pcie-root'/>{_PORTS}"
    f"<controller type='scsi' index='0' model='virtio-scsi'>{alias('adapter')}</controller>"
    f"<controller type='usb' index='0' model='qemu-xhci'>{alias('usb')}</controller>"
    f"{disk('system', 'sda')}{disk('data', 'sdb')}{cd()}{nic('front', 1)}"
    f"<console type='null'><target type='serial'/>{alias('console')}</console>"
    f"<graphics type='vnc'><listen type='none'/></graphics><video><model type='vga'/></video>"
    f"<memballoon model='virtio'>{alias('balloon')}</memballoon>"
)


def domain(name: str, vm: str, more: str = "") -> str:
    """A VM with most of what one has, without a guest."""
    return f"""<domain type='qemu'>
  <name>{name}</name>
  <uuid>{vm}</uuid>
  <maxMemory slots='4' unit='KiB'>1048576</maxMemory>
  <memory unit='KiB'>65536</memory>
  <vcpu current='1'>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <cpu mode='custom'><model>qemu64</model><numa><cell id='0' cpus='0-3' memory='65536' unit='KiB'/></numa></cpu>
  <devices>{DEVICES}{more}</devices>
</domain>"""


# --- VMs ------------------------------------------------------------------------------------------------------------


class Vm:
    """A VM that runs, and what a host, or somebody behind its back, does to it while it does."""

    def __init__(self, connection: Any, folder: Path, *, persistent: bool = True, more: str = "") -> None:
        self._libvirt = import_libvirt()
        self.connection, self._folder = connection, folder
        self.id = str(uuid.uuid4())
        self.name = f"real-{self.id[:8]}"
        self.persistent = persistent
        self.defined = self._placed(domain(self.name, self.id, more))
        if persistent:
            connection.defineXML(self.defined)
        self.start()

    def events(self, numbers: Iterable[int]) -> Iterator[int]:
        """The numbers of the events that come of what is done to it from now on, each as soon as it is there."""
        heard: queue.SimpleQueue[int] = queue.SimpleQueue()
        registered = [
            self.connection.domainEventRegisterAny(self._domain, number, lambda *_, it=number: heard.put(it), None)
            for number in numbers
        ]

        def heard_of() -> Iterator[int]:
            try:
                while True:
                    yield heard.get(timeout=_PATIENCE)
            finally:
                for number in registered:
                    self.connection.domainEventDeregisterAny(number)

        return heard_of()

    def start(self) -> None:
        if self.persistent:
            self._domain.create()
        else:
            self.connection.createXML(self.defined)

    def stop(self) -> None:
        self._domain.destroy()

    def restart(self) -> None:
        self.stop()
        self.start()

    def end(self) -> None:
        """Leave nothing, whatever became of it; libvirt notices by itself, a moment later."""
        with suppress(self._libvirt.libvirtError):
            self._domain.undefine()
        self.kill()

    def dump(self) -> bytes:
        """As whoever may only read sees it."""
        try:
            return str(self._domain.XMLDesc()).encode()
        except self._libvirt.libvirtError:
            return b""  # it is gone by now

    def plug(self, element: str) -> None:
        self._domain.attachDeviceFlags(self._placed(element), self._libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def change(self, element: str) -> None:
        self._domain.updateDeviceFlags(self._placed(element), self._libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def ask_out(self, name: str) -> None:
        """Ask the guest to let go of a device. There is none here; only some devices can go without it."""
        self._domain.detachDeviceAlias(f"ua-{id_of(name)}", self._libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def unplug(self, name: str) -> None:
        """Take out what needs no guest for that."""
        self.ask_out(name)
        until(lambda: f"ua-{id_of(name)}".encode() not in self.dump())

    def suspend(self) -> None:
        self._domain.suspend()

    def resume(self) -> None:
        self._domain.resume()

    def reset(self) -> None:
        """As if somebody pressed the button: what the guest was asked for is done by then."""
        self._domain.reset()

    def vcpus(self, count: int) -> None:
        self._domain.setVcpusFlags(count, self._libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def title(self, text: str) -> None:
        self._metadata(self._libvirt.VIR_DOMAIN_METADATA_TITLE, text)

    def metadata(self, words: str) -> None:
        """The manager's own words."""
        self._metadata(self._libvirt.VIR_DOMAIN_METADATA_ELEMENT, f"<vm>{words}</vm>", "ovirt-vm", OVIRT_VM)

    def _metadata(self, kind: int, text: str, prefix: str | None = None, uri: str | None = None) -> None:
        self._domain.setMetadata(kind, text, prefix, uri, self._libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def kill(self) -> None:
        """End its QEMU as a host that is out of memory does."""
        kill(self.id)

    def lose(self, file: str) -> None:
        (self._folder / file).unlink()

    def find(self, file: str) -> None:
        (self._folder / file).write_bytes(bytes(1 << 20))

    @property
    def state(self) -> str:
        """Running, paused, off or gone, as libvirt says."""
        try:
            state, _ = self._domain.state()
        except self._libvirt.libvirtError:
            return GONE
        return {self._libvirt.VIR_DOMAIN_RUNNING: "running", self._libvirt.VIR_DOMAIN_PAUSED: "paused"}.get(
            state, "off"
        )

    @property
    def _domain(self) -> Any:
        return self.connection.lookupByUUIDString(self.id)

    def _placed(self, element: str) -> str:
        """An element whose files lie in the VM's folder, and are there."""

        def placed(found: re.Match[str]) -> str:
            file = self._folder / found[1]
            if not file.exists():
                self.find(file.name)
            return f"file='{file}'"

        return re.sub("file='([^']+)'", placed, element)


def kill(argument: str) -> None:
    """Kill the process that was started with this among its arguments, if it still runs."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if argument.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def until(so: Callable[[], bool], say: Callable[[], object] = lambda: "it did not happen") -> None:
    end = time.monotonic() + _PATIENCE
    while not so():
        assert time.monotonic() < end, say()
        time.sleep(_GLANCE)


@contextmanager
def starting(connection: Any, folder: Path) -> Iterator[Callable[..., Vm]]:
    """Starts VMs, whose files lie in a folder, and which end with it."""
    with ExitStack() as ends:

        def start(**how: Any) -> Vm:
            vm = Vm(connection, folder, **how)
            ends.callback(vm.end)
            return vm

        yield start
