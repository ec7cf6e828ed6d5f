"""`xform monitor`: what it prints, serves and returns, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console

import xform
from tests.cli.conftest import Xform
from tests.monitor.hosts import document, vm_id
from xform.errors import XformError
from xform.hypervisor import TEST
from xform.monitor.metrics import serving
from xform.monitor.progress import Progress
from xform.monitor.store import Store
from xform.monitor.table import Board

A = vm_id("a")

AGENT = """\
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
if sys.argv[1] == "status":
    for file in folder.glob("*.xml"):
        print(json.dumps({"id": file.stem, "state": "running", "run": "1"}))
else:
    for vm in sys.argv[2:]:
        print(json.dumps({"id": vm, "xml": (folder / f"{vm}.xml").read_text()}))
"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder of documents, and an agent that tells of them."""
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "agent.py").write_text(AGENT)
    (folder / f"{A}.xml").write_bytes(document("a"))
    return folder


def connection(host: Path) -> str:
    return f"exec:{sys.executable} {host / 'agent.py'}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def once(call: Xform, host: Path, url: str) -> Callable[..., Result]:
    def run(*arguments: object, connect: str | None = None) -> Result:
        given = ("--connect", connect or connection(host), "--store", url)
        return call("monitor", *given, "--once", *arguments, dialect="domain")

    return run


# --- one pass -------------------------------------------------------------------------------------------------------


def test_a_pass_stores_what_runs(once: Callable[..., Result], url: str) -> None:
    result = once()
    assert (result.exit_code, result.stdout) == (0, "")
    store = Store(url, xform.load("domain"))
    assert {one.state for one in store.states().values()} == {"running"}
    store.close()


def test_libvirts_mock_is_followed(once: Callable[..., Result]) -> None:
    result = once("--json", connect=TEST)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["name"] == "test"


def test_changes_are_lines_of_json(once: Callable[..., Result], host: Path) -> None:
    [line] = once("--json").stdout.splitlines()
    told = json.loads(line)
    assert list(told) == ["vm", "name", "connection", "at", "changes", "ambiguous"]
    assert (told["vm"], told["name"], told["connection"]) == (A, "a", connection(host))
    assert ("inserted", "disks") in [(one["what"], one["kind"]) for one in told["changes"]]
    came = [one for one in told["changes"] if one["kind"]]
    assert all({"alias", "address", "device"} <= set(one) for one in came)
    assert once("--json").stdout == ""
    (host / f"{A}.xml").write_bytes(document("a", disks={"vda": "writeback"}))
    [change] = json.loads(once("--json").stdout)["changes"]
    assert (change["what"], change["fields"]) == ("updated", {"cache": ["none", "writeback"]})


def test_secrets_are_neither_told_nor_logged(once: Callable[..., Result], host: Path, tmp_path: Path) -> None:
    xml = (host / f"{A}.xml").read_text()
    for secret in ("hunter1", "hunter2"):
        graphics = f"<graphics type='vnc' port='5900' passwd='{secret}'/>"
        (host / f"{A}.xml").write_text(xml.replace("</devices>", f"{graphics}</devices>"))
        assert "hunter" not in once("--json").output
    assert b"hunter" not in (tmp_path / "store.db").read_bytes()


def test_what_fails_is_told_and_is_a_finding(once: Callable[..., Result], host: Path) -> None:
    (host / f"{vm_id('b')}.xml").write_text("<domain")
    result = once("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["name"] == "a"
    [line] = [line for line in result.stderr.splitlines() if "event=failed" in line]
    assert f"vm={vm_id('b')}" in line


def test_what_cannot_be_told_apart_is_a_finding_until_it_can(once: Callable[..., Result], host: Path) -> None:
    xml = (host / f"{A}.xml").read_text()

    def twins(network: str) -> None:
        nic = f"<interface type='network'><mac address='52:54:00:00:00:01'/><source network='{network}'/></interface>"
        (host / f"{A}.xml").write_text(xml.replace("</devices>", f"{nic}{nic}</devices>"))

    twins("one")
    assert once().exit_code == 0
    twins("two")
    result = once("--json")
    assert result.exit_code == 1
    [ambiguous] = json.loads(result.stdout)["ambiguous"]
    assert (ambiguous["kind"], ambiguous["rung"], len(ambiguous["devices"])) == ("interfaces", ["mac"], 2)
    assert once().exit_code == 1
    (host / f"{A}.xml").write_text(xml)
    assert once().exit_code == 0


def test_a_host_that_is_not_there_is_a_finding(once: Callable[..., Result]) -> None:
    result = once(connect="no-such:///host")
    assert result.exit_code == 1
    assert 'event="connection failed" connection=no-such:///host error="no-such:///host: ' in result.stderr


def test_what_a_manager_knows_is_read_from_its_files(once: Callable[..., Result], host: Path, url: str) -> None:
    dialect = xform.load("domain")
    known = host / "a.json"
    known.write_text(json.dumps({"type": "test", "name": "a", "uuid": A}))
    assert once("--known", known).exit_code == 0
    result = once("--known", host / "none.json")
    assert (result.exit_code, result.stderr) == (
        2,
        f"{host / 'none.json'}: No such file or directory; expected a file\n",
    )
    store = Store(url, dialect)
    assert list(store.states()) == [A]
    store.close()


def test_bad_use_is_one_line(once: Callable[..., Result], call: Xform, url: str) -> None:
    assert once(connect="host").stderr == (
        "'host' is no connection; expected libvirt's URI or 'exec:COMMAND ARGUMENTS'\n"
    )
    result = call("monitor", "--connect", TEST, "--store", "file.db", "--once", dialect="domain")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


# --- a run ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def start(host: Path, url: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command in a process of its own."""
    processes = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        given = ("--connect", connection(host), "--store", url, "--dialect", "domain")
        process = subprocess.Popen(
            [sys.executable, "-m", "xform", "monitor", *given, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_follows_until_it_is_told_to_go(
    number: signal.Signals, start: Callable[..., subprocess.Popen[str]], host: Path
) -> None:
    process = start("--json", "--interval", "0.05")
    assert process.stdout
    assert json.loads(process.stdout.readline())["name"] == "a"
    (host / f"{A}.xml").write_bytes(document("a", disks={"vda": "writeback"}))
    assert json.loads(process.stdout.readline())["changes"][0]["what"] == "updated"
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_it_ends_when_nobody_reads_its_lines_any_more(start: Callable[..., subprocess.Popen[str]], host: Path) -> None:
    process = start("--json", "--interval", "0.05")
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    (host / f"{A}.xml").write_bytes(document("a", disks={"vda": "writeback"}))
    assert process.wait() == 141
    process.stdout = None


def test_metrics_are_served_while_it_runs(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("--json", "--metrics", "0")
    assert process.stdout
    assert process.stderr
    url = None
    while url is None:
        url = re.search(r"event=metrics url=(\S+)", process.stderr.readline())
    process.stdout.readline()  # the VM is in the store
    with urllib.request.urlopen(url[1]) as answer:
        text = answer.read().decode()
    assert re.search(r'^xform_monitor_vms\{connection=".*"\} 1.0$', text, re.MULTILINE)
    process.terminate()
    process.communicate()
    assert process.returncode == 0


# --- what is shown --------------------------------------------------------------------------------------------------


def progress(**values: Any) -> Progress:
    return Progress("qemu:///system", **values)


def test_metrics_tell_of_every_connection() -> None:
    one = progress(connected=True, vms=3, changed=5, failed={"a": "no"}, ambiguous={"b"})
    one.seconds["dump"] = 1.5
    with serving([one, Progress("other")], "127.0.0.1:0") as url, urllib.request.urlopen(url) as answer:
        lines = [line for line in answer.read().decode().splitlines() if not line.startswith("#")]
    mine = [line.replace('connection="qemu:///system"', "") for line in lines if "qemu:///system" in line]
    assert [line for line in mine if "lag" not in line and "_created" not in line] == [
        "xform_monitor_connected{} 1.0",
        "xform_monitor_vms{} 3.0",
        "xform_monitor_failed{} 1.0",
        "xform_monitor_ambiguous{} 1.0",
        "xform_monitor_changed_total{} 5.0",
        "xform_monitor_undelivered_total{} 0.0",
        'xform_monitor_seconds_total{,phase="status"} 0.0',
        'xform_monitor_seconds_total{,phase="dump"} 1.5',
        'xform_monitor_seconds_total{,phase="follow"} 0.0',
        'xform_monitor_seconds_total{,phase="store"} 0.0',
    ]
    assert 'xform_monitor_connected{connection="other"} 0.0' in lines


@pytest.mark.parametrize("where", ["x", "127.0.0.1:", "127.0.0.1:99999", "no such host:1"])
def test_an_address_that_is_none_is_refused(where: str) -> None:
    with pytest.raises(XformError, match=re.escape(where)) as error, serving([], where):
        pass
    assert "\n" not in str(error.value)


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(XformError, match=f"^{where}: .*; expected an address of this machine, and a free port$"),
            serving([], where),
        ):
            pass


def test_people_see_a_table_of_the_connections() -> None:
    output = StringIO()
    rows = [progress(connected=True, vms=3), Progress("b", fault="b: it is down"), Progress("[c]")]
    Console(file=output, width=120).print(Board(rows))
    first, *lines = output.getvalue().splitlines()
    assert first.split() == ["connection", "state", "VMs", "changed", "failed", "ambiguous", "last", "pass", "lag"]
    assert lines[0].split()[:6] == ["qemu:///system", "connected", "3", "0", "0", "0"]
    assert lines[1].split()[:4] == ["b", "it", "is", "down"]
    assert lines[2].split()[:2] == ["[c]", "connecting"]


def test_on_a_terminal_the_table_stays_below_the_lines(host: Path, url: str) -> None:
    theirs, ours = os.openpty()
    given = ("--connect", connection(host), "--store", url, "--dialect", "domain", "--once")
    process = subprocess.Popen(
        [sys.executable, "-m", "xform", "monitor", *given],
        stderr=ours,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(ours)
    shown = b""
    try:
        while part := os.read(theirs, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(theirs)
    assert process.wait() == 0
    assert b"event=changed" in shown
    assert b"last pass" in shown
