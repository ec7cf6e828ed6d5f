"""The documentation as it is built: complete, with links that lead somewhere, and on no network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html

import xform

ROOT = Path(__file__).parents[1]

# one worker builds it once
pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built from a copy of docs/ beside the rest of the tree; every warning is an error."""
    folder = tmp_path_factory.mktemp("tree")
    for entry in ROOT.iterdir():
        if entry.name != "docs":
            (folder / entry.name).symlink_to(entry)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("reference"))
    built = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q"]
    done = subprocess.run([*command, folder / "docs", built], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, html.HtmlElement]:
    return {file: html.parse(file).getroot() for file in site.rglob("*.html")}


def test_every_page_of_the_documentation_is_built(pages: dict[Path, html.HtmlElement]) -> None:
    assert {file.stem for file in (ROOT / "docs").glob("*.md")} <= {file.stem for file in pages}


def test_every_link_and_anchor_of_the_site_leads_somewhere(pages: dict[Path, html.HtmlElement]) -> None:
    anchors = {file: set(page.xpath("//@id")) for file, page in pages.items()}
    broken = []
    for file, page in pages.items():
        for link in page.xpath("//a/@href"):
            path, _, anchor = unquote(link).partition("#")
            if re.match(r"\w+:", path):
                continue
            target = (file.parent / path.partition("?")[0]).resolve() if path else file
            if not target.is_file() or (anchor and anchor not in anchors.get(target, {anchor})):
                broken.append(f"{file.name}: {link}")
    assert broken == []


def test_files_elsewhere_in_the_tree_come_with_the_site(site: Path) -> None:
    found = {file.name for file in (site / "_downloads").rglob("*") if file.is_file()}
    assert {"linux_desktop.yaml", "README.md"} <= found


def test_no_page_asks_the_network_for_anything(site: Path, pages: dict[Path, html.HtmlElement]) -> None:
    asked = "//script/@src | //link[not(@rel='canonical')]/@href | //img/@src | //iframe/@src | //@srcset"
    wanted = [one for page in pages.values() for one in page.xpath(asked)]
    sheets = [file.read_text(encoding="utf-8") for file in site.rglob("*.css")]
    wanted += [one for sheet in sheets for one in re.findall(r"(?:url\(\s*[\"']?|@import\s+[\"'])([^\"')]*)", sheet)]
    assert wanted
    assert [one for one in wanted if re.match(r"(\w+:)?//", one)] == []


def test_the_row_that_the_first_page_shows_is_a_row_of_the_tables() -> None:
    block = re.search(r"^```toml\n(.*?)^```$", (ROOT / "docs" / "index.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block
    ((name, row),) = tomllib.loads(block[1]).items()
    tables = tomllib.loads((ROOT / "mappings" / "domain" / "disk.toml").read_text())
    assert tables["Disk"]["row"][name].split() == row.split()


def test_a_fact_of_a_table_is_on_its_page(site: Path) -> None:
    rows = html.parse(site / "reference" / "domain" / "disk.html").xpath("//section[@id='disk']//tr")
    cells = [[" ".join(cell.text_content().split()) for cell in row.xpath("td")] for row in rows]
    line = xform.load("domain").tables.shapes["Disk"].fields["rotation_rate"].origin.line
    assert [
        "rotation_rate",
        "int as uint",
        "rpm; 1: no rotation",
        "target/@rotation_rate",
        f"domain/disk.toml:{line}",
    ] in cells


def test_every_public_name_is_on_the_page_of_the_api(pages: dict[Path, html.HtmlElement], site: Path) -> None:
    described = pages[site / "api.html"].xpath("//dt/@id")
    assert [name for name in xform.__all__ if f"xform.{name}" not in described] == []
