"""`--version` tells two people whether they have the same engine, tables and schema."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import host_prep.cli
import xform.cli
from xform import schema
from xform.table import folder


def said(command: click.Command = xform.cli.cli) -> list[str]:
    result = CliRunner().invoke(command, ["--version"])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped tables, in their place."""
    shipped, home = folder.find("ovirt").parent, tmp_path / "mappings"
    shutil.copytree(shipped, home, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(folder, "_HOMES", (home,))
    return home


@pytest.mark.parametrize(
    ("command", "name"), [(xform.cli.cli, "xform"), (host_prep.cli.cli, "host-prep")], ids=["xform", "host-prep"]
)
def test_the_version_is_that_of_the_distribution(command: click.Command, name: str) -> None:
    assert said(command)[0] == f"{name} {version('libvirt-xform')}"


def test_every_dialect_is_told_with_a_digest() -> None:
    assert [re.sub("[0-9a-f]{12}$", "DIGEST", line) for line in said()[1:-1]] == [
        "dialect domain DIGEST",
        "dialect ovirt DIGEST",
    ]


def test_the_same_tables_have_the_same_digest_wherever_they_lie(request: pytest.FixtureRequest) -> None:
    shipped = said()
    request.getfixturevalue("tables")
    assert said() == shipped


@pytest.mark.parametrize("file", ["disk.toml", "plan/disks.py", "data/os.toml"])
def test_a_changed_file_of_a_dialect_is_another_digest_of_it_alone(file: str, tables: Path) -> None:
    domain, ovirt = said()[1:3]
    with (tables / "ovirt" / file).open("a") as changed:
        changed.write("# changed\n")
    assert said()[1] == domain
    assert said()[2] != ovirt


def test_the_schema_is_told_with_its_version_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "libvirt-11.3.0"
    home.mkdir()
    (home / "domain.rng").touch()
    monkeypatch.setattr(schema, "HOMES", (home,))
    assert said()[-1] == f"libvirt schema 11.3.0 in {home}"


def test_where_no_schema_is_installed_it_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "HOMES", ())
    assert said()[-1] == "libvirt schema none"
