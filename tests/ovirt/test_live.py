"""Documents of real VMs: the devices that the manager defined come back with their ids and what it knows of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xform import laws

from .material import CORPUS, OVIRT, corpus

DOCUMENTS = [
    (file.parent, name)
    for file in sorted((CORPUS / "live").glob("*/facts.json"))
    for name in json.loads(file.read_text())["documents"]
]
documents = pytest.mark.parametrize(
    ("folder", "name"), DOCUMENTS or [(CORPUS / "live", "")], ids=lambda value: getattr(value, "name", str(value))
)

KINDS = {
    "disk": "disks",
    "interface": "nics",
    "controller": "controllers",
    "channel": "channels",
    "console": "consoles",
    "input": "inputs",
    "video": "videos",
    "rng": "rngs",
    "memballoon": "balloon",
    "sound": "sounds",
    "memory": "dimms",
}


def present(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The devices that the manager defined and that this document shows."""
    corpus("live")
    for device in json.loads((folder / "facts.json").read_text())["devices"]:
        if name in device["present"] and device["kind"] in KINDS and not device.get("alias_lost"):
            yield device


def found(vm: Any, device: dict[str, Any]) -> Any:
    held = getattr(vm, KINDS[device["kind"]])
    return next((item for item in (held if isinstance(held, list) else [held]) if item.id == device["id"]), None)


@documents
def test_every_device_comes_back_with_its_id(folder: Path, name: str) -> None:
    devices = list(present(folder, name))
    vm = OVIRT.parse((folder / name).read_bytes())
    assert [device["alias"] for device in devices if found(vm, device) is None] == []


@documents
def test_every_disk_comes_back_with_its_volume(folder: Path, name: str) -> None:
    fields = {"poolID": "pool_id", "domainID": "domain_id", "imageID": "image_id", "volumeID": "volume_id"}
    devices = list(present(folder, name))
    vm = OVIRT.parse((folder / name).read_bytes())
    for device in devices:
        if device["kind"] == "disk" and name in device.get("metadata_present", ()):
            disk = found(vm, device)
            expected = device["metadata"] | device.get("metadata_changed", {}).get(name, {})
            assert {word: getattr(disk, field) for word, field in fields.items()} == {
                word: expected.get(word) for word in fields
            }


@documents
def test_create_get(folder: Path, name: str) -> None:
    corpus("live")
    assert laws.create_get(OVIRT, OVIRT.parse((folder / name).read_bytes())) == []


def test_what_the_host_must_know_is_read() -> None:
    vm = OVIRT.parse((corpus("live") / "01-q35-engine-baseline" / "live.xml").read_bytes())
    assert (vm.memory, vm.min_guaranteed_memory, vm.cluster_version) == (256, 192, "4.8")
    assert (vm.launch_paused, vm.resume_behavior, vm.ballooning_enabled) == (False, "auto_resume", True)
    assert vm.custom_properties == {"sap_agent": "true", "hugepages_shared": "false"}
    assert vm.nics[0].custom_properties == {"vnic_profile": "gold & silver"}


def test_a_device_that_libvirt_added_has_no_id() -> None:
    vm = OVIRT.parse((corpus("live") / "01-q35-engine-baseline" / "live.xml").read_bytes())
    added = [controller for controller in vm.controllers if controller.type == "pci"]
    assert added
    assert {controller.id for controller in added} == {None}
