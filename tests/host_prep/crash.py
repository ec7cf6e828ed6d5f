"""A host whose preparation is killed at any step of it: what is there after recovery?

A step is one write of the journal, one change to the host or one to libvirt; a process is killed before it or behind
it.  The processes are forked from this one, which has loaded all they need; the host is a folder, its libvirt keeps
what it is told in files.  `make crash` kills at each step, and each recovery at each of its steps.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from attrs import field, frozen

import xform
from host_prep.config import Config
from host_prep.effects import dump_effect
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.recover import recover
from host_prep.request import Request
from host_prep.start import release, start
from host_prep.system import Host
from tests.forked import ended, fork
from tests.host_prep.conftest import VM
from tests.host_prep.fake import FakeLibvirt

KILLED = -signal.SIGKILL


@frozen
class Scenario:
    """A VM, and what there is on its host before: `arrange` makes it in the host's folder."""

    name: str
    arrange: Callable[[Config, FakeLibvirt], None]
    document: Callable[[Config], str]
    request: Request = field(factory=Request)


@frozen
class Cell:
    """One folder with a host in it, and what can be done there; each time in a process of its own."""

    scenario: Scenario
    folder: Path

    @property
    def config(self) -> Config:
        return Config(root=self.folder / "host", dynamic_hugepages=True)

    @property
    def libvirt(self) -> FakeLibvirt:
        return FakeLibvirt(self.folder / "libvirt")

    def arranged(self) -> Cell:
        self.config.root.mkdir(parents=True)
        self.scenario.arrange(self.config, self.libvirt)
        return self

    def start(self) -> None:
        with Journal(self.config.state) as journal:
            start(self._host(), journal, _OVIRT, self.scenario.document(self.config), self.scenario.request)

    def release(self) -> None:
        with Journal(self.config.state) as journal:
            for vm in journal.vms():
                release(self._host(), journal, _OVIRT, vm.id, force=True)

    def recover(self) -> None:
        with Journal(self.config.state) as journal:
            for taken in recover(self._host(), journal, _OVIRT):
                assert not taken.faults, str(taken)

    def _host(self) -> Host:
        host = Host(self.config, self.libvirt)
        host.now = lambda: 1_700_000_000.0  # type: ignore[method-assign]
        return host

    def snapshot(self) -> dict[str, Any]:
        """Files and links of the host with their content and rights, what libvirt has, and the journal."""
        root = self.config.root
        found: dict[str, Any] = {"libvirt": self.libvirt.state()}
        for path in sorted(root.rglob("*")):
            if self.config.state in (path, *path.parents):
                continue
            mode = oct(path.lstat().st_mode)
            name = str(path.relative_to(root))
            if path.is_symlink():
                found[name] = f"-> {os.readlink(path)}"
            elif path.is_file():
                found[name] = mode, hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                found[name] = mode
        if (self.config.state / "journal.db").exists():
            with Journal(self.config.state) as journal:
                found["journal"] = [
                    [type(entry.effect).__name__, dump_effect(entry.effect), entry.note, entry.state]
                    for vm in journal.vms()
                    for entry in journal.entries(vm.id)
                ]
            found["locks"] = sorted(path.name for path in (self.config.state / "locks").glob("*"))
        # the same in whatever folder
        alike: dict[str, Any] = json.loads(json.dumps(found).replace(str(self.folder), ""))
        return alike

    @property
    def runs(self) -> bool:
        return any(domain.active and domain.uuid == VM for domain in self.libvirt.domains())


_OVIRT = xform.load("ovirt")


def steps(action: Callable[[], None]) -> list[str]:
    """What an action does, by name, in order; it does it, in a process of its own."""
    with tempfile.NamedTemporaryFile() as file:

        def noted() -> None:
            done: list[str] = []
            watch(done.append, lambda: None)
            action()
            Path(file.name).write_text(json.dumps(done))

        code = ended(fork(noted))
        assert code == 0, f"undisturbed it ended with {code}"
        found: list[str] = json.loads(Path(file.name).read_bytes())
        return found


def killed_at(action: Callable[[], None], point: int) -> int:
    """An action that is killed before step point / 2, or behind it where the point is odd; how its process ended."""

    def doomed() -> None:
        number = itertools.count()

        def here(_: str = "") -> None:
            if next(number) == point:
                os.kill(os.getpid(), signal.SIGKILL)

        watch(here, here)
        action()

    return ended(fork(doomed))


def watch(before: Callable[[str], None], behind: Callable[[], None]) -> None:
    """Be told of each step of this process."""
    act, do, writing = Host.act, Libvirt._do, Journal.writing

    def watched_act(self: Host, what: str, action: Callable[[], Any], *, changes: bool, **said: Any) -> Any:
        if not changes:
            return act(self, what, action, changes=changes, **said)
        before(f"{what} {Path(str(said.get('path') or said['command'][0])).name}")
        done = act(self, what, action, changes=changes, **said)
        behind()
        return done

    def watched_do(self: Libvirt, what: str, action: Callable[[], object], **said: Any) -> None:
        before(f"libvirt {what}")
        do(self, what, action, **said)
        behind()

    @contextmanager
    def watched_writing(self: Journal) -> Iterator[Any]:
        before(f"journal {sys._getframe(2).f_code.co_name}")
        with writing(self) as cursor:
            yield cursor
        behind()

    Host.act, Libvirt._do, Journal.writing = watched_act, watched_do, watched_writing  # type: ignore[method-assign]


@frozen
class Ends:
    """How a host of a scenario looks at rest: with nothing done, and with the VM running."""

    nothing: dict[str, Any]
    running: dict[str, Any]

    def fault(self, cell: Cell) -> str | None:
        """What is wrong with a host after recovery."""
        found, expected = cell.snapshot(), self.running if cell.runs else self.nothing
        if found == expected:
            return None
        keys = [key for key in {**found, **expected} if found.get(key) != expected.get(key)]
        what = "\n".join(f"  {key}: {found.get(key)!r}\n    expected {expected.get(key)!r}" for key in keys)
        return f"{'running' if cell.runs else 'released'}, but\n{what}"


def ends(scenario: Scenario, folder: Path) -> Ends:
    """Of a run that nobody disturbs."""
    cell = Cell(scenario, folder).arranged()
    assert ended(fork(cell.start)) == 0
    assert ended(fork(cell.release)) == 0
    nothing = cell.snapshot()
    assert ended(fork(cell.start)) == 0
    return Ends(nothing, cell.snapshot())


def survives(
    scenario: Scenario, phase: str, point: int, folder: Path, ends: Ends, again: int | None = None
) -> str | None:
    """Kill a start, or the release of what runs, at a point, and its recovery at another; then recover for good.

    What is wrong then, or None.
    """
    cell = Cell(scenario, folder).arranged()
    try:
        # folders that are there for good are made by the first run
        for ready in (cell.start, cell.release):
            assert ended(fork(ready)) == 0
        if phase == "release":
            assert ended(fork(cell.start)) == 0
        code = killed_at(getattr(cell, phase), point)
        if code != KILLED:
            return f"it ended with {code}, and was not killed"
        if again is not None:
            killed_at(cell.recover, again)
        if ended(fork(cell.recover)):
            return "recovery failed"
        fault = ends.fault(cell)
        if fault:
            return fault
        before = cell.snapshot()
        if ended(fork(cell.recover)):
            return "the second recovery failed"
        return None if cell.snapshot() == before else "the second recovery changed something"
    finally:
        shutil.rmtree(folder)


@contextmanager
def silent() -> Iterator[None]:
    """Within, nothing is logged, nor by what is forked."""
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    try:
        yield
    finally:
        structlog.reset_defaults()
