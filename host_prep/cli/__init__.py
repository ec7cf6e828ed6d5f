"""The command line: one command, `host-prep`; each of its commands has a file here."""

from __future__ import annotations

from xform.cli.commands import Commands, run_commands
from xform.cli.version import version_option

COMMANDS = {
    "plan": "What would be done for a VM, and how it would be undone.",
    "prepare": "Do all that comes before the start, and show the document that libvirt got.",
    "start": "Prepare the host for a VM and start it.",
    "release": "Undo all that was done for a VM.",
    "recover": "After a crash: adopt what runs, undo all else.",
    "watch": "Release whatever ends, as soon as libvirt says so.",
    "status": "Each domain with its state and digest.",
    "dump": "The documents of domains, a line of JSON each.",
}

cli = Commands(
    COMMANDS,
    __name__,
    name="host-prep",
    params=[version_option("host-prep")],
    help="Prepare a host for a VM, start it, and undo everything.",
    epilog="Exit codes: 0 all is well, 1 findings, 2 bad use or bad input, 3 libvirt or the host refused.",
)


def main() -> None:
    """The entry point of `host-prep`."""
    run_commands(cli, "host-prep")
