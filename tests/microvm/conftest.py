"""Outside, a file's tests are run by its machine and their reports passed on; inside, they run as anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Work
from host_prep.journal import Journal
from host_prep.system import Host
from tests.host_prep.conftest import VM
from tests.host_prep.fake import FakeLibvirt
from tests.microvm.inside import PORT
from tests.microvm.kernel import NoKernel

NODE = pytest.StashKey[str]()
"""Of a test that is to run inside: its node id there; outside, xdist adds to it."""

RUNS = pytest.StashKey[dict[Path, dict[str, list[pytest.TestReport]] | Exception]]()
"""Of each file: the reports of its tests, or why there are none."""


def pytest_itemcollected(item: pytest.Item) -> None:
    if PORT:
        return
    item.stash[NODE] = item.nodeid
    item.add_marker(pytest.mark.xdist_group(f"microvm-{item.path.stem}"))  # one worker has them all: it boots once


def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """In place of a test, its reports; the first test of a file has the machine run."""
    if NODE not in item.stash:  # pytest asks this of the tests in all folders
        return None
    runs = item.config.stash.setdefault(RUNS, {})
    if item.path not in runs:
        runs[item.path] = _run(item)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item, runs[item.path]):
        report.nodeid = item.nodeid
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _run(item: pytest.Item) -> dict[str, list[pytest.TestReport]] | Exception:
    module = item.getparent(pytest.Module)
    assert module is not None
    asked = [one.stash[NODE] for one in item.session.items if one.path == item.path]
    reports: dict[str, list[pytest.TestReport]] = {}
    try:
        for data in module.obj.MACHINE.run(asked):
            report = item.config.hook.pytest_report_from_serializable(config=item.config, data=data)
            reports.setdefault(report.nodeid, []).append(report)
    except Exception as error:  # which each of the tests is to tell
        return error
    return reports


def _reports(item: pytest.Item, run: dict[str, list[pytest.TestReport]] | Exception) -> Sequence[pytest.TestReport]:
    def instead(outcome: Any, told: Any) -> list[pytest.TestReport]:
        return [pytest.TestReport(item.nodeid, item.location, {}, outcome, told, "setup")]

    if isinstance(run, NoKernel):
        return instead("skipped", (str(item.path), 1, f"Skipped: {run}"))
    if isinstance(run, Exception):
        return instead("failed", f"{type(run).__name__}: {run}")
    return run[item.stash[NODE]]


# What tests use inside


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """With the micro-VM's devices; all else is in a folder of the test's."""
    config = Config(root=tmp_path / "host", dev=Path("/dev"), sys=Path("/sys"), proc=Path("/proc"))
    return Host(config, FakeLibvirt(tmp_path / "libvirt"))


@pytest.fixture
def work(host: Host) -> Work:
    """For effects that look at no document."""
    return Work(host, None, VM, "web", "<domain/>", Journal(host.config.state))  # type: ignore[arg-type]
