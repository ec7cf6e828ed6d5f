"""Cards that get a copy of whole networks' traffic."""

from __future__ import annotations

from host_prep.effect import Effect, Entity
from host_prep.effects.mirror import MirroredBridge, PortMirror, PromiscuousBridge
from host_prep.plan.common import Setting, Step
from host_prep.plan.nics import cards, named
from xform.errors import HostError


def mirroring(vm: Entity, setting: Setting) -> Step:
    """Traffic is copied once a card has its link on the host. Raises HostError where the host lacks the network."""
    copies = list(dict.fromkeys((bridge, named(nic)) for nic in cards(vm, setting) for bridge in nic.port_mirroring))
    for bridge, nic in copies:
        if bridge not in setting.facts.networks.links:
            raise HostError(f"NIC {nic}: the host has no link {bridge} to mirror; set up the host's network first")
    effects: list[Effect] = []
    for bridge in dict.fromkeys(bridge for bridge, _ in copies):
        effects += [MirroredBridge(bridge=bridge), PromiscuousBridge(bridge=bridge)]
    return vm, [*effects, *(PortMirror(bridge=bridge, nic=nic) for bridge, nic in copies)]
