"""Mediated devices: where there is room for them, and that they go again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects.mdev import MediatedDevice
from host_prep.journal import Journal
from host_prep.start import planned, release, start
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.hardware import CARDS, Kernel, add_cards
from xform.errors import HostError, XformError

UUID = "5c9aeb3b-6e44-4b6d-a8c1-0c2e7a9d1f01"
DEVICE = MediatedDevice(uuid=UUID, type="4q")


@pytest.fixture
def host(config: Config, libvirt: FakeLibvirt) -> Kernel:
    add_cards(config)
    return Kernel(config, libvirt)


def vgpu(type: str, more: str = "", uuid: str = UUID, **named: str) -> str:
    """A VM with a mediated device whose place in the guest stands before its place on the host."""
    return domain(
        '<hostdev mode="subsystem" type="mdev" model="vfio-pci"><address type="pci" bus="6" slot="0"/>'
        f'<source><address uuid="{uuid}"/></source></hostdev>',
        f'<ovirt-vm:device devtype="hostdev" uuid="{uuid}"><ovirt-vm:mdevType>{type}</ovirt-vm:mdevType>{more}'
        "</ovirt-vm:device>",
        **named,
    )


@pytest.mark.parametrize(
    ("types", "separate", "expected"),
    [
        (["4q"], False, [["4q"], []]),
        (["8q"], True, [["8q"], []]),
        (["4q", "4q"], False, [["4q", "4q"], []]),
        (["4q", "8q"], False, [["4q"], ["8q"]]),
        (["4q", "4q"], True, [["4q"], ["4q"]]),
        (["4q", "8q", "4q"], False, [["4q", "4q"], ["8q"]]),
        (["8q", "4q", "4q"], False, [["8q"], ["4q", "4q"]]),
        (["4q", "4q", "8q"], False, [["4q", "4q"], ["8q"]]),
        (["4q", "8q", "4q"], True, [["4q", "4q"], ["8q"]]),
        (["16q"], False, None),
        (["8q", "8q", "8q"], True, None),
    ],
)
def test_a_device_goes_where_there_is_room_for_its_type(
    host: Kernel, work: Callable[[str], Work], types: list[str], separate: bool, expected: list[list[str]] | None
) -> None:
    def made() -> list[list[str]]:
        for number, type in enumerate(types):
            device, now = MediatedDevice(uuid=f"{number}", type=type, separate=separate), work(domain())
            assert device.apply(now, device.look(now)) is Outcome.DONE
        return host.made()

    if expected is None:
        with pytest.raises(HostError, match=rf"no device of the host has room for one of type {types[-1]};"):
            made()
    else:
        assert made() == expected


def test_cards_of_other_makers_mix_types(config: Config, libvirt: FakeLibvirt, ovirt: Any, journal: Journal) -> None:
    add_cards(config, vendor="0x8086")
    host = Kernel(config, libvirt)
    for number, type in enumerate(["4q", "8q"]):
        device, now = MediatedDevice(uuid=f"{number}", type=type), Work(host, ovirt, VM, "web", domain(), journal)
        device.apply(now, device.look(now))
    assert host.made() == [["4q", "8q"], []]


def test_L236_a_device_is_known_by_its_uuid_wherever_that_stands(host: Kernel, ovirt: Any) -> None:
    parameters = "<ovirt-vm:mdevDriverParameters>frame_rate_limiter=0</ovirt-vm:mdevDriverParameters>"
    effects = planned(host, ovirt, vgpu("4q|separate", parameters)).effects
    expected = MediatedDevice(uuid=UUID, type="4q", separate=True, parameters="frame_rate_limiter=0")
    assert [effect for effect in effects if isinstance(effect, MediatedDevice)] == [expected]


@pytest.mark.parametrize("type", ["4q|spread", "|compact"])
def test_a_type_that_nobody_understands_is_told(host: Kernel, ovirt: Any, type: str) -> None:
    with pytest.raises(XformError, match=rf"^host device {UUID}: mdevType '.*'; expected a type, which \|compact or"):
        planned(host, ovirt, vgpu(type))


def test_a_device_is_made_once_and_removed_once(host: Kernel, work: Callable[[str], Work]) -> None:
    now = work(vgpu("4q"))
    note = DEVICE.look(now)
    assert note == {"parent": CARDS[0]}
    assert DEVICE.undo(now, note) is Outcome.ALREADY  # begun only
    assert [DEVICE.apply(now, note) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert host.made() == [["4q"], []]
    assert [DEVICE.undo(now, note) for _ in range(2)] == [Outcome.DONE, Outcome.ALREADY]
    assert host.made() == [[], []]


def test_the_driver_gets_its_parameters(host: Kernel, journal: Journal, ovirt: Any) -> None:
    start(host, journal, ovirt, vgpu("4q", "<ovirt-vm:mdevDriverParameters>a=1, b=2</ovirt-vm:mdevDriverParameters>"))
    assert (host.mediated / UUID / "nvidia" / "vgpu_params").read_text() == "a=1, b=2\n"
    release(host, journal, ovirt, VM, force=True)
    assert host.made() == [[], []]


def test_a_device_whose_driver_refuses_its_parameters_is_removed(
    host: Kernel, journal: Journal, ovirt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    poke = host.poke

    def refuse(path: Path, text: str) -> None:
        if path.name == "vgpu_params":
            raise HostError(f"cannot poke {path}: Invalid argument")
        poke(path, text)

    monkeypatch.setattr(host, "poke", refuse)
    with pytest.raises(HostError, match=r"^web: cannot poke \S*/nvidia/vgpu_params: Invalid argument$"):
        start(host, journal, ovirt, vgpu("4q", "<ovirt-vm:mdevDriverParameters>a</ovirt-vm:mdevDriverParameters>"))
    assert host.made() == [[], []]
    assert journal.vms() == []


def test_a_device_that_was_there_before_stays(host: Kernel, journal: Journal, ovirt: Any) -> None:
    host.poke(host.cards / CARDS[1] / "mdev_supported_types" / "4q" / "create", UUID)
    start(host, journal, ovirt, vgpu("4q"))
    release(host, journal, ovirt, VM, force=True)
    assert host.made() == [[], ["4q"]]


def test_a_device_of_another_type_is_told(host: Kernel, work: Callable[[str], Work]) -> None:
    host.poke(host.cards / CARDS[1] / "mdev_supported_types" / "8q" / "create", UUID)
    with pytest.raises(HostError, match=rf"^mediated device {UUID} is there with the type 8q; expected 4q"):
        DEVICE.look(work(vgpu("4q")))


def test_a_device_is_not_removed_under_another_vm(
    host: Kernel, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, vgpu("4q"))
    libvirt.destroy(VM)
    libvirt.add_domain(vgpu("4q", id=OTHER, name="other"))
    release(host, journal, ovirt, VM)
    assert host.made() == [["4q"], []]
