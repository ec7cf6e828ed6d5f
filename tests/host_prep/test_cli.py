"""The command line on libvirt's mock: what each command says, changes and exits with; two processes at one VM."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from host_prep.cli import cli
from host_prep.config import Config
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.status import documents
from tests.host_prep.conftest import OTHER, OVIRT, VM, domain, payload
from tests.host_prep.storage import DOMAIN, IMAGE, LEAF, ImageDisk, file_domain, file_image

CDROM = '<disk type="file" device="cdrom"><source file="PAYLOAD:"/><target dev="sdd" bus="sata"/><readonly/></disk>'
CONFIGURED = domain(CDROM, payload("sdd", {"user-data": b"password: hunter2"}))

Call = Callable[..., Result]
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A document in a file, for libvirt's mock; its name."""

    def written(document: str | bytes = CONFIGURED, name: str = "vm.xml") -> str:
        text = document.encode() if isinstance(document, str) else document
        (tmp_path / name).write_bytes(text.replace(b'type="qemu"', b'type="test"'))
        return str(tmp_path / name)

    return written


@pytest.fixture
def settings(config: Config, tmp_path: Path) -> Path:
    file = tmp_path / "settings.yaml"
    file.write_text(json.dumps({"root": str(config.root), "connect": "test:///default"}))
    return file


@pytest.fixture
def mock() -> Iterator[Libvirt]:
    """libvirt's mock, whose domains live as long as somebody in this process is connected; it has one of its own."""
    with closing(Libvirt("test:///default")) as libvirt:
        libvirt.capabilities()
        yield libvirt


@pytest.fixture
def call(settings: Path, mock: Libvirt) -> Iterator[Call]:
    def run(command: str, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [command, *arguments, "--config", str(settings)])

    yield run
    structlog.reset_defaults()


def said(result: Result) -> list[str]:
    """Its messages, without what was logged."""
    return [line for line in result.stderr.splitlines() if not line.startswith("timestamp=")]


def kept(config: Config) -> list[str]:
    with Journal(config.state) as journal:
        return [vm.id for vm in journal.vms()]


# What each command does


def test_a_plan_says_each_effect_and_its_undo_and_changes_nothing(
    call: Call, write: Write, config: Config, mock: Libvirt
) -> None:
    before = mock.domains()
    result = call("plan", write())
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"  1  make the CD-ROM {config.payloads}/{VM}-sdd.img of the payload ")
    assert lines[1] == "     undo: remove the image"
    assert "  3  start the domain" in lines
    assert not config.root.exists()
    assert mock.domains() == before


def test_a_plan_as_json_has_values_and_the_document_without_secrets(call: Call, write: Write) -> None:
    found = json.loads(call("plan", "--json", write()).stdout)
    assert (found["vm"], found["flow"]) == (VM, "fresh")
    first = found["effects"][0]
    assert set(first) == {"effect", "key", "does", "undo", "values"}
    assert first["effect"] == "PayloadImage"
    assert f"{VM}-sdd.img" in found["document"]
    assert "hunter2" not in json.dumps(found)


def test_a_vm_goes_from_start_to_release(call: Call, write: Write, config: Config, mock: Libvirt) -> None:
    image = config.payloads / f"{VM}-sdd.img"
    started = call("start", write())
    assert (started.exit_code, started.stdout, said(started)) == (0, f"{VM}\n", [])
    assert image.exists()
    assert call("recover").stdout == f"{VM} web: adopted\n"

    refused = call("release", VM)
    assert (refused.exit_code, said(refused)) == (3, [f"web ({VM}) is running; end it, or release it by force"])
    assert call("release", VM, "--force").exit_code == 0
    assert mock.domain(VM) is None
    assert not image.exists()

    unknown = call("release", VM)
    assert (unknown.exit_code, said(unknown)) == (1, [f"{VM}: nothing is known of this VM"])
    assert "hunter2" not in started.stderr


def test_status_tells_state_digest_and_effects_and_dump_the_document(call: Call, write: Write) -> None:
    call("start", write())
    status = next(line for line in call("status").stdout.splitlines() if line.startswith(VM)).split()
    told = {line["id"]: line for line in map(json.loads, call("status", "--json").stdout.splitlines())}
    assert status[1:] == ["running", told[VM]["digest"][:12], "5", "effects"]
    dumped = call("dump", VM)
    line = json.loads(dumped.stdout)
    assert (dumped.exit_code, line["id"]) == (0, VM)
    assert "startTime" in line["xml"]


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "../../etc/passwd", "", "\udcff", "a" * 100_000])
def test_a_name_that_is_no_id_is_refused_in_a_short_line(name: str, call: Call) -> None:
    released, dumped = call("release", name), call("dump", name)
    assert (released.exit_code, released.stderr.count("\n"), len(released.stderr) < 300) == (2, 1, True)
    assert released.stderr.endswith(" is no id of a VM; expected a UUID\n")
    assert (dumped.exit_code, json.loads(dumped.stdout)["error"]) == (1, released.stderr.rstrip("\n"))


def test_L306_dump_says_of_a_vm_that_libvirt_does_not_have_that_it_is_gone(call: Call, write: Write) -> None:
    call("start", write())
    dumped = call("dump", VM, OTHER)
    _, line = map(json.loads, dumped.stdout.splitlines())
    assert (dumped.exit_code, line) == (1, {"id": OTHER, "gone": True})


def test_L269_a_document_is_asked_for_each_time_and_never_kept(call: Call, write: Write, mock: Libvirt) -> None:
    call("start", write())
    (before,) = documents(mock, [VM])
    digests = [call("status").stdout]
    mock.set_metadata(VM, "ovirt-vm", OVIRT, "<vm><clusterVersion>4.8</clusterVersion></vm>")
    (now,) = documents(mock, [VM])
    digests.append(call("status").stdout)
    assert (">4.8<" in before["xml"], ">4.8<" in now["xml"]) == (False, True)
    assert digests[0] != digests[1]


def test_status_tells_of_what_is_left_of_a_vm_that_libvirt_has_no_more(call: Call, write: Write, mock: Libvirt) -> None:
    call("start", write())
    mock.destroy(VM)
    mock.undefine(VM)
    assert f"{VM}  gone       -             5 effects" in call("status").stdout.splitlines()
    assert VM not in call("status", "--json").stdout


def test_a_vm_that_is_prepared_is_started_by_others_and_adopted(call: Call, write: Write, mock: Libvirt) -> None:
    result = call("prepare", write())
    assert result.exit_code == 0
    assert f"{VM}-sdd.img" in result.stdout
    mock.start(VM)
    assert call("recover").stdout == f"{VM} web: adopted\n"
    assert "startTime" in mock.document(VM)


def test_a_vm_that_is_prepared_and_not_started_is_undone(call: Call, write: Write, config: Config) -> None:
    call("prepare", write())
    assert call("recover").stdout == f"{VM} web: released\n"
    assert not list(config.payloads.iterdir())
    assert (call("recover").stdout, kept(config)) == ("", [])


def test_L307_what_recovery_cannot_undo_is_a_finding(call: Call, write: Write, config: Config) -> None:
    call("prepare", write())
    image = config.payloads / f"{VM}-sdd.img"
    image.unlink()
    (image / "somebody's").mkdir(parents=True)
    result = call("recover")
    assert result.exit_code == 1
    assert f"make the CD-ROM {image}" in result.stdout
    assert "Directory not empty" in result.stdout
    (image / "somebody's").rmdir()
    assert call("recover").stdout == f"{VM} web: released\n"


@pytest.mark.parametrize("id", [VM.upper(), VM.replace("-", "")])
def test_L276_a_vm_is_the_same_however_its_id_is_spelt(call: Call, write: Write, mock: Libvirt, id: str) -> None:
    assert call("start", write(domain(id=id))).stdout == f"{VM}\n"
    assert call("release", id, "--force").exit_code == 0
    assert mock.domain(VM) is None


def test_a_saved_state_that_is_not_there_is_told_before_anything_is_done(
    call: Call, write: Write, config: Config
) -> None:
    result = call("start", write(), "--restore", "/nowhere")
    assert result.exit_code == 3
    assert said(result) == ["/nowhere: there is no such file; expected the one that the VM was saved to"]
    assert kept(config) == []


# What is given wrong, and a host that is not as it should be


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (domain().replace(f"<uuid>{VM}</uuid>", ""), "the domain has no uuid; expected one"),
        (domain(id="web"), "the domain has no uuid; expected one"),
        (domain().encode().replace(b"web", b"\xff"), "the document is not in UTF-8"),
        ("<network/>", "the root element is <network>; expected <domain>"),
        ("", "the document is empty; expected XML"),
        (domain(name="web/../db"), "the domain's name is 'web/../db'; expected one without slashes, in one line"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "prepare", "start"])
def test_a_document_that_is_none_of_a_vm_is_bad_input(
    call: Call, write: Write, command: str, document: str | bytes, message: str
) -> None:
    file = write(document)
    result = call(command, file)
    assert result.exit_code == 2
    (line,) = said(result)
    assert line.startswith(f"{file}:")
    assert message in line


def test_L274_a_name_of_several_lines_is_refused_in_one(call: Call, write: Write, config: Config) -> None:
    result = call("start", write(domain(name="web\nlevel=info event=started")))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert kept(config) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["release", "web"], "'web' is no id of a VM; expected a UUID"),
        (["release"], "host-prep release: missing argument 'ID'"),
        (["start", "/nowhere.xml"], "/nowhere.xml: No such file or directory; expected a file"),
        (["dump"], "host-prep dump: missing argument 'ID...'"),
    ],
)
def test_bad_use_is_told_in_a_line(call: Call, arguments: list[str], message: str) -> None:
    result = call(*arguments)
    assert (result.exit_code, said(result)) == (2, [message])


@pytest.mark.parametrize("begin", [["--incoming"], ["--with", "request.yaml"]], ids=["option", "request"])
def test_how_it_begins_is_said_by_an_option_or_the_request(
    call: Call, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("request.yaml").write_text("incoming: true\n")
    assert json.loads(call("plan", "--json", write(), *begin).stdout)["flow"] == "incoming"
    result = call("start", write(), *begin, "--restore", "/saved")
    assert "exclude each other" in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("end", [BrokenPipeError(), KeyboardInterrupt(), SystemExit(143)], ids=repr)
def test_what_nobody_could_read_does_not_stay_prepared(
    call: Call, write: Write, config: Config, mock: Libvirt, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    def ended(*_: object) -> None:
        assert kept(config) == [VM]
        raise end

    monkeypatch.setattr("host_prep.cli.prepare.write", ended)
    assert call("prepare", write()).exit_code != 0
    assert kept(config) == []
    assert mock.domain(VM) is None


def test_a_libvirt_that_is_not_there_is_told_in_a_line(call: Call, write: Write, tmp_path: Path) -> None:
    connect = ["--connect", f"qemu+unix:///system?socket={tmp_path}/none"]
    for arguments in (["plan", write()], ["start", write()], ["status"]):
        result = call(*arguments, *connect)
        assert result.exit_code == 3
        (line,) = said(result)
        assert "Failed to connect socket" in line


def test_another_libvirt_leaves_each_vm_as_it_is(call: Call, write: Write, config: Config, tmp_path: Path) -> None:
    call("start", write())
    result = call("recover", "--connect", f"qemu+unix:///system?socket={tmp_path}/none")
    assert result.exit_code == 1
    assert (
        result.stdout
        == f"{VM} web: left as it is; fault: it is a VM of test:///default: give --connect test:///default\n"
    )
    assert kept(config) == [VM]


def _not_a_database(file: Path) -> None:
    file.write_bytes(b"something else, and more than a header of it")


def _newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 7")


def _cut(file: Path) -> None:
    with Journal(file.parent):
        pass
    file.write_bytes(file.read_bytes()[:5000])


def _folder(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize("broken", [_not_a_database, _newer, _cut, _folder])
def test_a_journal_that_cannot_be_read_is_named_in_a_line_and_nothing_is_done(
    call: Call, write: Write, config: Config, mock: Libvirt, broken: Callable[[Path], None]
) -> None:
    config.state.mkdir(parents=True)
    file = config.state / "journal.db"
    broken(file)
    for arguments in (["start", write()], ["recover"], ["release", VM], ["status"]):
        result = call(*arguments)
        assert result.exit_code == 3
        (line,) = said(result)
        assert line.startswith(f"{file}: ")
        assert "journal" in line.removeprefix(str(file))
    assert mock.domain(VM) is None


def test_a_full_disk_ends_a_start_before_anything_is_done(
    call: Call, write: Write, config: Config, mock: Libvirt, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Journal.__init__

    def full(journal: Journal, folder: Path) -> None:
        opened(journal, folder)
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(Journal, "__init__", full)
    long = f"<ovirt-vm:custom><ovirt-vm:a>{'a' * 9000}</ovirt-vm:a></ovirt-vm:custom>"
    result = call("start", write(domain(metadata=long)))
    assert result.exit_code == 3
    (line,) = said(result)
    assert line.startswith(
        f"web: {config.state}/journal.db: database or disk is full; expected a journal that host-prep can read"
    )
    assert mock.domain(VM) is None
    assert not config.payloads.exists()


# Processes


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "host_prep", *arguments]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)])
def test_L275_who_is_told_to_end_while_it_waits_undoes_all_and_nobody_else_comes_between(
    write: Write, settings: Path, config: Config, number: signal.Signals, code: int
) -> None:
    options = {**os.environ, "HOST_PREP_CONFIG": str(settings)}
    impatient = settings.with_name("impatient.yaml")
    impatient.write_text(json.dumps({**json.loads(settings.read_text()), "seconds": 0.1}))
    waiting = command("start", "--incoming", write())
    with subprocess.Popen(waiting, env=options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert any("waiting for it to arrive" in line for line in process.stderr)
        assert (config.payloads / f"{VM}-sdd.img").exists()
        for arguments in (["start", write()], ["release", VM]):
            other = command(*arguments, "--config", str(impatient))
            second = subprocess.run(other, capture_output=True, text=True, check=False)
            refused = f"VM {VM} is being prepared or released by another process; try again later\n"
            assert (second.returncode, second.stderr) == (3, refused)
        process.send_signal(number)
        process.communicate()
    assert process.returncode == code
    assert not (config.payloads / f"{VM}-sdd.img").exists()
    assert kept(config) == []


@pytest.mark.parametrize("order", [(VM, OTHER), (OTHER, VM)])
def test_L205_a_volume_of_two_vms_is_left_by_the_last_also_where_libvirt_knows_of_neither(
    write: Write, settings: Path, config: Config, order: tuple[str, str]
) -> None:
    file_image(file_domain(config), LEAF)
    disk = ImageDisk()
    link = config.storage / DOMAIN / IMAGE
    files = {
        id: write(domain(disk.element(), disk.metadata(), id=id, name=name), f"{name}.xml")
        for id, name in ((VM, "web"), (OTHER, "db"))
    }

    def run(*arguments: str) -> None:
        subprocess.run([*command(*arguments), "--config", str(settings)], capture_output=True, check=True)

    run("start", files[VM])
    run("start", files[OTHER])
    run("release", order[0])
    assert os.path.lexists(link)
    run("release", order[1])
    assert not os.path.lexists(link)
    assert kept(config) == []
