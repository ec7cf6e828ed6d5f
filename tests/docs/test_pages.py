"""What the documentation shows is what happens, to somebody who has the wheel and an empty folder."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

import xform
from tests.docs.pages import BLOCK, GIVEN, ROOT, Block, Desk, blocks, follow, resembles, session, table, written
from tests.docs.pages import python as python_rule
from tests.docs.pages import script as script_rule
from tests.installed import Installed, install
from xform.cli import COMMANDS, cli
from xform.schema import HOMES
from xform.table.grammar import GrammarError

README = ROOT / "README.md"
PAGES = {page.stem: page for page in [README, *sorted((ROOT / "docs").glob("*.md"))]}
TUTORIALS = ["tutorial-row", "tutorial-dialect"]
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
}

pytestmark = pytest.mark.xdist_group("pages")
with_schemas = pytest.mark.skipif(
    not any(home.is_dir() for home in HOMES), reason="libvirt's schemas are not installed"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, with what a reader has who tests tables."""
    return install(tmp_path_factory.mktemp("home"), "pytest", "hypothesis")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder, and the environment of these tests."""
    return Desk(tmp_path, Installed(Path(), Path(sys.prefix)), {})


def files_of(page: str, desk: Desk) -> Path:
    """A folder with the files that a page shows."""
    for block in blocks(PAGES[page]):
        if block.file:
            written(block, desk)
    return desk.folder


# --- pages ----------------------------------------------------------------------------------------------------------


@with_schemas
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_followed(page: str, home: Installed, cache: Path, tmp_path: Path) -> None:
    follow(PAGES[page], tmp_path, home, cache)
    if page == "ovirt":
        for golden in (ROOT / "tests" / "golden" / "examples").glob("*.xml"):
            if f"-o {golden.name}" in PAGES[page].read_text():
                assert (tmp_path / golden.name).read_text() == golden.read_text()


def test_the_tutorials_begin_with_nothing() -> None:
    for name in TUTORIALS:
        assert not (GIVEN / name).exists()
        assert "examples/" not in PAGES[name].read_text()


def test_what_nobody_follows_is_little_and_has_its_reason() -> None:
    excused = [(page, block.excuse) for page in PAGES for block in blocks(PAGES[page]) if block.excuse]
    assert excused == [
        ("README", "the demo and the whole suite; test_the_targets_of_the_readme_are_there looks for them"),
        ("host", "each asks for a guest of QEMU's, or does not end; tests/host_prep has them"),
        ("monitor", "it goes on for ever, on hosts that are not there; tests/monitor has it"),
        ("monitor", "it goes on for ever, on hosts that are not there; tests/monitor/test_sharing.py has it"),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", BLOCK.sub("", PAGES[page].read_text(encoding="utf-8")))
    targets = [(PAGES[page].parent / name if name else PAGES[page], anchor) for name, anchor in links]
    assert [(str(file), anchor) for file, anchor in targets if not file.exists() or not leads(file, anchor)] == []


def leads(file: Path, anchor: str) -> bool:
    """Whether a heading of a page has this anchor, as forges and Sphinx make them."""
    heads = re.findall(r"^#+ (.*)$", BLOCK.sub("", file.read_text(encoding="utf-8")), re.MULTILINE) if anchor else []
    made = {re.sub(r"[^\w -]", "", re.sub(r"[`*]", "", head).lower()).replace(" ", "-") for head in heads}
    return not anchor or anchor in made


# --- what single pages say ------------------------------------------------------------------------------------------


def test_the_targets_of_the_readme_are_there() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    asked = re.findall(r"^make (\S+)", "".join(block.text for block in blocks(README)), re.MULTILINE)
    assert asked
    assert set(asked) <= set(targets)


def test_every_command_is_described_somewhere() -> None:
    text = "\n".join(page.read_text() for page in PAGES.values())
    assert [name for name in COMMANDS if not re.search(rf"\bxform {name}\b", text)] == []


def test_the_row_that_the_readme_shows_is_a_row_of_the_tables() -> None:
    (block,) = [block for block in blocks(README) if block.language == "toml"]
    ((name, row),) = tomllib.loads(block.text).items()
    tables = tomllib.loads((ROOT / "mappings" / "domain" / "disk.toml").read_text())
    assert tables["Disk"]["row"][name].split() == row.split()


def test_the_row_that_tells_why_is_a_row_of_the_tables() -> None:
    (block,) = [block for block in blocks(PAGES["why"]) if block.language == "toml"]
    tables = tomllib.loads((ROOT / "mappings" / "ovirt" / "vm.toml").read_text())
    assert tables["Vm"]["row"]["memory"].split() == tomllib.loads(block.text)["memory"].split()


def test_a_value_that_the_readme_says_is_refused_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vm.yaml"
    server = (ROOT / "examples" / "server.yaml").read_text()
    file.write_text(server.replace("disks:\n  - ", "disks:\n  - rotation_rate: 7200rpm\n    "))
    with pytest.raises(
        xform.EntityError, match=r"vm\.yaml:\d+:20: disks\[0\]\.rotation_rate: '7200rpm' is not a whole"
    ):
        xform.load("ovirt").read(file)


def test_the_dialect_of_the_page_on_pipelines_keeps_the_law(desk: Desk) -> None:
    site = xform.load(str(files_of("pipelines", desk) / "site"))
    machine = site.plan(site.read(desk.folder / "machine.yaml"))
    assert site.parse(site.generate(machine)) == site.plan(machine) == machine


# --- the hooks of the sources ---------------------------------------------------------------------------------------


def hook(name: str, folder: Path) -> int:
    """The exit code of a hook in a folder, with the arguments that docs/ci.md names and the files that it asks for."""
    known = HOOKS[name]
    _, *words = known["entry"].split()
    words += ["./site"] if name == "xform-lint" else ["--dialect", "./site"]
    files = [str(file.relative_to(folder)) for file in folder.rglob("*.*") if re.search(known["files"], file.name)]
    assert files
    return CliRunner().invoke(cli, words + (files if known.get("pass_filenames", True) else [])).exit_code


@with_schemas
@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_passes_what_is_sound(name: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files_of("ci", desk))
    assert hook(name, desk.folder) == 0


def test_a_hook_fails_where_something_is_wrong(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files_of("ci", desk))
    (desk.folder / "site" / "disk.toml").write_text('format = 1\n[Disk]\nextends = "domain:Disk"\nlader = 1\n')
    assert hook("xform-lint", desk.folder) == 1


def test_the_page_names_each_hook() -> None:
    page = PAGES["ci"].read_text()
    assert [name for name in HOOKS if f"`{name}`" not in page] == []


# --- the rules ------------------------------------------------------------------------------------------------------


def block(language: str, text: str) -> Block:
    return Block("page.md:1", language, text, None)


def test_a_command_that_fails_is_told(desk: Desk) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:1: cat nothing  # is not there ends with 1:\ncat: nothing"):
        script_rule(block("sh", "true\ncat nothing  # is not there\n"), desk)


def test_what_a_command_prints_is_what_is_shown(desk: Desk) -> None:
    session(block("console", "$ echo a b; \\\n  echo c\na …\nc\n$ true\n"), desk)
    with pytest.raises(AssertionError, match=r"page\.md:1: echo b: it prints\nb"):
        session(block("console", "$ echo b\na\n"), desk)
    with pytest.raises(AssertionError, match="it prints\nb"):
        session(block("console", "$ echo b\n"), desk)


def test_an_ellipsis_in_a_line_of_its_own_is_any_number_of_lines() -> None:
    resembles("a\nb\nc\n", "a\n…\nc\n", "")
    resembles("a\nc\n", "a\n…\nc\n", "")
    with pytest.raises(AssertionError):
        resembles("a\nb\n", "a\n…\nc\n", "")


def test_python_that_fails_is_told(desk: Desk) -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        python_rule(block("python", "1 / 0\n"), desk)


def test_a_row_that_is_none_is_told(desk: Desk) -> None:
    with pytest.raises(GrammarError):
        table(block("toml", '[Disk.row]\nname = "a//b : str"\n'), desk)


def test_a_file_has_a_name(desk: Desk) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:1: no name in the first line; expected `# name\.yaml`"):
        written(block("yaml", "a: 1\n"), desk)


def test_a_block_that_no_rule_follows_is_told(desk: Desk, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```lua\nprint()\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md:1: no rule for blocks of lua"):
        follow(page, tmp_path, desk.home, tmp_path)
