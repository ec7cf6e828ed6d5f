"""What the detailed parse tells beside the entity: who took what, what was refused, what is left."""

from __future__ import annotations

from pathlib import Path

import pytest

import xform
from xform.compile.notes import Detailed
from xform.validate import dotted

MINI = xform.load(str(Path(__file__).parent / "dialects" / "mini"))


def detailed(*children: str) -> Detailed:
    return MINI.detailed(f"<machine>{''.join(children)}<name>m</name></machine>")


def claims(found: Detailed, path: str) -> dict[str, str]:
    """The places of an element's nodes, by name."""
    element = next(element for element in found.claims if element.getroottree().getelementpath(element) == path)
    return {node: dotted(place) for node, (row, place) in found.claims[element].items() if row}


def left(found: Detailed) -> list[tuple[str, str | None]]:
    return [(element.getroottree().getelementpath(element), node) for element, node in found.residue]


def test_each_node_has_the_row_that_took_it_and_the_place_of_its_value() -> None:
    found = detailed(
        "<devices><disk><target dev='a'/></disk>"
        "<disk device='cdrom'><target dev='b'/><driver cache='none'/></disk></devices>"
    )
    assert claims(found, "devices/disk[2]") == {".": "disks[1]", "device": "disks[1].kind"}
    assert claims(found, "devices/disk[2]/driver") == {"cache": "disks[1].cache"}
    driver = next(element for element in found.claims if element.tag == "driver")
    row, _ = found.claims[driver]["cache"]
    assert row is not None
    assert str(row.origin).rpartition("/")[2].startswith("disk.toml:")


def test_what_an_embedded_variant_took_has_its_place() -> None:
    found = detailed("<devices><disk type='file'><source file='/a' index='1'/><target dev='a'/></disk></devices>")
    assert claims(found, "devices/disk/source") == {"file": "disks[0].source.path", "index": "disks[0].source.index"}


def test_the_second_place_of_an_entity_is_its_own() -> None:
    uuid = "00000000-0000-4000-8000-000000000001"
    found = MINI.detailed(
        f"<machine xmlns:m='urn:example:mini'><name>m</name><devices><disk><target dev='a'/></disk></devices>"
        f"<metadata><m:machine><m:device kind='disk' name='a'><m:pool>{uuid}</m:pool></m:device>"
        f"<m:device kind='disk' name='z'/></m:machine></metadata></machine>"
    )
    assert claims(found, "metadata/{urn:example:mini}machine/{urn:example:mini}device[1]/{urn:example:mini}pool") == {
        "": "disks[0].pool"
    }
    assert left(found) == [("metadata/{urn:example:mini}machine/{urn:example:mini}device[2]", None)]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ("<unknown a='1'><b/></unknown>", [("unknown", None)]),
        ("<options unknown='1'/>", [("options", None)]),
        ("<options fast='on' unknown='1'/>", [("options", "unknown")]),
        ("<options fast='on'>text</options>", [("options", "")]),
        ("<options fast='on'/><options fast='off'/>", [("options[2]", None)]),
        ("<features><acpi on='yes'/></features>", [("features/acpi", "on")]),
        ("<memory unit='KiB'>many</memory>", [("memory", None)]),
        ("<devices><disk/></devices>", []),  # kept whole
        ("<!-- a note -->", []),
    ],
)
def test_what_nobody_took_is_left(children: str, expected: list[tuple[str, str | None]]) -> None:
    assert left(detailed(children)) == expected


def test_what_a_row_refuses_is_told_in_the_words_of_its_codec() -> None:
    found = detailed("<options fast='maybe'/>")
    assert [(element.tag, str(row), message) for element, row, message in found.refused] == [
        ("options", "Machine.fast", "'maybe' is not one of on, off")
    ]
    assert left(found) == [("options", None)]
