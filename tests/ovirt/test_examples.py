"""The examples: entity files that become valid documents, and documents that become the same entities."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xform import HostError, laws
from xform.schema import Schema, find_schemas

from .material import EXAMPLES, OVIRT, contexts, corpus, example_host, plan

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml") if file.stem != "host")
PLAIN = ("desktop", "server")  # of any host with QEMU; the others have a cluster

each = pytest.mark.parametrize("name", NAMES)


def context(name: str) -> dict[str, Any]:
    return {"host": example_host()} if name in PLAIN else contexts(name)


def planned(name: str) -> Any:
    return plan(OVIRT.read(EXAMPLES / f"{name}.yaml"), **context(name))


@pytest.mark.parametrize("version", ["libvirt-9.0.0", "libvirt-11.3.0"])
@each
def test_examples_are_valid_in_each_version(name: str, version: str) -> None:
    assert Schema(corpus("schemas") / version).said(OVIRT.tree(OVIRT.generate(planned(name)))) == []


@each
def test_examples_are_valid_where_they_run(name: str) -> None:
    try:
        folder = find_schemas()
    except HostError as error:
        pytest.skip(str(error))
    assert Schema(folder).said(OVIRT.tree(OVIRT.generate(planned(name)))) == []


@each
def test_create_get(name: str) -> None:
    assert laws.create_get(OVIRT, planned(name)) == []


@each
def test_a_plan_is_its_own_plan(name: str) -> None:
    once = planned(name)
    assert plan(once, **context(name)) == once


@each
def test_the_document_of_an_example(name: str, golden: Callable[[Path, str], None]) -> None:
    golden(Path("examples") / f"{name}.xml", OVIRT.generate(planned(name)))


@each
def test_examples_need_no_host_to_be_planned(name: str) -> None:
    made = plan(OVIRT.read(EXAMPLES / f"{name}.yaml"))
    assert laws.create_get(OVIRT, made) == []


def test_the_desktop_has_what_a_desktop_has() -> None:
    vm = OVIRT.read(EXAMPLES / "desktop.yaml")
    assert [disk.device or "disk" for disk in vm.disks] == ["disk", "disk", "cdrom"]
    assert [len(vm.nics), len(vm.graphics), len(vm.consoles), len(vm.channels), len(vm.rngs)] == [2, 1, 1, 1, 1]
    assert vm.balloon is not None
