"""What the `ovirt` dialect calls secret is in documents and entity files, and in nothing else that anybody sees."""

from __future__ import annotations

import base64
import re
import traceback
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

import xform
from xform import laws
from xform.cli import cli
from xform.files import dump_entity, to_yaml
from xform.pipeline import run
from xform.schema import HOMES

from .material import EXAMPLES, OVIRT

with_schemas = pytest.mark.skipif(
    not any(home.is_dir() for home in HOMES), reason="libvirt's schemas are not installed"
)

FILE = base64.b64encode(b"hunter: a file for the guest").decode()
ENTITY = f"""\
id: 5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10
name: guarded
memory: 64
guest_os: rhel_9x64
sysinfo:
  - {{type: smbios, oem_strings: ["hunter-oem"]}}
  - {{type: fwcfg, entries: [{{name: opt/com.coreos/config, value: hunter-ignition}}]}}
disks:
  - target: vda
    interface: virtio
    source:
      type: network
      protocol: rbd
      name: pool/volume
      auth: {{username: hunter-auth, secret: {{type: ceph, usage: hunter-usage}}}}
    old_auth: {{username: hunter-old}}
  - target: vdb
    source:
      type: network
      protocol: https
      name: image
      hosts: [{{name: example.org}}]
      cookies: {{session: hunter-cookie}}
  - target: sdc
    device: cdrom
    payload: {{volume_id: hunter-volume, files: {{user-data: {FILE}}}}}
graphics: [{{type: vnc, password: hunter-vnc}}, {{type: spice, password: hunter-spice}}]
"""
INITIALIZED = """\
id: 5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10
name: guarded
memory: 64
guest_os: %s
initialization: {kind: %s, user_name: ada, root_password: hunter-root, script: "%s"}
"""
KINDS = {"cloud_init": "rhel_9x64", "ignition": "rhcos_x64", "sysprep": "windows_2022"}


def document(entity: str = ENTITY) -> str:
    vm = OVIRT.plan(xform.files.entity_from(OVIRT, entity.encode(), "vm.yaml"))
    moved = f"<ovirt-vm:specParams><ovirt-vm:vmPayload><ovirt-vm:file path='a'>{FILE}</ovirt-vm:file>"
    moved += "</ovirt-vm:vmPayload></ovirt-vm:specParams></ovirt-vm:device>"
    return OVIRT.generate(vm, live=True).replace("</ovirt-vm:device>", moved, 1)


# What may be wrong where a secret stands: a document with it is still said to be wrong without it.
BROKEN = {
    "as it is": ("", ""),
    "a password twice": ("passwd=", "passwrd='hunter' passwd="),
    "a password's element": ("<graphics type='vnc'", "<graphics type='vnx'"),
    "no base64": (FILE, "hunter: no base64"),
    "text in a payload": ("<ovirt-vm:payload>", "<ovirt-vm:payload>hunter"),
    "an element in a payload": ("<ovirt-vm:payload>", "<ovirt-vm:payload><ovirt-vm:hunter/>hunter<b c='hunter'/>"),
    "an attribute of a payload": ("<ovirt-vm:payload>", "<ovirt-vm:payload key='hunter'>"),
    "a file without a path": ("<ovirt-vm:file path=", "<ovirt-vm:file paht="),
    "a payload twice": ("<ovirt-vm:payload>", "<ovirt-vm:payload>hunter</ovirt-vm:payload><ovirt-vm:payload>"),
    "a payload of another time": ("<ovirt-vm:vmPayload>", "<ovirt-vm:vmPayload>hunter"),
    "an element in a login": ("<auth ", "<auth key='hunter' "),
    "a login's kind": ("<secret type='ceph'", "<secret type='hunter' uuid='hunter'"),
    "an old login": ("<ovirt-vm:username>", "<ovirt-vm:username key='hunter'><a>hunter</a>"),
    "a cookie": ("<cookie name='session'", "<cookie nmae='hunter'"),
}


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A document with secrets, and something wrong beside one of them."""
    old, new = BROKEN[request.param]
    text = document()
    assert old in text
    file = tmp_path / "guarded.xml"
    file.write_text(text.replace(old, new))
    return file


def call(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), input=stdin)


def silent(*texts: str, files: tuple[str, ...] = (FILE,)) -> None:
    """No text holds a secret; elements may be named after one."""
    for text in texts:
        lines = [re.sub(r"ovirt-vm:hunter", "", line) for line in text.splitlines()]
        assert [line for line in lines if any(secret in line for secret in ("hunter", *files))] == []


# --- documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["for people", "for programs"])
def test_trace_shows_no_secret(form: list[str], broken: Path) -> None:
    result = call("trace", broken, *form)
    assert "***" in result.stdout
    silent(result.output)


def test_the_page_of_a_trace_shows_no_secret(broken: Path) -> None:
    page = broken.parent / "trace.html"
    call("trace", broken, "--html", page)
    assert "***" in page.read_text()
    silent(page.read_text())


@with_schemas
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_validate_shows_no_secret(form: str, broken: Path) -> None:
    silent(call("validate", broken, "--format", form).output)


def test_gate_shows_no_secret(broken: Path) -> None:
    page, suite = broken.parent / "gate.html", broken.parent / "gate.junit.xml"
    result = call("gate", broken, "--dialect", "ovirt", "--jobs", 1, "--json", "--report", page, "--report", suite)
    assert result.exit_code in (0, 1), result.output
    silent(result.output, page.read_text(), suite.read_text())


def test_match_shows_no_secret(broken: Path, tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text(ENTITY.replace("hunter-", "hunter2-").replace("target: vd", "target: sd"))
    for form in ([], ["--json"]):
        result = call("match", broken, "--known", tmp_path / "known.yaml", *form)
        assert result.stdout, result.output
        silent(result.output)


def test_the_difference_of_an_update_shows_no_secret(broken: Path, tmp_path: Path) -> None:
    (tmp_path / "changed.yaml").write_text(ENTITY.replace("hunter-", "hunter2-"))
    result = call("update", broken, tmp_path / "changed.yaml", "--diff", "--no-check")
    assert result.exit_code in (1, 2), result.output
    silent(result.output)


def test_what_parse_tells_holds_no_secret(broken: Path) -> None:
    silent(call("parse", broken).stderr)


def test_what_a_run_shows_of_a_document_holds_no_secret(broken: Path) -> None:
    for form in ([], ["--json"]):
        result = call("run", "--from", "match", broken, *form)
        assert result.stdout, result.output
        silent(result.output)


def test_the_repr_of_what_was_read_holds_no_secret(broken: Path) -> None:
    opened = OVIRT.open(broken.read_bytes())
    silent(repr(opened.entity), *map(str, opened.residue), *map(str, opened.drift))
    silent(*map(repr, opened.residue), *map(repr, opened.drift), repr(opened))


# --- entities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["plan", "generate"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_shows_nothing_of_what_the_guest_is_told(kind: str, last: str, tmp_path: Path) -> None:
    (tmp_path / "vm.yaml").write_text(INITIALIZED % (KINDS[kind], kind, "hunter-script"))
    made = call("generate", tmp_path / "vm.yaml", "--no-check").stdout
    files = tuple(re.findall(r"<ovirt-vm:file [^>]*>([^<]+)<", made))
    assert any(b"hunter" in base64.b64decode(file) for file in files), made
    for form in ([], ["--json"]):
        result = call("run", tmp_path / "vm.yaml", "--until", last, *form)
        assert (result.exit_code, "***" in result.stdout) == (0, True), result.output
        silent(result.output, files=files)


@pytest.mark.parametrize("last", ["plan", "generate"])
def test_a_run_shows_no_secret(last: str) -> None:
    for form in ([], ["--json"]):
        result = call("run", "-", "--until", last, *form, stdin=ENTITY)
        assert (result.exit_code, "***" in result.stdout) == (0, True), result.output
        silent(result.output)


WRONG = [
    ("hunter-root", "[hunter]"),
    ("hunter-root", "{hunter: hunter}"),
    ("hunter-root", '"hunter\\u0001"'),
    ('"%s"', "[hunter]"),
    ('"%s"', '"hunter\\u0001"'),
    ('"%s"', '"hunter\\ud800"'),
    ("{kind: %s,", "{opaque: <hunter/>, kind: %s,"),
    ("hunter-auth, secret", "[hunter], secret"),
    ("type: ceph", "type: hunter"),
    ("usage: hunter-usage", "uuid: hunter"),
    ("{username: hunter-old}", "hunter"),
    ("{username: hunter-old}", "{username: [hunter]}"),
    ("{session: hunter-cookie}", "{session: [hunter]}"),
    ("hunter-ignition", "[hunter]"),
    ('["hunter-oem"]', "hunter"),
    ("hunter-volume", "[hunter]"),
    (FILE, "hunter"),
    (f"{{user-data: {FILE}}}", "hunter"),
    ("hunter-spice", '"hunter\\u0001"'),
    ("hunter-vnc", "[hunter]"),
]


@pytest.mark.parametrize("command", ["generate", "run", "update", "match"])
@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_what_is_wrong_with_a_secret_is_said_without_it(right: str, wrong: str, command: str, tmp_path: Path) -> None:
    entity = ENTITY if right in ENTITY else INITIALIZED
    (tmp_path / "vm.xml").write_text("<domain><name>x</name></domain>")
    (tmp_path / "vm.yaml").write_text(entity.replace(right, wrong))
    arguments = {
        "generate": ["--no-check", tmp_path / "vm.yaml"],
        "run": [tmp_path / "vm.yaml", "--until", "generate"],
        "update": [tmp_path / "vm.xml", tmp_path / "vm.yaml", "--no-check"],
        "match": [tmp_path / "vm.xml", "--known", tmp_path / "vm.yaml"],
    }[command]
    result = call(command, *arguments, "--debug")
    assert (result.exit_code, "internal error" in result.stderr) == (2, False), result.stderr
    silent(result.stderr)


def test_an_entity_that_cannot_be_written_is_refused_without_its_secrets() -> None:
    vm = xform.files.entity_from(OVIRT, ENTITY.encode(), "vm.yaml")
    for field, value in (
        ("graphics", [OVIRT.VncGraphics(password="hunter\1")]),
        ("disks", [OVIRT.Disk(payload=OVIRT.Payload(volume_id="hunter\1"))]),
        ("disks", [OVIRT.Disk(payload="hunter")]),
        ("disks", [OVIRT.Disk(old_auth={"a": "hunter\1"})]),
        ("initialization", OVIRT.Initialization(root_password="hunter\1", script="hunter\1")),
    ):
        before = getattr(vm, field)
        setattr(vm, field, value)
        try:
            OVIRT.generate(vm)
        except xform.EntityError as error:
            silent("".join(traceback.format_exception(error)))
        else:
            assert field == "initialization"  # no document holds it
        setattr(vm, field, before)


@pytest.fixture
def logged(tmp_path: Path) -> Any:
    """The dialect, with a pipeline that logs each document that it generates."""
    (tmp_path / "dialect.toml").write_text(
        'format = 1\nname = "logged"\nextends = "ovirt"\n\n[pipeline]\nrun = ["plan", "generate", "log", "match"]\n'
    )
    return xform.load(str(tmp_path))


def test_each_generation_is_logged_with_the_id_of_the_vm_pretty_and_masked(logged: Any) -> None:
    vm = xform.files.entity_from(logged, ENTITY.encode(), "vm.yaml")
    with capture_logs() as logs:
        xml = run(logged, vm, until="log").value
    (line,) = [line for line in logs if line["event"] == "document"]
    assert line["vm"] == vm.id
    assert line["xml"].count("\n") == xml.count("\n")
    shown = {text.strip() for text in line["xml"].replace('"', "'").splitlines()}
    assert {"<name>guarded</name>", "<target dev='vda' bus='virtio'/>"} <= shown
    assert 'passwd="***"' in line["xml"]
    silent(line["xml"])
    assert "hunter-vnc" in xml
    assert line["xml"] == logged.masked(xml)


def test_a_stage_that_fails_is_logged_without_a_secret(logged: Any) -> None:
    vm = xform.files.entity_from(logged, ENTITY.encode(), "vm.yaml")
    vm.graphics[0].password = "hunter\1"
    with capture_logs() as logs, pytest.raises(xform.EntityError) as raised:
        run(logged, vm)
    silent(*map(repr, logs), str(raised.value))
    assert logs[-1]["event"] == "stage failed"


def test_the_repr_of_an_entity_holds_no_secret() -> None:
    vm = OVIRT.plan(xform.files.entity_from(OVIRT, ENTITY.encode(), "vm.yaml"))
    silent(repr(vm), to_yaml(dump_entity(OVIRT, vm, masked=True)))


def test_what_stands_within_a_secret_holds_none_by_itself() -> None:
    vm = OVIRT.parse(document())
    within = [*(disk.payload for disk in vm.disks), *(disk.prepared_payload for disk in vm.disks)]
    auth = next(disk.source.auth for disk in vm.disks if disk.target == "vda")
    within += [auth, auth.secret]
    assert len([one for one in within if one is not None]) >= 4
    silent(*map(repr, within))
    silent(*(to_yaml(dump_entity(OVIRT, one, masked=True)) for one in within if one is not None))


def test_a_difference_is_told_without_the_secret_in_it() -> None:
    spaced = document().replace(FILE, f"\n  {FILE[:8]}\n  {FILE[8:]}", 1)
    assert OVIRT.parse(spaced) == OVIRT.parse(document())
    other = xform.load("domain")
    for dialect in (OVIRT, other):
        silent(*map(str, laws.create(dialect, spaced)), files=(FILE, FILE[8:]))


def test_the_repr_of_contexts_holds_what_anybody_may_see() -> None:
    for file in sorted((EXAMPLES / "contexts").glob("*.yaml")):
        held = OVIRT.read_context(file.stem.rpartition(".")[2], file)
        assert not re.search("password|secret|token", repr(held))


@pytest.mark.parametrize("part", ["hotplug", "hotunplug"])
def test_a_part_of_a_document_is_shown_as_the_whole(part: str, tmp_path: Path) -> None:
    vm = OVIRT.parse(document())
    disks = [disk for disk in vm.disks if disk.id]
    xml = OVIRT.generate(vm, part=part, only=disks, live=True)
    assert (FILE in xml, "hunter-auth" in xml) == (part == "hotplug", part == "hotplug")
    (tmp_path / "part.xml").write_text(xml)
    silent(OVIRT.masked(xml), call("trace", tmp_path / "part.xml").output, repr(OVIRT.parse(xml)))
