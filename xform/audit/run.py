"""The way through an engine: chunks go in, a few at a time, and rows come out; what ends a worker is found and told.

An engine is an executor of `concurrent.futures`, whoever is behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager, ExitStack
from math import ceil
from typing import Any

from attrs import evolve, frozen

from xform.audit.chunk import Chunk
from xform.audit.examine import Missing, Row, examine_packed, pack
from xform.audit.job import Job
from xform.errors import XformError

# Chunks on their way for each worker: one that it works on, one that waits.
AHEAD = 2
# How often a document alone may end its worker until it is taken for the cause.
_TRIES = 2
# Into how many parts a chunk is cut that ends its worker: few, and it ends many; many, and it is looked for long.
_PARTS = 8

Examined = tuple[Chunk, list[Row]]


@frozen
class Engine:
    """An executor, how many chunks it works on at a time, and the errors by which it says that a worker ended."""

    executor: Executor
    width: Callable[[], int]
    ended: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)


# Opens an engine; leaving it waits for what is being worked on, and drops what waits; all of it where the body raises.
OpenEngine = Callable[[], AbstractContextManager[Engine]]


def run(open_engine: OpenEngine, job: Job, chunks: Iterable[Chunk]) -> Iterator[Examined]:
    """The rows of every chunk, in the order in which they are done.

    A chunk whose worker ended is examined again by itself, in parts if need be, so that one document of a kind that
    ends workers becomes a row, and all others are examined as ever.  Raises HostError where the engine is gone, and
    XformError where a worker is not fit to examine: such as StoreError where it does not reach the store.
    """
    rest = iter(chunks)
    with _Crew(open_engine, job) as crew:
        while True:
            suspects: list[Chunk] = []
            yield from crew.together(rest, suspects)
            for chunk in suspects:
                yield chunk, crew.alone(chunk)
            if not suspects:
                return


class _Crew:
    """An engine that is opened anew after it broke."""

    def __init__(self, open_engine: OpenEngine, job: Job) -> None:
        self._open = open_engine
        self._job, self._bare = job, job.bare()
        self._stack = ExitStack()
        self._engine: Engine | None = None

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.__exit__(*raised)

    def together(self, rest: Iterator[Chunk], suspects: list[Chunk]) -> Iterator[Examined]:
        """As many at a time as there are workers for, until there are no more, or a worker ended with some."""
        going: dict[Future[list[Row] | Missing], Chunk] = {}
        while True:
            while not suspects and len(going) < AHEAD * self._running().width():
                if (chunk := next(rest, None)) is None:
                    break
                self._send(self._bare, chunk, going, suspects)
            if not going:
                if suspects:
                    self._close()
                return
            done, _ = wait(going, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = going.pop(future)
                answer = self._answer(future)
                if isinstance(answer, list):
                    yield chunk, answer
                elif isinstance(answer, Missing):
                    self._send(self._job, chunk, going, suspects)
                else:
                    suspects.append(chunk)

    def _send(
        self, job: Job, chunk: Chunk, going: dict[Future[list[Row] | Missing], Chunk], suspects: list[Chunk]
    ) -> None:
        try:
            going[self._running().executor.submit(examine_packed, *pack(job, chunk))] = chunk
        except BrokenExecutor:
            suspects.append(chunk)

    def alone(self, chunk: Chunk, tries: int = _TRIES) -> list[Row]:
        """The rows of a chunk, with nothing else on its way."""
        try:
            answer = self._answer(self._running().executor.submit(examine_packed, *pack(self._job, chunk)))
        except BrokenExecutor as error:
            answer = error
        if isinstance(answer, list):
            return answer
        self._close()
        if len(chunk.entries) > 1:
            size = ceil(len(chunk.entries) / _PARTS)
            parts = (chunk.entries[at : at + size] for at in range(0, len(chunk.entries), size))
            return [row for part in parts for row in self.alone(evolve(chunk, entries=part))]
        if tries > 1:
            return self.alone(chunk, tries - 1)
        said = f"the worker that examined it ended ({type(answer).__name__})"
        return [Row.of(entry, "failed", error=said) for entry in chunk.entries]

    def _answer(self, future: Future[list[Row] | Missing]) -> list[Row] | Missing | BaseException:
        """What a worker made of a chunk, or that it ended.  Raises what a worker tells that is no document's fault."""
        wait([future])
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            return future.result()
        if isinstance(error, self._running().ended):
            return error
        if isinstance(error, XformError):
            raise error
        raise XformError(
            f"a worker is not fit to examine, {type(error).__name__}: {' '.join(str(error).split())}; "
            "expected one with what is installed here"
        )

    def _running(self) -> Engine:
        if self._engine is None:
            self._engine = self._stack.enter_context(self._open())
        return self._engine

    def _close(self) -> None:
        self._engine = None
        self._stack.close()
