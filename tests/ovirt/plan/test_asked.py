"""What is asked of a plan can be had, or is refused in one line."""

from typing import Any

import pytest

from xform import EntityError

from ..material import OVIRT, plan
from .devices_material import CONTEXT, OTHER_ID, PROFILE_ID

ID = "5a0a7b3e-6d52-4a51-9a0f-3c1f0f4f7a10"
CLUSTER = CONTEXT.Cluster(
    vnic_profiles=(CONTEXT.VnicProfile(id=PROFILE_ID, network="lab"),),
    disk_profiles=(CONTEXT.DiskProfile(id=PROFILE_ID),),
)


def vm(**fields: Any) -> Any:
    return OVIRT.Vm(id=ID, name="vm", memory=64, **fields)


def refused(entity: Any, **context: Any) -> str:
    with pytest.raises(EntityError) as raised:
        plan(entity, **context)
    return str(raised.value)


def test_a_profile_that_the_cluster_does_not_have_is_refused() -> None:
    wanted = vm(nics=[OVIRT.Nic(vnic_profile_id=PROFILE_ID), OVIRT.Nic(vnic_profile_id=OTHER_ID)])
    assert refused(wanted, cluster=CLUSTER) == (
        f"nics[1].vnic_profile_id: the cluster has no profile '{OTHER_ID}'; expected one of its own, or none"
    )
    wanted = vm(disks=[OVIRT.Disk(disk_profile_id=OTHER_ID)])
    assert refused(wanted, cluster=CLUSTER).startswith("disks[0].disk_profile_id: the cluster has no profile")


def test_without_a_cluster_nobody_knows_which_profiles_there_are() -> None:
    wanted = vm(nics=[OVIRT.Nic(vnic_profile_id=OTHER_ID)])
    assert plan(wanted).nics[0].vnic_profile_id == OTHER_ID


def test_a_time_zone_that_is_none_is_refused() -> None:
    assert refused(vm(time_zone="Europe/Berln")) == (
        "time_zone: 'Europe/Berln' is not known; expected a name such as Europe/Berlin"
    )


def test_what_is_asked_may_not_be_another_than_the_fact() -> None:
    made = plan(vm(sockets=2, cores=2))
    made.sockets = 4
    assert refused(made) == (
        "sockets: 8 CPUs are asked for, and current_vcpus is 4; expected the same, or only one of the two"
    )
    made.current_vcpus = made.vcpus = made.cpu = None
    assert plan(made).current_vcpus == 8


def test_firmware_is_for_a_chipset() -> None:
    wanted = vm(bios_type="q35_ovmf", os=OVIRT.Os(type="hvm", machine="pc"))
    assert refused(wanted) == (
        "bios_type: q35_ovmf is not for the machine pc; expected one for its chipset, or no machine"
    )


def test_all_faults_are_told_at_once() -> None:
    wanted = vm(time_zone="x", nics=[OVIRT.Nic(vnic_profile_id=OTHER_ID)])
    assert len(refused(wanted, cluster=CLUSTER).splitlines()) == 2
