"""A Dask cluster on loopback, whose parts may be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


class Cluster:
    """A Dask scheduler and two worker processes on loopback, each in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        quiet = ("--no-dashboard", "--host", "127.0.0.1")
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", self._file, *quiet)
        self._processes = [self.scheduler]
        while not self._written():
            assert self.scheduler.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        once = ("--nthreads", "1", "--nworkers", "1", "--scheduler-file", self._file)
        self.workers = [self._start("worker", *once, *quiet) for _ in range(2)]
        self._processes += self.workers

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """A worker with its nanny, or the scheduler."""
        os.killpg(process.pid, signal.SIGKILL)

    @property
    def address(self) -> str:
        found: str = json.loads(self._file.read_text())["address"]
        return found

    def _written(self) -> bool:
        with suppress(FileNotFoundError, json.JSONDecodeError):  # or not to its end
            return bool(self.address)
        return False

    def close(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):  # a test may have killed it
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, *arguments: object) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [Path(sys.executable).parent / "dask", *map(str, arguments)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
