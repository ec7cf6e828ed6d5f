"""Real VMs under a monitor: what is done to them, a libvirtd for them, and the store compared with libvirt's own view.

A scenario is a story: something is done to a VM, then `Eye.sees` waits until the store is as libvirt is and says
whether its history names just that.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
from lxml import etree

from xform.dialect import Dialect
from xform.hypervisor import import_libvirt, open_connection
from xform.match import alias_of, held
from xform.monitor.records import Change, Device, Known
from xform.monitor.store import Store
from xform.monitor.watch import GONE

OVIRT_VM = "http://ovirt.org/vm/1.0"

# What a step may take on a busy machine, and how often is looked whether it is done.
_PATIENCE, _GLANCE = 30.0, 0.02


# --- elements -------------------------------------------------------------------------------------------------------


def id_of(name: str) -> str:
    """The id of a device that a test calls so."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


NAMES = [
    "adapter",
    "balloon",
    "card",
    "cd",
    "console",
    "data",
    "front",
    "more",
    "pen",
    "ram",
    "stranger",
    "system",
    "usb",
]
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


CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"

_PORTS = "".join(f"<controller type='pci' index='{index}' model='pcie-root-port'/>" for index in range(1, 8))
DEVICES = (
    f"<controller type='pci' index='0' model='pcie-root'/>{_PORTS}"
    f"<controller type='scsi' index='0' model='virtio-scsi'>{alias('adapter')}</controller>"
    f"<controller type='usb' index='0' model='qemu-xhci'>{alias('usb')}</controller>"
    f"{disk('system', 'sda')}{disk('data', 'sdb')}{cd()}{nic('front', 1)}"
    f"<console type='pty'><target type='serial'/>{alias('console')}</console>"
    f"<graphics type='vnc' autoport='yes'/><video><model type='vga'/></video>"
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
        self._connection, self._folder = connection, folder
        self.id = str(uuid.uuid4())
        self.name = f"real-{self.id[:8]}"
        self.persistent = persistent
        self.defined = self._placed(domain(self.name, self.id, more))
        if persistent:
            connection.defineXML(self.defined)
        self.start()

    def start(self) -> None:
        if self.persistent:
            self._domain.create()
        else:
            self._connection.createXML(self.defined)

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
        for process in Path("/proc").glob("[0-9]*"):
            if self._runs_as(process):
                os.kill(int(process.name), signal.SIGKILL)

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
        return self._connection.lookupByUUIDString(self.id)

    def _runs_as(self, process: Path) -> bool:
        try:
            return self.id.encode() in (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    def _placed(self, element: str) -> str:
        """An element whose files lie in the VM's folder, and are there."""

        def placed(found: re.Match[str]) -> str:
            file = self._folder / found[1]
            if not file.exists():
                self.find(file.name)
            return f"file='{file}'"

        return re.sub("file='([^']+)'", placed, element)


def until(so: Callable[[], bool], say: Callable[[], object] = lambda: "it did not happen") -> None:
    end = time.monotonic() + _PATIENCE
    while not so():
        assert time.monotonic() < end, say()
        time.sleep(_GLANCE)


# --- a libvirtd -----------------------------------------------------------------------------------------------------

_CONFIG = {
    "libvirtd.conf": """
unix_sock_dir = "{0}"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
log_outputs = "4:file:{0}/log"
""",
    "qemu.conf": """
stdio_handler = "file"
security_driver = "none"
namespaces = []
user = "root"
group = "root"
dynamic_ownership = 0
""",
}
# In its own folders, and as the first of its own processes: when it goes, so does each QEMU that it started.  Its
# standard input ends with whoever started it, however that happens.
APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_DAEMON = """
for folder in /run /var/lib /var/cache /var/log; do mount -t tmpfs none $folder || exit 1; done
mount --bind "$0" /etc/libvirt && { libvirtd -f "$0/libvirtd.conf" -p "$0/pid" & cat; }
"""


@contextmanager
def libvirtd() -> Iterator[str]:
    """A libvirtd of the test's own that runs real QEMU; the folder that its sockets are in."""
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as folder:  # in /tmp, because a socket's path is short
        for name, text in _CONFIG.items():
            (Path(folder) / name).write_text(text.format(folder))
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        daemon = subprocess.Popen([*APART, "sh", "-c", _DAEMON, folder], stdin=subprocess.PIPE, **silent)  # type: ignore[call-overload]
        try:
            until(lambda: _answers(folder) or daemon.poll() is not None)
            assert daemon.poll() is None
            yield folder
        finally:
            daemon.communicate()


def _answers(folder: str) -> bool:
    libvirt = import_libvirt()
    try:
        open_connection(libvirt, uri_of(folder)).close()
    except libvirt.libvirtError:
        return False
    return True


def uri_of(folder: str, socket: str = "libvirt-sock") -> str:
    return f"qemu+unix:///system?socket={folder}/{socket}"


# --- monitors -------------------------------------------------------------------------------------------------------


class Process:
    """`xform monitor`, by itself: its lines of JSON go to one file, its words to another."""

    def __init__(self, folder: Path, uri: str, url: str, *options: str) -> None:
        self._lines = folder / f"{uuid.uuid4()}.jsonl"
        self._words = self._lines.with_suffix(".log")
        command = [sys.executable, "-m", "xform", "monitor", "--connect", uri, "--store", url, "--json", *options]
        with self._lines.open("w") as lines, self._words.open("w") as words:
            self._process = subprocess.Popen(command, stdout=lines, stderr=words)

    def connected(self) -> None:
        until(lambda: "event=connected" in self._words.read_text(), self._words.read_text)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.terminate()
        return self.end()

    def end(self) -> int:
        return self._process.wait()

    def told(self) -> list[tuple[str, str, str]]:
        """Its changes as another program reads them: what, kind and id."""
        lines = [json.loads(line) for line in self._lines.read_text().splitlines()]
        return [(one["what"], one["kind"], one["id"]) for line in lines for one in line["changes"]]


class Eye:
    """Looks at the store after each step: is it as libvirt is, and does the history have just this step?"""

    def __init__(self, vm: Vm, store: Store, dialect: Dialect, look: Callable[[], object] = lambda: None) -> None:
        self._vm, self._store, self._dialect, self._look = vm, store, dialect, look
        self._before: dict[tuple[str, str], Device] = {}
        self._read = 0

    def begins(self) -> None:
        """The first look: at what its manager knows already, and at what libvirt added."""
        self._until(lambda: (known := self._current()) is not None and bool(known.text))
        self._compare()

    def sees(self, *changes: str) -> None:
        """That this came of the last step, in one or several looks, and no more."""
        self._until(lambda: self._current() is not None and said(self._new()) == sorted(changes))
        assert said(self._new()) == sorted(changes)
        self._compare()

    def _until(self, so: Callable[[], bool]) -> None:
        def done() -> bool:
            self._look()
            return so()

        until(done, lambda: f"not as expected, but: {said(self._new())}; {self._vm.state}")

    def _current(self) -> Known | None:
        """What is stored, if it is of libvirt's present document."""
        stored, state = self._store.load(self._vm.id), self._vm.state
        if stored is None or stored.state != state:
            return None
        known = stored.known
        return known if state in ("off", GONE) or known.text == sha256(self._vm.dump()).digest() else None

    def _new(self) -> list[Change]:
        return [entry.change for entry in self._store.history(self._vm.id)][self._read :]

    def _compare(self) -> None:
        known, changes = self._current(), self._new()
        assert known
        devices = {(one.kind, one.id): one for one in known.devices}
        if self._vm.state in ("off", GONE):
            assert devices == self._before
        else:
            assert differences(self._dialect, known, self._vm.dump()) == []
        if self._before:
            assert unexplained(self._dialect, self._before, devices, changes) == []
            assert managed(devices) == managed(self._before)
        self._before, self._read = devices, self._read + len(changes)


# --- the comparison -------------------------------------------------------------------------------------------------


def said(changes: Iterable[Change]) -> list[str]:
    """Changes in words: what, which kind, which of the devices that have names here, and which fields of it."""
    words = (
        " ".join(filter(None, (one.what, one.kind, NAME_OF.get(one.id, ""), *sorted(one.fields))))
        for one in net(changes)
    )
    return sorted(words)


def net(changes: Iterable[Change]) -> list[Change]:
    """What changes of several looks come to: an update goes on where the one before ended, or it stands by itself."""
    found: list[Change] = []
    for one in changes:
        at = max((at for at, other in enumerate(found) if (other.kind, other.id) == (one.kind, one.id)), default=None)
        before = found[at] if at is not None else None
        if at is None or before is None or one.what != "updated" or before.what == "unplugged":
            found.append(one)
        elif before.what == "inserted":
            continue
        elif any(before.fields[name][1] != one.fields[name][0] for name in before.fields.keys() & one.fields.keys()):
            found.append(one)
        else:
            both = {name: (was, one.fields.get(name, (was, now))[1]) for name, (was, now) in before.fields.items()}
            both |= {name: pair for name, pair in one.fields.items() if name not in both}
            fields = {name: (was, now) for name, (was, now) in both.items() if was != now}
            found[at] = attrs.evolve(before, fields=fields)
    return [one for one in found if one.fields or one.what != "updated"]


def differences(dialect: Dialect, known: Known, xml: bytes) -> list[str]:
    """Where what is stored as plugged in is not what a document says, read here and now."""
    entity = dialect.parse(xml)
    ours = Counter((one.kind, one.alias, intent(dialect, one.entity)) for one in known.devices if one.plugged)
    theirs = Counter(
        (kind.name, alias_of(dialect, kind, device), intent(dialect, device))
        for kind in dialect.kinds
        for device in held(entity, kind.name)
    )
    aliases = {one.alias for one in known.devices if one.plugged} - {None}
    named = {str(name) for name in etree.fromstring(xml).xpath("devices/*/alias/@name")}
    vm, kinds = intent(dialect, known.entity), {kind.name for kind in dialect.kinds}
    return [
        *(f"only stored: {one}" for one in ours - theirs),
        *(f"only in the document: {one}" for one in theirs - ours),
        *(f"an alias on one side: {one}" for one in aliases ^ named),
        *([] if vm == intent(dialect, entity, kinds) else [f"the VM: {vm}, and {intent(dialect, entity, kinds)}"]),
    ]


def intent(dialect: Dialect, value: Any, but: Iterable[str] = ()) -> str:
    """All that a value says, without what only a running VM has."""
    if isinstance(value, list):
        return f"[{', '.join(intent(dialect, item) for item in value)}]"
    table = dialect.classes.table(type(value)) if attrs.has(type(value)) else None
    if table is None:
        return repr(value)
    names = [name for name, row in table.fields.items() if not row.live and name not in but]
    told = {name: field for name in names if (field := getattr(value, name)) not in (None, [])}
    return f"{type(value).__name__}({', '.join(f'{name}={intent(dialect, told[name])}' for name in sorted(told))})"


def unexplained(
    dialect: Dialect, before: dict[tuple[str, str], Device], now: dict[tuple[str, str], Device], changes: list[Change]
) -> list[str]:
    """Devices that are others than they were, of which the changes say nothing: each id stays the id of its device."""
    told = {(one.kind, one.id) for one in changes}
    return [
        f"{kind} {id}: {was and intent(dialect, was.entity)}, now {device and intent(dialect, device.entity)}"
        for kind, id in (before.keys() | now.keys()) - told
        for was, device in [(before.get((kind, id)), now.get((kind, id)))]
        if was is None
        or device is None
        or was.plugged != device.plugged
        or intent(dialect, was.entity) != intent(dialect, device.entity)
    ]


def managed(devices: dict[tuple[str, str], Device]) -> set[tuple[str, str]]:
    return {name for name, device in devices.items() if device.managed}
