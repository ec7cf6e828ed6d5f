"""Monitors on one PostgreSQL, disturbed while VMs change: nothing is lost, nothing twice (`make crash`: 50 times)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import xform
from tests.monitor.crash import silent
from tests.monitor.hosts import Host, document, running, vm_id
from tests.monitor.postgres import Postgres
from tests.monitor.real import Process
from tests.monitor.scripted import START
from tests.monitor.sharing import Outcome, changes, in_a_rush, overlapping, step_by_step, strangers, wait_until
from tests.monitor.tenures import Tenure, tenures
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

SEED = 9


@pytest.mark.parametrize("way", [step_by_step, in_a_rush])
def test_L364_monitors_that_are_killed_ended_and_stopped_leave_the_store_of_one_undisturbed_monitor(
    way: Callable[..., Outcome], postgres_server: Postgres
) -> None:
    dialect: Any = xform.load("ovirt")
    with ExitStack() as databases, silent():
        alone, together = (databases.enter_context(postgres_server.database()) for _ in range(2))
        outcome = way(together, alone, dialect, changes(30, SEED), kills=3, seed=SEED)
    outcome.check()
    assert outcome.befell["kill"] == 3


def test_L365_while_the_database_is_away_nothing_is_asked_of_hosts_and_all_is_followed_again_when_it_is_back(
    postgres_server: Postgres,
) -> None:
    dialect, host, seconds = xform.load("domain"), Host(a=document("a")), 1.0

    def stored(cache: str) -> bool:
        found = store.load(vm_id("a"))
        return bool(found) and [one.entity.cache for one in found.known.devices] == [cache]

    with postgres_server.database() as url, closing(Store(url, dialect)) as store, silent():
        monitor = Monitor(dialect, store, [host], interval=0.02, leases=store.leases([host.name], seconds))
        with running(monitor):
            wait_until(lambda: stored("none"), "the VM")
            with postgres_server.away(url):
                time.sleep(seconds)
                host.calls = 0
                time.sleep(2 * seconds)
                assert host.calls == 0
                host.vms[vm_id("a")] = document("a", disks={"vda": "writeback"})
            wait_until(lambda: stored("writeback"), "its change")
        assert overlapping(tenures(store._database)) == []


AGENT = """
import json, pathlib, sys
folder, ask, *ids = sys.argv[1:]
for file in pathlib.Path(folder).glob("*.xml"):
    if ask == "status":
        print(json.dumps({"id": file.stem, "state": "running"}))
    elif file.stem in ids:
        print(json.dumps({"id": file.stem, "xml": file.read_text()}))
"""


def test_L366_commands_on_one_sqlite_file_share_their_connections(tmp_path: Path) -> None:
    names, dialect, url = ("a", "b", "c"), xform.load("ovirt"), f"sqlite:///{tmp_path / 'vms.db'}"
    agent = tmp_path / "agent.py"
    agent.write_text(AGENT)

    def change(cache: str) -> None:
        for name in names:
            file = tmp_path / name / f"{vm_id(name)}.xml"
            file.parent.mkdir(exist_ok=True)
            (new := file.with_suffix(".new")).write_bytes(document(name, disks={"vda": cache}))
            new.replace(file)

    def caches() -> list[str]:
        loaded = [store.load(vm_id(name)) for name in names]
        return [one.entity.cache for stored in loaded if stored for one in stored.known.devices if one.kind == "disks"]

    change("none")
    connects = [f"exec:{sys.executable} {agent} {tmp_path / name}" for name in names]
    options = ["--share", "2", "--interval", "0.2", *(word for one in connects[1:] for word in ("--connect", one))]

    def holders() -> set[str]:
        return {one.holder for one in tenures(store._database) if not one.ended}

    with closing(Store(url, dialect)) as store:
        monitors = [Process(tmp_path, connects[0], url, *options) for _ in names]
        wait_until(lambda: caches() == ["none"] * 3, "the first look")
        wait_until(lambda: len(holders()) == 3, "a share for each")
        monitors[0].kill()
        change("writeback")
        wait_until(lambda: caches() == ["writeback"] * 3, "the change")
        assert [one.stop() for one in monitors[1:]] == [0, 0]
        found = tenures(store._database)
        assert overlapping(found) == []
        assert all(one.ended for one in found)
        updates = [entry.vm for entry in store.history() if entry.change.what == "updated"]
    assert sorted(updates) == sorted(map(vm_id, names))


# --- the harness itself ---------------------------------------------------------------------------------------------


def tenure(process: int, begun: int, ended: int) -> Tenure:
    moments = (START + timedelta(seconds=number) for number in (begun, ended))
    return Tenure("host", begun, f"machine:{process}:", *moments)


def test_two_who_follow_at_a_time_are_found() -> None:
    assert overlapping([tenure(1, 0, 5), tenure(2, 5, 9)]) == []
    assert len(overlapping([tenure(1, 0, 6), tenure(2, 5, 9)])) == 1


def test_one_who_calls_when_another_follows_is_found() -> None:
    turns = [tenure(1, 0, 5), tenure(2, 5, 9), tenure(1, 9, 12)]
    assert strangers([1, 1, 2, 1], "host", turns) == 0
    assert strangers([1, 2, 1, 2, 1], "host", turns) == 1
    assert strangers([3, 1], "host", turns) == 1
