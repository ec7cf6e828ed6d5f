"""Whatever step of a start fails, its cause is told and nothing is left; what could not be undone, recovery undoes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked import ended, fork
from tests.host_prep.crash import Cell, Ends, ends, silent
from tests.host_prep.faults import broken_at, kinds_of
from tests.host_prep.scenarios import SCENARIOS, Scenario

PAIRS = 40


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


@pytest.fixture
def cell(scenario: Scenario, tmp_path: Path) -> Cell:
    """A host on which the VM ran before, so that folders which stay are there."""
    made = Cell(scenario, tmp_path / "cell").arranged()
    assert ended(fork(made.start)) == 0
    assert ended(fork(made.release)) == 0
    return made


def test_each_step_that_fails_ends_the_start_with_nothing_left(cell: Cell, rest: Ends) -> None:
    names = broken_at(cell.start, {}).steps
    assert ended(fork(cell.release)) == 0
    for number, step in enumerate(names):
        for kind in kinds_of(step):
            broken = broken_at(cell.start, {number: kind})
            if broken.message is None:  # nobody depends on it
                assert cell.runs, f"{step}, {kind}"
                assert ended(fork(cell.release)) == 0
            else:
                assert f"(step {number})" in broken.message.split("; not undone")[0], f"{step}, {kind}"
            fault = rest.fault(cell)
            assert not fault, f"{step}, {kind}: {broken.message}: {fault}"


def test_of_two_that_fail_the_first_is_the_cause_and_recovery_undoes_the_rest(cell: Cell, rest: Ends) -> None:
    names = broken_at(cell.start, {}).steps
    assert ended(fork(cell.release)) == 0
    for first, later in _drawn(len(names)):
        kinds = kinds_of(names[first])
        alone = broken_at(cell.start, {first: kinds[0]})
        if alone.message is None:  # nobody depends on it
            assert ended(fork(cell.release)) == 0
            continue
        undoing = alone.steps[first + 1 :]
        if not undoing:
            continue
        second = first + 1 + later % len(undoing)
        kind = kinds_of(undoing[second - first - 1])[0]
        broken = broken_at(cell.start, {first: kinds[-1], second: kind})
        assert broken.message is None or f"(step {first})" in broken.message.split("; not undone")[0]
        assert ended(fork(cell.recover)) == 0
        if cell.runs:
            assert ended(fork(cell.release)) == 0
        fault = rest.fault(cell)
        assert not fault, f"{names[first]}, then {undoing[second - first - 1]}: {broken.message}: {fault}"


def _drawn(count: int) -> Iterator[tuple[int, int]]:
    """Pairs of numbers, drawn by hash: the same in each run."""
    for number in range(PAIRS):
        digest = hashlib.sha256(f"pair {number}".encode()).digest()
        yield int.from_bytes(digest[:4], "big") % count, int.from_bytes(digest[4:8], "big")
