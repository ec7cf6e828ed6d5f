"""A card gets a copy of all that a bridge carries: with real links and frames, in a network of the test's own."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from pyroute2 import IPRoute, netns

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects.mirror import MirroredBridge, PortMirror, PromiscuousBridge
from host_prep.journal import Journal
from host_prep.start import planned, release, start
from host_prep.system import Host
from host_prep.traffic import Traffic
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.hardware import add_links
from xform.errors import HostError

MAC, OTHER_MAC = "56:6f:1a:2b:00:01", "56:6f:1a:2b:00:02"
KIND = 0x88B5  # of frames: for experiments (IEEE 802)
ELSEWHERE = bytes.fromhex("56 6f 1a 2b 00 ff 56 6f 1a 2b 00 fe")  # from and to neither host nor guest


def mirroring(mac: str = MAC, target: str = "vnet0", bridges: tuple[str, ...] = ("br0",), **named: str) -> str:
    """A VM whose card gets a copy of what bridges carry."""
    networks = "".join(f"<ovirt-vm:network>{bridge}</ovirt-vm:network>" for bridge in bridges)
    return domain(
        f'<interface type="bridge"><mac address="{mac}"/><source bridge="br0"/><target dev="{target}"/></interface>',
        f'<ovirt-vm:device mac_address="{mac}"><ovirt-vm:portMirroring>{networks}</ovirt-vm:portMirroring>'
        "</ovirt-vm:device>",
        **named,
    )


def other(target: str = "vnet1") -> str:
    return mirroring(OTHER_MAC, target, id=OTHER, name="other")


@pytest.fixture
def ip(config: Config) -> Iterator[IPRoute]:
    """A bridge br0 with a port whose other end is wire0, and guests' links vnet0 and vnet1, with tap0 and tap1."""
    add_links(config, "br0", bridge=True)
    name = f"xform-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no network of the test's own can be made here: {made.stderr.strip()}")
    try:
        netns.pushns(name)
        try:
            with IPRoute() as ip:
                ip.link("add", ifname="br0", kind="bridge")
                for end, peer in (("port0", "wire0"), ("vnet0", "tap0"), ("vnet1", "tap1")):
                    ip.link("add", ifname=end, kind="veth", peer={"ifname": peer})
                for link in ("br0", "port0", "wire0", "vnet0", "tap0", "vnet1", "tap1"):
                    ip.link("set", index=number(ip, link), state="up")
                ip.link("set", index=number(ip, "port0"), master=number(ip, "br0"))
                yield ip
        finally:
            netns.popns()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


def number(ip: IPRoute, link: str) -> int:
    return int(ip.link_lookup(ifname=link)[0])


def connected(link: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(KIND))
    made.bind((link, KIND))
    made.settimeout(5)
    return made


def send(link: str, text: bytes) -> None:
    with closing(connected(link)) as end:
        end.send(ELSEWHERE + KIND.to_bytes(2, "big") + text.ljust(46, b"."))


def received(end: socket.socket) -> bytes:
    return end.recv(200)[14:].rstrip(b".")


def state(ip: IPRoute) -> tuple[Any, ...]:
    """What mirroring changes: qdiscs, filters and whether br0 takes in all frames."""
    index = number(ip, "br0")
    filters = [
        (hex(parent), one.get_nested("TCA_OPTIONS", "TCA_U32_ACT") is not None)
        for parent in (0xFFFFFFF2, 0xFFFFFFF3)
        for one in ip.get_filters(index=index, parent=parent)
    ]
    kinds = [qdisc.get_attr("TCA_KIND") for qdisc in ip.get_qdiscs(index=index)]
    return kinds, filters, ip.get_links(index)[0]["flags"] & 0x100


@pytest.fixture
def ready(ip: IPRoute, host: Host) -> Traffic:
    """A bridge that mirrors to nobody yet."""
    traffic = Traffic(host)
    traffic.begin_filtering("br0")
    traffic.set_promiscuous("br0", True)
    return traffic


# The plan


def test_each_bridge_is_made_ready_once_after_the_start(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "br0", "br1", bridge=True)
    effects = planned(host, ovirt, mirroring(bridges=("br0", "br1", "br0"))).effects
    expected: list[object] = []
    for bridge in ("br0", "br1"):
        expected += [MirroredBridge(bridge=bridge), PromiscuousBridge(bridge=bridge)]
    expected += [PortMirror(bridge="br0", nic=MAC), PortMirror(bridge="br1", nic=MAC)]
    assert list(effects[-6:]) == expected


def test_a_network_that_the_host_does_not_have_is_told_before_the_start(host: Host, config: Config, ovirt: Any) -> None:
    add_links(config, "br0", bridge=True)
    with pytest.raises(HostError, match=f"^NIC {MAC}: the host has no link red to mirror; set up the host's network"):
        planned(host, ovirt, mirroring(bridges=("red",)))


# What is copied


def test_what_passes_the_bridge_is_copied_once_to_each_target(ip: IPRoute, ready: Traffic) -> None:
    for target in ("vnet0", "vnet1"):
        assert ready.copy_to("br0", number(ip, target))
    with closing(connected("tap0")) as one, closing(connected("tap1")) as two:
        for text in (b"first", b"second"):
            send("wire0", text)
        for end in (one, two):
            assert [received(end) for _ in range(2)] == [b"first", b"second"]


def test_what_the_host_sends_is_copied_as_well(ip: IPRoute, ready: Traffic) -> None:
    ready.copy_to("br0", number(ip, "vnet0"))
    with closing(connected("tap0")) as end:
        send("br0", b"from the host")
        assert received(end) == b"from the host"


def test_L237_a_target_is_added_once_and_gets_one_copy(ip: IPRoute, ready: Traffic) -> None:
    index = number(ip, "vnet0")
    assert ready.copy_to("br0", index)
    before = state(ip)
    assert not ready.copy_to("br0", index)
    assert state(ip) == before
    with closing(connected("tap0")) as end:
        for text in (b"first", b"second"):
            send("wire0", text)
        assert [received(end) for _ in range(2)] == [b"first", b"second"]


def test_one_target_goes_and_the_others_stay(ip: IPRoute, ready: Traffic) -> None:
    one, two = number(ip, "vnet0"), number(ip, "vnet1")
    for index in (one, two):
        ready.copy_to("br0", index)
    assert ready.copy_no_more_to("br0", one)
    assert not ready.copy_no_more_to("br0", one)
    with closing(connected("tap0")) as end, closing(connected("tap1")) as stays:
        send("wire0", b"while it was away")
        assert received(stays) == b"while it was away"
        ready.copy_to("br0", one)
        send("wire0", b"back again")
        assert received(end) == b"back again"


def test_a_target_whose_link_is_gone_leaves_no_filter(ip: IPRoute, ready: Traffic) -> None:
    index = number(ip, "vnet0")
    ready.copy_to("br0", index)
    ip.link("del", index=index)
    assert ready.has_filters("br0")
    assert ready.copy_no_more_to("br0", index)
    assert not ready.has_filters("br0")


def test_L238_filters_of_the_two_ways_share_no_priority(ip: IPRoute, ready: Traffic) -> None:
    ready.copy_to("br0", number(ip, "vnet0"))
    into, out = (
        {one["info"] for one in ip.get_filters(index=number(ip, "br0"), parent=way)} for way in (0xFFFFFFF2, 0xFFFFFFF3)
    )
    assert len(into) == len(out) == 1
    assert into != out


# The effects


def test_a_vm_that_mirrors_leaves_the_bridge_as_it_was(
    ip: IPRoute, host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    before = state(ip)
    start(host, journal, ovirt, mirroring())
    assert state(ip) != before
    with closing(connected("tap0")) as end:
        send("wire0", b"frame")
        assert received(end) == b"frame"
    libvirt.destroy(VM)
    ip.link("del", index=number(ip, "vnet0"))  # as libvirt does
    release(host, journal, ovirt, VM)
    assert state(ip) == before


@pytest.mark.parametrize("first", [VM, OTHER])
def test_the_last_of_several_vms_leaves_the_bridge_as_it_was(
    ip: IPRoute, host: Host, journal: Journal, ovirt: Any, first: str
) -> None:
    before = state(ip)
    for xml in (mirroring(), other()):
        start(host, journal, ovirt, xml)
    release(host, journal, ovirt, first, force=True)
    with closing(connected("tap1" if first == VM else "tap0")) as end:
        send("wire0", b"frame")
        assert received(end) == b"frame"
    release(host, journal, ovirt, OTHER if first == VM else VM, force=True)
    assert state(ip) == before


def test_what_the_bridge_was_before_it_stays(
    ip: IPRoute, host: Host, journal: Journal, ovirt: Any, ready: Traffic
) -> None:
    before = state(ip)
    start(host, journal, ovirt, mirroring())
    release(host, journal, ovirt, VM, force=True)
    assert state(ip) == before


def test_filters_of_others_keep_what_they_need(
    ip: IPRoute, host: Host, journal: Journal, ovirt: Any, ready: Traffic
) -> None:
    ready.end_filtering("br0")
    start(host, journal, ovirt, mirroring())
    ready.copy_to("br0", number(ip, "tap1"))  # by nobody that the journal knows
    release(host, journal, ovirt, VM, force=True)
    assert ready.is_filtered("br0")


@pytest.mark.parametrize("effect", [MirroredBridge(bridge="br0"), PromiscuousBridge(bridge="br0")])
def test_a_bridge_is_made_ready_once_and_given_back_once(
    ip: IPRoute, work: Callable[[str], Work], effect: MirroredBridge | PromiscuousBridge
) -> None:
    before, now = state(ip), work(mirroring())
    assert effect.look(now) == {"found": False}
    assert effect.undo(now, {}) is Outcome.ALREADY  # begun only
    assert [effect.apply(now, {}) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert effect.look(now) == {"found": True}
    assert [effect.undo(now, {}) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert state(ip) == before


def test_a_card_is_mirrored_to_once_and_no_more_once(
    ip: IPRoute, ready: Traffic, work: Callable[[str], Work], libvirt: FakeLibvirt
) -> None:
    libvirt.add_domain(mirroring())
    effect, now = PortMirror(bridge="br0", nic=MAC), work(mirroring())
    note = effect.look(now)
    assert note == {"target": number(ip, "vnet0")}
    assert effect.undo(now, note) is Outcome.ALREADY  # begun only
    assert [effect.apply(now, note) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert [effect.undo(now, note) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]


def test_L239_a_link_of_the_same_name_is_another_one(
    ip: IPRoute, host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, mirroring())
    libvirt.destroy(VM)
    ip.link("del", index=number(ip, "vnet0"))
    ip.link("set", index=number(ip, "vnet1"), state="down")
    ip.link("set", index=number(ip, "vnet1"), ifname="vnet0")
    ip.link("set", index=number(ip, "vnet0"), state="up")
    start(host, journal, ovirt, other("vnet0"))
    release(host, journal, ovirt, VM)
    with closing(connected("tap1")) as end:
        send("wire0", b"frame")
        assert received(end) == b"frame"


def test_a_bridge_that_is_gone_needs_nothing_undone(ip: IPRoute, work: Callable[[str], Work]) -> None:
    ip.link("del", index=number(ip, "br0"))
    for effect in (MirroredBridge(bridge="br0"), PromiscuousBridge(bridge="br0"), PortMirror(bridge="br0", nic=MAC)):
        assert effect.undo(work(mirroring()), {"target": 99}) is Outcome.ALREADY


# What goes wrong


def test_what_fails_after_the_start_ends_the_vm_and_undoes_all(
    ip: IPRoute, host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    before = state(ip)
    with pytest.raises(HostError, match=f"^web: NIC {MAC}: the running VM has no link vnet7 on the host to mirror to$"):
        start(host, journal, ovirt, mirroring(target="vnet7"))
    assert state(ip) == before
    assert libvirt.domains() == []


def test_a_qdisc_of_somebody_else_is_left_alone_and_told(ip: IPRoute, host: Host) -> None:
    ip.tc("add", "ingress", number(ip, "br0"))
    with pytest.raises(HostError, match=r"^cannot begin to filter br0: it has an ingress qdisc of somebody else's; "):
        Traffic(host).begin_filtering("br0")


def test_a_link_that_is_missing_is_told(ip: IPRoute, host: Host) -> None:
    with pytest.raises(HostError, match=r"^cannot set promiscuous red: there is no such link$"):
        Traffic(host).set_promiscuous("red", True)


def test_what_the_kernel_lacks_is_told(ip: IPRoute, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host_prep.traffic._CLSACT", "pfifo_nowhere")
    with pytest.raises(HostError, match=r"^cannot begin to filter br0: the kernel lacks .*; load sch_ingress, "):
        Traffic(host).begin_filtering("br0")


def test_without_pyroute2_it_is_said_what_to_install(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyroute2", None)
    with pytest.raises(HostError, match=r"^mirroring needs pyroute2; .*'libvirt-xform\[host\]'$"):
        Traffic(host).index("br0")
