"""A host in a folder, and what is done there in processes that can be killed, or be refused things, at any step.

A step is one write of the journal, one change to the host or one to libvirt.  The processes are forked from this one,
which has loaded all they need; libvirt, LVM and the kernel's devices are stand-ins that keep in files what they are
told.  What a process leaves is so a folder, which can be copied, and put back.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

import xform
from host_prep.config import Config
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.recover import recover
from host_prep.request import Request
from host_prep.start import release, start
from host_prep.system import Host
from tests.forked import ended, fork
from tests.host_prep.conftest import VM
from tests.host_prep.hardware import Hardware, Kernel

KILLED = -signal.SIGKILL

# somebody else where this process may give files away
OWNER = "65534:65534" if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}"

_COMMANDS = ("chown", "qemu-img")
_OVIRT = xform.load("ovirt")


@frozen
class Scenario:
    """A VM, and what there is on its host before: `arrange` makes it, `left` what is there again before each start."""

    name: str
    arrange: Callable[[Cell], None]
    document: Callable[[Config], str]
    request: Callable[[Config], Request] = lambda config: Request()
    left: Callable[[Cell], None] = lambda cell: None


@frozen
class Cell:
    """One folder with a host in it, and what can be done there; each in a process of its own, which PATH is set for."""

    scenario: Scenario
    folder: Path
    seconds: float = 30.0  # that a command may take

    @property
    def config(self) -> Config:
        return Config(root=self.folder / "host", dynamic_hugepages=True, image_owner=OWNER, seconds=self.seconds)

    @property
    def libvirt(self) -> Hardware:
        return Hardware(self.folder / "libvirt", self.config)

    @property
    def commands(self) -> Path:
        """The folder of all commands that there are, but for those that effects look for in places of their own."""
        return self.folder / "bin"

    def arranged(self) -> Cell:
        self.config.root.mkdir(parents=True)
        self.commands.mkdir()
        for command in filter(None, map(shutil.which, _COMMANDS)):
            (self.commands / Path(command).name).symlink_to(command)
        (self.commands / "udevadm").write_text("#!/bin/sh\n")
        (self.commands / "udevadm").chmod(0o755)
        self.scenario.arrange(self)
        return self

    def start(self) -> None:
        with Journal(self.config.state) as journal:
            of, config = self.scenario, self.config
            start(self._host(), journal, _OVIRT, of.document(config), of.request(config))

    def release(self) -> None:
        with Journal(self.config.state) as journal:
            for vm in journal.vms():
                release(self._host(), journal, _OVIRT, vm.id, force=True)

    def recover(self) -> None:
        with Journal(self.config.state) as journal:
            for taken in recover(self._host(), journal, _OVIRT):
                assert not taken.faults, str(taken)

    def _host(self) -> Host:
        os.environ["PATH"] = str(self.commands)
        host = Kernel(self.config, self.libvirt)
        host.now = lambda: 1_700_000_000.0  # type: ignore[method-assign]
        return host

    def snapshot(self) -> dict[str, Any]:
        """Files and links of the host with their content, rights and owners, what libvirt has, and the journal."""
        config = self.config
        found: dict[str, Any] = {"libvirt": self.libvirt.state()}
        for path in sorted(config.root.rglob("*")):
            if config.state in (path, *path.parents):
                continue
            of = path.lstat()
            rights = oct(of.st_mode), of.st_uid, of.st_gid
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            found[str(path.relative_to(config.root))] = rights, os.readlink(path) if path.is_symlink() else content
        if (config.state / "journal.db").exists():
            with closing(sqlite3.connect(config.state / "journal.db")) as connection:
                found["journal"] = [line for line in connection.iterdump() if line.startswith("INSERT")]
            found["locks"] = sorted(path.name for path in (config.state / "locks").glob("*"))
        return found

    @property
    def runs(self) -> bool:
        return any(domain.active and domain.uuid == VM for domain in self.libvirt.domains())


@frozen
class Bench:
    """A scenario's cell, always in one folder: documents have its path in them.  Beside it are copies to begin with.

    `before` the start, `running`, and `released` are how the host looks when nobody disturbs it.
    """

    cell: Cell
    before: dict[str, Any]
    running: dict[str, Any]
    released: dict[str, Any]

    def begin(self, phase: str) -> Callable[[], None]:
        """Put the cell where a start, or a release, begins; what then happens there."""
        self.put(phase)
        action: Callable[[], None] = getattr(self.cell, phase)
        return action

    def put(self, name: str) -> None:
        """Make the cell one that was kept."""
        copied(self.cell.folder.with_name(name), self.cell.folder)

    def keep(self, name: str) -> None:
        copied(self.cell.folder, self.cell.folder.with_name(name))

    def fault(self) -> str | None:
        """What is wrong with a host where nothing is under way."""
        found = self.cell.snapshot()
        ends = [self.running] if self.cell.runs else [self.released, self.before]
        if found in ends:
            return None
        expected, there = (json.dumps(one, indent=1).splitlines() for one in (ends[0], found))
        differ = difflib.unified_diff(expected, there, "expected", "found", n=0, lineterm="")
        return "\n".join([f"{'running' if self.cell.runs else 'released'}, but", *differ])

    def recovered(self) -> str | None:
        """Recover, and once more; what is wrong then."""
        return self.after_recovery(ended(fork(self.cell.recover)))

    def after_recovery(self, code: int) -> str | None:
        """What is wrong after a recovery that ended with a code; another one changes nothing."""
        if code:
            return "recovery failed"
        if fault := self.fault():
            return fault
        before = self.cell.snapshot()
        if ended(fork(self.cell.recover)):
            return "the second recovery failed"
        return None if self.cell.snapshot() == before else "the second recovery changed something"


@contextmanager
def bench(scenario: Scenario) -> Iterator[Bench]:
    """In memory where there is a file system of it, for every write of a journal waits for the disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="cell-", dir=memory if memory.is_dir() else None) as folder:
        cell = Cell(scenario, Path(folder) / "cell").arranged()
        # folders that are there for good are made by the first run
        assert ended(fork(cell.start)) == 0
        assert ended(fork(cell.release)) == 0
        released = cell.snapshot()
        scenario.left(cell)
        before = cell.snapshot()
        copied(cell.folder, cell.folder.with_name("start"))
        assert ended(fork(cell.start)) == 0
        copied(cell.folder, cell.folder.with_name("release"))
        yield Bench(cell, before, cell.snapshot(), released)


def copied(folder: Path, to: Path) -> None:
    """With owners, which shutil leaves out."""
    shutil.rmtree(to, ignore_errors=True)
    subprocess.run(["cp", "-a", folder, to], check=True)


def passed(action: Callable[[], None], seen: Callable[[str], str]) -> tuple[int, list[str]]:
    """How an action that nobody disturbs ends in a process of its own, and what is seen at each of its points."""
    with tempfile.NamedTemporaryFile() as file:

        def noted() -> None:
            found: list[str] = []
            at_points(lambda _, place: found.append(seen(place)))
            try:
                action()
            finally:
                Path(file.name).write_text(json.dumps(found))

        code = ended(fork(noted))
        found: list[str] = json.loads(Path(file.name).read_bytes())
        return code, found


def places(action: Callable[[], None]) -> list[str]:
    """The points that an action comes by, such as `before journal begin`."""
    code, found = passed(action, str)
    assert code == 0, f"undisturbed it ended with {code}"
    return found


def killed_at(action: Callable[[], None], point: int) -> int:
    """An action that is killed at a point; how its process ended."""

    def doomed() -> None:
        at_points(lambda now, _: os.kill(os.getpid(), signal.SIGKILL) if now == point else None)
        action()

    return ended(fork(doomed))


def at_points(here: Callable[[int, str], None]) -> None:
    """Be told of each point of this process, before or behind a step: its number, and where it is."""
    number = itertools.count()
    watch(
        lambda step: here(next(number), f"before {step}"),
        lambda step: here(next(number), f"behind {step}"),
    )


def watch(before: Callable[[str], None], behind: Callable[[str], None]) -> None:
    """Be told of each step of this process, by name."""
    act, do, writing = Host.act, Libvirt._do, Journal.writing

    def watched_act(self: Host, what: str, action: Callable[[], Any], *, changes: bool, **said: Any) -> Any:
        if not changes:
            return act(self, what, action, changes=changes, **said)
        step = f"{what} {Path(str(said.get('path') or said['command'][0])).name}"
        before(step)
        done = act(self, what, action, changes=changes, **said)
        behind(step)
        return done

    def watched_do(self: Libvirt, what: str, action: Callable[[], object], **said: Any) -> None:
        before(f"libvirt {what}")
        try:
            do(self, what, action, **said)
        finally:  # libvirt may refuse what has just come about by itself, as the end of a guest
            behind(f"libvirt {what}")

    @contextmanager
    def watched_writing(self: Journal) -> Iterator[Any]:
        step = f"journal {sys._getframe(2).f_code.co_name}"
        before(step)
        with writing(self) as cursor:
            yield cursor
        behind(step)

    Host.act, Libvirt._do, Journal.writing = watched_act, watched_do, watched_writing  # type: ignore[method-assign]
