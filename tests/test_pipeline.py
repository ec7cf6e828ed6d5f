"""Pipelines: the stages that a dialect names, its own among the shipped ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from lxml import etree
from structlog.testing import capture_logs

import xform
from xform.errors import DocumentError, HostError, TableError, XformError
from xform.hypervisor import EMBED, TEST, Hypervisor, default_uri
from xform.pipeline import run, stages_of, value_from
from xform.schema import HOMES

DIALECTS = Path(__file__).parent / "dialects"
URI, WHY = default_uri()
EXPECTED = "expected plan(entity, *, dialect, **context)"
ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

pytestmark = pytest.mark.skipif(not any(home.is_dir() for home in HOMES), reason="libvirt's schemas are not installed")


@pytest.fixture(scope="module")
def dialect() -> xform.Dialect:
    return xform.load(str(DIALECTS / "staged"))


def vm(dialect: Any, kind: str = "test", **fields: Any) -> Any:
    disks = [dialect.Disk(device="cdrom", target="sda", bus="sata")]
    consoles = [dialect.Console(type="pty", port=0)]
    return dialect.Vm(kind=kind, name="staged", memory=65536, disks=disks, consoles=consoles, **fields)


def test_a_whole_run_pairs_the_running_domain_with_what_it_came_from(dialect: Any) -> None:
    result = run(dialect, vm(dialect), uri=TEST, context={"site": ID})
    assert [pair.known for pair in result.value.pairs] == [*result.entity.disks, *result.entity.consoles]
    assert result.entity.id == ID
    assert result.uri == TEST


@pytest.mark.skipif(URI != EMBED, reason=WHY)
@pytest.mark.xdist_group("qemu")
def test_a_whole_run_on_real_qemu(dialect: Any) -> None:
    result = run(dialect, vm(dialect, "qemu"), uri=EMBED, context={"site": ID})
    assert [pair.rung for pair in result.value.pairs] == [("target",), ("port",)]
    with Hypervisor(EMBED) as hypervisor, pytest.raises(HostError):
        hypervisor.dump(ID)


def test_every_stage_is_timed_in_order(dialect: Any) -> None:
    result = run(dialect, vm(dialect), uri=TEST)
    assert [done.stage for done in result.stages] == ["plan", "generate", "label", "check", "start", "dump", "match"]
    assert all(done.seconds >= 0 for done in result.stages)
    assert result.stages[-1].value is result.value


def test_every_stage_is_logged_with_the_vms_id(dialect: Any) -> None:
    with capture_logs() as logs:
        run(dialect, vm(dialect), until="generate", context={"site": ID})
    assert [(log["stage"], log["vm"]) for log in logs] == [("plan", ID), ("generate", ID)]
    assert all("seconds" in log for log in logs)


def test_a_stage_of_the_dialects_own_works_on_the_document(dialect: Any) -> None:
    xml = run(dialect, vm(dialect, id=ID), until="label").value
    assert etree.fromstring(xml).findtext("title") == f"staged of {ID}"


def test_a_stage_of_the_dialects_own_works_on_the_entity(dialect: Any) -> None:
    result = run(dialect, vm(dialect), pipeline="named")
    assert result.entity.name == "site-staged"
    assert "<name>site-staged</name>" in result.value


def test_until_stops_after_a_stage(dialect: Any) -> None:
    result = run(dialect, vm(dialect), until="plan", context={"site": ID})
    assert [done.stage for done in result.stages] == ["plan"]
    assert result.value == vm(dialect, id=ID)


def test_from_a_document_it_is_held_against_its_own_content(dialect: Any) -> None:
    xml = dialect.generate(vm(dialect, id=ID))
    result = run(dialect, xml, start_from="check", uri=TEST)
    assert [done.stage for done in result.stages] == ["check", "start", "dump", "match"]
    assert len(result.value.pairs) == 2


def test_from_a_document_it_is_held_against_what_is_known(dialect: Any) -> None:
    known = vm(dialect, id=ID)
    known.consoles.clear()
    result = run(dialect, dialect.generate(vm(dialect, id=ID)), start_from="match", known=known)
    assert [pair.known for pair in result.value.pairs] == known.disks
    assert len(result.value.new) == 1


def test_from_dump_the_running_domain_of_the_documents_id_is_taken(dialect: Any) -> None:
    xml = dialect.generate(vm(dialect, id=ID))
    with Hypervisor(TEST) as hypervisor:
        hypervisor.start(xml)
        live = run(dialect, xml, start_from="dump", until="dump", uri=TEST).value
        assert etree.fromstring(live).get("id")
        assert hypervisor.dump(ID) == live


def test_from_dump_without_an_id_says_what_is_missing(dialect: Any) -> None:
    with pytest.raises(DocumentError, match=r"^a\.xml: which domain to dump is not known"):
        run(dialect, dialect.generate(vm(dialect)), start_from="dump", uri=TEST, source="a.xml")


def test_a_file_is_read_as_what_the_first_stage_takes(dialect: Any) -> None:
    xml = dialect.generate(vm(dialect))
    yaml = b"kind: test\nname: x\nmemory: 1024\n"
    assert value_from(dialect, xml.encode(), "vm.xml", start_from="label") == xml
    assert value_from(dialect, yaml, "vm.yaml") == dialect.Vm(kind="test", name="x", memory=1024)
    assert value_from(dialect, yaml, "vm.yaml", start_from="generate").name == "x"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<domain>\n<name>", "vm.xml:2:"),
        (b"<network/>", "vm.xml:1:1: the root element is <network>; expected <domain>"),
        ("<?xml version='1.0' encoding='UTF-16'?><domain/>".encode("utf-16"), "vm.xml:1:1: the document is not in UTF"),
    ],
)
def test_a_file_that_is_no_document_is_named(dialect: Any, content: bytes, expected: str) -> None:
    with pytest.raises(DocumentError) as error:
        value_from(dialect, content, "vm.xml", start_from="check")
    assert str(error.value).startswith(expected)


def test_no_file_holds_what_a_stage_behind_match_takes(dialect: Any) -> None:
    with pytest.raises(
        XformError, match=r"^stage 'count' takes a matching, which no file holds; start with an earlier"
    ):
        value_from(dialect, b"", "vm.xml", pipeline="count", start_from="count")


def test_a_document_that_is_not_valid_stops_at_check_with_its_line(dialect: Any) -> None:
    xml = dialect.generate(vm(dialect)).replace("device='cdrom'", "device='tape'")
    with pytest.raises(
        DocumentError, match=r"^a\.xml:\d+:\d+: 'device' of devices/disk: 'tape' is not allowed; expected"
    ):
        run(dialect, xml, start_from="check", source="a.xml")


def test_a_stage_that_raises_ends_the_domain_and_is_logged(dialect: Any) -> None:
    with capture_logs() as logs, pytest.raises(XformError):
        run(dialect, vm(dialect, id=ID), pipeline="fail", uri=TEST)
    assert (logs[-1]["stage"], logs[-1]["event"], logs[-1]["error"]) == ("refuse", "stage failed", "RuntimeError")
    with Hypervisor(TEST) as hypervisor, pytest.raises(HostError):
        hypervisor.dump(ID)


def test_a_stage_that_raises_an_error_of_its_own_is_named_with_the_place(dialect: Any) -> None:
    with pytest.raises(XformError) as error:
        run(dialect, vm(dialect, id=ID), pipeline="fail", uri=TEST)
    line = (
        (DIALECTS / "staged" / "stages.py").read_text().splitlines().index('    raise RuntimeError(f"no {run.domain}")')
    )
    assert str(error.value).endswith(f"staged/stages.py:{line + 1}: stage 'refuse' raised RuntimeError: no {ID}")
    assert isinstance(error.value.__cause__, RuntimeError)


def test_a_stage_may_give_plain_data(dialect: Any) -> None:
    assert run(dialect, vm(dialect), pipeline="count").value == {"paired": 2}


def test_a_stage_that_gives_what_the_next_does_not_take_is_named(dialect: Any) -> None:
    with pytest.raises(XformError, match=r"^stage 'forget' gave nothing; stage 'check' takes a document's text$"):
        run(dialect, vm(dialect), pipeline="forgetful")


def test_a_stage_that_does_not_give_what_it_says_is_named_with_its_place(dialect: Any) -> None:
    said = r"stages\.py:\d+: stage 'lie' gave a value of type dict; it says that it gives an entity$"
    with pytest.raises(XformError, match=said):
        run(dialect, vm(dialect), pipeline="untrue")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("def plan(e): return e", "TypeError: plan() got an unexpected keyword argument 'dialect'; " + EXPECTED),
        ("def plan(*, dialect): return 1", "positional argument (and 1 keyword-only argument) were given; " + EXPECTED),
        ("def plan(e, *, dialect, host): return e", "missing 1 required keyword-only argument: 'host'"),
        ("def plan(e, *, dialect): return len(3)", "TypeError: object of type 'int' has no len()"),
        ("def plan(e, *, dialect): return None", "stage 'plan' gave nothing; it says that it gives an entity"),
    ],
)
def test_a_plan_that_is_wrong_is_told_with_its_place(plan: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text(f'format = 1\nname = "site"\nextends = "{DIALECTS / "staged"}"\n')
    (tmp_path / "plan.py").write_text(plan)
    site = xform.load(str(tmp_path))
    with pytest.raises(XformError) as error:
        run(site, vm(site), until="plan")
    assert str(error.value).startswith(f"{tmp_path / 'plan.py'}:1: stage 'plan' ")
    assert str(error.value).endswith(said)


def test_a_run_that_starts_with_what_the_first_stage_does_not_take_is_refused(dialect: Any) -> None:
    with pytest.raises(XformError, match=r"^the run starts with a document's text; stage 'plan' takes an entity$"):
        run(dialect, "<domain/>")


def test_what_libvirt_refuses_is_a_host_error(dialect: Any) -> None:
    with Hypervisor(TEST) as hypervisor:
        hypervisor.start(dialect.generate(vm(dialect, id=ID)))
        with pytest.raises(HostError, match=f"^{TEST}: .*already"):
            run(dialect, vm(dialect), uri=TEST)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"until": "chek"}, "no stage 'chek' in the pipeline (did you mean 'check'?)"),
        ({"start_from": "prepare"}, "no stage 'prepare' in the pipeline; expected one of plan,"),
        ({"start_from": "check", "until": "plan"}, "stage 'plan' comes before 'check'; expected one of check, start"),
    ],
)
def test_a_stage_that_is_not_in_the_pipeline_is_refused(dialect: Any, options: dict[str, str], expected: str) -> None:
    with pytest.raises(XformError) as error:
        run(dialect, vm(dialect), **options)
    assert str(error.value).startswith(expected)


def test_an_unknown_stage_is_named_with_its_place(tmp_path: Path) -> None:
    text = f'format = 1\nname = "further"\nextends = "{DIALECTS / "staged"}"\n'
    (tmp_path / "dialect.toml").write_text(f'{text}[pipeline]\ntypo = ["generate", "strat"]\n')
    with pytest.raises(TableError, match=r"dialect\.toml:5:1: unknown stage 'strat' \(did you mean 'start'\?\)$"):
        stages_of(xform.load(str(tmp_path)).tables, "typo")


def test_an_unknown_pipeline_is_named(dialect: Any) -> None:
    with pytest.raises(TableError, match=r"no pipeline 'ran' \(did you mean 'run'\?\)"):
        run(dialect, vm(dialect), pipeline="ran")


def test_pipelines_and_stages_are_inherited(tmp_path: Path) -> None:
    text = f'format = 1\nname = "further"\nextends = "{DIALECTS / "staged"}"\n'
    (tmp_path / "dialect.toml").write_text(text)
    (tmp_path / "stages.py").write_text("def label(xml, run):\n    return xml + '<!-- ours -->'\n")
    further = xform.load(str(tmp_path))
    assert run(further, vm(further), until="label").value.endswith("<!-- ours -->")
    assert run(further, vm(further), pipeline="named").entity.name == "site-staged"


def test_stages_that_do_not_load_are_named(tmp_path: Path) -> None:
    text = f'format = 1\nname = "broken"\nextends = "{DIALECTS / "staged"}"\n'
    (tmp_path / "dialect.toml").write_text(text)
    (tmp_path / "stages.py").write_text("import no_such_module\n")
    broken = xform.load(str(tmp_path))
    with pytest.raises(TableError, match=r"stages\.py:1: ModuleNotFoundError: .*no_such_module"):
        run(broken, vm(broken))


def test_nothing_is_opened_where_no_stage_needs_libvirt(dialect: Any) -> None:
    assert run(dialect, vm(dialect), until="check", uri="no-such:///").value.startswith("<domain")


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    structlog.configure(processors=[structlog.testing.LogCapture()])
    yield
    structlog.reset_defaults()


# --- stages that packages bring -------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Runs a pipeline of one stage in a place where a package brings the stage `shout`; what is said."""
    about = tmp_path / "path" / "acme-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[xform.stages]\nshout = acme_of_nobody:shout\n")
    monkeypatch.syspath_prepend(tmp_path / "path")

    def said(stage: str) -> str:
        head = f'format = 1\nname = "site"\nextends = "{DIALECTS / "staged"}"\n[pipeline]\nrun = ["{stage}"]\n'
        (tmp_path / "dialect.toml").write_text(head)
        dialect = xform.load(str(tmp_path))
        with pytest.raises(XformError) as error:
            run(dialect, vm(dialect))
        return str(error.value)

    return said


def test_a_slip_in_the_name_of_a_stage_that_a_package_brings_is_told(site: Callable[[str], str]) -> None:
    assert site("shuot").endswith("dialect.toml:5:1: unknown stage 'shuot' (did you mean 'shout'?)")


def test_a_stage_that_a_package_brings_and_that_does_not_load_is_told(site: Callable[[str], str]) -> None:
    said = "stage 'shout' of acme_of_nobody:shout does not load: ModuleNotFoundError: No module named 'acme_of_nobody'"
    assert site("shout").endswith(f"dialect.toml:5:1: {said}")
