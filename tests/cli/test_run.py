"""`xform run` with stages of a dialect's own: what they give, log and raise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import MINI, Xform


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A dialect whose pipeline has a stage `own` behind `generate`; tests write it."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "dialect.toml").write_text(
        f'format = 1\nname = "own"\nextends = "{MINI}"\nroot = "Machine"\n\n'
        '[pipeline]\nrun = ["plan", "generate", "own"]\n'
    )
    return folder


def stage(folder: Path, *body: str) -> Path:
    text = "import logging\n\n\ndef own(xml, run):\n" + "".join(f"    {line}\n" for line in body)
    (folder / "stages.py").write_text(text)
    return folder


# --- what it gives --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("{'paired': 2, 'names': ['a']}", "paired: 2\nnames:\n  - a\n"),
        ("['a', 1, None]", "  - a\n  - 1\n  - null\n"),
        ("5", "5\n"),
        ("None", "null\n"),
        ("{'disks': run.entity.disks}", "disks:\n  - target: vda\n"),
        ("'2 paired'", "2 paired\n"),
        ("run.entity", "name: web\ndisks:\n  - target: vda\n"),
    ],
)
def test_what_a_stage_gives_is_shown(value: str, shown: str, own: Path, call: Xform) -> None:
    result = call("run", "-", dialect=stage(own, f"return {value}"), stdin="{name: web, disks: [{target: vda}]}")
    assert (result.exit_code, result.stdout) == (0, shown), result.output


def test_what_cannot_be_shown_is_refused(own: Path, call: Xform) -> None:
    result = call("run", "-", dialect=stage(own, "return object()"), stdin="name: web")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith(
        "stage 'own' gave a value of type object, which cannot be shown; expected an"
    )


def test_secrets_in_plain_data_are_masked(own: Path, call: Xform) -> None:
    dialect = stage(own, "return {'screens': run.entity.screens}")
    result = call("run", "-", dialect=dialect, stdin="{name: web, screens: [{kind: vnc, password: hunter2}]}")
    assert result.stdout == "screens:\n  - kind: vnc\n    password: '***'\n"


# --- what it logs ---------------------------------------------------------------------------------------------------


def test_what_a_stage_logs_is_a_line_on_standard_error(own: Path, call: Xform) -> None:
    dialect = stage(own, "run.log.info('hello', x=1, name='a\\nb')", "run.log.debug('no')", "return xml")
    result = call("run", "-", dialect=dialect, stdin="name: web")
    assert "info: hello x=1 name=a b" in result.stderr.splitlines()
    assert "no" not in result.stderr
    assert result.stdout.startswith("<machine")


def test_a_document_that_is_logged_stands_below_its_line(own: Path, call: Xform) -> None:
    (own / "dialect.toml").write_text((own / "dialect.toml").read_text().replace('"own"]', '"log"]'))
    result = call("run", "-", dialect=own, stdin="{name: web, screens: [{kind: vnc, password: hunter2}]}")
    log = result.stderr.partition("info: document\n")[2]
    assert log.startswith(result.stdout)
    assert "  <name>web</name>\n" in log
    assert "hunter2" not in log


def test_pythons_own_warnings_are_shown_as_well(own: Path, call: Xform) -> None:
    dialect = stage(own, "logging.getLogger('theirs').warning('old %s', 'disk')", "return xml")
    assert "warning: old disk" in call("run", "-", dialect=dialect, stdin="name: web").stderr.splitlines()


def test_what_is_logged_of_an_error_is_one_line_too(own: Path, call: Xform) -> None:
    dialect = stage(own, "try:", "    1 / 0", "except ZeroDivisionError:", "    run.log.exception('odd')", "return xml")
    result = call("run", "-", dialect=dialect, stdin="name: web")
    assert "error: odd error=ZeroDivisionError('division by zero')" in result.stderr.splitlines()


# --- what it raises -------------------------------------------------------------------------------------------------


def test_an_error_of_a_stage_is_one_line_with_its_place(own: Path, call: Xform) -> None:
    result = call("run", "-", dialect=stage(own, "raise KeyError('x')"), stdin="name: web")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"{own}/stages.py:5: stage 'own' raised KeyError: 'x'"
    assert "Traceback" not in result.output


def test_the_traceback_of_a_stage_is_shown_when_asked(own: Path, call: Xform) -> None:
    result = call("run", "-", "--debug", dialect=stage(own, "raise KeyError('x')"), stdin="name: web")
    assert "in own\n    raise KeyError('x')" in result.stderr


def test_an_error_of_plan_is_one_line_in_generate_too(own: Path, call: Xform) -> None:
    (own / "plan.py").write_text("def plan(machine, *, dialect):\n    return 1 / 0\n")
    result = call("generate", "-", "--no-check", dialect=own, stdin="name: web")
    assert result.exit_code == 2
    assert result.stderr == f"{own}/plan.py:2: stage 'plan' raised ZeroDivisionError: division by zero\n"


# --- where it starts ------------------------------------------------------------------------------------------------


def test_a_run_may_start_from_standard_input(call: Xform) -> None:
    xml = call("run", "--from", "generate", "-", "--until", "generate", stdin="name: web").stdout
    assert "<name>web</name>" in xml
    assert call("run", "--from", "match", "-", stdin=xml).stdout.endswith("0 paired, 0 new, 0 missing, 0 ambiguous\n")


def test_an_entity_beside_the_one_to_start_from_is_refused(call: Xform, entity: Path) -> None:
    result = call("run", entity, "--from", "plan", "other.yaml")
    assert result.exit_code == 2
    assert f"stage 'plan' takes an entity, that of other.yaml; leave out {entity}" in result.stderr
