"""The examples in libvirt: all are accepted by its mock, and those that can be emulated run in real QEMU."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from lxml import etree

from xform import HostError
from xform.hypervisor import MOCK
from xform.match import Matching
from xform.mock import Mock

from .material import OVIRT, plan
from .real import Machine, devices, have, machine, real, recalled
from .test_examples import NAMES, each, planned

UEFI = Path("/usr/share/OVMF/OVMF_CODE.secboot.fd")

RUNNING = {
    "cloud_init": [UEFI.exists()],
    "desktop": [],
    "linux_desktop": [],
    "server": [],
    "windows_11": [UEFI.exists(), have("swtpm", "swtpm_setup")],
}
# What no emulating host of this architecture has, by what libvirt says of it.
REFUSED = {
    "high_performance": "host-passthrough|TSC",  # its CPU is the host's own, its memory in pages of 1 GiB
    "ppc64le": "emulator|ppc64",
    "s390x": "emulator|s390",
    "sriov_failover": "VFIO|0000:05:10.1",
    "vgpu_workstation": "VFIO|4f3a1b2c-5d6e-4f70-8a91-b2c3d4e5f604",
}

running = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.skipif(not all(needs), reason="needs the Debian packages ovmf, swtpm"))
        for name, needs in RUNNING.items()
    ],
)


@pytest.fixture(scope="module")
def mock() -> Mock:
    return Mock()


@pytest.fixture(scope="module")
def host() -> Iterator[Machine]:
    with machine() as made:
        yield made


@each
def test_libvirt_accepts_the_document(name: str, mock: Mock) -> None:
    vm = planned(name)
    document = etree.fromstring(OVIRT.generate(vm))
    document.set("type", MOCK)
    dump = OVIRT.parse(mock.define(etree.tostring(document, encoding="unicode")))
    assert dump.id == vm.id
    assert {item.id for _, item in devices(vm)} <= {item.id for _, item in devices(dump)}


def test_every_example_runs_or_says_why_not() -> None:
    assert sorted([*RUNNING, *REFUSED]) == NAMES


@pytest.mark.usefixtures("host")
class TestReal:
    """In real QEMU."""

    pytestmark = real

    @pytest.mark.parametrize(("name", "reason"), REFUSED.items())
    def test_what_the_host_does_not_have_is_refused(self, name: str, reason: str, host: Machine) -> None:
        with pytest.raises(HostError, match=reason):
            host.hypervisor.start(OVIRT.generate(host.planned(name)))

    @running
    def test_a_started_example_is_known_again_and_starts_again_the_same(self, name: str, host: Machine) -> None:
        context, first = host.contexts(name), host.planned(name)
        live = run(host, first)
        found = OVIRT.match(live, first)
        assert (found.missing, found.ambiguous) == ([], [])
        assert later_rungs(found) == []

        second = plan(recalled(live, first, **context), **context)
        named = attrs.evolve(first.os, machine=second.os.machine)  # libvirt says which version of it
        assert differing(attrs.evolve(first, os=named), second) == []
        again = run(host, second)
        third = plan(recalled(again, second, **context), **context)
        assert section(third) == section(second)


def run(host: Machine, vm: Any) -> str:
    """The live document of a VM, which has ended."""
    domain = host.hypervisor.start(OVIRT.generate(vm))
    live = host.hypervisor.dump(domain)
    host.hypervisor.end(domain)
    return live


def later_rungs(found: Matching) -> list[Any]:
    """Pairs by a rung behind the first one that the known device has the fields of."""
    wrong = []
    for pair in found.pairs:
        name = OVIRT.classes.name(type(pair.known))
        shape = OVIRT.classes.choice(name) or OVIRT.classes.shape(name)
        # the word that tells variants apart is no attribute of theirs
        had = [
            rung.fields
            for rung in shape.ladder
            if not rung.only and all(getattr(pair.known, field, "") is not None for field in rung.fields)
        ]
        if pair.rung != (had or [None])[0]:
            wrong.append((pair, had))
    return wrong


def differing(planned: Any, after: Any, path: str = "") -> list[str]:
    """Where a VM does not say what was planned; it may say more, such as addresses."""
    if planned is None:
        return []
    if isinstance(planned, list) and isinstance(after, list):
        if len(planned) > len(after):
            return [f"{path}: {len(planned)}, then {len(after)}"]
        pairs = [(f"{path}[{at}]", one, other) for at, (one, other) in enumerate(zip(planned, after, strict=False))]
        return [said for at, one, other in pairs for said in differing(one, other, at)]
    if attrs.has(type(planned)) and type(planned) is type(after):
        return [
            said
            for attribute in attrs.fields(type(planned))
            for said in differing(
                getattr(planned, attribute.name), getattr(after, attribute.name), f"{path}.{attribute.name}"
            )
        ]
    return [] if planned == after else [f"{path}: {planned!r}, then {after!r}"]


def section(vm: Any) -> str:
    """The devices of its document, whichever terminals were free."""
    devices = etree.fromstring(OVIRT.generate(vm)).find("devices")
    assert devices is not None
    return re.sub(r"/dev/pts/[0-9]+", "/dev/pts/N", etree.tostring(devices, encoding="unicode"))
