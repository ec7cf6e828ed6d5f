"""Whatever step of a start fails, its cause is told and nothing is left; what could not be undone, recovery undoes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from tests.host_prep.cell import Bench, Scenario, bench
from tests.host_prep.faults import broken_at, pairs, some_faults
from tests.host_prep.scenarios import BLOCKS, SCENARIOS, STORED

PAIRS = 6

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda scenario: scenario.name)
def at(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench(request.param) as made:
        yield made


def test_each_step_that_fails_ends_the_start_with_nothing_left(at: Bench) -> None:
    """Also one that had done its work when it failed."""
    for fault in some_faults(at):
        assert not fault, fault


def test_of_two_that_fail_the_first_is_the_cause_and_recovery_undoes_the_rest(at: Bench) -> None:
    for fault in pairs(at, PAIRS):
        assert not fault, fault


@pytest.mark.parametrize(
    ("scenario", "command", "does"),
    [(BLOCKS, "lvchange", ""), (STORED, "qemu-img", ""), (STORED, "qemu-img", "{real} $*\n")],
    ids=["lvchange", "qemu-img", "qemu-img when it is done"],
)
def test_a_command_that_hangs_is_ended_with_all_that_it_started(
    scenario: Scenario, command: str, does: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    with bench(scenario) as at:
        start = evolve(at.cell, seconds=3.0).start
        at.put("start")
        script = at.cell.commands / command
        real = script.readlink()
        script.unlink()
        script.write_text(
            f"#!/bin/sh\nexec 3>{tmp_path}/alive\n{does.format(real=real)}echo >&3\n/bin/sleep 1000 & /bin/sleep 1000\n"
        )
        script.chmod(0o755)
        broken = broken_at(start, {})
        assert broken.message == f"web: {command} took longer than 3 s and was ended"
        assert not at.cell.runs
        assert not at.fault()
    assert os.read(alive, 10) == b"\n"
    assert os.read(alive, 10) == b""  # nobody has it open
    os.close(alive)
