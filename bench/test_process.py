"""What a process pays: the import, the tables, a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import xform
from bench.conftest import Line, record
from bench.documents import document
from xform.errors import HostError
from xform.schema import find_schemas

Processes = Callable[..., float]

COMPILE = """
import xform
from xform.compile.program import Program
for name in ("domain", "ovirt"):
    dialect = xform.load(name)
    for form in ("parse", "generate", "keys", "detail"):
        program = Program(dialect.classes, form)
        for function in program:
            program[function]
"""


def test_import(processes: Processes) -> None:
    bare = processes("-c", "import attrs, lxml.etree")
    ours = processes("-c", "import attrs, lxml.etree, xform")
    above = ours - bare
    record(Line("import xform, above attrs and lxml", above * 1e3, 30, 15, above * 1e6, "ms"))


def test_generate_command(processes: Processes) -> None:
    schema = xform.load("ovirt").tables.schema
    try:
        find_schemas(None, str(schema))
    except HostError as error:
        pytest.skip(f"no schema to validate against: {error}")
    seconds = processes("-m", "xform", "generate", "examples/desktop.yaml", runs=20)
    record(Line("xform generate, code kept", seconds * 1e3, 250, None, seconds * 1e6, "ms"))


def test_gate(processes: Processes, tmp_path: Path) -> None:
    seconds = []
    for count in (20, 120):
        folder = tmp_path / str(count)
        folder.mkdir()
        for n in range(count):
            (folder / f"{n}.xml").write_text(document(1 + n % 3, n % 2))
        seconds.append(processes("-m", "xform", "gate", str(folder), "--jobs", "2", runs=1))
    # what the start costs is not the documents'; they are somewhat larger than those of libvirt's test suite
    each = (seconds[1] - seconds[0]) / 100
    record(Line("gate, 2,600 documents in 2 processes", each * 2600, 60, 30, each * 2600 * 1e6, "s"))


def test_all_tables_compiled(processes: Processes) -> None:
    seconds = processes("-c", COMPILE, runs=1, cold=True)
    record(Line("all tables compiled, nothing kept", seconds * 1e3, 3000, 1000, seconds * 1e6, "ms"))
