"""Devices, networks, screens, CPUs and hooks of a host."""

from __future__ import annotations

from errno import EMFILE, ENOENT
from pathlib import Path

import pyroute2
from pyroute2.netlink.exceptions import NetlinkError

from tests.host_prep.hardware import add_cards, add_links
from tests.messages.case import Area, Spoilt
from tests.messages.hosts import ETHERNET, MIRRORED, OTHER, SETTINGS, VM, config, hardware, refused, running
from tests.messages.spoilt import without


def hook(point: str, script: str) -> None:
    file = config().hooks / point / "10_site"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


PAGES = "<ovirt-vm:custom><ovirt-vm:hugepages>2048</ovirt-vm:hugepages></ovirt-vm:custom>"
AGENT = (
    f"<channel type='unix'><source mode='bind' path='FOLDER/host/var/lib/libvirt/qemu/channels/{VM}.agent'/>"
    "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
)
PCI = "<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0' bus='3' slot='{}' function='0'/></source></hostdev>"
MDEV = (
    f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='{OTHER}'/></source></hostdev>",
    "<ovirt-vm:device devtype='hostdev' uuid='"
    + OTHER
    + "'><ovirt-vm:mdevType>{}</ovirt-vm:mdevType></ovirt-vm:device>",
)


def mediated() -> None:
    add_cards(config())


def taken_mdev() -> None:
    add_cards(config())
    device = config().sys / "bus" / "mdev" / "devices" / OTHER
    device.mkdir()
    (device / "mdev_type").symlink_to("../../4q")


def pci(taken: bool = False) -> None:
    hardware().add_pci(1)
    if taken:
        running("db", OTHER, "running", PCI.format(1))


def cpus() -> None:
    """Two CPUs, which another VM has for itself."""
    online = config().sys / "devices/system/cpu/online"
    online.parent.mkdir(parents=True)
    online.write_text("0-1\n")
    pins = "<cputune><vcpupin vcpu='0' cpuset='0-1'/></cputune>"
    running("db", OTHER, "running", "", "<ovirt-vm:cpuPolicy>dedicated</ovirt-vm:cpuPolicy>", pins)


def pages() -> None:
    """A size of huge pages of which the kernel tells nothing."""
    (config().sys / "kernel/mm/hugepages/hugepages-2048kB").mkdir(parents=True)


def socket() -> None:
    file = Path(f"host/var/lib/libvirt/qemu/channels/{VM}.agent")
    file.parent.mkdir(parents=True)
    file.write_text("notes")
    Path("vm.xml").write_text(Path("vm.xml").read_text().replace("FOLDER", str(Path.cwd())))


def netlink(error: Exception) -> None:
    """Have the kernel answer all that pyroute2 asks with an error."""

    def refuse() -> None:
        raise error

    pyroute2.IPRoute = refuse


def scsi() -> None:
    hardware().add_device(
        "scsi_3_0_1_2",
        "<device><name>scsi_3_0_1_2</name><capability type='scsi'><host>3</host><bus>0</bus><target>1</target><lun>2</lun>"
        "</capability></device>",
    )


AREA = Area(
    "Hosts: devices, networks, screens, CPUs, hooks",
    [
        refused(
            "a placeholder that the host does not tell",
            more="<sysinfo type='smbios'><system><entry name='product'>OS-NAME:</entry></system></sysinfo>",
        ),
        refused("a PCI device that is not there", PCI.format(1)),
        refused("a PCI device that another VM has", PCI.format(1), command="start", world=lambda: pci(taken=True)),
        refused(
            "a USB device that is not there",
            "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>",
        ),
        refused(
            "a SCSI device that is not there",
            "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host3'/><address bus='0' target='1' unit='2'/></source></hostdev>",
        ),
        refused(
            "a SCSI device without a generic device",
            "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host3'/><address bus='0' target='1' unit='2'/></source></hostdev>",
            world=scsi,
        ),
        refused("a mediated device with a placement that there is not", MDEV[0], MDEV[1].format("8q|near")),
        refused(
            "a mediated device for which there is no room",
            MDEV[0],
            MDEV[1].format("9q"),
            command="start",
            world=mediated,
        ),
        refused("a mediated device of another type", MDEV[0], MDEV[1].format("8q"), command="start", world=taken_mdev),
        refused(
            "a bridge that is not there",
            "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='ovirtmgmt'/></interface>",
        ),
        refused(
            "a network that is not there",
            "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>",
        ),
        refused(
            "a link to mirror that is not there",
            ETHERNET,
            MIRRORED.format("red"),
        ),
        refused(
            "a running VM without its link",
            ETHERNET,
            MIRRORED.format("lo"),
            command="start",
            world=lambda: add_links(config(), "lo"),
        ),
        refused(
            "a kernel without traffic control",
            ETHERNET,
            MIRRORED.format("lo"),
            command="start",
            world=lambda: add_links(config(), "lo"),
            spoilt=Spoilt("the kernel has no clsact", lambda: netlink(NetlinkError(ENOENT))),
        ),
        refused(
            "no socket to the kernel",
            ETHERNET,
            MIRRORED.format("lo"),
            command="start",
            world=lambda: add_links(config(), "lo"),
            spoilt=Spoilt("no socket can be opened", lambda: netlink(OSError(EMFILE, "Too many open files"))),
        ),
        refused(
            "no pyroute2",
            ETHERNET,
            MIRRORED.format("lo"),
            command="start",
            world=lambda: add_links(config(), "lo"),
            spoilt=without("pyroute2"),
        ),
        refused(
            "a network for a screen that is not there",
            "<graphics type='vnc' port='-1'><listen type='network' network='vdsm-red'/></graphics>",
        ),
        refused(
            "a password that is too long",
            "<graphics type='vnc' port='-1'/>",
            request="tickets: [{type: vnc, password: hunter2hunter2, valid_to: 2030-01-31T12:00:00}]",
        ),
        refused(
            "a time that is none",
            "<graphics type='vnc' port='-1'/>",
            request="tickets: [{type: vnc, password: hunter2, valid_to: tomorrow}]",
        ),
        refused(
            "a ticket of no screen",
            request="tickets: [{type: spice, password: hunter2, valid_to: '2030-01-31T12:00:00'}]",
        ),
        refused(
            "no CPUs that are online",
            metadata="<ovirt-vm:cpuPolicy>dedicated</ovirt-vm:cpuPolicy>",
            more="<cputune><vcpupin vcpu='0' cpuset='0'/></cputune>",
            command="start",
            world=lambda: running("db"),
        ),
        refused("no CPU for a VM", command="start", world=cpus),
        refused("huge pages of a size that there is not", metadata=PAGES, settings="dynamic_hugepages: true"),
        refused(
            "huge pages that cannot be counted",
            metadata=PAGES,
            command="start",
            settings="dynamic_hugepages: true",
            world=pages,
        ),
        refused("a file in a socket's place", AGENT, command="start", world=socket),
        refused(
            "a hook that takes the screen away",
            "<graphics type='vnc' port='-1'/>",
            request="tickets: [{type: vnc, password: hunter2, valid_to: '2030-01-31T12:00:00'}]",
            command="start",
            world=lambda: hook("before_vm_start", "sed -i s/.graphics/'<input'/ $_hook_domxml"),
        ),
        refused(
            "a hook that fails", command="start", world=lambda: hook("before_vm_start", "echo no licence >&2; exit 2")
        ),
        refused(
            "a hook that leaves another VM",
            command="start",
            world=lambda: hook("before_vm_start", f"sed -i s/{VM}/{OTHER}/ $_hook_domxml"),
        ),
        refused(
            "a hook that leaves no document",
            command="start",
            world=lambda: hook("before_vm_start", "echo > $_hook_domxml"),
        ),
        refused(
            "a hook that leaves no UTF-8",
            command="start",
            world=lambda: hook("before_vm_start", "printf '\\377' > $_hook_domxml"),
        ),
        refused("a hook that fails after the start", command="start", world=lambda: hook("after_vm_start", "exit 1")),
    ],
    SETTINGS,
)
