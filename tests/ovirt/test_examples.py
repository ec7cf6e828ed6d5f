"""The examples: entity files that become valid documents, and documents that become the same entities."""

from typing import Any

import pytest

from xform import HostError, laws
from xform.schema import Schema, find_schemas

from .material import EXAMPLES, OVIRT, corpus, example_host, plan

NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml") if file.stem != "host")


@pytest.fixture(params=NAMES)
def vm(request: pytest.FixtureRequest) -> Any:
    """Each example, planned for the host of the examples."""
    return plan(OVIRT.read(EXAMPLES / f"{request.param}.yaml"), example_host())


@pytest.mark.parametrize("version", ["libvirt-9.0.0", "libvirt-11.3.0"])
def test_examples_are_valid_in_each_version(vm: Any, version: str) -> None:
    assert Schema(corpus("schemas") / version).problems(OVIRT.generate(vm)) == []


def test_examples_are_valid_where_they_run(vm: Any) -> None:
    try:
        folder = find_schemas()
    except HostError as error:
        pytest.skip(str(error))
    assert Schema(folder).problems(OVIRT.generate(vm)) == []


def test_create_get(vm: Any) -> None:
    assert laws.create_get(OVIRT, vm) == []


@pytest.mark.parametrize("name", NAMES)
def test_examples_need_no_host_to_be_planned(name: str) -> None:
    planned = plan(OVIRT.read(EXAMPLES / f"{name}.yaml"))
    assert laws.create_get(OVIRT, planned) == []


def test_the_desktop_has_what_a_desktop_has() -> None:
    vm = OVIRT.read(EXAMPLES / "desktop.yaml")
    assert [disk.device or "disk" for disk in vm.disks] == ["disk", "disk", "cdrom"]
    assert [len(vm.nics), len(vm.graphics), len(vm.consoles), len(vm.channels), len(vm.rngs)] == [2, 1, 1, 1, 1]
    assert vm.balloon is not None
