"""Fields that only some versions of libvirt know, and fields that once had another name."""

from __future__ import annotations

from pathlib import Path

import pytest

import xform
from xform.files import entity_from
from xform.table.resolve import load_tables
from xform.versions import schema_version

ROWS = """format = 1
[Box]
element = "box"
[Box.row]
name  = "name   : text !"
new   = "@new   : uint since 9.1"
old   = "@old   : uint until 11.0"
balls = "ball   : list Ball"
[Ball.row]
spin  = "@spin  : enum left right since 10"
"""


def box(folder: Path, head: str = "", rows: str = ROWS) -> xform.Dialect:
    (folder / "dialect.toml").write_text(f'format = 1\nroot = "Box"\n{head}')
    (folder / "box.toml").write_text(rows)
    return xform.load(str(folder))


def test_a_field_that_a_version_does_not_know_is_refused_with_its_place(tmp_path: Path) -> None:
    dialect = box(tmp_path)
    entity = dialect.Box(name="b", new=1, old=1, balls=[dialect.Ball(), dialect.Ball(spin="left")])
    assert dialect.parse(dialect.generate(entity, version="10.0.0")) == entity
    assert dialect.generate(entity, version="11.0.3") == dialect.generate(entity)
    with pytest.raises(xform.EntityError) as refused:
        dialect.generate(entity, version="9.0.0")
    assert str(refused.value).splitlines() == [
        "new: is there since 9.1; libvirt 9.0.0 does not know it, so leave it out",
        "balls[1].spin: is there since 10; libvirt 9.0.0 does not know it, so leave it out",
    ]
    with pytest.raises(xform.EntityError, match=r"old: was there until 11\.0; libvirt 11\.1\.0"):
        dialect.generate(entity, version="11.1.0")


def test_what_is_no_version_is_refused(tmp_path: Path) -> None:
    dialect = box(tmp_path)
    with pytest.raises(xform.EntityError, match="'nine' is no version of libvirt"):
        dialect.generate(dialect.Box(name="b", new=1), version="nine")


def test_a_const_has_no_version(tmp_path: Path) -> None:
    with pytest.raises(xform.TableError, match="a const is written for every version"):
        box(tmp_path, rows=ROWS + 'kind = "@kind : const ball since 9"\n')


def test_a_folder_of_schemas_tells_its_version_by_its_name(tmp_path: Path) -> None:
    assert schema_version(tmp_path / "libvirt-11.3.0") == "11.3.0"
    assert schema_version(tmp_path / "11.3.0") == "11.3.0"
    assert schema_version(tmp_path / "schemas") is None
    assert schema_version(tmp_path / "vm-2024.10.1") is None


def test_the_installed_libvirt_tells_its_version() -> None:
    libvirt = pytest.importorskip("libvirt")
    number = libvirt.getVersion()
    said = f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"
    assert schema_version(Path("/usr/share/libvirt/schemas")) == said


RENAMED = '[renamed.Box]\ntitle = "name"\n[renamed.Ball]\ntwist = "spin"\n'


def test_an_entity_file_may_say_the_old_name_of_a_field(tmp_path: Path) -> None:
    dialect = box(tmp_path, RENAMED)
    entity = entity_from(dialect, b"{title: b, balls: [{twist: left}]}", "box.yaml")
    assert entity == dialect.Box(name="b", balls=[dialect.Ball(spin="left")])


def test_a_dialect_inherits_what_was_renamed(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "own").mkdir()
    box(tmp_path / "base", RENAMED)
    (tmp_path / "own" / "dialect.toml").write_text('format = 1\nextends = "../base"\n')
    assert load_tables(str(tmp_path / "own")).renamed == {"Box": {"title": "name"}, "Ball": {"twist": "spin"}}


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("{title: b, name: c}", "box.yaml:1:9: title: title is called name now, and both are given; leave one out"),
        ("{title: 3}", "box.yaml:1:9: title: 3 is not text; quote it"),
        ("{name: b, balls: [{twist: up}]}", "box.yaml:1:27: balls[0].twist: 'up' is not one of left, right"),
        (
            "{name: b, balls: [{twits: left}]}",
            "box.yaml:1:20: balls[0].twits: unknown field of Ball; expected one of spin",
        ),
    ],
)
def test_faults_are_told_at_the_name_that_the_file_has(tmp_path: Path, file: str, message: str) -> None:
    with pytest.raises(xform.EntityError) as refused:
        entity_from(box(tmp_path, RENAMED), file.encode(), "box.yaml")
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('[renamed.Bax]\na = "name"\n', "4:1: no entity 'Bax' (did you mean 'Box'?)"),
        ('[renamed.Box]\na = "nam"\n', "4:1: Box has no field 'nam' (did you mean 'name'?)"),
        ('[renamed.Box]\nnew = "name"\n', "4:1: 'new' is a field of Box; expected a name that it had once"),
    ],
)
def test_what_cannot_have_been_renamed_is_refused(tmp_path: Path, head: str, message: str) -> None:
    with pytest.raises(xform.TableError) as refused:
        box(tmp_path, head)
    assert str(refused.value).endswith(message)
