"""What `xform validate` says of a wrong document: each fault's place, what was found, and what is allowed there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import MINI, Xform

WORKSHOP = MINI.parent / "workshop"

# A schema as strict as the tables of `mini` are, and stricter: a screen with a password needs a port.
GRAMMAR = """\
<grammar xmlns='http://relaxng.org/ns/structure/1.0' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>
  <start><element name='machine'><interleave>
    <element name='name'><text/></element>
    <optional><element name='memory'><optional><attribute name='unit'/></optional><text/></element></optional>
    <optional><element name='clock'>
      <attribute name='offset'><choice><value>utc</value><value>localtime</value></choice></attribute>
    </element></optional>
    <optional><element name='metadata'><text/></element></optional>
    <optional><element name='devices'><interleave>
      <zeroOrMore><element name='disk'><interleave>
        <optional><attribute name='device'>
          <choice><value>disk</value><value>cdrom</value><value>floppy</value></choice>
        </attribute></optional>
        <optional><element name='driver'>
          <optional><choice>
            <attribute name='cache'><choice><value>none</value><value>default</value></choice></attribute>
            <attribute name='type'/>
          </choice></optional>
          <optional><attribute name='queues'><data type='unsignedInt'/></attribute></optional>
        </element></optional>
        <element name='target'><attribute name='dev'>
          <data type='string'><param name='pattern'>vd[a-z0-9]+</param></data>
        </attribute></element>
        <optional><element name='readonly'><empty/></element></optional>
      </interleave></element></zeroOrMore>
      <zeroOrMore><element name='screen'>
        <attribute name='type'/>
        <choice><empty/><group><attribute name='passwd'/><attribute name='port'/></group></choice>
      </element></zeroOrMore>
    </interleave></element></optional>
  </interleave></element></start>
</grammar>
"""


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """A folder with a schema that admits no more than the tables of `mini` know."""
    (tmp_path / "strict").mkdir()
    (tmp_path / "strict" / "mini.rng").write_text(GRAMMAR)
    return tmp_path / "strict"


def machine(*devices: str) -> str:
    return "\n".join(["<machine>", "<name>web</name>", "<devices>", *devices, "</devices>", "</machine>"])


DISK = "<disk device='disk'>\n<driver cache='none'/>\n<target dev='vda'/>\n</disk>"


@pytest.fixture
def said(call: Xform, strict: Path, tmp_path: Path) -> Any:
    """What is said of a document, without its name and who says it."""

    def lines(document: str, dialect: Path = MINI) -> list[str]:
        file = tmp_path / "vm.xml"
        file.write_text(document)
        result = call("validate", file, *(["--schemas", strict] if dialect == MINI else []), dialect=dialect)
        assert result.exit_code == (1 if result.stdout else 0), result.output
        return [line.removeprefix(f"{file}:").rpartition(" (")[0] for line in result.stdout.splitlines()]

    return lines


MISTAKES = {
    "unknown element": (
        "<disk><target dev='vda'/>\n<redonly/></disk>",
        "5:1: <redonly> is not allowed in devices/disk; expected one of",
        "; did you mean 'readonly'?",
    ),
    "unknown attribute": (
        "<disk>\n<driver cahce='none'/><target dev='vda'/></disk>",
        "5:9: attribute 'cahce' is not allowed on devices/disk/driver; expected one of cache, queues, type",
        "; did you mean 'cache'?",
    ),
    "value outside an enum": (
        "<disk\n device='cdrm'><target dev='vda'/></disk>",
        "5:2: Disk.kind: 'cdrm' is not one of disk, cdrom, floppy",
        " (did you mean 'cdrom'?)",
    ),
    "wrong place": (
        "<disk><target dev='vda'/>\n<clock offset='utc'/></disk>",
        "5:1: <clock> is not allowed in devices/disk; expected one of",
        "; <clock> belongs in machine",
    ),
    "attribute in the wrong place": (
        "<disk><driver queues='1'/>\n<target dev='vda' cache='none'/></disk>",
        "5:19: attribute 'cache' is not allowed on devices/disk/target; expected no other",
        "; 'cache' belongs on devices/disk/driver",
    ),
    "missing child": (
        "<disk>\n<driver/></disk>",
        "4:1: <target> is missing in devices/disk; expected target/@dev",
        "",
    ),
    "missing attribute": (
        "<disk>\n<target/></disk>",
        "5:1: attribute 'dev' is missing on devices/disk/target",
        "",
    ),
    "twice": (
        "<disk><target dev='vda'/><driver/>\n<driver/></disk>",
        "5:1: <driver> stands in devices/disk already; expected it once",
        "",
    ),
    "a value that only the schema refuses": (
        "<disk>\n<target dev='hda'/></disk>",
        "5:9: 'dev' of devices/disk/target: 'hda' is not allowed; expected text like vd[a-z0-9]+",
        "",
    ),
    "what does not go together": (
        "<screen type='vnc'\n passwd='hunter2'/>",
        "5:2: 'passwd' of devices/screen: this value does not go together with what else is there",
        "",
    ),
    "words that do not go together": (
        "<disk>\n<driver cache='none' type='raw'/><target dev='vda'/></disk>",
        "5:9: 'cache' of devices/disk/driver: 'none' does not go together with type='raw'",
        "",
    ),
    "text": (
        "<disk><target dev='vda'/>\n<readonly>yes</readonly></disk>",
        "5:1: text is not allowed in devices/disk/readonly",
        "",
    ),
    "text behind an element": (
        "<disk><target dev='vda'/>yes</disk>",
        "4:1: text is not allowed in devices/disk; expected one of",
        "",
    ),
    "text behind an element that may be left out": (
        "<disk><target dev='vda'/><readonly/>yes</disk>",
        "4:1: text is not allowed in devices/disk; expected one of",
        "",
    ),
    "text behind a comment": (
        "<disk><!-- ours -->yes<target dev='vda'/></disk>",
        "4:1: text is not allowed in devices/disk; expected one of",
        "",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_is_allowed(mistake: str, said: Any) -> None:
    device, start, end = MISTAKES[mistake]
    (line,) = said(machine(device))
    assert line.startswith(start)
    assert line.endswith(end)


@pytest.mark.parametrize(
    ("kind", "params", "text", "expected"),
    [
        ("unsignedShort", {"pattern": "[0-9]+", "minInclusive": "1"}, "0", "a whole number from 1 to 65535"),
        ("unsignedShort", {}, "99999", "a whole number from 0 to 65535"),
        ("positiveInteger", {}, "0", "a whole number, 1 or more"),
        ("integer", {"maxExclusive": "10"}, "10", "a whole number, at most 9"),
        ("integer", {}, "x", "a whole number"),
        ("int", {"pattern": "[0-7]+"}, "8", "text like [0-7]+"),
    ],
)
def test_a_number_out_of_its_bounds_is_told_with_them(
    kind: str, params: dict[str, str], text: str, expected: str, call: Xform, tmp_path: Path
) -> None:
    (tmp_path / "mini.rng").write_text(
        "<element name='machine' xmlns='http://relaxng.org/ns/structure/1.0' "
        "datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>"
        f"<element name='name'><data type='{kind}'>"
        + "".join(f"<param name='{name}'>{param}</param>" for name, param in params.items())
        + "</data></element></element>"
    )
    file = tmp_path / "vm.xml"
    file.write_text(f"<machine><name>{text}</name></machine>")
    result = call("validate", file, "--schemas", tmp_path)
    assert result.stdout == f"{file}:1:10: name: '{text}' is not allowed; expected {expected} (schema)\n"


# What an old libvirt has of a domain: less than the tables know.
OLD = """\
<element name='domain' xmlns='http://relaxng.org/ns/structure/1.0'>
  <attribute name='type'/>
  <element name='name'><text/></element>
  <optional><element name='devices'><interleave>
    <zeroOrMore><element name='sound'>
      <attribute name='model'><choice><value>ac97</value><value>usb</value></choice></attribute>
    </element></zeroOrMore>
    <zeroOrMore><element name='video'><element name='model'><attribute name='type'/></element></element></zeroOrMore>
    <zeroOrMore><element name='graphics'><choice>
      <group><attribute name='type'><value>vnc</value></attribute><attribute name='passwd'/></group>
      <attribute name='type'/>
    </choice></element></zeroOrMore>
  </interleave></element></optional>
</element>
"""


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("<sound model='virtio'/>", "'model' of devices/sound: 'virtio' is not allowed; expected one of ac97, usb"),
        (
            "<video><model type='virtio' blob='on'/></video>",
            "attribute 'blob' of devices/video/model is unknown to the schema of libvirt 9.0.0; "
            "it is there since 9.2.0",
        ),
        (
            "<sound model='usb'><alias name='ua-1'/></sound>",
            "<alias> in devices/sound is unknown to the schema of libvirt 9.0.0",
        ),
        (
            "<graphics type='rdp' passwd='x'/>",
            "'passwd' of devices/graphics: this value does not go together with type='rdp'",
        ),
    ],
    ids=["word", "attribute", "element", "not beside another"],
)
def test_what_is_too_new_for_the_schema_is_told_as_that(
    device: str, expected: str, call: Xform, tmp_path: Path
) -> None:
    (tmp_path / "libvirt-9.0.0").mkdir()
    (tmp_path / "libvirt-9.0.0" / "domain.rng").write_text(OLD)
    file = tmp_path / "vm.xml"
    file.write_text(f"<domain type='kvm'><name>a</name><devices>{device}</devices></domain>")
    (line,) = call("validate", file, "--schemas", file.parent / "libvirt-9.0.0", dialect="domain").stdout.splitlines()
    assert line.partition(": ")[2] == f"{expected} (schema)"


def test_an_attribute_of_another_variant_does_not_belong_where_it_stands(call: Xform, tmp_path: Path) -> None:
    (tmp_path / "domain.rng").write_text(OLD)
    file = tmp_path / "vm.xml"
    file.write_text("<domain type='kvm'><name>a</name><devices><graphics type='sdl' passwd='x'/></devices></domain>")
    (line, *_) = call("validate", file, "--schemas", tmp_path, dialect="domain").stdout.splitlines()
    assert "attribute 'passwd' is not allowed on devices/graphics" in line
    assert "belongs" not in line


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_middle_of_a_long_document_is_the_only_one_told(mistake: str, said: Any) -> None:
    device, start, _ = MISTAKES[mistake]
    lines = said(machine(*[DISK] * 125, device, *[DISK] * 125))
    number, _, rest = start.partition(":")
    (line,) = lines
    assert line.startswith(f"{int(number) + 500}:{rest.partition(': ')[0]}: ")


def test_all_mistakes_of_a_document_are_told_in_its_order(said: Any) -> None:
    found = said(machine(*(device.replace("\n", "") for device, _, _ in MISTAKES.values())))
    assert [int(line.partition(":")[0]) for line in found] == list(range(4, 4 + len(MISTAKES)))


def test_a_misspelt_element_that_has_to_be_there_is_one_fault(said: Any) -> None:
    (line,) = said(machine("<disk><taget dev='vda'/></disk>"))
    assert line.startswith("4:7: <taget> is not allowed in devices/disk; expected one of ")
    assert line.endswith("; did you mean 'target'?")


def test_a_wrong_unit_is_told_at_the_unit_and_once(said: Any) -> None:
    (line,) = said(machine(DISK).replace("<devices>", "<memory unit='Kilo'>1</memory><devices>"))
    assert line.startswith("3:9: Machine.memory: 'Kilo' is not a unit such as KiB or MiB")


def test_of_several_elements_of_a_name_the_path_tells_which(said: Any) -> None:
    (line,) = said(machine(DISK, "<disk new='1'><target dev='vdb'/></disk>"))
    assert "on devices/disk[2]; expected one of" in line


def test_what_the_tables_do_not_know_is_no_fault_where_the_schema_admits_it(said: Any) -> None:
    assert said(machine(DISK).replace("<devices>", "<metadata>text</metadata><devices>")) == []
    (line,) = said(
        machine("<disk new='1'><target dev='vdb'/></disk>").replace("<devices>", "<metadata>x</metadata><devices>")
    )
    assert "'new'" in line


def test_a_long_set_is_cut_to_the_nearest_for_people_and_is_whole_for_programs(
    call: Xform, tmp_path: Path, strict: Path
) -> None:
    file = tmp_path / "vm.xml"
    file.write_text("<machine><name>x</name><devces/></machine>")
    result = call("validate", file, "--schemas", strict, "--json")
    (fault,) = json.loads(result.stdout)
    assert (fault["path"], fault["found"], fault["hint"]) == ("/machine/devces", "devces", "did you mean 'devices'?")
    assert {"devices", "clock", "memory"} <= set(fault["expected"])
    assert "name" not in fault["expected"]


def test_a_document_of_which_no_more_can_be_told_is_not_called_valid(call: Xform, tmp_path: Path) -> None:
    (tmp_path / "mini.rng").write_text(
        "<element name='machine' xmlns='http://relaxng.org/ns/structure/1.0'>"
        "<choice><attribute name='id'/><attribute name='ratio'/></choice>"
        "<element name='name'><text/></element></element>"
    )
    file = tmp_path / "vm.xml"
    file.write_text("<machine><name>x</name></machine>")
    result = call("validate", file, "--schemas", tmp_path)
    assert result.exit_code == 1
    assert result.stdout == (
        f"{file}:1:1: <machine> is out of order, lacks something, or holds what does not go together (schema)\n"
    )


def test_text_behind_an_element_hides_no_other_mistake(said: Any) -> None:
    disk = "<disk device='disk'>yes<target dev='vda'/></disk>\n<disk><target dev='vda'/><driver cahce='none'/>no</disk>"
    assert [line.partition("; ")[0] for line in said(machine(disk))] == [
        "4:1: text is not allowed in devices/disk[1]",
        "5:1: text is not allowed in devices/disk[2]",
        "5:34: attribute 'cahce' is not allowed on devices/disk[2]/driver",
    ]


def test_a_search_that_is_given_up_is_told(
    call: Xform, tmp_path: Path, strict: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "vm.xml"
    file.write_text(machine(*["<disk><target dev='hda'/></disk>"] * 40))
    more = "there may be more faults; they are looked for when these are mended\n"
    result = call("validate", file, "--schemas", strict)
    assert (len(result.stdout.splitlines()), result.stderr) == (40, "")
    monkeypatch.setattr("xform.faults.search._EFFORT", 0)
    result = call("validate", file, "--schemas", strict)
    assert len(result.stdout.splitlines()) < 40
    assert result.stderr == more


def test_values_that_may_be_secret_are_not_shown(call: Xform, tmp_path: Path, strict: Path) -> None:
    file = tmp_path / "vm.xml"
    file.write_text(machine("<screen type='vnc' passwd='hunter2' secret='hunter3'>hunter4</screen>"))
    result = call("validate", file, "--schemas", strict, "--json")
    assert result.exit_code == 1
    assert {"/machine/devices/screen/@secret", "/machine/devices/screen"} <= {
        fault["path"] for fault in json.loads(result.stdout)
    }
    assert "hunter" not in result.output


def test_without_a_schema_the_tables_tell_what_reading_does_not_take(said: Any) -> None:
    found = said(
        "<workshop>\n <tools>\n  <tool nmae='saw'/>\n </tools>\n <paint color='gren'/>\n <quite/>\n</workshop>",
        dialect=WORKSHOP,
    )
    assert [line.partition(";")[0] for line in found] == [
        "3:3: attribute 'name' is missing on tools/tool",
        "3:9: attribute 'nmae' is not allowed on tools/tool",
        "5:9: Workshop.color: 'gren' is not one of red, green, blue (did you mean 'green'?)",
        "6:2: <quite> is not allowed in workshop",
    ]
    assert found[-1].endswith("did you mean 'quiet'?")


def test_who_says_a_fault_stands_behind_it(call: Xform, tmp_path: Path, strict: Path) -> None:
    file = tmp_path / "vm.xml"
    file.write_text(machine("<disk device='x' new='1'><target dev='vda'/></disk>"))
    row, schema = call("validate", file, "--schemas", strict).stdout.splitlines()
    assert re.search(r" \(devices/disk/@device, .*mini/disk\.toml:\d+:\d+\)$", row)
    assert schema.endswith(" (schema)")


def test_faults_are_annotations_on_github(call: Xform, strict: Path, tmp_path: Path) -> None:
    file = tmp_path / "vm.xml"
    file.write_text("<machine><name>m</name>\n<clock offset='mars'/></machine>")
    out = call("validate", file, "--schemas", strict, "--format", "github", dialect=MINI).stdout
    assert out.startswith(f"::error file={file},line=2,col=8::")


def test_a_document_that_cannot_be_read_is_an_annotation_on_github(call: Xform, strict: Path, tmp_path: Path) -> None:
    file = tmp_path / "vm.xml"
    file.write_text("<machine>\n<name>")
    done = call("validate", file, tmp_path / "none.xml", "--schemas", strict, "--format", "github", dialect=MINI)
    first, second = done.stdout.splitlines()
    assert done.exit_code == 2
    assert first.startswith(f"::error file={file},line=2,col=7::Premature end of data")
    assert second == f"::error file={tmp_path / 'none.xml'}::No such file or directory; expected a file"
