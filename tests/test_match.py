"""Which devices of a document are which: the ladder, what it refuses to guess, and what a real libvirt does."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest

import xform
from tests.corpus import live_scenarios
from xform.match import held

ID = "00000000-0000-4000-8000-00000000000{0}"


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


def vm(ovirt: xform.Dialect, *devices: str) -> Any:
    return ovirt.parse(document(*devices))


def document(*devices: str) -> str:
    return f"<domain><name>x</name><uuid>{ID.format(0)}</uuid><devices>{''.join(devices)}</devices></domain>"


def disk(target: str = "sda", number: int | None = None, serial: str = "", bus: str = "scsi") -> str:
    alias = "" if number is None else f"<alias name='ua-{ID.format(number)}'/>"
    mark = f"<serial>{serial}</serial>" if serial else ""
    return f"<disk><target dev='{target}' bus='{bus}'/>{mark}{alias}</disk>"


def nic(mac: str, number: int | None = None) -> str:
    alias = "" if number is None else f"<alias name='ua-{ID.format(number)}'/>"
    return f"<interface type='user'><mac address='{mac}'/>{alias}</interface>"


def test_the_first_rung_pairs_by_id_whatever_else_changed(ovirt: xform.Dialect) -> None:
    found = ovirt.match(document(disk("sdq", 1, bus="virtio")), vm(ovirt, disk("sda", 1)))
    assert [(pair.kind, pair.rung, pair.known.target, pair.found.target) for pair in found.pairs] == [
        ("disks", ("id",), "sda", "sdq")
    ]
    assert (found.new, found.missing, found.ambiguous) == ([], [], [])


def test_a_lower_rung_pairs_what_lost_its_id(ovirt: xform.Dialect) -> None:
    found = ovirt.match(document(disk("sdb", serial="S")), vm(ovirt, disk("sda", 1, serial="S")))
    assert [pair.rung for pair in found.pairs] == [("serial",)]


def test_a_composite_rung_needs_all_its_fields(ovirt: xform.Dialect) -> None:
    assert [pair.rung for pair in ovirt.match(document(disk("sda")), vm(ovirt, disk("sda", 1))).pairs] == [
        ("interface", "target")
    ]
    assert not ovirt.match(document("<disk><target dev='sda'/></disk>"), vm(ovirt, disk("sda", 1))).pairs


def test_L04_values_compare_decoded(ovirt: xform.Dialect) -> None:
    found = ovirt.match(document(nic("52:54:00:AB:CD:EF")), vm(ovirt, nic("52:54:00:ab:cd:ef", 1)))
    assert [pair.rung for pair in found.pairs] == [("mac",)]


def test_L03_L06_a_foreign_device_with_an_id_of_its_own_is_never_ours(ovirt: xform.Dialect) -> None:
    found = ovirt.match(document(disk("sda", 2)), vm(ovirt, disk("sda", 1)))
    assert not found.pairs
    assert [kind for kind, _ in found.new] == [kind for kind, _ in found.missing] == ["disks"]


def test_L02_kinds_are_kept_apart_even_under_one_alias(ovirt: xform.Dialect) -> None:
    alias = f"<alias name='ua-{ID.format(1)}'/>"
    console = f"<console type='pty'><target type='serial' port='0'/>{alias}</console>"
    serial = f"<serial type='pty'><target type='isa-serial' port='0'/>{alias}</serial>"
    found = ovirt.match(document(serial, console), vm(ovirt, console))
    assert [(pair.kind, pair.rung) for pair in found.pairs] == [("consoles", ("id",))]


def test_L05_two_of_one_key_are_reported_and_not_resolved_by_order(ovirt: xform.Dialect) -> None:
    mac = "52:54:00:00:00:01"
    found = ovirt.match(document(nic(mac), nic(mac)), vm(ovirt, nic(mac, 1), nic(mac, 2)))
    assert not found.pairs
    assert not found.new
    assert not found.missing
    assert [(one.kind, one.rung, len(one.known), len(one.found)) for one in found.ambiguous] == [
        ("nics", ("mac",), 2, 2)
    ]


def test_what_one_rung_cannot_tell_a_later_one_may(ovirt: xform.Dialect) -> None:
    mac = "<interface type='user'><mac address='52:54:00:00:00:01'/>{}</interface>"
    at = "<address type='pci' domain='0' bus='{0}' slot='1' function='0'/>"
    known = vm(ovirt, mac.format(at.format("0x1")), mac.format(at.format("0x2")))
    found = ovirt.match(document(mac.format(at.format("2")), mac.format(at.format("1"))), known)
    assert [(pair.known.address.bus, pair.found.address.bus, pair.rung) for pair in found.pairs] == [
        (1, 1, ("address",)),
        (2, 2, ("address",)),
    ]
    assert not found.ambiguous


def test_what_nothing_tells_apart_is_neither_paired_nor_missing(ovirt: xform.Dialect) -> None:
    bare = "<controller type='pci' model='pcie-root-port'/>"
    found = ovirt.match(document(bare, bare), vm(ovirt, bare))
    assert (len(found.pairs), len(found.new), len(found.missing)) == (0, 0, 0)
    assert [(one.rung, len(one.known), len(one.found)) for one in found.ambiguous] == [((), 1, 2)]


def test_L01_graphics_pair_by_type_since_libvirt_drops_their_alias(ovirt: xform.Dialect) -> None:
    known = vm(ovirt, "<graphics type='vnc' port='-1'/>", "<graphics type='spice'/>")
    found = ovirt.match(document("<graphics type='spice'/>", "<graphics type='vnc' port='5900'/>"), known)
    assert {(type(pair.known), pair.rung) for pair in found.pairs} == {
        (ovirt.VncGraphics, ("type",)),
        (ovirt.SpiceGraphics, ("type",)),
    }


def test_an_item_that_its_table_cannot_say_is_still_found() -> None:
    domain = xform.load("domain")
    broken = f"<disk><alias name='ua-{ID.format(1)}'/></disk>"  # no target, which is required
    found = domain.match(document(broken), domain.parse(document(disk("sda", 1))))
    assert [type(pair.found) for pair in found.pairs] == [xform.Opaque]


def test_what_is_known_must_be_an_entity_of_the_dialect(ovirt: Any) -> None:
    domain: Any = xform.load("domain")
    with pytest.raises(xform.EntityError, match=r"^known: Domain of domain is no Vm of ovirt; expected Vm$"):
        ovirt.match(document(), domain.Domain(type="kvm", name="x"))


@pytest.mark.parametrize("looked_at", [False, True])
def test_an_outcome_goes_to_another_process_and_back(ovirt: Any, looked_at: bool) -> None:
    mac = "52:54:00:00:00:01"
    known = vm(ovirt, disk("sda", 1), disk("sdb", 2), nic(mac), nic(mac))
    found = ovirt.match(document(disk("sdq", 1), disk("sdr", 3), nic(mac)), known)
    if looked_at:
        assert found.new
    for back in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert back == found
        assert [(pair.known, pair.found) for pair in back.pairs] == [(known.disks[0], found.pairs[0].found)]
        assert back.new == found.new
        assert back.missing == [("disks", known.disks[1])]
        assert back.ambiguous == found.ambiguous
        assert back.pairs[0].found is back.document.disks[0]


@pytest.mark.parametrize("scenario", live_scenarios(), ids=lambda folder: folder.name)
def test_a_real_libvirts_documents_pair_every_managed_device_by_its_id(ovirt: xform.Dialect, scenario: Path) -> None:
    facts = json.loads((scenario / "facts.json").read_text())
    documents = {name: ovirt.parse((scenario / name).read_bytes()) for name in facts["documents"]}
    field = {kind.row.path.steps[-1].tag: kind.name for kind in ovirt.kinds}
    managed = [
        (field[device["kind"]], device["alias"].removeprefix("ua-"), device["present"])
        for device in facts["devices"]
        if device["kind"] in field and device["present"] and not device.get("alias_lost")
    ]
    every = {
        (kind, device.id): device
        for entity in documents.values()
        for kind in field.values()
        for device in held(entity, kind)
        if getattr(device, "id", None)
    }
    ours = {
        kind.name: [every[kind.name, one] for where, one, _ in managed if where == kind.name] for kind in ovirt.kinds
    }
    one = {kind.name: next(iter(ours[kind.name]), None) for kind in ovirt.kinds if kind.row.form == "one"}
    known = attrs.evolve(documents["defined.xml"], **{**ours, **one})
    for name in documents:
        matching = ovirt.match((scenario / name).read_bytes(), known)
        paired = {(pair.kind, pair.known.id) for pair in matching.pairs if pair.rung == ("id",)}
        assert paired == {(kind, one) for kind, one, present in managed if name in present}, name
        assert all(pair.found.id == pair.known.id for pair in matching.pairs if pair.rung == ("id",))
