"""Follow: what is known and a new document to what is known now, by the cheapest way that gives the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import xform
from bench.documents import document
from tests import corpus
from xform.monitor.follow import follow, manage
from xform.monitor.records import Followed, Known

DIALECTS = [xform.load("domain"), xform.load("ovirt")]
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.tables.name)
TEXT = document(8, 2).encode()
UUID = "00000001-0000-4000-8000-000000000001"  # of the second disk

Look = Callable[..., Followed]


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.tables.name)
def look(request: pytest.FixtureRequest) -> Look:
    """``look(known, text)``: follow to this document."""
    return lambda known, text: follow(request.param, known, text)


def what(found: Followed) -> list[tuple[str, str]]:
    return [(change.what, change.kind) for change in found.changes]


def edited(old: str, new: str, text: bytes = TEXT) -> bytes:
    assert old.encode() in text
    return text.replace(old.encode(), new.encode())


def without(alias: str, text: bytes = TEXT) -> bytes:
    """The document without the device that has this alias."""
    before, _, after = text.partition(alias.encode())
    start = before.rindex(b"\n    <disk")
    return before[:start] + after[after.index(b"\n    </disk>") + len(b"\n    </disk>") :]


def test_a_first_look_tells_of_the_vm_and_of_every_device(look: Look) -> None:
    found = look(None, TEXT)
    assert found.way == "whole"
    assert what(found)[0] == ("inserted", "")
    assert len(found.changes) == len(found.known.devices) + 1 == 13
    assert found.known.name == "bench"
    assert found.known.run == "7"
    assert all(device.plugged and not device.managed for device in found.known.devices)


def test_the_same_bytes_change_nothing(look: Look) -> None:
    known = look(None, TEXT).known
    assert look(known, TEXT) == Followed(known, way="same text")


def test_of_a_device_that_differs_only_its_text_is_read(look: Look) -> None:
    found = look(look(None, TEXT).known, edited("cache='none'", "cache='unsafe'"))
    assert found.way == "some devices"
    assert what(found) == [("updated", "disks")] * 2
    assert found.changes[0].fields == {"cache": ("none", "unsafe")}


def test_what_libvirt_fills_in_is_no_change(look: Look) -> None:
    found = look(look(None, TEXT).known, edited("'disconnected'", "'connected'"))
    assert found.way == "some devices"
    assert not found.changes
    assert found.known.devices == look(None, edited("'disconnected'", "'connected'")).known.devices


def test_a_document_in_another_form_has_the_same_digest(look: Look) -> None:
    known = look(None, TEXT).known
    found = look(known, edited("\n", "\n\n"))
    assert found.way == "same digest"
    assert not found.changes
    assert [device.entity for device in found.known.devices] == [device.entity for device in known.devices]


def test_a_restart_is_seen_though_nothing_else_changed(look: Look) -> None:
    found = look(look(None, TEXT).known, edited("id='7'", "id='8'"))
    assert found.way == "same digest"
    assert found.known.run == "8"


def test_the_vm_itself_changes(look: Look) -> None:
    found = look(look(None, TEXT).known, edited("<on_crash>destroy", "<on_crash>preserve"))
    assert found.way == "whole"
    assert what(found) == [("updated", "")]
    assert found.changes[0].fields == {"on_crash": ("destroy", "preserve")}


def test_a_device_that_nobody_manages_is_forgotten_once_it_is_gone(look: Look) -> None:
    known = look(None, TEXT).known
    found = look(known, without(UUID))
    assert what(found) == [("unplugged", "disks")]
    assert len(found.known.devices) == len(known.devices) - 1


def test_a_device_that_is_missing_after_a_start_was_left_out(look: Look) -> None:
    found = look(look(None, TEXT).known, without(UUID, edited("id='7'", "id='8'")))
    assert what(found) == [("left out", "disks")]


@every_dialect
def test_a_managed_device_stays_known_and_returns(dialect: xform.Dialect) -> None:
    known = manage(dialect, None, dialect.parse(TEXT))
    assert all(device.managed for device in known.devices)
    seen = follow(dialect, known, TEXT)
    assert not seen.changes
    gone = follow(dialect, seen.known, without(UUID))
    assert what(gone) == [("unplugged", "disks")]
    assert [device.plugged for device in gone.known.devices].count(False) == 1
    again = follow(dialect, gone.known, edited("cache='none'", "cache='unsafe'", without(UUID)))
    assert what(again) == [("updated", "disks")]
    back = follow(dialect, again.known, edited("cache='none'", "cache='unsafe'"))
    assert what(back) == [("returned", "disks")]
    assert back.changes[0].fields == {"cache": ("none", "unsafe")}
    assert all(device.plugged for device in back.known.devices)


@every_dialect
def test_what_a_manager_tells_keeps_the_ids_of_devices(dialect: xform.Dialect) -> None:
    known = follow(dialect, None, TEXT).known
    told = manage(dialect, known, dialect.parse(TEXT))
    assert [device.id for device in told.devices] == [device.id for device in known.devices]
    assert all(device.managed and device.plugged for device in told.devices)


@every_dialect
def test_what_is_stored_holds_nothing_that_libvirt_fills_in(dialect: xform.Dialect) -> None:
    known = follow(dialect, None, TEXT).known
    assert getattr(known.entity, dialect.tables.run or "") is None
    disk = next(device for device in known.devices if device.kind == "disks")
    assert "index=1" not in repr(disk.entity)


def test_devices_that_cannot_be_told_apart_stay_as_they_were(look: Look) -> None:
    twin = "\n    <watchdog model='i6300esb' action='reset'/>"
    text = edited("\n    <memballoon", twin + twin.replace("reset", "none") + "\n    <memballoon")
    known = look(None, text).known
    found = look(known, edited("action='reset'", "action='pause'", text))
    assert {device.id for device in known.devices} == {device.id for device in found.known.devices}


def test_L153_a_device_that_takes_the_key_of_an_entry_is_looked_at_whole() -> None:
    ovirt = DIALECTS[1]
    swapped = (
        TEXT.replace(b"dev='sda'", b"dev='x'").replace(b"dev='sdb'", b"dev='sda'").replace(b"dev='x'", b"dev='sdb'")
    )
    found = follow(ovirt, follow(ovirt, None, TEXT).known, swapped)
    assert found.way == "whole"
    assert {"image_id", "target"} <= set(found.changes[0].fields)


# --- every way comes to the same --------------------------------------------------------------------------------


@corpus.needed
@every_dialect
@pytest.mark.parametrize("scenario", corpus.live_scenarios(), ids=lambda folder: folder.name)
@pytest.mark.parametrize("managed", [False, True], ids=["unmanaged", "managed"])
def test_every_way_comes_to_the_same(dialect: xform.Dialect, scenario: Any, managed: bool) -> None:
    texts = [file.read_bytes() for file in sorted(scenario.glob("*.xml"))]
    chance = random.Random(scenario.name)
    for order in (texts, *(chance.sample(texts, len(texts)) for _ in range(4))):
        known = manage(dialect, None, dialect.parse(order[0])) if managed else None
        for text in order:
            found = follow(dialect, known, text)
            slow = follow(dialect, forgotten(known), text)
            if found.way == "same text":  # what could not be told apart then was told then
                slow = attrs.evolve(slow, ambiguous=())
            assert told(found) == told(slow), (scenario.name, found.way)
            known = found.known


@every_dialect
def test_every_way_comes_to_the_same_where_little_changes(dialect: xform.Dialect) -> None:
    chance = random.Random(1)
    known = follow(dialect, None, TEXT).known
    ways = set()
    for _ in range(60):
        text = TEXT
        for old, new in chance.sample(EDITS, 2):
            text = text.replace(old, new, chance.choice([1, 2, -1]))
        found, slow = follow(dialect, known, text), follow(dialect, forgotten(known), text)
        if found.way != "same text":
            assert told(found) == told(slow), found.way
        ways.add(found.way)
        known = found.known
    assert {"some devices", "whole"} <= ways


EDITS = [
    (b"cache='none'", b"cache='unsafe'"),
    (b"index='1'", b"index='8'"),
    (b"link state='up'", b"link state='down'"),
    (b"dev='sdb'", b"dev='sdx'"),
    (b"ua-00000002-0000-4000-8000-000000000000", b"ua-00000002-0000-4000-8000-000000000009"),
    (b"56:6f:00:00:01:01", b"56:6f:00:00:09:01"),
    (b"<ovirt-vm:imageID>00000004", b"<ovirt-vm:imageID>00000009"),
    (b"domain type='kvm' id='7'", b"domain type='kvm' id='9'"),
    (b"<currentMemory unit='KiB'>4194304", b"<currentMemory unit='KiB'>2097152"),
    (b"      <serial>", b"\n      <serial>"),
]


def forgotten(known: Known | None) -> Known | None:
    """What is known, with no digest that could spare the whole way."""
    return known and attrs.evolve(known, text=b"", digest=b"", rest=b"")


def told(found: Followed) -> Any:
    """All of an outcome but how it was come by."""
    return attrs.evolve(found, way="whole", known=attrs.evolve(found.known, digest=b""))
