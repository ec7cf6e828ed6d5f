"""Rows whose text is put together from other fields."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

import xform
from xform.laws import create_get, twins_entity
from xform.lint import lint

ROWS = """format = 1
[Box]
element = "box"
[Box.row]
pool  = "@pool         : uuid"
image = "@image        : uint"
path  = "source/@file  : template /images/{pool}/{image}.img >"  # for programs that know no pools
label = "label         : template box-{image} >"                 # shown
"""
POOL = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def box(folder: Path, rows: str = ROWS) -> xform.Dialect:
    (folder / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    (folder / "box.toml").write_text(rows)
    return xform.load(str(folder))


def test_the_text_is_written_from_the_fields_and_never_read(tmp_path: Path) -> None:
    dialect = box(tmp_path)
    entity = dialect.Box(pool=POOL, image=7)
    assert (entity.path, entity.label) == (f"/images/{POOL}/7.img", "box-7")
    xml = dialect.generate(entity)
    assert f"<source file='/images/{POOL}/7.img'/>" in xml
    assert dialect.parse(xml.replace("/7.img", "/8.img")) == entity
    assert create_get(dialect, entity) == twins_entity(dialect, entity) == []


def test_without_one_of_the_fields_there_is_no_text(tmp_path: Path) -> None:
    dialect = box(tmp_path)
    entity = dialect.Box(image=7)
    assert entity.path is None
    assert "source" not in dialect.generate(entity)
    assert "<label>box-7</label>" in dialect.generate(entity)
    assert twins_entity(dialect, entity) == []


def test_the_linter_has_nothing_to_say(tmp_path: Path) -> None:
    assert lint(box(tmp_path).tables) == []


def test_it_is_no_field_to_set(tmp_path: Path) -> None:
    dialect = box(tmp_path)
    assert "path" not in {field.name for field in attrs.fields(dialect.Box)}
    with pytest.raises(AttributeError):
        dialect.Box().path = "x"


def test_an_update_leaves_it_alone(tmp_path: Path) -> None:
    dialect = box(tmp_path)
    xml = f"<box pool='{POOL}' image='7'><source file='/elsewhere'/></box>"
    assert dialect.update(xml, dialect.Box(pool=POOL, image=8)) == xml.replace("'7'", "'8'")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            'x = "@x : template a-{pol} >"',
            "'pol' in the template is no field of Box and no codec (did you mean 'pool'?)",
        ),
        (
            'x = "@x : template a-{uud} >"',
            "'uud' in the template is no field of Box and no codec (did you mean 'uuid'?)",
        ),
        ('x = "@x : template {pool}{image}"', "a template of other fields is written only; mark it with >"),
        ('x = "@x : template {y}-{pool} >"\ny = "@y : str secret"', "y is secret, so mark what holds it as secret"),
        ('x = "@x : template {y}-{pool} >"\ny = "y : list str"', "y is no plain value; expected a field with one text"),
    ],
)
def test_what_cannot_be_put_together_is_refused(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(xform.TableError) as refused:
        box(tmp_path, ROWS + row + "\n")
    assert str(refused.value).endswith(f"box.toml:9:1: Box.x: {message}")
