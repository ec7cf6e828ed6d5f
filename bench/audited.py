"""An audit's work in a process of its own, and what it cost.

`python -m bench.audited loop|pool:N FILE`: documents a second, from the source to the counted rows, in this process
alone or on a pool.
`python -m bench.audited command ARGUMENTS`: MiB that `xform audit` held at most, and its largest worker.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import ParamSpec, TypeVar

import psutil

import xform
from xform.audit.chunk import cut
from xform.audit.engines import pool
from xform.audit.job import Job, tables_folder
from xform.audit.results import Results
from xform.audit.run import Engine, OpenEngine, run
from xform.audit.sources import open_sources
from xform.audit.summary import Summary
from xform.cli import cli

P = ParamSpec("P")
T = TypeVar("T")

# Chunks that are not timed: what is made once is made by then.
_WARM = 8


def rate(engine: str, file: str) -> float:
    ovirt = xform.load("ovirt")
    (source,) = open_sources([file], ovirt)
    job = Job(tables_folder(ovirt))
    documents, begun, first, ended = 0, 0.0, 0, 0.0
    with TemporaryDirectory() as folder:
        results, summary = Results(Path(folder), job), Summary([])
        for seen, (chunk, rows) in enumerate(run(_engine(engine), job, cut(source.entries())), start=1):
            results.write(chunk, rows)
            summary.add(chunk.number, rows)
            documents += len(rows)
            ended = time.perf_counter()
            if seen == _WARM:
                begun, first = ended, documents
    return (documents - first) / (ended - begun)


def _engine(name: str) -> OpenEngine:
    if name == "loop":
        return lambda: nullcontext(Engine(_Loop(), lambda: 1))
    return partial(pool, int(name.partition(":")[2]))


class _Loop(Executor):
    """Does at once what it is asked, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = Future[T]()
        future.set_result(fn(*args, **kwargs))
        return future


def held(arguments: list[str]) -> dict[str, int]:
    workers, over = [0], Event()

    def look() -> None:
        while not over.wait(0.2):
            workers.append(max(map(_peak, psutil.Process().children()), default=0))

    looking = Thread(target=look, daemon=True)
    looking.start()
    with suppress(SystemExit):  # whoever asked looks at the results
        cli.main(["audit", *arguments], prog_name="xform")
    over.set()
    looking.join()
    return {"command": _peak(psutil.Process()), "worker": max(workers)}


def _peak(process: psutil.Process) -> int:
    """MiB.  getrusage would tell what the one held who started it."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:  # it ended
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    print(json.dumps(held(sys.argv[2:]) if sys.argv[1] == "command" else rate(*sys.argv[1:])))
