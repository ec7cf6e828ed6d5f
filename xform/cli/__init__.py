"""The command line: one command, `xform`; each of its commands has a file here."""

from __future__ import annotations

from xform.cli.commands import Commands, run_commands
from xform.cli.version import version_option

COMMANDS = {
    "generate": "An entity file as Domain XML.",
    "parse": "Domain XML as an entity file.",
    "update": "A document with the changes of an entity file.",
    "match": "Which devices of a document are which of a known entity.",
    "validate": "What is wrong with documents, by the schema and by the tables.",
    "gate": "The laws over a corpus of documents.",
    "lint": "What is wrong with the tables of a dialect.",
    "coverage": "What of a schema the tables of a dialect say, and what they do not.",
    "draft": "Rows for what a schema declares and no table claims.",
    "trace": "Beside each line of a document the row and field that it comes from.",
    "show": "A table as an annotated XML template.",
    "reference": "What the tables of a dialect say, as pages to read.",
    "stubs": "A dialect's entity classes for editors and type checkers.",
    "completion": "The script that makes a shell complete all this.",
    "monitor": "Follow the VMs of libvirt connections into a database.",
    "audit": "What a fleet's documents are by schemas, laws, tables and a store.",
    "run": "The whole flow on one machine: plan, generate, check, prepare, start, dump, match.",
}

cli = Commands(
    COMMANDS,
    __name__,
    name="xform",
    params=[version_option("xform")],
    help="Virtual machine entities and libvirt Domain XML, in both directions, from one table.",
    epilog="Exit codes: 0 all is well, 1 findings, 2 bad use or bad input, 3 libvirt or the host refused.",
)


def main() -> None:
    """The entry point of `xform`."""
    run_commands(cli, "xform")
