"""Killed at any step, a start or a release leaves a VM that runs and is known, or nothing (`make crash`: all)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host_prep.crash import Cell, Ends, ends, silent, steps, survives
from tests.host_prep.scenarios import SCENARIOS, Scenario

SPREAD = 7


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    with silent():
        yield


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda scenario: scenario.name)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    found: Scenario = request.param
    return found


@pytest.fixture(scope="module")
def rest(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Ends:
    return ends(scenario, tmp_path_factory.mktemp("ends") / "cell")


@pytest.mark.parametrize("phase", ["start", "release"])
def test_a_kill_at_each_step_is_recovered_from(scenario: Scenario, rest: Ends, phase: str, tmp_path: Path) -> None:
    cell = Cell(scenario, tmp_path / "steps").arranged()
    names = steps(cell.start)
    if phase == "release":
        names = steps(cell.release)
    for point in range(2 * len(names)):
        fault = survives(scenario, phase, point, tmp_path / "cell", rest)
        assert not fault, f"{phase} killed {'behind' if point % 2 else 'before'} {names[point // 2]}: {fault}"


@pytest.mark.parametrize("phase", ["start", "release"])
def test_a_kill_of_a_recovery_is_recovered_from(scenario: Scenario, rest: Ends, phase: str, tmp_path: Path) -> None:
    cell = Cell(scenario, tmp_path / "steps").arranged()
    names = steps(cell.start)
    if phase == "release":
        names = steps(cell.release)
    for number, point in enumerate(range(1, 2 * len(names), SPREAD)):
        again = number * 3 % 23
        fault = survives(scenario, phase, point, tmp_path / "cell", rest, again)
        assert not fault, f"{phase} killed at {names[point // 2]}, recovery at point {again}: {fault}"
