"""What the host is told of a VM where nobody said it."""

from ..material import OVIRT
from .guest import planned, vm

STEPS = ("defaults",)


def test_a_vm_runs_at_once_and_goes_on_when_storage_is_back() -> None:
    made = planned(vm(), names=STEPS)
    assert (made.launch_paused, made.resume_behavior, made.ballooning_enabled) == (False, "auto_resume", True)


def test_what_is_said_stays() -> None:
    said = vm(
        launch_paused=True,
        resume_behavior="kill",
        ballooning_enabled=False,
        cluster_version="4.5",
        qos=OVIRT.Qos(vcpu_limit=50),
    )
    assert planned(said, names=STEPS) == said


def test_the_level_is_the_clusters_unless_the_vm_has_one() -> None:
    assert planned(vm(), level="4.6", names=STEPS).cluster_version == "4.6"
    assert planned(vm(cluster_version="4.3"), level="4.6", names=STEPS).cluster_version == "4.3"
