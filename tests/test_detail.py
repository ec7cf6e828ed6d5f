"""What the detailed parse tells beside the entity: what no row takes of a document, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

import xform
from xform.compile.notes import Detailed
from xform.errors import DocumentError

MINI = xform.load(str(Path(__file__).parent / "dialects" / "mini"))
NAME, UUID = "<name>m</name>", "00000000-0000-4000-8000-000000000001"


def detailed(*children: str) -> Detailed:
    return MINI.detailed(MINI.tree(f"<machine xmlns:m='urn:example:mini'>{NAME}{''.join(children)}</machine>"), {})


def left(*children: str) -> list[tuple[str, str | None]]:
    """The places of what no row takes."""
    found = detailed(*children).left
    return [
        (element.getroottree().getelementpath(element) if isinstance(element.tag, str) else "comment", name)
        for element, name in found
    ]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ("<unknown a='1'><b/></unknown>", [("unknown", None)]),
        ("<options unknown='1'/>", [("options", None)]),
        ("<options fast='on' unknown='1'/>", [("options", "unknown")]),
        ("<options fast='on'>text</options>", [("options", "")]),
        ("<options fast='on'/>text", [(".", "")]),
        ("<options fast='on'/><options fast='off'/>", [("options[2]", None)]),
        ("<features><acpi on='yes'/></features>", [("features/acpi", "on")]),
        ("<features/>", [("features", None)]),
        ("<memory unit='KiB'>many</memory>", [("memory", None)]),
        ("<devices><disk/></devices>", []),  # kept whole
        ("<devices><disk><!-- a note --></disk></devices>", [("comment", None)]),
        ("<!-- a note -->", [("comment", None)]),
        ("", []),
    ],
)
def test_what_nobody_took_is_left(children: str, expected: list[tuple[str, str | None]]) -> None:
    assert left(children) == expected


def test_what_is_left_is_told_in_the_order_of_the_document() -> None:
    disk = "<disk z='1' device='odd'><a/><target dev='a' b='1'/><driver cache='none' type='odd'/><c/></disk>"
    assert left("<a/><devices>", disk, "<b/></devices><c/>") == [
        ("a", None),
        ("devices/disk", "z"),
        ("devices/disk", "device"),
        ("devices/disk/a", None),
        ("devices/disk/target", "b"),
        ("devices/disk/driver", "type"),
        ("devices/disk/c", None),
        ("devices/b", None),
        ("c", None),
    ]


def test_the_second_place_of_an_entity_is_taken_and_a_stale_one_is_left() -> None:
    disk = "<devices><disk><target dev='a'/></disk></devices>"
    entry = f"<m:device kind='disk' name='a'><m:pool>{UUID}</m:pool></m:device>"
    stale = "<m:device kind='disk' name='z'/>"
    at = "metadata/{urn:example:mini}machine"
    assert left(disk, f"<metadata><m:machine>{entry}</m:machine></metadata>") == []
    assert left(disk, f"<metadata><m:machine>{entry}{stale}</m:machine></metadata>") == [
        (f"{at}/{{urn:example:mini}}device[2]", None)
    ]
    assert left(disk, f"<metadata><m:machine>{stale}</m:machine></metadata>") == [("metadata", None)]


def test_what_a_row_refuses_is_told_in_the_words_of_its_codec() -> None:
    found = detailed("<options fast='maybe'/>")
    assert [(element.tag, str(row), message) for element, row, message in found.refused] == [
        ("options", "Machine.fast", "'maybe' is not one of on, off")
    ]
    assert left("<options fast='maybe'/>") == [("options", None)]


def test_what_an_item_that_is_kept_whole_refuses_is_no_matter() -> None:
    found = detailed("<devices><disk device='odd' a='1'/></devices>")
    assert type(found.entity.disks[0]).__name__ == "Opaque"
    assert (found.left, found.refused) == ([], [])


def test_a_constant_with_another_value_is_drift() -> None:
    found = detailed("<devices><disk><target dev='a'/><driver type='odd'/></disk></devices>")
    assert [(element.tag, str(row)) for element, row, _ in found.drift] == [("driver", "Disk.format")]


def test_what_is_nested_too_deeply_for_the_oracle_is_refused() -> None:
    domain = xform.load("domain")
    stores = "<backingStore type='file'><format type='raw'/>" * 220 + "</backingStore>" * 220
    disk = f"<disk type='file'>{stores}<target dev='a'/></disk>"
    document = f"<domain type='kvm'><name>x</name><devices>{disk}</devices></domain>"
    assert domain.open(document).residue == []
    with pytest.raises(DocumentError, match="nested too deeply"):
        _ = domain.open(document.replace("</disk>", "<target dev='b'/></disk>")).residue


def test_what_tells_where_an_entity_stands_is_not_left(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "box"\nroot = "Box"\n')
    (tmp_path / "box.toml").write_text(
        'format = 1\n[Box]\nelement = "box"\n[Box.row]\nlid = "part[@is=\'lid\'] : Part"\nparts = "part : list Part"\n'
        '[Part]\n[Part.row]\nsize = "size/@cm : uint"\n'
    )
    box = xform.load(str(tmp_path))
    parts = "<part is='lid' a='1'/><part is='leg'/><part/>"
    found = box.detailed(box.tree(f"<box>{parts}</box>"), {})
    assert [(element.get("is"), name) for element, name in found.left] == [("lid", "a"), ("leg", "is")]
    odd = box.tree("<box><part is='lid' a='1'><size cm='1'/><size cm='2'/></part></box>")
    assert [(element.tag, name) for element, name in box.detailed(odd, {}).left] == [("part", "a"), ("size", None)]
