"""What the documentation shows is what happens: its files are made, its commands and its Python run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import xform
from xform.cli import COMMANDS
from xform.schema import HOMES

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

with_schemas = pytest.mark.skipif(
    not any(home.is_dir() for home in HOMES), reason="libvirt's schemas are not installed"
)


def blocks(file: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(file.read_text(encoding="utf-8")) if found == language]


def python(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shell(command: str, folder: Path) -> str:
    """What a command prints, progress included, in the order of a terminal."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def resembles(said: str, shown: str) -> None:
    """A `…` at the end of a line stands for the rest of it, one alone in a line for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    )
    assert re.fullmatch(pattern, said), said


# --- README.md ------------------------------------------------------------------------------------------------------

README = ROOT / "README.md"


def test_the_python_of_the_readme_runs() -> None:
    (code,) = blocks(README, "python")
    assert "[('disks', ('id',))" in python(code, ROOT)


def test_the_targets_of_the_readme_are_there() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    asked = re.findall(r"^make (\S+)", "".join(blocks(README, "sh")), re.MULTILINE)
    assert asked
    assert set(asked) <= set(targets)


@with_schemas
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = re.findall(r"^xform .*?(?=  +#)", "".join(blocks(README, "sh")), re.MULTILINE)
    assert commands
    assert {command.split()[1] for command in commands} <= set(COMMANDS)
    for command in commands:
        shell(command, tmp_path)


def test_the_row_that_the_readme_shows_is_a_row_of_the_tables() -> None:
    (block,) = blocks(README, "toml")
    ((name, row),) = tomllib.loads(block).items()
    tables = tomllib.loads((ROOT / "mappings" / "domain" / "disk.toml").read_text())
    assert tables["Disk"]["row"][name].split() == row.split()


def test_a_value_that_the_readme_says_is_refused_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vm.yaml"
    file.write_text(
        (ROOT / "examples" / "server.yaml")
        .read_text()
        .replace("disks:\n  - ", "disks:\n  - rotation_rate: 7200rpm\n    ")
    )
    with pytest.raises(
        xform.EntityError, match=r"vm\.yaml:\d+:20: disks\[0\]\.rotation_rate: '7200rpm' is not a whole"
    ):
        xform.load("ovirt").read(file)


# --- docs/pipelines.md ----------------------------------------------------------------------------------------------

PIPELINES = ROOT / "docs" / "pipelines.md"


def files_of(page: Path, folder: Path) -> Path:
    """A folder with the files that a page shows, by the names in their first lines."""
    for language in ("toml", "python", "yaml", "xml"):
        for block in blocks(page, language):
            if found := re.match(r"(?:#|<!--) (\S+\.\w+)", block):
                file = folder / found[1]
                file.parent.mkdir(exist_ok=True)
                file.write_text(block)
    return folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return files_of(PIPELINES, tmp_path)


def test_the_python_of_the_page_on_pipelines_runs(site: Path) -> None:
    (code,) = [block for block in blocks(PIPELINES, "python") if not block.startswith("# ")]
    assert re.findall(r"^(\w+) [\d.]+$", python(code, site), re.MULTILINE) == ["plan", "generate", "tag"]


@with_schemas
def test_the_commands_of_the_page_on_pipelines_print_what_it_shows(site: Path) -> None:
    (block,) = blocks(PIPELINES, "console")
    for shown in block.split("$ ")[1:]:
        command, _, output = shown.partition("\n")
        resembles(shell(command, site), output)


def test_the_dialect_of_the_page_keeps_the_law(site: Path) -> None:
    dialect = xform.load(str(site / "site"))
    machine = dialect.plan(dialect.read(site / "machine.yaml"))
    assert dialect.parse(dialect.generate(machine)) == dialect.plan(machine) == machine


# --- docs/ovirt.md --------------------------------------------------------------------------------------------------

OVIRT = ROOT / "docs" / "ovirt.md"


@pytest.fixture
def manager(tmp_path: Path) -> Path:
    """A folder with the files that the page shows, and the examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return files_of(OVIRT, tmp_path)


def test_the_python_of_the_page_on_ovirt_runs(manager: Path) -> None:
    (code,) = blocks(OVIRT, "python")
    log = python(code, manager)
    assert "generated for 6b1c2d3e-4f50-4a61-8b72-9c83ad94be01:\n<domain " in log
    assert "\n  <name>linux-desktop</name>\n" in log


@with_schemas
def test_the_commands_of_the_page_on_ovirt_run(manager: Path) -> None:
    commands = [line.partition("  #")[0] for line in "".join(blocks(OVIRT, "sh")).splitlines()]
    assert all(command.startswith("xform ") for command in commands)
    said = {command: shell(command, manager) for command in commands}
    for name in re.findall(r"\.\./examples/(\w+)\.yaml", OVIRT.read_text()):
        (command,) = [one for one in said if one.startswith(f"xform generate examples/{name}.yaml ")]
        made = said[command] or (manager / command.rpartition(" -o ")[2]).read_text()
        assert made == (ROOT / "tests" / "golden" / "examples" / f"{name}.xml").read_text()


@with_schemas
def test_the_commands_of_the_page_on_ovirt_print_what_it_shows(manager: Path) -> None:
    for shown in "\n".join(blocks(OVIRT, "console")).split("$ ")[1:]:
        command, _, output = shown.partition("\n")
        resembles(shell(command, manager), output.rstrip("\n") + "\n")


# --- all ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
