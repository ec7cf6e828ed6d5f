"""Reading documents of running VMs: chains of volumes, and devices by the IDs that they were given."""

from typing import Any

import pytest

from .material import OVIRT, corpus
from .plan.drives import cdrom, disk, module, setting, vm

chain = module("volumes").chain
DISK, HOSTDEV = "24f658ce-619b-47e1-a7d9-f19ed024c3fc", "c0a9d379-6798-4859-ab3b-7c04006dd82e"


def document() -> str:
    devices = (corpus("samples") / "engine-converter-devices.xml").read_text(encoding="utf-8")
    head = "<name>vm</name><uuid>11111111-0000-4000-8000-000000000000</uuid><os><type>hvm</type></os>"
    return f"<domain type='kvm'>{head}{devices[devices.index('<devices>') :]}</domain>"


def read() -> Any:
    return OVIRT.parse(document())


def test_a_cdrom_without_a_medium_has_no_volumes() -> None:
    assert chain(read().disks[0]) == []


def test_a_chain_of_volumes_begins_with_its_base() -> None:
    assert [volume[:8] for volume in chain(read().disks[1])] == ["cc5beaf2", "fff3c995", "011046ce"]


def test_a_document_tells_the_ids_of_a_volume() -> None:
    found = module("disks").recall(read(), None, setting(read())).disks[1]
    assert found.domain_id == "a568e7d5-3938-4229-9d5c-1e022ba92a80"
    assert found.image_id == "b75eef2b-c96c-4ac9-a720-90d3f8235249"
    assert found.volume_id == "011046ce-312a-42e6-bcb7-764fd332da02"


def test_devices_are_found_by_their_ids_and_no_others() -> None:
    matching = OVIRT.match(document(), vm(disk(id=DISK, device="disk"), disk(id=HOSTDEV, device="lun")))
    assert [pair.found.id for pair in matching.pairs] == [DISK, HOSTDEV]
    assert [pair.rung for pair in matching.pairs] == [("id",), ("id",)]
    assert [(kind, one.device) for kind, one in matching.new if kind == "disks"] == [("disks", "cdrom")]


def test_a_cdrom_of_libvirts_own_is_not_one_of_ours() -> None:
    matching = OVIRT.match(document(), vm(cdrom(id=DISK)))
    assert [pair.found.target for pair in matching.pairs] == ["sda"]


@pytest.mark.parametrize("place", [1, 2])
def test_ids_are_read_from_aliases_of_ours(place: int) -> None:
    assert read().disks[place].id == (DISK, HOSTDEV)[place - 1]
    assert read().disks[0].id is None
