"""Ours beside others that turn Domain XML into objects and back: same document, same run, each in turn.

Not measured, as their packages are in none of the places that are installed from here: Go's libvirtxml (a Go module),
ovirt-engine's converter (Java, built from its repository) and VDSM (in the repositories of oVirt).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import attrs
import pytest
from lxml import etree

import xform
from bench.conftest import HERE, RACES, Race, quickest
from bench.documents import document
from bench.peers.worker import facts

TEXT = document(40).encode()
FACTS = facts(TEXT).total()
PEERS = HERE / ".venv/peers"
DIALECTS = {name: xform.load(name) for name in ("domain", "ovirt")}


@attrs.frozen
class Worker:
    """A peer in its process, which measures one work as often as it is told."""

    name: str
    stdin: IO[str]
    stdout: IO[str]
    aliases: list[str | None]
    facts: int

    def work(self, work: str) -> Remote:
        return Remote(self, work)


@attrs.frozen
class Remote:
    worker: Worker
    work: str

    def seconds(self, times: int) -> float:
        self.worker.stdin.write(f"{self.work} {times}\n")
        self.worker.stdin.flush()
        return float(self.worker.stdout.readline())

    def __call__(self) -> None:
        self.seconds(1)


@attrs.frozen
class Start:
    """How a peer is started: its module and variant, with what Python, and where its packages are."""

    module: str
    variant: str = ""
    python: str = sys.executable
    packages: Path | None = None
    install: str = "make setup"

    @property
    def name(self) -> str:
        return f"{self.module} ({self.variant})" if self.variant else self.module


# virtinst's compiled parts are for Debian's own Python.
VIRTINST = {"python": "/usr/bin/python3", "packages": PEERS / "virtinst", "install": "tools/peers (Debian only)"}
STARTS = [
    Start("cattrs"),
    Start("msgspec"),
    Start("nova", packages=PEERS / "nova", install="tools/peers"),
    Start("pydantic_xml"),
    Start("virtinst", "no field", **VIRTINST),
    Start("virtinst", "all fields", **VIRTINST),
    Start("xmlschema"),
    Start("xsdata", "lxml"),
    Start("xsdata", "expat"),
]


@pytest.fixture(scope="module", autouse=True)
def _one_cpu() -> Iterator[None]:
    """Ours and theirs take turns on one CPU: those of a machine are neither alike nor equally busy."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cpus)})
    yield
    os.sched_setaffinity(0, cpus)


@contextmanager
def started(start: Start) -> Iterator[Worker]:
    environment = {**os.environ, "PYTHONPATH": str(start.packages or "")}
    command = [start.python, "-W", "ignore", "-m", "bench.peers.worker", start.module, start.variant]
    if start.packages and not (start.packages.is_dir() and Path(start.python).exists()):
        pytest.skip(f"{start.name} is not installed; it comes with: {start.install}")
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=HERE, env=environment, text=True, **pipes) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        about = process.stdout.readline()
        if not about:
            error = process.stderr.read().strip().splitlines()[-1]
            if "ModuleNotFoundError" not in error:
                pytest.fail(f"{start.name} does not start: {error}")
            pytest.skip(f"{start.name} is not installed ({error}); it comes with: {start.install}")
        yield Worker(start.name, process.stdin, process.stdout, **json.loads(about))
        process.stdin.close()


@pytest.fixture(scope="module", params=STARTS, ids=lambda start: start.name)
def peer(request: pytest.FixtureRequest) -> Iterator[Worker]:
    with started(request.param) as worker:
        yield worker


@pytest.fixture(scope="module")
def ours() -> Iterator[dict[str, Worker]]:
    """Ours by dialect, each in a process of its own as well."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(started(Start("ours", name))) for name in DIALECTS}


@pytest.mark.parametrize("work", ["match", "parse", "generate"])
def test_ours_is_faster(peer: Worker, ours: dict[str, Worker], work: str) -> None:
    own = [worker.work(work) for worker in ours.values()]
    bare, theirs, *costs = quickest(lambda: etree.fromstring(TEXT), peer.work(work), *own)
    race = Race(
        peer=peer.name,
        work=work,
        facts=peer.facts,
        theirs=theirs / bare,
        ours={name: cost / bare for name, cost in zip(DIALECTS, costs, strict=True)},
    )
    RACES.append(race)
    # what one costs that knows less than half of the document is the cost of so much
    share = 1.0 if peer.facts > FACTS / 2 else peer.facts / FACTS
    # of ours the one that speaks the same words; within a twentieth nobody is ahead
    ahead = race.theirs / race.ours["domain"]
    assert ahead > 0.95 * share, f"{peer.name}: {work} takes {race.theirs:.2f} times lxml's parse, ours {race.ours}"


def test_a_peer_reads_no_more_than_ours_do(peer: Worker) -> None:
    for dialect in DIALECTS.values():
        kept = facts(TEXT) & facts(dialect.generate(dialect.parse(TEXT), live=True))
        lazy = peer.name.startswith("virtinst")  # gives back the text that it keeps
        assert lazy or peer.facts <= kept.total()


def test_a_peer_finds_the_devices_that_it_matches(peer: Worker) -> None:
    assert len(peer.aliases) >= 20
    assert all(f"<alias name='{alias}'/>".encode() in TEXT for alias in peer.aliases if alias)
