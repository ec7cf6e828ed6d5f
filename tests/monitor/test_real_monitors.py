"""`xform monitor` on real VMs of a libvirtd: killed, from cron, two at once, and a libvirtd that is killed itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

import xform
from tests.libvirtd import NO_DAEMON, kill_libvirtd, libvirtd, uri_of
from tests.monitor.real import Eye, Process
from tests.monitor.real_vm import Vm, disk, id_of, nic, starting
from xform.dialect import Dialect
from xform.hypervisor import EMBED, default_uri, import_libvirt, open_connection
from xform.monitor.manager import tell
from xform.monitor.store import Store

URI, WHY = default_uri()
pytestmark = [
    pytest.mark.skipif(URI != EMBED, reason=WHY),
    pytest.mark.skipif(bool(NO_DAEMON), reason=NO_DAEMON),
    pytest.mark.xdist_group("qemu"),
]

Start = Callable[..., Vm]
Monitors = Callable[..., Process]


@pytest.fixture(scope="module")
def dialect() -> Dialect:
    return xform.load("ovirt")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def store(url: str, dialect: Dialect) -> Iterator[Store]:
    with closing(Store(url, dialect)) as store:
        yield store


@pytest.fixture(scope="module")
def daemon() -> Iterator[str]:
    """The folder of a libvirtd that several processes can ask."""
    with libvirtd() as folder:
        yield folder


@pytest.fixture
def there(daemon: str, tmp_path: Path) -> Iterator[Start]:
    """Starts VMs in the daemon."""
    connection = open_connection(import_libvirt(), uri_of(daemon))
    with closing(connection), starting(connection, tmp_path) as start:
        yield start


@pytest.fixture
def monitors(daemon: str, url: str, tmp_path: Path) -> Iterator[Monitors]:
    """Starts monitors, which end with the test."""
    with ExitStack() as ends:

        def started(*options: str) -> Process:
            process = Process(tmp_path, uri_of(daemon, "libvirt-sock-ro"), url, *options)
            ends.callback(process.kill)
            return process

        yield started


def test_a_monitor_that_is_killed_finds_once_all_that_happened(
    there: Start, monitors: Monitors, store: Store, dialect: Dialect
) -> None:
    vm = there()
    tell(dialect, store, dialect.parse(vm.defined))
    monitor, eye = monitors("--interval", "0.2"), Eye(vm, store, dialect)
    eye.begins()
    vm.plug(disk("more", "sdd"))
    monitor.kill()  # wherever it is
    vm.unplug("data")
    vm.change(nic("front", 1, link="down"))
    again = monitors("--interval", "0.2")
    eye.sees("inserted disks more", "unplugged disks data", "updated nics front linked")
    again.kill()
    vm.plug(disk("data", "sde"))
    third = monitors("--interval", "0.2")
    third.connected()
    third.kill()  # in its first look, before it or behind it
    vm.unplug("more")
    last = monitors("--interval", "0.2")
    eye.sees("returned disks data address target", "unplugged disks more")
    vm.title("The end")
    eye.sees("updated title")
    assert last.stop() == 0
    entries = [(one.change.what, one.change.kind, one.change.id) for one in store.history(vm.id)]
    told = [one for process in (monitor, again, third, last) for one in process.told()]
    assert Counter(told) <= Counter(entries)  # who is killed may have told less


def test_a_monitor_from_cron_looks_once(there: Start, monitors: Monitors, store: Store, dialect: Dialect) -> None:
    vm = there()
    tell(dialect, store, dialect.parse(vm.defined))
    looks: list[Process] = []

    def look() -> None:
        looks.append(monitors("--once"))
        assert looks[-1].end() == 0

    eye = Eye(vm, store, dialect, look)
    eye.begins()
    vm.plug(disk("more", "sdd"))
    vm.suspend()
    eye.sees("inserted disks more")
    assert [process.told() for process in looks[1:]] == [[("inserted", "disks", id_of("more"))]]


def test_two_monitors_of_one_store_find_each_change_once(
    there: Start, monitors: Monitors, store: Store, dialect: Dialect
) -> None:
    vm = there()
    tell(dialect, store, dialect.parse(vm.defined))
    both, eye = [monitors("--interval", "0.1"), monitors("--interval", "0.1")], Eye(vm, store, dialect)
    for monitor in both:
        monitor.connected()
    eye.begins()
    vm.plug(disk("more", "sdd"))
    vm.change(nic("front", 1, link="down"))
    eye.sees("inserted disks more", "updated nics front linked")
    vm.unplug("more")
    vm.title("The end")
    eye.sees("unplugged disks more", "updated title")
    assert [monitor.stop() for monitor in both] == [0, 0]
    entries = [(one.change.what, one.change.kind, one.change.id) for one in store.history(vm.id)]
    assert sorted(one for monitor in both for one in monitor.told()) == sorted(entries)


def test_L193_a_vm_outlives_its_libvirtd_and_is_the_same_when_that_is_back(
    daemon: str, there: Start, monitors: Monitors, store: Store, dialect: Dialect
) -> None:
    vm = there()
    tell(dialect, store, dialect.parse(vm.defined))
    monitor, eye = monitors("--interval", "0.2"), Eye(vm, store, dialect)
    eye.begins()
    kill_libvirtd(daemon)
    with closing(open_connection(import_libvirt(), uri_of(daemon))) as vm.connection:
        monitor.connected(2)
        eye.sees()
        vm.plug(disk("more", "sdd"))
        eye.sees("inserted disks more")
        vm.end()
    assert monitor.stop() == 0
