"""Sockets of consoles and guest agents are cleared, opened to their groups, and removed."""

from __future__ import annotations

import grp
import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects.sockets import ClearedSocket, OpenedSocket
from host_prep.journal import Journal
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

GROUP = grp.getgrgid(os.getgid()).gr_name


@pytest.fixture
def config() -> Iterator[Config]:
    """In a short folder, for a socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as folder:
        made = Config(root=Path(folder), socket_group=GROUP, console_group=GROUP)
        made.channels.mkdir(parents=True)
        made.consoles.mkdir(parents=True)
        yield made


@pytest.fixture
def agent(config: Config) -> Path:
    return config.channels / f"{VM}.org.qemu.guest_agent.0"


@pytest.fixture
def console(config: Config) -> Path:
    return config.consoles / f"{VM}.sock"


@pytest.fixture
def work(host: Host, ovirt: Any, journal: Journal) -> Work:
    return Work(host, ovirt, VM, "web", domain(), journal)


def bound(path: Path) -> Path:
    """A socket as QEMU makes it, and leaves it when it ends."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
    path.chmod(0o755)
    return path


def channel(path: Path, name: str = "org.qemu.guest_agent.0", mode: str = "bind") -> str:
    return f'<channel type="unix"><source mode="{mode}" path="{path}"/><target type="virtio" name="{name}"/></channel>'


def line(path: Path) -> str:
    return f'<console type="unix"><source mode="bind" path="{path}"/><target type="serial" port="0"/></console>'


def seen(host: Host, ovirt: Any, xml: str) -> list[Path]:
    """The sockets that a plan opens; it clears the same."""
    effects = planned(host, ovirt, xml).effects
    opened = [effect.path for effect in effects if isinstance(effect, OpenedSocket)]
    assert opened == [effect.path for effect in effects if isinstance(effect, ClearedSocket)]
    return opened


def test_agents_and_consoles_are_opened_and_leave_nothing(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, agent: Path, console: Path, monkeypatch: Any
) -> None:
    bound(agent)
    begin: Callable[..., None] = libvirt.start

    def started(uuid: str, **how: Any) -> None:
        assert not agent.exists()  # what was left has made room
        begin(uuid, **how)
        bound(agent)
        bound(console)

    monkeypatch.setattr(libvirt, "start", started)
    start(host, journal, ovirt, domain(channel(agent) + line(console)))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (agent, console)] == [0o775, 0o775]
    release(host, journal, ovirt, VM, force=True)
    assert not agent.exists()
    assert not console.exists()


@pytest.mark.parametrize("name", ["com.redhat.rhevm.vdsm", "ovirt-guest-agent.0", "org.qemu.guest_agent.0"])
def test_agents_are_known_by_their_channels_names(host: Host, ovirt: Any, agent: Path, name: str) -> None:
    assert seen(host, ovirt, domain(channel(agent, name))) == [agent]


def test_other_sockets_are_left_alone(host: Host, ovirt: Any, config: Config, agent: Path, console: Path) -> None:
    others = [
        channel(agent, "org.libguestfs.channel.0"),
        channel(agent, mode="connect"),
        channel(config.root / agent.name),
        channel(config.channels / ".." / agent.name),
        channel(config.channels / agent.name.replace(VM, OTHER)),
        line(config.channels / console.name),
        '<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>',
        '<console type="pty"><target type="virtio"/></console>',
    ]
    assert seen(host, ovirt, domain("".join(others))) == []


def test_the_old_spelling_of_run_is_the_same_folder(host: Host, ovirt: Any, config: Config, console: Path) -> None:
    old = config.root / "var/run/ovirt-vmconsole-console" / console.name
    assert seen(host, ovirt, domain(line(old))) == [old]


def test_a_console_and_its_serial_port_are_one_socket(host: Host, ovirt: Any, console: Path) -> None:
    assert seen(host, ovirt, domain(line(console) + line(console))) == [console]


def test_clearing_and_its_undo_may_be_done_twice(work: Work, agent: Path) -> None:
    effect = ClearedSocket(path=bound(agent))
    assert [effect.apply(work, {}), effect.apply(work, {})] == [Outcome.DONE, Outcome.ALREADY]
    bound(agent)
    assert [effect.undo(work, {}), effect.undo(work, {})] == [Outcome.DONE, Outcome.ALREADY]
    assert not agent.exists()


def test_a_link_goes_with_the_socket_that_it_leads_to_and_with_nothing_else(
    work: Work, agent: Path, config: Config
) -> None:
    made, elsewhere = bound(agent.with_name("made")), bound(config.root / "made")
    for target in (made, "made"):
        agent.symlink_to(target)
        ClearedSocket(path=agent).undo(work, {})
        assert not agent.is_symlink()
        assert not made.exists()
    for target in (elsewhere, "../../../../../made"):
        agent.symlink_to(target)
        ClearedSocket(path=agent).undo(work, {})
        assert not agent.is_symlink()
    assert elsewhere.exists()


def test_what_is_no_socket_stays_and_is_told(work: Work, agent: Path) -> None:
    agent.touch()
    effect = ClearedSocket(path=agent)
    with pytest.raises(HostError, match=f"^{agent} is a file; expected a socket, or nothing; remove it$"):
        effect.apply(work, {})
    assert effect.undo(work, {}) == Outcome.ALREADY
    assert agent.exists()


def test_opening_may_be_done_twice_and_behind_a_link(work: Work, agent: Path, config: Config) -> None:
    made = bound(agent.with_name("made"))
    agent.symlink_to(made)
    effect = OpenedSocket(path=agent, group=GROUP)
    effect.apply(work, {})
    effect.apply(work, {})
    assert stat.S_IMODE(made.stat().st_mode) == 0o775


def test_a_guest_runs_without_a_socket(work: Work, agent: Path) -> None:
    assert OpenedSocket(path=agent, group=GROUP).apply(work, {}) == Outcome.ALREADY


def test_a_group_that_the_host_lacks_is_told(work: Work, agent: Path) -> None:
    with pytest.raises(HostError, match="no-such-group"):
        OpenedSocket(path=bound(agent), group="no-such-group").apply(work, {})
