"""Dialects that installed packages bring, by the entry points of the group ``xform.dialects``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import xform
from tests.cli.test_completion import completed
from xform.cli import cli
from xform.errors import TableError
from xform.table.folder import names

SITE = 'format = 1\nname = "site"\nextends = "domain"\n'

Brings = Callable[..., Path]


@pytest.fixture
def brings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Brings:
    """Put a package on Python's path that brings a dialect under a name; where its files are."""

    def bring(package: str, name: str, *, value: str | None = None, head: str = SITE, folder: str = "") -> Path:
        path = tmp_path / package
        home = path / package / folder
        home.mkdir(parents=True)
        (path / package / "__init__.py").write_text("raise AssertionError('nobody asked for this to be imported')\n")
        (home / "dialect.toml").write_text(head)
        about = path / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[xform.dialects]\n{name} = {value or package}\n")
        monkeypatch.syspath_prepend(path)
        return home

    return bring


def test_a_dialect_that_a_package_brings_is_loaded_by_its_name(brings: Brings) -> None:
    home = brings("acme", "site")
    dialect = xform.load("site")
    assert dialect.tables.folder == home
    assert dialect.tables.base is not None
    assert dialect.tables.base.name == "domain"


def test_no_package_is_imported_to_find_the_dialect_within_it(brings: Brings) -> None:
    home = brings("acme", "site", value="acme.tables.site", folder="tables/site")
    assert xform.load("site").tables.folder == home
    assert "acme" not in sys.modules


def test_its_python_runs_when_it_is_loaded_and_not_before(brings: Brings) -> None:
    home = brings("acme", "site")
    (home / "rules.py").write_text("raise RuntimeError('it runs')\n")
    assert "site" in names()
    with pytest.raises(TableError, match="it runs"):
        xform.load("site")


def test_another_dialect_extends_it_by_its_name(brings: Brings, tmp_path: Path) -> None:
    home = brings("acme", "site")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "dialect.toml").write_text('format = 1\nname = "own"\nextends = "site"\n')
    base = xform.load(str(tmp_path / "own")).tables.base
    assert base is not None
    assert base.folder == home


def test_a_name_is_taken_for_a_folder_only_where_no_package_has_it(
    brings: Brings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "dialect.toml").write_text('format = 1\nname = "here"\nextends = "domain"\n')
    assert xform.load("site").tables.name == "here"
    brings("acme", "site")
    assert xform.load("site").tables.name == "site"
    assert xform.load("./site").tables.name == "here"


def test_commands_take_it_and_the_tab_key_knows_it(brings: Brings) -> None:
    brings("acme", "site")
    result = CliRunner().invoke(cli, ["show", "--dialect", "site", "Disk"])
    assert result.exit_code == 0, result.output
    assert completed("parse", "--dialect", "si") == ["site"]
    assert completed("show", "--dialect", "site", "Disk") == ["Disk", "DiskSource"]


def test_the_message_of_an_unknown_name_knows_it(brings: Brings) -> None:
    brings("acme", "site")
    with pytest.raises(TableError) as told:
        xform.load("sit")
    assert str(told.value) == (
        "no dialect 'sit' (did you mean 'site'?); expected domain, ovirt, site, or a folder with a dialect.toml"
    )


def test_L300_of_two_packages_that_bring_one_name_none_is_taken(brings: Brings) -> None:
    brings("acme", "site")
    brings("bolt", "site")
    with pytest.raises(TableError) as told:
        xform.load("site")
    assert str(told.value) == (
        "dialect 'site' is brought by acme 1.0 and bolt 1.0; expected one package: "
        "uninstall the others, or give the dialect's folder"
    )


def test_L301_no_package_takes_over_a_shipped_name(brings: Brings) -> None:
    home = brings("acme", "ovirt")
    assert xform.load("ovirt").tables.folder != home
    assert names() == ["domain", "ovirt"]


@pytest.mark.parametrize("value", ["acme.nowhere", "no_such_package", "acme:site", "json", ".", "__main__"])
def test_an_entry_point_that_names_no_dialect_is_told_with_its_package(value: str, brings: Brings) -> None:
    brings("acme", "site", value=value)
    with pytest.raises(TableError) as told:
        xform.load("site")
    assert str(told.value) == (
        f"dialect 'site' of acme 1.0: no dialect.toml in {value}; "
        "expected the entry point (xform.dialects) to name the package that holds it"
    )
