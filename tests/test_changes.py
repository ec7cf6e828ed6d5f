"""What a document says that was not known: devices that came, that differ, that are gone; and what they are called."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest

import xform
from tests.corpus import live_scenarios
from tests.test_match import ID, disk, document, nic
from xform.match import held
from xform.match.identity import alias_of, device_ids

MAC = "52:54:00:00:00:0{0}"


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


def running(*devices: str, run: int = 7) -> str:
    return document(*devices).replace("<domain>", f"<domain id='{run}'>")


def changes(dialect: xform.Dialect, known: str, found: str) -> Any:
    return dialect.match(found, dialect.parse(known)).changes()


def test_nothing_new_is_no_change(ovirt: xform.Dialect) -> None:
    same = running(disk("sda", 1), nic(MAC.format(1), 2))
    found = changes(ovirt, same, same)
    assert not found
    assert [(one.kind, one.id) for one in found.paired] == [("disks", ID.format(1)), ("nics", ID.format(2))]


def test_only_what_differs_is_an_update(ovirt: xform.Dialect) -> None:
    found = changes(ovirt, running(disk("sda", 1), disk("sdb", 2)), running(disk("sdc", 1), disk("sdb", 2)))
    assert [(one.id, one.fields) for one in found.updated] == [(ID.format(1), {"target": ("sda", "sdc")})]


def test_what_libvirt_fills_in_is_no_change(ovirt: xform.Dialect) -> None:
    state = "<channel type='unix'><target type='virtio' name='a' state='{}'/></channel>"
    assert not changes(ovirt, running(state.format("disconnected")), running(state.format("connected")))


def test_a_secret_that_a_dump_leaves_out_is_no_change(ovirt: xform.Dialect) -> None:
    screen = "<graphics type='vnc' port='5900' {}/>"
    found = changes(ovirt, running(screen.format("passwd='hunter2'")), running(screen.format("")))
    assert not found
    assert found.paired[0].found.password == "hunter2"


def test_the_vm_itself_has_fields_too(ovirt: xform.Dialect) -> None:
    more = running(disk("sda", 1)).replace("</name>", "</name><memory unit='KiB'>2048</memory>")
    found = changes(ovirt, running(disk("sda", 1)), more)
    assert found
    assert found.fields == {"memory": (None, 2)}
    assert held(found.entity, "disks") == []


def test_a_device_that_a_run_lost_was_unplugged(ovirt: xform.Dialect) -> None:
    found = changes(ovirt, running(disk("sda", 1), disk("sdb", 2)), running(disk("sda", 1)))
    assert [(one.kind, one.id, one.unplugged) for one in found.gone] == [("disks", ID.format(2), True)]


@pytest.mark.parametrize("known", ["another run", "never started"])
def test_a_device_that_a_run_never_had_was_left_out_of_it(known: str, ovirt: xform.Dialect) -> None:
    """Something took its place for this run, or its file was missing."""
    before = running(disk("sda", 1), disk("sdb", 2), run=6)
    if known == "never started":
        before = document(disk("sda", 1), disk("sdb", 2))
    found = changes(ovirt, before, running(disk("sda", 1)))
    assert [(one.id, one.unplugged) for one in found.gone] == [(ID.format(2), False)]


def test_what_cannot_be_told_apart_is_neither_gone_nor_new(ovirt: xform.Dialect) -> None:
    known = running(nic(MAC.format(1)), nic(MAC.format(1)))
    found = changes(ovirt, known, running(nic(MAC.format(1))))
    assert (found.gone, found.inserted, found.paired) == ((), (), ())
    ((kind, rung, ids),) = found.ambiguous
    assert (kind, rung, len(set(ids))) == ("nics", ("mac",), 2)


def test_the_lack_of_a_second_place_takes_nothing_away(ovirt: xform.Dialect) -> None:
    """Nobody wrote the metadata of a disk that was plugged again elsewhere; the image is the same."""
    image = "5849b030-626e-47cb-ad90-3ce782d831b3"
    entry = (
        "<metadata><o:vm xmlns:o='http://ovirt.org/vm/1.0'><o:device devtype='disk' name='sda'>"
        f"<o:imageID>{image}</o:imageID></o:device></o:vm></metadata>"
    )
    known = running(disk("sda", 1)).replace("<devices>", f"{entry}<devices>")
    found = changes(ovirt, known, running(disk("sdb", 1)))
    assert [one.fields for one in found.updated] == [{"target": ("sda", "sdb")}]
    assert found.paired[0].found.image_id == image


def test_a_device_is_called_by_its_own_uuid(ovirt: xform.Dialect) -> None:
    assert device_ids(ovirt, ovirt.parse(document(disk("sda", 1)))) == {"disks": [ID.format(1)]}


def test_a_device_that_nobody_named_is_called_by_its_best_stable_fact(ovirt: xform.Dialect) -> None:
    controller = (
        "<controller type='pci' index='{0}' model='pcie-root-port'><alias name='pci.{0}'/>"
        "<address type='pci' domain='0' bus='0' slot='{1}' function='0'/></controller>"
    )
    one = document(controller.format(1, 1), controller.format(2, 2))
    # sorted otherwise, at another address, without an alias in a document of what will be started
    bare = controller.replace("<alias name='pci.{0}'/>", "")
    other = document(bare.format(2, 7), bare.format(1, 8))
    ours, theirs = (device_ids(ovirt, ovirt.parse(text))["controllers"] for text in (one, other))
    assert ours == theirs[::-1]
    assert all(uuid.UUID(name).version == 5 for name in ours)


def test_the_devices_of_two_vms_are_called_otherwise(ovirt: xform.Dialect) -> None:
    one = ovirt.parse(document(disk("sda")))
    other = attrs.evolve(one, id=ID.format(9))
    assert device_ids(ovirt, one)["disks"] != device_ids(ovirt, other)["disks"]


def test_no_two_devices_are_called_the_same(ovirt: xform.Dialect) -> None:
    alike = [disk("sda")] * 3 + [nic(MAC.format(1))] * 2
    for names in device_ids(ovirt, ovirt.parse(document(*alike))).values():
        assert len(set(names)) == len(names)


def test_a_new_device_is_not_called_as_one_that_is_known(ovirt: xform.Dialect) -> None:
    """A device was called by where it was, and moved; another one came to that place."""
    at = "<rng model='virtio'><backend model='random'/><address type='pci' bus='{}' slot='1'/></rng>"
    ids = device_ids(ovirt, ovirt.parse(running(at.format(2))))
    known = ovirt.parse(running(at.format(1)))
    found = ovirt.match(running(at.format(1), at.format(2)), known).changes(ids)
    assert [one.id for one in found.paired] == ids["rngs"]
    assert [one.id for one in found.inserted] != ids["rngs"]


SCENARIOS = pytest.mark.parametrize("scenario", live_scenarios(), ids=lambda folder: folder.name)


@SCENARIOS
@pytest.mark.parametrize("name", ["ovirt", "domain"])
def test_each_device_of_a_real_vm_is_paired_where_it_is_and_gone_where_it_is_not(name: str, scenario: Path) -> None:
    """In every document, each against what is known of all of them."""
    dialect = xform.load(name)
    facts = json.loads((scenario / "facts.json").read_text())
    known, names = gathered(dialect, scenario, facts)
    kinds = {kind.row.path.steps[-1].tag: kind for kind in dialect.kinds}
    for document_name in facts["documents"]:
        matching = dialect.match((scenario / document_name).read_bytes(), known)
        paired = {(pair.kind, names[id(pair.known)]) for pair in matching.pairs}
        missing = {(kind, names[id(device)]) for kind, device in matching.missing}
        for device in facts["devices"]:
            if device["present"]:
                one = kinds[device["kind"]].name, device["id"]
                where = paired if document_name in device["present"] else missing
                assert one in where, (document_name, device["kind"], device["id"])


def gathered(dialect: xform.Dialect, scenario: Path, facts: dict[str, Any]) -> tuple[Any, dict[int, str]]:
    """A VM with every device of the facts as a document has it, and their ids by the devices' own."""
    kinds = {kind.row.path.steps[-1].tag: kind for kind in dialect.kinds}
    entities = {name: dialect.parse((scenario / name).read_bytes()) for name in facts["documents"]}
    devices: dict[str, list[Any]] = {}
    names: dict[int, str] = {}
    for one in facts["devices"]:
        for where in one["present"][:1]:
            kind = kinds[one["kind"]]
            (device,) = (
                device
                for device in held(entities[where], kind.name)
                if alias_of(dialect, kind, device) == one["alias"]
                or (one.get("alias_lost") and dialect.classes.word(type(device)) == one["facts"]["type"])
            )
            devices.setdefault(kind.name, []).append(device)
            names[id(device)] = one["id"]
    lists = {kind.name: kind.row.form == "list" for kind in dialect.kinds}
    fields = {name: those if lists[name] else those[0] for name, those in devices.items()}
    empty: dict[str, Any] = {name: [] if many else None for name, many in lists.items()}
    return attrs.evolve(entities["live.xml"], **empty | fields), names


@SCENARIOS
@pytest.mark.parametrize("name", ["ovirt", "domain"])
def test_devices_that_libvirt_added_keep_their_ids_from_document_to_document(name: str, scenario: Path) -> None:
    dialect = xform.load(name)
    facts = json.loads((scenario / "facts.json").read_text())
    files = [name for name in facts["documents"] if name != "defined.xml"]
    Random(7).shuffle(files)
    called: dict[tuple[str, str], Counter[str]] = {}
    for document_name in files:
        entity = dialect.parse((scenario / document_name).read_bytes())
        ids = device_ids(dialect, entity)
        for kind in dialect.kinds:
            for device, one in zip(held(entity, kind.name), ids.get(kind.name, ()), strict=True):
                alias = alias_of(dialect, kind, device)
                if alias in facts["unmanaged"][document_name]:
                    called.setdefault((kind.name, alias), Counter())[one] += 1
    assert {alias: ids for alias, ids in called.items() if len(ids) > 1} == {}
