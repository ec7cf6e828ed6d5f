"""`xform audit`: what it counts and compares, how it is stopped and goes on, what it says of bad use."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy.engine import make_url

from tests import corpus as corpus_at_hand
from tests.audit.conftest import cluster
from tests.audit.dask import Cluster
from tests.cli.conftest import GRAMMAR, MINI, Xform
from tests.running import wait_for_the_end
from xform.audit.job import Job
from xform.loader import load
from xform.monitor.store import Store

GOOD = "<machine><name>web</name></machine>"
pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed (libvirt-xform[fleet])")
pq = pytest.importorskip("pyarrow.parquet")
__all__ = ["cluster"]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.xml").write_text(GOOD.replace("web", f"web{number}"))
    return folder


def data(done: Any) -> Any:
    return json.loads(done.stdout)


def test_documents_that_are_well_are_counted_and_no_finding(call: Xform, fleet: Path, schemas: Path) -> None:
    (fleet / "network.xml").write_text("<network/>")
    done = call("audit", fleet, "--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1", "--json")
    assert done.exit_code == 0, done.stderr
    assert data(done)["documents"] == {"read": 6, "other": 1, "unread": 0, "failed": 0}
    assert "Nothing was found." in (fleet.parent / "out" / "index.html").read_text()


@pytest.mark.parametrize(
    "xml", ["<machine>", "<machine><name>a</name><forbidden/></machine>"], ids=["not read", "not valid"]
)
def test_what_is_wrong_with_one_document_is_a_finding(call: Xform, fleet: Path, schemas: Path, xml: str) -> None:
    (fleet / "3.xml").write_text(xml)
    done = call("audit", fleet, "--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1", "--json")
    assert done.exit_code == 1
    assert sum(data(done)["documents"].values()) == 6
    assert "3.xml" in (fleet.parent / "out" / "index.html").read_text()


def test_an_audit_of_nothing_is_not_well(call: Xform, tmp_path: Path, schemas: Path) -> None:
    (tmp_path / "fleet").mkdir()
    done = call("audit", tmp_path / "fleet", "--report", tmp_path / "out", "--schemas", schemas, "--jobs", "1")
    assert done.exit_code == 2
    assert done.stderr.endswith(f"no document in {tmp_path}/fleet; expected some\n")


def test_an_audit_of_others_alone_is_not_well(call: Xform, tmp_path: Path, schemas: Path) -> None:
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "network.xml").write_text("<network/>")
    done = call("audit", tmp_path / "fleet", "--report", tmp_path / "out", "--schemas", schemas, "--jobs", "1")
    assert done.exit_code == 2
    assert done.stderr.endswith(
        f"no document of the dialect mini in {tmp_path}/fleet; expected some whose root element is <machine>\n"
    )
    assert "Nothing was looked at." in (tmp_path / "out" / "index.html").read_text()


def test_a_run_that_fails_leaves_no_page_of_another(call: Xform, fleet: Path, schemas: Path) -> None:
    (out := fleet.parent / "out").mkdir()
    for sources, code in ([fleet], 0), ([fleet, fleet.parent / "cut.tar"], 2):
        (fleet.parent / "cut.tar").write_bytes(b"x" * 100)
        assert call("audit", *sources, "--report", out, "--schemas", schemas, "--jobs", "1").exit_code == code
        assert (out / "index.html").exists() == (code == 0)


def test_the_order_of_laws_makes_no_other_audit(call: Xform, fleet: Path, schemas: Path) -> None:
    options = ["--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1"]
    for laws in ("get-put,put-get", "put-get,get-put", "put-get,get-put,put-get"):
        done = call("audit", fleet, "--laws", laws, *options)
        assert done.exit_code == 0, done.stderr


def test_laws_that_are_named_several_times_add_up(call: Xform, fleet: Path, schemas: Path) -> None:
    options = ["--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1"]
    for laws in (["--laws", "get-put,put-get"], ["--laws", "get-put", "--laws", "put-get"]):
        done = call("audit", fleet, *laws, *options)
        assert done.exit_code == 0, done.stderr
    assert call("audit", fleet, "--laws", "get-put", *options).exit_code == 2


def test_a_law_that_is_named_and_cannot_be_tried_is_refused(call: Xform, fleet: Path) -> None:
    done = call("audit", fleet, "--laws", "schema", "--report", fleet.parent / "out", "--jobs", "1")
    assert done.exit_code == 3
    assert done.stderr.endswith("; the law schema cannot be tried\n")


def test_where_no_schema_is_asked_its_law_is_not_tried(call: Xform, fleet: Path) -> None:
    asked = ("audit", fleet, "--report", fleet.parent / "out", "--no-check", "--jobs", "1", "--laws")
    named = call(*asked, "schema,get-put")
    assert (named.exit_code, named.stderr) == (2, "--no-check asks no schema; expected it without the law schema\n")
    assert "--no-check asks no schema; the law schema is not tried\n" in call(*asked, "all").stderr


@pytest.mark.parametrize("empty", [("", "--report", "out"), ("vms", "--report", "")])
def test_an_empty_text_is_not_the_folder_here(call: Xform, empty: tuple[str, ...]) -> None:
    done = call("audit", *empty)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "an empty text; expected a path" in done.stderr


def test_two_schemas_are_compared(call: Xform, fleet: Path, schemas: Path) -> None:
    later = fleet.parent / "later"
    later.mkdir()
    (later / "mini.rng").write_text(GRAMMAR.replace("forbidden", "nothing"))
    (fleet / "3.xml").write_text("<machine><name>a</name><forbidden/></machine>")
    options = ("--schemas", schemas, "--schemas", later, "--jobs", "1", "--json")
    admitted = data(call("audit", fleet, "--report", fleet.parent / "out", *options))["admitted"]
    assert {tuple(one["by"]): one["documents"] for one in admitted} == {(str(schemas), str(later)): 5, (str(later),): 1}
    assert [one["examples"][0]["name"] for one in admitted if one["by"] == [str(later)]] == ["3.xml"]


def test_laws_are_tried_on_request(call: Xform, fleet: Path, schemas: Path) -> None:
    asked = ("--schemas", schemas, "--laws", "get-put,create", "--jobs", "1")
    assert call("audit", fleet, "--report", fleet.parent / "out", *asked).exit_code == 0
    done = call("audit", fleet, "--report", fleet.parent / "again", *asked[:2], "--laws", "get-pot")
    assert done.exit_code == 2
    assert "no law 'get-pot' (did you mean 'get-put'?)" in done.stderr


def test_another_run_goes_on_with_what_is_new(call: Xform, fleet: Path, schemas: Path) -> None:
    asked = (fleet, "--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1", "--json")
    first = data(call("audit", *asked))
    (part,) = (fleet.parent / "out" / "documents").glob("*.parquet")
    before = part.stat().st_mtime_ns
    assert data(call("audit", *asked)) == first
    assert part.stat().st_mtime_ns == before
    (fleet / "9.xml").write_text(GOOD)
    assert data(call("audit", *asked))["documents"]["read"] == 7
    assert len([*(fleet.parent / "out" / "documents").glob("*.parquet")]) == 1


def starting(pid: int, out: Path) -> bool:
    """Whether it has begun to start processes."""
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def some_done(pid: int, out: Path) -> bool:
    """Whether some of it is done."""
    return any(out.glob("documents/*.parquet"))


def interrupted(fleet: Path, schemas: Path, when: Callable[[int, Path], bool], *options: object) -> str:
    """The page of an audit whose whole process group gets ^C at a moment."""
    for number in range(6, 3000):
        (fleet / f"{number}.xml").write_text(GOOD.replace("web", f"web{number}"))
    out = fleet.parent / "out"
    command = [sys.executable, "-m", "xform", "audit", fleet, "--report", out, "--dialect", MINI, "--schemas", schemas]
    command += ["--laws", "get-put,put-get,least-edit", *options]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not when(process.pid, out):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert re.sub(r"^\d+ documents, .*\n", "", said, flags=re.MULTILINE) == f"{out}/index.html\n"
    return (out / "index.html").read_text()


@pytest.mark.parametrize("when", [starting, some_done])
def test_an_interrupt_keeps_what_was_done_and_says_so(
    fleet: Path, schemas: Path, when: Callable[[int, Path], bool]
) -> None:
    assert "It was stopped" in interrupted(fleet, schemas, when, "--jobs", "1")


def test_after_a_stop_no_document_is_counted_twice(fleet: Path, schemas: Path) -> None:
    """Where one goes that was among the first, all others are in other parts than before."""

    def parts() -> set[Path]:
        return set((fleet.parent / "out" / "documents").glob("*.parquet"))

    interrupted(fleet, schemas, lambda *_: len(parts()) > 4, "--jobs", "1")
    before = parts()
    (fleet / "1.xml").unlink()
    page = interrupted(fleet, schemas, lambda *_: len(parts() - before) > 2, "--jobs", "1")
    assert "The Parquet files have more, of runs before" in page
    (read,) = re.findall(r"(\d+) read", page)
    assert int(read) == sum(pq.read_metadata(part).num_rows for part in parts() - before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_between_two_steps_counts_what_was_written(
    call: Xform, fleet: Path, schemas: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xform.audit.results import Results

    write = Results.write

    def written(*args: Any) -> None:
        signal.raise_signal(number)
        write(*args)
        signal.raise_signal(number)

    monkeypatch.setattr(Results, "write", written)
    out = fleet.parent / "out"
    done = call("audit", fleet, "--report", out, "--schemas", schemas, "--jobs", "1", "--json")
    assert done.exit_code == 128 + number
    assert (data(done)["whole"], data(done)["documents"]["read"]) == (False, 6)
    assert [pq.read_metadata(part).num_rows for part in (out / "documents").iterdir()] == [6]
    assert "The Parquet files have more" not in (out / "index.html").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_a_stop_takes_no_page_away(
    call: Xform, fleet: Path, schemas: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xform.audit import page, summary

    made = page.page

    def stopped(*_: Any) -> None:
        signal.raise_signal(number)

    def slow(*args: Any) -> str:
        signal.raise_signal(number)
        return made(*args)

    monkeypatch.setattr(summary.Summary, "add", stopped)
    monkeypatch.setattr(page, "page", slow)
    done = call("audit", fleet, "--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1")
    assert done.exit_code == 128 + number
    assert "It was stopped" in (fleet.parent / "out" / "index.html").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_the_command_ends_its_workers(fleet: Path, schemas: Path, number: signal.Signals) -> None:
    for name in range(6, 3000):
        (fleet / f"{name}.xml").write_text(GOOD.replace("web", f"web{name}"))
    out = fleet.parent / "out"
    command = [sys.executable, "-m", "xform", "audit", fleet, "--report", out, "--dialect", MINI, "--schemas", schemas]
    (beside := fleet.parent / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(beside)}
    command += ["--laws", "get-put,put-get,least-edit", "--jobs", "2"]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL, env=environment) as process:
        while not some_done(process.pid, out):
            assert process.poll() is None
            time.sleep(0.02)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(number)
    assert process.returncode == (143 if number == signal.SIGTERM else -number)
    assert (out / "index.html").exists() == (number == signal.SIGTERM)
    wait_for_the_end(children)
    assert not [*beside.iterdir()]  # a document may hold a password


def test_a_source_without_a_document_is_told(fleet: Path, tmp_path: Path, schemas: Path, call: Xform) -> None:
    (tmp_path / "empty").mkdir()
    done = call("audit", fleet, tmp_path / "empty", "--report", tmp_path / "told", "--schemas", schemas, "--jobs", 1)
    assert f"{tmp_path}/empty: no document there\n" in done.stderr


def test_an_interrupt_ends_an_audit_on_a_cluster_too(fleet: Path, schemas: Path, cluster: Cluster) -> None:
    assert "It was stopped" in interrupted(fleet, schemas, some_done, "--scheduler", cluster.address)


# --- sources --------------------------------------------------------------------------------------------------------


def as_tar(fleet: Path) -> tuple[str, ...]:
    with tarfile.open(fleet.parent / "vms.tar.gz", "w:gz") as archive:
        archive.add(fleet)
    return (str(fleet.parent / "vms.tar.gz"),)


def as_parquet(fleet: Path) -> tuple[str, ...]:
    files = sorted(fleet.glob("*.xml"))
    table = pa.table({"name": [file.stem for file in files], "xml": [file.read_text() for file in files]})
    pq.write_table(table, fleet.parent / "vms.parquet")
    return (str(fleet.parent / "vms.parquet"),)


def as_rows(fleet: Path) -> tuple[str, ...]:
    with closing(sqlite3.connect(fleet.parent / "vms.db")) as database:
        database.execute("CREATE TABLE vms (name TEXT, xml TEXT)")
        rows = [(file.stem, file.read_text()) for file in fleet.glob("*.xml")]
        database.executemany("INSERT INTO vms VALUES (?, ?)", rows)
        database.commit()
    return f"sqlite:///{fleet.parent}/vms.db", "--query", "SELECT name, xml FROM vms ORDER BY name"


@pytest.mark.parametrize("source", [lambda fleet: (str(fleet),), as_tar, as_parquet, as_rows])
def test_each_source_is_read_from_the_command_line(
    source: Callable[[Path], tuple[str, ...]], call: Xform, fleet: Path, schemas: Path
) -> None:
    asked = ("--report", fleet.parent / "out", "--schemas", schemas, "--jobs", "1", "--json")
    done = call("audit", *source(fleet), *asked)
    assert done.exit_code == 0, done.stderr
    assert data(done)["documents"] == {"read": 6, "other": 0, "unread": 0, "failed": 0}


def test_the_store_of_a_monitor_and_a_connection_are_read_and_match(call: Xform, tmp_path: Path) -> None:
    pytest.importorskip("libvirt")
    url = f"sqlite:///{tmp_path}/store.db"
    asked = ("--report", tmp_path / "out", "--known", url, "--jobs", "1", "--json")
    call("monitor", "--connect", "test:///default", "--store", url, "--once", dialect="domain")
    done = call("audit", "test:///default", url, *asked, dialect="domain")
    assert data(done)["documents"]["read"] == 2
    assert [one for one in data(done)["found"] if one["check"] == "match"] == []
    assert (data(done)["whole"], data(done)["unseen"]) == (True, {"vms": 0, "examples": []})


def test_a_vm_that_the_store_has_and_no_document_shows_is_told_and_no_finding(call: Xform, tmp_path: Path) -> None:
    pytest.importorskip("libvirt")
    url, other = f"sqlite:///{tmp_path}/store.db", "11111111-f6a4-8304-79aa-97f2502e193f"
    call("monitor", "--connect", "test:///default", "--store", url, "--once", dialect="domain")
    (document := tmp_path / "other.xml").write_text(
        f"<domain type='test'><name>other</name><uuid>{other}</uuid><memory>1</memory>"
        "<os><type>hvm</type></os></domain>"
    )
    asked = ("--report", tmp_path / "out", "--no-check", "--jobs", "1", "--json")
    alone = data(call("audit", document, *asked, dialect="domain"))
    assert alone["unseen"]["vms"] == 0
    asked = ("--report", tmp_path / "again", *asked[2:], "--known", url)
    done = data(call("audit", document, *asked, dialect="domain"))
    assert done["unseen"] == {"vms": 1, "examples": ["6695eb01-f6a4-8304-79aa-97f2502e193f"]}
    assert [one["of"] for one in done["found"] if one["check"] == "match"] == ["unknown VM"]
    assert "VMs that the store knows, and no document shows: 1" in (tmp_path / "again" / "index.html").read_text()


# --- bad use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"), "--jobs is of this machine's processes"),
        (("--known", "sqlite:////nowhere/store.db"), "/nowhere/store.db: no such store; expected one that xform"),
        (("--against", "minni"), "no dialect 'minni'"),
        (("--no-check",), "--no-check asks no schema; expected it without --schemas"),
    ],
)
def test_bad_use_is_one_line(call: Xform, fleet: Path, schemas: Path, options: tuple[str, ...], message: str) -> None:
    done = call("audit", fleet, "--report", fleet.parent / "out", "--schemas", schemas, *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tls://127.0.0.1:1"])
def test_a_scheduler_that_does_not_answer_is_told(
    address: str, call: Xform, fleet: Path, schemas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed (libvirt-xform[fleet])")
    monkeypatch.setattr("xform.audit.engines.PATIENCE", 1)
    options = ("--scheduler", address, "--schemas", schemas)
    done = call("audit", fleet, "--report", fleet.parent / "out", *options)
    assert done.exit_code == 3
    assert f"{address}: no scheduler answers" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_store_in_a_folder_whose_name_is_no_text_is_refused(
    call: Xform, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / os.fsdecode(b"d\xff")).mkdir()
    Store(f"sqlite:///{tmp_path}/a.db", load(str(MINI))).close()
    (tmp_path / "a.db").rename(folder / "a.db")
    said = []
    monkeypatch.chdir(folder)
    for known in (f"sqlite:///{folder}/a.db", "sqlite:///a.db"):
        done = call("audit", fleet, "--report", tmp_path / "out", "--no-check", "--known", known)
        assert done.exit_code == 2
        said.append(done.stderr)
    assert said == [
        "the URL of the store cannot be read; expected sqlite:///FILE or postgresql://USER@HOST/NAME\n",
        f"{tmp_path}/d\\udcff/a.db: no path that a URL can hold; expected UTF-8\n",
    ]


def test_a_store_in_a_file_is_looked_for_in_the_folder_of_the_command(
    call: Xform, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("libvirt")
    monkeypatch.chdir(tmp_path)
    jobs: list[Job] = []
    monkeypatch.setattr("xform.cli.audit._examine", lambda _, job, *__: jobs.append(job))
    call("monitor", "--connect", "test:///default", "--store", "sqlite:///a%20b.db", "--once", dialect="domain")
    call("audit", fleet, "--report", "out", "--no-check", "--known", "sqlite:///a%20b.db", dialect="domain")
    (job,) = jobs
    assert make_url(str(job.known)).database == str(tmp_path / "a b.db")


@corpus_at_hand.needed
def test_upgrade_readiness_names_the_documents_on_which_the_schemas_disagree(call: Xform, tmp_path: Path) -> None:
    versions = ("9.0.0", "11.3.0")
    homes = [corpus_at_hand.HOME / "schemas" / f"libvirt-{version}" for version in versions]
    options = [option for home in homes for option in ("--schemas", home)]
    done = call("audit", corpus_at_hand.HOME / "corpus", "--report", tmp_path / "out", *options, dialect="domain")
    assert done.exit_code == 1
    table = pq.read_table(tmp_path / "out" / "documents").to_pylist()
    told = {row["name"] for row in table if row["valid"] not in ([], [*versions])}
    schemas = [etree.RelaxNG(file=str(home / "domain.rng")) for home in homes]
    differing = set()
    for file in corpus_at_hand.documents():
        if corpus_at_hand.HOME / "corpus" in file.parents:
            tree = etree.parse(str(file))
            if len({schema.validate(tree) for schema in schemas}) == 2:
                differing.add(str(file.relative_to(corpus_at_hand.HOME / "corpus")))
    assert len(table) == 2611
    assert told == differing
    assert len(told) > 200
