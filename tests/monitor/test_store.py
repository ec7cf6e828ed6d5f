"""The store keeps what is known of VMs, in SQLite and in PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy

import xform
from tests.monitor.scripted import ID, SMALL, disk, known, moment, nic
from tests.monitor.shortly import load, raw, save
from xform.entities import Opaque
from xform.errors import StoreError
from xform.monitor import store
from xform.monitor.records import Change, Device, Known
from xform.monitor.store import State, Store, Unclear
from xform.monitor.stored import Entities

ROOT = Path(__file__).parents[2]


# -- what is known -----------------------------------------------------------------------------------------------------


def test_what_was_saved_is_loaded(opened: Store) -> None:
    vm = known(disk("sda", size=5, managed=True, plugged=False), disk("sdb", read_only=True), nic("52:54:00:00:00:01"))
    assert save(opened, vm) == 1
    stored = opened.load(ID)
    assert stored is not None
    assert (stored.known, stored.connection, stored.state, stored.version) == (vm, "qemu:///system", "running", 1)


def test_a_vm_that_was_never_saved_is_not_there(opened: Store) -> None:
    assert opened.load(ID) is None
    assert opened.states() == {}


def test_a_store_that_is_opened_again_holds_the_same(store_url: str) -> None:
    vm = known(disk("sda", size=5))
    for _ in range(2):
        with closing(Store(store_url, SMALL)) as one:
            save(one, vm)
            assert load(one) == vm


def test_devices_that_come_change_and_go_are_written_over(opened: Store) -> None:
    save(opened, known(disk("sda", size=1), disk("sdb"), disk("sdc")))
    after = known(disk("sda", size=2), disk("sdc"), disk("sdd", label="new"), digest=b"other")
    save(opened, after, version=1)
    assert load(opened) == after


def test_a_device_row_that_stays_is_not_written(store_url: str, opened: Store) -> None:
    save(opened, known(disk("sda", size=1), disk("sdb")))
    written = []
    sqlalchemy.event.listen(opened._database._engine, "before_cursor_execute", lambda *told: written.append(told[2]))
    save(opened, known(disk("sda", size=1), disk("sdb"), digest=b"other"), version=1)
    assert not [one for one in written if "device" in one and not one.startswith("SELECT")]


@pytest.fixture
def statements(opened: Store) -> list[str]:
    """What the database is told, by the first word of each."""
    told: list[str] = []

    def tell(*of: Any) -> None:
        told.append(of[2].split()[0])

    sqlalchemy.event.listen(opened._database._engine, "before_cursor_execute", tell)
    return told


@pytest.mark.parametrize("count", [2, 30])
def test_a_new_vm_takes_one_statement_for_each_table(opened: Store, statements: list[str], count: int) -> None:
    disks = [disk(f"s{number:02}") for number in range(count)]
    save(opened, known(*disks), Change("inserted"), *[Change("inserted", "disks", one.id) for one in disks])
    assert [one for one in statements if one != "BEGIN"] == ["INSERT"] * 3


def test_a_device_that_changes_takes_a_fixed_number_of_statements(opened: Store, statements: list[str]) -> None:
    save(opened, known(*[disk(f"s{number:02}") for number in range(30)]))
    statements.clear()
    stored = opened.load(ID)
    assert stored
    first, *others = stored.known.devices
    now = attrs.evolve(stored.known, devices=(attrs.evolve(first, slice=b"other"), *others))
    opened.save(now, [Change("updated", "disks", first.id)], stored=stored, connection="", state="", at=moment(1))
    told = [one for one in statements if one != "BEGIN"]
    assert told == ["SELECT", "SELECT", "UPDATE", "UPDATE", "DELETE", "INSERT"]


def test_only_entities_that_are_asked_for_are_made(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    save(opened, known(disk("sda", size=1), disk("sdb", size=2)))
    made = []
    device = Entities.device
    monkeypatch.setattr(Entities, "device", lambda *of: made.append(of[2]["target"]) or device(*of))
    monkeypatch.setattr(Entities, "root", lambda *of: made.append("root"))
    stored = opened.load(ID)
    assert stored
    first, second = stored.known.devices
    renewed = attrs.evolve(first, slice=b"other")
    assert (renewed.entity.size, first.entity.size) == (1, 1)
    after = attrs.evolve(stored.known, devices=(renewed, second), digest=b"other")
    opened.save(after, [], stored=stored, connection="", state="", at=moment(1))
    assert made == ["sda"]


def test_an_entity_that_was_loaded_equals_one_that_was_made_and_looks_like_it(opened: Store) -> None:
    save(opened, known(disk("sda", size=1)))
    (loaded,) = load(opened).devices
    assert loaded == disk("sda", size=1) != disk("sda", size=2)
    assert repr(loaded) == repr(disk("sda", size=1))


def test_variants_and_kept_xml_come_back_as_what_they_were(opened: Store) -> None:
    kept = Device("nics", "kept", Opaque('<nic type="new"></nic>'))
    vm = known(kept, nic("52:54:00:00:00:01"), nic("52:54:00:00:00:02", "br0"))
    save(opened, vm)
    assert [one.entity for one in load(opened).devices] == [one.entity for one in vm.devices]
    assert load(opened) == vm


@pytest.mark.parametrize("example", ["linux_desktop", "windows_11", "s390x"])
def test_every_device_of_an_example_comes_back(opened: Store, store_url: str, example: str) -> None:
    ovirt = xform.load("ovirt")
    entity = ovirt.read(ROOT / "examples" / f"{example}.yaml")
    devices = tuple(
        Device(kind, f"{number:03}", one)
        for kind in sorted(["disks", "nics", "graphics", "channels", "hostdevs", "controllers", "videos", "rngs"])
        for number, one in enumerate(getattr(entity, kind))
    )
    assert devices
    with closing(Store(store_url, ovirt)) as one:
        save(one, Known(ID, "example", ovirt.Vm(id=ID, name="example"), devices))
        assert load(one).devices == devices


def test_what_a_document_lacks_though_it_must_have_it_is_none(opened: Store) -> None:
    vm = known(Device("disks", "bare", SMALL.Disk(target=None)))
    save(opened, vm)
    assert load(opened) == vm


def test_a_value_that_only_compares_equal_is_written(store_url: str, opened: Store) -> None:
    for version, value in ((None, 1), (1, True)):
        save(opened, known(Device("disks", "1", SMALL.Disk(target="sda", size=value))), version=version)
    assert raw(store_url, "SELECT CAST(entity AS TEXT) FROM device") == [('{"target": "sda", "size": true}',)]


def test_states_of_all_vms_are_read_at_once(opened: Store) -> None:
    for vm in ("a", "b"):
        save(opened, known(disk("sda"), vm=vm, digest=vm.encode()))
    assert opened.states() == {
        vm: State(vm, "qemu:///system", "running", "7", b"text", vm.encode(), 1) for vm in ("a", "b")
    }


def test_states_of_some_vms_are_theirs_alone(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for vm in ("a", "b", "c"):
        save(opened, known(vm=vm))
    assert opened.states({"a", "c", "none"}).keys() == {"a", "c"}
    monkeypatch.setattr(store, "PAGE", 1)  # of many all are read
    assert opened.states({"a", "c", "none"}).keys() == {"a", "c"}


def test_vms_keep_their_devices_apart(opened: Store) -> None:
    for vm in ("a", "b"):
        save(opened, known(disk("sda", label=vm), disk("sdb"), vm=vm))
    save(opened, known(vm="a"), version=1)
    assert load(opened, "a").devices == ()
    assert load(opened, "b").devices == (disk("sda", label="b"), disk("sdb"))


# -- history -----------------------------------------------------------------------------------------------------------


def test_history_is_told_in_its_order_with_plain_values(opened: Store) -> None:
    was, now = SMALL.UserNic(mac="52:54:00:00:00:01"), SMALL.BridgeNic(mac="52:54:00:00:00:01", bridge="br0")
    changes = [
        Change("inserted", "disks", "d1"),
        Change("updated", "nics", "n1", {"source": (was, now), "queues": (None, 4)}),
        Change("unplugged", "disks", "d2"),
        Change("updated", fields={"cpus": (2, 4)}),
    ]
    save(opened, known(), *changes, at=1)
    told = list(opened.history())
    assert [(one.vm, one.at) for one in told] == [(ID, moment(1))] * 4
    assert told[0].change == changes[0]
    assert told[1].change.fields == {
        "source": (
            {"type": "user", "mac": "52:54:00:00:00:01"},
            {"type": "bridge", "mac": "52:54:00:00:00:01", "bridge": "br0"},
        ),
        "queues": (None, 4),
    }
    assert [one.change for one in told[2:]] == changes[2:]


def test_history_of_one_vm_or_since_a_moment(opened: Store) -> None:
    for vm in ("a", "b"):
        save(opened, known(vm=vm), Change("inserted", "disks", "1"), at=1)
        save(opened, known(vm=vm), Change("unplugged", "disks", "1"), version=1, at=2)
    assert [(one.vm, one.change.what) for one in opened.history("b")] == [("b", "inserted"), ("b", "unplugged")]
    assert [(one.vm, one.change.what) for one in opened.history(since=moment(2))] == [
        ("a", "unplugged"),
        ("b", "unplugged"),
    ]


def test_a_long_history_is_read_in_pages(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 3)
    save(opened, known(), *[Change("inserted", "disks", str(number)) for number in range(9)])
    assert [one.change.id for one in opened.history()] == [str(number) for number in range(9)]


def test_times_are_utc_and_a_time_without_a_zone_is_refused(opened: Store) -> None:
    there = moment(0).astimezone(datetime.strptime("+0530", "%z").tzinfo)
    opened.save(known(), [Change("updated")], stored=None, connection="", state="", at=there)
    (entry,) = opened.history()
    assert (entry.at, entry.at.utcoffset()) == (moment(0), moment(0).utcoffset())
    with pytest.raises(StoreError, match="no time zone"):
        opened.save(known(), [], stored=opened.load(ID), connection="", state="", at=moment(0).replace(tzinfo=None))


def test_a_vm_tells_when_it_was_seen_and_when_it_changed(opened: Store, store_url: str) -> None:
    save(opened, known(), at=1)
    save(opened, known(text=b"other"), version=1, at=2)
    assert raw(store_url, "SELECT seen > changed FROM vm") == [(1,)]
    save(opened, known(), Change("updated"), version=2, at=3)
    assert raw(store_url, "SELECT seen = changed FROM vm") == [(1,)]


# -- what could not be told apart --------------------------------------------------------------------------------------


def test_ambiguities_are_those_of_the_last_document(opened: Store) -> None:
    first = [("disks", ("target",), ("1", "2")), ("nics", ("bridge", "mac"), ("3", "4"))]
    save(opened, known(vm="b"), ambiguous=first)
    save(opened, known(vm="a"), ambiguous=first[:1])
    assert opened.ambiguities() == [
        Unclear("a", "disks", ("target",), ("1", "2")),
        Unclear("b", "disks", ("target",), ("1", "2")),
        Unclear("b", "nics", ("bridge", "mac"), ("3", "4")),
    ]
    save(opened, known(vm="b"), version=1)
    assert [one.vm for one in opened.ambiguities()] == ["a"]


# -- a state alone -----------------------------------------------------------------------------------------------------


def test_a_state_changes_without_its_devices(opened: Store) -> None:
    save(opened, known(disk("sda")))
    assert opened.note(ID, version=1, connection="other", state="paused", run="7", at=moment(1)) == 2
    stored = opened.load(ID)
    assert stored
    assert (stored.known, stored.connection, stored.state) == (known(disk("sda")), "other", "paused")


@pytest.mark.parametrize("run", [None, "8"])
def test_L160_a_run_without_a_document_is_not_that_of_the_devices(opened: Store, run: str | None) -> None:
    save(opened, known(disk("sda"), run="7"))
    opened.note(ID, version=1, connection="", state="running", run=run, at=moment(1))
    assert load(opened).run is None


def test_the_state_of_a_vm_that_is_not_stored_is_not_noted(opened: Store) -> None:
    assert opened.note(ID, version=1, connection="", state="shut off", run=None, at=moment(1)) is None
    assert opened.states() == {}
