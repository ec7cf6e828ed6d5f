"""Files that commands are given: whatever lies in a folder, and whatever it is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Xform

GOOD = "<machine><name>web</name></machine>\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "good.xml").write_text(GOOD)
    return folder


@pytest.fixture(params=["gate", "coverage", "audit"])
def command(request: pytest.FixtureRequest, fleet: Path, schemas: Path) -> list[object]:
    """A command that looks at all documents of the fleet."""
    return {
        "gate": ["gate", fleet, "--jobs", 1, "--laws", "get-put"],
        "coverage": ["coverage", "--corpus", fleet, "--schemas", schemas],
        "audit": ["audit", fleet, "--jobs", 1, "--schemas", schemas, "--report", fleet.parent / "out"],
    }[request.param]


def test_a_pipe_among_documents_keeps_nobody_waiting(call: Xform, fleet: Path, command: list[object]) -> None:
    before = call(*command).exit_code
    os.mkfifo(fleet / "pipe.xml")
    assert call(*command).exit_code == before


def test_a_file_without_end_is_a_document_that_cannot_be_read(
    call: Xform, fleet: Path, command: list[object], tmp_path: Path
) -> None:
    with (fleet / "long.xml").open("wb") as file:
        file.truncate(1 << 40)  # a hole that no memory holds
    done = call(*command)
    said = done.stdout + done.stderr + "".join(page.read_text() for page in tmp_path.glob("out/*.html"))
    assert "long.xml: the document is too large; expected at most 10485760" in said
    assert done.exit_code in (1, 2)


def test_a_link_that_leads_nowhere_is_told_and_the_others_are_looked_at(
    call: Xform, fleet: Path, command: list[object], tmp_path: Path
) -> None:
    (fleet / "broken.xml").symlink_to("nowhere")
    done = call(*command)
    said = done.stdout + done.stderr + "".join(page.read_text() for page in tmp_path.glob("out/*.html"))
    assert "broken.xml: No such file or directory; expected" in said
    assert done.exit_code in (1, 2)
    assert len(done.stdout.splitlines()) > 1 or (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["gate", "validate", "parse"])
def test_a_newline_in_a_files_name_begins_no_line(call: Xform, tmp_path: Path, schemas: Path, name: str) -> None:
    (tmp_path / "a\n::error file=x::forged.xml").write_text("<machine")
    options = {"gate": ["--jobs", 1], "validate": ["--schemas", schemas]}
    done = call(name, tmp_path / "a\n::error file=x::forged.xml", *options.get(name, []))
    assert done.exit_code == 2
    assert "a\\n::error file=x::forged.xml" in done.stdout + done.stderr
    assert not [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("::")]
