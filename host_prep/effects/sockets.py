"""Sockets of a VM's consoles and of its guest's agents, which QEMU makes and leaves."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.system import Host
from xform.errors import HostError


@frozen(kw_only=True)
class ClearedSocket(Effect):
    """No socket is where QEMU is to make one; and none is left of it when the guest has ended."""

    path: Path

    @property
    def key(self) -> str:
        return f"socket:{self.path}"

    def says(self) -> str:
        return f"remove what an earlier start left at {self.path}"

    def undoing(self) -> str:
        return f"remove the socket {self.path}"

    def apply(self, work: Work, note: Note) -> Outcome:
        done = _cleared(work.host, self.path)
        if left := work.host.stat(self.path):
            raise HostError(f"{self.path} is a {left.kind}; expected a socket, or nothing; remove it")
        return done

    def undo(self, work: Work, note: Note) -> Outcome:
        return _cleared(work.host, self.path)


@frozen(kw_only=True)
class OpenedSocket(Effect):
    """A group may talk to a socket. It goes with the socket."""

    path: Path
    group: str | None

    @property
    def key(self) -> str:
        return f"access:{self.path}"

    def says(self) -> str:
        return f"open {self.path} to {f'the group {self.group}' if self.group else 'its group'}"

    def apply(self, work: Work, note: Note) -> Outcome:
        host, path = work.host, _behind(work.host, self.path)
        there = host.stat(path)
        if there is None or there.kind != "socket":
            # the guest runs as well without it
            host.log.warning("no socket to open", vm=work.vm, path=str(self.path))
            return Outcome.ALREADY
        host.set_rights(path, there.mode | 0o020, f":{self.group}" if self.group else None)
        return Outcome.DONE


def _cleared(host: Host, path: Path) -> Outcome:
    """A link goes with the socket that it leads to, if that is beside it; what is no socket stays."""
    there = host.stat(path)
    if there is None or there.kind not in ("socket", "link"):
        return Outcome.ALREADY
    behind = _behind(host, path)
    if behind != path and (target := host.stat(behind)) and target.kind == "socket":
        host.remove(behind)
    return Outcome.DONE if host.remove(path) else Outcome.ALREADY


def _behind(host: Host, path: Path) -> Path:
    """What a link in the folder leads to there.  A guest's QEMU owns the folder: elsewhere, it is not followed."""
    there = host.stat(path)
    behind = path.parent / there.target if there and there.target else path
    return behind if behind.parent == path.parent else path
