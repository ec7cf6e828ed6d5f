"""The networks of the host: its links and bridges, and libvirt's own networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from host_prep.effect import Entity
    from host_prep.system import Host


@frozen(kw_only=True)
class Networks:
    """What a card or a screen may be connected to, by its exact name."""

    links: frozenset[str] = frozenset()
    bridges: frozenset[str] = frozenset()
    libvirt: dict[str, bool] = field(factory=dict)  # its networks, and whether they are active


def look_at_networks(host: Host, vm: Entity) -> Networks:
    """From sysfs; libvirt is asked only where the VM names a network of its."""
    folder = host.config.sys / "class" / "net"
    links = host.names(folder)
    return Networks(
        links=frozenset(links),
        bridges=frozenset(link for link in links if host.exists(folder / link / "bridge")),
        libvirt=host.libvirt.networks() if networks_of(vm) else {},
    )


def networks_of(vm: Entity) -> set[str]:
    """libvirt's networks that a VM's cards are in, or its screens are seen at."""
    cards = {getattr(getattr(nic, "source", None), "network", None) for nic in vm.nics}
    return {name for name in cards if name}.union(*map(listened, vm.graphics))


def listened(graphics: Entity) -> list[str]:
    """libvirt's networks that a screen is seen at."""
    names = [getattr(listen, "network", None) for listen in getattr(graphics, "listens", ())]
    return [name for name in names if name]
