"""A screen may listen in a network of libvirt's; it is there as long as anybody listens in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from lxml import etree

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects.network import DisplayNetwork
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.hardware import add_links
from xform.errors import HostError

SCREEN = '<graphics type="vnc" port="-1" autoport="yes"><listen type="network" network="vdsm-display"/></graphics>'
BOTH = SCREEN + SCREEN.replace("vnc", "spice")
CARD = '<interface type="network"><source network="vdsm-display"/></interface>'
NETWORK = DisplayNetwork(name="vdsm-display", device="display", bridge=True)


def networks(host: Host, ovirt: Any, xml: str) -> list[DisplayNetwork]:
    return [effect for effect in planned(host, ovirt, xml).effects if isinstance(effect, DisplayNetwork)]


def test_a_network_that_is_bridged_is_made_over_its_bridge(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "display", bridge=True)
    assert networks(host, ovirt, domain(BOTH)) == [NETWORK]


def test_a_network_without_a_bridge_is_made_over_its_link(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "display")
    assert networks(host, ovirt, domain(SCREEN)) == [
        DisplayNetwork(name="vdsm-display", device="display", bridge=False)
    ]


def test_what_is_there_to_make_neither_is_told(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "Display")
    with pytest.raises(HostError, match=r"^vnc graphics: .*network vdsm-display.* set up the host's network first$"):
        planned(host, ovirt, domain(SCREEN))


def test_a_network_of_any_name_that_libvirt_has_will_do(host: Host, ovirt: Any, libvirt: FakeLibvirt) -> None:
    libvirt.define_network("<network><name>default</name></network>")
    assert networks(host, ovirt, domain(SCREEN.replace("vdsm-display", "default")))


@pytest.mark.parametrize("listen", ["", '<listen type="address" address="0.0.0.0"/>', '<listen type="none"/>'])
def test_a_screen_may_listen_elsewhere_or_nowhere(host: Host, ovirt: Any, listen: str) -> None:
    assert not networks(host, ovirt, domain(f'<graphics type="vnc">{listen}</graphics><graphics type="sdl"/>'))


@pytest.mark.parametrize(
    ("bridge", "said"),
    [
        (True, '<forward mode="bridge"/><bridge name="display"/>'),
        (False, '<forward mode="passthrough"><interface dev="display"/></forward>'),
    ],
)
def test_a_network_is_defined_once_and_removed_once(
    work: Callable[[str], Work], libvirt: FakeLibvirt, bridge: bool, said: str
) -> None:
    network, now = DisplayNetwork(name="vdsm-display", device="display", bridge=bridge), work(domain(SCREEN))
    note = network.look(now)
    assert network.apply(now, note) is Outcome.DONE
    assert network.apply(now, note) is Outcome.ALREADY
    assert libvirt.state()["networks"]["vdsm-display"] == {
        "xml": f"<network><name>vdsm-display</name>{said}</network>",
        "active": True,
    }
    assert network.undo(now, note) is Outcome.DONE
    assert network.undo(now, note) is Outcome.ALREADY
    assert libvirt.networks() == {}


def test_libvirt_itself_takes_it(config: Config, ovirt: Any, journal: Journal) -> None:
    libvirt = Libvirt("test:///default")
    now = Work(Host(config, libvirt), ovirt, VM, "web", domain(SCREEN), journal)
    with closing(libvirt):
        for bridge in (True, False):
            network = DisplayNetwork(name="vdsm-display", device="display", bridge=bridge)
            assert network.apply(now, network.look(now)) is Outcome.DONE
            assert network.look(now) == {"found": True}
            assert [network.undo(now, {}) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
            assert "vdsm-display" not in libvirt.networks()


def test_an_inactive_one_that_was_left_behind_is_made_anew(work: Callable[[str], Work], libvirt: FakeLibvirt) -> None:
    libvirt._set("networks", "vdsm-display", {"xml": "<network/>", "active": False})
    now = work(domain(SCREEN))
    assert NETWORK.apply(now, NETWORK.look(now)) is Outcome.DONE
    assert etree.fromstring(libvirt.state()["networks"]["vdsm-display"]["xml"]).find("bridge") is not None


def test_a_network_that_was_there_before_stays(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config
) -> None:
    libvirt.define_network("<network><name>vdsm-display</name></network>")
    start(host, journal, ovirt, domain(SCREEN))
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.networks() == {"vdsm-display": True}


@pytest.mark.parametrize("devices", [SCREEN, CARD])
def test_L232_a_network_that_others_use_stays_also_where_nobody_remembers_them(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config, devices: str
) -> None:
    add_links(config, "display", bridge=True)
    start(host, journal, ovirt, domain(SCREEN))
    libvirt.add_domain(domain(devices, id=OTHER, name="other"))
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.networks() == {"vdsm-display": True}


def test_the_last_of_several_vms_removes_it_in_any_order(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config
) -> None:
    add_links(config, "display", bridge=True)
    for id, name in ((VM, "web"), (OTHER, "other")):
        start(host, journal, ovirt, domain(SCREEN, id=id, name=name))
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.networks() == {"vdsm-display": True}
    release(host, journal, ovirt, OTHER, force=True)
    assert libvirt.networks() == {}
