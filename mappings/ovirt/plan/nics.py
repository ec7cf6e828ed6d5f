"""Network cards: what each is connected to, and what its profile and network make of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import chain, count
from typing import Any

from attrs import evolve

from .common import PCI_PLACE, claim, counterpart, each, name_at, virtio
from .context import Entity, Network, NetworkQos, Setting, VnicProfile, complete
from .cpus import online
from .identities import identify

_MODELS = {"rtl8139": "rtl8139", "e1000": "e1000", "e1000e": "e1000e", "spapr_vlan": "spapr-vlan"}
_MOST_QUEUES = 4
_QUEUES = "queues"
"""Of a profile: how many; it is no property for hooks."""


def plan(vm: Entity, setting: Setting) -> Entity:
    """Every NIC complete, and beside each that leaves for migration the one that stays.

    NICs that are not plugged are no part of a document; `recall` brings them back.
    """
    cls = setting.dialect.Nic
    vm = identify(vm, setting, "nics")
    plugged = [nic for nic in vm.nics if not isinstance(nic, cls) or nic.plugged]
    macs = {nic.mac for nic in plugged if isinstance(nic, cls)}

    def connected(nic: Entity) -> Entity:
        mac = nic.mac or claim(macs, _macs(nic.id))
        return _connected(evolve(nic, mac=mac), vm, setting)

    return _failovers(evolve(vm, nics=each(plugged, cls, connected)), setting)


def _macs(id: str) -> Iterator[str]:
    """MACs that are made of an id."""
    for number in count():
        digits = (str(uuid.uuid5(uuid.UUID(id), str(number))) if number else id)[-8:]
        yield "56:6f:" + ":".join(digits[at : at + 2] for at in range(0, 8, 2))


def recall(vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    """Networks by their bridges, profiles by all that they lead to, kinds by models, virtual functions by addresses."""
    cls = setting.dialect.Nic
    before = [nic for nic in (known.nics if known else []) if isinstance(nic, cls)]
    there = {nic.id for nic in vm.nics if isinstance(nic, cls)}
    back = [nic for nic in before if not nic.plugged and nic.id not in there]

    def found(nic: Entity) -> Entity:
        other = counterpart(nic, before, "id", "mac")
        return _recalled(nic, other, vm, known, setting)

    return evolve(vm, nics=[*each(vm.nics, cls, found), *back])


# --- what a NIC is connected to -----------------------------------------------------------------------------------


def profile_of(nic: Entity, setting: Setting) -> VnicProfile | None:
    return next((profile for profile in setting.cluster.vnic_profiles if profile.id == nic.vnic_profile_id), None)


def network_of(nic: Entity, setting: Setting) -> Network | None:
    """The network that a NIC names, that its profile leads to, or whose bridge it is on; None: it has no network."""
    profile = profile_of(nic, setting)
    bridge = nic.source.bridge if isinstance(nic.source, setting.dialect.BridgeInterfaceSource) else None
    name = nic.network or (profile.network if profile else None)
    if name is None:
        return _network_on(bridge, setting)
    return next((network for network in setting.cluster.networks if network.name == name), Network(name=name))


def _network_on(bridge: str | None, setting: Setting) -> Network | None:
    if bridge == setting.host.dummy_bridge:
        return None
    found = [network for network in setting.cluster.networks if network.on_host == bridge]
    return found[0] if len(found) == 1 else None


def passthrough(nic: Entity, setting: Setting) -> bool:
    """Whether the guest uses a virtual function of the host's card."""
    if nic.source is not None:
        return isinstance(nic.source, setting.dialect.HostdevInterfaceSource)
    profile = profile_of(nic, setting)
    return nic.interface_type == "pci_passthrough" or (profile is not None and profile.passthrough)


def _connected(nic: Entity, vm: Entity, setting: Setting) -> Entity:
    dialect = setting.dialect
    profile = profile_of(nic, setting)
    network = network_of(nic, setting)
    if network and (nic.network or nic.vnic_profile_id):
        nic = complete(nic, network=network.name)
    if profile:
        own = {name: value for name, value in profile.custom_properties.items() if name != _QUEUES}
        nic = evolve(nic, custom_properties=own | nic.custom_properties)
        if profile.port_mirroring and network and not nic.port_mirroring:
            nic = evolve(nic, port_mirroring=[network.on_host])
    if passthrough(nic, setting):
        return _function(nic, profile, network, vm, setting)
    nic = complete(nic, model=model_of(nic.interface_type, vm, setting))
    if nic.source is None:
        nic = evolve(nic, source=_source(network, setting))
    if not isinstance(nic.source, dialect.BridgeInterfaceSource):
        return nic  # QEMU's own network knows none of the rest
    return _bridged(nic, profile, network, vm, setting)


def _source(network: Network | None, setting: Setting) -> Entity:
    if setting.host.networking == "user":
        return setting.dialect.UserInterfaceSource()
    return setting.dialect.BridgeInterfaceSource(bridge=network.on_host if network else setting.host.dummy_bridge)


def model_of(interface_type: str | None, vm: Entity, setting: Setting) -> str:
    """libvirt's model of a kind of NIC; one that is two kinds in one is virtio once the guest's agent was seen."""
    if interface_type == "rtl8139_virtio":
        return "pv" if vm.guest_agent else "rtl8139"
    return _MODELS.get(interface_type or "virtio", virtio(vm, setting))


def _function(
    nic: Entity, profile: VnicProfile | None, network: Network | None, vm: Entity, setting: Setting
) -> Entity:
    """A virtual function of the host's card; the switch in the card puts its traffic on the VLAN.

    It has the MTU that its card has: libvirt refuses one here.
    """
    dialect = setting.dialect
    device = setting.host.device(nic.host_device)
    if nic.source is None:
        place = {name: device.address.get(name) for name in PCI_PLACE} if device else None
        address = dialect.PciHostAddress(**place) if place else None
        nic = evolve(nic, source=dialect.HostdevInterfaceSource(managed=False, address=address))
    if network and network.vlan is not None and not nic.vlans:
        nic = evolve(nic, vlans=[dialect.VlanTag(id=network.vlan)])
    return _limited(complete(nic, driver="vfio"), profile, vm, setting)


def _bridged(nic: Entity, profile: VnicProfile | None, network: Network | None, vm: Entity, setting: Setting) -> Entity:
    driver = vhost(vm.custom_properties.get("vhost", "")).get(network.name) if network else None
    nic = complete(
        nic,
        linked=network is not None,
        isolated=True if network and network.port_isolation else None,
        queues=queue_count(nic, profile, vm),
        mtu=mtu(network, setting),
    )
    return _limited(complete(nic, driver=driver or ("vhost" if nic.queues else None)), profile, vm, setting)


def queue_count(nic: Entity, profile: VnicProfile | None, vm: Entity) -> int | None:
    """Queues that a profile wants, else one for each CPU of a virtio NIC; one is never said, as libvirt forgets it."""
    text = profile.custom_properties.get(_QUEUES) if profile else None
    if text is not None and text.isdecimal():
        queues = int(text)
    elif vm.multi_queues and nic.model in ("virtio", "virtio-transitional", "virtio-non-transitional"):
        queues = min(online(vm), _MOST_QUEUES)
    else:
        return None
    return queues if queues > 1 else None


def vhost(text: str) -> dict[str, str]:
    """Who carries the traffic, by network, of a property such as lab:true,red:false."""
    words = {"true": "vhost", "false": "qemu"}
    parts = (part.rpartition(":") for part in text.split(","))
    return {name.strip(): words[word.strip()] for name, _, word in parts if word.strip() in words}


def mtu(network: Network | None, setting: Setting) -> int:
    """Bytes."""
    if network and network.mtu:
        return network.mtu
    return setting.config.tunnelled_mtu if network and network.tunnelled else setting.config.default_mtu


def _limited(nic: Entity, profile: VnicProfile | None, vm: Entity, setting: Setting) -> Entity:
    """What a profile filters and limits.  The element of limits is there without any, so that old ones are lifted."""
    dialect = setting.dialect
    sndbuf = vm.custom_properties.get("sndbuf", "")
    if profile and profile.filter:
        filter = dialect.FilterRef(filter=profile.filter, parameters=list(nic.filter_parameters))
        nic = complete(nic, filter=filter)
    limits = bandwidth(profile.qos if profile else None, dialect)
    return complete(nic, sndbuf=int(sndbuf) if sndbuf.isdecimal() else None, bandwidth=limits)


def bandwidth(qos: NetworkQos | None, dialect: Any) -> Entity:
    """Limits in libvirt's units: Mbit/s are 125 kB/s, MB are 1000 kB; without an average there is none."""

    def limit(average: int | None, peak: int | None, burst: int | None) -> Entity | None:
        if not average:
            return None
        return dialect.BandwidthLimit(
            average=average * 125, peak=peak * 125 if peak else None, burst=burst * 1000 if burst else None
        )

    if qos is None:
        return dialect.Bandwidth()
    return dialect.Bandwidth(
        inbound=limit(qos.inbound_average, qos.inbound_peak, qos.inbound_burst),
        outbound=limit(qos.outbound_average, qos.outbound_peak, qos.outbound_burst),
    )


# --- the NIC that stays -------------------------------------------------------------------------------------------


def _failovers(vm: Entity, setting: Setting) -> Entity:
    """Behind each virtual function whose profile says so, the NIC that the guest has while it migrates.

    Its id is that of its profile, so that it is known again; a second one of the same profile has one of its own.
    """
    cls = setting.dialect.Nic
    taken = {nic.id for nic in vm.nics if isinstance(nic, cls)}
    stays = {nic.mac: nic.id for nic in vm.nics if isinstance(nic, cls) and nic.teaming == "persistent"}
    nics: list[Entity] = []
    for nic in vm.nics:
        profile = profile_of(nic, setting) if isinstance(nic, cls) else None
        if profile is None or not profile.failover or not passthrough(nic, setting):
            nics.append(nic)
            continue
        others = (str(uuid.uuid5(uuid.UUID(profile.failover), f"{nic.id}/{number}")) for number in count())
        new = nic.mac not in stays
        own = claim(taken, chain([profile.failover], others)) if new else stays[nic.mac]
        nics.append(complete(nic, teaming="transient", teaming_persistent=f"ua-{own}"))
        if new:
            pair = {"mac": nic.mac, "teaming": "persistent", "vnic_profile_id": profile.failover}
            nics.append(_connected(cls(id=own, interface_type="virtio", **pair), vm, setting))
    return evolve(vm, nics=nics)


# --- back ---------------------------------------------------------------------------------------------------------


def _recalled(nic: Entity, other: Entity | None, vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    network = network_of(nic, setting)
    nic = evolve(
        nic,
        name=other and other.name,
        network=nic.network or (network.name if network else _known_network(nic, other, setting)),
        interface_type=_kind(nic, other, known if known is not None else vm, setting),
        host_device=_function_of(nic, setting) or (other and other.host_device),
        filter_parameters=list(getattr(nic.filter, "parameters", other.filter_parameters if other else [])),
    )
    return evolve(nic, vnic_profile_id=_profile(nic, other, setting))


def _known_network(nic: Entity, other: Entity | None, setting: Setting) -> str | None:
    """The known network, unless the document shows another bridge than its own."""
    if other is None or not isinstance(nic.source, setting.dialect.BridgeInterfaceSource):
        return other and other.network
    before = network_of(evolve(other, source=None), setting)
    return before.name if before and before.on_host == nic.source.bridge else None


def _kind(nic: Entity, other: Entity | None, vm: Entity, setting: Setting) -> str | None:
    """The known kind where it may be, else the one that the model is of."""
    before: str | None = other and other.interface_type
    if passthrough(nic, setting):
        return "pci_passthrough"
    if nic.model is None or (before != "pci_passthrough" and nic.model == model_of(before, vm, setting)):
        return before or ("virtio" if nic.model else None)
    kinds = {model: kind for kind, model in _MODELS.items()} | {"pv": "rtl8139_virtio"}
    return "virtio" if nic.model.startswith("virtio") else kinds.get(nic.model, before)


def _function_of(nic: Entity, setting: Setting) -> str | None:
    """Name of the virtual function, by its address."""
    address = getattr(nic.source, "address", None)
    if not isinstance(address, setting.dialect.PciHostAddress):
        return None
    return name_at(setting.host, ("pci",), {key: getattr(address, key) or 0 for key in PCI_PLACE})


def _profile(nic: Entity, other: Entity | None, setting: Setting) -> str | None:
    """The known profile as long as it may be, else the only one that leads to all that the document says."""
    before: str | None = other and other.vnic_profile_id
    fitting = [profile.id for profile in setting.cluster.vnic_profiles if _fits(profile, nic, setting)]
    return before if before in fitting or len(fitting) != 1 else fitting[0]


def _fits(profile: VnicProfile, nic: Entity, setting: Setting) -> bool:
    network = network_of(nic, setting)
    limits = bandwidth(profile.qos, setting.dialect)
    mirrored = [network.on_host] if profile.port_mirroring and network else []
    properties = {name: value for name, value in profile.custom_properties.items() if name != _QUEUES}
    queues = profile.custom_properties.get(_QUEUES)
    return (
        profile.network == (network.name if network else None)
        and profile.passthrough == passthrough(nic, setting)
        and profile.filter == getattr(nic.filter, "filter", None)
        and limits == (nic.bandwidth or bandwidth(None, setting.dialect))
        and mirrored == nic.port_mirroring
        and properties.items() <= nic.custom_properties.items()
        and (queues is None or queues == str(nic.queues or 1))
        and bool(profile.failover) == (nic.teaming == "transient")
    )
