"""The tour, as `make demo` runs it: it pairs everything and leaves nothing behind, whatever happens to it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xform.hypervisor import EMBED, default_uri

from .material import EXAMPLES

URI, WHY = default_uri()
pytestmark = [
    pytest.mark.xdist_group("qemu"),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to see what is running"),
]
real = pytest.mark.skipif(URI != EMBED, reason=WHY)


@contextmanager
def demo(**environment: str) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """The running tour and its folder."""
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / "demo.py"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,  # so that nothing is read ahead of the first line
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        found = re.search(r"--host (\S+)/host\.yaml", line)
        if not found:
            pytest.fail(line + rest(process))
        try:
            yield process, Path(found[1])
        finally:
            process.terminate()


def promised() -> list[str]:
    """The lines that the README shows of it."""
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    block = readme.partition("## What the demo prints")[2].split("```")[1]
    return [line for line in timeless(block) if line and "…" not in line]


def timeless(text: str) -> list[str]:
    """Lines without what differs from run to run: times, and the width of columns."""
    return [" ".join(re.sub(r"\d+\.\d+ s$", "s", line).split()) for line in text.splitlines()]


def rungs(out: str) -> list[str]:
    """By which rung each device of the table of pairs was found."""
    table = out.partition("\nkind ")[2].partition(" paired, ")[0].splitlines()[1:-1]
    return [last for line in table if (last := line.split()[-1]) not in ("new", "differs")]


def rest(process: "subprocess.Popen[bytes]") -> str:
    """What it still has to say, until it ends."""
    return process.communicate(timeout=60)[0].decode()


def running(folder: Path) -> list[str]:
    """Command lines of the processes that work in a folder."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            lines.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if str(folder) in line]


def left(folder: Path) -> list[str]:
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    files = [str(folder)] if folder.exists() else []
    return [*files, *running(folder), *(line for line in mounts if str(folder) in line)]


@real
def test_every_device_pairs_in_real_qemu() -> None:
    with demo() as (process, folder):
        out = rest(process)
    assert process.returncode == 0, out
    assert "39 paired" in out
    assert "0 missing, 0 ambiguous" in out
    assert "make the CD-ROM" in out
    assert "# left on the host: nothing" in out
    # every device by the first rung of its ladder that it has the fields of
    assert Counter(rungs(out)) == {"id": 37, "type": 1, "index": 1}
    assert left(folder) == []
    assert [line for line in promised() if line not in timeless(out)] == []


def test_without_qemu_libvirts_mock_is_used_and_named(tmp_path: Path) -> None:
    with demo(PATH=str(tmp_path)) as (process, folder):
        out = rest(process)
    assert process.returncode == 0, out
    assert "39 paired" in out
    assert "test:///default is used" in out
    assert left(folder) == []


@real
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"])
def test_a_signal_leaves_nothing_behind(number: int, code: int) -> None:
    with demo() as (process, folder):
        # Until QEMU runs our VM: its arguments name the images.
        while process.poll() is None and not any(line.startswith("/usr/bin/qemu") for line in running(folder)):
            time.sleep(0.01)
        # ^C goes to everybody at the terminal.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        rest(process)
    assert process.returncode == code
    assert left(folder) == []


def test_a_failure_is_one_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    refusing = tmp_path / "qemu-img"
    refusing.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexit 1\n')
    refusing.chmod(0o755)
    ended = subprocess.run(
        [sys.executable, EXAMPLES / "demo.py"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    folder = re.search(r"/tmp/xform-demo-[^/]+", (tmp_path / "asked").read_text())
    assert folder
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert left(Path(folder[0])) == []
