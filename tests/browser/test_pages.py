"""What holds of all pages: they are heard and seen as they should be, fetch nothing, and take no value for markup."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.browser.conftest import MARKUP, coverage, domain, match, run, trace
from tests.corpus import HOME

pytestmark = pytest.mark.xdist_group("browser")

SCHEMAS = sorted((HOME / "schemas").glob("libvirt-*"))
PAGES = ["trace", "match", "gate", "coverage", "audit"]
TAGS = """
a b body caption details div h1 h2 head header html li main meta p script section span style summary table tbody td th
thead title tr ul
"""

Look = Callable[..., Any]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_fault_that_axe_knows(look: Look, pages: dict[str, Path], name: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = look(pages[name], scheme)
    if name == "trace":
        page.get_by_role("option", name="target: vda").click()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_dark_as_the_readers_system(look: Look, pages: dict[str, Path], name: str) -> None:
    back = [
        look(pages[name], scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert back == ["rgb(255, 255, 255)", "rgb(21, 24, 28)"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_no_wider_than_a_phone(look: Look, pages: dict[str, Path], name: str) -> None:
    page = look(pages[name], width=375, height=700)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("name", PAGES)
def test_L291_what_a_document_says_is_text_on_a_page_and_never_markup(
    look: Look, hostile: dict[str, Path], name: str
) -> None:
    page = look(hostile[name])
    assert set(page.evaluate("[...document.querySelectorAll('*')].map(one => one.localName)")) <= set(TAGS.split())
    assert page.evaluate("document.querySelectorAll('[onerror], [src]').length") == 0
    assert page.evaluate("document.scripts.length") == (1 if name == "trace" else 0)
    assert page.title() != "ran"
    shown = page.evaluate("document.documentElement.textContent")
    # of a map the cells lead to it
    shown += unquote(page.evaluate("[...document.links].map(one => one.getAttribute('href')).join()"))
    assert MARKUP.partition("</")[0] in shown


@pytest.mark.parametrize("name", ["trace", "match"])
def test_L292_a_script_that_came_in_all_the_same_would_not_run(
    browser: Any, pages: dict[str, Path], tmp_path: Path, name: str
) -> None:
    file = tmp_path / "page.html"
    file.write_text(pages[name].read_text().replace("<h1>", "<script>document.title='ran'</script><h1>"))
    page, errors = browser.new_page(), list[str]()
    page.on("console", lambda message: errors.append(message.text))
    page.goto(file.as_uri())
    assert page.title() != "ran"
    assert ["Content Security Policy" in error for error in errors] == [True]
    page.close()


def test_L293_no_letter_that_is_not_seen_turns_the_text_of_a_page_around(tmp_path: Path) -> None:
    turned = "web\N{RIGHT-TO-LEFT OVERRIDE}bew"
    xml = domain(name=turned)
    pages = [trace(tmp_path, xml), match(tmp_path, xml, xml), coverage(tmp_path, turned)]
    assert [turned in page.read_text() for page in pages] == [False, False, False]
    assert "web\N{REPLACEMENT CHARACTER}bew" in pages[0].read_text()


# --- match, gate, coverage


def test_a_match_unfolds_what_differs_and_keys_unfold_the_rest(look: Look, pages: dict[str, Path]) -> None:
    page = look(pages["match"])
    assert page.locator("header").inner_text().split("\n")[-3:] == [
        "2 paired, 0 new, 1 missing, 0 ambiguous.",
        "",
        "differs",
    ]
    same, other = (page.locator("details").filter(has_text=text) for text in ("vda", "vdz"))
    assert (same.get_attribute("open"), other.get_attribute("open")) == (None, "")
    assert other.locator(".differs td").all_inner_texts() == ["vdb", "vdz"]
    same.locator("summary").focus()
    page.keyboard.press("Enter")
    assert same.locator("td").first.is_visible()


def test_a_gate_shows_what_does_not_hold_and_keys_fold_it(look: Look, pages: dict[str, Path]) -> None:
    page = look(pages["gate"])
    assert page.locator("header .bad").inner_text() == "Something does not hold. Something was not read."
    assert page.locator("summary").all_inner_texts() == ["Findings: 2", "Not read: 1"]
    finding = page.locator("details").first.locator("tbody td")
    assert "the document is not the same any more" in finding.all_inner_texts()
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert not finding.first.is_visible()


def test_an_audit_begins_with_what_an_upgrade_would_change_and_leads_to_the_documents(
    look: Look, pages: dict[str, Path]
) -> None:
    page = look(pages["audit"])
    assert page.locator("header .bad").inner_text() == "Something was found."
    assert page.locator("header .key").all_inner_texts()[:3] == ["2 read", "0 of another root element", "1 no document"]
    assert page.locator("summary").all_inner_texts()[:3] == [
        "Upgrade readiness, what one schema admits and another does not: 1",
        "Not valid: 1",
        "Residue: what no row says: 2",
    ]
    first = page.locator("details").first
    assert first.get_by_role("rowheader").all_inner_texts() == ["<forbidden> is not allowed in devices"]
    assert first.get_by_role("link", name="new vms.xml").get_attribute("href") == "../fleet%20vms/new%20vms.xml"
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert not first.locator("td").first.is_visible()


def test_a_cell_of_the_map_says_what_it_is_and_leads_there(look: Look, pages: dict[str, Path]) -> None:
    page = look(pages["coverage"])
    cell = page.get_by_role("link", name="@name: claimed")
    assert cell.get_attribute("href") == "house/house.toml#L8"
    cell.focus()
    said = cell.evaluate("cell => getComputedStyle(cell, '::after').content")
    assert said.startswith('"@name: claimed')
    page.get_by_role("link", name="lamp: missing").click()
    assert page.url.endswith("#missing")
    assert page.get_by_role("listitem").filter(has_text="lamp: house.rng").count() == 1


@pytest.mark.skipif(not SCHEMAS, reason="no schemas; point XFORM_CORPUS to a folder with schemas/")
def test_every_block_of_a_large_map_has_room_for_its_name(look: Look, tmp_path: Path) -> None:
    run("coverage", "--html", tmp_path / "map.html", "--schemas", SCHEMAS[-1], dialect="domain")
    names = look(tmp_path / "map.html").locator("section h2")
    assert "others" in names.all_inner_texts()
    assert names.evaluate_all("all => all.filter(h2 => h2.scrollWidth > h2.clientWidth).map(h2 => h2.title)") == []


def test_keys_skip_the_map(look: Look, pages: dict[str, Path]) -> None:
    page = look(pages["coverage"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Past the map"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "By element"
