"""VMs as a host's agent tells of them: a command that lists VMs with states and digests, and dumps some of them.

It is run without a shell, ``COMMAND status --json`` and ``COMMAND dump ID...``, and prints a line of JSON for each VM.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NoReturn

from xform.errors import HostError, XformError
from xform.monitor.source import EXEC, STATES, Status
from xform.process import end, kill

SECONDS = 60.0  # for one run of the command
TOGETHER = 50  # VMs that one run dumps


class Agent:
    """A command as a source.  It has no events; what it knows is asked for anew at each pass."""

    def __init__(self, name: str, command: Sequence[str], seconds: float = SECONDS) -> None:
        self.name = name
        self._command = list(command)
        self._seconds = seconds
        self._woken = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_line(cls, line: str) -> Agent:
        """Of ``exec:COMMAND ARGUMENTS``, quoted as for a shell, which does not see it. Raises XformError."""
        try:
            command = shlex.split(line.removeprefix(EXEC))
        except ValueError as error:
            raise XformError(f"{line!r}: {error}; expected {EXEC}COMMAND ARGUMENTS, quoted as for a shell") from None
        if not command:
            raise XformError(f"{line!r} has no command; expected {EXEC}COMMAND ARGUMENTS")
        return cls(line, command)

    def connect(self) -> None:
        self._woken.clear()  # what ended the last connection ends no call of this one
        if not shutil.which(self._command[0]):
            self._fail(f"no command {self._command[0]!r}; expected a program that is installed, or its path")

    def close(self) -> None:
        pass  # nothing outlasts a call

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        lines, fault = self._run("status", "--json")
        if fault:
            raise fault
        found = [self._status(line) for line in lines]
        return [status for status in found if ids is None or status.id in ids]

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        """A run that fails is a failure of the VMs that it gave nothing of, and no others."""
        left = list(ids)
        while left:
            some, left = left[:TOGETHER], left[TOGETHER:]
            lines, fault = self._run("dump", *some)
            answers = dict(self._document(line, some) for line in lines)
            yield from ((uuid, answer) for uuid, answer in answers.items() if answer is not None)
            if fault:
                yield from ((uuid, fault) for uuid in some if uuid not in answers)

    def wait(self, seconds: float) -> set[str] | None:
        self._woken.wait(seconds)
        self._woken.clear()
        return set()

    def wake(self) -> None:
        self._woken.set()
        with self._lock:
            if self._process:
                kill(self._process)

    def _status(self, line: Any) -> Status:
        try:
            digest, run = line.get("digest"), line.get("run")
            if isinstance(line["id"], str) and line["state"] in STATES and isinstance(run, str | None):
                return Status(line["id"], line["state"], bytes.fromhex(digest) if digest is not None else None, run)
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        self._fail(f"status gave {_short(line)}; expected id, state ({', '.join(STATES)}), digest (hex) and run (text)")

    def _document(self, line: Any, ids: Collection[str]) -> tuple[str, bytes | Exception | None]:
        """None for a VM that is gone."""
        uuid = line.get("id") if isinstance(line, dict) else None
        if not isinstance(uuid, str) or uuid not in ids:
            self._fail(f"dump gave {_short(line)}; expected the id of a VM that was asked for, and xml or error")
        if line.get("gone") is True:
            return uuid, None
        try:
            return uuid, line["xml"].encode()
        except (AttributeError, KeyError, ValueError):
            said = line.get("error")
        return uuid, HostError(f"{self.name}: {_short(said) if said else 'dump gave neither xml nor error'}")

    def _run(self, *arguments: str) -> tuple[list[Any], HostError | None]:
        """What the command printed, line by line, and why it is not all."""
        try:
            # a group of its own: it ends with all that it started, and ^C on the terminal is ours
            process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return [], HostError(f"{self.name}: {self._command[0]}: {error.strerror}")
        with self._lock:
            self._process = process
            if self._woken.is_set():
                kill(process)
        fault = None
        try:
            output, errors = process.communicate(timeout=self._seconds)
        except subprocess.TimeoutExpired:
            output, errors = end(process)
            fault = f"took longer than {self._seconds:g} s"
        finally:
            with self._lock:
                self._process = None
            kill(process)
        if not fault and process.returncode:
            said = errors.decode(errors="replace").strip().splitlines() or ["it says nothing"]
            fault = f"failed with {process.returncode}: {_short(said[-1])}"
        lines = output.splitlines()
        if fault and output and not output.endswith(b"\n"):
            lines.pop()  # it was cut
        values = [self._value(line, arguments[0]) for line in lines]
        return values, HostError(f"{self.name}: {arguments[0]} {fault}") if fault else None

    def _value(self, line: bytes, what: str) -> Any:
        try:
            return json.loads(line)
        except ValueError:
            self._fail(f"{what} gave a line of {len(line)} bytes that is no JSON; expected an object in each line")

    def _fail(self, why: str) -> NoReturn:
        raise HostError(f"{self.name}: {why}")


def _short(value: Any) -> str:
    """A value in a message; documents may hold secrets and are not shown."""
    if isinstance(value, dict):
        value = json.dumps({key: part for key, part in value.items() if key != "xml"})
    return " ".join(str(value).split())[:200]
