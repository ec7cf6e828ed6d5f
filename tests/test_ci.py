"""What docs/ci.md shows is what there is: hooks, options and commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from xform.cli import cli

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text()
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
}


def blocks(name: str) -> Any:
    (text,) = re.findall(rf"^```yaml\n# {re.escape(name)}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return YAML(typ="safe").load(text)


def call(command: str, *arguments: str) -> int:
    """The exit code of `xform …`, as a shell would call it."""
    program, *words = [*shlex.split(command), *arguments]
    assert program == "xform"
    return CliRunner().invoke(cli, words).exit_code


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the page assumes it: a dialect, and a document of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "dialect.toml").write_text('format = 1\nname = "site"\nroot = "Box"\n')
    (tmp_path / "site" / "box.toml").write_text(
        'format = 1\n[Box]\nelement = "box"\n[Box.row]\nname = "name : text !"\n'
    )
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.xml").write_text("<box><name>a</name></box>")
    return tmp_path


def test_each_hook_of_the_page_runs(site: Path) -> None:
    for hook in blocks(".pre-commit-config.yaml")["repos"][0]["hooks"]:
        known = HOOKS[hook["id"]]
        files = [
            file for file in ("site/box.toml", "documents/a.xml") if re.search(hook.get("files", known["files"]), file)
        ]
        assert files
        passed = files if known.get("pass_filenames", True) else []
        assert call(known["entry"], *hook["args"], *passed) == 0


def test_a_hook_fails_where_something_is_wrong(site: Path) -> None:
    (site / "site" / "box.toml").write_text('format = 1\n[Box]\nelement = "box"\n[Box.row]\nname = "name : txt !"\n')
    assert call(HOOKS["xform-lint"]["entry"], "./site") == 1


def test_the_page_names_each_hook() -> None:
    assert [name for name in HOOKS if f"`{name}`" not in PAGE and f"id: {name}" not in PAGE] == []


def test_the_commands_of_the_workflow_run(site: Path) -> None:
    steps = blocks(".github/workflows/xform.yml")["jobs"]["xform"]["steps"]
    commands = [step["run"] for step in steps if step.get("run", "").startswith("xform ")]
    assert [call(command) for command in commands] == [0, 0]
    assert (site / "gate.html").is_file()


def test_pytest_takes_the_options_of_the_page(site: Path) -> None:
    (command, _) = re.findall(r"^pytest (.*?) +#", PAGE, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *shlex.split(command)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
