"""What the wheel and the sdist hold, and that one is made of the other."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.installed import ROOT, build


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return content(build("wheel", tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run(["tar", "-xf", build("sdist", folder), "-C", folder], check=True)
    return next(one for one in folder.iterdir() if one.is_dir())


def content(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files(home: Path, *, suffixes: tuple[str, ...]) -> set[str]:
    return {str(one.relative_to(ROOT)) for one in (ROOT / home).rglob("*") if one.suffix in suffixes}


def test_the_wheel_holds_both_packages_the_plugin_and_the_tables(wheel: dict[str, bytes]) -> None:
    python = files(Path("xform"), suffixes=(".py", ".pyi")) | files(Path("host_prep"), suffixes=(".py",))
    tables = {f"xform/{name}" for name in files(Path("mappings"), suffixes=(".toml", ".py"))}
    assert python | tables | {"xform_pytest.py", "xform/py.typed", "host_prep/py.typed"} <= set(wheel)


def test_the_wheel_holds_nothing_else(wheel: dict[str, bytes]) -> None:
    ours = [name for name in wheel if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in ours} == {"xform", "host_prep", "xform_pytest.py"}
    assert sorted(name for name in ours if Path(name).suffix not in (".py", ".toml")) == [
        "host_prep/py.typed",
        "xform/cli/trace_page.js",
        "xform/mappings/dialect.schema.json",
        "xform/mappings/domain/opaque.txt",
        "xform/mappings/mapping.schema.json",
        "xform/py.typed",
        "xform/types/domain.pyi",
        "xform/types/ovirt.pyi",
    ]


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_checkout(
    wheel: dict[str, bytes], unpacked: Path, tmp_path: Path
) -> None:
    assert content(build("wheel", tmp_path, unpacked)) == wheel


def test_the_sdist_holds_what_builds_and_tests_it_and_nothing_that_is_made(unpacked: Path) -> None:
    assert sorted(os.listdir(unpacked)) == [
        ".gitignore",
        ".pre-commit-hooks.yaml",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "PKG-INFO",
        "README.md",
        "bench",
        "docs",
        "examples",
        "host_prep",
        "mappings",
        "pyproject.toml",
        "requirements.lock",
        "tests",
        "tools",
        "xform",
        "xform_pytest.py",
    ]
    assert [one for one in unpacked.rglob("*") if one.name == "__pycache__" or one.suffix in (".pyc", ".whl")] == []
    assert {str(one.relative_to(unpacked)) for one in unpacked.rglob("test_*.py")} == {
        str(one.relative_to(ROOT)) for home in ("tests", "bench") for one in (ROOT / home).rglob("test_*.py")
    }
