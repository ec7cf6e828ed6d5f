"""A PostgreSQL server of the tests' own, in a folder of its own, that ends with the process that started it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

# Debian keeps them out of PATH.
FOLDERS = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))[::-1]]
INITDB = next((str(folder / "initdb") for folder in FOLDERS), None) or shutil.which("initdb")
MISSING = (
    None if INITDB else "PostgreSQL's server is not installed (Debian package postgresql, Fedora's postgresql-server)"
)

# A role that has a password, and needs it.
GUARDED = ("guarded", "open-sesame")

# Its standard input ends with whoever started it, however that happens; then the server ends, and its folder goes.
_SERVER = """
"$1" --pgdata "$2/data" --username xform --auth trust --encoding UTF8 --locale C --no-sync >"$2/log" 2>&1 &&
    sed -i '1i local all guarded scram-sha-256' "$2/data/pg_hba.conf" || { cat "$2/log" >&2; exit 1; }
"$(dirname "$1")/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c max_connections=50 >>"$2/log" 2>&1 </dev/null &
cat
kill -INT $!
wait
cd / && rm -rf "$2"
"""


class Postgres:
    """A running server that gives out new databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def url(self, database: str, user: str = "xform") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        with psycopg.connect(dbname="postgres", user="xform", host=str(self.folder), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, a copy of another one, which is dropped at the end."""
        name = f"store{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def away(self, url: str) -> Iterator[None]:
        """Within, a database lets nobody in."""
        name = make_url(url).database
        self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            yield
        finally:
            self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """The server refuses to run as root, so it is nobody's there."""
    assert INITDB
    folder = Path(tempfile.mkdtemp(prefix="xform-pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    command = ["/bin/sh", "-c", _SERVER, "postgres", INITDB, str(folder)]
    server = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        user=user,
        extra_groups=[] if user else None,
        start_new_session=True,  # ^C is for the tests; they end it
    )
    try:
        found = Postgres(folder)
        _await(found, server)
        found.run(f"CREATE ROLE {GUARDED[0]} LOGIN PASSWORD '{GUARDED[1]}'")
        yield found
    finally:
        server.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _await(found: Postgres, server: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {server.stderr and server.stderr.read()}")
        try:
            return found.run("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start: {(found.folder / 'log').read_text()}")
