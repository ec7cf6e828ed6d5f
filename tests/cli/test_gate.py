"""`xform gate`: what it tries, counts, finds and excuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests import corpus as corpus_at_hand
from tests.cli.conftest import MINI, Xform
from tests.running import wait_for_the_end
from xform.document import Document

GOOD = "<machine><name>web</name><devices><disk><driver type='raw'/><target dev='vda'/></disk></devices></machine>\n"
SECRET = "<machine><name>web</name><devices><screen type='vnc' passwd='sesame'/></devices></machine>\n"
LAWS = ["get-put", "put-get", "put-put", "least-edit", "create-get", "create", "schema", "libvirt", "match", "twins"]

AT_HAND = "get-put,libvirt" if find_spec("libvirt") else "get-put"

needs_libvirt = pytest.mark.skipif(find_spec("libvirt") is None, reason="libvirt-python is not installed")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "good.xml").write_text(GOOD)
    (folder / "network.xml").write_text("<network/>")
    (folder / "notes.txt").write_text("no document")
    return folder


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every update loses the first element's white space."""
    monkeypatch.setattr(Document, "_updated", lambda self, live: self._text.text.replace("<name>", "<name >"))


def test_all_laws_are_tried_on_all_documents_of_a_folder(call: Xform, corpus: Path, schemas: Path) -> None:
    done = call("gate", corpus, "--schemas", schemas)
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows[1:-1]] == LAWS
    assert all(row[1:] == ["1", "1", "0", "0", "0", "0"] for row in rows[1:-1] if row[0] != "libvirt")
    assert done.stdout.splitlines()[-1] == "1 document, 1 no document of this dialect, 0 not read"


def test_the_dialect_is_domain_unless_another_is_given(call: Xform, tmp_path: Path) -> None:
    (tmp_path / "vm.xml").write_text("<domain type='kvm'><name>x</name></domain>")
    assert call("gate", tmp_path, "--laws", "get-put", dialect="domain").exit_code == 0
    from click.testing import CliRunner

    from xform.cli import cli

    done = CliRunner().invoke(cli, ["gate", str(tmp_path), "--laws", "get-put"])
    assert "1 document, " in done.stdout


def test_processes_find_what_one_finds(call: Xform, corpus: Path, schemas: Path) -> None:
    for number in range(5):
        (corpus / f"{number}.xml").write_text(GOOD)
    one, two = (call("gate", corpus, "--schemas", schemas, "--jobs", jobs, "--json") for jobs in (1, 2))
    assert one.stdout == two.stdout
    assert json.loads(two.stdout)["laws"]["twins"]["held"] == 6


def test_a_law_does_not_apply_where_the_tables_do_not_name_all(call: Xform, corpus: Path, schemas: Path) -> None:
    (corpus / "more.xml").write_text("<machine><name>web</name><more a='1'/></machine>")
    (corpus / "nameless.xml").write_text("<machine/>")
    counts = json.loads(call("gate", corpus, "--schemas", schemas, "--json", "--jobs", 1).stdout)["laws"]
    assert [counts[law]["not applicable"] for law in ("create", "create-get", "schema")] == [1, 1, 1]


def test_a_finding_is_a_line_and_exit_code_1(call: Xform, corpus: Path, lossy: None) -> None:
    done = call("gate", corpus, "--laws", "get-put,match", "--jobs", 1)
    assert done.exit_code == 1
    file = corpus / "inner" / "good.xml"
    assert f"{file}:1: bytes: get-put: the document is not the same any more\n" in done.stdout
    assert "get-put      1     0       1" in done.stdout


def test_a_document_that_cannot_be_read_is_a_row(call: Xform, corpus: Path) -> None:
    (corpus / "broken.xml").write_text("<machine>\n<name>")
    done = call("gate", corpus, "--laws", "get-put", "--jobs", 1)
    assert done.exit_code == 2
    assert f"{corpus / 'broken.xml'}:2:7: " in done.stdout
    assert done.stdout.endswith("1 document, 1 no document of this dialect, 1 not read\n")


def test_a_known_finding_is_excused_and_a_stale_one_is_a_finding(
    call: Xform, corpus: Path, lossy: None, tmp_path: Path
) -> None:
    known = tmp_path / "known.txt"
    both = "".join(f"inner/good.xml: {form}: get-put: names are widened\n" for form in ("str", "bytes"))
    known.write_text(f"# known\n\n{both}")
    done = call("gate", corpus, "--laws", "get-put", "--exceptions", known, "--jobs", 1)
    assert done.exit_code == 0, done.stdout
    assert "get-put      1     0       0        1" in done.stdout
    known.write_text(f"{both}other.xml: .: get-put: gone\n")
    done = call("gate", corpus, "--laws", "get-put", "--exceptions", known, "--jobs", 1)
    assert done.exit_code == 1
    assert f"{known}:3:1: stale: other.xml: .: get-put was not found\n" in done.stdout


def test_L395_an_exception_is_stale_only_where_it_could_have_been_found(
    call: Xform, corpus: Path, tmp_path: Path
) -> None:
    known = tmp_path / "known.txt"
    known.write_text("broken.xml: .: read: on purpose\nbroken.xml: str: get-put: gone\n")
    (corpus / "broken.xml").write_text("<machine>")
    asked = ("--laws", "get-put", "--exceptions", known, "--jobs", 1)
    assert call("gate", corpus / "inner" / "good.xml", *asked).exit_code == 0
    assert call("gate", corpus / "broken.xml", *asked).exit_code == 0
    assert call("gate", corpus, *asked).exit_code == 0
    (corpus / "broken.xml").write_text(GOOD)
    done = call("gate", corpus / "broken.xml", *asked)
    assert (done.exit_code, done.stdout.count("stale: broken.xml: ")) == (1, 2)


def test_laws_that_are_named_several_times_add_up(call: Xform, corpus: Path) -> None:
    done = call("gate", corpus, "--laws", "twins", "--laws", "get-put, match", "--jobs", 1, "--json")
    assert [*json.loads(done.stdout)["laws"]] == ["get-put", "match", "twins"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("good.xml: str: get-put", "1:1: this is no exception; expected `file: path: law: reason`"),
        ("good.xml: str: getput: why", "1:1: no law 'getput' (did you mean 'get-put'?)"),
    ],
)
def test_an_exception_without_a_reason_or_a_law_is_refused(
    call: Xform, corpus: Path, tmp_path: Path, line: str, message: str
) -> None:
    known = tmp_path / "known.txt"
    known.write_text(line)
    done = call("gate", corpus, "--exceptions", known)
    assert (done.exit_code, done.stderr.startswith(f"{known}:{message}")) == (2, True)


def test_exceptions_that_are_no_utf8_are_told_by_line_and_column(call: Xform, corpus: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_bytes(b"# known\na\xff\n")
    done = call("gate", corpus, "--exceptions", known)
    assert (done.exit_code, done.stderr) == (2, f"{known}:2:2: not UTF-8; expected a file of exceptions\n")


def test_bad_use_is_one_line(call: Xform, corpus: Path) -> None:
    done = call("gate", corpus, "--laws", "twin")
    assert (done.exit_code, done.stderr) == (2, "--laws: no law 'twin' (did you mean 'twins'?)\n")
    done = call("gate", corpus / "nothing")
    assert done.stderr.endswith("nothing: No such file or directory; expected a document, or a folder of some\n")


def test_a_folder_without_documents_is_refused(call: Xform, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = call("gate", tmp_path / "empty")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"no document in {tmp_path / 'empty'}; expected some\n"


def test_a_folder_that_holds_documents_of_others_only_is_no_success(call: Xform, corpus: Path) -> None:
    (corpus / "inner" / "good.xml").unlink()
    done = call("gate", corpus, "--laws", "get-put", "--jobs", 1)
    assert done.exit_code == 2
    assert "1 no document of this dialect" in done.stdout
    assert done.stderr.endswith(
        f"no document of the dialect mini in {corpus}; expected some whose root element is <machine>\n"
    )


@pytest.mark.parametrize("other", [None, "<network/>"])
def test_each_folder_is_to_hold_a_document(call: Xform, corpus: Path, tmp_path: Path, other: str | None) -> None:
    (beside := tmp_path / "beside").mkdir()
    if other:
        (beside / "other.xml").write_text(other)
    report = tmp_path / "report.html"
    named = (corpus / "inner" / "good.xml", corpus, beside)
    done = call("gate", *named, "--laws", "get-put", "--report", report, "--jobs", 1)
    assert done.exit_code == 2
    assert done.stdout.splitlines()[1].split()[:3] == ["get-put", "1", "1"]
    told = f"no document of the dialect mini in {beside}; expected some whose root element is <machine>\n"
    assert done.stderr == told
    assert said(report) == 'bad">A folder holds nothing to try.'


def test_a_file_of_others_that_is_named_is_no_failure(call: Xform, corpus: Path) -> None:
    assert call("gate", corpus / "network.xml", "--laws", "get-put", "--jobs", 1).exit_code == 0


def test_a_report_for_build_servers(call: Xform, corpus: Path, lossy: None, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    call("gate", corpus, "--report", report, "--jobs", 1)
    suites = {suite.get("name"): dict(suite.attrib) for suite in etree.parse(report).getroot()}
    counts = {name: (suite["tests"], suite["failures"], suite["skipped"]) for name, suite in suites.items()}
    assert [*counts] == ["read", *LAWS]
    assert [counts[name] for name in ("read", "get-put", "schema")] == [
        ("1", "0", "0"),
        ("1", "1", "0"),
        ("1", "0", "1"),
    ]


def test_what_a_law_runs_into_is_a_finding_and_no_secret_is_shown(
    call: Xform, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Document, live: bool) -> str:
        raise RuntimeError(self._text.text)

    (corpus / "secret.xml").write_text(SECRET)
    monkeypatch.setattr(Document, "_updated", fail)
    done = call("gate", corpus, "--laws", "get-put,put-get", "--jobs", 1)
    assert "/machine: get-put: RuntimeError was raised\n" in done.stdout
    assert "sesame" not in done.output


# --- hypervisors, and libvirt's own word ------------------------------------------------------------------------------


@pytest.fixture
def domains(tmp_path: Path) -> Path:
    """A folder of documents for two hypervisors, of which libvirt's mock takes all but one."""
    folder = tmp_path / "domains"
    folder.mkdir()
    for name, kind, inner in (
        ("a", "kvm", "<memory>1024</memory>"),
        ("b", "kvm", ""),
        ("c", "xen", "<memory>1024</memory>"),
    ):
        (folder / f"{name}.xml").write_text(
            f"<domain type='{kind}'><name>{name}</name>{inner}<os><type>hvm</type></os></domain>"
        )
    return folder


@pytest.fixture
def laws(call: Xform, domains: Path) -> dict[str, Any]:
    done = call("gate", domains, "--laws", AT_HAND, "--json", "--jobs", 1, dialect="domain")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_counts_are_told_by_hypervisor_as_well(laws: dict[str, Any]) -> None:
    found = {name: counts["get-put"]["held"] for name, counts in laws["hypervisors"].items()}
    assert found == {"kvm": 2, "xen": 1}


def test_the_page_on_json_names_every_key(laws: dict[str, Any]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    (section,) = [part for part in page.split("\n## ") if part.startswith("gate\n")]
    words = {word for key in re.findall("`([^`]+)`", section) for word in re.split(r"\[]|\.", key)}
    keys = (
        set(laws)
        | {key for law in laws["laws"].values() for key in law}
        | {key for one in laws["refused"] for key in one}
    )
    assert keys - words == set()


@needs_libvirt
def test_what_libvirt_refuses_is_counted_and_named_and_is_no_failure(laws: dict[str, Any]) -> None:
    assert laws["laws"]["libvirt"] == {
        "tried": 2,
        "held": 2,
        "failed": 0,
        "excused": 0,
        "refused": 1,
        "not applicable": 0,
    }
    ((file, why),) = [(one["file"], one["message"]) for one in laws["refused"]]
    assert file.endswith("b.xml")
    assert "Memory size" in why


@pytest.fixture
def no_libvirt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "libvirt.py").write_text("raise ImportError('no libvirt here')\n")
    monkeypatch.syspath_prepend(tmp_path / "none")


@pytest.mark.usefixtures("no_libvirt")
def test_without_libvirt_its_law_is_not_tried_and_the_reason_is_said(call: Xform, domains: Path) -> None:
    done = call("gate", domains / "a.xml", "--jobs", 1, dialect="domain")
    assert done.exit_code == 0
    assert "libvirt-python cannot be imported (no libvirt here); " in done.stderr
    assert done.stderr.endswith("the law libvirt is not tried\n")
    assert "libvirt         0     0       0        0        0               1" in done.stdout


@pytest.mark.usefixtures("no_libvirt")
def test_a_law_that_is_named_and_cannot_be_tried_is_refused(call: Xform, domains: Path) -> None:
    done = call("gate", domains, "--laws", "get-put,libvirt", "--jobs", 1, dialect="domain")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("libvirt-python cannot be imported (no libvirt here); ")
    assert done.stderr.endswith("the law libvirt cannot be tried\n")


@pytest.mark.usefixtures("no_libvirt")
def test_an_exception_of_a_law_that_cannot_be_tried_is_not_stale(call: Xform, domains: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("a.xml: x: libvirt: known\n")
    assert call("gate", domains / "a.xml", "--exceptions", known, "--jobs", 1, dialect="domain").exit_code == 0


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_page_for_people_shows_findings_escaped_and_asks_for_nothing_else(
    call: Xform, corpus: Path, lossy: None, tmp_path: Path
) -> None:
    (corpus / "a&b.xml").write_text(GOOD)
    report = tmp_path / "report.html"
    done = call("gate", corpus, "--laws", "get-put", "--report", report, "--jobs", 1)
    assert done.exit_code == 1
    text = report.read_text()
    page = etree.HTML(text)
    assert [row.xpath("string(th)") for row in page.xpath("//details//tbody/tr")] == [
        *(2 * [str(corpus / "a&b.xml")]),
        *(2 * [str(corpus / "inner" / "good.xml")]),
    ]
    assert page.xpath("normalize-space(//details//tbody/tr[1])").endswith(
        "bytesget-putthe document is not the same any more"
    )
    assert "a&b.xml" not in text
    assert page.xpath("//script | //link | //img | //@src | //@href") == []
    assert "prefers-color-scheme: dark" in text
    assert all(region.get("tabindex") == "0" for region in page.xpath("//div[table]"))


def said(report: Path) -> str:
    """The sentence of a page, with its colour."""
    return str(re.search('<p class="(.*)', report.read_text())[1])  # type: ignore[index]


def test_the_page_says_what_is_true(call: Xform, corpus: Path, tmp_path: Path, schemas: Path) -> None:
    report = tmp_path / "report.html"
    good = corpus / "inner" / "good.xml"
    asked = ("--report", report, "--jobs", 1)
    call("gate", good, "--laws", "get-put", *asked)
    assert said(report) == 'good">Every law holds.'
    call("gate", good, *asked)
    assert said(report) == 'good">Every law that was tried holds.'
    call("gate", corpus / "network.xml", "--laws", "get-put", *asked)
    assert said(report) == 'soft">Nothing was tried.'
    (corpus / "broken.xml").write_text("<machine>")
    call("gate", corpus, "--laws", "get-put", *asked)
    assert said(report) == 'bad">Something was not read.'


def test_the_page_counts_known_findings(call: Xform, corpus: Path, lossy: None, tmp_path: Path) -> None:
    report, known = tmp_path / "report.html", tmp_path / "known.txt"
    known.write_text("".join(f"good.xml: {form}: get-put: names are widened\n" for form in ("str", "bytes")))
    call("gate", corpus, "--laws", "get-put", "--exceptions", known, "--report", report, "--jobs", 1)
    assert said(report) == 'good">Every law holds, but for 2 known findings.'
    call("gate", corpus, "--laws", "get-put", "--report", report, "--jobs", 1)
    assert said(report) == 'bad">Something does not hold.'


def test_the_page_is_called_by_what_was_looked_at(call: Xform, corpus: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    call("gate", corpus, corpus / "network.xml", "--laws", "get-put", "--report", report, "--jobs", 1)
    assert f"<title>xform gate {corpus} and 1 more</title>" in report.read_text()


def test_the_page_of_a_folder_of_other_documents_is_not_green(call: Xform, corpus: Path, tmp_path: Path) -> None:
    (corpus / "inner" / "good.xml").unlink()
    report = tmp_path / "report.html"
    assert call("gate", corpus, "--laws", "get-put", "--report", report, "--jobs", 1).exit_code == 2
    assert said(report) == 'bad">Nothing was tried.'


def test_files_that_are_known_not_to_be_read_are_no_documents_that_were_tried(
    call: Xform, corpus: Path, tmp_path: Path
) -> None:
    (corpus / "inner" / "good.xml").write_text("<machine>")
    known = tmp_path / "known.txt"
    known.write_text("good.xml: .: read: on purpose\n")
    done = call("gate", corpus, "--laws", "get-put", "--exceptions", known, "--jobs", 1)
    assert done.exit_code == 2
    assert "no document of the dialect mini in " in done.stderr


@pytest.mark.parametrize("options", [["--laws", "getput"], ["--laws", "get-put"]])
def test_L396_no_page_of_a_run_before_stays(call: Xform, tmp_path: Path, options: list[str]) -> None:
    report = tmp_path / "report.html"
    report.write_text("Every law holds.")
    (tmp_path / "empty").mkdir()
    assert call("gate", tmp_path / "empty", "--report", report, *options).exit_code == 2
    assert not report.exists()


def test_a_report_takes_the_place_of_nothing_that_is_read(call: Xform, corpus: Path) -> None:
    document = corpus / "inner" / "good.xml"
    text = document.read_bytes()
    for options in ([document], [corpus, "--exceptions", document]):
        done = call("gate", *options, "--report", document)
        assert (done.exit_code, document.read_bytes()) == (2, text)
        assert done.stderr == f"--report: {document} is what is to be read; expected another file\n"


def test_a_page_holds_what_libvirt_refuses_and_the_hypervisors(call: Xform, domains: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    call("gate", domains, "--laws", AT_HAND, "--report", report, "--jobs", 1, dialect="domain")
    page = etree.HTML(report.read_text())
    assert page.xpath("//table[2]//tbody/tr/th/text() | //table//tbody/tr/th[.='xen']/text()") == ["xen"]


def test_several_reports_are_written_at_once(call: Xform, corpus: Path, tmp_path: Path) -> None:
    files = [tmp_path / "report.xml", tmp_path / "report.html"]
    call("gate", corpus, "--laws", "get-put", "--report", files[0], "--report", files[1], "--jobs", 1)
    assert all(file.is_file() for file in files)


def test_a_report_that_cannot_be_written_takes_nothing_else_with_it(call: Xform, corpus: Path, tmp_path: Path) -> None:
    lost, kept = tmp_path / "none" / "a.html", tmp_path / "b.xml"
    done = call("gate", corpus, "--laws", "get-put", "--report", lost, "--report", kept, "--jobs", 1)
    assert (done.exit_code, kept.is_file(), "get-put" in done.stdout) == (2, True, True)
    assert done.stderr.endswith(f"{lost}: No such file or directory; nothing was written\n")


def test_a_report_of_no_known_kind_is_refused_before_anything_is_tried(call: Xform, corpus: Path) -> None:
    done = call("gate", corpus, "--report", "report.pdf")
    assert (done.exit_code, done.stderr) == (
        2,
        "--report: report.pdf is of no known kind; expected .html (a page) or .xml (JUnit)\n",
    )


def test_findings_are_annotations_of_a_workflow_where_asked_for(
    call: Xform, corpus: Path, lossy: None, tmp_path: Path
) -> None:
    (corpus / "broken.xml").write_text("<machine>\n<name>")
    known = tmp_path / "known.txt"
    known.write_text("other.xml: .: get-put: gone\n")
    done = call("gate", corpus, "--laws", "get-put", "--format", "github", "--exceptions", known, "--jobs", 1)
    broken, first, _, stale = done.stdout.splitlines()
    assert broken.startswith(f"::error file={corpus / 'broken.xml'},line=2,col=7::")
    assert "broken.xml:2:7" not in broken
    file = corpus / "inner" / "good.xml"
    assert first == f"::error file={file},line=1::bytes: get-put: the document is not the same any more"
    assert stale == f"::error file={known},line=1::stale: other.xml: .: get-put"


@corpus_at_hand.needed
@needs_libvirt
def test_no_hypervisor_of_the_corpus_is_left_out(call: Xform) -> None:
    home = corpus_at_hand.HOME
    options = ("--laws", "get-put,schema,libvirt", "--schemas", home / "schemas" / "libvirt-11.3.0", "--json")
    found = json.loads(call("gate", home / "corpus", *options, "--jobs", 1, dialect="domain").stdout)["hypervisors"]
    usual = {"bhyve", "hyperv", "kvm", "lxc", "qemu", "test", "vmware", "vz", "xen"}
    assert usual - set(found) == set()
    held = {(name, law): counts["held"] for name in usual for law, counts in found[name].items()}
    assert [key for key, number in held.items() if not number] == []


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGINT] * 2, [signal.SIGHUP]], ids=repr)
def test_L384_what_ends_all_processes_of_a_terminal_ends_a_gate_at_once_and_without_a_traceback(
    corpus: Path, signals: list[signal.Signals]
) -> None:
    for number in range(3000):
        (corpus / f"{number}.xml").write_text(GOOD)
    command = [sys.executable, "-m", "xform", "gate", corpus, "--dialect", MINI, "--jobs", 2, "--laws", "put-get"]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while len(started := children.read_text().split()) < 2:  # one of them is multiprocessing's own
        time.sleep(0.01)
    for number in signals:
        os.killpg(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signals[0]
    assert said == ""
    wait_for_the_end(started)
