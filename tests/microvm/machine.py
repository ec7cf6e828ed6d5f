"""A micro-VM for one file of tests: what it needs, and its one run."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.microvm import initramfs
from tests.microvm.kernel import kernel

SECONDS = 300  # a run takes 15 to 30 of them; more only where something hangs

# QEMU ends with the process that started it, whatever ends that.
_QEMU = (
    *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none"),
    *("-machine", "q35,kernel-irqchip=split", "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "1024"),
)


class Broken(Exception):
    """The machine did not get to the end of its tests; the message has the last lines of its console."""


@frozen(kw_only=True)
class Machine:
    """What a file of tests needs beside Python and the project."""

    modules: tuple[str, ...] = ()  # of the kernel, loaded before the tests, in this order
    commands: tuple[str, ...] = ()  # of this machine
    files: tuple[str, ...] = ()  # of this machine, or folders with all that is in them
    devices: tuple[str, ...] = ()  # QEMU's -device, one each
    kernel: str = ""  # more of the kernel's command line

    def run(self, tests: Sequence[str]) -> list[dict[str, Any]]:
        """The reports of these tests (node ids of pytest), as pytest serializes them. Raises NoKernel, Broken."""
        linux = kernel()
        with tempfile.TemporaryDirectory(prefix="xform-microvm-") as folder:
            root, reports = Path(folder, "root"), Path(folder, "reports")
            initramfs.write(root, linux, self.modules, self.commands, self.files, tests)
            console = self._boot(linux.image, root, reports)
            lines = reports.read_text(errors="replace").splitlines()
        told = [json.loads(line) for line in lines if line.endswith("}")]
        if missing := set(tests) - {report["nodeid"] for report in told if report["when"] == "teardown"}:
            raise Broken(f"the micro-VM did not come to the end of {min(missing)}; its console:\n{console}")
        return told

    def _boot(self, image: Path, root: Path, reports: Path) -> str:
        """Run it until it turns itself off; what it says."""
        command = [
            *_QEMU,
            *("-kernel", str(image), "-initrd", str(root)),
            *("-append", f"console=ttyS0 panic=-1 quiet {self.kernel}"),
            *("-serial", "stdio", "-serial", f"file:{reports}"),
            *(word for device in self.devices for word in ("-device", device)),
        ]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise Broken(f"the micro-VM hung for {SECONDS} s; its console:\n{_tail(error.stdout or b'')}") from None
        return _tail(done.stdout)


def _tail(console: bytes) -> str:
    """The last lines, without what moves a cursor."""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1bc|\r", "", console.decode(errors="replace"))
    return "\n".join(text.splitlines()[-40:])
