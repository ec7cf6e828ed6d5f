"""Where the work is done: processes of this machine, or a Dask cluster.  Both are executors of `concurrent.futures`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from xform.audit.run import Engine
from xform.errors import HostError, XformError
from xform.workers import workers

# Seconds to wait for a scheduler.
PATIENCE = 30


@contextmanager
def pool(jobs: int) -> Iterator[Engine]:
    """So many processes of this machine."""
    with workers(jobs) as executor:
        yield Engine(executor, lambda: jobs)


@contextmanager
def cluster(address: str) -> Iterator[Engine]:
    """The workers of a Dask scheduler, such as ``tcp://host:8786``. Raises XformError, HostError."""
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise XformError("--scheduler needs Dask; install it with: pip install 'libvirt-xform[fleet]'") from None
    try:
        client: Any = Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:  # a TypeError is of certificates that are not given
        raise HostError(f"{address}: no scheduler answers ({error}); expected that of a Dask cluster") from None

    def width() -> int:
        try:
            return max(1, sum(map(int, client.nthreads().values())))
        except OSError:
            raise HostError(f"{address}: the scheduler is gone; the same command goes on with what was done") from None

    # they tell of a scheduler that is gone, and of ^C, with tracebacks of their own; each has a level of its own
    names = ("distributed", "distributed.client", "distributed.gc", "tornado.application")
    levels = {log: log.level for log in map(logging.getLogger, names)}
    for log in levels:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield Engine(client.get_executor(), width, (CancelledError, KilledWorker))
    finally:
        client.close()
        for log, level in levels.items():
            log.setLevel(level)
