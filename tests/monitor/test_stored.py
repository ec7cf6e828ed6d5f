"""Entities are stored without their secrets, and tables of another day read them."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import attrs
import pytest
import structlog

import xform
from tests.monitor.scripted import ID, SMALL, TABLES, disk, known, nic
from tests.monitor.shortly import load, raw, save
from xform.errors import StoreError
from xform.monitor.records import Change, Device, Known
from xform.monitor.store import Store

# -- secrets -----------------------------------------------------------------------------------------------------------


def test_no_secret_is_stored(opened: Store, store_url: str) -> None:
    secret = "open-sesame"
    vm = known(disk("sda", password=secret, login=SMALL.Login(user=secret)))
    vm.entity.token = secret
    fields = {"size": (1, 2), "password": (secret, None), "login": (None, SMALL.Login(user=secret))}
    save(opened, vm, Change("updated", "disks", "disk-sda", fields), Change("updated", fields={"token": ("", secret)}))
    kept = raw(store_url, "SELECT * FROM vm") + raw(store_url, "SELECT * FROM device")
    kept += raw(store_url, "SELECT * FROM change")
    assert secret not in str(kept)
    assert load(opened).devices == (disk("sda"),)
    assert [one.change.fields for one in opened.history()] == [{"size": (1, 2)}, {}]


# -- tables of another day ---------------------------------------------------------------------------------------------


def changed_tables(tmp_path: Path, *changes: tuple[str, str], head: str = "") -> xform.Dialect:
    """The small dialect as it may be some day."""
    folder = tmp_path / "tables"
    shutil.copytree(TABLES, folder)
    text = (folder / "vm.toml").read_text()
    for was, now in changes:
        assert was in text
        text = text.replace(was, now)
    (folder / "vm.toml").write_text(text)
    with (folder / "dialect.toml").open("a") as file:
        file.write(head)
    return xform.load(str(folder))


def test_entities_survive_a_renamed_field(opened: Store, store_url: str, tmp_path: Path) -> None:
    save(opened, known(disk("sda", size=5)))
    later = changed_tables(
        tmp_path,
        ("size      =", "capacity  ="),
        ("cpus  =", "cores ="),
        head='[renamed.Disk]\nsize = "capacity"\n[renamed.Vm]\ncpus = "cores"\n',
    )
    with closing(Store(store_url, later)) as one:
        assert load(one).entity == later.Vm(id=ID, name="web", cores=2)
        assert load(one).devices[0].entity == later.Disk(target="sda", capacity=5)


def test_devices_survive_a_renamed_kind(opened: Store, store_url: str, tmp_path: Path) -> None:
    save(opened, known(disk("sda", size=5)))
    later = changed_tables(tmp_path, ("disks =", "drives ="), head='[renamed.Vm]\ndisks = "drives"\n')
    with closing(Store(store_url, later)) as one:
        vm = load(one)
        assert [(found.kind, found.id) for found in vm.devices] == [("drives", "disk-sda")]
        save(one, vm, version=1)
        assert load(one) == vm
    assert raw(store_url, "SELECT kind FROM device") == [("drives",)]


def test_a_field_that_no_table_knows_is_left_out_and_logged_once(store_url: str, tmp_path: Path) -> None:
    later = changed_tables(tmp_path, ("label     =", 'colour    = "colour : text"\nlabel     ='))
    with closing(Store(store_url, later)) as one:
        entities = [later.Disk(target=target, colour="red", size=1) for target in ("sda", "sdb")]
        devices = tuple(Device("disks", entity.target, entity) for entity in entities)
        save(one, Known(ID, "web", later.Vm(id=ID, name="web"), devices))
    with closing(Store(store_url, SMALL)) as one, structlog.testing.capture_logs() as lines:
        assert [found.entity for found in load(one).devices] == [
            SMALL.Disk(target="sda", size=1),
            SMALL.Disk(target="sdb", size=1),
        ]
    assert [(line["entity"], line["field"], line["why"]) for line in lines] == [("Disk", "colour", "no table knows it")]


def test_a_value_that_is_no_longer_admitted_is_left_out_and_logged(
    opened: Store, store_url: str, tmp_path: Path
) -> None:
    save(opened, known(disk("sda", size=5, label="root")))
    later = changed_tables(tmp_path, ("label     : text", "label : enum data log"))
    with closing(Store(store_url, later)) as one, structlog.testing.capture_logs() as lines:
        assert load(one).devices[0].entity == later.Disk(target="sda", size=5)
    assert [line["why"] for line in lines] == ["'root' is not one of data, log"]


def test_a_device_that_no_table_has_an_entity_for_is_refused_and_stays(
    opened: Store, store_url: str, tmp_path: Path
) -> None:
    save(opened, known(nic("52:54:00:00:00:02", "br0")))
    other = changed_tables(tmp_path, ("[Nic.bridge]", "[Nic.tap]"))
    with closing(Store(store_url, other)) as one, pytest.raises(StoreError, match=rf"{ID}: .*'bridge' is not one of"):
        _ = load(one).devices[0].entity
    assert load(opened).devices == (nic("52:54:00:00:00:02", "br0"),)


def test_L165_a_vm_that_was_followed_by_other_tables_is_not_taken_for_known(
    opened: Store, store_url: str, tmp_path: Path
) -> None:
    save(opened, known(disk("sda")))
    later = changed_tables(tmp_path, ("label     =", 'colour    = "colour : text"\nlabel     ='))
    with closing(Store(store_url, later)) as one:
        state, found = one.states()[ID], load(one)
        assert (state.text, state.digest, found.text, found.digest, found.rest) == (b"",) * 5
        save(one, attrs.evolve(found, text=b"text", digest=b"digest", rest=b"rest"), version=1)
        assert (one.states()[ID].digest, load(one).rest) == (b"digest", b"rest")


def test_tables_in_another_folder_are_the_same(opened: Store, store_url: str, tmp_path: Path) -> None:
    save(opened, known(disk("sda")))
    with closing(Store(store_url, changed_tables(tmp_path))) as one:
        assert one.states() == opened.states()
