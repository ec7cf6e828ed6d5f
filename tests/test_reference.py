"""The reference that is made from tables: of a small dialect as people have looked at it, of the others its links."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import xform
from xform.reference import pages
from xform.show import place

HERE = Path(__file__).parent


def section(page: str, name: str) -> str:
    """What a page says of an entity, or of a variant."""
    return re.split(r"^#+ ", page.partition(f"# {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("page", ["index", "machine", "disk"])
def test_the_pages_of_a_dialect(page: str, golden: Callable[[str | Path, str], None]) -> None:
    golden(f"reference/{page}.md", pages(xform.load(str(HERE / "dialects" / "mini")))[f"mini/{page}.md"])


@pytest.mark.parametrize("dialect", ["domain", "ovirt"])
def test_every_link_leads_to_a_heading(dialect: str) -> None:
    made = pages(xform.load(dialect))
    headings = {page: set(re.findall(r"^#+ (\w+)$", text, re.MULTILINE)) for page, text in made.items()}
    for page, text in made.items():
        for name, path, anchor in re.findall(r"\[(\w+)\]\(([^)#]+)#?([^)]*)\)", text):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            assert target in made, (page, name)
            assert not anchor or (anchor == name.lower() and name in headings[target]), (page, name)


def test_every_field_of_every_entity_is_there_with_the_line_of_its_row() -> None:
    ovirt = xform.load("ovirt")
    lines = "".join(pages(ovirt).values()).splitlines()
    said = {(line.split("`")[1], line.split("`")[-2]) for line in lines if line.startswith("| `")}
    rows = [row for table in ovirt.tables.tables for row in table.attributes.values()]
    assert [str(row) for row in rows if (row.name, place(row.origin)) not in said] == []


def test_what_is_inherited_is_said_by_the_dialect_that_says_it() -> None:
    made = pages(xform.load("ovirt"))
    assert "\n## IOTune\n" in made["domain/disk.md"]
    assert "- Stands in [Disk](../ovirt/disk.md#disk) of ovirt as `iotune` at `iotune`\n" in made["domain/disk.md"]
    assert "[IOTune](../domain/disk.md#iotune)" in section(made["ovirt/disk.md"], "Disk")


def test_an_entity_says_what_no_document_holds_and_what_tells_it_apart() -> None:
    disk = section(pages(xform.load("ovirt"))["ovirt/disk.md"], "Disk")
    known = disk.partition("No document holds:")[2]
    assert "\n| `disk_profile_id` | `str` as `uuid` | decides the limits |" in known
    assert "- Matched by the first of `id !`, `alias`, `serial !`, " in disk


def test_a_field_says_since_which_libvirt_it_is_there() -> None:
    disk = section(pages(xform.load("domain"))["domain/disk.md"], "Disk")
    (row,) = [line for line in disk.splitlines() if line.startswith("| `discard_no_unref` ")]
    assert "| *since libvirt 9.5.0*; qcow2: keep the place in the image |" in row
