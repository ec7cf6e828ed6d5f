"""Import: documents that other managers made become VMs of ours, with all that they say, and no guess."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, fields
from lxml import etree

import xform
from tests import corpus
from tests.ovirt.material import OVIRT, PLANNING, plan
from xform import XformError
from xform.schema import Schema

FOLDER = Path(__file__).with_name("external")
NAMES = sorted(file.stem for file in FOLDER.glob("*.xml"))
NO_DEVICES = {"emulator"}

external = pytest.mark.parametrize("name", NAMES)


def text(name: str) -> str:
    return (FOLDER / f"{name}.xml").read_text(encoding="utf-8")


def recalled(document: str | bytes, known: Any = None, **context: Any) -> Any:
    return PLANNING.recall(OVIRT.parse(document), known=known, dialect=OVIRT, **context)


def elements(document: bytes) -> Counter[str]:
    """The elements of devices, by their names."""
    devices = etree.fromstring(document).findall("devices/*")
    return Counter(str(item.tag) for item in devices if isinstance(item.tag, str))


def held(vm: Any) -> Counter[str]:
    """The devices of a VM, by the names of their elements."""
    count: Counter[str] = Counter()
    for attribute in fields(type(vm)):
        row = OVIRT.root.fields.get(attribute.name)
        if row is None or not row.entity or [step.tag for step in row.path.steps[:1]] != ["devices"]:
            continue
        value = getattr(vm, attribute.name)
        count[row.path.steps[1].tag] += len(value) if isinstance(value, list) else value is not None
    return +count


# --- what a document says -----------------------------------------------------------------------------------------


@external
def test_the_documents_are_valid(name: str) -> None:
    for version in ("libvirt-9.0.0", "libvirt-11.3.0"):
        assert Schema(_schemas() / version).said(OVIRT.tree(text(name))) == []


def _schemas() -> Path:
    if not (corpus.HOME / "schemas").is_dir():
        pytest.skip(f"no {corpus.HOME / 'schemas'}")
    return corpus.HOME / "schemas"


@external
def test_every_device_is_an_entity(name: str) -> None:
    there = elements(text(name).encode())
    assert held(recalled(text(name))) == Counter({tag: n for tag, n in there.items() if tag not in NO_DEVICES})


@pytest.mark.parametrize(
    ("name", "memory", "current", "machine", "bios", "cpus"),
    [
        ("virt_install_q35", 8192, 4096, "pc-q35-8.1", "q35_secure_boot", (1, 2, 2)),
        ("virt_install_i440fx", 7052, None, "pc-i440fx-2.8", "i440fx_sea_bios", (4, 1, 1)),
        ("hosted_engine", 7052, 7052, "pc-i440fx-rhel7.3.0", "i440fx_sea_bios", (4, 1, 1)),
    ],
)
def test_units_machine_firmware_and_topology(
    name: str, memory: int, current: int | None, machine: str, bios: str, cpus: tuple[int, int, int]
) -> None:
    vm = recalled(text(name))
    assert (vm.memory, vm.current_memory, vm.os.machine, vm.bios_type) == (memory, current, machine, bios)
    assert (vm.sockets, vm.cores, vm.threads) == cpus


def test_disks_and_cards_are_of_their_kinds() -> None:
    vm = recalled(text("virt_install_q35"))
    assert [(disk.device, disk.interface, disk.format, disk.source.path) for disk in vm.disks] == [
        ("disk", "virtio", "qcow2", "/var/lib/libvirt/images/workstation.qcow2"),
        ("cdrom", "sata", "raw", None),
    ]
    assert [(nic.interface_type, type(nic.source)) for nic in vm.nics] == [
        ("virtio", OVIRT.BridgeInterfaceSource),
        ("e1000e", OVIRT.NetworkInterfaceSource),
    ]
    assert (vm.usb, vm.usb_slots, vm.monitors, vm.use_host_cpu, vm.rngs[0].source) == (True, 2, 2, True, "urandom")


def test_a_hosted_engines_vm_has_four_sockets_7052_mib_one_vnc_and_one_console() -> None:
    vm = recalled(text("hosted_engine"))
    assert (vm.sockets, vm.memory) == (4, 7052)
    assert [type(item) for item in vm.graphics] == [OVIRT.VncGraphics]
    assert len(vm.consoles) == 1
    assert (vm.displays, vm.default_display) == (["vnc"], "vga")
    assert [(disk.image_id[-4:], disk.volume_id[-4:], disk.storage_type) for disk in vm.disks if disk.image_id] == [
        ("1b02", "1b03", "image")
    ]
    assert (vm.nics[0].network, vm.nics[0].interface_type) == ("ovirtmgmt", "virtio")


# --- what is not guessed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "left"), [("virt_install_q35", []), ("virt_install_i440fx", []), ("hosted_engine", [])]
)
def test_what_has_no_field_is_told(name: str, left: list[str]) -> None:
    document = OVIRT.open(text(name))
    assert [found.path.rpartition("/")[2] for found in (*document.residue, *document.drift)] == left


@external
def test_what_the_document_does_not_say_stays_unsaid(name: str) -> None:
    vm = recalled(text(name))
    assert (vm.origin, vm.guest_os, vm.vm_type, vm.time_zone, vm.memory_limit) == (None,) * 5
    assert [disk.disk_profile_id for disk in vm.disks] == [None] * len(vm.disks)
    assert [(nic.vnic_profile_id, nic.name) for nic in vm.nics] == [(None, None)] * len(vm.nics)


def test_L96_without_an_arrangement_each_cpu_is_a_socket() -> None:
    bare = text("hosted_engine").replace("<topology cores='1' threads='1' sockets='64'/>", "")
    assert (recalled(bare).sockets, recalled(bare).cores) == (4, 1)
    known = OVIRT.Vm(id="7d0a3c1e-52b8-4f6d-9a41-0c6b2e8f1a03", name="vm", sockets=1, cores=4)
    assert (recalled(bare, known).sockets, recalled(bare, known).cores) == (1, 4)


@pytest.mark.parametrize(("model", "display"), [("cirrus", "cirrus"), ("bochs", "bochs"), ("vmvga", None)])
def test_L71_the_display_of_an_imported_vm_is_that_of_its_card(model: str, display: str | None) -> None:
    document = text("virt_install_i440fx").replace("model type='cirrus'", f"model type='{model}'")
    assert recalled(document).default_display == display


@external
def test_L72_a_device_without_an_address_is_there_and_is_found_again(name: str) -> None:
    assert "<address" not in text(name)
    vm = recalled(text(name))
    found = OVIRT.match(text(name), vm)
    alike = {"redirdevs"} if name == "virt_install_q35" else set()  # by nothing else are these told apart
    assert {one.kind for one in found.ambiguous} == alike
    assert (found.missing, found.new) == ([], [])
    assert Counter(pair.kind for pair in found.pairs)["disks"] == len(vm.disks)
    assert len(found.pairs) + sum(len(one.found) for one in found.ambiguous) == held(vm).total()


def test_L73_devices_are_those_of_the_element_and_of_no_text() -> None:
    speaks = text("virt_install_q35").replace(
        "<memory ", "<!-- <devices><disk/></devices> --><description>&lt;/devices&gt;</description><memory ", 1
    )
    speaks = speaks.replace("<libosinfo:os ", "<libosinfo:devices><disk/></libosinfo:devices><libosinfo:os ")
    assert held(recalled(speaks)) == held(recalled(text("virt_install_q35")))
    assert "<devices>" in recalled(speaks).title


def test_L74_a_word_that_nobody_knows_is_kept_and_changes_no_other_document() -> None:
    before = recalled(text("virt_install_i440fx"))
    strange = recalled(text("virt_install_i440fx").replace("graphics type='vnc'", "graphics type='hologram'"))
    assert [type(item) for item in strange.graphics] == [OVIRT.Opaque]
    assert "hologram" in OVIRT.generate(strange)
    assert recalled(text("virt_install_i440fx")) == before


# --- and then -----------------------------------------------------------------------------------------------------


@external
def test_an_imported_vm_has_a_plan_that_keeps_what_it_was(name: str) -> None:
    vm = recalled(text(name))
    made = plan(vm)
    assert plan(made) == made
    assert len(made.disks) == len(vm.disks)
    assert [nic.mac for nic in made.nics] == [nic.mac for nic in vm.nics]
    assert (made.memory, made.vcpus, made.os.machine) == (vm.memory, vm.vcpus, vm.os.machine)


def test_a_vm_without_an_id_is_read_and_has_no_plan() -> None:
    document = text("virt_install_i440fx").replace("<uuid>7d0a3c1e-52b8-4f6d-9a41-0c6b2e8f1a02</uuid>", "")
    vm = recalled(document)
    assert (vm.id, vm.name, recalled(document, vm)) == (None, "ledger", vm)
    with pytest.raises(xform.EntityError, match="a VM without an id has no plan"):
        plan(vm)


def test_a_level_that_is_none_is_told_and_not_heeded() -> None:
    document = OVIRT.open(text("hosted_engine").replace(">4.2<", ">next<"))
    assert [found.path.rpartition(":")[2] for found in document.residue] == ["clusterVersion"]
    assert document.entity.cluster_version is None
    with pytest.raises(XformError, match="no configuration for the compatibility level"):
        plan(evolve(document.entity, cluster_version="4.10"))


@corpus.needed
@corpus.sliced
def test_a_document_becomes_a_vm_with_all_devices_that_has_a_plan(number: int) -> None:
    lost = {}
    for file in [*corpus.part(number)[::3], *corpus.samples()[number :: corpus.SLICES]]:
        document = OVIRT.open(file.read_bytes())
        vm = PLANNING.recall(document.entity, dialect=OVIRT)
        told = [_device(found.path) for found in document.residue]
        missing = elements(file.read_bytes()) - held(vm) - Counter(told)
        if "" not in told and set(missing) - NO_DEVICES:
            lost[file.name] = missing
        if vm.id is not None:
            plan(vm)
    assert not lost


def _device(path: str) -> str | None:
    """The name of the device that a path of the residue is; empty where it is all devices, None where it is none."""
    found = re.fullmatch(r"/domain/devices(?:/([^/@[]+)(?:\[\d+\])?)?", path)
    return found and (found[1] or "")
