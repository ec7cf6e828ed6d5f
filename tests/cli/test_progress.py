"""How far a command is: lines now and then, a bar on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from xform.cli import progress
from xform.cli.progress import Pace

BAR = """
from xform.cli.progress import progress
with progress(4) as pace:
    pace(1, 2)
"""


def test_without_a_terminal_a_line_now_and_then_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.progress(4) as pace:
        pace(1, 0)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(progress, "EVERY", 0.0)
        pace(1, 1)
    assert capsys.readouterr().err.startswith("3 documents, ")


def test_what_was_done_before_counts_for_the_distance_and_not_for_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, *[10.0] * 9])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    pace = Pace(7200)
    pace.add(10, 100)
    assert str(pace) == "110 documents, 1 a second; 7090 to go, 1:58:10 left"


def test_of_an_unknown_number_nothing_is_left() -> None:
    pace = Pace(None)
    pace.add(5, 0)
    assert "left" not in str(pace)


def test_a_terminal_has_a_bar() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", BAR], stderr=theirs, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 1000):
                shown += part
        except OSError:  # the other end is closed
            pass
        finally:
            os.close(ours)
    assert process.returncode == 0
    assert b"3/4" in shown
    assert b" a second" in shown
