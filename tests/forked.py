"""Processes that are forked from this one, which has loaded all that they need."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog


def fork(function: Callable[[], None]) -> int:
    """Run a function in a process of its own, which knows all that this one has loaded; its id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads, which hold nothing that is needed here
        child = os.fork()
    if child:
        return child
    status = 1
    try:
        function()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(child: int) -> int:
    """How a process ended: its status, or the number of a signal below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def silent() -> Iterator[None]:
    """Within, nothing is logged, nor by what is forked."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        yield
    finally:
        structlog.configure(**before)
