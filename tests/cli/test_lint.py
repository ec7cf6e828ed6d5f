"""`xform lint`: findings as text, as annotations and as JSON; what the exit code says; what was not asked."""

import json
import shutil
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1] / "fail" / "lint"


@pytest.fixture
def dialect(tmp_path, monkeypatch):
    """Make a dialect of one file of tests/fail/lint; its name as seen from the working folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(HOME / "base", tmp_path / "base")

    def make(stem):
        shutil.rmtree(tmp_path / "broken", ignore_errors=True)
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "dialect.toml").write_text('format = 1\nname = "broken"\nextends = "../base"\n')
        shutil.copy(HOME / f"{stem}.toml", tmp_path / "broken")
        return "broken"

    return make


def test_a_sound_dialect_has_nothing_to_say(call, dialect):
    done = call("lint", "--schemas", HOME / "base", dialect=HOME / "base")
    assert (done.exit_code, done.output) == (0, "")


def test_a_fault_is_a_line_and_the_document_that_shows_it(call, dialect):
    done = call("lint", dialect("unknown_word"), "--schemas", HOME / "base", dialect=None)
    assert done.exit_code == 1
    assert done.stdout == (
        "broken/unknown_word.toml:6:1: House.color: the schema has no word 'bleu' for @color of <house> "
        "(did you mean 'blue'?) (unknown_word)\n"
        "    <house color='bleu'/>\n"
    )
    assert done.stderr == "1 fault, 0 notes\n"


def test_a_note_is_counted_and_shown_when_asked_for(call, dialect):
    few = call("lint", dialect("left_out"), "--schemas", HOME / "base", dialect=None)
    all_of_them = call("lint", "broken", "--schemas", HOME / "base", "--verbose", dialect=None)
    assert (few.exit_code, few.stdout, few.stderr) == (0, "", "0 faults, 1 note; --verbose shows notes\n")
    assert all_of_them.exit_code == 0
    assert all_of_them.stdout.startswith("broken/left_out.toml:2:1: note: Heating: the schema has @tariff")


def test_the_dialect_is_an_option_as_well(call, dialect):
    assert call("lint", dialect=dialect("one_way")).exit_code == 1


def test_what_cannot_be_loaded_is_a_finding(call, dialect):
    done = call("lint", dialect("load"), dialect=None)
    assert done.exit_code == 1
    assert done.stdout.startswith("broken/load.toml:6:1: House.windows: unknown codec 'uit' (did you mean 'uint'?)")


@pytest.mark.parametrize(
    ("form", "begins"), [("text", "broken/rules.py:2:1: "), ("github", "::error file=broken/rules.py,line=2,col=1::")]
)
def test_python_that_does_not_load_is_a_finding(call, dialect, form, begins):
    folder = dialect("one_way")
    (Path(folder) / "rules.py").write_text("x = 1\nimport nothing_of_this_name\n")
    done = call("lint", folder, "--format", form, dialect=None)
    assert (done.exit_code, done.stderr) == (1, "1 fault, 0 notes\n")
    said = "ModuleNotFoundError: No module named 'nothing_of_this_name'; expected Python that loads (load)\n"
    assert done.stdout == begins + said


def test_what_cannot_be_read_is_bad_use(call, dialect):
    done = call("lint", "domian", dialect=None)
    assert done.exit_code == 2
    assert done.stderr.startswith("no dialect 'domian' (did you mean 'domain'?)")


def test_annotations_for_a_workflow(call, dialect):
    done = call("lint", dialect("overlap"), "--format", "github", dialect=None)
    assert done.exit_code == 1
    assert done.stdout.startswith("::error file=broken/overlap.toml,line=9,col=1::what Roof.tiled.color writes is read")
    assert done.stdout.endswith("%0A<note:roof xmlns:note='urn:example:note'>%0A  <tiles color=''/>%0A</note:roof>\n")


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_findings_as_data(call, dialect, option):
    done = call("lint", dialect("overlap"), *option, dialect=None)
    (found,) = json.loads(done.stdout)
    assert done.exit_code == 1
    assert found.pop("message").startswith("what Roof.tiled.color writes is read as NamedRoof")
    assert found == {
        "file": "broken/overlap.toml",
        "line": 9,
        "column": 1,
        "level": "fault",
        "rule": "overlap",
        "witness": "<note:roof xmlns:note='urn:example:note'>\n  <tiles color=''/>\n</note:roof>\n",
        "other": {"file": "broken/overlap.toml", "line": 6, "column": 1},
    }


def test_without_a_schema_it_says_what_was_not_asked(call, dialect):
    done = call("lint", dialect("unknown_word"), dialect=None)
    assert done.exit_code == 0
    assert "no house.rng in /usr/share/libvirt/schemas" in done.stderr
    assert "not asked: unknown_path, unknown_word, schema_choice, left_out, may_be_absent" in done.stderr


def test_a_folder_without_the_schema_is_bad_use(call, dialect, tmp_path):
    done = call("lint", dialect("unknown_word"), "--schemas", tmp_path, dialect=None)
    assert done.exit_code == 2
    assert "no house.rng there" in done.stderr


def test_a_schema_for_a_dialect_that_names_none_is_bad_use(call, dialect):
    (Path("base") / "dialect.toml").write_text('format = 1\nname = "base"\nroot = "House"\n')
    done = call("lint", "base", "--schemas", HOME / "base", dialect=None)
    assert done.exit_code == 2
    assert "base/dialect.toml: no schema to look into; name one as `schema`" in done.stderr


def test_several_schemas_know_more_than_one(call, dialect, tmp_path):
    shutil.copytree(HOME / "base", tmp_path / "newer")
    grammar = (tmp_path / "newer" / "house.rng").read_text()
    (tmp_path / "newer" / "house.rng").write_text(grammar.replace("<value>blue", "<value>bleu</value><value>blue"))
    broken = dialect("unknown_word")
    assert call("lint", broken, "--schemas", HOME / "base", dialect=None).exit_code == 1
    assert (
        call("lint", broken, "--schemas", HOME / "base", "--schemas", tmp_path / "newer", dialect=None).exit_code == 0
    )
