"""The commands on the dialect of a manager: parts of documents, contexts, and what is known beside a document."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

import xform
from tests.cli.conftest import Xform

EXAMPLES = Path(__file__).parents[2] / "examples"
DISK = "b7d4c3a2-1f0e-4d5c-8b6a-97a8b9c0d108"


@pytest.fixture
def call() -> Xform:
    """The command, on the dialect that it takes by itself."""
    from click.testing import CliRunner

    from xform.cli import cli

    return lambda *args, stdin=None: CliRunner().invoke(cli, list(map(str, args)), input=stdin)  # type: ignore[misc]


def test_generate_writes_a_disk_to_plug(call: Xform) -> None:
    result = call("generate", EXAMPLES / "server.yaml", "--part", "hotplug", "--device", DISK)
    assert (result.exit_code, result.stderr) == (0, "")
    ovirt = xform.load("ovirt")
    plugged = ovirt.parse(result.stdout)
    assert result.stdout.startswith("<hotplug")
    assert (plugged.id, [disk.id for disk in plugged.disks], plugged.nics) == (None, [DISK], [])
    assert plugged.disks[0].volume_id == "60f1e2d3-c4b5-4a69-8778-695a4b3c2d09"


def test_generate_writes_the_alias_of_a_disk_to_take_out(call: Xform) -> None:
    result = call("generate", EXAMPLES / "server.yaml", "--part", "hotunplug", "--device", DISK)
    assert "".join(result.stdout.split()) == (
        f"<hotunplug><devices><disk><aliasname='ua-{DISK}'/></disk></devices></hotunplug>"
    )


def test_a_device_that_is_not_there_is_refused(call: Xform) -> None:
    result = call("generate", EXAMPLES / "server.yaml", "--part", "hotplug", "--device", "nobody")
    assert result.exit_code == 2
    assert result.stderr.startswith("no device 'nobody' in the Vm; expected the key of one")


def test_a_device_without_a_part_is_refused(call: Xform) -> None:
    result = call("generate", EXAMPLES / "server.yaml", "--device", DISK)
    assert (result.exit_code, "--part and --device go together" in result.stderr) == (2, True)


def test_a_part_without_devices_is_refused(call: Xform) -> None:
    result = call("generate", EXAMPLES / "server.yaml", "--part", "hotplug")
    assert (result.exit_code, "--part and --device go together" in result.stderr) == (2, True)


def test_a_part_that_is_none_is_refused(call: Xform) -> None:
    result = call("generate", EXAMPLES / "server.yaml", "--part", "hotplgu", "--device", DISK)
    assert (result.exit_code, "ovirt has no part 'hotplgu'" in result.stderr) == (2, True)


def test_any_context_can_be_given(call: Xform, tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text('compatibility: "4.6"\n')
    given = ("--context", f"cluster={tmp_path / 'cluster.yaml'}")
    source = (EXAMPLES / "server.yaml").read_text().replace('cluster_version: "4.8"\n', "")
    result = call("generate", "-", *given, stdin=source)
    assert "<ovirt-vm:clusterVersion>4.6</ovirt-vm:clusterVersion>" in result.stdout


@pytest.mark.parametrize(("given", "said"), [("cluster", "no KEYWORD=FILE"), ("clustre=x.yaml", "takes no 'clustre'")])
def test_a_context_that_is_none_is_refused(call: Xform, tmp_path: Path, given: str, said: str) -> None:
    (tmp_path / "x.yaml").write_text("{}\n")
    result = call("generate", EXAMPLES / "server.yaml", "--context", given.replace("x.yaml", str(tmp_path / "x.yaml")))
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_parse_recalls_what_the_manager_knew(call: Xform, tmp_path: Path) -> None:
    known = YAML(typ="safe").load(EXAMPLES / "server.yaml") | {"guest_os": "rhel_9x64"}
    YAML(typ="safe").dump(known, tmp_path / "known.yaml")
    document = call("generate", tmp_path / "known.yaml").stdout
    result = call("parse", "-", "--known", tmp_path / "known.yaml", stdin=document)
    assert (result.exit_code, result.stderr) == (0, "")
    assert YAML(typ="safe").load(result.stdout)["guest_os"] == "rhel_9x64"
    assert "guest_os" not in YAML(typ="safe").load(call("parse", "-", stdin=document).stdout)


def test_parse_tells_what_it_leaves_out(call: Xform) -> None:
    document = call("generate", EXAMPLES / "server.yaml").stdout.replace("<os>", "<os new='yes'>")
    result = call("parse", "-", stdin=document)
    line = next(number for number, text in enumerate(document.splitlines(), 1) if "<os " in text)
    assert (result.exit_code, result.stderr) == (
        0,
        f"<stdin>:{line}: /domain/os/@new: no row claims this attribute\n",
    )


def test_parse_tells_what_it_rounds(call: Xform) -> None:
    document = call("generate", EXAMPLES / "server.yaml").stdout
    document = document.replace("<memory unit='MiB'>512</memory>", "<memory unit='KiB'>524289</memory>")
    line = next(number for number, text in enumerate(document.splitlines(), 1) if "<memory " in text)
    result = call("parse", "-", stdin=document)
    assert (result.exit_code, result.stderr) == (
        0,
        f"<stdin>:{line}: /domain/memory: 524289 KiB is rounded up; Vm.memory is 513 MiB\n",
    )
    assert YAML(typ="safe").load(result.stdout)["memory"] == 513


def test_a_part_is_validated_as_a_part(call: Xform, tmp_path: Path) -> None:
    part = call("generate", EXAMPLES / "server.yaml", "--part", "hotplug", "--device", DISK).stdout
    (tmp_path / "part.xml").write_text(part)
    result = call("validate", tmp_path / "part.xml")
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", "")
    (tmp_path / "part.xml").write_text(part.replace("60f1e2d3-", "no-uuid-"))
    result = call("validate", tmp_path / "part.xml")
    assert (result.exit_code, "volumeID" in result.stdout) == (1, True)
