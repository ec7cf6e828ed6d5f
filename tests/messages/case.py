"""One message: what causes it, and how it is told."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import structlog
from attrs import field, frozen
from click.testing import CliRunner

import host_prep.cli
import xform.cli
from host_prep.config import Config
from host_prep.libvirt import Libvirt
from tests.cli.conftest import GRAMMAR
from tests.forked import ended, fork
from tests.host_prep.hardware import Hardware
from tests.messages.sites import ROOT, noted
from xform.errors import XformError

COMMANDS = {"xform": xform.cli.cli, "host-prep": host_prep.cli.cli}
DIALECTS = ROOT / "tests" / "dialects"
HOST = "fake:///"
"""The libvirt of a host whose devices, networks and links are files in its folder."""

NOTHING = "(nothing is told)"
SCHEMA = GRAMMAR, GRAMMAR.replace('"machine"', '"domain"')
Files = Mapping[str, str | bytes]


@frozen
class Spoilt:
    """What is not as it should be around a process: in words, and how a process of its own comes to it."""

    says: str
    do: Callable[[], object]


@frozen
class Case:
    """A command line, or lines of Python, with the files that it finds in its folder.

    `world` makes what is more than files, before: it is called in the folder.
    """

    title: str
    call: str
    files: Files = field(factory=dict)
    spoilt: Spoilt | None = None
    stdin: str | bytes = ""
    world: Callable[[], object] | None = None


@frozen
class Area:
    """Cases of one subject, with the files that all of them have."""

    title: str
    cases: list[Case]
    files: Files = field(factory=dict)


@frozen
class Told:
    """What was said, in lines, and the exit code; None of Python that raised."""

    lines: list[str]
    code: int | None


def text(area: Area, reached: set[tuple[str, int]]) -> str:
    """The part of an area: each case, and its message as it is told now."""
    parts = [f"{area.title}\n{'=' * len(area.title)}\n"]
    if area.files:
        parts.append("".join(_shown(name, content) for name, content in area.files.items()))
    parts += [_entry(case, tell(case, area.files, reached)) for case in area.cases]
    return "\n".join(parts)


def _entry(case: Case, told: Told) -> str:
    lines = [f"# {case.title}" + (f" ({case.spoilt.says})" if case.spoilt else "")]
    shown = "".join(_shown(name, content) for name, content in case.files.items())
    stdin = f" <<< {shlex.quote(_cut(case.stdin))}" if case.stdin else ""
    if case.call.split()[0] in COMMANDS:
        lines.append(f"{shown}$ {case.call}{stdin}")
    else:
        lines.append(shown + "\n".join(f">>> {line}" for line in case.call.splitlines()))
    lines += told.lines or [NOTHING]
    lines += [f"exit {told.code}"] if told.code is not None else []
    return "\n".join(lines) + "\n"


def _shown(name: str, content: str | bytes) -> str:
    text = _cut(content)
    if "\n" not in text.rstrip("\n"):
        return f"{name}: {text.rstrip()}\n"
    return f"{name}:\n" + "".join(f"    {line}\n".replace("    \n", "\n") for line in text.splitlines())


def _cut(content: str | bytes) -> str:
    text = content.decode("utf-8", "backslashreplace") if isinstance(content, bytes) else content
    text = re.sub(r"[\x00-\x08\x0b-\x1f]", lambda found: repr(found[0])[1:-1], text)
    return text if len(text) <= 2000 else f"{text[:40]}… ({len(text)} characters)"


def tell(case: Case, files: Files, reached: set[tuple[str, int]]) -> Told:
    """Run a case, in a folder of its own; what is spoilt, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="m-") as folder, chdir(folder):
        for name, content in (files | case.files if files else case.files).items():  # type: ignore[operator]
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        for dialect in DIALECTS.iterdir():
            if dialect.is_dir() and not Path(dialect.name).exists():
                Path(dialect.name).symlink_to(dialect)
        for name, schema in zip(("mini", "domain"), SCHEMA, strict=True):
            Path("rng").mkdir(exist_ok=True)
            if not (file := Path("rng", f"{name}.rng")).exists():
                file.write_text(schema)
        run = _apart if case.spoilt else _here
        path = os.pathsep.join([f"{folder}/bin", os.environ["PATH"]])
        with (
            patch.dict(os.environ, HOST_PREP_CONFIG="settings.yaml", PATH=path),
            patch("host_prep.cli.common.Libvirt", libvirt),
        ):
            if case.world:
                case.world()
            told, found = run(case)
        reached |= found
        return Told([_normal(line, folder) for line in told.lines], told.code)


def _normal(line: str, folder: str) -> str:
    line = (
        line.replace(str(DIALECTS) + "/", "")
        .replace(f"{DIALECTS.relative_to(ROOT)}/", "")
        .replace(str(ROOT) + "/", "")
        .replace(f"{folder}/", "")
        .replace(folder, "FOLDER")
    )
    # whether libvirt looks for the one daemon of all drivers or for the driver's own is as its host is
    line = re.sub(r"(?<=/libvirt/)virt\w+d-sock", "libvirt-sock", line)
    line = re.sub(r"(?<=[✓✗] )(\S+ +)[\d.]+ s", r"\1… s", line)
    return re.sub(r"/tmp/[\w./-]+", "/tmp/…", line)


def lines(said: str) -> list[str]:
    """Without what a host logs when all is well, and without times."""
    kept = [line for line in said.splitlines() if not re.match(r"timestamp=\S+ level=(info|debug)", line)]
    return [re.sub(r"^timestamp=\S+ ", "", line) for line in kept]


def libvirt(uri: str) -> Libvirt:
    return Hardware(Path("libvirt"), Config(root=Path("host"))) if uri == HOST else Libvirt(uri)


def _here(case: Case) -> tuple[Told, set[tuple[str, int]]]:
    reached: set[tuple[str, int]] = set()
    with noted(reached):
        told = _command(case) if case.call.split()[0] in COMMANDS else _python(case)
    return told, reached


def _command(case: Case) -> Told:
    name, *arguments = shlex.split(case.call)
    result = CliRunner().invoke(COMMANDS[name], arguments, input=case.stdin or None, prog_name=name)
    structlog.reset_defaults()
    assert result.exception is None or isinstance(result.exception, SystemExit), (case.title, result.exception)
    said = result.stderr + (result.stdout if result.exit_code else "")
    return Told(lines(said), result.exit_code)


def _python(case: Case) -> Told:
    out = io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(out):
            exec(case.call, {"xform": xform, "Path": Path})
    except (XformError, ValueError, TypeError) as error:
        return Told([f"{type(error).__name__}: {line}" for line in str(error).splitlines()], None)
    return Told(out.getvalue().splitlines(), None)


def _apart(case: Case) -> tuple[Told, set[tuple[str, int]]]:
    """As a user's process has it: with streams of its own, and nothing else to know of what is spoilt."""
    Path.cwd().chmod(0o755)
    errors, reached = os.pipe(), os.pipe()  # which no limit of files holds for

    def doomed() -> None:
        for stream, file in enumerate(
            (os.open(os.devnull, os.O_RDONLY), os.open(".out", os.O_RDWR | os.O_CREAT), errors[1])
        ):
            os.dup2(file, stream)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(stream, mode) for stream, mode in enumerate("rww"))
        assert case.spoilt
        case.spoilt.do()
        name, *arguments = shlex.split(case.call)
        found: set[tuple[str, int]] = set()
        code: Any = 0
        with noted(found):
            try:
                COMMANDS[name].main(arguments, name)
            except SystemExit as error:
                code = error.code
        os.write(reached[1], json.dumps([code, sorted(found)]).encode())

    assert ended(fork(doomed)) == 0
    said, (code, found) = _read(errors), json.loads(_read(reached))
    return Told(lines(said + (Path(".out").read_text() if code else "")), code), {(file, line) for file, line in found}


def _read(pipe: tuple[int, int]) -> str:
    os.close(pipe[1])
    with os.fdopen(pipe[0]) as file:
        return file.read()
