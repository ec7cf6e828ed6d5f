"""Screens that listen in a network of libvirt's."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.network import DisplayNetwork
from host_prep.facts.networks import listened
from host_prep.plan.common import Setting, Step
from xform.errors import HostError


def displays(vm: Entity, setting: Setting) -> Step:
    """Networks that screens listen in are there. Raises HostError where the host has nothing to make one of."""
    networks = {name: graphics for graphics in vm.graphics for name in listened(graphics)}
    return vm, [_network(name, graphics, setting) for name, graphics in networks.items()]


def _network(name: str, graphics: Entity, setting: Setting) -> DisplayNetwork:
    networks, prefix = setting.facts.networks, setting.facts.config.network_prefix
    device = name.removeprefix(prefix)
    there = networks.libvirt.get(name) or (name.startswith(prefix) and device in networks.links)
    if not there:
        kind = type(graphics).__name__.removesuffix("Graphics").lower()
        raise HostError(
            f"{kind} graphics: libvirt has no active network {name}, and the host no link of its name after {prefix!r} "
            "to make it of; set up the host's network first"
        )
    return DisplayNetwork(name=name, device=device, bridge=device in networks.bridges)
