"""Devices that follow from no object of the manager's: balloon, random numbers, watchdog, TPM, consoles, agents."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from attrs import evolve

from .common import claim, each, shown, virtio
from .context import Entity, Setting, complete
from .controllers import usb_usable

_AGENT = "ovirt-guest-agent.0"
_QEMU_AGENT = "org.qemu.guest_agent.0"
_ENTROPY = {"random": "/dev/random", "urandom": "/dev/urandom", "hwrng": "/dev/hwrng"}
_TPMS = {"x86": "tpm-crb", "ppc": "tpm-spapr"}
_STATISTICS = 5
"""Seconds between statistics of the balloon."""


def plan(vm: Entity, setting: Setting) -> Entity:
    """Every device complete, and those there that the VM has without being asked."""
    for step in (_balloon, _simple, _smartcard, _redirection, _consoles, _channels):
        vm = step(vm, setting)
    return vm


def recall(vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    """Where random numbers come from, the smart card, how many devices the client may redirect."""
    dialect = setting.dialect
    paths = {path: source for source, path in _ENTROPY.items()}

    def rng(item: Entity) -> Entity:
        path = getattr(item.backend, "path", None) or ""
        return evolve(item, source=paths.get(path, item.source))

    slots = sum(isinstance(item, dialect.RedirDev) and item.type == "spicevmc" for item in vm.redirdevs)
    before = known and known.usb_slots
    card = any(map(_is_clients(dialect), vm.smartcards))
    return evolve(
        vm,
        rngs=each(vm.rngs, dialect.Rng, rng),
        smartcard=card if card or (known and known.smartcard is not None) else None,
        usb_slots=slots if slots != (before or 0) and (slots or "spice" in shown(vm, setting)) else before,
        guest_agent=known and known.guest_agent,
    )


def _balloon(vm: Entity, setting: Setting) -> Entity:
    if vm.balloon is not None:
        return vm
    dialect = setting.dialect
    if vm.ballooning_enabled is False:
        return evolve(vm, balloon=dialect.Balloon(model="none"))  # libvirt would add one
    return evolve(vm, balloon=dialect.Balloon(model=virtio(vm, setting), stats_period=_STATISTICS))


def _simple(vm: Entity, setting: Setting) -> Entity:
    dialect = setting.dialect

    def rng(item: Entity) -> Entity:
        backend = dialect.RandomRngBackend(path=_ENTROPY[item.source or "urandom"])
        return complete(item, model=virtio(vm, setting), backend=backend)

    def watchdog(item: Entity) -> Entity:
        model = "diag288" if setting.family == "s390x" else "i6300esb"  # s390x has no PCI watchdog
        return complete(item, model=model, action="none")

    def tpm(item: Entity) -> Entity:
        backend = dialect.EmulatorTpmBackend(version="2.0")
        return complete(item, model=_TPMS.get(setting.family), backend=backend)

    return evolve(
        vm,
        rngs=each(vm.rngs, dialect.Rng, rng),
        watchdogs=each(vm.watchdogs, dialect.Watchdog, watchdog),
        tpms=each(vm.tpms, dialect.Tpm, tpm),
    )


def _is_clients(dialect: Any) -> Any:
    """Whether a smart card is in the reader of whoever looks at the screen."""
    return lambda item: isinstance(item, dialect.PassthroughSmartcard) and item.source_type == "spicevmc"


def _smartcard(vm: Entity, setting: Setting) -> Entity:
    if not vm.smartcard or any(map(_is_clients(setting.dialect), vm.smartcards)):
        return vm
    return evolve(vm, smartcards=[*vm.smartcards, setting.dialect.PassthroughSmartcard(source_type="spicevmc")])


def _redirection(vm: Entity, setting: Setting) -> Entity:
    """One for each USB slot; the client's devices come through SPICE."""
    if not vm.usb_slots or "spice" not in shown(vm, setting) or not usb_usable(vm, setting):
        return vm
    dialect = setting.dialect
    have = sum(isinstance(item, dialect.RedirDev) for item in vm.redirdevs)
    new = [dialect.RedirDev(bus="usb", type="spicevmc") for _ in range(have, vm.usb_slots)]
    return evolve(vm, redirdevs=[*vm.redirdevs, *new])


def _consoles(vm: Entity, setting: Setting) -> Entity:
    """libvirt makes the serial port of the first console by itself, where it has one."""
    dialect = setting.dialect
    ports = {item.port for item in vm.consoles if isinstance(item, dialect.Console)}
    paths = _paths(vm.consoles, dialect.Console)

    def console(item: Entity) -> Entity:
        item = complete(item, type="pty", target_type=setting.os.console)
        if item.port is None:
            item = evolve(item, port=claim(ports, count()))
        folder = setting.host.consoles
        names = (f"{folder}/{vm.id}{f'.{number}' if number else ''}.sock" for number in count())
        return _listening(item, names, paths, dialect)

    return evolve(vm, consoles=each(vm.consoles, dialect.Console, console))


def _channels(vm: Entity, setting: Setting) -> Entity:
    """QEMU's guest agent always has one, the manager's own where the guest may still have it."""
    dialect = setting.dialect
    have = {item.name for item in vm.channels if isinstance(item, dialect.Channel)}
    wanted = [*([_AGENT] if setting.os.agent_channel else []), _QEMU_AGENT]
    new = [dialect.Channel(type="unix", target_type="virtio", name=name) for name in wanted if name not in have]
    paths = _paths(vm.channels, dialect.Channel)

    def channel(item: Entity) -> Entity:
        start = f"{setting.host.channels}/{vm.id}.{item.name or 'channel'}"
        names = (f"{start}{f'.{number}' if number else ''}" for number in count())
        return _listening(item, names, paths, dialect)

    return evolve(vm, channels=each([*vm.channels, *new], dialect.Channel, channel))


def _listening(item: Entity, names: Iterable[str], taken: set[str], dialect: Any) -> Entity:
    """A socket of its own for the other end of what has none."""
    if item.type != "unix" or item.sources:
        return item
    return evolve(item, sources=[dialect.CharacterSource(mode="bind", path=claim(taken, names))])


def _paths(items: Iterable[Entity], cls: Any) -> set[str]:
    return {
        source.path for item in items if isinstance(item, cls) for source in item.sources if hasattr(source, "path")
    }
