"""Devices of the host that a guest gets: found, free, and given back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects.pci import DetachedPci
from host_prep.facts.devices import Devices, look_at_devices
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.recover import recover
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.hardware import Hardware
from xform.errors import HostError

ID = "1d4c8ae2-6f0b-4b9d-9f3e-2a7d5c1b0e44"


@pytest.fixture
def libvirt(tmp_path: Path, config: Config) -> Hardware:
    return Hardware(tmp_path / "libvirt", config)


def pci(*slots: int, more: str = "") -> str:
    return "".join(
        f'<hostdev mode="subsystem" type="pci"{more}><source>'
        f'<address domain="0" bus="0x03" slot="{slot:#x}" function="0x0"/></source></hostdev>'
        for slot in slots
    )


def hostdev(type: str, source: str, more: str = "") -> str:
    return domain(f'<hostdev mode="subsystem" type="{type}"><source{more}>{source}</source></hostdev>')


def detached(host: Host, ovirt: Any, xml: str) -> list[str]:
    return [effect.address for effect in planned(host, ovirt, xml).effects if isinstance(effect, DetachedPci)]


def test_devices_are_found_by_their_place_however_it_is_written(host: Host, ovirt: Any, libvirt: Hardware) -> None:
    address = libvirt.add_pci(0x1F)
    assert detached(host, ovirt, domain(pci(31).replace("0x1f", "31"))) == [address]


def test_libvirts_devices_are_not_looked_for_without_need(
    host: Host, ovirt: Any, libvirt: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libvirt, "node_devices", lambda: pytest.fail("asked"))
    planned(host, ovirt, domain('<interface type="user"/>'))


def test_devices_that_libvirt_itself_lists_are_read(config: Config, ovirt: Any) -> None:
    libvirt = Libvirt("test:///default")
    with closing(libvirt):
        assert libvirt.node_devices()
        assert look_at_devices(Host(config, libvirt), ovirt.parse(domain(pci(1)))) == Devices()


def test_L234_a_device_that_the_host_does_not_have_is_told(host: Host, ovirt: Any, libvirt: Hardware) -> None:
    libvirt.add_pci(1)
    with pytest.raises(HostError, match=rf"^host device {ID}: the host has no PCI device 0000:03:02\.0; plug it in"):
        planned(host, ovirt, domain(pci(2).replace("</hostdev>", f'<alias name="ua-{ID}"/></hostdev>')))


def test_libvirt_itself_detaches_a_managed_one(host: Host, ovirt: Any, libvirt: Hardware) -> None:
    libvirt.add_pci(1)
    assert detached(host, ovirt, domain(pci(1, more=' managed="yes"'))) == []


@pytest.mark.parametrize("kind", ["pci-bridge", "cardbus-bridge"])
def test_a_bridge_stays_with_the_host(host: Host, ovirt: Any, libvirt: Hardware, kind: str) -> None:
    libvirt.add_pci(1, "pcieport", kind)
    card = libvirt.add_pci(2)
    assert detached(host, ovirt, domain(pci(1, 2))) == [card]


def test_a_device_is_detached_once_and_given_back_once(work: Callable[[str], Work], libvirt: Hardware) -> None:
    address = libvirt.add_pci(1)
    device, now = DetachedPci(name="pci_0000_03_01_0", address=address), work(domain(pci(1)))
    note = device.look(now)
    assert note == {}
    assert device.undo(now, note) is Outcome.ALREADY  # begun only
    assert [device.apply(now, note) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert libvirt.driver(address) == "vfio-pci"
    assert [device.undo(now, note) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert libvirt.driver(address) == "e1000e"


def test_a_device_that_is_gone_needs_no_driver(work: Callable[[str], Work]) -> None:
    device = DetachedPci(name="pci_0000_03_01_0", address="0000:03:01.0")
    assert device.undo(work(domain(pci(1))), {}) is Outcome.ALREADY


def test_a_driver_of_vfio_has_any_name(work: Callable[[str], Work], libvirt: Hardware) -> None:
    address = libvirt.add_pci(1, "mlx5_vfio_pci")
    (libvirt.sys / "bus" / "pci" / "devices" / address / "vfio-dev").mkdir()
    assert DetachedPci(name="pci_0000_03_01_0", address=address).look(work(domain(pci(1)))) == {"found": True}


def test_what_was_detached_before_stays_so(host: Host, journal: Journal, ovirt: Any, libvirt: Hardware) -> None:
    address = libvirt.add_pci(1, "vfio-pci")
    start(host, journal, ovirt, domain(pci(1)))
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.driver(address) == "vfio-pci"
    assert libvirt.asked == []


def test_L235_only_what_was_detached_is_given_back_last_one_first(
    host: Host, journal: Journal, ovirt: Any, libvirt: Hardware
) -> None:
    addresses = [libvirt.add_pci(slot) for slot in (1, 2, 3, 4)]
    libvirt.refused = {"pci_0000_03_03_0"}
    with pytest.raises(HostError, match=r"^web: fake:///: device is in use$"):
        start(host, journal, ovirt, domain(pci(1, 2, 3, 4)))
    assert libvirt.asked == [
        ("detach", "pci_0000_03_01_0"),
        ("detach", "pci_0000_03_02_0"),
        ("detach", "pci_0000_03_03_0"),
        ("reattach", "pci_0000_03_02_0"),
        ("reattach", "pci_0000_03_01_0"),
    ]
    assert [libvirt.driver(address) for address in addresses] == ["e1000e"] * 4
    assert journal.vms() == []


@pytest.mark.parametrize("slot", [1, 2, 3])
def test_L235_the_first_cause_is_told_also_where_giving_back_fails(
    host: Host, journal: Journal, ovirt: Any, libvirt: Hardware, monkeypatch: pytest.MonkeyPatch, slot: int
) -> None:
    addresses = [libvirt.add_pci(one) for one in (1, 2, 3)]
    libvirt.refused = {f"pci_0000_03_{slot:02x}_0"}

    def reattach(name: str) -> None:
        raise HostError(f"{name} stays")

    with monkeypatch.context() as patched:
        patched.setattr(libvirt, "reattach", reattach)
        with pytest.raises(HostError) as told:
            start(host, journal, ovirt, domain(pci(1, 2, 3)))
    assert str(told.value).startswith("web: fake:///: device is in use")
    assert str(told.value).count("not undone: take the PCI device") == slot - 1
    recover(host, journal, ovirt)
    assert [libvirt.driver(address) for address in addresses] == ["e1000e"] * 3


@pytest.mark.parametrize("as_card", [False, True])
def test_a_device_of_a_vm_that_runs_is_refused_and_left_alone(
    host: Host, journal: Journal, ovirt: Any, libvirt: Hardware, as_card: bool
) -> None:
    address = libvirt.add_pci(1, "vfio-pci")
    card = '<interface type="hostdev"><source><address type="pci" bus="3" slot="1"/></source></interface>'
    libvirt.add_domain(domain(card if as_card else pci(1), id=OTHER, name="other"))
    with pytest.raises(HostError, match=rf"^web: PCI device {address}: the VM other \({OTHER}\) has it; "):
        start(host, journal, ovirt, domain(pci(1)))
    assert libvirt.asked == []
    assert journal.vms() == []


def test_a_device_is_not_given_back_under_a_vm_that_runs(
    host: Host, journal: Journal, ovirt: Any, libvirt: Hardware
) -> None:
    address = libvirt.add_pci(1)
    start(host, journal, ovirt, domain(pci(1)))
    libvirt.destroy(VM)
    libvirt.add_domain(domain(pci(1), id=OTHER, name="other"))
    release(host, journal, ovirt, VM)
    assert libvirt.driver(address) == "vfio-pci"


USB = (
    "<device><name>usb_1_4</name><capability type='usb_device'><bus>1</bus><device>26</device>"
    "<product id='0x0104'>key</product><vendor id='0x1d6b'>vendor</vendor></capability></device>"
)
PLACE = '<address bus="1" device="{}"/>'
PRODUCT = '<vendor id="0x1d6b"/><product id="{}"/>'


@pytest.mark.parametrize(
    "source",
    [PLACE.format("26"), PLACE.format("0x1a"), PRODUCT.format("0x0104"), PRODUCT.format("0x104") + PLACE.format(26)],
)
def test_a_usb_device_is_found_by_place_or_product(host: Host, ovirt: Any, libvirt: Hardware, source: str) -> None:
    libvirt.add_device("usb_1_4", USB)
    planned(host, ovirt, hostdev("usb", source))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (PLACE.format(2), "bus 1 device 2"),
        (PRODUCT.format("0x0105"), "vendor 0x1d6b product 0x0105"),
        (PRODUCT.format("0x0104") + PLACE.format(2), "bus 1 device 2 vendor 0x1d6b product 0x0104"),
    ],
)
def test_a_usb_device_that_is_missing_is_told_unless_it_may_be(
    host: Host, ovirt: Any, libvirt: Hardware, source: str, said: str
) -> None:
    libvirt.add_device("usb_1_4", USB)
    with pytest.raises(HostError, match=f"the host has no USB device with {said}; plug it in"):
        planned(host, ovirt, hostdev("usb", source))
    planned(host, ovirt, hostdev("usb", source, ' startupPolicy="optional"'))


SCSI = (
    "<device><name>scsi_2_0_1_3</name><parent>scsi_target2_0_1</parent><capability type='scsi'><host>2</host>"
    "<bus>0</bus><target>1</target><lun>3</lun></capability></device>"
)
GENERIC = (
    "<device><name>scsi_generic_sg4</name><parent>scsi_2_0_1_3</parent><capability type='scsi_generic'>"
    "<char>/dev/sg4</char></capability></device>"
)
UNIT = '<adapter name="scsi_host2"/><address bus="0" target="1" unit="3"/>'


def test_a_scsi_device_needs_a_generic_device(host: Host, ovirt: Any, libvirt: Hardware) -> None:
    xml = hostdev("scsi", UNIT)
    with pytest.raises(HostError, match=r"the host has no SCSI device scsi_host2 0 1 3; plug it in"):
        planned(host, ovirt, xml)
    libvirt.add_device("scsi_2_0_1_3", SCSI)
    with pytest.raises(HostError, match=r"SCSI device scsi_host2 0 1 3 has no generic device .* load the module sg$"):
        planned(host, ovirt, xml)
    libvirt.add_device("scsi_generic_sg4", GENERIC)
    planned(host, ovirt, xml)


def test_a_scsi_device_of_an_iscsi_server_is_libvirts_to_find(host: Host, ovirt: Any) -> None:
    source = '<host name="server" port="3260"/>'
    planned(host, ovirt, hostdev("scsi", source, ' protocol="iscsi" name="iqn.2026-11.example:disk/1"'))
