"""Controllers: of disks, channels and USB devices, and the ports of PCI Express."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ..material import OVIRT
from .devices_material import CONTEXT, OTHER_ID, document, planned, recalled, setting, step, vm

CONTROLLERS = step("controllers")
PCIE = step("pcie")
LEGACY = CONTEXT.OsInfo(legacy_virtio=True)
FREE = 16


def disk(number: int = 0, controller: int | None = None, **fields: Any) -> Any:
    address = None if controller is None else OVIRT.DriveAddress(controller=controller, bus=0, target=0, unit=number)
    source = OVIRT.FileDiskSource(path="/image")
    return OVIRT.Disk(
        **{"interface": "scsi", "target": f"sd{'abcdef'[number]}", "source": source, "address": address} | fields
    )


def of(entity: Any, type: str) -> list[Any]:
    return [item for item in entity.controllers if item.type == type]


# --- SCSI ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threads", "expected"), [(None, [(0, None)]), (0, [(0, None)]), (1, [(0, 1)]), (3, [(0, 1), (1, 2), (2, 3)])]
)
def test_each_io_thread_has_a_controller(threads: int | None, expected: list[tuple[int, int | None]]) -> None:
    made = planned(vm(disks=[disk()], iothreads=threads))
    assert [(item.index, item.iothread) for item in of(made, "scsi")] == expected
    assert {item.model for item in of(made, "scsi")} == {"virtio-scsi"}


def test_without_scsi_disks_there_is_no_controller_for_them() -> None:
    assert of(planned(vm(disks=[disk(interface="virtio", target="vda")])), "scsi") == []


def test_a_new_io_thread_gets_a_controller_beside_those_that_are_known() -> None:
    before = planned(vm(disks=[disk()], iothreads=1))
    made = of(planned(evolve(before, iothreads=2)), "scsi")
    assert made[0] == of(before, "scsi")[0]
    assert [(item.index, item.iothread) for item in made] == [(0, 1), (1, 2)]


def test_an_index_that_is_known_is_not_given_again() -> None:
    other = OVIRT.Controller(type="scsi", index=0, model="lsilogic")
    made = of(planned(vm(disks=[disk()], controllers=[other], iothreads=1)), "scsi")
    assert [(item.index, item.model) for item in made] == [(0, "lsilogic"), (1, "virtio-scsi")]


def test_a_disk_has_the_controller_that_its_address_names() -> None:
    made = of(planned(vm(disks=[disk(controller=2)])), "scsi")
    assert [(item.index, item.model) for item in made] == [(0, "virtio-scsi"), (2, "virtio-scsi")]


def test_ppc_has_a_controller_of_its_own_and_virtios_begin_behind_it() -> None:
    entity = vm("ppc64le", disks=[disk()], iothreads=2)
    own, *rest = of(planned(entity, setting(entity, os=CONTEXT.os_of("ppc64le"))), "scsi")
    assert (own.index, own.model, own.address) == (0, None, OVIRT.SpaprVioAddress())
    assert [(item.index, item.iothread) for item in rest] == [(1, 1), (2, 2)]


def test_disks_of_ppcs_own_kind_need_no_virtio() -> None:
    entity = vm("ppc64le", disks=[disk(scsi_kind="spapr_vscsi")])
    assert len(of(planned(entity), "scsi")) == 1


@pytest.mark.parametrize(
    ("wanted", "disks", "cpus", "queues"),
    [(5, 1, 1, 5), (0, 3, 8, None), (None, 3, 8, None), (-1, 3, 8, 3), (-1, 6, 8, 4), (-1, 6, 2, 2)],
)
def test_queues(wanted: int | None, disks: int, cpus: int, queues: int | None) -> None:
    made = planned(
        vm(disks=[disk(n, 0) for n in range(disks)], virtio_scsi_multi_queues=wanted, sockets=cpus, iothreads=1)
    )
    assert [item.queues for item in of(made, "scsi")] == [queues]
    assert planned(made) == made


def test_queues_are_counted_for_each_controller() -> None:
    entity = vm(disks=[disk(0, 0), disk(1, 0), disk(2, 1)], virtio_scsi_multi_queues=-1, sockets=4, iothreads=2)
    assert [item.queues for item in of(planned(entity), "scsi")] == [2, 1]


@pytest.mark.parametrize("wanted", [-1, 0, 5, None])
def test_wanted_queues_are_found_again(wanted: int | None) -> None:
    known = planned(vm(disks=[disk(0, 0), disk(1, 0)], virtio_scsi_multi_queues=wanted, sockets=4))
    assert recalled(document(known), known, setting(known)).virtio_scsi_multi_queues == wanted


def test_L58_a_transitional_controller_has_queues_and_is_known_again() -> None:
    entity = vm(disks=[disk(0, 0)], virtio_scsi_multi_queues=4, iothreads=1)
    known = planned(entity, setting(entity, os=LEGACY))
    [controller] = of(known, "scsi")
    assert (controller.model, controller.queues) == ("virtio-transitional", 4)
    found = OVIRT.match(OVIRT.generate(known), known)
    assert [pair.rung for pair in found.pairs if pair.known == controller] == [("id",)]
    nameless = evolve(known, controllers=[evolve(item, id=None) for item in known.controllers])
    found = OVIRT.match(OVIRT.generate(known), nameless)
    assert {pair.rung for pair in found.pairs if pair.kind == "controllers"} == {("type", "index")}


# --- channels and USB ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("os", "model"), [(None, None), (LEGACY, "virtio-transitional")])
def test_channels_have_a_controller(os: Any, model: str | None) -> None:
    entity = vm()
    [serial] = of(planned(entity, setting(entity, os=os)), "virtio-serial")
    assert (serial.index, serial.ports, serial.model) == (0, 16, model)


@pytest.mark.parametrize(
    ("arch", "machine", "os", "model"),
    [
        ("x86_64", "q35", None, "qemu-xhci"),
        ("x86_64", "pc-i440fx-7.2", None, "piix3-uhci"),
        ("ppc64le", "pseries", "ppc64le", "nec-xhci"),
        ("s390x", "s390-ccw-virtio", "s390x", "none"),
    ],
)
def test_the_usb_controller_is_what_the_guest_knows(arch: str, machine: str, os: str | None, model: str) -> None:
    entity = vm(arch, machine)
    [usb] = of(planned(entity, setting(entity, os=CONTEXT.os_of(os))), "usb")
    assert (usb.index, usb.model, usb.ports) == (0, model, 8 if model == "qemu-xhci" else None)


def test_no_usb_is_said() -> None:
    [usb] = of(planned(vm(usb=False)), "usb")
    assert (usb.model, usb.index, usb.id) == ("none", 0, None)


@pytest.mark.parametrize(("slots", "sets"), [(None, 1), (6, 1), (7, 2)])
def test_spice_has_usb_2_for_every_six_slots(slots: int | None, sets: int) -> None:
    made = of(planned(vm(machine="pc-i440fx-7.2", displays=["spice"], usb_slots=slots)), "usb")
    models = [("ich9-ehci1", None), ("ich9-uhci1", 0), ("ich9-uhci2", 2), ("ich9-uhci3", 4)]
    assert [(item.index, item.model, item.master) for item in made] == [
        (index, *each) for index in range(sets) for each in models
    ]


def test_spice_on_q35_has_usb_3() -> None:
    assert [item.model for item in of(planned(vm(displays=["spice"])), "usb")] == ["qemu-xhci"]


@pytest.mark.parametrize("usb", [True, False, None])
def test_usb_is_found_again(usb: bool | None) -> None:
    known = planned(vm(usb=usb))
    assert recalled(document(known), known, setting(known)).usb is usb
    assert recalled(document(known), None, setting(known)).usb is (usb is not False)


def test_usb_that_went_away_is_no_longer_known() -> None:
    known = planned(vm(usb=True))
    found = recalled(document(planned(vm(usb=False))), known, setting(known))
    assert found.usb is False


# --- PCI Express --------------------------------------------------------------------------------------------------


def ports(entity: Any, context: Any = None) -> int:
    return sum(item.model == "pcie-root-port" for item in planned(entity, context).controllers)


def test_there_are_free_ports_beside_those_that_devices_hold() -> None:
    # virtio-serial, USB and balloon hold one each
    assert ports(vm()) == FREE + 3
    assert ports(vm(nics=[OVIRT.Nic()] * 5, disks=[disk(interface="virtio")])) == FREE + 3
    assert ports(vm(rngs=[OVIRT.Rng()])) == FREE + 4
    assert ports(vm(ballooning_enabled=False)) == FREE + 2


def test_devices_of_plain_pci_share_the_port_of_a_bridge() -> None:
    assert ports(vm(watchdogs=[OVIRT.Watchdog()], sounds=[OVIRT.Sound(model="ich6")])) == FREE + 4
    entity = vm()
    assert ports(entity, setting(entity, os=LEGACY)) == FREE + 2


def test_the_root_and_its_ports_have_numbers_of_their_own() -> None:
    made = of(planned(vm()), "pci")
    assert [(item.index, item.model) for item in made[:2]] == [(0, "pcie-root"), (1, "pcie-root-port")]
    assert len({item.index for item in made}) == len(made)
    assert {item.address for item in made} == {None}
    assert [item.id for item in made if item.model == "pcie-root"] == [None]
    assert len({item.id for item in made}) == len(made)


@pytest.mark.parametrize(("arch", "machine"), [("x86_64", "pc-i440fx-7.2"), ("ppc64le", "pseries"), ("s390x", None)])
def test_other_machines_have_no_ports(arch: str, machine: str | None) -> None:
    assert of(planned(vm(arch, machine)), "pci") == []


@given(st.integers(0, 30))
def test_ports_that_are_known_count(known: int) -> None:
    controllers = [OVIRT.Controller(type="pci", index=2 * n + 1, model="pcie-root-port") for n in range(known)]
    made = planned(vm(controllers=controllers))
    assert ports(vm(controllers=controllers)) == max(known, FREE + 3)
    assert made.controllers[:known] == controllers
    assert planned(made) == made


def test_L67_controllers_of_libvirt_are_the_same_ones_after_every_start() -> None:
    bridge = OVIRT.Controller(type="pci", index=40, model="pcie-to-pci-bridge")
    known = planned(vm(controllers=[bridge]))
    live = OVIRT.generate(known).replace("</controller>", "<alias name='pci.x'/></controller>")
    found = OVIRT.match(live, known)
    assert (found.missing, found.new, found.ambiguous) == ([], [], [])
    rungs = {pair.known.model: pair.rung for pair in found.pairs if pair.kind == "controllers"}
    assert rungs["pcie-to-pci-bridge"] == rungs["pcie-root"] == ("type", "index")


def test_a_controller_that_is_known_stays() -> None:
    own = OVIRT.Controller(type="scsi", model="virtio-scsi", id=OTHER_ID, index=7)
    assert of(planned(vm(disks=[disk()], controllers=[own])), "scsi") == [own]
