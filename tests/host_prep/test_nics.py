"""What a network card is connected to is on the host, or the VM does not start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effects.pci import DetachedPci
from host_prep.start import planned
from host_prep.system import Host
from tests.host_prep.conftest import domain
from tests.host_prep.hardware import Hardware, add_links
from xform.errors import HostError

MAC = "56:6f:1a:2b:00:01"
ID = "1d4c8ae2-6f0b-4b9d-9f3e-2a7d5c1b0e44"
FUNCTION = '<source><address type="pci" domain="0x0000" bus="0x03" slot="0x10" function="0x0"/></source>'


@pytest.fixture
def libvirt(tmp_path: Path, config: Config) -> Hardware:
    return Hardware(tmp_path / "libvirt", config)


def bridged(bridge: str, more: str = f'<mac address="{MAC}"/>') -> str:
    return domain(f'<interface type="bridge"><source bridge="{bridge}"/>{more}</interface>')


def test_a_bridge_that_is_there_needs_nothing(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "ovirtmgmt", bridge=True)
    assert len(planned(host, ovirt, bridged("ovirtmgmt")).effects) == len(planned(host, ovirt, domain()).effects)


@pytest.mark.parametrize("bridge", ["red", "Ovirtmgmt", "eth0", ";vdsmdummy;"])
def test_L233_a_bridge_that_is_missing_is_told_and_nothing_takes_its_place(
    host: Host, config: Config, ovirt: Any, bridge: str
) -> None:
    add_links(config, "ovirtmgmt", bridge=True)
    add_links(config, "eth0")
    with pytest.raises(
        HostError, match=f"^NIC {MAC}: the host has no bridge {bridge}; set up the host's network first$"
    ):
        planned(host, ovirt, bridged(bridge))


def test_a_card_is_called_by_its_id(host: Host, ovirt: Any) -> None:
    with pytest.raises(HostError, match=f"^NIC {ID}: "):
        planned(host, ovirt, bridged("red", f'<mac address="{MAC}"/><alias name="ua-{ID}"/>'))


def test_a_bridge_of_open_vswitch_is_a_link_like_any_other(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "br-int")
    planned(host, ovirt, bridged("br-int", '<virtualport type="openvswitch"/>'))


@pytest.mark.parametrize(
    ("active", "said"),
    [(None, "libvirt has no network red"), (False, "libvirt has an inactive network red"), (True, None)],
)
def test_a_network_of_libvirts_is_there_and_active(
    host: Host, ovirt: Any, libvirt: Hardware, active: bool | None, said: str | None
) -> None:
    if active is not None:
        libvirt._set("networks", "red", {"xml": "<network/>", "active": active})
    xml = domain(f'<interface type="network"><mac address="{MAC}"/><source network="red"/></interface>')
    if said is None:
        planned(host, ovirt, xml)
    else:
        with pytest.raises(HostError, match=f"^NIC {MAC}: {said}; define and start it first$"):
            planned(host, ovirt, xml)


def test_a_virtual_function_is_taken_from_the_host(host: Host, ovirt: Any, libvirt: Hardware) -> None:
    address = libvirt.add_pci(0x10, "iavf")
    effects = planned(host, ovirt, domain(f'<interface type="hostdev">{FUNCTION}</interface>')).effects
    assert DetachedPci(name="pci_0000_03_10_0", address=address) in effects


def test_libvirt_itself_takes_a_managed_one(host: Host, ovirt: Any, libvirt: Hardware) -> None:
    libvirt.add_pci(0x10, "iavf")
    effects = planned(host, ovirt, domain(f'<interface type="hostdev" managed="yes">{FUNCTION}</interface>')).effects
    assert not [effect for effect in effects if isinstance(effect, DetachedPci)]


def test_a_virtual_function_that_is_missing_is_told(host: Host, ovirt: Any) -> None:
    xml = domain(f'<interface type="hostdev"><mac address="{MAC}"/>{FUNCTION}</interface>')
    with pytest.raises(HostError, match=rf"^NIC {MAC}: the host has no PCI device 0000:03:10\.0; "):
        planned(host, ovirt, xml)
