"""Devices without an object of the manager's, their ids and their order."""

import uuid
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xform.hypervisor import EMBED, Hypervisor, default_uri
from xform.schema import Schema
from xform.strategies import entities

from ..material import OVIRT, corpus
from ..test_plan import changed
from .devices_material import CONTEXT, ID, OTHER_ID, PROFILE_ID, STEPS, document, planned, recalled, setting, step, vm

LEGACY = CONTEXT.OsInfo(legacy_virtio=True)
URI, WHY = default_uri()
drawn = given(
    entity=entities(OVIRT), version=st.sampled_from(["4.2", "4.5", "4.8"]), os=st.sampled_from([None, LEGACY])
)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


# --- laws ---------------------------------------------------------------------------------------------------------


@patient
@drawn
def test_a_plan_of_devices_is_its_own_plan(entity: Any, version: str, os: Any) -> None:
    context = setting(evolve(entity, cluster_version=None), version, os=os)
    made = planned(entity, context)
    assert planned(made, context) == made


@patient
@drawn
def test_what_is_known_of_devices_is_kept(entity: Any, version: str, os: Any) -> None:
    context = setting(evolve(entity, cluster_version=None), version, os=os)
    made = entity
    for name in STEPS[:-1]:  # all but the order, in which places change
        made = step(name).plan(made, context)
    assert list(changed(entity, made)) == []


@patient
@drawn
def test_recall_changes_no_fact_of_a_document(entity: Any, version: str, os: Any) -> None:
    context = setting(evolve(entity, cluster_version=None), version, os=os)
    lasting = evolve(entity, graphics=[*map(of_no_run, entity.graphics)])
    assert recalled(entity, None, context) == lasting
    assert recalled(entity, entity, context) == lasting


def of_no_run(screen: Any) -> Any:
    """A screen without the ports that libvirt chose for one run: these are no facts of the VM."""
    if not getattr(screen, "autoport", False) or not isinstance(screen, OVIRT.VncGraphics | OVIRT.SpiceGraphics):
        return screen
    ports = [name for name in ("port", "tls_port") if getattr(screen, name, None) is not None]
    return evolve(screen, **dict.fromkeys(ports, -1))


@patient
@drawn
def test_ids_and_indices_that_plan_gives_are_given_once(entity: Any, version: str, os: Any) -> None:
    made = planned(entity, setting(evolve(entity, cluster_version=None), version, os=os))
    old = {(item.type, item.index) for item in entity.controllers if isinstance(item, OVIRT.Controller)}
    places = [(item.type, item.index) for item in made.controllers if isinstance(item, OVIRT.Controller)]
    new = [place for place in places if place not in old and place != ("isa", None) and place != ("pci", None)]
    assert len(set(new)) == len(new)


@patient
@drawn
def test_sorting_keeps_every_device(entity: Any, version: str, os: Any) -> None:
    context = setting(evolve(entity, cluster_version=None), version, os=os)
    made = step("order").plan(entity, context)
    for kind in ("nics", "disks", "hostdevs", "graphics"):
        assert sorted(map(repr, getattr(made, kind))) == sorted(map(repr, getattr(entity, kind)))
    assert step("order").plan(made, context) == made


RECALLED = (
    "run_once",
    "monitors",
    "displays",
    "default_display",
    "spice_copy_paste",
    "spice_file_transfer",
    "vnc_keyboard_layout",
    "usb",
    "usb_slots",
    "smartcard",
    "guest_agent",
    "virtio_scsi_multi_queues",
)
MACHINES = [
    ("x86_64", "q35", None),
    ("x86_64", "q35", "rhel_6x64"),
    ("x86_64", "pc-i440fx-7.2", "windows_10x64"),
    ("ppc64le", "pseries", "ppc64le"),
    ("s390x", "s390-ccw-virtio", "s390x"),
]


def everything(arch: str, machine: str) -> Any:
    """A VM with a device of every kind that its architecture has."""
    s390x = arch == "s390x"
    return vm(
        arch,
        machine,
        nics=[OVIRT.Nic(network="lab", interface_type="virtio")],
        displays=["vnc"] if s390x else ["vnc", "spice"],
        default_display="none" if s390x else "vga",
        usb_slots=None if s390x else 4,
        smartcard=not s390x,
        rngs=[OVIRT.Rng(source="random", rate_bytes=1)],
        tpms=[] if s390x else [OVIRT.Tpm()],
        watchdogs=[OVIRT.Watchdog()],
        consoles=[OVIRT.Console(type="unix")],
        hostdevs=[OVIRT.Hostdev(vgpu_type="nvidia-28")],
    )


@pytest.mark.parametrize("version", ["libvirt-9.0.0", "libvirt-11.3.0"])
@pytest.mark.parametrize("level", ["4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8"])
@pytest.mark.parametrize(("arch", "machine", "os"), MACHINES)
def test_every_device_of_every_machine_is_valid(version: str, level: str, arch: str, machine: str, os: Any) -> None:
    entity = everything(arch, machine)
    context = setting(entity, level, os=CONTEXT.os_of(os))
    made = planned(entity, context)
    assert Schema(corpus("schemas") / version).said(OVIRT.tree(OVIRT.generate(made))) == []
    assert document(made) == made


@pytest.mark.parametrize("level", ["4.2", "4.5", "4.8"])
@pytest.mark.parametrize(("arch", "machine", "os"), MACHINES)
def test_what_the_manager_knew_of_devices_it_knows_again(level: str, arch: str, machine: str, os: Any) -> None:
    entity = everything(arch, machine)
    context = setting(entity, level, os=CONTEXT.os_of(os))
    made = planned(entity, context)
    assert planned(made, context) == made
    found = recalled(document(made), made, context)
    assert beyond(found) == beyond(made)
    assert planned(found, context) == made


def beyond(entity: Any) -> dict[str, Any]:
    """What the steps of devices recall of the VM and of each device."""
    devices = {"nics": OVIRT.Nic, "hostdevs": OVIRT.Hostdev, "rngs": OVIRT.Rng}
    return {name: getattr(entity, name) for name in RECALLED} | {
        kind: [
            [getattr(item, row.name) for row in OVIRT.tables.shapes[cls.__name__].known]
            for item in getattr(entity, kind)
        ]
        for kind, cls in devices.items()
    }


# --- with libvirt -------------------------------------------------------------------------------------------------


@pytest.fixture
def sockets() -> Iterator[str]:
    """A folder with a name so short that sockets in it have one."""
    with TemporaryDirectory() as folder:
        yield folder


@pytest.mark.xdist_group("qemu")
@pytest.mark.skipif(URI != EMBED, reason=WHY)
@pytest.mark.parametrize(
    ("machine", "os"), [("q35", None), ("q35", LEGACY), ("pc", None)], ids=["new", "legacy", "old"]
)
def test_every_device_that_starts_is_known_again(machine: str, os: Any, sockets: str) -> None:
    cdrom = OVIRT.Disk(device="cdrom", interface="scsi", target="sda", source=OVIRT.FileDiskSource(), read_only=True)
    entity = everything("x86_64", machine)
    entity = evolve(entity, id=str(uuid.uuid4()), type="qemu", tpms=[], hostdevs=[], disks=[cdrom], iothreads=2)
    entity = evolve(entity, sounds=[OVIRT.Sound(model="ich6")], virtio_scsi_multi_queues=2)
    host = CONTEXT.Host(emulation="software", networking="user", channels=sockets, consoles=sockets)
    context = setting(entity, host=host, os=os, config=evolve(CONTEXT.config_of("4.8"), ssl=False))
    known = planned(entity, context)
    with Hypervisor(URI) as hypervisor:
        hypervisor.start(OVIRT.generate(known))
        live = hypervisor.dump(known.id)
        hypervisor.end(known.id)
    found = OVIRT.match(live, known)
    assert (found.missing, found.ambiguous) == ([], [])
    assert {kind for kind, _ in found.new} <= {"controllers", "inputs", "audios", "serials"}  # libvirt's own
    back = recalled(OVIRT.parse(live), known, context)
    assert beyond(back) == beyond(known)
    again = planned(back, context)
    for kind in ("nics", "videos", "graphics", "channels", "consoles", "redirdevs", "rngs", "controllers"):
        assert len(getattr(again, kind)) == len(getattr(back, kind))


# --- balloon, random numbers, watchdog, TPM -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("enabled", "os", "model", "period"),
    [(None, None, "virtio", 5), (True, LEGACY, "virtio-transitional", 5), (False, None, "none", None)],
)
def test_the_balloon(enabled: bool | None, os: Any, model: str, period: int | None) -> None:
    entity = vm(ballooning_enabled=enabled)
    balloon = planned(entity, setting(entity, os=os)).balloon
    assert (balloon.model, balloon.stats_period) == (model, period)


@pytest.mark.parametrize("source", ["random", "urandom", "hwrng"])
def test_random_numbers_come_from_a_device_of_the_host(source: str) -> None:
    made = planned(vm(rngs=[OVIRT.Rng(source=source)]))
    assert made.rngs[0].backend == OVIRT.RandomRngBackend(path=f"/dev/{source}")
    assert recalled(document(made), None, setting(made)).rngs[0].source == source


@pytest.mark.parametrize(("os", "model"), [(None, "virtio"), (LEGACY, "virtio-transitional")])
def test_the_generator_of_random_numbers_is_what_the_guest_knows(os: Any, model: str) -> None:
    entity = vm(rngs=[OVIRT.Rng()])
    assert planned(entity, setting(entity, os=os)).rngs[0].model == model


@pytest.mark.parametrize(("arch", "model"), [("x86_64", "i6300esb"), ("s390x", "diag288")])
def test_a_watchdog_does_nothing_where_nobody_said_what(arch: str, model: str) -> None:
    [watchdog] = planned(vm(arch, watchdogs=[OVIRT.Watchdog()])).watchdogs
    assert (watchdog.model, watchdog.action) == (model, "none")


@pytest.mark.parametrize(("arch", "model"), [("x86_64", "tpm-crb"), ("ppc64le", "tpm-spapr")])
def test_the_tpm_is_emulated(arch: str, model: str) -> None:
    [tpm] = planned(vm(arch, tpms=[OVIRT.Tpm()])).tpms
    assert (tpm.model, tpm.backend) == (model, OVIRT.EmulatorTpmBackend(version="2.0"))


# --- smart cards and redirection ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [True, False, None])
def test_a_smart_card_is_in_the_clients_reader(wanted: bool | None) -> None:
    made = planned(vm(smartcard=wanted))
    assert made.smartcards == ([OVIRT.PassthroughSmartcard(source_type="spicevmc")] if wanted else [])
    assert recalled(document(made), made, setting(made)).smartcard is wanted


@pytest.mark.parametrize(
    ("displays", "usb", "slots"), [(["spice"], True, 3), (["vnc"], True, 0), (["spice"], False, 0)]
)
def test_the_clients_usb_devices_come_through_spice(displays: list[str], usb: bool, slots: int) -> None:
    made = planned(vm(displays=displays, usb=usb, usb_slots=3))
    assert [(item.type, item.bus) for item in made.redirdevs] == [("spicevmc", "usb")] * slots


def test_slots_are_found_again() -> None:
    made = planned(vm(displays=["spice"], usb_slots=3))
    assert recalled(document(made), None, setting(made)).usb_slots == 3
    none = planned(vm(displays=["spice"]))
    assert recalled(document(none), none, setting(none)).usb_slots is None
    other = planned(vm(displays=["vnc"], usb_slots=3))
    assert recalled(document(other), other, setting(other)).usb_slots == 3


# --- consoles and channels ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arch", "os", "target"), [("x86_64", None, "serial"), ("ppc64le", "ppc64le", "serial"), ("s390x", "s390x", "sclp")]
)
def test_a_console_is_what_the_guest_knows(arch: str, os: str | None, target: str) -> None:
    entity = vm(arch, consoles=[OVIRT.Console()])
    [console] = planned(entity, setting(entity, os=CONTEXT.os_of(os))).consoles
    assert (console.type, console.target_type, console.port) == ("pty", target, 0)


def test_each_console_has_a_socket_of_its_own() -> None:
    made = planned(vm(consoles=[OVIRT.Console(type="unix"), OVIRT.Console(type="unix", target_type="virtio")])).consoles
    folder = "/var/run/ovirt-vmconsole-console"
    assert [console.sources for console in made] == [
        [OVIRT.CharacterSource(mode="bind", path=f"{folder}/{ID}{name}.sock")] for name in ("", ".1")
    ]
    assert [console.port for console in made] == [0, 1]


@pytest.mark.parametrize(
    ("os", "agent"),
    [(None, True), ("rhel_8x64", False), ("ubuntu_18_04", False), ("debian_9", False), ("debian_7", True)],
)
def test_new_guests_have_qemus_agent_alone(os: str | None, agent: bool) -> None:
    entity = vm()
    made = planned(entity, setting(entity, os=CONTEXT.os_of(os))).channels
    names = [*(["ovirt-guest-agent.0"] if agent else []), "org.qemu.guest_agent.0"]
    assert [(item.type, item.target_type, item.name) for item in made] == [("unix", "virtio", name) for name in names]
    assert [item.sources[0].path for item in made] == [f"/var/lib/libvirt/qemu/channels/{ID}.{name}" for name in names]


def test_a_channel_that_is_there_is_not_made_again() -> None:
    own = OVIRT.Channel(type="pty", target_type="virtio", name="org.qemu.guest_agent.0")
    made = planned(vm(channels=[own])).channels
    assert [(item.type, item.name) for item in made] == [
        ("pty", "org.qemu.guest_agent.0"),
        ("unix", "ovirt-guest-agent.0"),
    ]


# --- known again --------------------------------------------------------------------------------------------------


def paired(text: str, known: Any, kind: str) -> list[tuple[str | None, tuple[str, ...]]]:
    found = OVIRT.match(text, known)
    assert (found.missing, found.new, found.ambiguous) == ([], [], [])
    return [(pair.known.id, pair.rung) for pair in found.pairs if pair.kind == kind]


def test_L66_channels_are_the_same_ones_when_agents_come_and_go() -> None:
    known = planned(vm(displays=["spice"]))
    live = OVIRT.generate(known)
    for name in ("ovirt-guest-agent.0", "org.qemu.guest_agent.0"):
        live = live.replace(f"name='{name}'/>", f"name='{name}' state='connected'/>")
    assert "state='connected'" in live
    assert paired(live, known, "channels") == [(item.id, ("id",)) for item in known.channels]
    assert OVIRT.parse(live).channels == known.channels


def test_L68_of_two_devices_of_a_kind_each_is_known_by_its_own_id() -> None:
    rngs = [OVIRT.Rng(id=OTHER_ID, source="random"), OVIRT.Rng(id=PROFILE_ID, source="urandom")]
    known = planned(vm(rngs=rngs, watchdogs=[OVIRT.Watchdog()], sounds=[OVIRT.Sound(model="ich6")]))
    swapped = OVIRT.generate(evolve(known, rngs=known.rngs[::-1]))
    assert dict(paired(swapped, known, "rngs")) == {OTHER_ID: ("id",), PROFILE_ID: ("id",)}
    found = OVIRT.match(swapped, known)
    assert all(pair.known == pair.found for pair in found.pairs if pair.kind == "rngs")


def test_L59_a_tpm_is_known_by_its_id() -> None:
    known = planned(vm(tpms=[OVIRT.Tpm()]))
    assert paired(OVIRT.generate(known), known, "tpms") == [(known.tpms[0].id, ("id",))]
    gone = OVIRT.match(OVIRT.generate(evolve(known, tpms=[])), known)
    assert [kind for kind, _ in gone.missing] == ["tpms"]


def test_L68_memory_that_was_plugged_is_known_by_its_id() -> None:
    dimm = OVIRT.MemoryDevice(id=OTHER_ID, model="dimm", size=131072, node=0)
    known = planned(vm(dimms=[dimm, evolve(dimm, id=PROFILE_ID)]))
    swapped = OVIRT.generate(evolve(known, dimms=known.dimms[::-1]))
    assert dict(paired(swapped, known, "dimms")) == {OTHER_ID: ("id",), PROFILE_ID: ("id",)}


# --- ids and order ------------------------------------------------------------------------------------------------


def test_a_vgpu_has_the_id_that_it_is_made_by() -> None:
    [device] = planned(vm(hostdevs=[OVIRT.Hostdev(source=OVIRT.MdevHostdevSource(), uuid=OTHER_ID)])).hostdevs
    assert device.id == OTHER_ID


@pytest.mark.parametrize(
    "fields",
    [
        {"balloon": OVIRT.Balloon(model="none")},
        {"controllers": [OVIRT.Controller(type="pci", model="pcie-root", index=0)]},
        {"controllers": [OVIRT.Controller(type="usb", model="none")]},
        {"videos": [OVIRT.Video(model="none")]},
        {"smartcards": [OVIRT.PassthroughSmartcard(source_type="spicevmc")]},
    ],
)
def test_what_has_no_place_for_an_id_gets_none(fields: dict[str, Any]) -> None:
    [name] = fields
    held = getattr(step("identities").plan(vm(**fields), setting(vm())), name)
    assert [item.id for item in (held if isinstance(held, list) else [held])] == [None]


def test_media_stand_before_disks_and_payloads_before_other_media() -> None:
    disks = [
        OVIRT.Disk(device="disk", target="vda"),
        OVIRT.Disk(device="floppy", target="fda"),
        OVIRT.Disk(device="cdrom", target="sdc"),
        OVIRT.Disk(device="cdrom", target="sdd", payload=OVIRT.Payload()),
        OVIRT.Disk(device="disk", target="vdb"),
    ]
    made = step("order").plan(vm(disks=disks), setting(vm()))
    assert [item.target for item in made.disks] == ["sdd", "sdc", "fda", "vda", "vdb"]


def test_what_no_table_can_say_stays_as_it_is() -> None:
    strange = [OVIRT.Opaque(xml=f"<x n='{n}'></x>") for n in range(2)]
    kinds = ("nics", "disks", "hostdevs", "videos", "graphics", "controllers", "channels", "consoles", "rngs", "inputs")
    made = planned(vm(**dict.fromkeys(kinds, strange)))
    for kind in kinds:
        assert [item for item in getattr(made, kind) if isinstance(item, OVIRT.Opaque)] == strange
