"""Classes of an embedder's own that refuse values: who is told, and of what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xform
from xform.document import Document
from xform.laws.corpus import outcome, prepared

MODEL = """\
from attrs import define, field, validators

@define
class Disk:
    target: str = field(validator=validators.matches_re("vd."))

@define
class Box:
    name: str
    disks: list[Disk] = field(factory=list)

    def __attrs_post_init__(self):
        if self.name == "hunter2":
            raise ValueError("hunter2 is no name\\nof a box")
"""
TABLES = """\
format = 1
[Box]
element = "box"
class = "model:Box"
[Box.row]
name = "@name : str !{secret}"
disks = "disk : list Disk"
[Disk]
class = "model:Disk"
[Disk.row]
target = "@target : str !"
"""


def load(folder: Path, secret: str = "") -> Any:
    (folder / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    (folder / "box.toml").write_text(TABLES.replace("{secret}", secret))
    (folder / "model.py").write_text(MODEL)
    return xform.load(str(folder))


@pytest.mark.parametrize(
    "ask",
    [lambda opened: opened.entity, lambda opened: opened.residue, lambda opened: opened.dialect.parse(XML, source="a")],
    ids=["entity", "residue", "parse"],
)
def test_a_document_that_a_class_refuses_is_told_with_class_and_line(
    ask: Callable[[Document], Any], tmp_path: Path
) -> None:
    with pytest.raises(xform.DocumentError) as error:
        ask(load(tmp_path).open(XML, source="a"))
    assert str(error.value) == "a: line 2: model:Disk refuses <disk>: 'target' must match regex 'vd.' ('sda' doesn't)"


XML = "<box name='a'>\n  <disk target='sda'/>\n</box>"


def test_no_law_is_tried_on_a_document_that_a_class_refuses(tmp_path: Path) -> None:
    came = outcome(prepared(load(tmp_path), ["get-put"]), XML.encode(), ["get-put"], "a")
    assert (came.laws, came.unread.partition(":")[0]) == ({}, "a")
    assert came.unread.endswith("line 2: model:Disk refuses <disk>: 'target' must match regex 'vd.' ('sda' doesn't)")


def test_no_law_is_tried_on_a_document_that_cannot_be_read_for_another_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Document, "_read", lambda _: 1 / 0)
    came = outcome(prepared(load(tmp_path), ["get-put"]), XML.encode(), ["get-put"], "a")
    assert came.unread == "a: ZeroDivisionError was raised; expected a document that can be read"


def test_an_entity_file_that_a_class_refuses_is_told_in_the_words_of_the_class(tmp_path: Path) -> None:
    (tmp_path / "box.yaml").write_text("name: a\ndisks:\n  - target: vda\n  - target: sda\n")
    with pytest.raises(xform.EntityError) as error:
        load(tmp_path).read(tmp_path / "box.yaml")
    assert str(error.value).endswith("box.yaml:4:5: disks[1]: 'target' must match regex 'vd.' ('sda' doesn't)")


@pytest.mark.parametrize("secret", ["", " secret"])
def test_what_a_class_says_is_one_line_and_shows_no_secret(secret: str, tmp_path: Path) -> None:
    (tmp_path / "box.yaml").write_text("name: hunter2\n")
    box = load(tmp_path, secret)
    for read, source in ((box.parse, "<box name='hunter2'/>"), (box.read, tmp_path / "box.yaml")):
        with pytest.raises(xform.XformError) as error:
            read(source)
        assert ("hunter2" in str(error.value), "of a box" in str(error.value)) == (not secret, False)
