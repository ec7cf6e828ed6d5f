"""A host's agent as a source: a command that prints lines of JSON."""

from __future__ import annotations

import json
import os
import shlex
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import wait_for_the_end
from xform.errors import HostError, XformError
from xform.monitor import agent as module
from xform.monitor.agent import Agent
from xform.monitor.source import Status, open_source

AgentOf = Callable[..., Agent]


@pytest.fixture
def agent_of(tmp_path: Path) -> AgentOf:
    """An agent whose command is this script; `ask` is its first argument, `ids` are the others."""

    def make(script: str, seconds: float = 60.0) -> Agent:
        file = tmp_path / "agent.py"
        file.write_text(f"import json, os, sys, time\nask, *ids = sys.argv[1:]\n{script}\n")
        return Agent("agent", [sys.executable, str(file)], seconds)

    return make


def printing(*lines: object) -> str:
    return "".join(f"print({json.dumps(line) if not isinstance(line, str) else line!r})\n" for line in lines)


def test_L360_one_that_was_woken_answers_when_it_is_connected_again(agent_of: AgentOf) -> None:
    agent = agent_of(printing('{"id": "a", "state": "off"}'))
    agent.connect()
    agent.wake()
    agent.close()
    agent.connect()
    assert agent.status() == [Status("a", "off")]


def test_it_lists_vms_with_states_and_digests(agent_of: AgentOf) -> None:
    agent = agent_of(
        "assert (ask, ids) == ('status', ['--json'])\n"
        + printing('{"id": "a", "state": "running", "digest": "00ff", "run": "5"}', '{"id": "b", "state": "off"}')
    )
    agent.connect()
    assert agent.status() == [Status("a", "running", b"\x00\xff", "5"), Status("b", "off")]
    assert agent.status({"b"}) == [Status("b", "off")]


def test_it_dumps_what_it_is_asked_for(agent_of: AgentOf) -> None:
    agent = agent_of(
        "assert ask == 'dump'\n"
        "for vm in ids:\n"
        "    said = {'error': 'no\\nanswer'} if vm == 'b' else {'xml': f'<domain>{vm} \\u00fc\\r</domain>'}\n"
        "    print(json.dumps({'id': vm, **said}))"
    )
    answers = dict(agent.dump(["a", "b"]))
    assert answers["a"] == "<domain>a ü\r</domain>".encode()
    assert str(answers["b"]) == "agent: no answer"


def test_many_are_dumped_by_several_runs(agent_of: AgentOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 2)
    agent = agent_of("for vm in ids: print(json.dumps({'id': vm, 'xml': str(len(ids))}))")
    assert list(agent.dump(["a", "b", "c"])) == [("a", b"2"), ("b", b"2"), ("c", b"1")]


def test_a_vm_that_is_gone_is_no_failure(agent_of: AgentOf) -> None:
    agent = agent_of("print(json.dumps({'id': 'a', 'gone': True}))\nsys.exit(1)")
    assert list(agent.dump(["a"])) == []


def test_a_vm_that_it_does_not_answer_for_is_gone(agent_of: AgentOf) -> None:
    assert list(agent_of("").dump(["a"])) == []


def test_a_dump_that_breaks_off_fails_for_the_vms_that_are_left(agent_of: AgentOf) -> None:
    agent = agent_of(
        "print(json.dumps({'id': 'a', 'xml': 'x'}))\nprint('{\"id\": \"b\"', end='')\nsys.exit('bad\\nluck')"
    )
    answers = dict(agent.dump(["a", "b"]))
    assert answers["a"] == b"x"
    assert str(answers["b"]) == "agent: dump failed with 1: luck"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("sys.exit(3)", "agent: status failed with 3: it says nothing"),
        ("sys.exit('one\\ntwo')", "agent: status failed with 1: two"),
        ("print('no')", "agent: status gave a line of 2 bytes that is no JSON; expected an object in each line"),
        ("print('[1]')", "agent: status gave [1]; expected id, state (running, paused, migrating, off), digest (hex)"),
        ("print(json.dumps({'id': 'a', 'state': 'up'}))", 'agent: status gave {"id": "a", "state": "up"}; expected'),
        ("print(json.dumps({'id': 'a', 'state': 'off', 'digest': 'xy'}))", 'agent: status gave {"id": "a", '),
        ("print(json.dumps({'id': 'a', 'state': 'off', 'run': 5}))", 'agent: status gave {"id": "a", '),
    ],
)
def test_what_it_does_wrong_is_one_line(script: str, message: str, agent_of: AgentOf) -> None:
    with pytest.raises(HostError) as error:
        agent_of(script).status()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_document_that_nobody_asked_for_is_refused_and_not_shown(agent_of: AgentOf) -> None:
    with pytest.raises(HostError, match=r'dump gave \{"id": "b"\}; expected the id of a VM') as error:
        list(agent_of(printing('{"id": "b", "xml": "hunter2"}')).dump(["a"]))
    assert "hunter2" not in str(error.value)


def in_shell(script: str, seconds: float) -> Agent:
    """It starts at once, so that what it does is done before it has taken too long."""
    return Agent("agent", ["sh", "-c", script], seconds)


def test_one_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    agent = in_shell(f"sleep 3600 & echo $$ $! > {tmp_path}/pids; sleep 3600", 2.0)
    with pytest.raises(HostError, match=r"^agent: status took longer than 2 s$"):
        agent.status()
    wait_for_the_end((tmp_path / "pids").read_text().split())


def test_L368_what_left_its_group_and_has_its_output_is_not_waited_for(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    script = f"""echo '{{"id": "a", "state": "off"}}'; setsid cat {fifo} & sleep 3600"""
    with pytest.raises(HostError, match=r"^agent: status took longer than 2 s$"):
        in_shell(script, 2.0).status()
    os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))  # which only it reads, and ends then


def test_waking_it_ends_what_runs(agent_of: AgentOf, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    agent = agent_of(f"open({str(fifo)!r}, 'w').write('up')\ntime.sleep(3600)")

    def wake() -> None:
        fifo.read_text()
        agent.wake()

    thread = threading.Thread(target=wake)
    thread.start()
    with pytest.raises(HostError, match="status failed"):
        agent.status()
    thread.join()
    assert agent.wait(3600) == set()


def test_its_command_line_is_quoted_as_for_a_shell_that_never_sees_it(tmp_path: Path) -> None:
    script = "import json, sys; print(json.dumps({'id': sys.argv[1], 'state': 'off'}))"
    source = open_source(f"exec:{sys.executable} -c {shlex.quote(script)} '$(touch x) ; *'")
    source.connect()
    assert [status.id for status in source.status()] == ["$(touch x) ; *"]


def test_a_command_that_is_not_there_is_refused() -> None:
    with pytest.raises(HostError, match=r"^exec:no-such-agent a: no command 'no-such-agent'; expected a program"):
        open_source("exec:no-such-agent a").connect()


@pytest.mark.parametrize("line", ["exec:", "exec:  ", "exec:'a", "host"])
def test_what_is_no_connection_is_refused(line: str) -> None:
    with pytest.raises(XformError, match="expected "):
        open_source(line)
