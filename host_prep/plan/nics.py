"""Network cards: what they are connected to is there.  Nothing takes the place of a network that is not."""

from __future__ import annotations

from host_prep.effect import Effect, Entity
from host_prep.plan.common import Setting, Step
from host_prep.plan.hostdevs import detached
from xform.errors import HostError


def nics(vm: Entity, setting: Setting) -> Step:
    """Cards of the host are free for the guest. Raises HostError where a card's network is not on the host."""
    return vm, [effect for nic in cards(vm, setting) for effect in _effects(nic, setting)]


def cards(vm: Entity, setting: Setting) -> list[Entity]:
    """The network cards that the tables can say."""
    return [nic for nic in vm.nics if isinstance(nic, setting.dialect.Nic)]


def named(nic: Entity) -> str:
    """A card in messages, and in effects: its id, MAC or alias."""
    return next((name for name in (nic.id, nic.mac, nic.alias) if name), "without a name")


def _effects(nic: Entity, setting: Setting) -> list[Effect]:
    dialect, source, what = setting.dialect, nic.source, f"NIC {named(nic)}"
    if isinstance(source, dialect.BridgeInterfaceSource):
        _check_bridge(nic, what, setting)
    elif isinstance(source, dialect.NetworkInterfaceSource):
        _check_network(source, what, setting)
    elif isinstance(source, dialect.HostdevInterfaceSource):
        return _own(source, what, setting)
    return []


def _check_bridge(nic: Entity, what: str, setting: Setting) -> None:
    """A bridge of Open vSwitch is a link like any other."""
    networks, bridge = setting.facts.networks, nic.source.bridge
    switched = getattr(nic.virtual_port, "type", None) == "openvswitch"
    if bridge not in (networks.links if switched else networks.bridges):
        raise HostError(f"{what}: the host has no bridge {bridge}; set up the host's network first")


def _check_network(source: Entity, what: str, setting: Setting) -> None:
    active = setting.facts.networks.libvirt.get(source.network)
    if not active:
        state = "no network" if active is None else "an inactive network"
        raise HostError(f"{what}: libvirt has {state} {source.network}; define and start it first")


def _own(source: Entity, what: str, setting: Setting) -> list[Effect]:
    """A card of the host, such as a virtual function."""
    is_pci = isinstance(source.address, setting.dialect.PciHostAddress)
    return detached(source.address, source.managed, what, setting) if is_pci else []
