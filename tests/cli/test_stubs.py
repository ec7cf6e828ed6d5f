"""`xform stubs`: writes a file, and tells whether one is up to date."""

from __future__ import annotations

from pathlib import Path

import xform
from tests.cli.conftest import MINI, Xform
from xform.stubs import stubs


def test_the_command_writes_them(call: Xform, tmp_path: Path) -> None:
    out = tmp_path / "mini.pyi"
    assert call("stubs", "-o", out).exit_code == 0
    assert out.read_text() == call("stubs", MINI, dialect=None).stdout == stubs(xform.load(str(MINI)))


def test_the_command_tells_a_stale_file(call: Xform, tmp_path: Path) -> None:
    file = tmp_path / "mini.pyi"
    call("stubs", "-o", file)
    result = call("stubs", "--check", file)
    assert (result.exit_code, result.output) == (0, "")
    file.write_text(file.read_text().replace("memory: int", "memory: str"))
    result = call("stubs", "--check", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"{file}: not what the tables say of MiniDialect; renew it: xform stubs {MINI} -o {file}\n"
    )
