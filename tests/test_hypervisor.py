"""Connections to libvirt: its mock, and real QEMU through the embedded driver."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from lxml import etree

from xform.errors import HostError
from xform.hypervisor import EMBED, TEST, Hypervisor, default_uri

VM = """<domain type='{}'>
  <name>{}</name>
  <memory unit='MiB'>64</memory>
  <os><type>hvm</type></os>
  <devices><memballoon model='virtio'/><serial type='pty'/></devices>
</domain>"""

URI, WHY = default_uri()
real = [
    pytest.mark.skipif(URI != EMBED, reason=WHY),
    pytest.mark.xdist_group("qemu"),  # one process probes QEMU once
]
uris = pytest.mark.parametrize(
    ("uri", "kind"), [pytest.param(TEST, "test", id="mock"), pytest.param(EMBED, "qemu", id="qemu", marks=real)]
)


def processes(mark: str) -> list[int]:
    """The processes with this text among their arguments, QEMU's."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if b"qemu" in arguments.partition(b"\0")[0] and mark.encode() in arguments:
            found.append(int(process.name))
    return found


@uris
def test_a_started_domain_is_dumped_and_ended(uri: str, kind: str) -> None:
    with Hypervisor(uri) as hypervisor:
        uuid = hypervisor.start(VM.format(kind, "started"))
        assert etree.fromstring(hypervisor.dump(uuid)).findtext("uuid") == uuid
        hypervisor.end(uuid)
        with pytest.raises(HostError, match=re.escape(uri)):
            hypervisor.dump(uuid)


@uris
def test_ending_what_has_ended_is_well(uri: str, kind: str) -> None:
    with Hypervisor(uri) as hypervisor:
        uuid = hypervisor.start(VM.format(kind, "twice"))
        hypervisor.end(uuid)
        hypervisor.end(uuid)


@uris
def test_at_the_end_every_domain_that_was_started_is_gone(uri: str, kind: str) -> None:
    with Hypervisor(uri) as hypervisor:
        uuids = [hypervisor.start(VM.format(kind, f"left-{kind}-{n}")) for n in (1, 2)]
    with Hypervisor(uri) as hypervisor:
        for uuid in uuids:
            with pytest.raises(HostError):
                hypervisor.dump(uuid)
    assert not processes(f"left-{kind}-")


@uris
def test_a_body_that_raises_leaves_no_domain(uri: str, kind: str) -> None:
    with suppress(ZeroDivisionError), Hypervisor(uri) as hypervisor:
        uuid = hypervisor.start(VM.format(kind, f"raised-{kind}"))
        raise ZeroDivisionError
    with Hypervisor(uri) as hypervisor, pytest.raises(HostError):
        hypervisor.dump(uuid)
    assert not processes(f"raised-{kind}")


@uris
@pytest.mark.parametrize(
    "xml", ["<domain", "<domain type='no-such'><name>x</name></domain>", VM.format("no-such", "y")]
)
def test_refused_xml_is_one_line_with_libvirts_own_message(
    uri: str, kind: str, xml: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with Hypervisor(uri) as hypervisor, pytest.raises(HostError) as error:
        hypervisor.start(xml)
    assert str(error.value).startswith(f"{uri}: ")
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_an_unknown_uri_is_refused_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HostError, match=r"^no-such:///x: ") as error, Hypervisor("no-such:///x"):
        pass
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_the_mock_keeps_its_own_domain_when_ours_end() -> None:
    import libvirt

    with Hypervisor(TEST) as hypervisor:
        hypervisor.start(VM.format("test", "ours"))
    connection = libvirt.open(TEST)
    assert [domain.name() for domain in connection.listAllDomains()] == ["test"]
    connection.close()


@pytest.mark.skipif(URI != EMBED, reason=WHY)
@pytest.mark.xdist_group("qemu")
def test_real_qemu_gives_addresses() -> None:
    with Hypervisor(EMBED) as hypervisor:
        dump = etree.fromstring(hypervisor.dump(hypervisor.start(VM.format("qemu", "addressed"))))
    address = dump.find("devices/memballoon/address")
    assert address is not None
    assert address.get("type") == "pci"


@pytest.mark.skipif(URI != EMBED, reason=WHY)
@pytest.mark.xdist_group("qemu")
def test_L104_a_process_uses_real_qemu_as_often_as_it_likes() -> None:
    for _ in range(25):
        with Hypervisor(EMBED):
            pass


def test_without_libvirt_python_the_message_says_what_to_install() -> None:
    script = "import sys; sys.modules['libvirt'] = None; from xform.hypervisor import Hypervisor\n"
    script += "try:\n    Hypervisor('test:///default').__enter__()\nexcept Exception as error: print(repr(error))"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert output.stdout.startswith('HostError("libvirt-python cannot be imported')
    assert "pip install 'libvirt-xform[libvirt]'" in output.stdout
    assert not output.stderr


def test_without_qemu_the_mock_is_used_and_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    uri, why = default_uri()
    assert uri == TEST
    assert "Debian package qemu-system-" in why
    assert "\n" not in why


@pytest.mark.skipif(URI != EMBED, reason=WHY)
@pytest.mark.xdist_group("qemu")
class TestProcess:
    """What a whole process leaves behind."""

    SCRIPT = """
import sys, time
from xform.hypervisor import EMBED, Hypervisor
with Hypervisor(EMBED) as hypervisor:
    hypervisor.start(sys.argv[1])
    print("started", flush=True)
    {}
print("ended")
"""
    # Not `signal.pause`: it waits for ever where the signal came between "started" and the call.
    WAIT = "while True: time.sleep(0.05)"

    @pytest.fixture
    def folder(self) -> Iterator[Path]:
        """A folder for temporary files, short enough for sockets."""
        with tempfile.TemporaryDirectory(prefix="x") as folder:
            yield Path(folder)

    def process(self, folder: Path, body: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT.format(body), VM.format("qemu", folder.name)],
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def clean(self, folder: Path) -> bool:
        mounts = Path("/proc/self/mountinfo").read_text()
        return not processes(folder.name) and not list(folder.iterdir()) and str(folder) not in mounts

    def test_a_process_that_ends_leaves_nothing(self, folder: Path) -> None:
        process = self.process(folder, "pass")
        assert process.communicate() == ("started\nended\n", "")
        assert process.returncode == 0
        assert self.clean(folder)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_process_that_is_told_to_go_leaves_nothing(self, folder: Path, number: signal.Signals) -> None:
        process = self.process(folder, self.WAIT)
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        process.send_signal(number)
        output, errors = process.communicate()
        assert output == ""
        assert process.returncode == (-signal.SIGINT if number == signal.SIGINT else 128 + number)
        assert "libvirt" not in errors
        assert self.clean(folder)

    def test_a_signal_during_a_start_leaves_nothing(self, folder: Path) -> None:
        process = self.process(folder, self.WAIT)
        while not list(folder.glob("xform-*/run/qemu/*")) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.communicate() == ("", "")
        assert process.returncode == 128 + signal.SIGTERM
        assert self.clean(folder)

    def test_L13_what_a_killed_process_left_the_next_one_ends(self, folder: Path) -> None:
        killed = self.process(folder, self.WAIT)
        assert killed.stdout
        assert killed.stdout.readline() == "started\n"
        killed.kill()
        killed.communicate()
        assert len(processes(folder.name)) == 1
        process = self.process(folder, "pass")
        assert process.communicate() == ("started\nended\n", "")
        assert self.clean(folder)

    def test_the_root_is_the_users_alone_and_a_long_temporary_folder_is_passed_over(self, folder: Path) -> None:
        long = folder / ("x" * 60)
        long.mkdir()
        body = (
            "from xform import hypervisor as h; import os; print(h._root.parent, oct(os.stat(h._root).st_mode & 0o777))"
        )
        output, errors = self.process(long, body).communicate()
        assert (output, errors) == ("started\n/tmp 0o700\nended\n", "")
