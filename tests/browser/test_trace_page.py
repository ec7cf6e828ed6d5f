"""A trace as a page: what is pointed at in the entity, the rows or the document lights up in the other two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xform
from tests.browser.conftest import disk, domain, trace

pytestmark = pytest.mark.xdist_group("browser")

Look = Callable[..., Any]
PANES = {name: f'[role=listbox][aria-labelledby="{name}"]' for name in ("entity", "rows", "xml")}


@pytest.fixture
def page(look: Look, pages: dict[str, Path]) -> Any:
    return look(pages["trace"])


def option(page: Any, pane: str, text: str) -> Any:
    return page.locator(PANES[pane]).get_by_role("option").filter(has_text=text).first


def lit(page: Any) -> dict[str, list[str]]:
    """What is lit in each pane, but for tags around it and the comments of rows."""
    return {
        name: [text.split("\n")[0].strip() for text in page.locator(f"{pane} .lit:not(.tag)").all_inner_texts()]
        for name, pane in PANES.items()
    }


LINE = xform.load("ovirt").classes.table(xform.load("ovirt").Disk).fields["target"].origin.line
TARGET = {
    "entity": ["target: vda"],
    "rows": ['target = "target/@dev : str"'],
    "xml": ["dev='vda'"],
}
TARGETS = {**TARGET, "entity": ["target: vda", "target: vdb"], "xml": ["dev='vda'", "dev='vdb'"]}
NOTHING: dict[str, list[str]] = {name: [] for name in PANES}


def told(page: Any) -> str:
    return str(page.get_by_role("status").inner_text())


@pytest.mark.parametrize(("pane", "text"), [("entity", "target: vda"), ("xml", "dev='vda'")])
def test_a_field_and_its_place_light_up_each_other_and_the_row(page: Any, pane: str, text: str) -> None:
    option(page, pane, text).hover()
    assert lit(page) == TARGET
    assert told(page) == f"disks[0].target · ovirt/disk.toml:{LINE} · line 9"


def test_a_row_lights_up_all_that_it_says(page: Any) -> None:
    option(page, "rows", "target/@dev").hover()
    assert lit(page) == TARGETS
    assert told(page) == f"disks[0].target, disks[1].target · ovirt/disk.toml:{LINE} · lines 9, 14"


def test_the_tags_that_a_field_needs_are_marked_with_it(page: Any) -> None:
    option(page, "entity", "name: web").hover()
    assert page.locator(".tag.lit").all_inner_texts() == ["<name", ">", "</name>"]


def test_a_row_stands_beside_its_line_and_its_comment(page: Any) -> None:
    row = option(page, "rows", "target/@dev")
    assert (row.get_attribute("data-line"), row.get_attribute("data-place")) == (f"{LINE}", f"ovirt/disk.toml:{LINE}")
    assert row.locator(".comment").inner_text() == "guest-visible name, a hint; `plan` chooses it"


def test_residue_is_marked_and_lights_up_as_one(page: Any) -> None:
    option(page, "rows", "residue").hover()
    assert lit(page) == {"entity": [], "rows": ["residue: no row says it"], "xml": ["odd='***'", "***"]}
    assert page.get_by_text("residue: 2").is_visible()


def test_secrets_and_residue_are_masked(page: Any) -> None:
    assert option(page, "entity", "password: ***").count() == option(page, "xml", "passwd='***'").count() == 1
    assert "hush" not in page.content()


def test_arrow_keys_walk_within_a_pane(page: Any) -> None:
    option(page, "entity", "target: vda").focus()
    assert lit(page) == TARGET
    page.keyboard.press("ArrowDown")
    assert lit(page)["entity"] == ["interface: virtio"]
    page.keyboard.press("ArrowUp")
    assert lit(page) == TARGET
    page.keyboard.press("Home")
    assert lit(page)["xml"] == ["type='kvm'"]
    page.keyboard.press("ArrowUp")
    assert lit(page)["xml"] == ["type='kvm'"]


def test_the_tab_key_goes_to_what_is_lit_in_the_next_pane(page: Any) -> None:
    option(page, "entity", "target: vda").focus()
    for pane, text in (("rows", "target/@dev"), ("xml", "dev='vda'")):
        page.keyboard.press("Tab")
        assert option(page, pane, text).evaluate("one => one === document.activeElement")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert option(page, "entity", "target: vda").evaluate("one => one === document.activeElement")


def test_enter_holds_what_is_lit_and_escape_lets_go(page: Any) -> None:
    option(page, "entity", "target: vda").focus()
    page.keyboard.press("Enter")
    assert option(page, "entity", "target: vda").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    option(page, "xml", "file='/images/2'").hover()
    assert lit(page) == TARGET
    page.keyboard.press("Escape")
    assert page.locator("[aria-selected=true]").count() == 0
    assert (lit(page), told(page)) == (NOTHING, "Nothing is lit.")


def test_a_click_holds_and_another_lets_go(page: Any) -> None:
    option(page, "xml", "dev='vda'").click()
    option(page, "xml", "dev='vdb'").hover()
    assert lit(page) == TARGET
    option(page, "xml", "dev='vda'").click()
    option(page, "xml", "dev='vdb'").hover()
    assert lit(page)["xml"] == ["dev='vdb'"]


def test_a_tag_holds_as_well(page: Any) -> None:
    page.locator(".tag", has_text="</name>").click()
    option(page, "entity", "target: vda").hover()
    assert lit(page)["entity"] == ["name: web"]
    page.keyboard.press("Escape")
    assert lit(page) == NOTHING


def test_a_phone_shows_all_three_panes_and_what_is_lit_in_them(look: Look, tmp_path: Path) -> None:
    page = look(
        trace(tmp_path, domain(*(disk(number, f"vd{number}") for number in range(1, 10)))), width=375, height=700
    )
    option(page, "entity", "target: vd9").click()
    for text, pane in PANES.items():
        box, one = page.locator(pane).bounding_box(), page.locator(f"{pane} .lit:not(.tag)").first.bounding_box()
        assert box["y"] <= one["y"] <= one["y"] + one["height"] <= box["y"] + box["height"] <= 700, text


def test_L294_a_value_over_several_lines_lights_up_on_each(look: Look, tmp_path: Path) -> None:
    xml = domain(f"<graphics type='vnc' passwd='hush\nhush'\n port='1'/>{disk(1, 'vda').strip()}")
    page = look(trace(tmp_path, xml.replace("\n  <", "<").rstrip()))
    option(page, "xml", "dev='vda'").hover()
    assert lit(page) == TARGET
    option(page, "entity", "password: ***").hover()
    assert lit(page)["xml"] == ["passwd='***", "***'"]
