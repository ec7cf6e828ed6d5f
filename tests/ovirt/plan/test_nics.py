"""Network cards: what profiles, networks and properties make of them, and how it is found again."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from xform.schema import Schema

from ..material import OVIRT, corpus
from .devices_material import CONTEXT, ID, OTHER_ID, PROFILE_ID, document, planned, recalled, setting, step, vm

NICS = step("nics")
Network, Profile, Qos = CONTEXT.Network, CONTEXT.VnicProfile, CONTEXT.NetworkQos
FUNCTION = CONTEXT.HostDevice(
    name="pci_0000_05_10_1", capability="pci", address={"domain": 0, "bus": 5, "slot": 16, "function": 1}
)
LEGACY = CONTEXT.OsInfo(legacy_virtio=True)


def nic(context: dict[str, Any] | None = None, properties: dict[str, str] | None = None, **fields: Any) -> Any:
    """The one NIC of a planned VM."""
    entity = vm(nics=[OVIRT.Nic(**fields)], custom_properties=properties or {})
    [only] = planned(entity, setting(entity, **(context or {}))).nics
    return only


def profile(network: Any = "lab", **fields: Any) -> dict[str, Any]:
    """A cluster with one network and a profile of it."""
    networks = (Network(name="lab", **fields.pop("on", {})),)
    return {"networks": networks, "vnic_profiles": (Profile(id=PROFILE_ID, network=network, **fields),)}


# --- kinds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("rtl8139", "rtl8139"),
        ("rtl8139_virtio", "rtl8139"),
        ("e1000", "e1000"),
        ("virtio", "virtio"),
        ("spapr_vlan", "spapr-vlan"),
        ("e1000e", "e1000e"),
        (None, "virtio"),
    ],
)
def test_each_kind_has_its_model(kind: str | None, model: str) -> None:
    assert nic(interface_type=kind).model == model


def test_a_kind_of_two_is_virtio_for_guests_with_an_agent() -> None:
    entity = vm(nics=[OVIRT.Nic(interface_type="rtl8139_virtio")], guest_agent=True)
    assert planned(entity).nics[0].model == "pv"


@pytest.mark.parametrize(("machine", "model"), [("q35", "virtio-transitional"), ("pc-i440fx-7.2", "virtio")])
def test_old_guests_have_transitional_cards_on_q35(machine: str, model: str) -> None:
    entity = vm(machine=machine, nics=[OVIRT.Nic(interface_type="virtio")])
    assert planned(entity, setting(entity, os=LEGACY)).nics[0].model == model


@pytest.mark.parametrize("kind", ["rtl8139_virtio", "rtl8139", "e1000", "virtio", "spapr_vlan", "e1000e"])
@pytest.mark.parametrize("os", [None, LEGACY], ids=["new", "legacy"])
@pytest.mark.parametrize("agent", [True, False])
def test_L56_a_kind_is_found_again_whatever_libvirt_calls_its_model(kind: str, os: Any, agent: bool) -> None:
    known = vm(nics=[OVIRT.Nic(interface_type=kind)], guest_agent=agent)
    context = setting(known, os=os)
    known = planned(known, context)
    [found] = recalled(document(known), known, context).nics
    [alone] = recalled(document(known), None, context).nics
    assert found.interface_type == kind
    assert alone.interface_type == ("rtl8139" if (kind, agent) == ("rtl8139_virtio", False) else kind)


# --- networks -----------------------------------------------------------------------------------------------------


def test_a_nic_is_on_the_bridge_of_its_network() -> None:
    made = nic(profile(on={"bridge": "on1a2b3c"}), network="lab")
    assert made.source == OVIRT.BridgeInterfaceSource(bridge="on1a2b3c")
    assert (made.network, made.linked, made.mtu) == ("lab", True, 1500)


def test_a_profile_says_which_network() -> None:
    made = nic(profile(on={"bridge": "on1a2b3c"}), vnic_profile_id=PROFILE_ID)
    assert (made.network, made.source.bridge) == ("lab", "on1a2b3c")


def test_without_a_network_a_nic_is_on_a_bridge_without_ports_and_its_cable_is_out() -> None:
    made = nic()
    assert (made.source.bridge, made.linked, made.mtu, made.network) == ("vdsmdummy", False, 1500, None)


@pytest.mark.parametrize("version", ["libvirt-9.0.0", "libvirt-11.3.0"])
def test_L70_the_bridge_without_ports_has_a_name_that_is_valid(version: str) -> None:
    text = OVIRT.generate(planned(vm(nics=[OVIRT.Nic()])))
    assert Schema(corpus("schemas") / version).said(OVIRT.tree(text)) == []


@pytest.mark.parametrize("name", ["vdsmdummy", ";vdsmdummy;"])
def test_L70_a_host_says_what_its_bridge_without_ports_is_called(name: str) -> None:
    known = vm(nics=[OVIRT.Nic(id=OTHER_ID)])
    networks = (Network(name="lab"), Network(name=name))
    context = setting(known, host=CONTEXT.Host(dummy_bridge=name), networks=networks)
    made = planned(known, context)
    assert made.nics[0].source.bridge == name
    found = recalled(document(made), None, context)
    assert found.nics[0].network is None
    assert planned(found, context).nics == made.nics


def test_a_cable_that_was_taken_out_stays_out() -> None:
    assert nic(profile(), network="lab", linked=False).linked is False


@pytest.mark.parametrize(
    ("on", "mtu"),
    [({}, 1500), ({"mtu": 9000}, 9000), ({"tunnelled": True}, 1442), ({"tunnelled": True, "mtu": 1300}, 1300)],
)
def test_the_mtu_is_the_networks_or_the_default(on: dict[str, Any], mtu: int) -> None:
    assert nic(profile(on=on), network="lab").mtu == mtu


@pytest.mark.parametrize(("isolated", "expected"), [(True, True), (False, None)])
def test_a_network_may_keep_its_ports_from_one_another(isolated: bool, expected: bool | None) -> None:
    assert nic(profile(on={"port_isolation": isolated}), network="lab").isolated is expected


def test_qemus_own_network_knows_nothing_but_the_card() -> None:
    made = nic(profile(filter="clean") | {"host": CONTEXT.Host(networking="user")}, vnic_profile_id=PROFILE_ID)
    assert made.source == OVIRT.UserInterfaceSource()
    assert (made.model, made.mtu, made.filter, made.bandwidth, made.linked) == ("virtio", None, None, None, None)


def test_L55_a_network_is_found_by_its_bridge_and_is_not_called_like_it() -> None:
    context_of = profile(on={"bridge": "on1a2b3c"})
    entity = vm(nics=[OVIRT.Nic(source=OVIRT.BridgeInterfaceSource(bridge="on1a2b3c"))])
    assert recalled(entity, None, setting(entity, **context_of)).nics[0].network == "lab"
    entity = vm(nics=[OVIRT.Nic(source=OVIRT.BridgeInterfaceSource(bridge="lab"))])
    assert recalled(entity, None, setting(entity, **context_of)).nics[0].network is None


def test_a_bridge_of_two_networks_tells_none() -> None:
    entity = vm(nics=[OVIRT.Nic(source=OVIRT.BridgeInterfaceSource(bridge="b"))])
    networks = (Network(name="one", bridge="b"), Network(name="two", bridge="b"))
    assert recalled(entity, None, setting(entity, networks=networks)).nics[0].network is None


def test_a_nic_that_moved_to_another_bridge_is_not_on_its_old_network() -> None:
    known = vm(nics=[OVIRT.Nic(id=OTHER_ID, network="lab")])
    entity = vm(nics=[OVIRT.Nic(id=OTHER_ID, source=OVIRT.BridgeInterfaceSource(bridge="other"))])
    assert recalled(entity, known, setting(entity)).nics[0].network is None


# --- profiles -----------------------------------------------------------------------------------------------------


def test_a_filter_has_its_parameters_in_order() -> None:
    values = [OVIRT.FilterParameter(name="IP", value=value) for value in ("10.0.0.1", "10.0.0.2")]
    made = nic(profile(filter="clean-traffic"), vnic_profile_id=PROFILE_ID, filter_parameters=values)
    assert made.filter == OVIRT.FilterRef(filter="clean-traffic", parameters=values)


def test_limits_are_in_libvirts_units() -> None:
    qos = Qos(inbound_average=10, inbound_peak=20, inbound_burst=3, outbound_average=1, outbound_peak=None)
    made = nic(profile(qos=qos), vnic_profile_id=PROFILE_ID)
    assert made.bandwidth.inbound == OVIRT.BandwidthLimit(average=1250, peak=2500, burst=3000)
    assert made.bandwidth.outbound == OVIRT.BandwidthLimit(average=125)


@pytest.mark.parametrize("average", [None, 0])
def test_a_peak_without_an_average_is_no_limit(average: int | None) -> None:
    assert nic(profile(qos=Qos(inbound_average=average, inbound_peak=9)), vnic_profile_id=PROFILE_ID).bandwidth == (
        OVIRT.Bandwidth()
    )


def test_a_nic_without_limits_says_so() -> None:
    assert nic().bandwidth == OVIRT.Bandwidth()


def test_traffic_is_mirrored_from_the_networks_bridge() -> None:
    made = nic(profile(port_mirroring=True, on={"bridge": "on1"}), vnic_profile_id=PROFILE_ID)
    assert made.port_mirroring == ["on1"]
    assert nic(profile(network=None, port_mirroring=True), vnic_profile_id=PROFILE_ID).port_mirroring == []


def test_L69_properties_of_profile_and_card_are_each_there_once() -> None:
    properties = {"queues": "4", "colour": "gold", "hook": "a"}
    made = nic(
        profile(custom_properties=properties), vnic_profile_id=PROFILE_ID, custom_properties={"hook": "b", "own": "c"}
    )
    assert made.custom_properties == {"colour": "gold", "hook": "b", "own": "c"}
    assert nic(custom_properties={"own": "c"}).custom_properties == {"own": "c"}
    text = OVIRT.generate(vm(nics=[made]))
    assert [text.count(f"<ovirt-vm:{name}>") for name in ("colour", "hook", "own", "queues")] == [1, 1, 1, 0]


# --- queues and drivers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "queues"), [("virtio", 4), ("e1000", None), ("pci_passthrough", None)])
def test_only_virtio_cards_have_several_queues(kind: str, queues: int | None) -> None:
    entity = vm(nics=[OVIRT.Nic(interface_type=kind)], multi_queues=True, sockets=8)
    assert planned(entity).nics[0].queues == queues


@pytest.mark.parametrize(("cpus", "queues"), [(1, None), (2, 2), (4, 4), (8, 4)])
def test_L65_one_queue_is_never_said(cpus: int, queues: int | None) -> None:
    entity = vm(nics=[OVIRT.Nic(network="lab")], multi_queues=True, sockets=cpus)
    made = planned(entity).nics[0]
    assert (made.queues, made.driver) == (queues, queues and "vhost")
    assert "queues='1'" not in OVIRT.generate(planned(entity))


@pytest.mark.parametrize(("wanted", "queues"), [("2", 2), ("1", None), ("many", None)])
def test_a_profile_wants_queues(wanted: str, queues: int | None) -> None:
    assert nic(profile(custom_properties={"queues": wanted}), vnic_profile_id=PROFILE_ID).queues == queues


@pytest.mark.parametrize(
    ("property", "driver"), [("lab:true,red:false", "vhost"), ("red:true,lab:false", "qemu"), ("red:true", None)]
)
def test_a_property_says_by_name_of_the_network_who_carries_the_traffic(property: str, driver: str | None) -> None:
    assert nic(profile(on={"bridge": "red"}), {"vhost": property}, network="lab").driver == driver


def test_a_property_sizes_the_send_buffer() -> None:
    assert nic(None, {"sndbuf": "65536"}).sndbuf == 65536
    assert nic().sndbuf is None


# --- virtual functions --------------------------------------------------------------------------------------------


def test_a_virtual_function_is_given_by_its_address() -> None:
    context = profile(passthrough=True, on={"vlan": 42}) | {"host": CONTEXT.Host(devices=(FUNCTION,))}
    made = nic(context, vnic_profile_id=PROFILE_ID, host_device=FUNCTION.name)
    address = OVIRT.PciHostAddress(domain=0, bus=5, slot=16, function=1)
    assert made.source == OVIRT.HostdevInterfaceSource(managed=False, address=address)
    assert (made.driver, [vlan.id for vlan in made.vlans], made.mtu, made.model) == ("vfio", [42], None, None)


def test_a_virtual_function_is_found_by_its_address() -> None:
    context_of = profile(passthrough=True) | {"host": CONTEXT.Host(devices=(FUNCTION,))}
    known = vm(nics=[OVIRT.Nic(vnic_profile_id=PROFILE_ID, host_device=FUNCTION.name)])
    context = setting(known, **context_of)
    [found] = recalled(document(planned(known, context)), None, context).nics
    assert (found.host_device, found.interface_type) == (FUNCTION.name, "pci_passthrough")


def failover() -> tuple[Any, Any]:
    profiles = (
        Profile(id=PROFILE_ID, network="lab", passthrough=True, failover=OTHER_ID),
        Profile(id=OTHER_ID, network="spare"),
    )
    entity = vm(nics=[OVIRT.Nic(vnic_profile_id=PROFILE_ID, host_device=FUNCTION.name, mac="56:6f:00:00:00:01")])
    networks = (Network(name="lab"), Network(name="spare", bridge="b"))
    host = CONTEXT.Host(devices=(FUNCTION,))
    return entity, setting(entity, networks=networks, vnic_profiles=profiles, host=host)


def test_beside_a_card_that_leaves_for_migration_stands_one_that_stays() -> None:
    entity, context = failover()
    leaves, stays = planned(entity, context).nics
    assert (leaves.teaming, leaves.teaming_persistent) == ("transient", f"ua-{OTHER_ID}")
    assert (stays.id, stays.teaming, stays.mac, stays.model) == (OTHER_ID, "persistent", leaves.mac, "virtio")
    assert (stays.source.bridge, stays.linked, stays.network) == ("b", True, "spare")
    assert planned(planned(entity, context), context) == planned(entity, context)


def test_two_cards_of_one_profile_have_each_one_that_stays() -> None:
    entity, context = failover()
    second = evolve(entity.nics[0], mac="56:6f:00:00:00:02")
    made = planned(evolve(entity, nics=[*entity.nics, second]), context).nics
    assert len({nic.id for nic in made}) == 4
    assert [made[0].teaming_persistent, made[2].teaming_persistent] == [f"ua-{made[1].id}", f"ua-{made[3].id}"]


def test_L63_the_card_that_stays_is_known_again_by_its_id() -> None:
    entity, context = failover()
    known = planned(entity, context)
    found = OVIRT.match(OVIRT.generate(known), known)
    assert sorted((pair.known.id, pair.rung) for pair in found.pairs if pair.kind == "nics") == sorted(
        (nic.id, ("id",)) for nic in known.nics
    )
    assert (found.new, found.ambiguous) == ([], [])


# --- what is found again ------------------------------------------------------------------------------------------


def test_the_known_profile_stays_as_long_as_it_fits() -> None:
    profiles = (Profile(id=PROFILE_ID, network="lab"), Profile(id=OTHER_ID, network="lab"))
    entity = vm(nics=[OVIRT.Nic(vnic_profile_id=OTHER_ID)])
    context = setting(entity, networks=(Network(name="lab"),), vnic_profiles=profiles)
    known = planned(entity, context)
    assert recalled(document(known), known, context).nics[0].vnic_profile_id == OTHER_ID
    assert recalled(document(known), None, context).nics[0].vnic_profile_id is None


def test_L101_a_profile_is_found_where_no_other_leads_to_all_that_there_is() -> None:
    profiles = (Profile(id=PROFILE_ID, network="lab"), Profile(id=OTHER_ID, network="lab", filter="clean"))
    entity = vm(nics=[OVIRT.Nic(vnic_profile_id=OTHER_ID)])
    context = setting(entity, networks=(Network(name="lab"),), vnic_profiles=profiles)
    made = planned(entity, context)
    stale = evolve(made, nics=[evolve(made.nics[0], vnic_profile_id=PROFILE_ID)])
    assert recalled(document(made), stale, context).nics[0].vnic_profile_id == OTHER_ID
    assert recalled(document(made), None, context).nics[0].vnic_profile_id == OTHER_ID


def test_a_profile_that_nothing_fits_is_taken_over() -> None:
    known = vm(nics=[OVIRT.Nic(id=OTHER_ID, vnic_profile_id=PROFILE_ID, name="nic1")])
    entity = vm(nics=[OVIRT.Nic(id=OTHER_ID, source=OVIRT.BridgeInterfaceSource(bridge="b"))])
    [found] = recalled(entity, known, setting(entity, **profile())).nics
    assert (found.vnic_profile_id, found.name) == (PROFILE_ID, "nic1")


def test_a_nic_that_is_not_plugged_is_in_no_document_and_comes_back() -> None:
    known = vm(nics=[OVIRT.Nic(id=OTHER_ID, plugged=False), OVIRT.Nic(id=PROFILE_ID)])
    context = setting(known)
    made = planned(known, context)
    assert [nic.id for nic in made.nics] == [PROFILE_ID]
    assert {nic.id for nic in recalled(document(made), known, context).nics} == {OTHER_ID, PROFILE_ID}


# --- formulas -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a:true", {"a": "vhost"}),
        ("a:false, b:true", {"a": "qemu", "b": "vhost"}),
        ("a:b:true,c", {"a:b": "vhost"}),
    ],
)
def test_vhost(text: str, expected: dict[str, str]) -> None:
    assert NICS.vhost(text) == expected


@given(st.lists(st.sampled_from(["56:6f:00:00:00:01", "56:6f:00:00:00:02", "56:6f:00:00:00:03", None]), max_size=5))
def test_nics_are_in_the_order_of_their_macs(macs: list[str | None]) -> None:
    made = planned(vm(nics=[OVIRT.Nic(mac=mac) for mac in macs])).nics
    assert [nic.mac for nic in made] == sorted(nic.mac for nic in made)
    assert len({nic.id for nic in made}) == len(macs)


def test_a_mac_is_made_of_the_id() -> None:
    assert nic(id=ID).mac == "56:6f:0f:4f:7a:10"


def test_no_two_ids_make_the_same_mac() -> None:
    made = planned(vm(nics=[OVIRT.Nic(id=ID), OVIRT.Nic(id=ID.replace("5a0a", "5a0b"))])).nics
    assert len({nic.mac for nic in made}) == 2
    assert "56:6f:0f:4f:7a:10" in {nic.mac for nic in made}
