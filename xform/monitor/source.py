"""Where VMs are followed: what the monitor asks of a connection, whoever is behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, Protocol

import attrs

from xform.errors import XformError

# `migrating` is a VM on its way, whose document is not yet or no longer to be believed; `off` one that does not run.
State = Literal["running", "paused", "migrating", "off"]
STATES: tuple[State, ...] = ("running", "paused", "migrating", "off")
EXEC = "exec:"


@attrs.frozen
class Status:
    """One VM of a connection, in short.

    `digest`: of its document, its bytes' or the canonical one, where the connection knows it without a dump.  `run`
    tells one start of the VM from the next, None where it does not run or nobody says.
    """

    id: str
    state: State
    digest: bytes | None = None
    run: str | None = None


class Source(Protocol):
    """A connection.  One thread calls it, in the order connect, all the rest, close; `wake` comes from any thread.

    Each call raises HostError, in one line, where the connection does not answer.
    """

    name: str

    def connect(self) -> None:
        """From now on events are noted."""

    def close(self) -> None:
        """Let go of everything, in whatever state it is; raises nothing."""

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        """Every VM, or of these the ones that are there."""

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        """The document of each, or what became of the attempt; nothing for a VM that is gone by now."""

    def wait(self, seconds: float) -> set[str] | None:
        """The VMs that events named, at the latest after this time, when none may be; None: the connection is gone."""

    def wake(self) -> None:
        """End a `wait`, and a call that may take long: the monitor stops."""


def open_source(text: str) -> Source:
    """The source for what a user gave to connect to: libvirt's URI, or ``exec:`` and an agent's command line."""
    if text.startswith(EXEC):
        from xform.monitor.agent import Agent

        return Agent.from_line(text)
    if ":" not in text:
        raise XformError(f"{text!r} is no connection; expected libvirt's URI or '{EXEC}COMMAND ARGUMENTS'")
    from xform.monitor.libvirt import Libvirt

    return Libvirt(text)
