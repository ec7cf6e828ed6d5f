"""`xform reference`: writes the pages into a folder."""

from __future__ import annotations

from pathlib import Path

import xform
from tests.cli.conftest import MINI, Xform
from xform.reference import pages


def test_the_command_writes_each_page(call: Xform, tmp_path: Path) -> None:
    result = call("reference", MINI, "-o", tmp_path / "made", dialect=None)
    assert (result.exit_code, result.output) == (0, "")
    files = {str(file.relative_to(tmp_path / "made")): file.read_text() for file in tmp_path.rglob("*.md")}
    assert files == pages(xform.load(str(MINI)))


def test_a_file_in_the_place_of_the_folder_is_told(call: Xform, tmp_path: Path) -> None:
    file = tmp_path / "made"
    file.write_text("")
    result = call("reference", "-o", file)
    assert (result.exit_code, result.stderr) == (2, f"{file}/mini: Not a directory; expected a folder to write to\n")
