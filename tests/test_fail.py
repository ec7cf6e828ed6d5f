"""Broken tables: each file of tests/fail says in one line what is wrong with it, as the .txt beside it has it.

A file is put as `broken/NAME.toml` into a dialect that extends `base`; one called `dialect-…` is that dialect's own.
`pytest -n 0 --renew tests/test_fail.py` writes the messages anew: read them.
"""

import re
import shutil
from pathlib import Path

import pytest

from xform.errors import TableError
from xform.table.resolve import load_tables

HOME = Path(__file__).parent / "fail"
HEAD = 'format = 1\nname = "broken"\nextends = "../base"\n'


@pytest.mark.parametrize("file", sorted(HOME.glob("*.toml")), ids=lambda file: file.stem)
def test_the_message(file, golden, tmp_path, monkeypatch):
    shutil.copytree(HOME / "base", tmp_path / "base")
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "dialect.toml").write_text(HEAD)
    shutil.copy(file, folder / ("dialect.toml" if file.stem.startswith("dialect-") else file.name))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TableError) as raised:
        load_tables("broken")
    message = str(raised.value)
    golden(file.with_suffix(".txt"), message + "\n")
    assert "\n" not in message
    assert re.match(r"broken/[\w-]+\.toml:\d+:\d+: ", message)


@pytest.mark.parametrize("name", ["by-without-extends", "by-dropped", "ladder-displaced", "ladder-dropped"])
def test_L376_what_inherited_tables_name_is_told_where_it_was_taken_away(name):
    message = (HOME / f"{name}.txt").read_text()
    assert message.startswith(f"broken/{name}.toml:")
    assert " at base/house.toml:" in message


def test_an_entity_that_is_declared_twice_names_both_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(HOME / "base", tmp_path / "base")
    (tmp_path / "base" / "zimmer.toml").write_text('format = 1\n[Room]\nelement = "room"\n')
    with pytest.raises(TableError) as raised:
        load_tables("base")
    assert str(raised.value) == "base/zimmer.toml:2:1: 'Room' is declared a second time; first at base/house.toml:12:1"


def test_the_tables_that_the_broken_ones_extend_are_sound():
    assert load_tables(str(HOME / "base")).root == "House"
