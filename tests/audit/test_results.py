"""The results of an audit: a part for each chunk, whole or not there, that another run goes on with."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from attrs import evolve

from tests.audit.conftest import box
from xform.audit.chunk import Chunk
from xform.audit.examine import Found, Row, examine
from xform.audit.job import Job
from xform.audit.page import MOST, page
from xform.audit.results import DOCUMENTS, HEAD, Results
from xform.audit.sources import Source
from xform.audit.summary import EXAMPLES, Summary
from xform.errors import XformError

CHUNKS = [Chunk(number, tuple(box(40 * number + one) for one in range(40))) for number in range(3)]


def opened(folder: Path, job: Job) -> Results:
    """The results in a folder, which others may take after it."""
    results = Results(folder, job)
    results.close()
    return results


def written(folder: Path, job: Job, chunks: list[Chunk]) -> Results:
    results = opened(folder, job)
    for chunk in chunks:
        results.write(chunk, examine(job, chunk))  # type: ignore[arg-type]
    return results


def test_rows_come_back_as_they_were(tmp_path: Path, job: Job) -> None:
    strange = Chunk(3, (box(1, "new='1'"), evolve(box(2), xml=b"<box"), evolve(box(3), xml=b"<jar/>"), box(4)))
    results = written(tmp_path / "out", job, [*CHUNKS, strange])
    for chunk in (*CHUNKS, strange):
        assert results.read(chunk) == examine(job, chunk)


def test_any_tool_that_knows_parquet_reads_them(tmp_path: Path, job: Job) -> None:
    written(tmp_path / "out", job, CHUNKS)
    table = pq.read_table(tmp_path / "out" / DOCUMENTS)
    assert table.num_rows == 120
    assert table["id"].to_pylist()[:2] == ["box0", "box1"]
    assert set(table["state"].to_pylist()) == {"read"}


def test_what_is_done_is_not_done_again(tmp_path: Path, job: Job) -> None:
    written(tmp_path / "out", job, CHUNKS[:2])
    results = opened(tmp_path / "out", job)
    assert [results.read(chunk) is not None for chunk in CHUNKS] == [True, True, False]


@pytest.mark.parametrize("name", [b"out:1", b"out=1", b"out\xff"], ids=repr)
def test_a_folder_may_have_any_name(name: bytes, tmp_path: Path, job: Job) -> None:
    results = written(folder := tmp_path / os.fsdecode(name), job, CHUNKS[:1])
    assert results.read(CHUNKS[0]) == examine(job, CHUNKS[0])
    assert [*(folder / DOCUMENTS).iterdir()] == results.parts()


def test_a_part_with_a_document_that_failed_is_none_and_tried_again(tmp_path: Path, job: Job) -> None:
    results = written(tmp_path / "out", job, CHUNKS[:1])
    rows = [*examine(job, CHUNKS[0])]  # type: ignore[misc]
    results.write(CHUNKS[0], [*rows[:-1], evolve(rows[-1], state="failed")])
    assert results.read(CHUNKS[0]) is None


def test_a_part_whose_writing_was_killed_is_none_and_goes(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, parts = opened(tmp_path / "out", job), tmp_path / "out" / DOCUMENTS
    with monkeypatch.context() as killed:
        killed.setattr("xform.audit.results.os.replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            results.write(CHUNKS[0], [])
    assert len([*parts.iterdir()]) == 1
    assert opened(tmp_path / "out", job).read(CHUNKS[0]) is None
    assert not [*parts.iterdir()]


def test_L386_two_audits_do_not_work_in_one_folder(tmp_path: Path, job: Job) -> None:
    one = Results(tmp_path / "out", job)
    with pytest.raises(XformError, match=r"/out: another audit works here; expected a folder for each$"):
        Results(tmp_path / "out", job)
    one.close()
    opened(tmp_path / "out", job)


def test_one_that_is_refused_does_not_keep_the_folder(tmp_path: Path, job: Job) -> None:
    written(tmp_path / "out", job, CHUNKS)
    with pytest.raises(XformError, match="the results of another audit"):
        Results(tmp_path / "out", evolve(job, laws=("get-put",)))
    opened(tmp_path / "out", job)


@pytest.mark.parametrize("left", [0, 100])
def test_L369_a_part_that_a_power_cut_damaged_is_none(tmp_path: Path, job: Job, left: int) -> None:
    results = written(tmp_path / "out", job, CHUNKS[:1])
    part = tmp_path / "out" / DOCUMENTS / results.name(CHUNKS[0])
    part.write_bytes(part.read_bytes()[:left])
    assert results.read(CHUNKS[0]) is None
    results.write(CHUNKS[0], rows := examine(job, CHUNKS[0]))  # type: ignore[arg-type]
    assert results.read(CHUNKS[0]) == rows


def test_a_part_of_other_columns_is_none(tmp_path: Path, job: Job) -> None:
    results = written(tmp_path / "out", job, CHUNKS[:1])
    part = tmp_path / "out" / DOCUMENTS / results.name(CHUNKS[0])
    pq.write_table(pq.read_table(part).drop_columns(["found"]), part)
    assert results.read(CHUNKS[0]) is None


def test_parts_of_documents_that_are_no_longer_there_go(tmp_path: Path, job: Job) -> None:
    results = written(tmp_path / "out", job, CHUNKS)
    results.keep({results.name(CHUNKS[1])})
    assert [results.read(chunk) is not None for chunk in CHUNKS] == [False, True, False]


def test_a_head_that_is_cut_off_or_gone_is_told(tmp_path: Path, job: Job) -> None:
    written(tmp_path / "out", job, CHUNKS)
    (tmp_path / "out" / HEAD).write_text("")
    with pytest.raises(XformError, match="the results of another audit"):
        opened(tmp_path / "out", job)
    (tmp_path / "out" / HEAD).unlink()
    with pytest.raises(XformError, match="not an empty folder"):
        opened(tmp_path / "out", job)


def test_a_run_that_is_not_the_first_leaves_the_head_as_it_is(tmp_path: Path, job: Job) -> None:
    written(tmp_path / "out", job, CHUNKS)
    before = (tmp_path / "out" / HEAD).stat()
    opened(tmp_path / "out", job)
    assert (tmp_path / "out" / HEAD).stat() == before


def test_the_results_of_another_audit_are_left_alone(tmp_path: Path, job: Job) -> None:
    written(tmp_path / "out", job, CHUNKS)
    with pytest.raises(XformError, match="out: the results of another audit, of other tables"):
        opened(tmp_path / "out", evolve(job, laws=("get-put",)))


def test_stores_of_one_name_on_two_servers_are_two(job: Job) -> None:
    one, other = (evolve(job, known=f"postgresql://u@/vms?host=/run/{name}&passfile=x") for name in ("one", "other"))
    assert one.digest != other.digest
    assert one.digest == evolve(job, known="postgresql://u@/vms?host=/run/one").digest


def test_L347_no_password_is_in_the_results_nor_in_a_digest_that_they_hold(tmp_path: Path, job: Job) -> None:
    said = []
    for word in ("hunter2", "hunter3"):
        for url in (f"postgresql://u:{word}@db/vms", f"postgresql://u@db/vms?password={word}"):
            opened(folder := tmp_path / word / url.replace("/", ""), evolve(job, known=url))
            said.append((folder / "audit.json").read_text())
    assert said[:2] == said[2:]


@pytest.mark.parametrize("name", ["notes", HEAD, "documents/mine.parquet"])
def test_a_folder_with_something_else_is_left_alone(name: str, tmp_path: Path, job: Job) -> None:
    file = tmp_path / "mine" / name
    file.parent.mkdir(parents=True)
    file.write_text('{"mine": 1}')
    with pytest.raises(XformError, match=r"not an empty folder; expected one for the results$"):
        opened(tmp_path / "mine", job)
    assert [one for one in (tmp_path / "mine").rglob("*") if one.is_file()] == [file]
    assert file.read_text() == '{"mine": 1}'


# --- counted --------------------------------------------------------------------------------------------------------


def counted(schemas: list[str], rows: list[Row]) -> Summary:
    summary = Summary(schemas)
    summary.add(0, rows)
    return summary


def row(number: int, *found: Found, state: str = "read", valid: tuple[str, ...] = ()) -> Row:
    return Row("here", f"{number}.xml", b"", 10, state, f"box{number}", valid=valid, found=found)


EXTRA = Found("residue", "element", "/box/extra", 3)


def test_what_is_found_is_counted_by_documents_and_by_times_with_some_examples() -> None:
    summary = counted([], [row(number, EXTRA, EXTRA) for number in range(20)])
    ((of, path, tally),) = summary.by_check("residue")
    assert (of, path, tally.documents, tally.times) == ("element", "/box/extra", 20, 40)
    assert [(one.source, one.name, one.line) for one in tally.examples] == [
        ("here", f"{number}.xml", 3) for number in range(EXAMPLES)
    ]


def test_the_same_is_counted_in_whatever_order_the_chunks_come() -> None:
    chunks = {
        number: [
            row(3 * number + one, evolve(EXTRA, message=f"{number}"), state=state, valid=(state,)) for one in (0, 1, 2)
        ]
        for number, state in enumerate(["read", "unread", "read", "failed", "read"])
    }
    orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]]
    summaries = [Summary(["1"]) for _ in orders]
    for summary, order in zip(summaries, orders, strict=True):
        for number in order:
            summary.add(number, chunks[number])
    assert summaries[0] == summaries[1] == summaries[2]
    assert summaries[1].data()["errors"][0]["name"] == "3.xml"


def test_what_most_documents_have_comes_first() -> None:
    rare = Found("residue", "element", "/box/a")
    summary = counted([], [row(0, EXTRA, rare), row(1, EXTRA)])
    assert [path for _, path, _ in summary.by_check("residue")] == ["/box/extra", "/box/a"]


def test_documents_are_counted_by_the_schemas_that_admit_them() -> None:
    rows = [row(0, valid=("1", "2")), row(1, valid=("2",)), row(2, valid=("2",)), row(3, state="other")]
    summary = counted(["1", "2"], rows)
    assert {labels: tally.documents for labels, tally in summary.admitted.items()} == {("1", "2"): 1, ("2",): 2}


@pytest.mark.parametrize(
    ("one", "well"),
    [
        (row(0), True),
        (row(0, EXTRA, Found("drift", "Box.color", "/box/paint")), True),
        (row(0, state="other"), True),
        (row(0, state="unread"), False),
        (row(0, state="failed"), False),
        (row(0, Found("schema", "11.3.0", "", 1, "no such element")), False),
        (row(0, Found("match", "missing", "disks")), False),
    ],
)
def test_what_the_tables_leave_alone_is_no_fault(one: Row, well: bool) -> None:
    assert counted([], [one]).well == well


def test_documents_on_which_schemas_disagree_are_counted_by_the_reason() -> None:
    strange, worse = Found("schema", "1", "", 7, "no element itco"), Found("schema", "1", "", 9, "no element other")
    rows = [row(0, strange, valid=("2",)), row(1, strange, worse, valid=("2",)), row(2, strange)]
    found = counted(["1", "2"], rows).disagreements()
    assert [(*key, tally.documents) for *key, tally in found] == [
        (("2",), "1", "no element itco", 2),
        (("2",), "1", "no element other", 1),
    ]


# --- as a page ------------------------------------------------------------------------------------------------------


def test_an_example_leads_to_its_file_as_seen_from_the_page(tmp_path: Path) -> None:
    summary = counted([], [evolve(row(0, EXTRA), name="a folder/#1.xml"), evolve(row(1, EXTRA), source="vms.tar")])
    sources = [
        Source("here", lambda: iter(()), "here/NAME", folder=tmp_path / "vms"),
        Source("vms.tar", lambda: iter(()), "tar -xOf vms.tar NAME"),
    ]
    said = page(summary, sources, tmp_path / "out")
    assert '<a href="../vms/a%20folder/%231.xml">a folder/#1.xml</a>, 1.xml' in said
    assert "<td>tar -xOf vms.tar NAME" in said


def test_L349_an_example_of_a_source_whose_name_is_no_UTF_8_leads_to_its_file(tmp_path: Path) -> None:
    source = Source(os.fsdecode(b"vms\xff"), lambda: iter(()), "", folder=tmp_path / os.fsdecode(b"vms\xff"))
    summary = counted([], [evolve(row(0, EXTRA), source=r"vms\udcff")])
    assert '<a href="../vms%FF/0.xml">0.xml</a>' in page(summary, [source], tmp_path / "out")


def test_a_list_that_is_too_long_says_where_the_rest_is() -> None:
    rows = [row(number, Found("residue", "element", f"/box/{number}")) for number in range(MOST + 1)]
    said = page(counted([], rows), [], Path())
    assert "201 (the first 200 are here, all in the Parquet files)" in said
    assert said.count('<th scope="row">') == MOST
