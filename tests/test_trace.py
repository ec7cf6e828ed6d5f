"""What no row says of a document, what has drifted, and who says each of its lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import xform
from tests import corpus
from xform.entities import MASK

ID = "00000000-0000-4000-8000-000000000001"
DOMAIN, OVIRT = xform.load("domain"), xform.load("ovirt")
MINI = xform.load(str(Path(__file__).parent / "dialects" / "mini"))

DOCUMENT = f"""<?xml version='1.0'?>
<domain type='kvm'
        bogus='hush'>
  <name>x</name>
  <uuid>{ID}</uuid>
  <!-- hush -->
  <vcpu placement='hush'>1</vcpu>
  <devices>
    <disk type='martian'><source red='hush'/><target dev='vda'/></disk>
    <graphics type='vnc' passwd='hush
hush' port='1'/>

    <unheard of='hush'>
      <hush/>
    </unheard>
  </devices>
</domain>
"""


def facts(dialect: xform.Dialect, xml: str) -> dict[int, list[tuple[str, str]]]:
    lines = dialect.open(xml).trace()
    return {
        line.number: [(fact.field, Path(fact.origin.file).stem if fact.origin else "") for fact in line.facts]
        for line in lines
    }


def test_residue_is_what_no_row_claims_with_its_place() -> None:
    found = [(one.line, one.path, one.what) for one in DOMAIN.open(DOCUMENT).residue]
    assert found == [
        (3, "/domain/@bogus", "attribute"),
        (6, "/domain/comment()", "comment"),
        (7, "/domain/vcpu/@placement", "attribute"),
        (13, "/domain/devices/unheard", "element"),
    ]


def test_an_instruction_is_told_from_a_comment() -> None:
    text = "<machine><?a x?><!-- b --><?c y?><name>m</name></machine>"
    assert [str(one) for one in MINI.open(text).residue] == [
        "1: /machine/processing-instruction()[1]: no row claims this processing instruction",
        "1: /machine/comment(): no row claims this comment",
        "1: /machine/processing-instruction()[2]: no row claims this processing instruction",
    ]


def test_residue_says_why_a_row_did_not_take_its_value() -> None:
    (reason,) = [one.reason for one in DOMAIN.open(DOCUMENT).residue if one.reason]
    assert reason == "Domain.vcpu_placement does not admit it: 'hush' is not one of static, auto"


def test_an_element_of_which_nothing_was_taken_says_why_too() -> None:
    document = DOCUMENT.replace("<unheard", "<interface type='user'><mac address='nope'/></interface><unheard")
    (found,) = [one for one in DOMAIN.open(document).residue if one.path == "/domain/devices/interface/mac"]
    assert (found.what, found.reason) == ("element", "Interface.mac does not admit it: 'nope' is not a MAC address")


@pytest.mark.parametrize(
    ("driver", "left"),
    [("<driver type='odd'/>", []), ("<driver type='odd' more='1'/>", ["element"]), ("<driver/>", ["element"])],
)
def test_what_has_drifted_is_no_residue_as_well(driver: str, left: list[str]) -> None:
    document = MINI.open(f"<machine><name>m</name><devices><disk>{driver}<target dev='a'/></disk></devices></machine>")
    assert [one.what for one in document.residue] == left


def test_drift_is_a_constant_with_another_value() -> None:
    machine = MINI.generate(MINI.Machine(name="m", disks=[MINI.Disk(target="a", cache="none", queues=1)]))
    document = MINI.open(machine.replace("type='raw'", "type='odd'"))
    (drift,) = document.drift
    assert str(drift.row) == "Disk.format"
    assert str(drift).endswith(f": Disk.format at {drift.row.origin}: 'odd' is not 'raw'")
    assert document.to_xml() == machine.replace("type='raw'", "type='odd'")


def test_each_line_has_the_rows_and_fields_that_it_comes_from() -> None:
    said = facts(DOMAIN, DOCUMENT)
    assert said[1] == [("residue", "")]
    assert said[2] == [("type", "domain")]
    assert said[3] == [("residue", "")]
    assert said[4] == [("name", "domain")]
    assert said[6] == [("residue", "")]
    assert said[7] == [("residue", ""), ("vcpus", "domain")]
    assert said[8] == said[16] == [("disks[0].source …", "disk")]
    assert ("disks[0].target", "disk") in said[9]
    assert said[10][:2] == [("graphics[0]", "domain"), ("graphics[0].password", "graphics")]
    assert said[11] == [("graphics[0].password", "graphics"), ("graphics[0].port", "graphics")]
    assert said[12] == []
    assert said[13] == said[14] == said[15] == [("residue", "")]


def test_L294_who_says_what_is_told_by_the_letter() -> None:
    lines = DOMAIN.open(DOCUMENT).trace()
    said = {
        line.number: [(line.text[mark.start : mark.stop], mark.fact.field) for mark in line.marks if not mark.tag]
        for line in lines
    }
    assert said[3] == [("bogus='***'", "residue")]
    assert said[7] == [("placement='***'", "residue"), ("1", "vcpus")]
    assert said[9][3:] == [("/>", "disks[0].source"), ("dev='vda'", "disks[0].target")]
    assert said[10][1:] == [("type='vnc'", "graphics[0]"), ("passwd='***", "graphics[0].password")]
    assert said[11] == [("***'", "graphics[0].password"), ("port='1'", "graphics[0].port")]
    assert said[13] + said[14] + said[15] == [(text, "residue") for text in ("<unheard ***>", "***", "</unheard>")]
    assert all(mark.stop <= len(line.text) for line in lines for mark in line.marks)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_marks_do_not_depend_on_how_lines_end(end: str) -> None:
    text = DOCUMENT.strip().replace("\n", "\r\n" if end == "\r\n" else "\n") + end
    assert DOMAIN.open(text).trace() == DOMAIN.open(DOCUMENT).trace()


def test_the_tags_of_a_container_are_the_first_fields_that_needs_it() -> None:
    tags = {
        line.text[mark.start : mark.stop]: mark.fact.field
        for line in DOMAIN.open(DOCUMENT).trace()
        for mark in line.marks
        if mark.tag
    }
    assert (tags["<name"], tags["</name>"], tags["</disk>"]) == ("name", "name", "disks[0]")
    assert tags["<devices"] == tags["</devices>"] == "disks[0].source …"


def test_a_trace_shows_every_line_but_nothing_that_may_be_secret() -> None:
    lines = DOMAIN.open(DOCUMENT).trace()
    text = "\n".join(line.text for line in lines) + "\n"
    assert "hush" not in text.replace("<hush/>", "")
    assert text.count("\n") == DOCUMENT.count("\n")
    assert (lines[3].text, lines[9].text) == ("  <name>x</name>", f"    <graphics type='vnc' passwd='{MASK}")


@pytest.mark.parametrize("name", ["desktop.yaml", "server.yaml"])
def test_every_line_of_a_generated_document_comes_from_a_row(name: str) -> None:
    vm = OVIRT.plan(OVIRT.read(Path(__file__).parents[1] / "examples" / name))
    for line in OVIRT.open(OVIRT.generate(vm)).trace():
        assert line.facts, line
        assert all(fact.origin for fact in line.facts), line


@corpus.needed
def test_every_line_of_a_live_document_comes_from_a_row_or_is_residue() -> None:
    for folder in corpus.live_scenarios():
        document = OVIRT.open((folder / "live.xml").read_bytes())
        residue = {one.line for one in document.residue}
        for line in document.trace():
            assert line.facts or not line.text.strip(), line
            if any(fact.origin is None for fact in line.facts):
                assert residue or re.search("<!--|<\\?", line.text), line
