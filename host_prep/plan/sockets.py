"""Sockets of consoles and of guest agents: cleared before the guest runs, opened to their groups when it does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from host_prep.effect import Entity
from host_prep.effects.sockets import ClearedSocket, OpenedSocket
from host_prep.plan.common import Setting, Step

AGENTS = ("com.redhat.rhevm.vdsm", "ovirt-guest-agent.0", "org.qemu.guest_agent.0")


def cleared(vm: Entity, setting: Setting) -> Step:
    return vm, [ClearedSocket(path=path) for path, _ in _sockets(vm, setting)]


def sockets(vm: Entity, setting: Setting) -> Step:
    return vm, [OpenedSocket(path=path, group=group) for path, group in _sockets(vm, setting)]


def _sockets(vm: Entity, setting: Setting) -> list[tuple[Path, str | None]]:
    """With the group that may use them, each once: libvirt shows a serial port's console twice."""
    config = setting.facts.config
    agents = (channel for channel in vm.channels if getattr(channel, "name", None) in AGENTS)
    return list(
        dict(
            [
                *((path, config.socket_group) for path in _own(vm, agents, config.channels)),
                *((path, config.console_group) for path in _own(vm, vm.consoles, config.consoles)),
            ]
        ).items()
    )


def _own(vm: Entity, devices: Iterator[Entity] | list[Entity], folder: Path) -> Iterator[Path]:
    """The sockets of devices that QEMU makes in a folder; one that does not bear the VM's id may be anybody's."""
    for device in devices:
        if getattr(device, "type", None) == "unix":
            for source in device.sources:
                text = getattr(source, "path", None)
                if text and source.mode != "connect" and _in(folder, Path(text)) and Path(text).name.startswith(vm.id):
                    yield Path(os.path.normpath(text))


def _in(folder: Path, path: Path) -> bool:
    return _plain(path).parent == _plain(folder)


def _plain(path: Path) -> Path:
    """One spelling: /var/run is /run, and nothing goes up."""
    return Path(os.path.normpath(path).replace("/var/run/", "/run/"))
