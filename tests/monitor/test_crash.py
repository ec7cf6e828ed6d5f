"""A store that is written to by a process that is killed ends as one that nobody killed (`make crash`: everywhere)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import attrs

from tests.monitor.crash import Run, changes, content, every_kill, unkilled
from tests.monitor.scripted import ID, SMALL, disk, known, moment
from xform.monitor.store import Store

STEPS = 8
RUN: Run = changes(STEPS)


def test_a_run_that_is_killed_at_a_statement_ends_as_one_that_is_not(new_store_url: Callable[[], str]) -> None:
    assert every_kill(RUN, new_store_url, steps=(0, STEPS // 2, STEPS - 1)) == []


def test_a_step_that_is_run_again_changes_nothing(new_store_url: Callable[[], str]) -> None:
    url = new_store_url()
    unkilled(RUN, url)
    before = content(url)
    assert len(before["change"]) == 1 + 2 * (STEPS - 1) - 1 + STEPS - 6
    RUN(url, STEPS - 1, lambda step: None)
    assert content(url) == before


def test_a_monitor_that_writes_a_digest_before_its_devices_is_found(new_store_url: Callable[[], str]) -> None:
    """The harness itself sees what a kill between two transactions loses."""

    def ready() -> str:
        url = new_store_url()
        Store(url, SMALL).close()
        return url

    def run(url: str, first: int, reached: Callable[[int], None]) -> None:
        with closing(Store(url, SMALL)) as store:
            for step in range(first, 2):
                reached(step)
                stored = store.load(ID)
                if stored and stored.known.digest == str(step).encode():
                    continue
                now = known(*(stored.known.devices if stored else ()), digest=str(step).encode())
                for devices in (now.devices, (*now.devices, disk(f"s{step}"))):
                    store.save(
                        attrs.evolve(now, devices=devices), [], stored=stored, connection="", state="", at=moment(0)
                    )
                    stored = store.load(ID)

    assert any("device differs" in fault for fault in every_kill(run, ready))
