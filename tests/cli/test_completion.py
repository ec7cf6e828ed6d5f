"""Shells complete commands, options, names of dialects, entities and stages, and files where files are meant."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.conftest import MINI
from xform.cli import COMMANDS, cli

BIN = Path(sys.executable).parent


def completed(*words: str) -> list[str]:
    """What the last word may become; ``file`` and ``dir`` stand for what the shell knows itself."""
    environment = {"COMP_WORDS": "\n".join(("xform", *words)), "COMP_CWORD": str(len(words))}
    result = CliRunner().invoke(cli, [], prog_name="xform", env={**environment, "_XFORM_COMPLETE": "bash_complete"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    found = [line.split(",", 1) for line in result.stdout.split()]
    return [value if kind == "plain" else kind for kind, value in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sh", ["show"]),
        (f"show --dialect {MINI} Devi", ["DeviceBacking"]),
        ("show --dialect ovirt Vm", ["Vm"]),
        ("show none-such", []),
        ("generate we", ["file"]),
        ("update we", ["file"]),
        ("update web.xml we", ["file"]),
        ("validate a.xml b", ["file"]),
        ("match --known we", ["file"]),
        ("parse -o ou", ["file"]),
        ("validate --schemas sch", ["file"]),
        ("lint ov", ["ovirt"]),
        ("stubs do", ["domain"]),
        ("lint ./mi", ["dir"]),
        ("parse --dialect ov", ["ovirt"]),
        ("parse --js", ["--json"]),
        ("run --until pl", ["plan"]),
        ("run --until none-such", []),
        ("run --from ma", ["match"]),
        ("run --from match web", ["file"]),
        ("completion z", ["zsh"]),
        ("gate --laws get-put,tw", ["get-put,twins"]),
        ("trace we", ["file"]),
    ],
)
def test_a_word_is_completed_by_what_may_stand_there(line: str, expected: list[str]) -> None:
    assert completed(*line.split()) == expected


def test_every_command_is_completed() -> None:
    assert completed("") == list(COMMANDS)


def test_a_dialect_that_cannot_be_loaded_completes_nothing(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text("format = [")
    assert completed("show", "--dialect", str(tmp_path), "D") == []
    assert completed("run", "--dialect", "none-such", "--until", "") == []


def test_bash_completes(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None or not (BIN / "xform").exists():
        pytest.skip("needs bash and the installed command")
    (tmp_path / "guest.xml").touch()
    # what the shell does when somebody presses the tab key
    program = """
        eval "$(xform completion bash)"
        press() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            compopt() { printf '%s %s\\n' "$@"; }
            _xform_completion xform "${COMP_WORDS[COMP_CWORD]}"
            echo "${COMPREPLY[*]}"
        }
        complete -p xform
        press xform show --dialect domain Grap
        press xform run --until ge
        press xform parse gue
    """
    done = subprocess.run(
        [bash, "--norc", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "complete -o nosort -F _xform_completion xform",
        "Graphics",
        "generate",
        "-o default",
        "",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell])
    assert result.exit_code == 0
    assert f"_XFORM_COMPLETE={shell}_complete" in result.stdout
