"""What the linter says of a dialect's own Python: its stages, its plan, its classes."""

from __future__ import annotations

from pathlib import Path

import pytest

import xform
from xform.errors import TableError
from xform.lint import lint
from xform.table.resolve import load_tables

TABLE = 'format = 1\n[Box]\nelement = "box"\n{}[Box.row]\nname = "@name : str !"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def site(more: str = "", words: str = "", **files: str) -> Path:
    """A dialect in the folder `site`, with Python."""
    folder = Path("site").absolute()
    folder.mkdir()
    (folder / "dialect.toml").write_text(f'format = 1\nroot = "Box"\n[pipeline]\nrun = ["plan", "generate"]\n{more}')
    (folder / "box.toml").write_text(TABLE.format(words))
    for name, text in files.items():
        (file := folder / f"{name}.py").parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


def findings(folder: Path) -> list[str]:
    return [str(one) for one in lint(load_tables(str(folder)))]


def test_a_stage_of_a_kind_that_there_is_not_is_told_with_its_line() -> None:
    folder = site(stages='from xform.pipeline import stage\n\n@stage("entty")\ndef quota(box, run):\n    return box\n')
    assert findings(folder) == [
        "site/stages.py:3:1: ValueError: 'entty' is none of the kinds entity, document, matching, data "
        "(did you mean 'entity'?); expected Python that loads"
    ]


def test_a_plan_that_does_not_load_is_told() -> None:
    (said,) = findings(site(plan="def plan(box, *, dialect)\n    return box\n"))
    assert said.startswith("site/plan.py:1:1: SyntaxError: ")


def test_a_plan_without_its_function_is_told_by_the_linter_and_at_a_run() -> None:
    folder = site(plan="def paln(box, *, dialect):\n    return box\n")
    said = "site/plan.py:1:1: no function plan; expected plan(entity, *, dialect)"
    assert findings(folder) == [said]
    box = xform.load(str(folder))
    with pytest.raises(TableError) as error:
        box.plan(box.Box(name="a"))
    assert str(error.value) == said


@pytest.mark.parametrize("name", ["plan", "plan/__init__"])
def test_a_plan_that_is_no_function_is_told_where_it_is(name: str) -> None:
    folder = site(**{name: "plan = 1\n"})
    said = f"site/{name}.py:1:1: no function plan; expected plan(entity, *, dialect)"
    assert findings(folder) == [said]
    box = xform.load(str(folder))
    with pytest.raises(TableError) as error:
        box.plan(box.Box(name="a"))
    assert str(error.value) == said


def test_a_plan_that_only_recalls_plans_what_it_is_given() -> None:
    folder = site(plan="def recall(box, *, known, dialect):\n    return dialect.Box(name='known')\n")
    assert findings(folder) == []
    box = xform.load(str(folder))
    one = box.Box(name="a")
    assert (box.plan(one), box.recall(one).name) == (one, "known")


def test_a_class_whose_module_does_not_load_is_told_with_the_line_of_the_module() -> None:
    assert findings(site(words='class = "model:Box"\n', model="import attrs\n1 / 0\n")) == [
        f"site/box.toml:2:1: Box: cannot import the class 'model:Box': {Path.cwd()}/site/model.py:2: "
        "ZeroDivisionError: division by zero; expected Python that loads"
    ]
