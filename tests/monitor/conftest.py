"""Stores for tests: each gets a database of its own, of either kind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import make_url

import xform
from tests.monitor.postgres import INITDB, MISSING, Postgres, postgres
from tests.monitor.scripted import SMALL
from xform.dialect import Dialect
from xform.monitor.store import Store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    if not INITDB:
        pytest.skip(MISSING)
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes a database for each call, and gives its URL."""
    with ExitStack() as databases:
        if request.param == "sqlite":
            numbers = count()
            yield lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
        else:
            server: Postgres = request.getfixturevalue("postgres_server")
            yield lambda: databases.enter_context(server.database())


@pytest.fixture
def new_migrated_url(new_store_url: Callable[[], str], request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """The same for databases that have their tables already: copies of one."""
    first = new_store_url()
    Store(first, SMALL).close()
    database = str(make_url(first).database)

    def copied() -> str:
        url = new_store_url()
        shutil.copy(database, str(make_url(url).database))
        return url

    with ExitStack() as databases:
        if first.startswith("sqlite"):
            yield copied
        else:
            server: Postgres = request.getfixturevalue("postgres_server")
            yield lambda: databases.enter_context(server.database(template=database))


@pytest.fixture
def store_url(new_store_url: Callable[[], str]) -> str:
    return new_store_url()


@pytest.fixture(scope="module")
def dialect() -> Dialect:
    return xform.load("domain")


@pytest.fixture
def store(store_url: str, dialect: Dialect) -> Iterator[Store]:
    with closing(Store(store_url, dialect)) as one:
        yield one


@pytest.fixture
def opened(store_url: str) -> Iterator[Store]:
    with closing(Store(store_url, SMALL)) as one:
        yield one
