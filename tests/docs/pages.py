"""A page of the documentation as a script: its files are written, its commands and its Python run, in an empty folder.

What is shown is what happens.  A block without a language is a drawing; a block of any other is followed by its rule
in `RULES`, and one whose language has no rule is an error.  A block behind ``<!-- not run: reason -->``, which no
reader sees, is left out.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML
from sqlalchemy.schema import CreateTable

from tests.installed import Installed
from xform.monitor.schema import metadata
from xform.table.grammar import parse_known, parse_row

ROOT = Path(__file__).parents[2]
# What a page takes as there, by its name, is copied into its folder; `.shell` is what each of its shells reads first.
GIVEN = Path(__file__).parent / "given"
BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<excuse>.*?) -->\n)?```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.M | re.S
)
NAMED = re.compile(r"(?:#|<!--) ((?:[\w.-]+/)*[\w-]*\.\w[\w.-]*)(?: -->)?\n")


@frozen
class Block:
    """One block of code of a page, with its place in messages."""

    place: str
    language: str
    text: str
    excuse: str | None

    @property
    def file(self) -> str | None:
        """The file that it is, by its first line."""
        named = NAMED.match(self.text)
        return named[1] if named else None


@frozen
class Desk:
    """A folder in which a page is followed, and what its shell finds there."""

    folder: Path
    home: Installed
    environment: dict[str, str]

    def shell(self, command: str) -> tuple[int, str]:
        """The exit code of a command, and what it prints: progress included, in the order of a terminal."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.home.environment(self.folder) | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        if not found["language"].startswith("{"):  # what Sphinx is told is no part of the page
            yield Block(f"{page.name}:{line}", found["language"], found["text"], found["excuse"])


def follow(page: Path, folder: Path, home: Installed, cache: Path) -> None:
    """Do in a folder what a page says. Raises AssertionError where something else happens than it shows.

    A page that asks for extras of the package finds those of the checkout's environment.
    """
    text = page.read_text(encoding="utf-8")
    environment = {"XDG_CACHE_HOME": str(cache)}
    if (given := GIVEN / page.stem).is_dir():
        shutil.copytree(given, folder, dirs_exist_ok=True)
    if (given / ".shell").is_file():
        environment["BASH_ENV"] = str(folder / ".shell")
    if "examples/" in text:
        (folder / "examples").symlink_to(ROOT / "examples")
    if "libvirt-xform[" in text:
        environment["PYTHONPATH"] = next(path for path in sys.path if path.endswith("site-packages"))
    desk = Desk(folder, home, environment)
    for block in blocks(page):
        if block.excuse is None:
            rule = RULES.get(block.language)
            assert rule, f"{block.place}: no rule for blocks of {block.language}"
            rule(block, desk)


def commands(text: str) -> Iterator[str]:
    """The lines of a script; one that ends in a backslash goes on."""
    yield from filter(None, text.replace("\\\n", "").splitlines())


def resembles(said: str, shown: str, place: str) -> None:
    """A `…` at the end of a line stands for the rest of it, one alone in a line for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.rstrip("\n").splitlines()
    )
    assert re.fullmatch(pattern, re.sub(r"[ \t]+$", "", said, flags=re.MULTILINE)), f"{place}: it prints\n{said}"


# --- rules ----------------------------------------------------------------------------------------------------------


def script(block: Block, desk: Desk) -> None:
    """Each command succeeds."""
    for command in commands(block.text):
        code, said = desk.shell(command)
        assert code == 0, f"{block.place}: {command} ends with {code}:\n{said}"


def session(block: Block, desk: Desk) -> None:
    """Each command prints what is shown below it; some find something, and say so by their exit code."""
    for shown in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = shown.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more
        code, said = desk.shell(command)
        assert code in (0, 1, 2, 3), f"{block.place}: {command} ends with {code}:\n{said}"
        said = re.sub(r"^\d+ documents, \d+ a second.*\n", "", said, flags=re.MULTILINE)  # where it takes long
        resembles(said, output, f"{block.place}: {command}")


def python(block: Block, desk: Desk) -> None:
    """A file is written; what has no name runs."""
    if block.file:
        written(block, desk)
        return
    (desk.folder / ".block.py").write_text(block.text, encoding="utf-8")
    code, said = desk.shell("python .block.py")
    assert code == 0, f"{block.place}: {said}"


def written(block: Block, desk: Desk) -> None:
    assert block.file, f"{block.place}: no name in the first line; expected `# name.{block.language}`"
    file = desk.folder / block.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def table(block: Block, desk: Desk) -> None:
    """A file is written, and a fragment is looked at: all of its rows are in the grammar."""
    if block.file:
        written(block, desk)
    read_rows(tomllib.loads(block.text))


def read_rows(value: Any, read: Callable[[str], object] | None = None) -> None:
    """Raises GrammarError for a row that is none."""
    if isinstance(value, dict):
        for key, item in value.items():
            read_rows(item, parse_known if key == "known" else read)
    elif isinstance(value, str) and (read or re.search(r"\s:\s", value)):
        (read or parse_row)(value)


def data(block: Block, desk: Desk) -> None:
    """A file is written; what a build server is told in it, it does."""
    written(block, desk)
    told = YAML(typ="safe").load(block.text)
    if isinstance(told, dict):
        for job in told.get("jobs", {}).values():
            workflow(block, job, desk)
        for repository in told.get("repos", []):
            hooks(block, repository, desk)


def workflow(block: Block, job: dict[str, Any], desk: Desk) -> None:
    """The steps of a job that are commands, with what is no part of a virtual machine of GitHub's left to `.shell`."""
    for step in job["steps"]:
        if "run" in step:
            code, said = desk.shell(step["run"])
            assert code == 0, f"{block.place}: {step['run']} ends with {code}:\n{said}"


def hooks(block: Block, repository: dict[str, Any], desk: Desk) -> None:
    """The hooks of a repository, each with the files of the folder that it asks for, as pre-commit calls them."""
    files = [str(file.relative_to(desk.folder)) for file in sorted(desk.folder.rglob("*")) if file.is_file()]
    for hook in repository["hooks"]:
        passed = [file for file in files if re.search(hook["files"], file)]
        assert passed, f"{block.place}: no file for {hook['id']}"
        code, said = desk.shell(" ".join([hook["entry"], *(passed if hook.get("pass_filenames", True) else [])]))
        assert code == 0, f"{block.place}: {hook['id']} ends with {code}:\n{said}"


def values(block: Block, desk: Desk) -> None:
    """JSON values, one behind the other."""
    rest = block.text.strip()
    while rest:
        _, end = json.JSONDecoder().raw_decode(rest)
        rest = rest[end:].lstrip()


def drawing(block: Block, desk: Desk) -> None:
    """Nothing happens: a drawing, a grammar, or what something prints."""


def queries(block: Block, desk: Desk) -> None:
    """Each statement is one of the tables of a monitor's store."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.create_function("now", 0, lambda: "")
        for made in metadata.sorted_tables:
            database.execute(str(CreateTable(made)))
        database.executescript(block.text)


RULES: dict[str, Callable[[Block, Desk], None]] = {
    "": drawing,
    "console": session,
    "json": values,
    "python": python,
    "sh": script,
    "sql": queries,
    "toml": table,
    "xml": written,
    "yaml": data,
}
