"""Bad input and bad use: one line that says what and where, exit code 2, nothing written, no traceback."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli.conftest import MINI, Xform
from xform.cli import cli
from xform.cli.commands import Commands

XFORM = [sys.executable, "-c", "from xform.cli import main; main()"]
BOMB = "<!DOCTYPE m [<!ENTITY a0 'ha'>{}]><machine><name>&a9;</name></machine>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "malformed": (b"<machine>\n<name>x</machine>", ":2:"),
    "truncated": (b"<machine><name>x", ":1:"),
    "empty": (b"", ":1:1: the document is empty"),
    "blank": (b" \n ", ":1:1: the document is empty"),
    "text": (b"name: x", ":1:1: "),
    "binary": (bytes(range(256)), ":1:"),
    "not in its encoding": (b"<machine><name>\xff\xfe</name></machine>", ":1:"),
    "of an unknown encoding": (b"<?xml version='1.0' encoding='none-such'?><machine/>", ":1:"),
    "a character too many": (b"<machine><name>\x00</name></machine>", ":1:"),
    "an entity bomb": (BOMB.encode(), ":1:"),
    "an external entity": (
        b"<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><machine><name>&x;</name></machine>",
        ":1:",
    ),
    "an external DTD": (b"<!DOCTYPE m SYSTEM 'http://localhost:1/m.dtd'><machine><name>x</name></machine>", ":1:"),
    "deep": (b"<a>" * 100_000 + b"</a>" * 100_000, ":1:"),
    "deep in a machine": (b"<machine>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</machine>", ":1:"),
    "a crowd of attributes": (
        b"<machine>\n<name" + b"".join(b" a%d='1'" % number for number in range(20_000)) + b"/></machine>",
        ":2: <name> has 20000 attributes; expected at most 1000",
    ),
    "of another kind": (b"<network/>", ":1:1: the root element is <network>; expected <machine>"),
    "of another kind, below a comment": (b"<!--\n-->  <network\n/>", ":2:6: the root element is <network>"),
    "of another namespace": (
        b"<machine xmlns='urn:x'/>",
        ":1:1: the root element is <machine> in the namespace 'urn:x'; expected <machine> in none",
    ),
    "too large": (
        b"<machine>" + b" " * (11 << 20) + b"</machine>",
        ": the document is too large; expected at most ",
    ),
}
ENTITIES: dict[str, tuple[bytes, str]] = {
    "a wrong type": (b"name: [web]", ":1:7: name: a list is not text"),
    "an unknown field": (b"name: web\nnmae: x", ":2:1: nmae: unknown field of Machine (did you mean 'name'?)"),
    "a field missing": (b"memory: 5", ":1:1: name: missing; expected a value"),
    "no YAML": (b"name: [", ":1:8: "),
    "a list": (b"- name: web", ":1:1: a list stands at the top"),
    "empty": (b"", ":1:1: the file is empty"),
    "not UTF-8": (b"name: \xff", ":1:7: not UTF-8"),
    "a document": (b"<machine/>", ":1:1: XML stands at the top; expected the fields of Machine"),
    "deep": (b"[" * 100_000, ":1:1: values are nested too deeply"),
    "code": (b"name: !!python/object/apply:os.system [true]", ":1:7: a tag is not accepted"),
}

POOL = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def refused(result: Result, expected: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert expected in line
    assert "Traceback" not in line
    assert "internal error" not in line


@pytest.mark.parametrize("what", DOCUMENTS)
@pytest.mark.parametrize("command", ["parse", "update", "match", "validate", "run"])
def test_a_bad_document(command: str, what: str, call: Xform, tmp_path: Path, entity: Path, schemas: Path) -> None:
    content, expected = DOCUMENTS[what]
    file = tmp_path / "m.xml"
    file.write_bytes(content)
    arguments = {
        "parse": [file],
        "update": [file, entity, "--no-check"],
        "match": [file, "--known", entity],
        "validate": [file, "--schemas", schemas],
        "run": ["--from", "check", file],
    }[command]
    refused(call(command, *arguments), f"{file}{expected}")


@pytest.mark.parametrize("command", ["trace", "validate"])
def test_entities_within_entities_that_are_too_many(command: str, call: Xform, tmp_path: Path) -> None:
    (tmp_path / "domain.rng").write_text(
        "<grammar xmlns='http://relaxng.org/ns/structure/1.0'><start><ref name='any'/></start>"
        "<define name='any'><element><anyName/><zeroOrMore><choice><ref name='any'/><text/>"
        "<attribute><anyName/></attribute></choice></zeroOrMore></element></define></grammar>"
    )
    link, end = "<backingStore type='file'><format type='raw'/>", "</backingStore>"
    file = tmp_path / "vm.xml"
    file.write_text(f"<domain><devices><disk>{link * 240}{end * 240}<target dev='sda'/></disk></devices></domain>")
    options = ["--schemas", tmp_path] if command == "validate" else []
    refused(call(command, file, *options, dialect="domain"), f"{file}: elements are nested too deeply")


@pytest.mark.parametrize("what", ENTITIES)
@pytest.mark.parametrize("command", ["generate", "update", "match", "run"])
def test_a_bad_entity_file(command: str, what: str, call: Xform, tmp_path: Path) -> None:
    content, expected = ENTITIES[what]
    file = tmp_path / "m.yaml"
    file.write_bytes(content)
    arguments = {"match": ["-", "--known", file], "update": ["-", file]}.get(command, [file])
    refused(call(command, *arguments, stdin="<machine/>"), f"{file}{expected}")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name: w\ndisks:\n- target: vda\n  source: {type: network, protocol: nbd}", ":4:11: disks[0].source.hosts: "),
        (f"name: web\ndisks:\n- target: vda\n- pool: {POOL}\n  target: vda", ":5:11: disks[1].target: "),
    ],
)
@pytest.mark.parametrize("command", ["generate", "update"])
def test_what_the_tables_do_not_admit_has_its_place_in_the_entity_file(
    command: str, content: str, expected: str, call: Xform, tmp_path: Path
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(content)
    arguments = ["-", file] if command == "update" else [file]
    refused(call(command, *arguments, "--no-check", stdin="<machine><name>x</name></machine>"), f"{file}{expected}")


@pytest.mark.parametrize("command", ["generate", "parse", "validate", "run"])
def test_a_missing_file(command: str, call: Xform, tmp_path: Path, schemas: Path) -> None:
    file = tmp_path / "none"
    options = ["--schemas", schemas] if command == "validate" else []
    refused(call(command, file, *options), f"{file}: No such file or directory")


@pytest.mark.parametrize("command", ["generate", "parse", "validate", "run"])
def test_a_folder_in_place_of_a_file(command: str, call: Xform, tmp_path: Path, schemas: Path) -> None:
    options = ["--schemas", schemas] if command == "validate" else []
    refused(call(command, tmp_path, *options), f"{tmp_path}: Is a directory")


def test_a_faulty_entity_has_a_line_for_every_fault(call: Xform) -> None:
    result = call("generate", "-", stdin="nmae: web\nmemory: much")
    assert result.exit_code == 2
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == [
        "<stdin>:1:1",
        "<stdin>:1:1",
        "<stdin>:2:9",
    ]


@pytest.mark.parametrize("command", ["generate", "parse"])
def test_an_output_that_cannot_be_written(command: str, call: Xform, entity: Path, tmp_path: Path) -> None:
    out = tmp_path / "none" / "out"
    arguments = [entity, "--no-check"] if command == "generate" else ["-"]
    refused(
        call(command, *arguments, "-o", out, stdin="<machine><name>x</name></machine>"),
        f"{out}: No such file or directory",
    )
    assert not out.parent.exists()


def test_an_output_that_is_a_folder(call: Xform, entity: Path, tmp_path: Path) -> None:
    out = tmp_path / "folder"
    out.mkdir()
    refused(call("generate", entity, "--no-check", "-o", out), f"{out}: Is a directory; nothing was written")
    assert list(out.iterdir()) == []


def test_an_output_for_which_there_is_no_room(entity: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    out.write_text("old")

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))

    done = subprocess.run(
        [*XFORM, "generate", "--dialect", MINI, entity, "--no-check", "-o", out],
        capture_output=True,
        text=True,
        preexec_fn=no_room,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, f"{out}: File too large; nothing was written\n")
    assert out.read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.xml", "web.yaml"]


def test_an_unknown_dialect(call: Xform, entity: Path) -> None:
    refused(call("generate", entity, dialect="ovrit"), "no dialect 'ovrit' (did you mean 'ovirt'?)")


def test_a_folder_that_is_no_dialect(call: Xform, entity: Path, tmp_path: Path) -> None:
    refused(call("generate", entity, dialect=tmp_path), "dialect.toml: No such file or directory")


def test_an_unknown_entity(call: Xform) -> None:
    refused(call("show", "Dsik"), "no entity 'Dsik' in the dialect mini (did you mean 'Disk'?)")


def test_an_unknown_stage(call: Xform, entity: Path) -> None:
    refused(call("run", entity, "--until", "chekc"), "no stage 'chekc' in the pipeline (did you mean 'check'?)")


def test_a_stage_that_comes_too_early(call: Xform, entity: Path) -> None:
    refused(call("run", "--from", "check", entity, "--until", "plan"), "stage 'plan' comes before 'check'")


def test_run_without_anything_to_start_with(call: Xform) -> None:
    refused(call("run"), "no ENTITY; expected an entity file, or --from STAGE FILE")


def test_a_context_that_the_dialect_does_not_take(entity: Path, call: Xform) -> None:
    workshop = MINI.parent / "workshop"
    refused(call("generate", "-", "--host", entity, dialect=workshop, stdin="{}"), "takes no 'host'")


def test_a_context_that_the_dialect_does_not_take_is_told_before_its_file_is_read(entity: Path, call: Xform) -> None:
    expected = "none.yaml: the dialect mini takes no 'foo'; expected one of host"
    refused(call("generate", entity, "--context", "foo=none.yaml"), expected)


def test_a_folder_without_schemas(call: Xform, entity: Path, tmp_path: Path) -> None:
    refused(call("generate", entity, "--schemas", tmp_path), f"{tmp_path}: no mini.rng there")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["genrate"], "no command 'genrate' (did you mean 'generate'?)"),
        (["generate"], "missing argument 'ENTITY'"),
        (["match", "x.xml"], "missing option '--known'"),
        (["parse", "x.xml", "--jsn"], "no such option"),
        (["--verbose"], "no such option"),
    ],
)
def test_bad_use_is_one_line(arguments: list[str], expected: str) -> None:
    refused(CliRunner().invoke(cli, arguments), expected)


@pytest.mark.parametrize(
    "doctype", ["<!DOCTYPE machine SYSTEM '{}'>", "<!DOCTYPE machine [<!ENTITY % all SYSTEM '{}'>%all;]>"]
)
def test_L16_no_file_that_a_document_names_is_opened(doctype: str, call: Xform, tmp_path: Path) -> None:
    file = tmp_path / "all.dtd"
    file.write_text("<")  # whoever opens it complains of it
    document = doctype.format(file) + "<machine><name>&x;</name></machine>"
    refused(call("parse", "-", stdin=document), "<stdin>:1:1: a DOCTYPE, and with it entities, is not accepted")


def test_a_traceback_is_shown_only_when_asked(call: Xform, entity: Path) -> None:
    result = call("show", "Dsik", "--debug")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("no entity 'Dsik' in the dialect mini (did you mean 'Disk'?)\n")


def test_a_host_that_refuses_is_exit_code_3(call: Xform, tmp_path: Path) -> None:
    pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    staged = MINI.parent / "staged"
    file = tmp_path / "vm.xml"
    file.write_text("<domain type='test'><name>x</name><memory>1</memory><os><type>hvm</type></os></domain>")
    result = call("run", "--from", "start", file, "--connect", "none:///such", dialect=staged)
    assert result.exit_code == 3, result.output
    assert result.stderr.splitlines()[-1].startswith("none:///such: ")


OUTPUTS = [["show", "Vm"], ["--help"], ["show", "--help"]]


@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_error(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*XFORM, *arguments], stdout=writer, stderr=subprocess.PIPE, check=False, env=BUFFERED)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# As for most users: what is buffered is flushed once more at the end.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", OUTPUTS, ids=" ".join)
def test_a_standard_output_for_which_there_is_no_room(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*XFORM, *arguments], stdout=full, stderr=subprocess.PIPE, check=False, env=BUFFERED)
    assert (done.returncode, done.stderr) == (2, b"standard output: No space left on device\n")


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (0, "<stdin>: it is closed; expected a file there\n"),
        (1, "standard output: it is closed; nothing was written\n"),
    ],
)
def test_a_stream_that_is_closed(closed: int, expected: str) -> None:
    arguments = ["parse", "-"] if closed == 0 else ["show", "Vm"]
    command = shlex.join([*XFORM, *arguments]) + (" <&-" if closed == 0 else " >&-")
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, expected)


def test_standard_input_is_read_once(call: Xform) -> None:
    result = call("match", "-", "--known", "-", stdin="<machine><name>x</name></machine>")
    refused(result, "<stdin>: it was read already; expected - once")


@pytest.mark.parametrize("at", ["make_context", "get_command"])
def test_an_interrupt_at_any_time_is_one(at: str, monkeypatch: pytest.MonkeyPatch, call: Xform) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Commands, at, interrupted)
    assert call("show").exit_code == 130


def test_an_interrupt_decides_the_end_whatever_follows_it() -> None:
    script = """
import atexit, os, signal
from xform.cli.commands import Commands, run_commands

class Interrupted(Commands):
    def get_command(self, *_):
        raise KeyboardInterrupt

def again():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), number)

atexit.register(again)
run_commands(Interrupted({"a": "a"}, "none"), "xform")
"""
    done = subprocess.run([sys.executable, "-c", script, "a"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_is_quiet() -> None:
    process = subprocess.Popen(
        [*XFORM, "parse", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    # it has begun to read as soon as it takes more than a pipe holds
    process.stdin.write(b"<!--" + b" " * (1 << 20))
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
