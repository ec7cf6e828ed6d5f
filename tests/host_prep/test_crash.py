"""Killed at any step, a start or a release leaves a VM that runs and is known, or nothing (`make crash`: all)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from host_prep.effects import kinds
from host_prep.journal import Journal
from tests.host_prep.cell import Bench, bench, killed_at, places
from tests.host_prep.conftest import VM
from tests.host_prep.crash import PHASES, survives
from tests.host_prep.scenarios import NOWHERE, SCENARIOS

SPREAD = 29

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda scenario: scenario.name)
def at(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench(request.param) as made:
        yield made


@pytest.mark.parametrize("phase", PHASES)
def test_a_kill_at_each_step_is_recovered_from(at: Bench, phase: str) -> None:
    """Behind every other one, which is before the next."""
    for point, place in enumerate(places(at.begin(phase))):
        if point % 4 == 3:
            fault = survives(at, phase, point)
            assert not fault, f"{phase} killed {place}: {fault}"


@pytest.mark.parametrize("phase", PHASES)
def test_a_kill_of_a_recovery_is_recovered_from(at: Bench, phase: str) -> None:
    """At the points that this recovery comes by, and once more in the recovery that follows."""
    for point in range(5, len(places(at.begin(phase))), SPREAD):
        kills, where = [point], [phase]
        for way in (3, 2):
            action = at.begin(phase)
            for kill in kills:
                killed_at(action, kill)
                action = at.cell.recover
            passed = places(action)
            kills.append(len(passed) // way)
            where.append(passed[kills[-1]])
            fault = survives(at, phase, *kills)
            assert not fault, f"{phase} killed at point {point}, then {', '.join(where[1:])}: {fault}"


# What the scenarios are good for


@pytest.fixture(scope="module")
def all_of_them() -> Iterator[list[Bench]]:
    with ExitStack() as stack:
        yield [stack.enter_context(bench(scenario)) for scenario in SCENARIOS]


def test_every_effect_occurs_or_is_known_not_to(all_of_them: list[Bench]) -> None:
    occur = {name for at in all_of_them for name in _effects(at)}
    concrete = {name for name, kind in kinds().items() if not kind.__subclasses__()}
    assert occur | set(NOWHERE) == concrete
    assert occur.isdisjoint(NOWHERE)


def test_every_write_of_the_journal_occurs(all_of_them: list[Bench]) -> None:
    came_by = {place for at in all_of_them for phase in PHASES for place in places(at.begin(phase))}
    writing = {name for name, method in vars(Journal).items() if _writes(method)}
    assert {place for place in came_by if "journal" in place} == {
        f"{side} journal {name}" for name in writing for side in ("before", "behind")
    }


def _effects(at: Bench) -> set[str]:
    at.put("release")
    with Journal(at.cell.config.state) as journal:
        return {type(entry.effect).__name__ for entry in journal.entries(VM)}


def _writes(method: Callable[..., None]) -> bool:
    code = getattr(method, "__code__", None)
    return code is not None and "writing" in code.co_names
