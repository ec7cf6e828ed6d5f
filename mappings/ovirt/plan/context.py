"""What decides a plan beside the VM: its host, its cluster, its guest's operating system, the manager's configuration.

Values are plain; none of them is looked up anywhere.  A host that is not known offers nothing: then a plan is one for
any host, as the hosted engine needs it.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, evolve, field, frozen

from xform import EntityError

Entity = Any
"""Entity classes are made from the tables; the dialect at hand has them."""

Arch = Literal["x86_64", "ppc64", "ppc64le", "s390x"]

_DATA = Path(__file__).parents[1] / "data"


@frozen(kw_only=True)
class HostNumaNode:
    """A NUMA node of the host, and its CPUs by number."""

    index: int
    cpus: tuple[int, ...] = ()


@frozen(kw_only=True)
class HostDevice:
    """A device that the host can give to a guest.

    name: as libvirt names its node device, such as pci_0000_00_1d_0.
    address: where it is, by libvirt's words: domain, bus, slot, function of a PCI device; bus and device of a USB
    device; host, bus, target and lun of a SCSI device.
    block_path: block device of a SCSI disk.
    device_path, device_size, align_size, numa_node: of an NVDIMM; sizes in bytes.
    """

    name: str
    capability: Literal["pci", "usb", "usb_device", "scsi", "nvdimm", "mdev"]
    address: dict[str, int] = field(factory=dict)
    block_path: str | None = None
    device_path: str | None = None
    device_size: int | None = None
    align_size: int | None = None
    numa_node: str | None = None


@frozen(kw_only=True)
class Host:
    """What a host offers to its VMs.

    emulation: who runs the guest's code, the processor (`kvm`) or QEMU alone (`software`).
    networking: what NICs are connected to, the `bridge` of their network or QEMU's own `user` network.
    dummy_bridge: the bridge without ports that it keeps for NICs without a network.  A host that calls it `;vdsmdummy;`
    says so here; libvirt takes that name, although its schema does not admit it.
    images: folder of the storage; a volume of a file domain is POOL/DOMAIN/images/IMAGE/VOLUME in it, one of a block
    domain mnt/blockSD/DOMAIN/images/IMAGE/VOLUME.
    channels, consoles: folders for the sockets of channels, such as the guest agent's, and of consoles.
    nvram: folder for the firmware's variables.
    uefi_code: file of the UEFI firmware, one with Secure Boot.
    uefi_variables, secure_uefi_variables: templates of its variables, without and with the keys of Secure Boot.
    cpu_model, cpu_flags: of its processor; cpu_threads: how many it has.
    tsc_frequency: Hz.
    fips: it admits no weak cryptography, such as VNC passwords.
    backup: it can back up running VMs block by block.
    huge_pages: sizes that it has, KiB.
    vgpu_placement: whether vGPUs of one VM share a card.
    libvirt: its version, such as 9.0.0; what that does not know is not asked of it.
    """

    emulation: Literal["kvm", "software"] = "kvm"
    networking: Literal["bridge", "user"] = "bridge"
    dummy_bridge: str = "vdsmdummy"
    images: str = "/rhev/data-center"
    channels: str = "/var/lib/libvirt/qemu/channels"
    consoles: str = "/var/run/ovirt-vmconsole-console"
    nvram: str = "/var/lib/libvirt/qemu/nvram"
    uefi_code: str = "/usr/share/OVMF/OVMF_CODE.secboot.fd"
    uefi_variables: str = "/usr/share/OVMF/OVMF_VARS.fd"
    secure_uefi_variables: str = "/usr/share/OVMF/OVMF_VARS.secboot.fd"
    cpu_model: str = ""
    cpu_flags: tuple[str, ...] = ()
    cpu_threads: int = 0
    tsc_frequency: int | None = None
    fips: bool = False
    backup: bool = False
    huge_pages: tuple[int, ...] = ()
    vgpu_placement: Literal["consolidated", "separated"] | None = None
    numa_nodes: tuple[HostNumaNode, ...] = ()
    devices: tuple[HostDevice, ...] = ()
    libvirt: str | None = None

    def knows(self, version: str) -> bool:
        """Whether its libvirt is of this version or later; one that is not known is the latest."""
        return self.libvirt is None or _numbers(self.libvirt) >= _numbers(version)

    def device(self, name: str | None) -> HostDevice | None:
        """The device of this name."""
        return next((device for device in self.devices if device.name == name), None)


@frozen(kw_only=True)
class Network:
    """A network of the cluster.

    bridge: its name on hosts; absent: as it is called.
    mtu: bytes; 0: the default.
    display: screens are reached through it.
    """

    name: str
    bridge: str | None = None
    vlan: int | None = None
    mtu: int = 0
    tunnelled: bool = False
    port_isolation: bool = False
    display: bool = False

    @property
    def on_host(self) -> str:
        return self.bridge or self.name


@frozen(kw_only=True)
class NetworkQos:
    """Limits of a NIC: average and peak in Mbit/s, burst in MB."""

    inbound_average: int | None = None
    inbound_peak: int | None = None
    inbound_burst: int | None = None
    outbound_average: int | None = None
    outbound_peak: int | None = None
    outbound_burst: int | None = None


@frozen(kw_only=True)
class VnicProfile:
    """What NICs share: a network by name, and how they use it.

    failover: ID of the profile of the card that stays while this one leaves for migration.
    passthrough: a virtual function of the host's card.
    custom_properties: for hooks on the host; `queues` is a number of queues.
    """

    id: str
    network: str | None = None
    qos: NetworkQos | None = None
    filter: str | None = None
    failover: str | None = None
    port_mirroring: bool = False
    passthrough: bool = False
    custom_properties: dict[str, str] = field(factory=dict)


@frozen(kw_only=True)
class StorageQos:
    """Limits of a disk: throughput in MiB/s, operations a second; absent: none."""

    max_throughput: int | None = None
    max_read_throughput: int | None = None
    max_write_throughput: int | None = None
    max_iops: int | None = None
    max_read_iops: int | None = None
    max_write_iops: int | None = None


@frozen(kw_only=True)
class DiskProfile:
    """What disks share."""

    id: str
    qos: StorageQos | None = None


@frozen(kw_only=True)
class StorageDomain:
    """Where images are. `connection` of a GlusterFS domain is SERVER:/VOLUME."""

    id: str
    kind: Literal["nfs", "localfs", "posixfs", "glusterfs", "fcp", "iscsi"] = "nfs"
    connection: str | None = None

    @property
    def block(self) -> bool:
        return self.kind in ("fcp", "iscsi")


@frozen(kw_only=True)
class Cluster:
    """What the hosts of a cluster have in common, and what the manager keeps for its VMs.

    compatibility: level of what they can do, such as 4.8; a VM may have one of its own (`cluster_version`).
    cpu: model of their processors and flags, such as Cascadelake-Server,+md-clear,-monitor.
    emulated_machine: machine type of new VMs, such as pc-q35-rhel8.6.0 or q35.
    libgfapi: QEMU itself reaches GlusterFS.
    """

    arch: Arch = "x86_64"
    compatibility: str = "4.8"
    cpu: str | None = None
    emulated_machine: str | None = None
    bios_type: Literal["i440fx_sea_bios", "q35_sea_bios", "q35_ovmf", "q35_secure_boot"] | None = None
    serial_number_policy: Literal["host_id", "vm_id", "custom"] | None = None
    custom_serial_number: str | None = None
    libgfapi: bool = False
    networks: tuple[Network, ...] = ()
    vnic_profiles: tuple[VnicProfile, ...] = ()
    disk_profiles: tuple[DiskProfile, ...] = ()
    storage_domains: tuple[StorageDomain, ...] = ()


@frozen(kw_only=True)
class OsInfo:
    """What an operating system needs and can do.

    hyperv: it uses the enlightenments of Hyper-V.
    cd_interface, q35_cd_interface: bus of CD-ROMs, by chipset.
    legacy_virtio: on Q35 it knows only the first kind of virtio devices.
    agent_channel: it has the manager's own guest agent, beside QEMU's.
    usb_controller, q35_usb_controller: model; none: no USB.
    console: what its console is.
    floppy: it reads floppies.
    sysprep_file: name of the answers to its setup.
    ignition: version of Ignition's configuration, for one that is set up by it and not by cloud-init.
    vgamem_multiplier, vram_multiplier: of QXL's memories; vram_multiplier 0: 8 MiB.
    single_qxl: several screens on one card.
    """

    name: str = "other"
    family: Literal["linux", "windows", "other"] = "other"
    hyperv: bool = False
    cd_interface: Literal["ide", "sata", "scsi"] = "ide"
    q35_cd_interface: Literal["ide", "sata", "scsi"] = "sata"
    legacy_virtio: bool = False
    agent_channel: bool = True
    usb_controller: str = "piix3-uhci"
    q35_usb_controller: str = "qemu-xhci"
    console: Literal["serial", "virtio", "sclp"] = "serial"
    floppy: bool = True
    sysprep_file: str | None = None
    ignition: str | None = None
    vgamem_multiplier: int = 1
    vram_multiplier: int = 1
    single_qxl: bool = True


_SHIPPED: Any = None  # for the level


@frozen(kw_only=True)
class Config:
    """The manager's configuration; what is left out is as it ships for the compatibility level.

    hot_plug_cpu, hot_plug_memory, max_vcpus: by family of architectures.
    spice_channels: which are encrypted, with an s in front as SPICE once had it.
    uefi_big_vm_memory: GiB from which on the firmware needs more of TSEG.
    """

    origin: str = _SHIPPED
    sku: str = _SHIPPED
    max_memory_slots: int = _SHIPPED
    send_smp: bool = _SHIPPED
    ssl: bool = _SHIPPED
    spice_channels: tuple[str, ...] = _SHIPPED
    vnc_keyboard_layout: str = _SHIPPED
    pcie_ports: int = _SHIPPED
    kaslr_dump: bool = _SHIPPED
    hot_plug_cpu: dict[str, bool] = _SHIPPED
    hot_plug_memory: dict[str, bool] = _SHIPPED
    hyperv_synic_stimer: bool = _SHIPPED
    scsi_reservation: bool = _SHIPPED
    gluster_native_io: bool = _SHIPPED
    libgfapi: bool = _SHIPPED
    vgpu_placement: bool = _SHIPPED
    vgpu_framebuffer: bool = _SHIPPED
    virtio_vga: bool = _SHIPPED
    discard_no_unref: bool = _SHIPPED
    max_sockets: int = _SHIPPED
    max_vcpus: dict[str, int] = _SHIPPED
    max_vcpus_coefficient: int = _SHIPPED
    many_vcpus: int = _SHIPPED
    uefi_big_vm_memory: int = _SHIPPED
    serial_number_policy: Literal["host_id", "vm_id", "custom"] = _SHIPPED
    custom_serial_number: str = _SHIPPED
    default_mtu: int = _SHIPPED
    tunnelled_mtu: int = _SHIPPED
    windows_time_zone: str = _SHIPPED
    propagate_disk_errors: bool = _SHIPPED


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / name).read_text(encoding="utf-8"))


def config_of(version: str, *, nearest: bool = False) -> Config:
    """The configuration that ships for a compatibility level; `nearest`: that of the last level before it.

    Raises EntityError for a level that has none.
    """
    shipped = _data("versions.toml")
    if nearest:
        before = [one for one in shipped["version"] if _numbers(one) <= _numbers(version)]
        version = (before or list(shipped["version"])[:1])[-1]
    if version not in shipped["version"]:
        expected = f"expected one of {', '.join(shipped['version'])}"
        raise EntityError(f"no configuration for the compatibility level {version!r}; {expected}")
    values: dict[str, Any] = shipped["all"] | shipped["version"][version]
    return Config(**{**values, "spice_channels": tuple(values["spice_channels"])})


def os_of(name: str | None) -> OsInfo:
    """What is known of an operating system. Raises EntityError for one that is not known."""
    shipped = _data("os.toml")
    if name is None:
        return OsInfo()
    if name not in shipped:
        raise EntityError(f"no operating system {name!r}; expected one such as {', '.join(list(shipped)[:8])}")
    values: dict[str, Any] = {}
    at: str | None = name
    while at is not None:
        own = shipped[at]
        values = {**own, **values}
        at = own.get("like")
    return OsInfo(name=name, **{key: value for key, value in values.items() if key != "like"})


@frozen(kw_only=True)
class Setting:
    """All that one plan is made by: the dialect, whose classes are those of what is added, and the contexts.

    arch: architecture of the VM: its own, or that of its cluster.
    """

    dialect: Any
    arch: str
    host: Host
    cluster: Cluster
    os: OsInfo
    config: Config
    compatibility: str

    @classmethod
    def of(
        cls,
        vm: Any,
        dialect: Any,
        host: Host | None = None,
        cluster: Cluster | None = None,
        os: OsInfo | None = None,
        config: Config | None = None,
        *,
        nearest: bool = False,
    ) -> Setting:
        """What is given, and what follows from the VM for the rest.  Raises EntityError as `config_of` and `os_of` do.

        With `nearest` or a `config` a compatibility level that has no configuration has that of the nearest one.
        """
        cluster = cluster or Cluster()
        compatibility = vm.cluster_version or cluster.compatibility
        shipped = config_of(compatibility, nearest=nearest or config is not None)
        return cls(
            dialect=dialect,
            host=host or Host(),
            cluster=cluster,
            os=os or os_of(vm.guest_os),
            config=complete(config, **asdict(shipped, recurse=False)) if config else shipped,
            arch=getattr(vm.os, "arch", None) or cluster.arch,
            compatibility=compatibility,
        )

    def at_least(self, version: str) -> bool:
        """Whether the compatibility level is this one or a later one."""
        return _numbers(self.compatibility) >= _numbers(version)

    @property
    def family(self) -> str:
        """x86, ppc, or the architecture itself."""
        return "x86" if self.arch == "x86_64" else "ppc" if self.arch.startswith("ppc") else self.arch

    @property
    def x86(self) -> bool:
        return self.family == "x86"


def _numbers(version: str) -> tuple[int, ...]:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
        raise EntityError(f"{version!r} is no version; expected one such as 4.8")
    return tuple(map(int, version.split(".")))


def complete(entity: Any, **defaults: Any) -> Any:
    """Fill in the fields that hold nothing; a field that the entity does not have is no field to fill."""
    return evolve(entity, **{name: value for name, value in defaults.items() if getattr(entity, name, value) is None})
