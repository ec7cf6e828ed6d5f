"""Processes of others: whether they run, and their end."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path


def runs(pid: str | int) -> bool:
    """One that has ended may be there until somebody asks how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_the_end(pids: Iterable[str | int]) -> None:
    """Who was killed may take a moment."""
    pids, until = list(pids), time.monotonic() + 60
    while any(map(runs, pids)):
        assert time.monotonic() < until, "they go on"
        time.sleep(0.01)
