"""Processes: how many at a time, and the end of others and of this one."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import Any

from xform.errors import Terminated


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a command that leads a group of its own, and what it started in that, if it has not ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def end(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """The same, and what it had printed; what left its group, or hangs in the kernel, is not waited for."""
    kill(process)
    try:
        return process.communicate(timeout=1)
    except subprocess.TimeoutExpired as error:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        return error.stdout or b"", error.stderr or b""


@contextmanager
def termination(*, interrupt: bool = False) -> Iterator[None]:
    """Within, SIGTERM and SIGHUP unwind the stack as ^C does, each of them once, where nobody else handles them; and
    where `interrupt` is asked, ^C once as well.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # said once is enough; the cleaning up goes on
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise Terminated(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP, *([signal.SIGINT] if interrupt else []))
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        usual = (signal.SIG_DFL, signal.default_int_handler)
        before = {number: found for number in numbers if (found := signal.getsignal(number)) in usual}
    for number in before:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within, ^C and what `termination` tells of wait, so that what belongs together is done; then they raise."""
    came: list[int] = []
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if callable(before := signal.getsignal(number)):
                    stack.callback(signal.signal, number, before)
                    signal.signal(number, lambda number, _: came.append(number))
        try:
            yield
        finally:
            stack.close()
            if came:
                signal.raise_signal(came[0])
