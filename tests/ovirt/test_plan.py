"""Plan completes a VM in its own terms: once, from the VM and its host alone, keeping all that is known."""

from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xform import laws
from xform.strategies import entities

from .material import OVIRT, Host, plan

ID = "5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10"
OTHER_ID = "0c5e7d1a-94b3-4f26-8d07-6b2e1f3a9c55"

# Of the levels only those are planned that have a configuration.
vms = st.builds(
    lambda vm, level: attrs.evolve(vm, cluster_version=level), entities(OVIRT), st.sampled_from(["4.2", "4.5", "4.8"])
)
drawn = given(vm=vms, networking=st.sampled_from(["bridge", "user"]))
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def vm(**fields: Any) -> Any:
    return OVIRT.Vm(id=ID, name="vm", memory=64, **fields)


def disks(*places: tuple[str, str | None]) -> Any:
    return vm(disks=[OVIRT.Disk(interface=interface, target=target) for interface, target in places])


# --- laws ---------------------------------------------------------------------------------------------------------


@patient
@drawn
def test_a_plan_is_its_own_plan(vm: Any, networking: str) -> None:
    host = Host(networking=networking)
    planned = plan(vm, host)
    assert plan(planned, host) == planned


@patient
@drawn
def test_what_is_known_is_kept(vm: Any, networking: str) -> None:
    assert list(changed(vm, plan(vm, Host(networking=networking)))) == []


@patient
@drawn
def test_planning_changes_nothing_in_place(vm: Any, networking: str) -> None:
    before = repr(vm)
    plan(vm, Host(networking=networking))
    assert repr(vm) == before


@patient
@drawn
def test_a_plan_comes_back_from_its_document(vm: Any, networking: str) -> None:
    assert laws.create_get(OVIRT, plan(vm, Host(networking=networking))) == []


@patient
@drawn
def test_what_plan_names_is_named_once(vm: Any, networking: str) -> None:
    planned = plan(vm)
    for name in ("target", "id"):
        known = values(vm, name)
        given_by_plan = values(planned, name)[:]
        for value in known:
            given_by_plan.remove(value)
        assert len(set(given_by_plan)) == len(given_by_plan)
        assert not set(given_by_plan) & set(known)


def values(vm: Any, name: str) -> list[str]:
    """What the devices of a VM hold in a field."""
    held = [getattr(vm, attribute.name) for attribute in attrs.fields(type(vm))]
    items = [item for value in held for item in (value if isinstance(value, list) else [value])]
    return [value for item in items if isinstance(value := getattr(item, name, None), str)]


def changed(known: Any, planned: Any, place: str = "vm") -> Any:
    """The places where something known has become something else; what holds nothing is not known."""
    if known in (None, [], {}):
        return
    if attrs.has(type(known)) and type(known) is type(planned):
        for attribute in attrs.fields(type(known)):
            at = f"{place}.{attribute.name}"
            if getattr(known, attribute.name) != attribute.default:
                yield from changed(getattr(known, attribute.name), getattr(planned, attribute.name), at)
    elif isinstance(known, list) and isinstance(planned, list) and len(known) <= len(planned):
        left = list(planned)  # devices may have other places now
        for number, item in enumerate(known):
            found = [list(changed(item, other, f"{place}[{number}]")) for other in left]
            best = min(range(len(left)), key=lambda at: len(found[at]))
            yield from found[best]
            del left[best]
    elif isinstance(known, dict) and isinstance(planned, dict):
        yield from (f"{place}[{key!r}]" for key in known if key not in planned or known[key] != planned[key])
    elif known != planned:
        yield place


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interface", "first"), [("virtio", "vda"), ("scsi", "sda"), ("sata", "sda"), ("ide", "hda"), ("fdc", "fda")]
)
def test_a_disk_is_named_after_its_bus(interface: str, first: str) -> None:
    assert plan(disks((interface, None))).disks[0].target == first


def test_buses_that_share_letters_share_the_alphabet() -> None:
    planned = plan(disks(("scsi", None), ("sata", None), ("virtio", None), ("usb", None)))
    assert [disk.target for disk in planned.disks] == ["sda", "sdb", "vda", "sdc"]


def test_a_known_name_stays_and_is_not_given_again() -> None:
    planned = plan(disks(("virtio", None), ("virtio", "vda"), ("virtio", None)))
    assert [disk.target for disk in planned.disks] == ["vdb", "vda", "vdc"]


def test_behind_z_names_go_on_with_aa() -> None:
    planned = plan(disks(*[("virtio", None)] * 28))
    assert [disk.target for disk in planned.disks[25:]] == ["vdz", "vdaa", "vdab"]


# --- ids ----------------------------------------------------------------------------------------------------------


def test_a_disk_has_the_id_of_its_image() -> None:
    planned = plan(vm(disks=[OVIRT.Disk(image_id=OTHER_ID)]))
    assert planned.disks[0].id == planned.disks[0].serial == OTHER_ID


def test_derived_ids_differ_between_vms() -> None:
    one = vm(nics=[OVIRT.Nic()])
    assert plan(one).nics[0].id != plan(attrs.evolve(one, id=OTHER_ID)).nics[0].id


def test_a_new_device_never_gets_the_id_of_one_that_is_there() -> None:
    planned = plan(vm(nics=[OVIRT.Nic(), OVIRT.Nic()]))
    again = plan(attrs.evolve(planned, nics=[planned.nics[1], OVIRT.Nic(), OVIRT.Nic()]))
    assert planned.nics[1] in again.nics
    assert len({nic.id for nic in again.nics}) == 3


def test_what_libvirt_keeps_no_alias_for_gets_no_id() -> None:
    controllers = [OVIRT.Controller(type="pci", model="pcie-root"), OVIRT.Controller(type="usb", model="none")]
    planned = plan(vm(balloon=OVIRT.Balloon(model="none"), controllers=controllers))
    kept = [item for item in planned.controllers if item.model in ("pcie-root", "none")]
    assert {planned.balloon.id, *(controller.id for controller in kept)} == {None}


# --- the host decides ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("emulation", "type"), [("kvm", "kvm"), ("software", "qemu")])
def test_the_host_says_who_runs_the_guest(emulation: str, type: str) -> None:
    assert plan(vm(), Host(emulation=emulation)).type == type


def test_a_nic_is_connected_to_the_bridge_of_its_network() -> None:
    planned = plan(vm(nics=[OVIRT.Nic(network="lab")]))
    assert planned.nics[0].source == OVIRT.BridgeInterfaceSource(bridge="lab")


def test_without_bridges_a_nic_is_connected_through_qemu() -> None:
    planned = plan(vm(nics=[OVIRT.Nic(network="lab")]), Host(networking="user"))
    assert planned.nics[0].source == OVIRT.UserInterfaceSource()


def test_a_volume_lies_where_its_ids_say() -> None:
    disk = OVIRT.Disk(pool_id=OTHER_ID, domain_id=ID, image_id=OTHER_ID, volume_id=ID)
    planned = plan(vm(disks=[disk]), Host(images="/images"))
    assert planned.disks[0].source.path == f"/images/{OTHER_ID}/{ID}/images/{OTHER_ID}/{ID}"


def test_a_channel_listens_in_the_hosts_folder() -> None:
    channel = OVIRT.Channel(type="unix", target_type="virtio", name="agent.0")
    planned = plan(vm(channels=[channel]), Host(channels="/run/channels"))
    assert planned.channels[0].sources == [OVIRT.CharacterSource(mode="bind", path=f"/run/channels/{ID}.agent.0")]


# --- companions ---------------------------------------------------------------------------------------------------


def test_L12_scsi_disks_get_a_virtio_controller_and_places_on_it() -> None:
    planned = plan(disks(*[("scsi", None)] * 9))
    assert [item.model for item in planned.controllers if item.type == "scsi"] == ["virtio-scsi"]
    assert [disk.address.unit for disk in planned.disks] == list(range(9))


def test_a_known_place_on_the_bus_is_not_given_again() -> None:
    taken = OVIRT.DriveAddress(controller=0, bus=0, target=0, unit=0)
    planned = plan(vm(disks=[OVIRT.Disk(interface="scsi"), OVIRT.Disk(interface="scsi", address=taken)]))
    assert [disk.address.unit for disk in planned.disks] == [1, 0]


def test_a_screen_needs_a_graphics_card() -> None:
    assert [video.model for video in plan(vm(graphics=[OVIRT.VncGraphics()])).videos] == ["virtio"]
    assert [video.model for video in plan(vm()).videos] == ["none"]


@pytest.mark.parametrize(("enabled", "model"), [(None, "virtio"), (True, "virtio"), (False, "none")])
def test_ballooning_decides_on_the_balloon(enabled: bool | None, model: str) -> None:
    assert plan(vm(ballooning_enabled=enabled)).balloon.model == model


def test_what_no_table_can_say_stays_as_it_is() -> None:
    strange = OVIRT.Opaque(xml="<disk></disk>")
    assert plan(vm(disks=[strange])).disks == [strange]


def test_firmware_that_no_table_can_say_states_nothing() -> None:
    strange = OVIRT.Opaque(xml="<loader></loader>")
    os = OVIRT.Os(type="hvm", machine="q35", firmware="efi", loader=strange, firmware_features=[strange])
    assert plan(vm(os=os)).os.loader == strange
