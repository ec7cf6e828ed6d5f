"""The annotated template of a table, held against files that people have looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import xform
from xform.errors import EntityError
from xform.show import code, template

HERE = Path(__file__).parent
MINI = xform.load(str(HERE / "dialects" / "mini"))


@pytest.mark.parametrize("name", ["Machine", "Disk", "Source", "DeviceBacking"])
def test_the_template_of_a_table(name: str, golden: Callable[[str | Path, str], None]) -> None:
    golden(f"show/{name}.txt", template(MINI, name))


def test_every_row_of_a_table_is_in_its_template() -> None:
    shown = template(MINI, "Disk")
    places = [
        f"mini/disk.toml:{row.origin.line} " for row in MINI.tables.shapes["Disk"].fields.values() if not row.embeds
    ]
    assert [place for place in places if place not in shown] == []


def test_what_is_known_beside_the_document_stands_below_the_rows() -> None:
    shown = template(xform.load("ovirt"), "Nic")
    rows, _, known = shown.partition("<!-- Nic, known beside the document -->\n")
    assert "{mac: mac}" in rows
    lines = [line.partition("│ ")[2] for line in known.splitlines()]
    assert {"{name: str}  # such as nic1", "{plugged: bool true false = true}"} <= set(lines)
    assert all(line.startswith("ovirt/nic.toml:") for line in known.splitlines())


def test_what_no_document_holds_has_no_element() -> None:
    shown = template(xform.load("ovirt"), "Initialization")
    assert "<initialization" not in shown
    assert "{root_password: str secret}" in shown


def test_files_of_the_same_name_are_told_apart_by_their_dialect() -> None:
    places = {line.partition(" ")[0] for line in template(xform.load("ovirt"), "Disk").splitlines()}
    assert {"domain/disk.toml", "ovirt/disk.toml"} <= {place.partition(":")[0] for place in places}


@pytest.mark.parametrize("dialect", ["domain", "ovirt"])
def test_every_entity_of_the_shipped_dialects_can_be_shown(dialect: str) -> None:
    tables = xform.load(dialect)
    assert all(template(tables, name).endswith("\n") for name in tables.classes.names())


@pytest.mark.parametrize("name", ["Disk", "Source", "DeviceBacking"])
def test_the_compiled_code_of_a_table(name: str, golden: Callable[[str | Path, str], None]) -> None:
    golden(f"code/{name}.txt", code(MINI, name))


def test_compiled_code_is_python() -> None:
    assert all(compile(code(MINI, name), name, "exec") for name in MINI.classes.names())


def test_an_unknown_entity_is_one_line() -> None:
    with pytest.raises(EntityError, match=r"^no entity 'Dsik' in the dialect mini \(did you mean 'Disk'\?\)$"):
        template(MINI, "Dsik")
    with pytest.raises(EntityError, match=r"^no entity 'Dsik' in the dialect mini \(did you mean 'Disk'\?\)$"):
        code(MINI, "Dsik")
