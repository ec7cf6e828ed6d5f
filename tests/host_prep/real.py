"""`host-prep` on a host of its own, with real QEMU within each process; QEMU outlives the process that started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from attrs import frozen
from lxml import etree

from tests.host_prep.conftest import VM, domain

# Each process knows the domains of the folder that it works in; one at a time may do so.
QEMU = """
stdio_handler = "file"
user = "root"
group = "root"
security_driver = "none"
namespaces = []
dynamic_ownership = 0
"""

# libvirt asks QEMU anew what it can do, for seconds, where a process finds itself on a CPU that calls itself otherwise.
ON_ONE_CPU = ("taskset", "-c", str(max(os.sched_getaffinity(0))))

SAVE = """
import sys
from xform.hypervisor import import_libvirt, open_connection
libvirt = import_libvirt()
connection = open_connection(libvirt, sys.argv[1])
connection.lookupByUUIDString(sys.argv[2]).save(sys.argv[3])
connection.close()
"""


@frozen
class Real:
    """One host: its folder, libvirt's root in it, and the settings of host-prep."""

    folder: Path

    @property
    def uri(self) -> str:
        return f"qemu:///embed?root={self.folder}/v"

    @property
    def options(self) -> list[str]:
        return ["--connect", self.uri, "--config", str(self.folder / "settings.yaml")]

    def arranged(self) -> Real:
        (self.folder / "v" / "etc").mkdir(parents=True)
        (self.folder / "v" / "etc" / "qemu.conf").write_text(QEMU)
        (self.folder / "host").mkdir()
        settings = {"root": str(self.folder / "host")}
        (self.folder / "settings.yaml").write_text(json.dumps(settings))
        return self

    def document(self, devices: str = "", metadata: str = "") -> str:
        file = self.folder / "vm.xml"
        file.write_text(domain(devices, metadata))
        return str(file)

    def host_prep(self, *arguments: str, code: int = 0) -> str:
        """Its output. Its messages where it ended otherwise."""
        done = self._run([sys.executable, "-m", "host_prep", *arguments, *self.options])
        assert done.returncode == code, done.stderr
        return done.stdout if not code else done.stderr

    def killed(self, when: str, step: str, *arguments: str) -> None:
        """host-prep, killed before or behind a step."""
        done = self._run([sys.executable, "-m", "tests.host_prep.doomed", when, step, *arguments, *self.options])
        assert done.returncode == -signal.SIGKILL, done.stderr

    def save(self, file: Path, *, killed: bool = False) -> None:
        """Save the VM's state as any program may; or be killed as soon as something of it is there."""
        command = [sys.executable, "-c", SAVE, self.uri, VM, str(file)]
        if not killed:
            done = self._run(command)
            assert done.returncode == 0, done.stderr
            return
        with subprocess.Popen([*ON_ONE_CPU, *command], stderr=subprocess.DEVNULL) as process:
            while not file.exists() and process.poll() is None:
                pass
            process.kill()

    def states(self) -> dict[str, str]:
        lines = map(json.loads, self.host_prep("status", "--json").splitlines())
        return {line["id"]: line["state"] for line in lines}

    def dumped(self) -> etree._Element:
        (line,) = map(json.loads, self.host_prep("dump", VM).splitlines())
        return etree.fromstring(line["xml"])

    def guests(self) -> list[int]:
        """Processes of QEMU that run on this host."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"qemu-system" in line.split(b"\0")[0] and f"{self.folder}/".encode() in line:
                found.append(int(folder.name))
        return found

    def kill_guest(self) -> None:
        for process in self.guests():
            os.kill(process, signal.SIGKILL)
        while self.guests():
            pass

    def settle(self) -> str:
        """Recover until libvirt knows that guests are dead: a process that begins takes each for alive at first."""
        said = self.host_prep("recover")
        while said and "released" not in said:
            said = self.host_prep("recover")
        return said

    def left(self) -> list[str]:
        """Files and links on the host, but for the journal."""
        host = self.folder / "host"
        return sorted(
            str(path.relative_to(host))
            for path in host.rglob("*")
            if (path.is_symlink() or path.is_file()) and path.name != "journal.db"
        )

    @staticmethod
    def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*ON_ONE_CPU, *command], capture_output=True, text=True, timeout=300, check=False)
