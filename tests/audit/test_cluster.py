"""A drawn fleet on a pool and on a Dask cluster: the same rows, also where a worker is killed in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count, islice
from multiprocessing import active_children
from pathlib import Path

import pytest

import xform
from bench.drawn import write
from tests.audit.dask import Cluster
from tests.monitor.hosts import Host
from xform.audit.chunk import Chunk
from xform.audit.engines import cluster as dask
from xform.audit.engines import pool
from xform.audit.examine import Row, examine
from xform.audit.job import Job, schema_folder, tables_folder
from xform.audit.run import OpenEngine, run
from xform.audit.sources import open_sources
from xform.monitor.store import Store
from xform.monitor.watch import Monitor
from xform.schema import find_schemas

COUNT = 1500


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fleet") / "fleet.parquet", COUNT, seed=9)


@pytest.fixture
def every_question(tmp_path: Path) -> Callable[[Path], Job]:
    """A job that asks all there is: a schema, laws, the store of a monitor that followed some, and other tables."""

    def make(fleet: Path) -> Job:
        ovirt, url = xform.load("ovirt"), f"sqlite:///{tmp_path / 'store.db'}"
        (source,) = open_sources([str(fleet)], ovirt)
        host = Host()
        for entry in islice(source.entries(), 40):
            with suppress(xform.DocumentError):
                host.vms[ovirt.parse(entry.xml).id] = entry.xml
        with closing(Store(url, ovirt)) as store:
            assert Monitor(ovirt, store, [host]).once()
        schema = schema_folder(find_schemas(None, str(ovirt.tables.schema)))
        laws = ("get-put", "put-get")
        return Job(tables_folder(ovirt), (("installed", schema),), laws, url, tables_folder(xform.load("domain")))

    return make


def chunks(fleet: Path) -> Iterator[Chunk]:
    (source,) = open_sources([str(fleet)], xform.load("ovirt"))
    coming = source.entries()
    for number in count():
        if not (entries := tuple(islice(coming, 50))):
            return
        yield Chunk(number, entries)


def rows(engine: OpenEngine, job: Job, coming: Iterator[Chunk]) -> list[Row]:
    found = sorted(run(engine, job, coming), key=lambda pair: pair[0].number)
    return [row for _, some in found for row in some]


def test_a_fleet_has_equal_results_wherever_it_is_examined(fleet: Path, own_cluster: Cluster) -> None:
    job = Job(tables_folder(xform.load("ovirt")))
    alone = [row for chunk in chunks(fleet) for row in examine(job, chunk)]  # type: ignore[union-attr]

    def killing() -> Iterator[Chunk]:
        for chunk in chunks(fleet):
            if chunk.number == 12:
                own_cluster.kill(own_cluster.workers[0])
            yield chunk

    assert [row.name for row in alone] == [f"vm{number}" for number in range(COUNT)]
    assert {row.state for row in alone} == {"read", "unread"}
    assert any(row.found for row in alone)

    def killing_of_this_machine() -> Iterator[Chunk]:
        for chunk in chunks(fleet):
            if chunk.number == 12:
                active_children()[0].kill()
            yield chunk

    assert rows(lambda: pool(2), job, killing_of_this_machine()) == alone
    assert rows(lambda: dask(own_cluster.address), job, killing()) == alone
    assert own_cluster.workers[0].poll() is not None


def test_whatever_is_asked_the_answers_are_equal(
    tmp_path: Path, own_cluster: Cluster, every_question: Callable[[Path], Job]
) -> None:
    few = write(tmp_path / "few.parquet", 150, seed=9)
    job = every_question(few)
    alone = [row for chunk in chunks(few) for row in examine(job, chunk)]  # type: ignore[union-attr]
    assert {found.check for row in alone for found in row.found} >= {"schema", "residue", "match", "parse"}
    assert rows(lambda: pool(2), job, chunks(few)) == alone
    assert rows(lambda: dask(own_cluster.address), job, chunks(few)) == alone
