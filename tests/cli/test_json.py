"""What commands print for programs, held against files that people have looked at and the page that tells of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import GRAMMAR, MINI, Xform

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "json.md"

DOCUMENT = """\
<machine>
  <name>web</name>
  <devices>
    <disk type='file'>
      <source file='/a'/>
      <target dev='vda'/>
    </disk>
    <disk>
      <target dev='vdc'/>
    </disk>
    <disk>
      <target dev='vdd'/>
    </disk>
    <screen type='vnc' passwd='hunter2'/>
  </devices>
</machine>
"""
KNOWN = "{name: web, disks: [{target: vda}, {target: vdb}, {target: vdd}, {target: vdd}]}\n"
BAD = "<machine>\n<name>web</name>\n<extras>\n<forbidden/></extras>\n<memory>much</memory></machine>\n"
TABLES = """
[Machine]
element = "machine"
[Machine.row]
name = "name : text !"
also = "name : text"
"""

CASES = {
    "parse": ("parse", "web.xml", "--json"),
    "match": ("match", "web.xml", "--known", "web.yaml", "--json"),
    "match-explained": ("match", "web.xml", "--known", "web.yaml", "--json", "--explain"),
    "validate": ("validate", "bad.xml", "--schemas", "schemas", "--json"),
    "lint": ("lint", "--json"),
    "coverage": ("coverage", "--schemas", "schemas", "--corpus", "web.xml", "--exceptions", "known", "--json"),
    "trace": ("trace", "web.xml", "--json"),
    "show-table": ("show", "Disk", "--json"),
    "show-choice": ("show", "Source", "--json"),
    "show-root": ("show", "Machine", "--json"),
    "run-matching": ("run", "web.yaml", "--from", "match", "web.xml", "--json"),
    "run-entity": ("run", "web.yaml", "--until", "plan", "--json"),
    "run-document": ("run", "--from", "check", "web.xml", "--until", "check", "--schemas", "schemas", "--json"),
}


@pytest.fixture
def printed(call: Xform, schemas: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """What a command prints in a folder that has all it asks for."""
    texts = {"web.xml": DOCUMENT, "web.yaml": KNOWN, "bad.xml": BAD, "known": "name : not now\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    shutil.copytree(MINI, tmp_path / "mini")
    gauge = '<element name="name"><text/></element><optional><element name="gauge"><empty/></element></optional>'
    (schemas / "mini.rng").write_text(GRAMMAR.replace('<element name="name"><text/></element>', gauge))
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty" / "dialect.toml").write_text('format = 1\nname = "faulty"\nroot = "Machine"\n')
    (tmp_path / "faulty" / "machine.toml").write_text("format = 1\n" + TABLES)
    monkeypatch.chdir(tmp_path)

    def run(name: str) -> str:
        result = call(*CASES[name], dialect="faulty" if name == "lint" else "mini")
        assert result.exit_code in (0, 1), result.output
        return re.sub(r'"seconds": [\d.e-]+', '"seconds": 0.001', result.stdout)

    return run


@pytest.mark.parametrize("name", CASES)
def test_what_is_printed_for_programs(
    name: str, printed: Callable[[str], str], golden: Callable[[str | Path, str], None]
) -> None:
    golden(f"json/{name}.json", printed(name))


def tables_of_the_page() -> dict[str, list[set[str]]]:
    """By section, the keys of each of its tables."""
    found = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        tables = re.findall(r"((?:^\|.*\n)+)", text, re.MULTILINE)
        found[title] = [
            {key for line in table.splitlines()[2:] for key in re.findall("`([^`]+)`", line.split("|")[1])}
            for table in tables
        ]
    return found


def keys(value: Any, known: set[str], at: str = "") -> Iterator[str]:
    """The keys within a value, down to those that the page names or that hold nothing more."""
    if at in known or not isinstance(value, dict | list):
        yield at
    elif isinstance(value, list):
        for item in value:
            yield from keys(item, known, at + "[]")
    else:
        for key, item in value.items():
            yield from keys(item, known, f"{at}.{key}".removeprefix("."))


MATCH, VALIDATE, LINT, COVERAGE, TRACE, SHOW, RUN = (
    tables_of_the_page()[name] for name in ("match", "validate", "lint", "coverage", "trace", "show", "run")
)


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (["match", "match-explained"], MATCH[0] | MATCH[1]),
        (["validate"], VALIDATE[0]),
        (["lint"], LINT[0]),
        (["coverage"], COVERAGE[0]),
        (["trace"], TRACE[0]),
        (["show-table", "show-root"], SHOW[0]),
        (["show-choice"], SHOW[1] | {"name", "comment", "origin", "ladder"}),
        (["run-matching", "run-entity", "run-document"], RUN[0]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_page_names_every_key(names: list[str], table: set[str], printed: Callable[[str], str]) -> None:
    found = set()
    for name in names:
        found |= set(keys(json.loads(printed(name)), table))
    assert found == table


def test_the_page_names_every_key_of_a_row(printed: Callable[[str], str]) -> None:
    rows = json.loads(printed("show-table"))["rows"] + json.loads(printed("show-root"))["rows"]
    assert [set(row) for row in rows] == [{key.removesuffix("[]") for key in SHOW[2]}] * len(rows)


def test_run_writes_the_file_as_well(printed: Callable[[str], str], call: Xform, tmp_path: Path) -> None:
    result = call("run", "web.yaml", "--until", "plan", "--json", "-o", "out.yaml", dialect="mini")
    assert json.loads(result.stdout)["gave"]["name"] == "web"
    assert (tmp_path / "out.yaml").read_text().startswith("name: web\n")


def test_run_shows_programs_no_secret(printed: Callable[[str], str]) -> None:
    assert "hunter" not in printed("run-document") + printed("run-matching")
    assert "***" in printed("run-document")
