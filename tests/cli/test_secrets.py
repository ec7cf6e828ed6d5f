"""No command shows a secret, but those that write files to work with: passwords, payloads, and what nobody can tell."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

import xform
from tests.cli.conftest import Xform
from xform.files import dump_entity, to_yaml

PAYLOAD = base64.b64encode(b"hunter1: of a file for the guest").decode()
DOCUMENT = f"""\
<domain type='test' xmlns:ovirt-vm='http://ovirt.org/vm/1.0'>
  <name>guarded</name>
  <uuid>5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10</uuid>
  <metadata>
    <ovirt-vm:vm>
      <ovirt-vm:device devtype='disk' name='vda'>
        <ovirt-vm:payload>
          <ovirt-vm:volId>hunter2</ovirt-vm:volId>
          <ovirt-vm:file path='user-data'>{PAYLOAD}</ovirt-vm:file>
        </ovirt-vm:payload>
      </ovirt-vm:device>
    </ovirt-vm:vm>
    <other:agent xmlns:other='urn:other' key='hunter3'>hunter4</other:agent>
  </metadata>
  <memory unit='MiB'>64</memory>
  <os><type>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <source file='/images/a'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='hologram' device='disk'>
      <source cube='hunter5'/>
      <target dev='vdb' bus='virtio'/>
    </disk>
    <graphics type='vnc' port='-1' passwd='hunter6'/>
    <graphics type='telepathy' passwd='hunter7'><key>hunter8</key></graphics>
    <video secret='hunter9'><model type='vga'/></video>
    <!-- hunter10 -->
    <future password='hunter11'/>
  </devices>
</domain>
"""
SECRETS = ["hunter", PAYLOAD]
OVIRT = xform.load("ovirt")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "guarded.xml"
    file.write_text(DOCUMENT)
    return file


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """The entity file of the document, in which disks have other names, and screens other passwords."""
    file = tmp_path / "known.yaml"
    text = to_yaml(dump_entity(OVIRT, OVIRT.parse(DOCUMENT)))
    file.write_text(text.replace("target: vd", "target: sd").replace("hunter6", "hunter12"))
    return file


def silent(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


# --- what reports ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["for people", "for programs"])
def test_match_shows_no_secret(form: list[str], call: Xform, document: Path, known: Path) -> None:
    result = call("match", document, "--known", known, *form, dialect="ovirt")
    assert result.exit_code == 1, result.output
    silent(result.output)


def test_match_says_where_it_masks(call: Xform, document: Path, known: Path) -> None:
    found = json.loads(call("match", document, "--known", known, "--json", dialect="ovirt").stdout)
    assert {"type": "vnc", "port": -1, "password": "***"} in [pair["found"] for pair in found["pairs"]]
    ambiguous = {one["kind"]: one["found"] for one in found["ambiguous"]}
    assert ambiguous["graphics"] == [{"opaque": "<graphics…"}]


@pytest.mark.parametrize("last", ["plan", "generate"])
def test_run_shows_no_secret(last: str, call: Xform, known: Path) -> None:
    result = call("run", known, "--until", last, dialect="ovirt")
    assert result.exit_code == 0, result.output
    assert "***" in result.stdout
    silent(result.output)


def test_run_shows_no_secret_of_what_it_started(call: Xform, tmp_path: Path) -> None:
    pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    file = tmp_path / "vm.yaml"
    vm = OVIRT.parse(DOCUMENT)
    vm.disks, vm.graphics = vm.disks[:1], vm.graphics[:1]  # what libvirt would refuse
    file.write_text(to_yaml(dump_entity(OVIRT, vm)))
    result = call("run", file, "--connect", "test:///default", "--schemas", permissive(tmp_path), dialect="ovirt")
    assert ' passwd="***"' in result.stdout, result.output
    silent(result.output)


@pytest.mark.parametrize("last", ["check", "match"])
def test_run_from_a_document_shows_no_secret(last: str, call: Xform, document: Path) -> None:
    result = call(
        "run", "--from", last, document, "--until", last, "--schemas", permissive(document.parent), dialect="ovirt"
    )
    assert result.stdout, result.output
    silent(result.output)


def test_validate_shows_no_secret(call: Xform, tmp_path: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_text(DOCUMENT.replace(PAYLOAD, "hunter: no base64!").replace("'-1'", "'much'"))
    result = call("validate", file, "--schemas", permissive(tmp_path), dialect="ovirt")
    assert result.exit_code == 1
    assert "Payload.files: the value is not " in result.stdout
    assert "Graphics.vnc.port: 'much' is not a whole number" in result.stdout
    silent(result.output)


def permissive(folder: Path) -> Path:
    """A folder with a schema that admits everything."""
    (folder / "domain.rng").write_text(
        """<grammar xmlns="http://relaxng.org/ns/structure/1.0">
          <start><ref name="any"/></start>
          <define name="any"><element><anyName/><zeroOrMore><choice>
            <attribute><anyName/></attribute><text/><ref name="any"/>
          </choice></zeroOrMore></element></define>
        </grammar>"""
    )
    return folder


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entity",
    [
        "graphics: [{type: vnc, password: [hunter]}]",
        'graphics: [{type: vnc, password: "hunter\\u0001"}]',
        "graphics: [{opaque: <graphics passwd='hunter'>}]",
        "graphics: [{opaque: <graphics  type='vnc' passwd='hunter'/>}]",
        "metadata: [<agent  key='hunter'>]",
        "disks: [{target: vda, payload: {volume_id: [hunter]}}]",
        "disks: [{target: vda, payload: {volume_id: config, files: {a: hunter!}}}]",
        'disks: [{target: vda, payload: {volume_id: "hunter\\u0001"}}]',
    ],
)
def test_what_is_wrong_with_an_entity_is_said_without_it(entity: str, call: Xform) -> None:
    entity = f"id: 5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10\nname: x\nmemory: 64\n{entity}\n"
    result = call("generate", "-", "--no-check", dialect="ovirt", stdin=entity)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    silent(result.output)


def test_a_document_in_place_of_an_entity_file_is_not_shown(call: Xform) -> None:
    result = call("generate", "-", dialect="ovirt", stdin="<graphics passwd='hunter'/>")
    assert result.stderr == "<stdin>:1:1: XML stands at the top; expected the fields of Vm\n"


# --- files to work with ---------------------------------------------------------------------------------------------


def test_parse_and_generate_write_all_there_is(call: Xform, document: Path) -> None:
    text = call("parse", document, dialect="ovirt").stdout
    assert [secret for secret in ("hunter3", "hunter5", "hunter6", "hunter7", PAYLOAD) if secret not in text] == []
    again = call("generate", "-", "--no-check", dialect="ovirt", stdin=text).stdout
    assert [secret for secret in ("hunter3", "hunter5", "hunter6", "hunter7", PAYLOAD) if secret not in again] == []


def test_what_run_writes_to_a_file_can_be_started_from(call: Xform, known: Path, tmp_path: Path) -> None:
    file, options = tmp_path / "vm.xml", ("--schemas", permissive(tmp_path))
    assert call("run", known, "--until", "check", "-o", file, *options, dialect="ovirt").stdout == ""
    assert "hunter12" in file.read_text()
    assert call("run", "--from", "check", file, "--until", "check", "-o", "-", *options, dialect="ovirt").stdout == (
        file.read_text()
    )


def test_run_says_that_it_masked(call: Xform, known: Path) -> None:
    result = call("run", known, "--until", "plan", dialect="ovirt")
    assert result.stderr.endswith("*** stands for what may be secret; -o FILE writes it\n")


# --- values ---------------------------------------------------------------------------------------------------------


def test_a_masked_document_keeps_what_rows_say() -> None:
    text = OVIRT.masked(DOCUMENT)
    assert '<graphics type="vnc" port="-1" passwd="***"/>' in text
    assert '<graphics type="***" passwd="***">' in text
    assert "<future>***</future>" in text
    assert '<video secret="***">' in text
    assert '<target dev="vdb" bus="virtio"/>' in text
    silent(text)


def test_a_document_without_anything_to_hide_stays_as_it_is() -> None:
    vm = OVIRT.Vm(id="5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10", name="x", memory=64)
    xml = OVIRT.generate(OVIRT.plan(vm))
    assert OVIRT.masked(xml) == xml


def test_of_bytes_a_text_is_masked() -> None:
    for xml in ("<domain type='kvm'><name>x</name></domain>", "<domain type='kvm'><name>x</name><other/></domain>"):
        assert OVIRT.masked(xml.encode("utf-16")) == OVIRT.masked(xml)


def test_what_is_written_and_never_read_is_shown_as_its_row_says() -> None:
    workshop = xform.load(str(Path(__file__).parents[1] / "dialects" / "workshop"))
    text = workshop.masked("<workshop><name>x</name><state program='xform' more='y'/><login token='z'/></workshop>")
    assert '<state program="xform" more="***"/>' in text
    assert '<login token="***"/>' in text


def test_the_repr_of_an_entity_shows_no_secret() -> None:
    silent(repr(OVIRT.parse(DOCUMENT)))
