"""`xform update`: what it writes, what it shows first, and what it refuses."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Xform
from tests.cli.test_secrets import DOCUMENT as GUARDED
from tests.cli.test_secrets import silent
from xform.schema import HOMES

DOCUMENT = b"""\
<machine>
  <!-- ours -->
  <name>web</name>
  <extra  a = "1"/>
  <devices>
    <disk>
      <target dev='vda'/>
    </disk>
  </devices>
</machine>
"""
ENTITY = "{name: mail, disks: [{target: vda}]}\n"
UPDATED = DOCUMENT.replace(b"web", b"mail")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "web.xml"
    file.write_bytes(DOCUMENT)
    return file


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    file = tmp_path / "edited.yaml"
    file.write_text(ENTITY)
    return file


# --- what is written


def test_the_document_is_written_with_the_changes_of_the_entity(call: Xform, document: Path, edited: Path) -> None:
    result = call("update", document, edited, "--no-check")
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (0, UPDATED, "")
    assert document.read_bytes() == DOCUMENT


def test_what_parse_writes_changes_no_byte(call: Xform, document: Path, tmp_path: Path) -> None:
    entity = tmp_path / "same.yaml"
    call("parse", document, "-o", entity)
    assert call("update", document, entity, "--no-check").stdout_bytes == DOCUMENT


def test_bytes_stay_in_their_encoding(call: Xform, document: Path, edited: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    said = "<?xml version='1.0' encoding='iso-8859-1'?>\r\n<machine a='é'><name>{}</name></machine>"
    document.write_bytes(said.format("web").encode("latin-1"))
    edited.write_text("name: mail")
    assert call("update", document, edited, "--no-check", "-o", out).stdout == ""
    assert out.read_bytes() == said.format("mail").encode("latin-1")


def test_what_is_not_in_the_entity_is_taken_out(call: Xform, document: Path) -> None:
    assert b"vda" not in call("update", document, "-", "--no-check", stdin="name: web").stdout_bytes


def test_the_document_can_be_standard_input(call: Xform, edited: Path) -> None:
    assert call("update", "-", edited, "--no-check", stdin=DOCUMENT).stdout_bytes == UPDATED


def test_in_place_the_file_is_replaced_and_keeps_its_mode(call: Xform, document: Path, edited: Path) -> None:
    document.chmod(0o640)
    result = call("update", document, edited, "--no-check", "--in-place")
    assert (result.exit_code, result.stdout) == (0, "")
    assert document.read_bytes() == UPDATED
    assert stat.S_IMODE(document.stat().st_mode) == 0o640
    assert sorted(file.name for file in document.parent.iterdir()) == ["edited.yaml", "web.xml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_in_place_the_file_stays_its_owners(call: Xform, document: Path, edited: Path) -> None:
    os.chown(document, 65534, 65534)
    document.chmod(0o6640)
    call("update", document, edited, "--no-check", "--in-place")
    found = document.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65534, 65534, 0o6640)


def test_in_place_a_file_that_would_not_change_is_left_alone(call: Xform, document: Path, edited: Path) -> None:
    edited.write_text(ENTITY.replace("mail", "web"))
    os.utime(document, ns=(1, 1))
    assert call("update", document, edited, "--no-check", "-i").exit_code == 0
    assert document.stat().st_mtime_ns == 1


def test_what_libvirt_fills_in_is_changed_only_when_asked(call: Xform, edited: Path) -> None:
    document = b"<machine id='5'><name>web</name></machine>"
    edited.write_text("{name: web, id: 6}")
    arguments = ("update", "-", edited, "--no-check")
    assert call(*arguments, stdin=document).stdout_bytes == document
    assert call(*arguments, "--live", stdin=document).stdout_bytes == document.replace(b"5", b"6")


# --- what is shown first


def test_the_difference_is_shown_and_nothing_written(call: Xform, document: Path, edited: Path) -> None:
    result = call("update", document, edited, "--no-check", "--diff")
    assert result.exit_code == 1
    assert result.stdout == (
        f"--- {document}\n"
        f"+++ {document}\n"
        "@@ -1,6 +1,6 @@\n"
        " <machine>\n"
        "   ***\n"
        "-  <name>web</name>\n"
        "+  <name>mail</name>\n"
        "   <extra  ***/>\n"
        "   <devices>\n"
        "     <disk>\n"
    )
    assert document.read_bytes() == DOCUMENT


def test_without_a_change_there_is_no_difference(call: Xform, document: Path, edited: Path) -> None:
    edited.write_text(ENTITY.replace("mail", "web"))
    result = call("update", document, edited, "--no-check", "--diff")
    assert (result.exit_code, result.output) == (0, "")


def test_a_difference_with_nothing_to_hide_is_a_patch(call: Xform, document: Path, edited: Path) -> None:
    document.write_bytes(b"<machine>\r\n  <name>web</name>\r\n</machine>")
    edited.write_text("{name: mail, memory: 1}")
    assert call("update", document, edited, "--no-check", "--diff").stdout_bytes.splitlines(True)[2:] == [
        b"@@ -1,3 +1,4 @@\n",
        b" <machine>\r\n",
        b"-  <name>web</name>\r\n",
        b"+  <name>mail</name>\r\n",
        b"+  <memory unit='KiB'>1</memory>\r\n",
        b" </machine>\n",
        b"\\ No newline at end of file\n",
    ]


def test_a_secret_that_changes_is_seen_to_change_and_not_seen(call: Xform, tmp_path: Path) -> None:
    document, entity = tmp_path / "guarded.xml", tmp_path / "guarded.yaml"
    document.write_text(GUARDED)
    call("parse", document, "-o", entity, dialect="ovirt")
    entity.write_text(entity.read_text().replace("hunter6", "hunter66").replace("memory: 64", "memory: 65"))
    result = call("update", document, entity, "--no-check", "--diff", dialect="ovirt")
    assert result.exit_code == 1, result.output
    changed = [line for line in result.stdout.splitlines() if line.startswith(("-", "+"))][2:]
    assert "-    <graphics type='vnc' port='-1' passwd='***'/>" in changed
    assert "+    <graphics type='vnc' port='-1' passwd='***'/>" in changed
    assert "+  <memory unit='MiB'>65</memory>" in changed
    silent(result.output)


def test_no_secret_is_shown_around_a_change(call: Xform, tmp_path: Path) -> None:
    document, entity = tmp_path / "guarded.xml", tmp_path / "guarded.yaml"
    document.write_text("\n".join(f"{line}\n<!-- hunter -->" for line in GUARDED.splitlines()))
    call("parse", document, "-o", entity, dialect="ovirt")
    entity.write_text(entity.read_text().replace("hunter", "hunter0"))
    silent(call("update", document, entity, "--no-check", "--diff", dialect="ovirt").output)


# --- what is refused


def test_a_document_that_the_schema_does_not_admit_is_not_written(
    call: Xform, document: Path, edited: Path, schemas: Path
) -> None:
    edited.write_text("{name: mail, disks: [{target: vda}], foreign: [<forbidden/>]}")
    result = call("update", document, edited, "--schemas", schemas, "--in-place")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{document}, updated:" in result.stderr
    assert "<forbidden>" in result.stderr
    assert result.stderr.endswith("; --no-check writes it as it is\n")
    assert document.read_bytes() == DOCUMENT


def test_a_fault_that_was_there_before_is_told_and_no_hindrance(
    call: Xform, document: Path, edited: Path, schemas: Path
) -> None:
    document.write_bytes(DOCUMENT.replace(b"<extra ", b"<forbidden "))
    result = call("update", document, edited, "--schemas", schemas)
    assert (result.exit_code, b"<name>mail</name>" in result.stdout_bytes) == (0, True)
    assert result.stderr.startswith(f"{document}, updated:4:3: <forbidden>")
    assert result.stderr.endswith("; it was there before\n")


@pytest.mark.skipif(not any(home.is_dir() for home in HOMES), reason="libvirt's schemas are not installed")
def test_something_else_that_is_missing_in_the_same_place_is_a_new_fault(call: Xform, tmp_path: Path) -> None:
    document, entity = tmp_path / "a.xml", tmp_path / "a.yaml"
    interface = "<devices><interface><source bridge='x'/></interface></devices>"  # without a type
    document.write_text(
        f"<domain type='kvm'><name>a</name><memory>1</memory><os><type>hvm</type></os>{interface}</domain>"
    )
    entity.write_text("{type: kvm, name: a, memory: 1, os: {type: hvm}, interfaces: [{source: {type: network}}]}")
    result = call("update", document, entity, dialect="domain")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "<source> is missing in devices/interface" in result.stderr


def test_what_the_tables_do_not_admit_is_told_with_the_entity_file(call: Xform, document: Path, edited: Path) -> None:
    pool = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
    edited.write_text(f"{{name: web, disks: [{{target: vda}}, {{target: vda, pool: {pool}}}]}}")
    result = call("update", document, edited, "--no-check", "-i")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{edited}:1:45: disks[1].target: 'vda' stands twice; pool cannot be told apart\n"
    assert document.read_bytes() == DOCUMENT


@pytest.mark.parametrize(
    "options", [("-i", "--diff"), ("-o", "x", "--diff"), ("-o", "x", "-i")], ids=lambda options: " ".join(options)
)
def test_one_place_to_write_to(options: tuple[str, ...], call: Xform, document: Path, edited: Path) -> None:
    result = call("update", document, edited, *options)
    assert (result.exit_code, result.stderr) == (
        2,
        "xform update: expected one of --in-place, --diff and -o\n",
    )


def test_standard_input_has_no_place(call: Xform, edited: Path) -> None:
    result = call("update", "-", edited, "-i", stdin=DOCUMENT)
    assert (result.exit_code, result.stderr) == (2, "xform update: --in-place changes a file; - is none\n")
