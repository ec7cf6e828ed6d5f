"""With a libvirtd of the test's own and real QEMU: what the drivers within a process lack."""

from __future__ import annotations

import grp
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from host_prep.config import Config
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.request import Request, Secret, Ticket
from host_prep.start import release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.libvirtd import NO_DAEMON, libvirtd, uri_of
from tests.monitor.real_vm import until
from xform.hypervisor import EMBED, default_uri
from xform.hypervisor import import_libvirt as library

URI, WHY = default_uri()
pytestmark = [
    pytest.mark.skipif(URI != EMBED, reason=WHY),
    pytest.mark.skipif(bool(NO_DAEMON), reason=NO_DAEMON),
    pytest.mark.xdist_group("qemu"),
]

SECRET = "5c1d6b1f-33a2-4a4c-9a57-1c2e9d3f7a60"


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    with libvirtd() as folder:
        yield uri_of(folder)


@pytest.fixture
def config() -> Iterator[Config]:
    """The machine's own CPUs; all else in a short folder, for a socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as folder:
        group = grp.getgrgid(os.getgid()).gr_name
        made = Config(root=Path(folder), sys=Path("/sys"), socket_group=group)
        made.channels.mkdir(parents=True)
        yield made


@pytest.fixture
def host(config: Config, uri: str) -> Iterator[Host]:
    libvirt = Libvirt(uri)
    yield Host(config, libvirt)
    for one in libvirt.domains():
        libvirt.destroy(one.uuid)
        libvirt.undefine(one.uuid)
    libvirt.close()


def test_secret_ticket_and_socket_are_there_while_the_guest_runs_and_gone_then(
    host: Host, journal: Journal, ovirt: Any
) -> None:
    agent = host.config.channels / f"{VM}.org.qemu.guest_agent.0"
    devices = f"""<graphics type="vnc"><listen type="none"/></graphics><channel type="unix">
      <source mode="bind" path="{agent}"/><target type="virtio" name="org.qemu.guest_agent.0"/></channel>"""
    request = Request(
        secrets=[Secret(id=SECRET, usage="ceph", name="ovirt/volumes", value=b"key")],
        tickets=[Ticket(type="vnc", password="pq7Zx2Kd", valid_to="2030-01-31T12:00:00", connected="keep")],
    )
    start(host, journal, ovirt, domain(devices), request)
    libvirt = host.libvirt
    assert libvirt.secrets() == [SECRET]
    screen = etree.fromstring(libvirt.document(VM, secure=True)).find("devices/graphics")
    assert screen is not None
    assert (screen.get("passwd"), screen.get("passwdValidTo")) == ("pq7Zx2Kd", "2030-01-31T12:00:00")
    assert stat.S_IMODE(agent.stat().st_mode) & 0o020
    assert release(host, journal, ovirt, VM, force=True)
    assert libvirt.secrets() == []
    assert not agent.exists()


def test_L367_a_connection_that_listened_is_closed(host: Host) -> None:
    def sockets() -> int:
        links = (os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
        return sum(link.startswith("socket:") for link in links)

    host.libvirt.close()
    before = sockets()
    for _ in range(3):
        host.libvirt.listen(lambda _: None)
        assert sockets() > before
        host.libvirt.close()
    until(lambda: sockets() == before)  # libvirt's own thread lets go of the last


def test_a_secret_is_given_to_nobody(host: Host, journal: Journal, ovirt: Any) -> None:
    secret = Secret(id=SECRET, usage="volume", name="/data/one", value=b"key")
    start(host, journal, ovirt, domain(), Request(secrets=[secret]))
    connection = library().open(host.libvirt.uri)
    with pytest.raises(library().libvirtError, match="secret is private"):
        connection.secretLookupByUUIDString(SECRET).value()
    connection.close()
    release(host, journal, ovirt, VM, force=True)


@pytest.mark.skipif(os.cpu_count() == 1, reason="one CPU cannot be shared out")
def test_vcpus_run_where_no_vm_has_cpus_for_itself(host: Host, journal: Journal, ovirt: Any) -> None:
    def affinity() -> set[str]:
        return set(ovirt.parse(host.libvirt.document(OTHER)).cpu_tune.vcpu_pins.values())

    first = min(os.sched_getaffinity(0))
    pins = f'<cputune><vcpupin vcpu="0" cpuset="{first}"/><vcpupin vcpu="1" cpuset="{first}"/></cputune>'
    start(host, journal, ovirt, domain(id=OTHER, name="other"))
    start(host, journal, ovirt, domain(more=pins, policy="dedicated"))
    taken = affinity()
    release(host, journal, ovirt, VM, force=True)
    given_back = affinity()
    release(host, journal, ovirt, OTHER, force=True)
    online = (host.config.sys / "devices/system/cpu/online").read_text().strip()
    assert given_back == {online}
    assert len(taken) == 1
    assert taken != given_back
