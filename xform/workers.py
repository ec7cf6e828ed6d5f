"""Processes that work for this one, and end with it, however that ends."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from typing import Any, BinaryIO, ParamSpec, TypeVar

from xform.process import termination, undisturbed

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def workers(jobs: int, start: Callable[..., object] | None = None, *given: Any) -> Iterator[Executor]:
    """So many processes of this machine, each of which calls `start` first.

    They end at once where the body raises, whatever they are at; SIGTERM and SIGHUP raise Terminated in it, and ^C
    KeyboardInterrupt, each of them once.
    """
    before = active_children()
    with termination(interrupt=True):
        with _deaf():
            executor = _Pool(jobs, get_context("spawn"), _begin, (start, given))
        try:
            yield executor
        except BaseException:
            for process in active_children():
                if process not in before:
                    process.terminate()
            raise
        finally:
            executor.shutdown(cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    """What is asked and what is answered goes in files: who fills a pipe whose reader was killed, or reads one whose
    writer was, waits without end.  They are in memory, so that nothing of a document stays when this process is killed.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with ExitStack() as stack:
            file = stack.enter_context(open(os.memfd_create("xform"), "w+b"))
            _write(file, (fn, args, kwargs))
            with _deaf():
                done = super().submit(_do, f"/proc/{os.getpid()}/fd/{file.fileno()}")
            stack.pop_all()  # open until it is done
        answer: Future[T] = Future()
        done.add_done_callback(partial(_pass_on, answer, file))
        return answer


def _do(file: str) -> None:
    """Do what a file asks for, and answer in it."""
    with open(file, "r+b") as opened:
        function, args, kwargs = pickle.load(opened)
        answer: tuple[Any, Exception | None]
        try:
            answer = function(*args, **kwargs), None
        except Exception as error:
            answer = None, error
        _write(opened, answer)


def _pass_on(answer: Future[T], file: BinaryIO, done: Future[None]) -> None:
    """Give what the file answers, or what became of the worker, to who waits for it."""
    with file:
        if done.cancelled():
            answer.cancel()
        if not answer.set_running_or_notify_cancel():
            return
        result: Any = None
        error = done.exception()
        if error is None:
            file.seek(0)
            try:
                result, error = pickle.load(file)
            except Exception as unread:  # what an error is made of need not make one
                error = unread
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)


def _write(file: BinaryIO, value: object) -> None:
    file.seek(0)
    file.truncate()
    pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)
    file.flush()


@contextmanager
def _deaf() -> Iterator[None]:
    """^C and the end of a terminal go to all its processes: those that are started here do not notice it, from their
    first moment.

    They inherit what is blocked.  Here another thread gets it all the same, so that it is held back as well.
    """
    with undisturbed():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(start: Callable[..., object] | None, given: tuple[Any, ...]) -> None:
    """Who waits for work from a process that was killed would wait without end; and what a dialect's Python prints is
    no part of the output.
    """
    with suppress(OSError):  # there may be no standard error
        os.dup2(2, 1)
    parent = parent_process()
    assert parent

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    if start:
        start(*given)
