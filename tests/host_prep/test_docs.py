"""docs/host.md names all there is: each effect, each setting, each part of a request, each command."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import fields

import xform
from host_prep.cli import COMMANDS
from host_prep.config import Config
from host_prep.effects import kinds
from host_prep.request import Request, read_request

PAGE = (Path(__file__).parents[2] / "docs" / "host.md").read_text(encoding="utf-8")


def part(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def block(language: str) -> str:
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


def named_first(text: str) -> set[str]:
    """The names in the first column of a table."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_each_effect_has_its_row() -> None:
    bases = {name for name, kind in kinds().items() if kind.__subclasses__()}
    assert named_first(part("Effects")) == set(kinds()) - bases


def test_what_is_shared_is_said_to_be() -> None:
    rows = [line.split("|")[1] for line in part("Effects").splitlines() if line.startswith("| `")]
    shared = {name for cell in rows if "(shared)" in cell for name in re.findall(r"`(\w+)`", cell)}
    assert shared == {name for name, kind in kinds().items() if kind.shared and not kind.__subclasses__()}


def test_each_setting_has_its_row() -> None:
    assert named_first(part("Settings")) == {attribute.name for attribute in fields(Config)}


def test_each_part_of_a_request_is_shown() -> None:
    shown = set(re.findall(r"^(\w+):", part("The request"), re.MULTILINE))
    assert shown == {attribute.name for attribute in fields(Request)}


def test_the_request_that_is_shown_is_one(tmp_path: Path) -> None:
    file = tmp_path / "request.yaml"
    file.write_text(block("yaml"))
    request = read_request(xform.load("ovirt"), file)
    assert (request.tickets[0].type, request.secrets[0].value) == ("vnc", b"AQBkey")


def test_each_command_is_shown() -> None:
    assert set(re.findall(r"^host-prep (\w+)", PAGE, re.MULTILINE)) == set(COMMANDS)
