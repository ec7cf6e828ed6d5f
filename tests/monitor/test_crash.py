"""A store whose monitor is killed, or cut off, ends as where nothing happens to it (`make crash`: 200 changes)."""

from __future__ import annotations

import typing
from collections.abc import Callable, Collection
from typing import Any

import attrs
import pytest

import xform
from tests.monitor.crash import (
    OPENING,
    Cut,
    content,
    every_cut,
    every_kill,
    monitor,
    off_host,
    off_store,
    rows,
    undisturbed,
)
from tests.monitor.world import FIRST, Step, script
from xform.dialect import Dialect
from xform.monitor.records import Change, Known, What
from xform.monitor.store import Store, Stored

STEPS = script(len(FIRST))
# A VM is new, is told of, has what cannot be told apart, and loses a device; the others in `make crash`.
SOME = (0, 2, 6, 7, 12)


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module")
def dialect() -> Dialect:
    return xform.load("ovirt")


def test_L180_a_monitor_killed_at_a_statement_loses_nothing_and_tells_nothing_twice(
    new_migrated_url: Callable[[], str], dialect: Dialect
) -> None:
    assert list(every_kill(monitor(STEPS, dialect), new_migrated_url, SOME)) == []


def test_a_monitor_killed_while_it_makes_its_tables_makes_them_when_it_is_started_again(
    new_store_url: Callable[[], str], dialect: Dialect
) -> None:
    assert list(every_kill(monitor(STEPS[:1], dialect), new_store_url, [OPENING])) == []


@pytest.mark.parametrize(("cut", "steps"), [(off_host, STEPS), (off_store, STEPS[:4])])
def test_L181_a_monitor_cut_off_at_a_call_ends_as_one_that_was_not(
    cut: Cut, steps: list[Step], new_migrated_url: Callable[[], str], dialect: Dialect
) -> None:
    assert list(every_cut(cut, steps, dialect, new_migrated_url)) == []


def test_all_that_is_compared_happens_in_these_steps(store_url: str, dialect: Dialect) -> None:
    undisturbed(monitor(STEPS, dialect), store_url)
    found = rows(store_url)
    assert {row[1] for row in found["change"]} == set(typing.get_args(What))
    assert found["ambiguous"]
    assert {row[3] for row in found["vm"]} | {seen.state for step in STEPS for seen in step.vms.values()} == {
        "running",
        "paused",
        "off",
    }


def test_a_step_that_is_run_again_changes_nothing(store_url: str, dialect: Dialect) -> None:
    run = monitor(STEPS, dialect)
    undisturbed(run, store_url)
    before = content(store_url)
    run(store_url, len(STEPS) - 1, lambda step: None)
    assert content(store_url) == before


# --- the harness itself ---------------------------------------------------------------------------------------------


class Hasty(Store):
    """Writes in two transactions what belongs into one."""

    def twice(
        self, first: tuple[Known, Any], known: Known, changes: Any, stored: Stored | None, more: Any
    ) -> int | None:
        between = super().save(*first, stored=stored, **more)
        return between and super().save(known, changes, stored=self.load(known.id), **more)

    def devices(self, vm: str) -> tuple[Any, ...]:
        stored = self.load(vm)
        return stored.known.devices if stored else ()


class DigestFirst(Hasty):
    def save(self, known: Known, changes: Collection[Change], *, stored: Stored | None, **more: Any) -> int | None:
        return self.twice((attrs.evolve(known, devices=self.devices(known.id)), ()), known, changes, stored, more)


class HistoryFirst(Hasty):
    def save(self, known: Known, changes: Collection[Change], *, stored: Stored | None, **more: Any) -> int | None:
        before = attrs.evolve(known, devices=self.devices(known.id), text=b"", digest=b"", rest=b"")
        return self.twice((before, changes), known, (), stored, more)


class HistoryLater(Hasty):
    def save(self, known: Known, changes: Collection[Change], *, stored: Stored | None, **more: Any) -> int | None:
        return self.twice((known, ()), known, changes, stored, more)


@pytest.mark.parametrize(
    ("wrong", "differs"), [(DigestFirst, "device"), (HistoryFirst, "change differs"), (HistoryLater, "change differs")]
)
def test_a_store_that_writes_in_a_wrong_order_is_found(
    wrong: type[Store], differs: str, new_migrated_url: Callable[[], str], dialect: Dialect
) -> None:
    faults = every_kill(monitor(STEPS[:1], dialect, wrong), new_migrated_url, [0])
    assert differs in next(faults)
