"""VMs and hosts that are killed, and that things are refused to."""

from __future__ import annotations

from host_prep.config import Config
from host_prep.request import Request, Secret
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.crash import Scenario
from tests.host_prep.fake import FakeLibvirt


def _nothing(config: Config, libvirt: FakeLibvirt) -> None:
    pass


BARE = Scenario("bare", _nothing, lambda config: domain())

SECRET = Secret(id="5c1d6b1f-33a2-4a4c-9a57-1c2e9d3f7a60", usage="ceph", name="ovirt/volumes", value=b"key")


def _shared(config: Config, libvirt: FakeLibvirt) -> None:
    """Two CPUs, a few huge pages, and a VM that runs."""
    files = {
        "devices/system/cpu/online": "0-1",
        "devices/system/cpu/cpu0/topology/thread_siblings_list": "0",
        "devices/system/cpu/cpu1/topology/thread_siblings_list": "1",
        "kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "10",
        "kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "3",
    }
    for name, text in files.items():
        (config.sys / name).parent.mkdir(parents=True, exist_ok=True)
        (config.sys / name).write_text(text)
    libvirt.add_domain(domain(id=OTHER, name="other"))


def _sharing(config: Config) -> str:
    """A VM with huge pages, a CPU for itself, and a guest agent."""
    return domain(
        f"""<channel type="unix"><source mode="bind" path="{config.channels}/{VM}.org.qemu.guest_agent.0"/>
        <target type="virtio" name="org.qemu.guest_agent.0"/></channel>""",
        "<ovirt-vm:custom><ovirt-vm:hugepages>2048</ovirt-vm:hugepages></ovirt-vm:custom>",
        '<cputune><vcpupin vcpu="0" cpuset="0"/><vcpupin vcpu="1" cpuset="0"/></cputune>',
        policy="dedicated",
    )


SHARED = Scenario("shared", _shared, _sharing, Request(secrets=[SECRET]))

SCENARIOS = (BARE, SHARED)
