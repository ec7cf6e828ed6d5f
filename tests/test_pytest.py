"""pytest's plugin: tables and documents of a dialect as tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import xform
from tests import corpus
from tests.cli.conftest import GRAMMAR
from tests.cli.test_gate import GOOD

ROOT = Path(__file__).parents[1]
OWN = (
    "import sys\n\n\ndef test_own():\n    assert 'xform_pytest' in sys.modules\n    assert 'xform' not in sys.modules\n"
)


def run(folder: Path, *arguments: object) -> tuple[int, str]:
    """pytest in a folder: its exit code, and what it prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:benchmark", "-rA", *arguments]
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a dialect, its schema, and a corpus."""
    shutil.copytree(ROOT / "tests" / "dialects" / "mini", tmp_path / "mini")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "mini.rng").write_text(GRAMMAR)
    (tmp_path / "documents" / "inner").mkdir(parents=True)
    (tmp_path / "documents" / "inner" / "good.xml").write_text(GOOD)
    (tmp_path / "documents" / "network.xml").write_text("<network/>")
    return tmp_path


WORKSHOP = str(ROOT / "tests" / "dialects" / "workshop")
OPTIONS = ("--xform", "mini", "--xform-corpus", "documents", "--xform-schemas", "schemas")


def test_documents_are_tests_beside_those_that_are_named(home: Path) -> None:
    (home / "test_own.py").write_text("def test_own(): pass\n")
    alone, both = run(home, *OPTIONS), run(home, "test_own.py", *OPTIONS)
    assert "PASSED documents/inner/good.xml::laws" in alone[1]
    assert "no document of this dialect" in alone[1]
    assert "test_own" not in alone[1]
    assert "PASSED test_own.py::test_own" in both[1]
    assert "PASSED documents/inner/good.xml::laws" in both[1]


def test_documents_behind_links_are_tests_each_of_them_once(home: Path) -> None:
    (home / "far").mkdir()
    (home / "documents" / "inner" / "good.xml").rename(home / "far" / "good.xml")
    for link, target in (("far", "../far"), ("again", "../far"), ("round", ".")):
        (home / "documents" / link).symlink_to(target)
    (home / "linked").symlink_to("documents")
    for folder in ("documents", "linked"):
        said = run(home, "--xform", "mini", "--xform-corpus", folder, "--xform-schemas", "schemas")[1]
        assert said.count("good.xml::laws") == 1
        assert f"PASSED {folder}/again/good.xml::laws" in said


def test_a_law_that_does_not_hold_fails_its_document(home: Path) -> None:
    (home / "conftest.py").write_text(
        "from xform.document import Document\n"
        "Document._updated = lambda self, live: self._text.text.replace('<name>', '<name >')\n"
    )
    (home / "documents" / "broken.xml").write_text("<machine>\n<name>")
    code, said = run(home, ".", *OPTIONS)
    assert code == 1
    assert "documents/inner/good.xml:1: bytes: get-put: the document is not the same any more\n" in said
    assert "documents/broken.xml:2:7: " in said
    assert "FAILED documents/inner/good.xml::laws" in said


def test_what_the_linter_finds_fails_the_file_of_the_table(home: Path) -> None:
    shutil.copytree(ROOT / "tests" / "fail" / "lint" / "base", home / "base")
    (home / "broken").mkdir()
    (home / "broken" / "dialect.toml").write_text('format = 1\nname = "broken"\nextends = "../base"\n')
    shutil.copy(ROOT / "tests" / "fail" / "lint" / "unknown_word.toml", home / "broken")
    code, said = run(home, "--xform", "broken", "--xform-schemas", "base")
    assert code == 1
    assert "broken/unknown_word.toml:6:1: House.color: the schema has no word 'bleu'" in said
    assert "FAILED broken/unknown_word.toml::lint" in said
    assert "PASSED broken/dialect.toml::lint" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--xform", "minni"], "no dialect 'minni'"),
        (["--xform-corpus", "documents"], "--xform-corpus and --xform-schemas go with --xform DIALECT"),
        (["--xform", "mini", "--xform-corpus", "nothing"], "nothing: no such folder"),
        (["--xform", "mini", "--xform-corpus", "mini"], "mini; expected some"),
        (["--xform", "mini", "--xform-corpus", "mini/dialect.toml"], "dialect.toml: not a folder"),
        (["--xform", "mini", "--xform-schemas", "nothing"], "--xform-schemas: "),
        (["--xform", WORKSHOP, "--xform-schemas", "schemas"], "workshop/dialect.toml: no schema to look into"),
    ],
)
def test_bad_use_is_one_line(home: Path, arguments: list[str], message: str) -> None:
    code, said = run(home, *arguments)
    assert code == 4
    assert message in said
    assert "Traceback" not in said


def test_runs_that_do_not_ask_for_it_import_nothing(home: Path) -> None:
    (home / "test_own.py").write_text(OWN)
    code, said = run(home, "test_own.py")
    assert code == 0, said


@pytest.mark.parametrize("name", ["domain", "ovirt"])
def test_our_own_dialects(name: str, tmp_path: Path) -> None:
    """On documents of ours, and on those of real hosts and against the schemas that are at hand."""
    (tmp_path / "examples").mkdir()
    ovirt = xform.load("ovirt")
    host = ovirt.read_context("host", ROOT / "examples" / "host.yaml")
    for file in ("server", "desktop"):
        planned = ovirt.plan(ovirt.read(ROOT / "examples" / f"{file}.yaml"), host=host)
        (tmp_path / "examples" / f"{file}.xml").write_text(ovirt.generate(planned, host=host))
    schemas = sorted((corpus.HOME / "schemas").glob("*/"))
    if not schemas and name == "domain":
        pytest.skip("no schemas of several libvirt versions: the tables know more than the installed one")
    corpora = [tmp_path / "examples", *([corpus.HOME / "live"] if (corpus.HOME / "live").is_dir() else [])]
    options = [f"--xform-corpus={folder}" for folder in corpora] + [f"--xform-schemas={folder}" for folder in schemas]
    code, said = run(tmp_path, "-n", "0", "--xform", name, *options)
    assert code == 0, said
    assert "server.xml::laws" in said
    assert "dialect.toml::lint" in said
