"""`xform match`: what is told for people, for programs, and on a page."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import xform
import xform.monitor
from tests.cli.conftest import Xform
from tests.test_match import ID, disk, document, nic
from xform.monitor.follow import follow
from xform.monitor.store import Store

SHED = """\
format = 1

[Shed]
element = "shed"

[Shed.row]
doors = "door : list Door by name"

[Door.row]
name = "@name : str !"
open = "@open : bool yes no"

[Door.match]
ladder = ["name"]

[Door.known]
keys = "uint"
"""
Page = Callable[[str, str], str]


@pytest.fixture
def texts(tmp_path: Path) -> tuple[str, str]:
    """A document as it was, parsed, and as it is now."""
    mac = "52:54:00:00:00:0{0}"
    before = document(disk("sda", 1), disk("sdb", 2), nic(mac.format(1), 3)).replace("<domain>", "<domain id='7'>")
    now = document(disk("sdc", 1), disk("sdb"), nic(mac.format(1), 3)).replace("<domain>", "<domain id='7'>")
    (tmp_path / "before.xml").write_text(before)
    (tmp_path / "now.xml").write_text(now)
    return str(tmp_path / "before.xml"), str(tmp_path / "now.xml")


@pytest.fixture
def known(texts: tuple[str, str], tmp_path: Path, call: Xform) -> str:
    parsed = call("parse", texts[0], "--json", dialect="ovirt")
    (tmp_path / "known.json").write_text(parsed.stdout)
    return str(tmp_path / "known.json")


def test_two_documents_are_compared_with_no_other_file(texts: tuple[str, str], known: str, call: Xform) -> None:
    found = call("match", texts[1], "--known", known, "--json", dialect="ovirt")
    assert found.exit_code == 1
    said = json.loads(found.stdout)
    assert [(one["kind"], one["id"], one["alias"], one["rung"]) for one in said["pairs"]] == [
        ("disks", ID.format(1), f"ua-{ID.format(1)}", ["id"]),
        ("nics", ID.format(3), f"ua-{ID.format(3)}", ["id"]),
    ]
    assert [(one["kind"], one["id"], one["unplugged"]) for one in said["missing"]] == [("disks", ID.format(2), True)]
    assert [one["found"]["target"] for one in said["new"]] == ["sdb"]
    assert said["changes"] == {
        "fields": {},
        "updated": [{"kind": "disks", "id": ID.format(1), "fields": {"target": ["sda", "sdc"]}}],
    }


def test_explain_says_of_each_device_what_every_rung_found(texts: tuple[str, str], known: str, call: Xform) -> None:
    said = call("match", texts[1], "--known", known, "--explain", dialect="ovirt").stdout
    assert (
        f"disks  {ID.format(2)}  not found\n"
        f"    id {ID.format(2)}: nobody has that\n"
        "    alias: has none\n"
        "    serial: has none\n"
        "    wwn: has none\n"
        "    source.path: has none\n"
        "    source.protocol + source.name: has none\n"
        "    source.pool + source.volume: has none\n"
        "    interface + target scsi sdb: who has that is another one\n"
        "    address: has none\n"
    ) in said
    assert f"nics  {ID.format(3)}  paired\n    id {ID.format(3)}: this is the one\n" in said
    assert said.endswith("2 paired, 1 new, 1 missing, 0 ambiguous\n")


def test_what_several_have_is_counted(tmp_path: Path, call: Xform) -> None:
    twice = document(nic("52:54:00:00:00:01"), nic("52:54:00:00:00:01"))
    (tmp_path / "twice.xml").write_text(twice)
    (tmp_path / "known.json").write_text(call("parse", str(tmp_path / "twice.xml"), "--json", dialect="ovirt").stdout)
    asked = ("match", str(tmp_path / "twice.xml"), "--known", str(tmp_path / "known.json"), "--explain")
    assert "    mac 52:54:00:00:00:01: 2 have that, and nothing tells which\n" in call(*asked, dialect="ovirt").stdout


def test_what_no_rung_tells_apart_is_told_in_full(tmp_path: Path, call: Xform) -> None:
    file, known = tmp_path / "x.xml", tmp_path / "x.json"
    disks = "<disk type='file'><target dev='vda'/></disk>" * 2 + "<disk/>"
    file.write_text(f"<domain type='kvm'><name>x</name><devices>{disks}</devices></domain>")
    known.write_text(call("parse", file, "--json", dialect="domain").stdout)
    table = call("match", file, "--known", known, dialect="domain").stdout
    assert {line.rpartition("  ")[2] for line in table.splitlines()[1:-1]} == {"not told apart"}


def test_what_one_has_is_told_of_one(tmp_path: Path, call: Xform) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "shed"\nroot = "Shed"\n')
    only = SHED.replace('ladder = ["name"]', 'ladder = ["name", "only"]')
    (tmp_path / "shed.toml").write_text(only)
    (tmp_path / "shed.xml").write_text("<shed><door name='a'/><door name='b'/></shed>")
    (tmp_path / "known.yaml").write_text("doors: [{name: c}, {name: a}, {name: a}]")
    asked = ("match", tmp_path / "shed.xml", "--known", tmp_path / "known.yaml", "--explain")
    said = call(*asked, dialect=tmp_path).stdout
    assert "name a: one has that, and nothing tells whether it is this one\n" in said
    assert "only: this is not the only one of its kind\n" in said
    (tmp_path / "shed.xml").write_text("<shed/>")
    (tmp_path / "known.yaml").write_text("doors: [{name: c}]")
    assert "only: nobody is of its kind\n" in call(*asked, dialect=tmp_path).stdout


def test_the_page_lays_known_and_reported_side_by_side(
    texts: tuple[str, str], known: str, tmp_path: Path, call: Xform
) -> None:
    page = tmp_path / "page.html"
    call("match", texts[1], "--known", known, "--html", str(page), dialect="ovirt")
    text = page.read_text()
    assert "2 paired, 1 new, 1 missing, 0 ambiguous." in text
    assert '<tr class="differs"><th scope="row">target<td>sda<td>sdc' in text
    assert f"<details open><summary><b>disks</b> {ID.format(2)}: unplugged</summary>" in text
    assert f"<details><summary><b>nics</b> {ID.format(3)}: paired by id</summary>" in text
    assert not re.search("https?:", text)


def test_the_page_shows_no_secret(tmp_path: Path, call: Xform) -> None:
    screen = document("<graphics type='vnc' port='1' passwd='hunter2'/>")
    (tmp_path / "screen.xml").write_text(screen)
    (tmp_path / "known.json").write_text(call("parse", str(tmp_path / "screen.xml"), "--json", dialect="ovirt").stdout)
    page = tmp_path / "page.html"
    asked = ("match", str(tmp_path / "screen.xml"), "--known", str(tmp_path / "known.json"), "--html", str(page))
    assert call(*asked, dialect="ovirt").exit_code == 0
    assert "***" in page.read_text()
    assert "hunter2" not in page.read_text()


def test_known_may_be_what_a_monitor_stored(texts: tuple[str, str], tmp_path: Path, call: Xform) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    ovirt = xform.load("ovirt")
    with closing(Store(url, ovirt)) as store:
        followed = follow(ovirt, None, Path(texts[0]).read_bytes())
        at = datetime(2026, 1, 1, tzinfo=UTC)
        store.save(followed.known, followed.changes, stored=None, connection="here", state="running", at=at)
    found = call("match", texts[1], "--known", url, "--json", dialect="ovirt")
    said = json.loads(found.stdout)
    assert [(one["kind"], one["id"]) for one in said["pairs"]] == [("disks", ID.format(1)), ("nics", ID.format(3))]
    assert [(one["id"], one["unplugged"]) for one in said["missing"]] == [(ID.format(2), True)]


def test_a_vm_that_is_not_stored_is_named(texts: tuple[str, str], tmp_path: Path, call: Xform) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    Store(url, xform.load("ovirt")).close()
    found = call("match", texts[1], "--known", url, dialect="ovirt")
    assert found.exit_code == 2
    said = f"the store knows no VM {ID.format(0)} (x); expected one that xform monitor has followed into it"
    assert said in found.stderr


def test_a_store_that_is_not_there_is_not_made(texts: tuple[str, str], tmp_path: Path, call: Xform) -> None:
    found = call("match", texts[1], "--known", f"sqlite:///{tmp_path}/store.db", dialect="ovirt")
    assert found.exit_code == 2
    assert f"{tmp_path}/store.db: no such store; expected one that xform monitor made" in found.stderr
    assert not (tmp_path / "store.db").exists()


def test_the_table_says_what_differs(texts: tuple[str, str], known: str, tmp_path: Path, call: Xform) -> None:
    more = Path(texts[1]).read_text().replace("</name>", "</name><memory unit='KiB'>2048</memory>")
    more = more.replace("<target dev='sdc'", "<driver cache='none'/><target dev='sdc'")
    (tmp_path / "more.xml").write_text(more)
    said = call("match", str(tmp_path / "more.xml"), "--known", known, dialect="ovirt").stdout
    assert any("target sdc, cache none" in line and line.startswith("disks") for line in said.splitlines())
    assert any(line.split() == ["the", "VM", "–", "memory", "2", "differs"] for line in said.splitlines())


@pytest.mark.parametrize("options", [[], ["--explain"]])
def test_no_value_breaks_its_line(tmp_path: Path, call: Xform, options: list[str]) -> None:
    file, known = tmp_path / "x.xml", tmp_path / "x.json"
    disk = "<disk type='file' device='cdrom'><source file='/a&#10;b&#9;'/><target dev='sda'/></disk>"
    file.write_text(f"<domain type='kvm'><name>x</name><devices>{disk}</devices></domain>")
    known.write_text(call("parse", file, "--json", dialect="domain").stdout)
    said = call("match", file, "--known", known, *options, dialect="domain").stdout
    assert r"/a\nb\t" in said
    assert "/a\nb" not in said


def test_what_a_store_needs_is_named(
    texts: tuple[str, str], tmp_path: Path, call: Xform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xform.monitor.store", None)
    monkeypatch.delattr(xform.monitor, "store")
    (tmp_path / "store.db").touch()
    found = call("match", texts[1], "--known", f"sqlite:///{tmp_path}/store.db", dialect="ovirt")
    assert found.exit_code == 2
    assert "install it with: pip install 'libvirt-xform[monitor]'" in found.stderr


def test_what_differs_is_told_also_where_nobody_knows_of_which_start_it_is(tmp_path: Path, call: Xform) -> None:
    was = document(disk("sda", 1)).replace("<target", "<source file='/a'/><target")
    (tmp_path / "was.xml").write_text(was)
    (tmp_path / "now.xml").write_text(was.replace("/a", "/b"))
    (tmp_path / "known.json").write_text(call("parse", str(tmp_path / "was.xml"), "--json", dialect="ovirt").stdout)
    page = tmp_path / "page.html"
    asked = ("match", str(tmp_path / "now.xml"), "--known", str(tmp_path / "known.json"), "--html", str(page))
    said = call(*asked, dialect="ovirt").stdout
    assert "  differs in source  id\n" in said
    assert "as known" not in said
    assert "paired by id; differs in source" in page.read_text()


def test_of_what_was_planned_only_the_fields_that_it_had_are_told(tmp_path: Path, call: Xform) -> None:
    was = document(disk("sda", 1)).replace("</name>", "</name><memory unit='MiB'>1</memory>")
    (tmp_path / "was.xml").write_text(was.replace("<target", "<source file='/a'/><target"))
    now = was.replace("MiB'>1", "MiB'>2").replace("</memory>", "</memory><vcpu>2</vcpu>")
    now = now.replace("<target dev='sda'", "<driver cache='none'/><source file='/b'/><target dev='sdb'")
    (tmp_path / "now.xml").write_text(now)
    (tmp_path / "known.json").write_text(call("parse", str(tmp_path / "was.xml"), "--json", dialect="ovirt").stdout)
    said = call("match", str(tmp_path / "now.xml"), "--known", str(tmp_path / "known.json"), dialect="ovirt").stdout
    assert f"{ID.format(1)}  target sdb, differs in source  id\n" in said
    assert "the VM  –                                     differs in memory              differs\n" in said


@pytest.fixture
def shed(tmp_path: Path, call: Xform) -> Page:
    """The page of a match in a dialect of its own: the text that a shed is known by, and the document of it."""
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "shed"\nroot = "Shed"\n')
    (tmp_path / "shed.toml").write_text(SHED)

    def made(known: str, document: str) -> str:
        (tmp_path / "known.yaml").write_text(known)
        (tmp_path / "shed.xml").write_text(document)
        asked = (tmp_path / "shed.xml", "--known", tmp_path / "known.yaml", "--html", tmp_path / "page.html")
        assert call("match", *asked, dialect=str(tmp_path)).exit_code == 0
        return (tmp_path / "page.html").read_text()

    return made


def test_the_page_reports_nothing_that_no_document_holds(shed: Page) -> None:
    page = shed("doors: [{name: front, keys: 2}]", "<shed><door name='front'/></shed>")
    assert '<tr><th scope="row">keys<td>2<td>\n' in page
    assert "paired by name</summary>" in page


def test_the_page_tells_yes_from_no(shed: Page) -> None:
    page = shed("doors: [{name: front, open: true}]", "<shed><door name='front' open='no'/></shed>")
    assert '<tr class="differs"><th scope="row">open<td>yes<td>no\n' in page


def test_the_page_is_called_by_its_document(shed: Page, tmp_path: Path) -> None:
    page = shed("doors: []", "<shed/>")
    assert f"<title>xform match {tmp_path}/shed.xml</title>" in page
    assert f"<h1>xform match {tmp_path}/shed.xml</h1>" in page
