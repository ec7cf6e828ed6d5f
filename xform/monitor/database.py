"""The database of a store: SQLite or PostgreSQL by its URL, its tables up to date, its errors told in one line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from xform.errors import StoreError
from xform.monitor.schema import HEAD

# Seconds to wait for another's transaction, or for a server.
PATIENCE = 30
# What the advisory lock of a migration is called in PostgreSQL.
_MIGRATION = 0x78666F726D
# Alembic keeps the migration that runs in a place of the module's.
_upgrading = threading.Lock()


class Database:
    """Gives transactions, to several threads.  Raises StoreError, without a password."""

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.name = _shown(parsed)
        with self._telling():
            if parsed.get_backend_name() == "sqlite":
                self._engine = self._reader = _sqlite(parsed)
            else:
                self._engine = _postgresql(parsed)
                self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = self._engine.execution_options(writes=True)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction whose statements all see the same moment."""
        with self._telling(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, and undone where the body raises."""
        with self._telling(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except ModuleNotFoundError as error:
            raise StoreError(f"{self.name}: {error.name} is missing; install libvirt-xform[monitor]") from None
        except SQLAlchemyError as error:
            raise StoreError(f"{self.name}: {_reason(error)}") from None

    def _migrate(self) -> None:
        with self.reading() as connection:
            there = _revision(connection)
        if there == HEAD:
            return
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION)))
            there = _revision(connection)  # another process may have been here meanwhile
            if there is not None and there > HEAD:
                raise StoreError(
                    f"{self.name}: its tables are of revision {there}, later than {HEAD}, which this program knows; "
                    "use a newer xform"
                )
            if there != HEAD:
                _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    with _upgrading:
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    """The revision that the tables are of; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def _parsed(url: str) -> URL:
    expected = "expected sqlite:///FILE or postgresql://USER@HOST/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"the URL of the store cannot be read; {expected}") from None
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise StoreError(f"{_shown(parsed)} is no store; {expected}")
    return parsed


def _shown(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)


def _reason(error: SQLAlchemyError) -> str:
    """What the database says, in one line; never a statement or its values."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _postgresql(url: URL) -> Engine:
    patience = {"connect_timeout": PATIENCE, "options": f"-c lock_timeout={PATIENCE * 1000}"}
    return create_engine(url, connect_args=patience)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": PATIENCE})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # `begin` below says when a transaction begins, and of what kind
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # who reads first and writes then could be refused in between, and two of them each other
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
