"""Where things are on the host, and who owns them: what its administrator may set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import Attribute, field, fields, frozen

from xform.files import read_as

if TYPE_CHECKING:
    from xform.dialect import Dialect

FILE = Path("/etc/host-prep.yaml")


def _above_nothing(_: Config, attribute: Attribute[float], value: float) -> None:
    if value <= 0:
        raise ValueError(f"{attribute.name} is {value}; expected more than 0")


@frozen(kw_only=True)
class Config:
    """Folders, owners and limits.  A folder that is not absolute stands below `root`, which tests move.

    >>> Config(root=Path("/tmp/host")).payloads
    PosixPath('/tmp/host/run/host-prep/payload')
    """

    root: Path = Path("/")
    state: Path = Path("var/lib/host-prep")  # the journal and its locks
    run: Path = Path("run/host-prep")  # what a reboot may forget: payload/, storage/, managed/
    transient: Path = Path("var/lib/host-prep/transient")  # overlays of disks that forget
    repository: Path = Path("rhev/data-center")  # where storage domains are mounted: mnt/, and links by data center
    channels: Path = Path("var/lib/libvirt/qemu/channels")
    consoles: Path = Path("run/ovirt-vmconsole-console")
    nvram: Path = Path("var/lib/libvirt/qemu/nvram")
    tpm: Path = Path("var/lib/libvirt/swtpm")
    hooks: Path = Path("etc/host-prep/hooks")  # a folder of executables for each point
    udev_rules: Path = Path("run/udev/rules.d")  # those that a reboot forgets, as it forgets who owns a device
    dev: Path = Path("dev")
    sys: Path = Path("sys")
    proc: Path = Path("proc")
    etc: Path = Path("etc")

    connect: str = "qemu:///system"  # libvirt's URI
    image_owner: str | None = None  # user:group of volumes, LUNs and payload images; None: libvirt gives them to QEMU
    socket_group: str | None = None  # of the guest agent's sockets; None: that which libvirt gave them
    console_group: str | None = None  # of serial consoles' sockets
    network_prefix: str = "vdsm-"  # of libvirt networks that displays listen on
    dynamic_hugepages: bool = False  # pages are allocated as a VM needs them, and given back
    reserved_hugepages: dict[str, int] = field(factory=dict)  # by size in KiB: pages that no VM may take
    lvm_devices: tuple[str, ...] = field(
        default=(), converter=tuple
    )  # all that LVM looks at; without them, what the host's own settings of LVM have
    seconds: float = field(default=30.0, validator=_above_nothing)  # the longest that one command may take

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "root", self.root.absolute())
        for attribute in fields(Config):
            value = getattr(self, attribute.name)
            if isinstance(value, Path):
                object.__setattr__(self, attribute.name, self.root / value)

    @property
    def payloads(self) -> Path:
        """The images of what guests are told, such as by cloud-init."""
        return self.run / "payload"

    @property
    def storage(self) -> Path:
        """Links to the volumes of each image, by storage domain and image."""
        return self.run / "storage"

    @property
    def managed(self) -> Path:
        """Links to the volumes that os-brick attached."""
        return self.run / "managed"


def read_config(dialect: Dialect, file: Path | None = None) -> Config:
    """The settings of a file, of ``/etc/host-prep.yaml`` if there is one, or the ones that ship.

    Raises EntityError, every fault with its line.
    """
    path = file or FILE
    return read_as(dialect, Config, path, "the configuration") if file or path.is_file() else Config()
