"""Where documents come from: each source gives the same ones, and what is wrong with one is said of it alone."""

from __future__ import annotations

import gzip
import lzma
import os
import random
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import xform
from tests.monitor.hosts import Host, document, vm_id
from xform.audit.chunk import BYTES, DOCUMENTS, Entry, cut, unescaped
from xform.audit.sources import Source, open_sources
from xform.errors import XformError
from xform.monitor.manager import tell
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

DOMAIN = xform.load("domain")
DOCUMENTS_OF = {f"vm{number}.xml": document(f"vm{number}") for number in range(3)}


def entries(*texts: object, query: str | None = None) -> list[Entry]:
    return [entry for source in opened(*texts, query=query) for entry in source.entries()]


def opened(*texts: object, query: str | None = None) -> list[Source]:
    return open_sources([*map(str, texts)], DOMAIN, query)


def held(found: list[Entry]) -> dict[str, bytes]:
    assert [entry.error for entry in found if entry.error] == []
    return {entry.name: entry.xml for entry in found}


# --- one after another ----------------------------------------------------------------------------------------------


def test_a_folder_gives_its_documents_in_order(tmp_path: Path) -> None:
    for name, xml in DOCUMENTS_OF.items():
        (tmp_path / name).write_bytes(xml)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.xml").write_text("<domain/>")
    (tmp_path / "notes.txt").write_text("no document")
    (source,) = opened(tmp_path)
    assert [entry.name for entry in source.entries()] == ["inner/a.xml", *DOCUMENTS_OF]
    assert source.count == 4


def test_links_to_folders_are_followed_and_none_is_read_twice(tmp_path: Path) -> None:
    for name in ("vms/inner", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.xml").write_text("<domain/>")
    links = {"b": "vms/inner", "inner/up": "vms", "linked": "elsewhere", "more": "elsewhere"}
    for name, place in links.items():
        (tmp_path / "vms" / name).symlink_to(tmp_path / place)
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path)
    assert [entry.name for entry in entries(tmp_path / "vms")] == ["inner/a.xml", "linked/a.xml"]


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights do not keep root out, so the listing itself fails here."""
    (tmp_path / "a.xml").write_text("<domain/>")
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refused(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    one, other = entries(tmp_path)
    assert (one.name, other.name, other.xml) == ("a.xml", "closed", b"")
    assert other.error


def test_a_link_in_an_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<domain/>")
    os.link(tmp_path / "a.xml", tmp_path / "b.xml")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("a.xml", "b.xml"):
            archive.add(tmp_path / name, name)
    one, other = entries(tmp_path / "a.tar")
    assert (one.xml, other.error) == (b"<domain/>", "b.xml: a link to a.xml; expected a file")


def test_no_file_is_read_for_two_sources(tmp_path: Path) -> None:
    (tmp_path / "a.xml").touch()
    (tmp_path / "b.xml").touch()
    found = opened(tmp_path, f"{tmp_path}/", tmp_path / "a.xml")
    assert [(source.name, [entry.name for entry in source.entries()]) for source in found] == [
        (str(tmp_path), ["a.xml", "b.xml"])
    ]
    found = opened(tmp_path / "a.xml", tmp_path)
    assert [[entry.name for entry in source.entries()] for source in found] == [["a.xml"], ["b.xml"]]


def test_a_file_is_a_document(tmp_path: Path) -> None:
    file = tmp_path / "vm.xml"
    file.write_bytes(document("vm"))
    assert held(entries(file)) == {"vm.xml": document("vm")}


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.xz"])
def test_a_tar_archive_is_read_without_unpacking_it(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"vms.{suffix}"
    with tarfile.open(file, "w:" + suffix.partition(".")[2]) as archive:
        for name, xml in {"../climbs.xml": b"<domain/>", **DOCUMENTS_OF, "notes.txt": b"no document"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(xml)
            archive.addfile(member, BytesIO(xml))
    assert held(entries(file)) == {"../climbs.xml": b"<domain/>", **DOCUMENTS_OF}
    assert [one.name for one in tmp_path.iterdir()] == [file.name]


def test_a_parquet_file_that_is_damaged_within_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    documents = [random.Random(number).randbytes(1000) for number in range(100)]
    pq.write_table(pa.table({"name": [*map(str, range(100))], "xml": documents}), file, use_dictionary=False)
    data = file.read_bytes()
    file.write_bytes(data[:3000] + bytes([255] * 5000) + data[8000:])
    with pytest.raises(XformError, match=r"a\.parquet: .*; expected a whole Parquet file$"):
        entries(file)


@pytest.mark.parametrize("kind", ["string", "large_string", "binary", "large_binary", "dictionary"])
def test_whatever_a_column_of_texts_holds_is_a_row(kind: str, tmp_path: Path) -> None:
    held = pa.array([b"a", None, b"\xff"], pa.large_binary() if "large" in kind else pa.binary())
    column = held.view("string").dictionary_encode() if kind == "dictionary" else held.view(kind)
    pq.write_table(pa.table({"name": column, "xml": column}), tmp_path / "a.parquet")
    one, nothing, odd = entries(tmp_path / "a.parquet")
    assert (one.name, one.xml) == ("a", b"a")
    assert nothing.error == "a row has no name; expected one for each document"
    assert (odd.name, odd.xml) == (r"\udcff", b"\xff")


def test_a_column_of_anything_else_is_told(tmp_path: Path) -> None:
    for names, xml, said in (
        (pa.array([1], pa.timestamp("ns")), ["<domain/>"], r"the column name is of timestamp\[ns\]"),
        (["a"], [["<domain/>"]], "the column xml is of list<"),
    ):
        pq.write_table(pa.table({"name": names, "xml": xml}), tmp_path / "a.parquet")
        with pytest.raises(XformError, match=rf"a\.parquet: {said}.*; expected text or bytes"):
            opened(tmp_path / "a.parquet")
    pq.write_table(pa.table({"name": [7], "xml": ["<domain/>"]}), tmp_path / "a.parquet")
    assert held(entries(tmp_path / "a.parquet")) == {"7": b"<domain/>"}


def test_a_text_of_a_database_that_is_no_UTF_8_is_a_row(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("CREATE TABLE vms (name TEXT, xml TEXT)")
        database.execute("INSERT INTO vms VALUES ('a', CAST(X'3C61FF' AS TEXT)), ('b', '<domain/>')")
        database.commit()
    url = f"sqlite:///{tmp_path}/a.db"
    assert held(entries(url, query="SELECT * FROM vms")) == {"a": b"<a\xff", "b": b"<domain/>"}


def test_names_in_bytes_are_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"name": [b"vm1"], "xml": ["<domain/>"]}), tmp_path / "a.parquet")
    assert held(entries(tmp_path / "a.parquet")) == {"vm1": b"<domain/>"}


@pytest.mark.parametrize("group", [100, 6000], ids=["of many groups", "of one group"])
def test_L351_of_a_large_parquet_file_little_is_held(group: int, tmp_path: Path) -> None:
    documents = [random.Random(number).randbytes(10_000) for number in range(6000)]
    names = [str(number) for number in range(6000)]
    pq.write_table(pa.table({"name": names, "xml": documents}), tmp_path / "a.parquet", row_group_size=group)
    del documents
    (source,) = opened(tmp_path / "a.parquet")
    before = pa.total_allocated_bytes()
    most = max(pa.total_allocated_bytes() - before for _ in source.entries())
    assert most < (tmp_path / "a.parquet").stat().st_size / 2


@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string(), pa.string_view()])
def test_a_parquet_file_has_them_in_two_columns(kind: pa.DataType, tmp_path: Path) -> None:
    table = pa.table({"more": [1, 2, 3], "xml": [*DOCUMENTS_OF.values()], "name": [*DOCUMENTS_OF]})
    pq.write_table(table.set_column(1, "xml", table["xml"].cast(pa.binary()).cast(kind)), tmp_path / "a.parquet")
    (source,) = opened(tmp_path / "a.parquet")
    assert held([*source.entries()]) == DOCUMENTS_OF
    assert source.count == 3


def test_a_column_that_is_there_twice_is_told(tmp_path: Path) -> None:
    names = ["name", "xml", "name"]
    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 3, names=names), tmp_path / "a.parquet")
    with pytest.raises(XformError, match=r"a\.parquet: a column is there twice among name, xml, name; expected "):
        opened(tmp_path / "a.parquet")
    (tmp_path / "a.db").touch()
    with pytest.raises(XformError, match=r"a\.db: a column is there twice among name, xml, xml; expected "):
        entries(f"sqlite:///{tmp_path}/a.db", query="SELECT 1 AS name, 2 AS xml, 3 AS xml")


@pytest.mark.parametrize("name", [b"a:\xff.parquet", b"a.PARQUET", b"a.pq"])
def test_a_parquet_file_may_have_any_name(name: bytes, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(name)
    with file.open("wb") as out:
        pq.write_table(pa.table({"name": ["a"], "xml": ["<domain/>"]}), out)
    assert held(entries(file)) == {"a": b"<domain/>"}


def test_a_query_gives_them(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "inventory.db")) as database:
        database.execute("CREATE TABLE vms (id TEXT, dump BLOB)")
        database.executemany("INSERT INTO vms VALUES (?, ?)", [*DOCUMENTS_OF.items(), ("none", None)])
        database.commit()
    url = f"sqlite:///{tmp_path / 'inventory.db'}"
    found = entries(url, query="SELECT id AS name, dump AS xml FROM vms")
    assert held(found[:-1]) == DOCUMENTS_OF
    assert found[-1].error == "none: xml is empty; expected a document"
    with closing(sqlite3.connect(tmp_path / "inventory.db")) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("vms",)]


def test_a_query_of_postgresql_gives_them(postgres_url: str) -> None:
    query = "SELECT 'a' AS name, '<domain/>' AS xml UNION SELECT 'b', '<domain>' || chr(228) || '</domain>'"
    assert held(entries(postgres_url, query=query)) == {"a": b"<domain/>", "b": "<domain>ä</domain>".encode()}
    assert held(entries(postgres_url, query="SELECT 'a%' AS name, '<domain/>' AS xml WHERE 'web1' LIKE 'web%'"))
    with pytest.raises(XformError, match=r"^postgresql://xform@/store\d+\?host=\S+: .*CREATE"):
        entries(postgres_url, query="CREATE TABLE xml AS SELECT 1")
    with pytest.raises(XformError, match=r'at or near "DELETE"; expected a query that only reads$'):
        entries(postgres_url, query="DELETE FROM xml RETURNING name, xml")


@pytest.fixture
def store_of(tmp_path: Path) -> Callable[..., str]:
    """A monitor's store that has followed some VMs."""

    def followed(**vms: bytes) -> str:
        url = f"sqlite:///{tmp_path / 'store.db'}"
        with closing(Store(url, DOMAIN)) as store:
            assert Monitor(DOMAIN, store, [Host(**vms)]).once()
        return url

    return followed


def test_the_store_of_a_monitor_gives_what_it_knows(store_of: Callable[..., str]) -> None:
    found = held(entries(store_of(a=document("a", disks={"vda": "none"}), b=document("b"))))
    assert [*found] == sorted([vm_id("a"), vm_id("b")])
    (disk,) = DOMAIN.parse(found[vm_id("a")]).disks
    assert (disk.target, disk.cache) == ("vda", "none")


def test_a_store_may_be_called_anything_that_a_url_says(store_of: Callable[..., str], tmp_path: Path) -> None:
    store_of(a=document("a"))
    (tmp_path / "store.db").rename(tmp_path / "a store?.db")
    assert [*held(entries(f"sqlite:///{tmp_path}/a%20store%3F.db?timeout=9"))] == [vm_id("a")]
    with pytest.raises(XformError, match=r"/a b\.db: no such store; expected one that xform monitor made$"):
        entries(f"sqlite:///{tmp_path}/a%20b.db")


def test_a_store_gives_no_vm_that_is_gone(store_of: Callable[..., str]) -> None:
    url = store_of(a=document("a"), b=document("b"))
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute("UPDATE vm SET state = 'gone' WHERE name = 'a'")
        database.commit()
    assert [*held(entries(url))] == [vm_id("b")]


def test_a_store_gives_no_device_that_was_unplugged(tmp_path: Path) -> None:
    url, both = f"sqlite:///{tmp_path / 'store.db'}", document("a", disks={"vda": "none", "vdb": "none"})
    with closing(Store(url, DOMAIN)) as store:
        tell(DOMAIN, store, DOMAIN.parse(both))
        for seen in (both, document("a")):
            assert Monitor(DOMAIN, store, [Host(a=seen)]).once()
    (xml,) = held(entries(url)).values()
    assert [disk.target for disk in DOMAIN.parse(xml).disks] == ["vda"]


def test_a_connection_gives_what_runs_and_is_not_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(**{name: document(name) for name in "abcd"})
    host.states = {vm_id("b"): "paused", vm_id("c"): "off", vm_id("d"): "migrating"}
    monkeypatch.setattr("xform.monitor.source.open_source", lambda _: host)
    assert [*held(entries("test:///default"))] == sorted([vm_id("a"), vm_id("b")])


def test_a_connection_of_libvirt_gives_what_it_has() -> None:
    pytest.importorskip("libvirt")
    (entry,) = entries("test:///default")
    assert DOMAIN.parse(entry.xml).name == "test"


def test_L348_the_database_of_a_query_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a b?.db"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE vms (name TEXT, xml TEXT)")
        database.execute("INSERT INTO vms VALUES ('a', '<domain/>')")
        database.commit()
    before = file.read_bytes()
    url = f"sqlite:///{tmp_path}/a%20b%3F.db"
    assert held(entries(url, query="SELECT * FROM vms")) == {"a": b"<domain/>"}
    (tmp_path / "others").mkdir()
    for query in (
        "DELETE FROM vms RETURNING name, xml",
        f"VACUUM INTO '{tmp_path}/others/copy.db'",
        f"ATTACH '{tmp_path}/others/new.db' AS new",
        "CREATE TEMP TABLE names (name)",
    ):
        with pytest.raises(XformError, match="expected a query that only reads"):
            entries(url, query=query)
    with pytest.raises(XformError, match="the query gives no rows; expected SELECT, or the like of it"):
        entries(url, query="-- nothing")
    assert not [*(tmp_path / "others").iterdir()]
    with pytest.raises(XformError, match="unable to open database file"):
        entries(f"sqlite:///{tmp_path}/none.db", query="SELECT 1")
    assert file.read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} == {file.name, "others"}


def test_L349_a_name_that_is_no_UTF_8_is_read_all_the_same(tmp_path: Path) -> None:
    for name in (b"vm\xfe.xml", b"vm\xff.xml"):
        (tmp_path / os.fsdecode(name)).write_bytes(document("vm"))
    assert held(entries(tmp_path)) == {r"vm\udcfe.xml": document("vm"), r"vm\udcff.xml": document("vm")}
    assert os.fsencode(unescaped(r"vm\udcff.xml")) == b"vm\xff.xml"


# --- what is wrong --------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_an_entry_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.xml").symlink_to("b.xml")
    (tmp_path / "b.xml").write_bytes(document("b"))
    (found,) = opened(tmp_path)
    (tmp_path / "b.xml").unlink()
    assert [entry.error for entry in found.entries()] == [
        f"{tmp_path}/{name}: No such file or directory; expected a document" for name in ("a.xml", "b.xml")
    ]


def test_an_archive_that_is_cut_off_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    with tarfile.open(file, "w") as archive:
        member = tarfile.TarInfo("a.xml")
        member.size = 5000
        archive.addfile(member, BytesIO(b"x" * 5000))
    os.truncate(file, 2000)
    with pytest.raises(XformError, match=r"a\.tar: .*; expected a whole tar archive"):
        entries(file)


def _spoil(data: bytes) -> bytes:
    return data[:1030] + b"\xff" + data[1031:]  # in the second header


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
@pytest.mark.parametrize(
    "damage", [_spoil, lambda data: data[:1024], lambda data: data[:1300]], ids=["a byte", "between two", "within one"]
)
def test_L380_an_archive_that_is_damaged_between_its_members_is_told(
    suffix: str, damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a.xml", "b.xml"):
            (member := tarfile.TarInfo(name)).size = 9
            archive.addfile(member, BytesIO(b"<domain/>"))
    file = tmp_path / f"a.tar{suffix}"
    packed = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}[suffix]
    file.write_bytes(packed(out.getvalue()))
    assert len(entries(file)) == 2
    file.write_bytes(packed(damage(out.getvalue())))
    with pytest.raises(XformError, match=r"a\.tar.*: .*; expected a whole tar archive"):
        entries(file)


@pytest.mark.parametrize(
    "sparse",
    [
        {"GNU.sparse.map": "1,a", "GNU.sparse.size": "9"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"},
    ],
)
def test_an_archive_whose_headers_say_what_cannot_be_is_told(sparse: dict[str, str], tmp_path: Path) -> None:
    with tarfile.open(file := tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        (member := tarfile.TarInfo("a.xml")).size = 9
        member.pax_headers = {**sparse, "GNU.sparse.name": "a.xml"}
        archive.addfile(member, BytesIO(b"<domain/>"))
    with pytest.raises(XformError, match=r"a\.tar: .*; expected a whole tar archive"):
        entries(file)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE], ids=repr)
def test_L388_a_name_of_any_size_is_not_read(kind: bytes, tmp_path: Path) -> None:
    (member := tarfile.TarInfo("a.xml")).size = 1 << 30
    member.type = kind
    (file := tmp_path / "a.tar").write_bytes(member.tobuf() + bytes(1 << 20))
    with pytest.raises(XformError, match=r"a\.tar: a header of 1073741824 bytes; expected a whole tar archive"):
        entries(file)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".txz", ".tar"])
def test_what_is_called_an_archive_and_is_none_is_told_as_such(suffix: str, tmp_path: Path) -> None:
    (file := tmp_path / f"a{suffix}").write_bytes(b"\x1f\x8bno")
    with pytest.raises(XformError, match="; expected a whole tar archive"):
        entries(file)


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.xml").symlink_to("gone.xml")
    (one,) = entries(tmp_path)
    assert one.error == f"{tmp_path}/a.xml: No such file or directory; expected a document"


def test_L381_no_password_of_a_url_is_shown() -> None:
    pytest.importorskip("libvirt")
    for url in ("mysql://u:hunter2@host/vms", "qemu+ssh://u:hunter2@localhost/system?command=/no/ssh"):
        with pytest.raises(XformError) as error:
            entries(url)
        assert "u:***@" in str(error.value)
        assert "hunter2" not in str(error.value)


def test_the_command_of_an_agent_may_be_long() -> None:
    (source,) = opened(f"exec:agent {'x' * 300}")
    assert source.had == "what the agent dumps"


@pytest.mark.parametrize(
    ("text", "query", "message"),
    [
        ("nothing", None, "nothing: No such file or directory; expected a folder, a tar archive"),
        ("sqlite:///:memory:", "SELECT 1", "is no store; expected sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("test:///default", "SELECT 1", "--query goes with the URL of a database"),
        ("postgres://u@h/vms", "SELECT 1", "is no store; expected sqlite:///FILE or postgresql://USER@HOST/NAME"),
        ("postgresql:/u:hunter2@h/vms", None, "^the URL of the store cannot be read; expected sqlite:///FILE"),
    ],
)
def test_what_is_no_source_is_told(text: str, query: str | None, message: str) -> None:
    with pytest.raises(XformError, match=message):
        opened(text, query=query)


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "xml": ["<domain/>"]}), tmp_path / "a.parquet")
    with pytest.raises(XformError, match=r"a\.parquet: no column name among id, xml; expected both"):
        opened(tmp_path / "a.parquet")


# --- cut ------------------------------------------------------------------------------------------------------------


def test_chunks_are_cut_by_number_and_by_size() -> None:
    small = [Entry("s", str(number), b"x") for number in range(2 * DOCUMENTS + 1)]
    assert [len(chunk.entries) for chunk in cut(small)] == [DOCUMENTS, DOCUMENTS, 1]
    large = [Entry("s", str(number), b"x" * (BYTES // 2)) for number in range(5)]
    assert [len(chunk.entries) for chunk in cut(large)] == [2, 2, 1]
    assert [chunk.number for chunk in cut(large)] == [0, 1, 2]


def test_chunks_are_told_apart_by_what_they_hold() -> None:
    one, other = Entry("s", "ab", b"c"), Entry("s", "a", b"bc")
    assert next(cut([one])).digest != next(cut([other])).digest
