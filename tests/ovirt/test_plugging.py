"""What a running VM is given, loses and is changed by, in real QEMU: the host hands the element on, as it is."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve
from lxml import etree

from .material import OVIRT, plan
from .real import Machine, machine, real, recalled

pytestmark = real

NAME = "linux_desktop"
PROFILE = "1f0d2c3b-5a69-4788-9a1b-2c3d4e5f6001"


@pytest.fixture(scope="module")
def host() -> Iterator[Machine]:
    with machine() as made:
        yield made


@pytest.fixture(scope="module")
def running(host: Machine) -> Iterator[tuple[str, Any]]:
    """A domain, and its VM as it was planned."""
    vm = host.planned(NAME)
    domain = host.hypervisor.start(OVIRT.generate(vm))
    yield domain, vm
    host.hypervisor.end(domain)


def known(host: Machine, running: tuple[str, Any]) -> Any:
    """The VM as its manager knows it while it runs."""
    domain, vm = running
    return recalled(host.hypervisor.dump(domain), vm, **host.contexts(NAME))


def disk(interface: str, image: str) -> Any:
    ids = {"pool_id": "0f6c1c9e-3c58-4a8f-8a52-0c2a5c0f6f01", "domain_id": "8d3b0c55-2f0e-4b07-9c3d-6a5d8f1e7b02"}
    return OVIRT.Disk(name="more", interface=interface, image_id=image, volume_id=image, **ids)


NEW = {
    "disk": ("disks", disk("virtio", "6b1c2d3e-4f50-4a61-8b72-9c83ad94be13")),
    "NIC": ("nics", OVIRT.Nic(name="nic2", mac="56:6f:1a:5c:01:02", vnic_profile_id=PROFILE)),
}


@pytest.mark.parametrize(("kind", "new"), NEW.values(), ids=NEW)
def test_what_is_plugged_is_known_by_its_id_until_it_is_unplugged(
    kind: str, new: Any, host: Machine, running: tuple[str, Any]
) -> None:
    domain, _ = running
    before = known(host, running)
    given = plan(evolve(before, **{kind: [*getattr(before, kind), new]}), **host.contexts(NAME))
    ids = {item.id for item in getattr(before, kind)}
    (added,) = (item for item in getattr(given, kind) if item.id not in ids)
    if kind == "disks":
        host.image(added)

    host.hypervisor.attach(domain, element(OVIRT.generate(given, part="hotplug", only=[added])))
    found = OVIRT.match(host.hypervisor.dump(domain), given)
    assert (found.missing, found.ambiguous) == ([], [])
    assert [pair.rung for pair in found.pairs if pair.known is added] == [("id",)]

    told = etree.fromstring(element(OVIRT.generate(given, part="hotunplug", only=[added])))
    host.hypervisor.detach(domain, told.find("alias").get("name"))
    host.hypervisor.reset(domain)
    assert gone(host, domain, added)
    assert [item.id for item in getattr(known(host, running), kind)] == [item.id for item in getattr(before, kind)]


def test_a_cable_that_is_pulled_is_pulled_in_the_next_document(host: Machine, running: tuple[str, Any]) -> None:
    domain, _ = running
    live = host.hypervisor.dump(domain)
    vm = OVIRT.parse(live)
    vm.nics[0].linked = False
    host.hypervisor.change(domain, held(OVIRT.update(live, vm), "interface", vm.nics[0].id))
    assert OVIRT.parse(host.hypervisor.dump(domain)).nics == vm.nics


def test_a_medium_that_is_changed_is_in_the_next_document(host: Machine, running: tuple[str, Any]) -> None:
    domain, _ = running
    live = host.hypervisor.dump(domain)
    vm = OVIRT.parse(live)
    (drive,) = (item for item in vm.disks if item.device == "cdrom")
    medium = host.folder / "other.iso"
    host.blank(medium)
    drive.source.path = str(medium)
    host.hypervisor.change(domain, held(OVIRT.update(live, vm), "disk", drive.id))
    after = host.hypervisor.dump(domain)
    assert {item.id: item.source.path for item in OVIRT.parse(after).disks}[drive.id] == str(medium)
    assert recalled(after, running[1], **host.contexts(NAME)).cd_path == str(medium)


def element(document: str) -> str:
    """The one device of a part."""
    (device,) = etree.fromstring(document).find("devices")
    return etree.tostring(device, encoding="unicode")


def held(document: str, tag: str, id: str) -> str:
    """A device of a whole document, by its id."""
    (device,) = etree.fromstring(document).xpath(f"devices/{tag}[alias/@name='ua-{id}']")
    return etree.tostring(device, encoding="unicode")


def gone(host: Machine, domain: str, item: Any) -> bool:
    """Whether a device is gone, as soon as it is; QEMU tells libvirt of it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if f"ua-{item.id}" not in host.hypervisor.dump(domain):
            return True
        time.sleep(0.05)
    return False
