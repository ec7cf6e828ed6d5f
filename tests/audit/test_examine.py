"""What a worker finds of one document: who admits it, what no row says, what does not match, what is otherwise."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from attrs import evolve

import xform
from tests import corpus
from tests.audit.conftest import box
from tests.monitor.hosts import Host, document, vm_id
from xform.audit import examine as worker
from xform.audit.chunk import Chunk, Entry
from xform.audit.examine import Found, Row, differing, examine, examine_packed
from xform.audit.job import Job, schema_folder, tables_folder
from xform.errors import XformError
from xform.laws.corpus import Outcome
from xform.laws.finding import Finding
from xform.monitor.manager import tell
from xform.monitor.store import Store
from xform.monitor.watch import Monitor
from xform.schema import find_schemas


def row(job: Job, entry: Entry) -> Row:
    (found,) = examine(job, Chunk(0, (entry,)))  # type: ignore[misc]
    return found


def found(job: Job, entry: Entry) -> list[tuple[str, str, str]]:
    return [(one.check, one.of, one.path) for one in row(job, entry).found]


def test_a_document_that_the_tables_say_whole_is_read_and_nothing_else(job: Job) -> None:
    one = row(job, box(1))
    assert (one.state, one.id, one.found, one.error) == ("read", "box1", (), "")
    assert one.size == len(box(1).xml)


def test_what_no_row_says_is_told_by_its_path_without_its_value(job: Job) -> None:
    entry = Entry(
        "here", "a", b"<box><name>a</name><extra>sesame</extra><item label='x' b='sesame'/><item label='y'/></box>"
    )
    assert found(job, entry) == [("residue", "element", "/box/extra"), ("residue", "attribute", "/box/item/@b")]
    assert "sesame" not in repr(row(job, entry))


def test_comments_and_instructions_are_nobodys_to_say(job: Job) -> None:
    assert found(job, Entry("here", "a", b"<box><!-- a --><?b c?><name>a</name></box>")) == []


def test_what_a_row_cannot_say_is_told(job: Job) -> None:
    assert found(job, Entry("here", "a", b"<box><name>a</name><paint>blue</paint></box>")) == [
        ("drift", "Box.color", "/box/paint"),
    ]


@pytest.mark.parametrize(
    ("xml", "state"),
    [(b"<box><name>", "unread"), (b"", "unread"), (b"<network/>", "other"), (b"<box/>", "read")],
)
def test_each_document_has_a_state(xml: bytes, state: str, job: Job) -> None:
    one = row(job, Entry("here", "a.xml", xml))
    assert one.state == state
    assert bool(one.error) == (state == "unread")


def test_what_could_not_be_had_is_a_row(job: Job) -> None:
    one = row(job, Entry("here", "a.xml", error="a.xml: gone"))
    assert (one.state, one.error) == ("unread", "a.xml: gone")


def test_what_a_rule_raises_on_stays_and_what_it_says_is_not_told(job: Job) -> None:
    assert found(job, box(1, "fuse='wet'")) == [("residue", "attribute", "/box/@fuse")]
    assert "sesame" not in repr(row(job, box(1, "fuse='wet'")))


def test_what_reading_raises_is_told_without_what_it_says(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("sesame")

    monkeypatch.setattr(xform.Dialect, "detailed", fail)
    one = row(job, box(1))
    assert (one.state, one.error) == ("failed", "RuntimeError was raised")


def test_stale_metadata_are_told_apart() -> None:
    job = Job(tables_folder(xform.load("ovirt")))
    xml = document("a").replace(
        b"<devices>",
        b"<metadata><o:vm xmlns:o='http://ovirt.org/vm/1.0'><o:device devtype='disk' name='sdz'>"
        b"<o:poolID>5849b030-626e-47cb-ad90-3ce782d831b3</o:poolID></o:device></o:vm></metadata><devices>",
    )
    assert ("residue", "stale metadata", "/domain/metadata/o:vm/o:device") in found(job, Entry("here", "a", xml))


def test_a_law_that_does_not_hold_is_told(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from xform.laws import corpus as laws
    from xform.laws.finding import Finding

    monkeypatch.setitem(laws.LAWS, "get-put", lambda case: [Finding("get-put", "/box/item[2]", "lost", 3)])
    one = row(evolve(job, laws=("get-put",)), box(1))
    assert one.found == (Found("law", "get-put", "/box/item", 3, "lost"),)


# --- validity -------------------------------------------------------------------------------------------------------


@corpus.needed
def test_documents_of_one_version_are_told_by_the_schema_of_the_other() -> None:
    schemas = [corpus.HOME / "schemas" / f"libvirt-{version}" for version in ("9.0.0", "11.3.0")]
    job = Job(tables_folder(xform.load("domain")), tuple((one.name[8:], schema_folder(one)) for one in schemas))
    xml = (
        document("a")
        .replace(b"</devices>", b"<watchdog model='itco'/></devices>")
        .replace(b"type='test'", b"type='kvm'")
    )
    one = row(job, Entry("here", "a", xml))
    assert one.valid == ("11.3.0",)
    assert [(told.check, told.of) for told in one.found] == [("schema", "9.0.0")]


@pytest.mark.parametrize("place", ["<on_poweroff>{}</on_poweroff>", "<clock offset='{}'/>"], ids=["text", "attribute"])
def test_what_is_wrong_is_said_without_the_value_that_one_document_has(place: str) -> None:
    domain = xform.load("domain")
    job = Job(tables_folder(domain), (("installed", schema_folder(find_schemas(None, str(domain.tables.schema)))),))
    documents = [document("a").replace(b"<os>", place.format(value).encode() + b"<os>") for value in ("one", "two")]
    told = [one for xml in documents for one in row(job, Entry("here", "a", xml)).found if one.check == "schema"]
    assert len(told) == 2
    assert len(set(told)) == 1


def test_L402_a_worker_of_another_version_does_not_even_open_what_it_is_sent() -> None:
    with pytest.raises(XformError, match=r"^a worker has libvirt-xform \S+; expected 0\.0, as the command has$"):
        examine_packed("0.0", b"of other fields")


# --- a store --------------------------------------------------------------------------------------------------------


@corpus.needed
def test_the_law_of_schemas_is_tried_against_each(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Outcome({"schema": [Finding("schema", "/domain", "is otherwise")]})
    monkeypatch.setattr(worker, "outcome", lambda *_: broken)
    homes = {label: corpus.HOME / "schemas" / f"libvirt-{label}" for label in ("9.0.0", "11.3.0")}
    schemas = tuple((label, schema_folder(home)) for label, home in homes.items())
    job = Job(tables_folder(xform.load("domain")), schemas, ("schema",))
    assert [one for one in found(job, Entry("here", "a", document("a"))) if one[0] == "law"] == [
        ("law", "schema 9.0.0", "/domain"),
        ("law", "schema 11.3.0", "/domain"),
    ]


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """A store that has followed a VM with one disk, which its manager knows."""
    domain, url = xform.load("domain"), f"sqlite:///{tmp_path / 'store.db'}"
    with closing(Store(url, domain)) as store:
        tell(domain, store, domain.parse(document("a")))
        assert Monitor(domain, store, [Host(a=document("a"))]).once()
    return url


def test_a_document_is_matched_with_what_the_store_knows(store_url: str) -> None:
    job = Job(tables_folder(xform.load("domain")), known=store_url)
    same = found(job, Entry("here", "a", document("a")))
    other = found(job, Entry("here", "a", document("a", disks={"vdb": "none"})))
    unknown = row(job, Entry("here", "b", document("b")))
    assert [one for one in same if one[0] == "match"] == []
    assert [one for one in other if one[0] == "match"] == [("match", "new", "disks"), ("match", "missing", "disks")]
    assert [one.message for one in unknown.found if one.check == "match"] == [f"the store knows no VM {vm_id('b')} (b)"]


def test_a_document_whose_vm_the_store_holds_for_gone_is_told(store_url: str) -> None:
    with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE vm SET state = 'gone'")
        database.commit()
    job = Job(tables_folder(xform.load("domain")), known=store_url)
    assert ("match", "gone", "") in found(job, Entry("here", "a", document("a")))


def test_a_device_that_the_store_holds_for_unplugged_is_not_missing(store_url: str) -> None:
    domain, without = xform.load("domain"), document("a", disks={"vdb": "none"})
    with closing(Store(store_url, domain)) as store:
        assert Monitor(domain, store, [Host(a=without)]).once()
    job = Job(tables_folder(domain), known=store_url)
    assert [one for one in found(job, Entry("here", "a", without)) if one[0] == "match"] == []


def test_a_vm_that_the_tables_cannot_read_from_the_store_is_a_row(store_url: str) -> None:
    with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE device SET entity = '\"x\"'")
        database.commit()
    job = Job(tables_folder(xform.load("domain")), known=store_url)
    (told,) = [one for one in row(job, Entry("here", "a", document("a"))).found if one.check != "residue"]
    assert (told.check, told.of) == ("error", "match")
    assert f"the tables cannot read what is stored of VM {vm_id('a')}" in told.message


def test_devices_of_the_store_that_the_tables_have_no_field_for_are_told(store_url: str) -> None:
    with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE device SET kind = 'zorks'")
        database.commit()
    job = Job(tables_folder(xform.load("domain")), known=store_url)
    assert ("match", "unknown kind", "zorks") in found(job, Entry("here", "a", document("a")))


def test_L400_a_store_that_was_replaced_since_another_audit_is_opened_anew(store_url: str) -> None:
    tables, file = tables_folder(xform.load("domain")), Path(store_url.removeprefix("sqlite:///"))
    first = Job(tables, known=store_url)
    assert "match" not in [one for one, *_ in found(first, Entry("here", "a", document("a")))]
    for one in file.parent.glob("store.db*"):
        one.unlink()
    Store(store_url, xform.load("domain")).close()
    again = Job(tables, known=store_url)
    assert again.digest == first.digest
    assert ("match", "unknown VM", "") in found(again, Entry("here", "a", document("a")))


# --- other tables ---------------------------------------------------------------------------------------------------


def test_what_other_tables_would_make_otherwise_is_told_by_field_and_by_path(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in site.glob("*.*"):
        text = file.read_text().replace('note   : text"', 'remark   : text"').replace("const red", "const blue")
        (other / file.name).write_text(text)
    job = Job(tables_folder(xform.load(str(site))), against=tables_folder(xform.load(str(other))))
    entry = Entry("here", "a", b"<box><name>a</name><item label='x'/><item label='y'><note>sesame</note></item></box>")
    assert [one for one in found(job, entry) if one[0] in ("parse", "generate")] == [
        ("parse", "differs", "items[].note"),
        ("generate", "differs", "/box/item/note"),
        ("generate", "differs", "/box/paint"),
    ]
    assert "sesame" not in repr(row(job, entry))


def test_a_number_and_a_truth_that_python_takes_for_one_are_told() -> None:
    assert [*differing({"a": [1], "b": 2}, {"a": [True], "b": 2})] == ["a[]"]


def other_of(site: Path, file: str, old: str, new: str) -> Path:
    """The same tables, but for one place."""
    folder = site.with_name("other")
    shutil.copytree(site, folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    return folder


def against(site: Path, other: Path) -> Job:
    return Job(tables_folder(xform.load(str(site))), against=tables_folder(xform.load(str(other))))


@pytest.mark.parametrize(
    ("swapped", "state", "said"), [(False, "read", "refused by the other"), (True, "other", "only by the other")]
)
def test_a_document_that_only_one_of_two_dialects_reads_is_told(
    swapped: bool, state: str, said: str, site: Path
) -> None:
    tables = [site, other_of(site, "box.toml", 'element = "box"', 'element = "crate"')]
    one = row(against(*(tables[::-1] if swapped else tables)), box(1))
    assert (one.state, [(told.check, told.of) for told in one.found]) == (state, [("parse", said)])


@pytest.mark.parametrize(("swapped", "said"), [(False, "refused by the other"), (True, "only by the other")])
def test_a_document_that_only_one_of_two_dialects_makes_is_told(swapped: bool, said: str, site: Path) -> None:
    tables = [
        site,
        other_of(site, "rules.py", "encode=lambda value: value", "encode=lambda value: {'dry': value}[value]"),
    ]
    one = row(against(*(tables[::-1] if swapped else tables)), box(1, "fuse='moist'"))
    assert one.found == (Found("generate", said, "", message="fuse: its rule raised KeyError (rules.py:16)"),)


def test_lists_of_other_lengths_differ_as_a_whole() -> None:
    left, right = {"a": [1, 2], "b": [{"c": 1}], "d": 1}, {"a": [1], "b": [{"c": 2}], "d": 1, "e": 3}
    assert [*differing(left, right)] == ["a", "b[].c", "e"]


def test_a_worker_keeps_what_it_made_for_a_job(job: Job) -> None:
    row(job, box(1))
    made = worker._made[job.digest]
    row(job.bare(), box(2))
    assert worker._made[job.digest] is made
