"""An audit of a drawn fleet: equal results wherever it is examined, how fast, and how much memory it takes.

No schema is asked: it would take up to two thirds of the time, and is timed by itself.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import time
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import etree

import xform
from bench.conftest import HERE, Line, quickest, record
from bench.drawn import fleet, write
from tests.audit.dask import Cluster
from xform.audit.chunk import cut
from xform.audit.examine import examine, examine_packed, pack
from xform.audit.job import Job, tables_folder
from xform.audit.results import Results
from xform.audit.sources import open_sources
from xform.errors import HostError
from xform.schema import Schema, find_schemas

# Documents of the large run; a tenth of them is the small one.
COUNT = int(os.environ.get("XFORM_FLEET", "200000"))
ROUNDS = 5
ASKED = ("--no-check",)
# How much of a core's time may go into moving documents.
MOST = 1.15
# MiB that may be held more of ten times as many documents.
GROWTH = 8
# What a schema may take of a document, in times of lxml's parse.
VALIDITY = 8.0


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fleet") / "large.parquet", COUNT, seed=9)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("fleet") / "small.parquet", COUNT // 10, seed=9)


def begun(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.audited", *map(str, arguments)]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> Any:
    said, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(said.splitlines()[-1])


def parts(report: Path) -> list[Path]:
    return list((report / "documents").glob("*.parquet"))


def rows(report: Path) -> pa.Table:
    return pq.read_table(report / "documents").sort_by("name")


def test_a_pool_and_a_cluster_that_loses_a_worker_come_to_the_same(large: Path, small: Path, tmp_path: Path) -> None:
    _ = xform.load("ovirt").open(next(fleet(1, seed=9))[1]).residue  # what is compiled once is compiled by then
    local, far, few = (tmp_path / name for name in ("local", "far", "few"))
    held = told(begun("command", large, *ASKED, "--jobs", 2, "--report", local))
    with closing(Cluster(tmp_path)) as cluster:
        process = begun("command", large, *ASKED, "--scheduler", cluster.address, "--report", far)
        while len(parts(far)) < len(parts(local)) // 2:
            assert process.poll() is None
            time.sleep(0.1)
        cluster.kill(cluster.workers[0])
        told(process)
    found = rows(local)
    assert found.num_rows == len(found["name"].unique()) == COUNT
    assert rows(far).equals(found)
    assert _counts(far) == _counts(local)
    before = told(begun("command", small, *ASKED, "--jobs", 2, "--report", few))
    for whose in ("command", "worker"):
        work = f"audit, MiB more that a {whose} held of ten times as many documents"
        record(Line(work, held[whose] - before[whose], GROWTH, None, None, "MiB"))


def _counts(report: Path) -> str:
    """What the page counts, without the documents that it names: they are those that were done first."""
    page = (report / "index.html").read_text()
    return re.sub(r"<a .*?</a>", "", page)


@pytest.mark.parametrize("width", [1, 2])
def test_a_core_of_a_pool_does_what_a_core_of_a_loop_does(small: Path, width: int) -> None:
    """As many loops as the pool has processes run at once, so that both have as much of the machine; the best of some
    rounds counts, for anything else that runs meanwhile takes from one of them.
    """
    best, loop = float("inf"), 0.0
    for _ in range(ROUNDS):
        loops = sum(told(one) for one in [begun("loop", small) for _ in range(width)])
        if (ratio := loops / told(begun(f"pool:{width}", small))) < best:
            best, loop = ratio, loops / width
        if best <= MOST:
            break
    processes = f"{width} process{'es' * (width > 1)}"
    record(Line(f"audit, a document in a pool of {processes}, in those of a loop", best, MOST, None, 1e6 / loop))
    assert best <= MOST


def test_what_travels_and_what_stays(small: Path, tmp_path: Path) -> None:
    ovirt = xform.load("ovirt")
    (source,) = open_sources([str(small)], ovirt)
    job = Job(tables_folder(ovirt))
    chunks = list(islice(cut(source.entries()), 10))
    found = [examine(job, chunk) for chunk in chunks]
    results = Results(tmp_path / "out", job)
    for chunk, rows in zip(chunks, found, strict=True):
        assert isinstance(rows, list)
        results.write(chunk, rows)
    entries = [entry for chunk in chunks for entry in chunk.entries]
    sent = sum(size((examine_packed, *pack(job.bare(), chunk))) for chunk in chunks) - sum(
        len(entry.xml) for entry in entries
    )
    for what, total, budget in (
        ("to a worker, beside the document", sent, 120),
        ("from a worker", sum(map(size, found)), 250),
        ("of results", sum(part.stat().st_size for part in parts(results.folder)), 150),
    ):
        record(Line(f"audit, bytes {what}", total / len(entries), budget, None, None, "B"))


def size(travelling: object) -> int:
    return len(pickle.dumps(travelling, pickle.HIGHEST_PROTOCOL))


def test_what_a_schema_adds(benchmark: Any) -> None:
    ovirt = xform.load("ovirt")
    name = str(ovirt.tables.schema)
    try:
        schema = Schema(find_schemas(None, name), name)
    except HostError as error:
        pytest.skip(f"no schema to validate against: {error}")
    documents = [xml for _, xml in fleet(500, seed=9) if xml.endswith(b">\n")]
    trees = [ovirt.tree(xml) for xml in documents]

    def validate() -> None:
        for tree in trees:
            schema.said(tree)

    ours, theirs = quickest(validate, lambda: [etree.fromstring(xml) for xml in documents], blocks=5)
    benchmark.pedantic(validate, rounds=1)
    record(Line("audit, validity of a document", ours / theirs, VALIDITY, None, ours / len(trees) * 1e6))
