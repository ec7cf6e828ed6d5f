"""The devices of a VM that is made up: its manager's, libvirt's own and somebody else's, in all their states."""

from __future__ import annotations

import attrs


@attrs.frozen
class Part:
    """A device of the model.

    `forms` are its states, with places for what changes by itself; `id` is its manager's; `alias` is what libvirt calls
    it, with a number that it finds.  `row` is the device of the original's row.  `instead` names the device whose place
    it takes; what is `fixed` cannot be plugged or unplugged.
    """

    name: str
    kind: str
    forms: tuple[str, ...]
    id: str = ""
    alias: str = ""
    address: str = "<address type='pci' domain='0x0000' bus='{slot:#04x}' slot='0x00' function='0x0'/>"
    row: tuple[str, str] | None = None
    instead: str = ""
    fixed: bool = False


def uuid_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def drive(unit: int, controller: int = 0) -> str:
    return f"<address type='drive' controller='{controller}' bus='0' target='0' unit='{unit}'/>"


def disk(target: str, bus: str, *files: str, device: str = "disk", more: str = "") -> tuple[str, ...]:
    sources = [f"<source file='{file}' index='{{index}}'/>" if file else "" for file in files]
    return tuple(
        f"<disk type='file' device='{device}'><driver name='qemu' type='raw'/>{source}"
        f"<target dev='{target}' bus='{bus}'/>{more}{{tail}}</disk>"
        for source in sources
    )


def nic(mac: str) -> tuple[str, ...]:
    states = ["<source bridge='one'/>", "<source bridge='two'/>", "<source bridge='one'/><link state='down'/>"]
    return tuple(
        f"<interface type='bridge'><mac address='{mac}'/>{state}<target dev='vnet{{index}}'/><model type='virtio'/>"
        "{tail}</interface>"
        for state in states
    )


def channel(name: str, states: str = "disconnected connected") -> tuple[str, ...]:
    return tuple(
        f"<channel type='unix'><target type='virtio' name='{name}' state='{state}'/>{{tail}}</channel>"
        for state in states.split()
    )


def memory(node: int) -> tuple[str, ...]:
    size = "<size unit='KiB'>131072</size>"
    return (f"<memory model='dimm'><target>{size}<node>{node}</node></target>{{tail}}</memory>",)


def port(index: int) -> Part:
    text = f"<controller type='pci' index='{index}' model='pcie-root-port'>{{tail}}</controller>"
    return Part(f"port{index}", "controllers", (text,), alias=f"pci.{index}", fixed=True)


MDEV = uuid_of(31)
RNG = "<rng model='virtio'><backend model='random'>/dev/{0}</backend>{{tail}}</rng>"
CONSOLE = """<serial type='pty'><source path='/dev/pts/{{index}}'/><target type='isa-serial' port='0'/>{0}</serial>
<console type='pty' tty='/dev/pts/{{index}}'><source path='/dev/pts/{{index}}'/>
<target type='serial' port='0'/>{0}</console>"""
MIRROR = "<mirror type='file' job='copy'><source file='/images/copy'/></mirror>"

PARTS = [
    Part(
        "scsi",
        "controllers",
        ("<controller type='scsi' index='0' model='virtio-scsi'>{tail}</controller>",),
        uuid_of(1),
        row=("controller", "virtio-scsi"),
        fixed=True,
    ),
    Part(
        "disk",
        "disks",
        disk("sda", "scsi", "/images/a", "/images/b", more="<serial>S1</serial>")
        + disk("sda", "scsi", "/images/a", more="<serial>S1</serial>" + MIRROR)
        + disk("sdd", "scsi", "/images/a", more="<serial>S1</serial>"),
        uuid_of(2),
        address=drive(0),
        row=("disk", "disk"),
    ),
    Part("plain disk", "disks", disk("vda", "virtio", "/images/c"), uuid_of(3), row=("disk", "disk")),
    Part(
        "drive",
        "disks",
        disk("sdc", "sata", "", "/media/1", "/media/2", device="cdrom"),
        uuid_of(4),
        address=drive(2, 1),
        row=("disk", "cdrom"),
        fixed=True,
    ),
    Part("nic", "nics", nic("52:54:00:00:00:01"), uuid_of(5), row=("interface", "bridge")),
    Part(
        "other nic",
        "nics",
        nic("52:54:00:00:00:02") + nic("52:54:00:00:00:03"),
        uuid_of(6),
        row=("interface", "bridge"),
    ),
    Part(
        "video",
        "videos",
        ("<video><model type='qxl'/>{tail}</video>",),
        uuid_of(7),
        row=("video", "qxl"),
        fixed=True,
    ),
    Part(
        "screen",
        "graphics",
        ("<graphics type='vnc' port='59{index:02}' autoport='yes'/>",),
        uuid_of(8),
        address="",
        row=("graphics", "vnc"),
        fixed=True,
    ),
    Part(
        "console",
        "consoles",
        (CONSOLE.format("{tail}"),),
        uuid_of(9),
        address="",
        row=("console", "console"),
        fixed=True,
    ),
    Part("rng", "rngs", (RNG.format("urandom"),), uuid_of(10), row=("rng", "virtio")),
    Part("sound", "sounds", ("<sound model='ich9'>{tail}</sound>",), uuid_of(11), row=("sound", "ich9"), fixed=True),
    Part(
        "watchdog",
        "watchdogs",
        ("<watchdog model='i6300esb' action='none'>{tail}</watchdog>",),
        uuid_of(12),
        row=("watchdog", "watchdog"),
    ),
    Part(
        "balloon",
        "balloon",
        ("<memballoon model='virtio'>{tail}</memballoon>",),
        uuid_of(13),
        row=("balloon", "memballoon"),
        fixed=True,
    ),
    Part(
        "tpm",
        "tpms",
        ("<tpm model='tpm-crb'><backend type='emulator' version='2.0'/>{tail}</tpm>",),
        uuid_of(14),
        address="",
        row=("tpm", "tpm"),
        fixed=True,
    ),
    Part(
        "dimm",
        "dimms",
        memory(0),
        uuid_of(15),
        address="<address type='dimm' slot='{slot}'/>",
        row=("memory", "memory"),
    ),
    Part(
        "other dimm",
        "dimms",
        memory(0),
        uuid_of(16),
        address="<address type='dimm' slot='{slot}'/>",
        row=("memory", "memory"),
    ),
    Part(
        "nvdimm",
        "dimms",
        (
            "<memory model='nvdimm'><source><path>/dev/dax0.0</path></source>"
            "<target><size unit='KiB'>131072</size><node>0</node></target>{tail}</memory>",
        ),
        uuid_of(18),
        address="<address type='dimm' slot='{slot}'/>",
        row=("hostdev", "nvdimm_0"),
    ),
    Part(
        "usb redirection",
        "redirdevs",
        ("<redirdev bus='usb' type='spicevmc'>{tail}</redirdev>",),
        uuid_of(17),
        address="<address type='usb' bus='0' port='3'/>",
        row=("redir", "spicevmc"),
    ),
    # the manager's too, but in a document of an older one
    Part(
        "vgpu",
        "hostdevs",
        (
            "<hostdev mode='subsystem' type='mdev' model='vfio-pci'>"
            f"<source><address uuid='{MDEV}'/></source>{{tail}}</hostdev>",
        ),
        MDEV,
        alias="hostdev{number}",
        row=("mdev", "vgpu"),
    ),
    # libvirt's own
    Part(
        "root",
        "controllers",
        ("<controller type='pci' index='0' model='pcie-root'>{tail}</controller>",),
        alias="pcie.0",
        address="",
        fixed=True,
    ),
    *map(port, (1, 2, 3)),
    Part(
        "keyboard",
        "inputs",
        ("<input type='keyboard' bus='ps2'>{tail}</input>",),
        alias="input0",
        address="",
        fixed=True,
    ),
    Part(
        "agent",
        "channels",
        channel("org.qemu.guest_agent.0"),
        alias="channel{number}",
        address="<address type='virtio-serial' controller='0' bus='0' port='1'/>",
        fixed=True,
    ),
    Part(
        "client's agent",
        "channels",
        channel("com.redhat.spice.0"),
        alias="channel{number}",
        address="<address type='virtio-serial' controller='0' bus='0' port='2'/>",
        fixed=True,
    ),
    # somebody else's
    Part("thief", "disks", disk("sda", "scsi", "/foreign/1"), alias="scsi0-0-0-0", address=drive(0), instead="disk"),
    Part("foreign disk", "disks", disk("vdx", "virtio", "/foreign/2"), alias="virtio-disk23"),
    Part("foreign nic", "nics", nic("52:54:00:00:00:11"), alias="net{number}"),
    Part("another foreign nic", "nics", nic("52:54:00:00:00:12"), alias="net{number}"),
    Part("claimed nic", "nics", nic("52:54:00:00:00:13"), alias=f"ua-{uuid_of(99)}"),
    Part("foreign rng", "rngs", (RNG.format("random"),), alias="rng{number}"),
    Part("foreign dimm", "dimms", memory(1), alias="dimm{number}", address="<address type='dimm' slot='{slot}'/>"),
    Part("equal dimm", "dimms", memory(0), alias="dimm{number}", address="<address type='dimm' slot='{slot}'/>"),
    Part(
        "foreign drive",
        "disks",
        disk("sdz", "sata", "", "/media/3", "/media/4", device="cdrom"),
        alias="sata0-0-25",
        address=drive(25, 2),
    ),
    Part(
        "foreign usb",
        "hostdevs",
        (
            "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/>"
            "<address bus='3' device='4'/></source>{tail}</hostdev>",
        ),
        alias="hostdev{number}",
        address="<address type='usb' bus='0' port='4'/>",
    ),
]
