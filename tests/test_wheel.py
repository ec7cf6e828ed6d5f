"""The wheel is complete: what it holds works without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTEXTS = ROOT / "examples" / "contexts"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, folder: Path, *arguments: object) -> str:
    """What a Python says that knows this installation first, in a folder of its own."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_installed_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    said = run(installed, tmp_path, "-c", "import xform; print(xform.__file__, xform.load('ovirt').tables.folder)")
    assert all(Path(file).is_relative_to(installed) for file in said.split())


@pytest.mark.parametrize(
    ("name", "contexts"),
    [
        ("linux_desktop", ["host=linux_desktop.host.yaml", "cluster=cluster.yaml"]),
        ("windows_11", ["cluster=cluster.yaml"]),
        ("s390x", ["cluster=s390x.cluster.yaml"]),
    ],
)
def test_an_example_is_generated_with_its_contexts(
    name: str, contexts: list[str], installed: Path, tmp_path: Path
) -> None:
    options: list[str] = []
    for keyword, file in (one.split("=") for one in contexts):
        (tmp_path / file).write_text((CONTEXTS / file).read_text())
        options += ["--context", f"{keyword}={file}"]
    (tmp_path / "vm.yaml").write_text((ROOT / "examples" / f"{name}.yaml").read_text())
    made = run(installed, tmp_path, "-m", "xform", "generate", "vm.yaml", "--no-check", *options)
    assert made == (ROOT / "tests" / "golden" / "examples" / f"{name}.xml").read_text()


def test_a_store_is_made_by_what_is_installed(installed: Path, tmp_path: Path) -> None:
    code = "import xform; from xform.monitor.store import Store; Store('sqlite:///x.db', xform.load('domain')).close()"
    run(installed, tmp_path, "-c", code)
    assert (tmp_path / "x.db").exists()


def test_the_schema_of_metadata_is_made_of_what_is_installed(installed: Path, tmp_path: Path) -> None:
    made = run(installed, tmp_path, "-m", "xform", "show", "--xsd", "ovirt-vm")
    assert 'targetNamespace="http://ovirt.org/vm/1.0"' in made
