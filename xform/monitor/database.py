"""The database of a store: SQLite or PostgreSQL by its URL, its tables up to date, its errors told in one line."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
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
# What a URL's query may say of where its database is; a password, or its file, may be there too.
_PLACE = ("host", "port")
# What is expected where SQLite refuses a store, and where it refuses what is only read.
_STORE = {
    "unable to open database file": "a file that can be written, in a folder that is there",
    "file is not a database": "a store that xform monitor made",
}
_READ = {
    "unable to open database file": "a file that can be read",
    "file is not a database": "a database of SQLite's",
    "not authorized": "a query that only reads",
    "authorization denied": "a query that only reads",
    "syntax error": "a query that only reads",  # where PostgreSQL is to read the rows of what gives none by itself
}
# What a query of SQLite's does that only reads.
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
# Alembic keeps the migration that runs in a place of the module's.
_upgrading = threading.Lock()


class Database:
    """Gives transactions, to several threads; `readonly` ones cannot write.  Raises StoreError, without a password."""

    def __init__(self, url: str, *, readonly: bool = False) -> None:
        parsed = _parsed(url)
        self.name = _shown(parsed)
        with telling(self.name, _STORE):
            if parsed.get_backend_name() == "sqlite":
                self._engine = self._reader = _sqlite(_as_it_is(parsed) if readonly else parsed, readonly)
            else:
                self._engine = _postgresql(parsed).execution_options(postgresql_readonly=readonly)
                self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = self._engine.execution_options(writes=True)
        try:
            self._expect() if readonly else self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction whose statements all see the same moment."""
        with telling(self.name, _STORE), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, and undone where the body raises."""
        with telling(self.name, _STORE), self._writer.begin() as connection:
            yield connection

    def _expect(self) -> None:
        """Raise StoreError where there are no tables, or others than this program knows."""
        with self.reading() as connection:
            there = _revision(connection)
        if there is None:
            raise StoreError(f"{self.name}: no store is there; expected one that xform monitor made")
        if there < HEAD:
            raise StoreError(
                f"{self.name}: its tables are of revision {there}, before {HEAD}; xform monitor of this version brings "
                "them up to date"
            )
        _refuse_later(self.name, there)

    def _migrate(self) -> None:
        with self.reading() as connection:
            there = _revision(connection)
        if there == HEAD:
            return
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION)))
            there = _revision(connection)  # another process may have been here meanwhile
            _refuse_later(self.name, there)
            if there != HEAD:
                _upgrade(connection)


def _refuse_later(name: str, there: str | None) -> None:
    if there is not None and there > HEAD:
        said = f"its tables are of revision {there}, later than {HEAD}, which this program knows"
        raise StoreError(f"{name}: {said}; use a newer xform")


def shown(url: str) -> str:
    """The URL of a database without its password: of its query what says where it is. Raises StoreError."""
    return _shown(_parsed(url))


@contextmanager
def telling(name: str, expected: Mapping[str, str]) -> Iterator[None]:
    """Within, errors of a database are told in one line with its name, some with what was expected.

    Raises StoreError.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{name}: {error.name} is missing; install it with: pip install 'libvirt-xform[monitor]'"
        ) from None
    except SQLAlchemyError as error:
        raise StoreError(f"{name}: {_reason(error, expected)}") from None


@contextmanager
def selected(url: str, query: str) -> Iterator[tuple[list[str], Iterator[Any]]]:
    """The columns and rows of a query to any database, which is only read. Raises StoreError."""
    parsed = _parsed(url)
    with telling(_shown(parsed), _READ):
        sqlite = parsed.get_backend_name() == "sqlite"
        engine = create_engine(_as_it_is(parsed)) if sqlite else _postgresql(parsed)
        try:
            with engine.connect().execution_options(
                stream_results=True, postgresql_readonly=True, no_parameters=True
            ) as connection:
                if sqlite:
                    _only_read(connection.connection.driver_connection)
                found = connection.exec_driver_sql(query)
                if not found.returns_rows:
                    raise StoreError(f"{_shown(parsed)}: the query gives no rows; expected SELECT, or the like of it")
                yield list(found.keys()), iter(found)
        finally:
            engine.dispose()


def _only_read(connection: Any) -> None:
    """Keep a query from the files of others, and let it see texts that are in no UTF-8."""

    def allowed(action: int, *_: Any) -> int:
        return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY

    def decoded(data: bytes) -> str | bytes:
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data

    connection.set_authorizer(allowed)
    connection.text_factory = decoded


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
        url.encode()  # the name of a file may be no text
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
    place = {key: value for key, value in url.query.items() if key in _PLACE}
    return url.set(drivername=url.get_backend_name(), query=place).render_as_string(hide_password=True)


def _reason(error: SQLAlchemyError, expected: Mapping[str, str]) -> str:
    """What the database says, in one line; never a statement or its values."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    said = lines[0] if lines else type(error).__name__
    what = next((what for beginning, what in expected.items() if said.startswith(beginning)), None)
    return f"{said}; expected {what}" if what else said


def _postgresql(url: URL) -> Engine:
    patience = {"connect_timeout": PATIENCE, "options": f"-c lock_timeout={PATIENCE * 1000}"}
    # a server that is cut off says nothing
    alive = {"keepalives_idle": PATIENCE, "keepalives_interval": 5, "keepalives_count": 3}
    return create_engine(url, connect_args={**patience, **alive, "tcp_user_timeout": 2 * PATIENCE * 1000})


def _as_it_is(url: URL) -> URL:
    """A file of SQLite's that is not made where there is none, nor changed."""
    file = Path(url.database or "").absolute().as_uri()
    return url.set(database=file, query={"mode": "ro", "uri": "true"})


def _sqlite(url: URL, readonly: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": PATIENCE})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # `begin` below says when a transaction begins, and of what kind
        if not readonly:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # who reads first and writes then could be refused in between, and two of them each other
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
