"""The document is completed where the host has to, and stays as it is everywhere else."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

import pytest
from attrs import evolve

from host_prep.effect import Entity
from host_prep.facts.machine import Machine
from host_prep.libvirt import Libvirt
from host_prep.plan.common import Setting, Step
from host_prep.plan.disks import pointed, with_disks
from host_prep.plan.placeholders import placeholders
from host_prep.request import Flow
from tests import corpus
from tests.host_prep.completing import MACHINE, completed, setting
from tests.host_prep.conftest import OVIRT, VM, domain
from xform.errors import HostError


def sysinfo(**entries: str) -> str:
    said = "".join(f'<entry name="{name}">{text}</entry>' for name, text in entries.items())
    return domain(more=f'<sysinfo type="smbios"><system>{said}</system></sysinfo>')


# What ends a guest


def test_a_reboot_that_is_to_end_the_vm_is_left_to_the_host(ovirt: Any) -> None:
    given = domain(more="<on_reboot>destroy</on_reboot>\n  <on_crash>destroy</on_crash>")
    xml = completed(given, setting(ovirt), placeholders)
    assert "on_reboot" not in xml.replace("destroy_on_reboot", "")
    assert "<on_crash>destroy</on_crash>" in xml
    assert ovirt.parse(xml).destroy_on_reboot is True


def test_any_other_reboot_stays(ovirt: Any) -> None:
    xml = completed(domain(more="<on_reboot>restart</on_reboot>"), setting(ovirt), placeholders)
    assert "<on_reboot>restart</on_reboot>" in xml
    assert ovirt.parse(xml).destroy_on_reboot is None


# What the guest is told of its machine


@pytest.mark.parametrize(("serial", "told"), [("S-1", "S-1"), (None, "HOST-UUID-1")])
def test_the_guest_is_told_of_its_host(ovirt: Any, serial: str | None, told: str) -> None:
    given = sysinfo(manufacturer="oVirt", product="OS-NAME:", version="OS-VERSION:", serial="HOST-SERIAL:")
    assert ovirt.parse(completed(given, setting(ovirt, serial=serial), placeholders)).sysinfo[0].system == {
        "manufacturer": "oVirt",
        "product": "oVirt Node",
        "version": "4.5-7",
        "serial": told,
    }


def test_a_placeholder_stands_at_the_begin_of_the_entry_it_is_for(ovirt: Any) -> None:
    given = sysinfo(product="OS-NAME: of the host", version="my OS-VERSION:", serial="OS-NAME:")
    entries = ovirt.parse(completed(given, setting(ovirt), placeholders)).sysinfo[0].system
    assert entries == {"product": "oVirt Node", "version": "my OS-VERSION:", "serial": "OS-NAME:"}


def test_L252_an_entry_without_a_text_is_no_placeholder(ovirt: Any) -> None:
    given = sysinfo(product="", version="", serial="")
    assert ovirt.parse(completed(given, setting(ovirt), placeholders)).sysinfo == ovirt.parse(given).sysinfo


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            {"product": "OS-NAME:"},
            "product in sysinfo is OS-NAME:, which this host does not tell; expected NAME in os-",
        ),
        ({"version": "OS-VERSION:"}, "version in sysinfo is OS-VERSION:, .* expected VERSION_ID in os-release"),
        ({"serial": "HOST-SERIAL:"}, "serial in sysinfo is HOST-SERIAL:, .* expected a serial in the request, or"),
    ],
)
def test_L252_what_the_host_does_not_tell_is_no_guess(ovirt: Any, entry: dict[str, str], says: str) -> None:
    with pytest.raises(HostError, match=says):
        completed(sysinfo(**entry), setting(ovirt, machine=Machine(arch="x86_64")), placeholders)


def test_machines_without_smbios_keep_their_words(ovirt: Any) -> None:
    on = setting(ovirt, machine=evolve(MACHINE, arch="ppc64le"))
    given = sysinfo(product="OS-NAME:")
    assert ovirt.parse(completed(given, on, placeholders)).sysinfo == ovirt.parse(given).sysinfo


# Its CPUs


PINNED = '<cputune><vcpupin vcpu="10" cpuset="1"/><vcpupin vcpu="2" cpuset="0-1"/></cputune>'


@pytest.mark.parametrize(
    ("more", "said", "policy", "noted"),
    [
        ("", "", "none", None),
        (PINNED, "", "manual", "2,10"),
        (PINNED, "<ovirt-vm:cpuPolicy>manual</ovirt-vm:cpuPolicy>", "manual", "2,10"),
        (PINNED, "<ovirt-vm:cpuPolicy>dedicated</ovirt-vm:cpuPolicy>", "dedicated", None),
        ("", "<ovirt-vm:cpuPolicy>manual</ovirt-vm:cpuPolicy>", "manual", None),
    ],
)
def test_who_may_use_its_cpus_is_what_the_manager_says_or_pins(
    ovirt: Any, more: str, said: str, policy: str, noted: str | None
) -> None:
    vm = ovirt.parse(completed(domain(more=more, metadata=said), setting(ovirt), placeholders))
    assert (vm.cpu_policy, vm.manually_pinned_cpus) == (policy, noted)


def test_L253_what_the_manager_pinned_is_noted_before_the_host_pins_the_others(ovirt: Any) -> None:
    """A saved VM has pins of both."""
    noted = "<ovirt-vm:cpuPolicy>manual</ovirt-vm:cpuPolicy><ovirt-vm:manuallyPinedCPUs>2</ovirt-vm:manuallyPinedCPUs>"
    given = domain(more=PINNED, metadata=noted)
    assert ovirt.parse(completed(given, setting(ovirt, flow="restore"), placeholders)).manually_pinned_cpus == "2"
    assert ovirt.parse(completed(given, setting(ovirt), placeholders)).manually_pinned_cpus == "2,10"


# An earlier run

EARLIER = """<ovirt-vm:startTime type="float">1.5</ovirt-vm:startTime>
<ovirt-vm:pauseTime type="float">2.5</ovirt-vm:pauseTime>
<ovirt-vm:exitCode type="int">1</ovirt-vm:exitCode>
<ovirt-vm:exitReason type="int">4</ovirt-vm:exitReason>
<ovirt-vm:exitMessage>it went</ovirt-vm:exitMessage>
<ovirt-vm:balloonTarget type="int">65536</ovirt-vm:balloonTarget>
<ovirt-vm:guestAgentAPIVersion type="int">0</ovirt-vm:guestAgentAPIVersion>
<ovirt-vm:jobs>{}</ovirt-vm:jobs>
<ovirt-vm:snapshot_job>{}</ovirt-vm:snapshot_job>"""
ALL = set(re.findall(r"<ovirt-vm:(\w+)", EARLIER))


@pytest.mark.parametrize(
    ("flow", "gone"),
    [
        ("fresh", ALL),
        ("restore", {"pauseTime", "exitCode", "exitReason", "exitMessage"}),
        ("incoming", {"pauseTime", "exitCode", "exitReason", "exitMessage"}),
    ],
)
def test_L254_what_the_host_noted_of_an_earlier_run_is_not_taken_for_this_one(
    ovirt: Any, flow: Flow, gone: set[str]
) -> None:
    xml = completed(domain(metadata=EARLIER), setting(ovirt, flow=flow), placeholders)
    assert {name for name in ALL if f"ovirt-vm:{name}" not in xml} == gone


# Screens


@pytest.mark.parametrize(
    "screen",
    [
        '<graphics type="spice" passwd="secret" passwdValidTo="2038-01-01T00:00:00"/>',
        '<graphics type="vnc" passwd="secret"/>',
        '<graphics type="vnc" passwdValidTo="2038-01-01T00:00:00"/>',
    ],
)
def test_L256_the_ticket_of_a_saved_vm_has_ended_and_its_screen_is_not_open_to_all(ovirt: Any, screen: str) -> None:
    restored = ovirt.parse(completed(domain(screen), setting(ovirt, flow="restore"), placeholders)).graphics[0]
    assert restored.password
    assert restored.password != "secret"
    assert restored.password_valid_to == "1970-01-01T00:00:01"


def test_a_screen_that_has_no_ticket_gets_none(ovirt: Any) -> None:
    given = domain('<graphics type="vnc"/><graphics type="egl-headless"/>')
    restored = ovirt.parse(completed(given, setting(ovirt, flow="restore"), placeholders))
    assert restored.graphics == ovirt.parse(given).graphics


def test_L257_a_vnc_password_is_as_long_as_vnc_takes_it(ovirt: Any) -> None:
    given = domain('<graphics type="vnc" passwd="0123456789"/><graphics type="spice" passwd="0123456789"/>')
    vnc, spice = ovirt.parse(completed(given, setting(ovirt), placeholders)).graphics
    assert (vnc.password, spice.password) == ("01234567", "0123456789")


# Disks: it is their own path that is edited


def point_all(vm: Entity, on: Setting) -> Step:
    """Each disk that is a file or a device to a path by its position."""
    numbers = count()

    def change(disk: Entity) -> Entity:
        number, block = next(numbers), type(disk.source) is on.dialect.BlockDiskSource
        local = block or type(disk.source) is on.dialect.FileDiskSource
        return pointed(disk, f"/new/{number}", on, block=block) if local else disk

    return with_disks(vm, on, change), ()


def disk(target: str, inner: str = '<source file="/old"/>') -> str:
    return f'<disk type="file" device="disk"><driver name="qemu" type="raw"/>{inner}{target}</disk>'


@pytest.mark.parametrize(
    "target",
    [
        '<target bus="usb" dev="sda"/>',
        '<target bus="virtio" dev="sda"/>',
        '<target bus="scsi" dev="vda"/>',
        '<target bus="xen" dev="xvda"/>',
        '<target bus="sd" dev="mmcblk0"/>',
        '<target dev="hda"/>',
        "",
    ],
)
def test_L258_a_disk_has_its_path_whatever_its_bus_and_name(ovirt: Any, target: str) -> None:
    given = domain(disk(target) + disk('<target bus="sata" dev="sdb"/>'))
    xml = completed(given, setting(ovirt), point_all)
    assert [one.source.path for one in ovirt.parse(xml).disks] == ["/new/0", "/new/1"]
    assert target in xml


@pytest.mark.parametrize("between", ["mirror", "backingStore"])
def test_L259_the_source_of_a_mirror_or_of_a_layer_below_is_not_the_disks(ovirt: Any, between: str) -> None:
    job = ' job="copy"' if between == "mirror" else ""
    inner = f'<{between} type="file"{job}><format type="raw"/><source file="/mirror"/></{between}><source file="/old"/>'
    xml = completed(domain(disk('<target dev="vda" bus="virtio"/>', inner)), setting(ovirt), point_all)
    assert inner.replace('<source file="/old"/>', "") in xml
    assert ovirt.parse(xml).disks[0].source.path == "/new/0"


# NICs: what the metadata say of them is found again


def test_L260_a_mac_in_capitals_is_found_also_after_libvirt_wrote_it_small(ovirt: Any) -> None:
    mac = "52:54:00:AB:CD:EF"
    noted = f'<ovirt-vm:device mac_address="{mac}"><ovirt-vm:network>ovirtmgmt</ovirt-vm:network></ovirt-vm:device>'
    nic = f'<interface type="network"><mac address="{mac}"/><source network="default"/></interface>'
    given = domain(nic, noted).replace('type="qemu"', 'type="test"')
    libvirt = Libvirt("test:///default")
    try:
        libvirt.define(completed(given, setting(ovirt), placeholders))
        kept = libvirt.document(VM)
        libvirt.undefine(VM)
    finally:
        libvirt.close()
    assert mac.lower() in kept
    assert mac in kept
    assert [ovirt.parse(xml).nics[0].network for xml in (given, kept)] == ["ovirtmgmt", "ovirtmgmt"]


# All else


OWN = "|".join(("cpuPolicy", "destroy_on_reboot", "manuallyPinedCPUs", *sorted(ALL)))
EDITED = re.compile(
    rf"\s*<(?P<own>[\w-]+:(?:{OWN}))\b[^>]*?(?:/>|>[^<]*</(?P=own)>)"
    r"|\s*<on_reboot>destroy</on_reboot>"
    r"""|(?<=<entry name=['"](?:product|version)['"]>)[^<]*|(?<=<entry name=['"]serial['"]>)[^<]*"""
    r"""|\s*\b(?:passwd|passwdValidTo)=(?:'[^']*'|"[^"]*")"""
)
"""What completing may change, with the blanks before it."""

DECLARED = f"(?: xmlns:ovirt-vm='{OVIRT}')?"


@corpus.needed
@pytest.mark.parametrize("flow", ["fresh", "restore"])
def test_everything_else_of_a_document_stays_to_the_byte(ovirt: Any, flow: Flow) -> None:
    assert len(corpus.samples()) > 20
    for file in corpus.samples():
        given = file.read_text()
        left = EDITED.sub("", completed(given, setting(ovirt, flow=flow), placeholders))
        # where there were no such metadata, the elements around them are new as well
        left = left if OVIRT in given else re.sub(rf"\s*<([\w-]+:vm){DECLARED}>\s*</\1>", "", left)
        left = left if "<metadata" in given else re.sub(rf"\s*<metadata{DECLARED}>\s*</metadata>", "", left)
        assert left == EDITED.sub("", given), file


@corpus.needed
def test_everything_but_the_own_source_of_a_disk_stays_to_the_byte(ovirt: Any) -> None:
    """Those of layers below and of mirrors as well."""
    for file in corpus.samples():
        given = file.read_text()
        xml = completed(given, setting(ovirt), point_all)
        assert without(xml, SOURCE) == without(given, SOURCE), file


SOURCE = ("domain", "devices", "disk", "source")


def without(xml: str, path: tuple[str, ...]) -> list[str]:
    """A document in pieces, without the elements at a path and the blanks before each."""
    pieces: list[str] = []
    above: list[str] = []
    for piece in re.findall(r"<!--.*?-->|<\?.*?\?>|<[^>]+>|[^<]+", xml, re.DOTALL):
        begins = piece[0] == "<" and piece[1] not in "!?/"
        if begins:
            above.append(piece[1:].split()[0].strip("/>"))
        if tuple(above[: len(path)]) != path:
            pieces.append(piece)
        elif begins and len(above) == len(path) and not pieces[-1].strip():
            pieces.pop()
        if piece.startswith("</") or (begins and piece.endswith("/>")):
            above.pop()
    return pieces


def test_metadata_that_nobody_knows_stay(ovirt: Any) -> None:
    unknown = """<ovirt-vm:future a="1"><ovirt-vm:deep><ovirt-vm:er/>text</ovirt-vm:deep></ovirt-vm:future>
      <ovirt-vm:device devtype="toaster" name="t"><ovirt-vm:crumbs type="int">7</ovirt-vm:crumbs></ovirt-vm:device>
      <!-- by hand --><other xmlns="urn:other"/>"""
    assert unknown in completed(domain(metadata=unknown), setting(ovirt), placeholders)
