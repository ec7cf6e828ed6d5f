"""The store keeps what is known of VMs, in SQLite and in PostgreSQL, whoever writes to it at the same time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import structlog
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import xform
from tests.monitor.crash import ended, fork
from tests.monitor.postgres import GUARDED, Postgres
from tests.monitor.scripted import ID, SMALL, TABLES, disk, known, moment, nic
from xform.entities import Opaque
from xform.errors import StoreError
from xform.monitor import schema, store
from xform.monitor.records import Change, Device, Known
from xform.monitor.store import State, Store, Unclear

ROOT = Path(__file__).parents[2]


@pytest.fixture
def opened(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url, SMALL)) as one:
        yield one


def save(
    to: Store, known: Known, *changes: Change, version: int | None = None, at: int = 0, ambiguous: Any = ()
) -> int | None:
    return to.save(
        known,
        changes,
        version=version,
        connection="qemu:///system",
        state="running",
        at=moment(at),
        ambiguous=ambiguous,
    )


def load(of: Store, vm: str = ID) -> Known:
    stored = of.load(vm)
    assert stored
    return stored.known


def raw(url: str, statement: str, **values: Any) -> list[Any]:
    """What the database itself holds, or takes."""
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


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
    sqlalchemy.event.listen(opened._engine, "before_cursor_execute", lambda *told: written.append(told[2]))
    save(opened, known(disk("sda", size=1), disk("sdb"), digest=b"other"), version=1)
    assert not [one for one in written if "device" in one and not one.startswith("SELECT")]


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
    assert opened.states() == {vm: State(vm, "qemu:///system", "running", b"text", vm.encode(), 1) for vm in ("a", "b")}


def test_vms_keep_their_devices_apart(opened: Store) -> None:
    for vm in ("a", "b"):
        save(opened, known(disk("sda", label=vm), disk("sdb"), vm=vm))
    save(opened, known(vm="a"), version=1)
    assert load(opened, "a").devices == ()
    assert load(opened, "b").devices == (disk("sda", label="b"), disk("sdb"))


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
        one.load(ID)
    assert load(opened).devices == (nic("52:54:00:00:00:02", "br0"),)


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
    opened.save(known(), [Change("updated")], version=None, connection="", state="", at=there)
    (entry,) = opened.history()
    assert (entry.at, entry.at.utcoffset()) == (moment(0), moment(0).utcoffset())
    with pytest.raises(StoreError, match="no time zone"):
        opened.save(known(), [], version=1, connection="", state="", at=moment(0).replace(tzinfo=None))


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


# -- several who write -------------------------------------------------------------------------------------------------


def test_who_went_by_an_older_version_writes_nothing(opened: Store) -> None:
    save(opened, known(disk("sda")))
    newer = known(disk("sda"), disk("sdb"), digest=b"newer")
    assert save(opened, newer, Change("inserted", "disks", "disk-sdb"), version=1) == 2
    late = known(disk("sda", size=9), digest=b"older")
    assert save(opened, late, Change("updated", "disks", "disk-sda"), version=1) is None
    assert opened.note(ID, version=1, connection="", state="shut off", run=None, at=moment(1)) is None
    stored = opened.load(ID)
    assert stored
    assert (stored.known, stored.state, stored.version) == (newer, "running", 2)
    assert [one.change.what for one in opened.history()] == ["inserted"]


def test_of_two_who_see_a_vm_for_the_first_time_one_writes_it(opened: Store) -> None:
    assert save(opened, known(disk("sda")), Change("inserted", "disks", "disk-sda")) == 1
    assert save(opened, known(disk("sdb")), Change("inserted", "disks", "disk-sdb")) is None
    assert load(opened) == known(disk("sda"))
    assert [one.change.id for one in opened.history()] == ["disk-sda"]


def test_monitors_on_one_store_neither_deadlock_nor_undo_each_other(store_url: str) -> None:
    """Each adds its own disks to the same VMs, in another order, and looks again when it came too late."""
    vms, rounds = ("a", "b", "c"), 12

    def monitor(name: str, order: tuple[str, ...]) -> None:
        with closing(Store(store_url, SMALL)) as one:
            for number in range(rounds):
                for vm in order:
                    new = disk(f"{name}{number:02}")
                    while True:
                        stored = one.load(vm)
                        devices = stored.known.devices if stored else ()
                        found = known(*devices, new, vm=vm)
                        version = stored.version if stored else None
                        if save(one, found, Change("inserted", "disks", new.id), version=version):
                            break

    with ThreadPoolExecutor(3) as threads:
        for one in [threads.submit(monitor, *told) for told in (("x", vms), ("y", vms[::-1]), ("z", vms))]:
            one.result()
    expected = {f"disk-{name}{number:02}" for name in "xyz" for number in range(rounds)}
    with closing(Store(store_url, SMALL)) as one:
        for vm in vms:
            stored = one.load(vm)
            assert stored
            assert {found.id for found in stored.known.devices} == expected
            assert stored.version == len(expected)
            assert sorted(entry.change.id for entry in one.history(vm)) == sorted(expected)


def test_a_reader_sees_devices_and_digest_of_one_moment(store_url: str) -> None:
    with closing(Store(store_url, SMALL)) as writer, closing(Store(store_url, SMALL)) as reader:
        save(writer, known(digest=b"0"))
        done = threading.Event()

        def write() -> None:
            for number in range(1, 40):
                save(
                    writer, known(*[disk(f"s{one:02}") for one in range(number)], digest=b"%d" % number), version=number
                )
            done.set()

        with ThreadPoolExecutor(1) as threads:
            writing = threads.submit(write)
            while not done.is_set() and not writing.done():
                found = load(reader)
                assert len(found.devices) == int(found.digest)
            writing.result()


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


# -- the schema --------------------------------------------------------------------------------------------------------


def test_migrations_lead_to_the_tables_of_the_schema(opened: Store) -> None:
    with opened._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_the_last_migration_is_the_one_that_the_schema_names() -> None:
    folder = Path(schema.__file__).with_name("migrations")
    assert ScriptDirectory(folder).get_heads() == [schema.HEAD]


def test_a_store_of_a_newer_schema_is_refused(opened: Store, store_url: str) -> None:
    raw(store_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"revision 9999, later than \d+, which this program knows; use a newer xform"):
        Store(store_url, SMALL)


def test_processes_that_open_a_new_store_at_once_do_not_collide(store_url: str) -> None:
    start, go = os.pipe()

    def open_store() -> None:
        os.close(go)
        os.read(start, 1)
        Store(store_url, SMALL).close()

    started = [fork(open_store) for _ in range(4)]
    os.close(start)
    os.close(go)
    assert [ended(one) for one in started] == [0] * 4
    with closing(Store(store_url, SMALL)) as one:
        assert one.states() == {}


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url with open-sesame", "the URL of the store cannot be read; expected sqlite:///FILE or postgresql://"),
        ("mysql://me:open-sesame@host/x", r"mysql://me:\*\*\*@host/x is no store; expected sqlite:///FILE or"),
        ("sqlite://", "sqlite:// is no store; expected sqlite:///FILE or"),
        ("sqlite:////nowhere/at/all.db", "sqlite:////nowhere/at/all.db: unable to open database file"),
        (
            "postgresql://me:open-sesame@127.0.0.1:1/x?password=open-sesame",
            r"me:\*\*\*@127.0.0.1:1/x: connection failed",
        ),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_line_without_the_password(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Store(url, SMALL)
    assert "open-sesame" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("something else " * 100)
    with pytest.raises(StoreError, match=r"x.db: file is not a database$"):
        Store(f"sqlite:///{tmp_path / 'x.db'}", SMALL)


def test_a_wrong_password_is_told_without_it(postgres_server: Postgres) -> None:
    user, password = GUARDED
    url = postgres_server.url("postgres", f"{user}:{password}-not")
    with pytest.raises(StoreError, match=f'password authentication failed for user "{user}"$') as caught:
        Store(url, SMALL)
    assert password not in str(caught.value)


def test_a_store_that_stays_locked_is_told(
    store_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 1)
    with closing(Store(store_url, SMALL)) as one, closing(Store(store_url, SMALL)) as other:
        save(one, known())
        with other._writing() as holding:
            holding.execute(schema.vm.update().values(state="held"))
            with pytest.raises(StoreError, match=r"database is locked$|canceling statement due to lock timeout$"):
                save(one, known(), version=1)
        assert save(one, known(), version=1) == 2


def test_a_connection_that_is_cut_fails_once_and_is_made_again(postgres_server: Postgres) -> None:
    with postgres_server.database() as url, closing(Store(url, SMALL)) as one:
        save(one, known())
        name = url.partition("@/")[2].partition("?")[0]
        postgres_server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        with pytest.raises(StoreError, match=r"terminating connection|server closed|connection is lost"):
            save(one, known(), version=1)
        assert save(one, known(), version=1) == 2


def test_a_database_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with closing(Store(f"sqlite:///{folder / 'x.db'}", SMALL)) as one:
        one._engine.dispose()
        shutil.rmtree(folder)
        with pytest.raises(StoreError, match=r"unable to open database file$"):
            one.states()


def test_sqlite_commits_to_the_disk_and_lets_readers_read(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'x.db'}", SMALL)) as one, one._reading() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert found == ["wal", 2]


def test_the_server_of_the_tests_ends_with_the_process_that_started_it(postgres_server: Postgres) -> None:
    code = (
        "from tests.monitor.postgres import postgres\n"
        "with postgres() as server: print(server.folder, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout
        folder = Path(started.stdout.readline().strip())
        pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(started.pid, signal.SIGKILL)
    while Path(f"/proc/{pid}").exists() or folder.exists():
        pass
