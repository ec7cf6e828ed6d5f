"""An audit's way through an engine: what ends a worker becomes a row, everything else comes once and as ever."""

from __future__ import annotations

import os
import pickle
import random
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import active_children
from pathlib import Path
from threading import Event, Thread

import pytest
from attrs import evolve

import xform
from tests.audit.conftest import box
from tests.audit.dask import Cluster
from xform.audit import examine as worker
from xform.audit.chunk import DOCUMENTS, Chunk, Entry, cut
from xform.audit.engines import cluster as dask
from xform.audit.engines import pool
from xform.audit.examine import Row, examine
from xform.audit.job import Job, tables_folder
from xform.audit.run import AHEAD, Engine, OpenEngine, run
from xform.errors import HostError, StoreError, XformError
from xform.workers import _deaf

MANY = [box(number) for number in range(4 * DOCUMENTS)]


def rows(open_engine: OpenEngine, job: Job, entries: Iterable[Entry]) -> list[Row]:
    """Of all chunks, in the order of the entries."""
    return rows_of(run(open_engine, job, cut(entries)))


def rows_of(found: Iterable[tuple[Chunk, list[Row]]]) -> list[Row]:
    return [row for _, of_chunk in sorted(found, key=lambda pair: pair[0].number) for row in of_chunk]


def alone(job: Job, entries: Iterable[Entry]) -> list[Row]:
    """The same in this process."""
    return [row for chunk in cut(entries) for row in examine(job, chunk)]  # type: ignore[union-attr]


@contextmanager
def threads(width: int, started: Callable[[Executor], Executor] = lambda one: one) -> Iterator[Engine]:
    with ThreadPoolExecutor(width) as executor:
        yield Engine(started(executor), lambda: width)


def test_a_pool_and_a_cluster_give_the_rows_of_a_loop(job: Job, cluster: Cluster) -> None:
    expected = alone(job, MANY)
    assert [row.id for row in expected[:2]] == ["box0", "box1"]
    assert rows(lambda: pool(2), job, MANY) == expected
    assert rows(lambda: dask(cluster.address), job, MANY) == expected


def noted(open_engine: OpenEngine, opened: list[Engine]) -> OpenEngine:
    """The same, which notes the engines that it opens."""

    @contextmanager
    def engine() -> Iterator[Engine]:
        with open_engine() as made:
            opened.append(made)
            yield made

    return engine


def test_a_document_that_ends_its_worker_is_a_row(job: Job) -> None:
    opened: list[Engine] = []
    entries = [*MANY[:60], box(60, "fuse='lit'"), *MANY[61:]]
    found = rows(noted(lambda: pool(2), opened), job, entries)
    assert (
        len(opened) == 7
    )  # anew after each of six ends: with others, by itself in a chunk of 200, of 25, of 4, and twice
    assert [row.name for row in found] == [entry.name for entry in entries]
    assert [(row.name, row.state) for row in found if row.state != "read"] == [("60.xml", "failed")]
    assert found[60].error == "the worker that examined it ended (BrokenProcessPool)"
    assert found[:60] == alone(job, MANY[:60])


def test_a_worker_that_is_killed_costs_nothing(job: Job) -> None:
    killed: list[int] = []

    def once(chunks: Iterable[Chunk], engine: Callable[[], set[int]]) -> Iterator[Chunk]:
        for chunk in chunks:
            if chunk.number == 2 and not killed:
                killed.extend(engine())
                os.kill(killed[0], signal.SIGKILL)
            yield chunk

    opened: list[Engine] = []

    # more than a pipe holds: of one that is full nobody would get free whose reader is gone
    large = [box(number, f"note='{random.Random(number).randbytes(8000).hex()}'") for number in range(4 * DOCUMENTS)]
    chunks = once(cut(large), lambda: set(opened[-1].executor._processes))  # type: ignore[attr-defined]
    found = rows_of(run(noted(lambda: pool(2), opened), job, chunks))
    assert killed
    assert found == alone(job, large)


def test_chunks_are_read_only_as_they_are_needed(job: Job) -> None:
    held = most = 0

    def counted(entries: Iterable[Entry]) -> Iterator[Chunk]:
        nonlocal held, most
        for chunk in cut(entries):
            held += 1
            most = max(most, held)
            yield chunk

    for _ in run(lambda: threads(2), job, counted(MANY * 5)):
        held -= 1
    assert most <= 2 * AHEAD + 1


def test_tables_travel_where_they_are_not_at_hand(job: Job, site: Path) -> None:
    sent: list[bool] = []

    class Noting:
        def __init__(self, executor: Executor) -> None:
            self._executor = executor

        def submit(self, function: Callable[..., object], asked: str, packed: bytes) -> object:
            job, _ = pickle.loads(packed)
            sent.append(job.dialect.files is not None)
            return self._executor.submit(function, asked, packed)

    expected = alone(job, MANY)
    worker._made.clear()
    elsewhere = evolve(job, dialect=evolve(job.dialect, name="/nowhere/site"))
    assert rows(lambda: threads(1, Noting), elsewhere, MANY) == expected  # type: ignore[arg-type]
    assert 0 < sent.count(True) <= AHEAD
    assert sent.count(False) == 4


def test_other_tables_of_the_same_name_are_not_taken_for_them(job: Job, site: Path) -> None:
    old = tables_folder(xform.load(str(site)))
    (site / "box.toml").write_text((site / "box.toml").read_text().replace("@size", "@breadth"))
    row = rows(lambda: threads(1), Job(old), [box(0, "size='1'")])[0]
    assert row.found == ()
    row = rows(lambda: threads(1), Job(tables_folder(xform.load(str(site)))), [box(0, "size='1'")])[0]
    assert [one.path for one in row.found] == ["/box/@size"]


@pytest.mark.parametrize("base", ["base", "../base", "../../base"])
def test_a_dialect_travels_with_those_that_it_extends(base: str, site: Path) -> None:
    place = site / base
    place.resolve().mkdir(parents=True, exist_ok=True)
    for name in ("dialect.toml", "box.toml", "rules.py"):
        (place / name).write_text((site / name).read_text())
        (site / name).unlink()
    (site / "dialect.toml").write_text(f'format = 1\nname = "mine"\nextends = "{base}"\n')
    folder = evolve(tables_folder(xform.load(str(site))), name="/nowhere")
    worker._made.clear()
    assert rows(lambda: threads(1), Job(folder), [box(0)])[0].id == "box0"


def test_a_dialect_that_extends_one_by_a_path_from_the_root_does_not_travel(site: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "dialect.toml").write_text(f'format = 1\nname = "mine"\nextends = "{site}"\n')
    with pytest.raises(XformError, match=r"does not travel; expected a name or a path from here$"):
        tables_folder(xform.load(str(mine)))


# --- what ends an audit ---------------------------------------------------------------------------------------------


def test_L350_a_process_of_a_pool_notices_no_interrupt_from_its_first_moment() -> None:
    with pool(1) as engine:
        blocked = engine.executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()
    assert signal.SIGINT in blocked


def test_what_a_dialect_prints_in_a_worker_is_no_output(job: Job, capfd: pytest.CaptureFixture[str]) -> None:
    rows(lambda: pool(1), job, [box(0, "fuse='loud'")])
    said = capfd.readouterr()
    assert said.out == ""
    assert "loud" in said.err


def test_L389_an_interrupt_that_another_thread_gets_does_not_disturb_who_starts_processes() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    over, steps = Event(), list[str]()
    (other := Thread(target=over.wait)).start()
    before = signal.set_wakeup_fd(writer)
    try:
        with _deaf():
            signal.pthread_kill(other.ident or 0, signal.SIGINT)
            os.read(reader, 1)  # it has come
            steps.append("started")
    except KeyboardInterrupt:
        steps.append("interrupted")
    finally:
        signal.set_wakeup_fd(before)
        over.set()
        other.join()
        os.close(reader)
        os.close(writer)
    assert steps == ["started", "interrupted"]


def test_who_stops_does_not_wait_for_a_document_that_keeps_its_worker(job: Job) -> None:
    found = run(lambda: pool(2), job, cut([*MANY[:DOCUMENTS], box(99, "fuse='stuck'")]))
    chunk, _ = next(found)
    assert chunk.number == 0
    found.close()  # type: ignore[attr-defined]
    assert active_children() == []


def test_L345_a_store_that_is_gone_ends_the_audit_and_makes_no_row_of_its_documents(job: Job, tmp_path: Path) -> None:
    known = evolve(job, known=f"sqlite:///{tmp_path}/none/store.db")
    opened: list[Engine] = []
    with pytest.raises(StoreError, match="no such store; expected one that xform monitor made"):
        rows(noted(lambda: threads(1), opened), known, MANY)
    assert len(opened) == 1


def test_L387_what_no_worker_is_fit_for_ends_the_audit_and_makes_no_row_of_its_documents(job: Job) -> None:
    class Bare(ThreadPoolExecutor):
        def submit(self, *_: object) -> Future[object]:  # type: ignore[override]
            return super().submit(__import__, "no_such_module")

    @contextmanager
    def engine() -> Iterator[Engine]:
        with Bare(1) as executor:
            yield Engine(executor, lambda: 1)

    with pytest.raises(XformError, match=r"^a worker is not fit to examine, ModuleNotFoundError: No module named"):
        rows(engine, job, MANY)


def test_L387_a_document_that_ends_the_workers_of_a_cluster_is_a_row(job: Job, own_cluster: Cluster) -> None:
    found = rows(lambda: dask(own_cluster.address), job, [box(0), box(1, "fuse='lit'")])
    assert [(row.state, row.error) for row in found] == [
        ("read", ""),
        ("failed", "the worker that examined it ended (KilledWorker)"),
    ]


def test_L346_a_scheduler_that_is_gone_ends_the_audit(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (libvirt-xform[fleet])")
    with closing(Cluster(tmp_path)) as own:
        address, killed = own.address, list[Chunk]()

        def killing() -> Iterator[Chunk]:
            for chunk in cut(MANY):
                if chunk.number == 3:
                    own.kill(own.scheduler)
                    monkeypatch.setattr("xform.audit.engines.PATIENCE", 1)
                    killed.append(chunk)
                yield chunk

        with pytest.raises(HostError, match=rf"^{address}: (no scheduler answers|the scheduler is gone)"):
            rows_of(run(lambda: dask(address), job, killing()))
        assert killed
