"""What each command prints, and its exit code."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import xform
from tests.cli.conftest import MINI, Xform
from xform.cli import COMMANDS, cli

DOCUMENT = """\
<machine>
  <name>web</name>
  <devices>
    <disk type='file'>
      <source file='/a'/>
      <target dev='vda'/>
    </disk>
    <disk>
      <target dev='vdc'/>
    </disk>
  </devices>
</machine>
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "web.xml"
    file.write_text(DOCUMENT)
    return file


# --- generate -------------------------------------------------------------------------------------------------------


def test_generate_writes_an_entity_as_a_document(call: Xform, entity: Path, schemas: Path) -> None:
    result = call("generate", entity, "--schemas", schemas)
    assert (result.exit_code, result.stderr) == (0, "")
    dialect = xform.load(str(MINI))
    assert dialect.parse(result.stdout) == dialect.read(entity)


def test_generate_reads_standard_input(call: Xform) -> None:
    result = call("generate", "-", "--no-check", stdin="name: web")
    assert result.stdout.startswith("<machine>\n  <name>web</name>\n")


def test_generate_says_what_the_schema_does_not_admit(call: Xform, tmp_path: Path, schemas: Path) -> None:
    file, out = tmp_path / "m.yaml", tmp_path / "m.xml"
    file.write_text("{name: web, foreign: [<forbidden/>]}")
    result = call("generate", file, "--schemas", schemas, "-o", out)
    assert result.exit_code == 2
    assert "<forbidden>" in result.stderr
    assert not out.exists()
    assert call("generate", file, "--no-check").exit_code == 0


def test_generate_checks_what_only_the_whole_entity_shows(call: Xform, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    pool = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
    file.write_text(f"{{name: web, disks: [{{target: vda}}, {{target: vda, pool: {pool}}}]}}")
    result = call("generate", file, "--no-check")
    assert result.exit_code == 2
    assert result.stderr == f"{file}:1:45: disks[1].target: 'vda' stands twice; pool cannot be told apart\n"


def test_generate_writes_what_libvirt_fills_in_only_when_asked(call: Xform) -> None:
    assert " id='" not in call("generate", "-", "--no-check", stdin="{name: web, id: 5}").stdout
    assert " id='5'" in call("generate", "-", "--no-check", "--live", stdin="{name: web, id: 5}").stdout


def test_a_context_is_read_from_its_file(call: Xform, entity: Path, tmp_path: Path) -> None:
    host = tmp_path / "host.yaml"
    host.write_text("folder: /run\n")
    assert call("generate", entity, "--no-check", "--host", host).exit_code == 0
    host.write_text("folder: 5\n")
    result = call("generate", entity, "--no-check", "--host", host)
    assert (result.exit_code, result.stderr) == (2, f"{host}:1:9: folder: 5 is not text; quote it\n")


def test_the_context_reaches_every_command(call: Xform, tmp_path: Path, schemas: Path) -> None:
    host, document, known = (tmp_path / name for name in ("host.yaml", "web.xml", "web.yaml"))
    host.write_text("folder: /run\n")
    known.write_text("{name: web, disks: [{target: vdb, image: a.img}]}\n")
    xml = "<machine><name>web</name><devices><disk><target dev='vda'/><image file='{}'/></disk></devices></machine>"
    document.write_text(xml.format("/run/disks/a.img"))
    assert "image: a.img\n" in call("parse", document, "--host", host).stdout
    assert "<image file='/run/disks/a.img'/>" in call("generate", known, "--no-check", "--host", host).stdout
    assert "  image\n" in call("match", document, "--known", known, "--host", host).stdout
    run = ("run", known, "--from", "match", document, "--host", host)
    assert "  image\n" in call(*run).stdout
    assert call("validate", document, "--schemas", schemas, "--host", host).exit_code == 0
    document.write_text(xml.format("/etc/a.img"))
    result = call("validate", document, "--schemas", schemas, "--host", host)
    assert result.stdout.startswith(f"{document}:1:67: Disk.image: '/etc/a.img' is not below /run/disks/ (")


# --- parse ----------------------------------------------------------------------------------------------------------


def test_parse_writes_a_document_as_an_entity_file(call: Xform, document: Path) -> None:
    result = call("parse", document)
    assert result.exit_code == 0
    assert result.stdout == (
        "name: web\ndisks:\n  - source:\n      type: file\n      path: /a\n    target: vda\n  - target: vdc\n"
    )


def test_parse_writes_json_for_programs(call: Xform, document: Path) -> None:
    assert json.loads(call("parse", document, "--json").stdout)["disks"][1] == {"target": "vdc"}


def test_generate_gives_back_what_parse_wrote(call: Xform, document: Path, tmp_path: Path) -> None:
    file = tmp_path / "web.json"
    call("parse", document, "--json", "-o", file)
    again = call("generate", file, "--no-check").stdout
    dialect = xform.load(str(MINI))
    assert dialect.parse(again) == dialect.parse(DOCUMENT)


def test_parse_reads_standard_input(call: Xform) -> None:
    assert call("parse", "-", stdin="<machine><name>web</name></machine>").stdout == "name: web\n"


def test_parse_says_what_keeps_the_file_from_being_read_again(call: Xform) -> None:
    result = call("parse", "-", stdin="<machine><memory>1</memory></machine>")
    assert (result.exit_code, result.stdout) == (0, "memory: 1\n")
    assert result.stderr == "<stdin>: no name; give the file its name, which has to be there when it is read\n"


# --- match ----------------------------------------------------------------------------------------------------------


def test_match_prints_pairs_new_and_missing(call: Xform, document: Path, entity: Path) -> None:
    result = call("match", document, "--known", entity)
    assert result.exit_code == 1
    assert result.stdout == (
        "kind    known  found              by\n"
        "disks   vda    as known           target\n"
        "the VM  –      differs in memory  differs\n"
        "disks   –      target vdc         new\n"
        "disks   vdb    –                  missing\n"
        "1 paired, 1 new, 1 missing, 0 ambiguous\n"
    )


def test_match_takes_what_parse_prints(call: Xform, document: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    call("parse", document, "--json", "-o", known)
    result = call("match", document, "--known", known, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert [(pair["kind"], pair["rung"], pair["known"]["target"]) for pair in found["pairs"]] == [
        ("disks", ["target"], "vda"),
        ("disks", ["target"], "vdc"),
    ]
    assert (found["new"], found["missing"], found["ambiguous"]) == ([], [], [])


def test_match_does_not_guess(call: Xform, document: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("{name: web, disks: [{target: vda}, {target: vda}]}")
    result = call("match", document, "--known", known, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ambiguous"][0]["found"] == [
        {"source": {"type": "file", "path": "/a"}, "target": "vda"}
    ]


# --- validate -------------------------------------------------------------------------------------------------------


def test_validate_has_nothing_to_say_of_a_valid_document(call: Xform, document: Path, schemas: Path) -> None:
    result = call("validate", document, "--schemas", schemas)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_validate_says_what_is_wrong_and_who_says_so(call: Xform, tmp_path: Path, schemas: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_text("<machine>\n<name>web</name>\n<extras>\n<forbidden/></extras>\n<memory>much</memory></machine>")
    result = call("validate", file, "--schemas", schemas)
    assert result.exit_code == 1
    elements, values = result.stdout.splitlines()
    assert values.startswith(f"{file}:5:1: Machine.memory: 'much' is not a whole number of KiB (")
    assert values.endswith("machine.toml:10:1)")
    assert elements.startswith(f"{file}:4:1: <forbidden>")
    assert elements.endswith("(schema)")


def test_validate_takes_several_documents(call: Xform, document: Path, tmp_path: Path, schemas: Path) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text("<machine/>")
    result = call("validate", document, bad, "--schemas", schemas, "--json")
    assert result.exit_code == 1
    assert [(fault["file"], fault["by"]) for fault in json.loads(result.stdout)] == [(str(bad), "schema")]


def test_validate_checks_the_others_where_one_cannot_be_read(call: Xform, tmp_path: Path, schemas: Path) -> None:
    (tmp_path / "a.xml").write_text("<machine")
    (tmp_path / "b.xml").write_text("<machine/>")
    result = call("validate", tmp_path / "a.xml", tmp_path / "b.xml", "--schemas", schemas)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{tmp_path}/a.xml:1:")
    assert result.stdout.startswith(f"{tmp_path}/b.xml:1:1: ")


def test_validate_without_a_schema_checks_the_tables(call: Xform) -> None:
    workshop = MINI.parent / "workshop"
    result = call("validate", "-", dialect=workshop, stdin="<workshop>\n <level>high</level></workshop>")
    assert result.exit_code == 1
    assert result.stdout.startswith("<stdin>:2:2: Workshop.level: 'high' is not a whole number")
    assert call("validate", "-", dialect=workshop, stdin="<workshop/>").exit_code == 0


def test_generate_without_a_schema_has_nothing_more_to_check(call: Xform) -> None:
    result = call("generate", "-", dialect=MINI.parent / "workshop", stdin="{name: x, fuel: {type: none}}")
    assert (result.exit_code, result.stderr) == (0, "")


def test_without_libvirts_schemas_the_message_names_package_and_option(
    call: Xform, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xform.schema.HOMES", (Path("/nowhere"),))
    result = call("validate", document)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        "no mini.rng in /nowhere; install libvirt's schemas (Debian package libvirt0, Fedora libvirt-libs), "
        "or give their folder with --schemas\n"
    )


def test_validate_shows_no_secret(call: Xform, tmp_path: Path, schemas: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_text(
        "<machine><name>x</name><devices><screen type='vnc' passwd='hunter2' port='much'/></devices></machine>"
    )
    result = call("validate", file, "--schemas", schemas)
    assert "Screen.port" in result.stdout
    assert "hunter2" not in result.output


# --- show -----------------------------------------------------------------------------------------------------------


def test_show_prints_the_template_of_a_table(call: Xform) -> None:
    result = call("show", "Disk")
    assert result.exit_code == 0
    assert "<target dev='{target: str !}'/>  # guest-visible name" in result.stdout


def test_show_code_prints_the_python_that_a_table_is_compiled_to(call: Xform) -> None:
    result = call("show", "Disk", "--code")
    assert result.exit_code == 0
    assert "def parse_Disk(e, context):" in result.output


# --- run ------------------------------------------------------------------------------------------------------------


def test_run_shows_the_stages_the_document_and_the_pairs(call: Xform, entity: Path, schemas: Path) -> None:
    result = call("run", entity, "--schemas", schemas)
    assert result.exit_code == 0
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["plan", "generate", "check", "match"]
    assert result.stdout.startswith("<machine")
    assert result.stdout.endswith("2 paired, 0 new, 0 missing, 0 ambiguous\n")


def test_run_shows_no_secret(call: Xform, tmp_path: Path, schemas: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("{name: web, screens: [{kind: vnc, password: hunter2}]}")
    result = call("run", file, "--schemas", schemas)
    assert result.exit_code == 0
    assert 'passwd="***"' in result.stdout
    assert "hunter2" not in result.output


def test_run_is_in_colours_on_a_terminal(entity: Path, schemas: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from xform.cli import main; main()",
        "run",
        "--dialect",
        str(MINI),
        str(entity),
        "--schemas",
        str(schemas),
    ]
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    coloured = on_a_terminal(command, {**plain, "TERM": "xterm-256color"})
    assert "\x1b[" in coloured
    assert "vda" in coloured
    assert "\x1b[3" not in on_a_terminal(command, {**plain, "TERM": "xterm-256color", "NO_COLOR": "1"})


def on_a_terminal(command: list[str], env: dict[str, str]) -> str:
    """What a command prints where its output is a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=env)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the end of a terminal is an error
        while chunk := os.read(ours, 65536):
            said += chunk
    os.close(ours)
    assert process.wait() == 0, said
    return said.decode()


def test_run_stops_behind_a_stage(call: Xform, entity: Path) -> None:
    assert call("run", entity, "--until", "plan").stdout.startswith("name: web\n")
    assert call("run", entity, "--until", "generate").stdout.endswith("</machine>\n")


def test_run_starts_from_a_stage_with_a_file(call: Xform, entity: Path, document: Path, schemas: Path) -> None:
    result = call("run", entity, "--from", "check", document, "--schemas", schemas)
    assert result.exit_code == 1
    assert result.stdout.endswith("1 paired, 1 new, 1 missing, 0 ambiguous\n")


def test_run_on_a_real_libvirt_pairs_every_device(call: Xform, schemas: Path) -> None:
    pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    examples = Path(__file__).parents[2] / "examples"
    arguments = ("--host", examples / "host.yaml", "--connect", "test:///default", "--from", "plan")
    result = call("run", *arguments, examples / "server.yaml", "--schemas", schemas, dialect="ovirt")
    assert result.exit_code == 0, result.output
    assert " 0 missing, 0 ambiguous\n" in result.stdout


# --- all ------------------------------------------------------------------------------------------------------------


def test_an_output_file_is_replaced_in_one_step(call: Xform, entity: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    out.write_text("old")
    out.chmod(0o640)
    assert call("generate", entity, "--no-check", "-o", out).exit_code == 0
    assert "<name>web</name>" in out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.xml", "web.yaml"]


def test_an_output_may_be_a_device(call: Xform, entity: Path) -> None:
    assert call("generate", entity, "--no-check", "-o", "/dev/null").exit_code == 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("gate a.xml --jobs x", "'--jobs': 'x'; expected a whole number, 1 or more"),
        ("gate a.xml --jobs 0", "'--jobs': 0; expected a whole number, 1 or more"),
        ("audit a.xml --report a --jobs 0", "'--jobs': 0; expected a whole number, 1 or more"),
        ("monitor --connect a --store a --interval 0", "'--interval': 0.0; expected a number above 0"),
        ("monitor --connect a --store a --share x", "'--share': 'x'; expected a number, 1 or more"),
    ],
)
def test_a_number_that_an_option_does_not_take_is_told_with_those_that_it_takes(
    call: Xform, command: str, told: str
) -> None:
    name, *given = command.split()
    done = call(name, *given)
    assert (done.exit_code, done.stderr) == (2, f"xform {name}: invalid value for {told}\n")


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"  {name} " not in result.stdout] == []


def test_help_names_the_stages_that_a_run_has_by_default() -> None:
    assert ", ".join(xform.load("ovirt").tables.pipelines["run"]) in COMMANDS["run"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert ("--dialect" in result.stdout) == (command != "completion")


def test_the_page_of_a_trace_shows_a_default_that_the_document_writes(call: Xform, tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "shed"\nroot = "Shed"\n')
    (tmp_path / "shed.toml").write_text(
        'format = 1\n[Shed]\nelement = "shed"\n[Shed.row]\ndoors = "door : list Door"\n'
        '[Door.row]\nname = "@name : str"\nkind = "@kind : str = plain"\n'
    )
    (tmp_path / "shed.xml").write_text("<shed><door name='a' kind='plain'/><door name='b'/></shed>")
    call("trace", tmp_path / "shed.xml", "--html", tmp_path / "page.html", dialect=tmp_path)
    page = (tmp_path / "page.html").read_text()
    assert re.findall(r"(\w+): plain", page) == ["kind"]
    assert re.search('<div role="option" data-f="\\d"> *kind: plain</div>', page)
