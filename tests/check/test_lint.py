"""What the linter says: each file of tests/fail/lint breaks the rule in its name, and the .txt beside it says how.

A file is put as `broken/NAME.toml`, with the NAME.py beside it as its rules.py, into a dialect that extends `base`;
a NAME.head is more of its dialect.toml.
`pytest -n 0 --renew tests/check/test_lint.py` writes the messages anew: read them.
"""

import shutil
from pathlib import Path

import pytest

from xform.check.finding import refusal
from xform.check.relaxng import read_schema
from xform.cli.lint import as_text
from xform.errors import TableError
from xform.lint import RULES, SCHEMA_RULES, lint
from xform.table.resolve import load_tables

HOME = Path(__file__).parents[1] / "fail" / "lint"
HEAD = 'format = 1\nname = "broken"\nextends = "../base"\n'
BROKEN = sorted(HOME.glob("*.toml"))


def found_in(file, folder):
    """The findings of a broken dialect, with places as seen from `folder`."""
    shutil.copytree(HOME / "base", folder / "base")
    (folder / "broken").mkdir(exist_ok=True)
    more = file.with_suffix(".head")
    (folder / "broken" / "dialect.toml").write_text(HEAD + (more.read_text() if more.exists() else ""))
    shutil.copy(file, folder / "broken")
    if (rules := file.with_suffix(".py")).exists():
        shutil.copy(rules, folder / "broken" / "rules.py")
    try:
        return lint(load_tables("broken"), [read_schema(folder / "base" / "house.rng")])
    except TableError as error:
        return [refusal(error)]


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_the_message_and_its_witness(file, golden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = found_in(file, tmp_path)
    golden(file.with_suffix(".txt"), "".join(map(as_text, found)))
    assert {one.rule for one in found} == {file.stem.partition("-")[0]}
    assert all("\n" not in one.message for one in found)


def test_every_rule_has_a_table_that_breaks_it():
    assert {rule.__name__ for rule in (*RULES, *SCHEMA_RULES)} <= {file.stem for file in BROKEN}


def test_the_tables_that_the_broken_ones_extend_are_sound():
    assert lint(load_tables(str(HOME / "base")), [read_schema(HOME / "base" / "house.rng")]) == []


def test_what_inherited_tables_have_wrong_is_told_where_they_are_linted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found_in(HOME / "one_way.toml", tmp_path)
    (tmp_path / "heir").mkdir()
    (tmp_path / "heir" / "dialect.toml").write_text('format = 1\nname = "heir"\nextends = "../broken"\n')
    assert lint(load_tables("heir")) == []


ROOM = """import attrs


@attrs.define
class MyRoom:
    name: str | None
"""


def test_L373_what_inherited_rows_want_of_a_class_is_told_where_the_class_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('format = 1\n[Room]\nextends = "base:Room"\nclass = "rooms:MyRoom"\n')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "rooms.py").write_text(ROOM)
    assert [str(one) for one in found_in(tmp_path / "mine.toml", tmp_path)] == [
        "broken/mine.toml:2:1: Room: rooms:MyRoom has no field 'floor', 'light'; "
        "expected one for each row, or fewer rows",
        "broken/mine.toml:2:1: Room.name is required (!), and the field admits None; "
        "expected no ! in the row, or no None in the class",
    ]


NEW = """format = 1
[House]
extends = "base:House"

[House.row]
color = "@color : enum red blue mauve"
{row}

[Heating]
extends = "base:Heating"

[Heating.solar]
area = "panel/@area : uint"
"""


@pytest.mark.parametrize(
    ("row", "faults"),
    [('roof = "@roof : str since 2.0"', set()), ('area = "area : text"', {"unknown_word", "schema_choice"})],
    ids=["tables that are newer", "tables that say nothing newer"],
)
def test_words_that_an_older_schema_lacks_are_no_fault_of_tables_that_are_newer(row, faults, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.toml").write_text(NEW.format(row=row))
    found = found_in(tmp_path / "new.toml", tmp_path)
    assert {"unknown_word", "schema_choice"} <= {one.rule for one in found}
    assert {one.rule for one in found if not one.note} == faults


DOCS = Path(__file__).parents[2] / "docs" / "lint.md"


def test_the_documentation_lists_each_rule_with_an_example(golden, tmp_path, monkeypatch):
    head, title, _ = DOCS.read_text().partition("## The rules\n")
    golden(DOCS, head + title + "".join(example(rule, tmp_path, monkeypatch) for rule in (*RULES, *SCHEMA_RULES)))


def example(rule, folder, monkeypatch):
    """What a rule asks, a line that breaks it, and what is said then."""
    (folder / rule.__name__).mkdir()
    monkeypatch.chdir(folder / rule.__name__)
    found = found_in(HOME / f"{rule.__name__}.toml", folder / rule.__name__)[0]
    line = Path(found.origin.file).read_text().splitlines()[found.origin.line - 1]
    return f"\n**{rule.__name__}**: {rule.__doc__.splitlines()[0]}\n\n```\n{line}\n{found.message}\n```\n"
