"""With a real libvirtd: what ends is released at once, and a monitor follows a host by what host-prep tells of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from tests.host_prep.conftest import VM, domain
from tests.libvirtd import NO_DAEMON, libvirtd, uri_of
from tests.monitor.real_vm import until
from xform.monitor.agent import Agent
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

pytestmark = [
    pytest.mark.xdist_group("host-prep-libvirtd"),
    pytest.mark.skipif(bool(NO_DAEMON), reason=NO_DAEMON),
]

HOST_PREP = [sys.executable, "-m", "host_prep"]


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    with libvirtd() as folder:
        yield uri_of(folder)


@pytest.fixture
def settings(uri: str, tmp_path: Path) -> Path:
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps({"root": str(tmp_path / "host"), "connect": uri}))
    return file


@pytest.fixture
def libvirt(uri: str) -> Iterator[Libvirt]:
    opened = Libvirt(uri)
    yield opened
    opened.close()


@pytest.fixture
def started(settings: Path, libvirt: Libvirt, tmp_path: Path) -> Iterator[None]:
    """A VM that host-prep has started."""
    document = tmp_path / "vm.xml"
    document.write_text(domain())
    host_prep(settings, "start", str(document))
    yield
    if libvirt.domain(VM):
        host_prep(settings, "release", VM, "--force")


def host_prep(settings: Path, *arguments: str) -> str:
    done = subprocess.run(
        [*HOST_PREP, *arguments], env={**os.environ, "HOST_PREP_CONFIG": str(settings)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def watching(settings: Path) -> Iterator[None]:
    """`host-prep watch`, which looks by itself only once an hour; it ends well."""
    command = [*HOST_PREP, "watch", "--interval", "3600", "--config", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        line = next(line for line in process.stderr if "watching" in line)
        assert "watching" in line
        yield
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


def left(settings: Path) -> list[str]:
    with Journal(settings.parent / "host/var/lib/host-prep") as journal:
        return [vm.id for vm in journal.vms()]


@pytest.mark.usefixtures("started")
def test_a_vm_that_ends_is_released_as_soon_as_libvirt_says_so(settings: Path, libvirt: Libvirt) -> None:
    with watching(settings):
        assert left(settings) == [VM]
        libvirt.destroy(VM)
        until(lambda: left(settings) == [])
    assert libvirt.domain(VM) is None


@pytest.mark.usefixtures("started")
def test_a_watcher_adopts_what_runs_and_leaves_it_when_it_ends(settings: Path, libvirt: Libvirt) -> None:
    with watching(settings):
        pass
    domain = libvirt.domain(VM)
    assert domain
    assert domain.active
    assert left(settings) == [VM]


@pytest.mark.usefixtures("started")
def test_a_monitor_follows_the_host_by_its_agent(settings: Path, ovirt: Any, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", ovirt)
    agent = Agent("agent", ["env", f"HOST_PREP_CONFIG={settings}", *HOST_PREP])
    told: list[tuple[str, int]] = []
    monitor = Monitor(ovirt, store, [agent], on_change=lambda vm, changes: told.append((vm.id, len(changes))))
    assert monitor.once()
    assert [id for id, _ in told] == [VM]
    stored = store.load(VM)
    assert stored
    assert (stored.state, stored.known.name) == ("running", "web")
    assert monitor.once()
    assert len(told) == 1
    store.close()
