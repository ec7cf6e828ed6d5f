"""Opening a store: its schema, and what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.monitor.crash import ended, fork
from tests.monitor.postgres import GUARDED, Postgres
from tests.monitor.scripted import ID, SMALL, known
from tests.monitor.shortly import load, raw, save
from xform.errors import StoreError
from xform.monitor import database, schema
from xform.monitor.store import State, Store

ROOT = Path(__file__).parents[2]


def of_old(url: str, revision: str) -> None:
    """Make the tables of a revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


# -- the schema --------------------------------------------------------------------------------------------------------


def test_migrations_lead_to_the_tables_of_the_schema(opened: Store) -> None:
    with opened._database._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_the_last_migration_is_the_one_that_the_schema_names() -> None:
    folder = Path(schema.__file__).with_name("migrations")
    assert ScriptDirectory(folder).get_heads() == [schema.HEAD]


def test_a_store_of_a_newer_schema_is_refused(opened: Store, store_url: str) -> None:
    raw(store_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"revision 9999, later than \d+, which this program knows; use a newer xform"):
        Store(store_url, SMALL)


def test_a_store_of_the_first_revision_is_brought_up_to_date_and_its_vms_are_looked_at_anew(store_url: str) -> None:
    of_old(store_url, "0001")
    values = "(:id, 'web', 'host', 'running', '7', :digest, :digest, :digest, 3, :entity, :at, :at)"
    entity = json.dumps({"id": ID, "name": "web", "cpus": 2})
    raw(store_url, f"INSERT INTO vm VALUES {values}", id=ID, digest=b"one", entity=entity, at="2024-02-29 12:00:00")
    with closing(Store(store_url, SMALL)) as one:
        assert one.states() == {ID: State(ID, "host", "running", "7", b"", b"", 3)}
        assert load(one) == known(text=b"", digest=b"", rest=b"")
        assert save(one, known(), version=3) == 4
        assert load(one) == known()


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


# -- only read ---------------------------------------------------------------------------------------------------------


def test_a_store_that_is_only_read_is_read_and_not_written_to(store_url: str) -> None:
    with closing(Store(store_url, SMALL)) as one:
        save(one, known())
    with closing(Store(store_url, SMALL, readonly=True)) as one:
        assert load(one) == known()
        with pytest.raises(StoreError, match=r"readonly database|read-only transaction"):
            save(one, known(), version=1)


def test_a_store_of_an_earlier_revision_that_is_only_read_is_left_as_it_is(store_url: str) -> None:
    of_old(store_url, "0001")
    with pytest.raises(StoreError, match=r"revision 0001, before \d+; xform monitor of this version brings them up to"):
        Store(store_url, SMALL, readonly=True)
    assert raw(store_url, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_no_store_is_made_where_one_is_only_read(store_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store is there|unable to open database file"):
        Store(store_url, SMALL, readonly=True)
    assert list(tmp_path.iterdir()) == []


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
    with pytest.raises(StoreError, match=r"x.db: file is not a database; expected a store that xform monitor made$"):
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
    monkeypatch.setattr(database, "PATIENCE", 1)
    with closing(Store(store_url, SMALL)) as one, closing(Store(store_url, SMALL)) as other:
        save(one, known())
        with other._database.writing() as holding:
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
        one._database._engine.dispose()
        shutil.rmtree(folder)
        with pytest.raises(
            StoreError,
            match=r"unable to open database file; expected a file that can be written",
        ):
            one.states()


def test_sqlite_commits_to_the_disk_and_lets_readers_read(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'x.db'}", SMALL)) as one, one._database.reading() as connection:
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
        time.sleep(0.01)
