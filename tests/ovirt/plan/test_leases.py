"""Leases of the VM and of a hosted engine's volumes."""

from typing import Any

from .drives import DOMAIN, OTHER, OVIRT, VM, VOLUME, cdrom, disk, image, planned, problems, recalled, reread, vm

ASKED = {"lease_storage_domain_id": DOMAIN, "lease_path": "/leases", "lease_offset": 4194304}


def leases(vm: Any) -> list[Any]:
    held: list[Any] = planned(vm, "disks", "leases").leases
    return held


def test_a_vm_has_the_lease_that_it_asks_for() -> None:
    assert leases(vm(**ASKED)) == [OVIRT.Lease(lockspace=DOMAIN, key=VM, path="/leases", offset=4194304)]


def test_without_asking_there_is_none() -> None:
    assert leases(vm(image())) == []


def test_a_known_lease_is_not_added_again() -> None:
    own = OVIRT.Lease(lockspace=DOMAIN, key=VM, path="/other")
    assert leases(vm(leases=[own], **ASKED)) == [own]


def test_L53_the_host_finds_leases_of_a_hosted_engines_volumes_and_their_offsets() -> None:
    engine = planned(vm(image(), image(device="cdrom"), disk(guid="g"), origin="hosted_engine", **ASKED))
    volume, own = engine.leases
    assert volume == OVIRT.Lease(lockspace=DOMAIN, key=VOLUME, path=f"LEASE-PATH:{VOLUME}:{DOMAIN}", offset=None)
    assert own.key == VM
    assert problems(engine) == []


def test_a_lease_whose_place_is_not_known_is_not_left_out() -> None:
    (lease,) = leases(vm(lease_storage_domain_id=DOMAIN))
    assert lease.path == f"LEASE-PATH:{VM}:{DOMAIN}"


def test_the_lease_of_the_vm_is_found_again() -> None:
    found = recalled(reread(planned(vm(image(), origin="hosted_engine", **ASKED))), None, "leases")
    assert {name: getattr(found, name) for name in ASKED} == ASKED


def test_a_place_that_the_host_has_to_find_is_not_known() -> None:
    found = recalled(planned(vm(lease_storage_domain_id=DOMAIN), "leases"), None, "leases")
    assert (found.lease_storage_domain_id, found.lease_path) == (DOMAIN, None)


def test_a_lease_of_something_else_is_not_the_vms() -> None:
    other = vm(leases=[OVIRT.Lease(lockspace=DOMAIN, key=OTHER, path="/x")], disks=[cdrom()])
    assert recalled(other, None, "leases").lease_storage_domain_id is None
    assert recalled(other, vm(**ASKED), "leases").lease_path == "/leases"
