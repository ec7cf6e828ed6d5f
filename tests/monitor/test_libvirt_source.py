"""libvirt as a source: its mock, and real QEMU through the embedded driver."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.monitor.hosts import Heard, running
from xform.dialect import Dialect
from xform.errors import HostError
from xform.hypervisor import EMBED, TEST, Hypervisor, default_uri, import_libvirt, open_connection
from xform.monitor.libvirt import Libvirt
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

URI, WHY = default_uri()
real = [
    pytest.mark.skipif(URI != EMBED, reason=WHY),
    pytest.mark.xdist_group("qemu"),  # one process probes QEMU once
]
uris = pytest.mark.parametrize(
    ("uri", "kind"), [pytest.param(TEST, "test", id="mock"), pytest.param(EMBED, "qemu", id="qemu", marks=real)]
)

VM = """<domain type='{}'>
  <name>{}</name>
  <uuid>{}</uuid>
  <memory unit='MiB'>64</memory>
  <os><type>hvm</type></os>
  <devices>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <disk type='file' device='cdrom'><target dev='sda' bus='scsi'/><alias name='ua-cd'/></disk>
    <memballoon model='virtio'/>
  </devices>
</domain>"""

DISK = """<disk type='file' device='disk'>
  <driver name='qemu' type='raw'/><source file='{}'/><target dev='sdb' bus='scsi'/><alias name='ua-more'/>
</disk>"""


@pytest.fixture
def source(uri: str) -> Iterator[Libvirt]:
    source = Libvirt(uri)
    source.connect()
    yield source
    source.close()


@pytest.fixture
def hypervisor(uri: str) -> Iterator[Hypervisor]:
    with Hypervisor(uri) as hypervisor:
        yield hypervisor


@pytest.fixture
def domain(hypervisor: Hypervisor, uri: str, kind: str) -> Any:
    """A domain that runs, as whoever may do all sees it."""
    vm = hypervisor.start(VM.format(kind, f"followed-{kind}", uuid.uuid4()))
    return open_connection(import_libvirt(), uri).lookupByUUIDString(vm)


def named(source: Libvirt, vm: str) -> bool:
    """Whether an event names it, in time."""
    found = source.wait(60)
    while found and vm not in found:
        found = source.wait(60)
    return bool(found)


@uris
def test_it_tells_state_and_run_of_every_vm(source: Libvirt, domain: Any) -> None:
    status = {one.id: one for one in source.status()}[domain.UUIDString()]
    assert (status.state, status.run, status.digest) == ("running", str(domain.ID()), None)
    domain.suspend()
    assert [one.state for one in source.status({domain.UUIDString()})] == ["paused"]


@uris
def test_it_dumps_the_live_document(source: Libvirt, domain: Any) -> None:
    vm = domain.UUIDString()
    [(dumped, document)] = source.dump([vm])
    assert dumped == vm
    assert isinstance(document, bytes)
    assert f" id='{domain.ID()}'>".encode() in document


@uris
def test_a_vm_that_is_gone_is_neither_listed_nor_dumped(source: Libvirt, uri: str, kind: str) -> None:
    nobody = str(uuid.uuid4())
    assert source.status({nobody}) == []
    assert list(source.dump([nobody])) == []


@uris
def test_events_name_the_vm(source: Libvirt, domain: Any) -> None:
    vm = domain.UUIDString()
    assert named(source, vm)  # it started
    domain.suspend()
    assert named(source, vm)
    domain.setMetadata(import_libvirt().VIR_DOMAIN_METADATA_TITLE, "new", None, None)
    assert named(source, vm)


@uris
def test_waking_it_ends_a_wait(source: Libvirt, uri: str, kind: str) -> None:
    while source.wait(0):
        pass
    source.wake()
    assert source.wait(3600) == set()


@pytest.mark.parametrize(("uri", "kind"), [(TEST, "test")])
def test_a_vm_that_is_defined_and_does_not_run_is_off(source: Libvirt, uri: str, kind: str) -> None:
    connection = open_connection(import_libvirt(), uri)
    domain = connection.defineXML(VM.format(kind, "defined", uuid.uuid4()))
    try:
        assert [(one.state, one.run) for one in source.status({domain.UUIDString()})] == [("off", None)]
    finally:
        domain.undefine()
        connection.close()


@pytest.mark.parametrize(("uri", "kind"), [(TEST, "test")])
def test_L177_a_connection_that_was_closed_names_nothing_any_more(
    source: Libvirt, domain: Any, uri: str, kind: str
) -> None:
    source.close()
    source.connect()
    while source.wait(0):
        pass
    domain.suspend()
    assert source.wait(60) == {domain.UUIDString()}


def test_a_host_that_cannot_be_reached_is_told_in_one_line() -> None:
    source = Libvirt("no-such:///x")
    with pytest.raises(HostError, match=r"^no-such:///x: ") as error:
        source.connect()
    assert "\n" not in str(error.value)
    source.close()


@pytest.mark.parametrize("uri", [pytest.param(TEST, id="mock"), pytest.param(EMBED, id="qemu", marks=real)])
def test_it_is_connected_as_often_as_one_likes(uri: str) -> None:
    for _ in range(25):
        source = Libvirt(uri)
        source.connect()
        source.close()


# --- a daemon -------------------------------------------------------------------------------------------------------


class Daemon:
    """A libvirtd with the mock in it, on a socket of its own and in folders that nobody else sees."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "libvirt-sock-ro"
        self._config = folder / "libvirtd.conf"
        self._config.write_text(
            f'unix_sock_dir = "{folder}"\nauth_unix_ro = "none"\nauth_unix_rw = "none"\n'
            f'unix_sock_group = "root"\nlog_outputs = "4:file:{folder}/log"\n'
        )

    @property
    def uri(self) -> str:
        return f"test+unix:///default?socket={self.socket}"

    def start(self) -> None:
        folders = "mount -t tmpfs none /run && mount -t tmpfs none /var/lib && mount -t tmpfs none /var/cache"
        daemon = f"exec libvirtd -f {self._config} -p {self._config.with_name('pid')}"
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*APART, "sh", "-c", f"{folders} && {daemon}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not self._answers():
            assert self._process.poll() is None
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(self.socket)) == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


APART = ("unshare", "--mount")
NO_DAEMON = (
    "no libvirtd (Debian package libvirt-daemon)"
    if not shutil.which("libvirtd", path=f"{os.environ['PATH']}:/usr/sbin")
    else "no mounts of one's own here"
    if not shutil.which("unshare") or subprocess.run([*APART, "true"], capture_output=True).returncode
    else ""
)


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    # in a folder that is short enough for sockets
    with tempfile.TemporaryDirectory(prefix="x") as folder:
        daemon = Daemon(Path(folder))
        daemon.start()
        yield daemon
        daemon.kill()


@pytest.mark.skipif(bool(NO_DAEMON), reason=NO_DAEMON)
def test_L178_a_daemon_that_is_gone_is_noticed_at_once_and_found_again_when_it_is_back(daemon: Daemon) -> None:
    source = Libvirt(daemon.uri)
    source.connect()
    [status] = source.status()
    assert [vm for vm, _ in source.dump([status.id])] == [status.id]
    daemon.kill()
    assert source.wait(3600) is None
    with pytest.raises(HostError, match=r"^test\+unix:///default.*: "):
        list(source.dump([status.id]))
    source.close()
    with pytest.raises(HostError):
        source.connect()
    source.close()
    daemon.start()
    source.connect()
    assert source.status() == [status]
    source.close()


# --- the monitor on it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("uri", "kind"), [pytest.param(EMBED, "qemu", id="qemu", marks=real)])
def test_what_is_plugged_behind_the_monitors_back_is_followed_by_events(
    domain: Any, uri: str, store: Store, dialect: Dialect, tmp_path: Path
) -> None:
    image, vm = tmp_path / "more.img", domain.UUIDString()
    image.write_bytes(bytes(1 << 20))
    heard = Heard()

    def targets() -> set[str]:
        stored = store.load(vm)
        devices = stored.known.devices if stored else ()
        return {one.entity.target for one in devices if one.kind == "disks" and one.plugged}

    with running(Monitor(dialect, store, [Libvirt(uri)], interval=3600, on_change=heard)):
        heard.until(lambda: targets() == {"sda"})
        domain.attachDevice(DISK.format(image))
        heard.until(lambda: targets() == {"sda", "sdb"})
        domain.detachDevice(DISK.format(image))
        heard.until(lambda: targets() == {"sda"})
    domain.destroy()
    assert Monitor(dialect, store, [Libvirt(uri)]).once()
    assert (store.states()[vm].state, targets()) == ("gone", {"sda"})
