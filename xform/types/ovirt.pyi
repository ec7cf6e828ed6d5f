# Made from the tables by: xform stubs ovirt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Sequence, overload

from attrs import define

from xform import Dialect, Opaque
from xform.entities import Entity

class OvirtDialect(Dialect):
    def parse(self, xml: str | bytes, *, source: str = ..., **context: Any) -> OvirtDialect.Vm: ...
    @overload
    def update(self, xml: str, entity: OvirtDialect.Vm, *, live: bool = ..., source: str = ..., **context: Any) -> str: ...
    @overload
    def update(self, xml: bytes, entity: OvirtDialect.Vm, *, live: bool = ..., source: str = ..., **context: Any) -> bytes: ...
    def generate(
        self,
        entity: OvirtDialect.Vm,
        *,
        live: bool = ...,
        version: str | None = ...,
        part: str | None = ...,
        only: Sequence[Any] | None = ...,
        **context: Any,
    ) -> str: ...
    def plan(self, entity: OvirtDialect.Vm, **context: Any) -> OvirtDialect.Vm: ...
    def recall(self, entity: OvirtDialect.Vm, *, known: OvirtDialect.Vm | None = ..., **context: Any) -> OvirtDialect.Vm: ...
    def read(self, path: str | Path) -> OvirtDialect.Vm: ...
    def check(self, entity: OvirtDialect.Vm, *, part: bool = ..., **context: Any) -> None: ...

    @define(kw_only=True)
    class Auth(Entity):
        """Who may use a remote store."""
        username: str
        """secret"""
        secret: OvirtDialect.AuthSecret | Opaque | None = None
        """secret"""

    @define(kw_only=True)
    class AuthSecret(Entity):
        """A secret that libvirt keeps, by UUID or by name."""
        type: Literal['ceph', 'iscsi']
        """secret"""
        uuid: str | None = None
        """secret"""
        usage: str | None = None
        """secret"""

    @define(kw_only=True)
    class Encryption(Entity):
        """Encryption of a disk's content."""
        format: Literal['default', 'qcow', 'luks', 'luks2', 'luks-any']
        engine: Literal['qemu', 'librbd'] | None = None
        """who decrypts"""
        secrets: list[OvirtDialect.EncryptionSecret | Opaque] = ...
        cipher: OvirtDialect.Cipher | Opaque | None = None
        ivgen_name: str | None = None
        """generator of initialization vectors: plain64"""
        ivgen_hash: str | None = None
        """essiv: hash of the key"""

    @define(kw_only=True)
    class EncryptionSecret(Entity):
        """A secret that libvirt keeps, by UUID or by name."""
        type: Literal['passphrase']
        uuid: str | None = None
        usage: str | None = None

    @define(kw_only=True)
    class Cipher(Entity):
        """How the content is encrypted."""
        name: str
        size: int
        """bits"""
        mode: str | None = None
        hash: str | None = None
        """of the passphrase"""

    @define(kw_only=True)
    class Reconnect(Entity):
        """When to connect again after the other side has gone."""
        enabled: bool | None = None
        timeout: int | None = None
        """s until the next attempt"""
        delay: int | None = None
        """s to hold requests back (nbd)"""

    class Address(Entity):
        """Where the guest finds a device."""

    @define(kw_only=True)
    class PciAddress(Address):
        """On a PCI bus."""
        domain: int | None = None
        bus: int | None = None
        """index of the controller"""
        slot: int | None = None
        function: int | None = None
        multifunction: bool | None = None
        zpci_uid: int | None = None
        """s390"""
        zpci_fid: int | None = None
        """s390"""

    @define(kw_only=True)
    class DriveAddress(Address):
        """On a disk controller."""
        controller: int | None = None
        """index"""
        bus: int | None = None
        target: int | None = None
        unit: int | None = None

    @define(kw_only=True)
    class VirtioSerialAddress(Address):
        """On a virtio-serial controller."""
        controller: int | None = None
        """index"""
        bus: int | None = None
        port: int | None = None

    @define(kw_only=True)
    class CcidAddress(Address):
        """On a reader of smart cards."""
        controller: int | None = None
        """index"""
        slot: int | None = None

    @define(kw_only=True)
    class UsbAddress(Address):
        """On a USB bus."""
        bus: int | None = None
        """index of the controller"""
        port: str | None = None
        """with hubs: 1.2"""

    @define(kw_only=True)
    class SpaprVioAddress(Address):
        """On the virtual I/O bus of pSeries."""
        reg: int | None = None

    @define(kw_only=True)
    class CcwAddress(Address):
        """On a channel of s390."""
        cssid: int | None = None
        ssid: int | None = None
        devno: int | None = None

    @define(kw_only=True)
    class IsaAddress(Address):
        """On the ISA bus."""
        iobase: int | None = None
        irq: int | None = None

    @define(kw_only=True)
    class DimmAddress(Address):
        """In a slot for memory."""
        slot: int | None = None
        base: int | None = None
        """guest-physical"""

    @define(kw_only=True)
    class VirtioMmioAddress(Address):
        """In memory, at a place that QEMU chooses."""

    @define(kw_only=True)
    class UnassignedAddress(Address):
        """Held back: the device is taken from the host, the guest does not see it."""

    @define(kw_only=True)
    class Audio(Entity):
        """The host's side of the guest's sound."""
        id: int
        type: Literal['none', 'dbus', 'alsa', 'coreaudio', 'jack', 'oss', 'pipewire', 'pulseaudio', 'sdl', 'spice', 'file']
        timer_period: int | None = None
        """µs"""
        try_mmap: bool | None = None
        """oss"""
        exclusive: bool | None = None
        """oss"""
        dsp_policy: int | None = None
        """oss"""
        runtime_dir: str | None = None
        """pipewire"""
        server_name: str | None = None
        """pulseaudio"""
        driver: Literal['esd', 'alsa', 'arts', 'pulseaudio'] | None = None
        """sdl"""
        path: str | None = None
        """file"""
        input: OvirtDialect.AudioStream | Opaque | None = None
        output: OvirtDialect.AudioStream | Opaque | None = None

    @define(kw_only=True)
    class AudioStream(Entity):
        """One direction of the sound."""
        mixing_engine: bool | None = None
        """the host mixes and converts"""
        fixed_settings: bool | None = None
        """do not follow what the guest plays"""
        voices: int | None = None
        """streams at once"""
        buffer_length: int | None = None
        """µs"""
        dev: str | None = None
        """alsa, oss"""
        buffer_count: int | None = None
        try_poll: bool | None = None
        """oss"""
        name: str | None = None
        """of the sink or source"""
        stream_name: str | None = None
        """of the domain, as the server shows it"""
        latency: int | None = None
        """µs"""
        jack_server: str | None = None
        jack_client: str | None = None
        jack_ports: str | None = None
        """regular expression"""
        jack_exact_name: bool | None = None
        """refuse another client name"""
        frequency: int | None = None
        """Hz"""
        channels: int | None = None
        format: Literal['s8', 'u8', 's16', 'u16', 's32', 'u32', 'f32'] | None = None

    class BackingStore(Entity):
        """A layer under a disk: an image and what it stands on, or the end of the chain."""

    @define(kw_only=True)
    class LayerBackingStore(BackingStore):
        """An image."""
        format: Literal['raw', 'dir', 'bochs', 'cloop', 'dmg', 'iso', 'vpc', 'vdi', 'fat', 'vhd', 'ploop', 'luks', 'cow', 'qcow', 'qcow2', 'qed', 'vmdk']
        index: int | None = None
        """block node number; filled in by libvirt"""
        metadata_cache: int | None = None
        """bytes, at most"""
        source: OvirtDialect.DiskSource | Opaque | None = None
        backing: OvirtDialect.BackingStore | Opaque | None = None
        """what this layer stands on"""

    @define(kw_only=True)
    class EndBackingStore(BackingStore):
        """Nothing more below."""

    @define(kw_only=True)
    class Mirror(Entity):
        """The copy that a block job makes of a disk."""
        job: Literal['copy', 'active-commit'] | None = None
        ready: Literal['yes', 'abort', 'pivot'] | None = None
        """it has all content; the job is told to end"""
        path: str | None = None
        """of a file, in words that old clients know"""
        file_format: Literal['raw', 'dir', 'bochs', 'cloop', 'dmg', 'iso', 'vpc', 'vdi', 'fat', 'vhd', 'ploop', 'luks', 'cow', 'qcow', 'qcow2', 'qed', 'vmdk'] | None = None
        """in words that old clients know"""
        format: Literal['raw', 'dir', 'bochs', 'cloop', 'dmg', 'iso', 'vpc', 'vdi', 'fat', 'vhd', 'ploop', 'luks', 'cow', 'qcow', 'qcow2', 'qed', 'vmdk'] | None = None
        metadata_cache: int | None = None
        """bytes, at most"""
        source: OvirtDialect.DiskSource | Opaque | None = None
        backing: OvirtDialect.BackingStore | Opaque | None = None

    @define(kw_only=True)
    class Serial(Entity):
        """A serial port."""
        type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus']
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None
        tty: str | None = None
        """terminal on the host; filled in by libvirt"""
        target_type: Literal['xen', 'serial', 'uml', 'virtio', 'lxc', 'openvz', 'sclp', 'sclplm', 'isa-serial', 'usb-serial', 'pci-serial', 'spapr-vio-serial', 'system-serial', 'sclp-serial', 'isa-debug'] | None = None
        port: int | None = None
        """number of the port"""
        target_model: Literal['isa-serial', 'usb-serial', 'pci-serial', 'spapr-vty', 'pl011', '16550a', 'sclpconsole', 'sclplmconsole', 'isa-debugcon'] | None = None
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Parallel(Entity):
        """A parallel port."""
        type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus']
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None
        tty: str | None = None
        """terminal on the host; filled in by libvirt"""
        target_type: Literal['xen', 'serial', 'uml', 'virtio', 'lxc', 'openvz', 'sclp', 'sclplm', 'isa-serial', 'usb-serial', 'pci-serial', 'spapr-vio-serial', 'system-serial', 'sclp-serial', 'isa-debug'] | None = None
        port: int | None = None
        """number of the port"""
        target_model: Literal['isa-serial', 'usb-serial', 'pci-serial', 'spapr-vty', 'pl011', '16550a', 'sclpconsole', 'sclplmconsole', 'isa-debugcon'] | None = None
        alias: str | None = None
        """one's own begins with ua-"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Console(Entity):
        """The console of the guest; the first one mirrors the first serial port."""
        type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus'] | None = None
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None
        tty: str | None = None
        """terminal on the host; filled in by libvirt"""
        target_type: Literal['xen', 'serial', 'uml', 'virtio', 'lxc', 'openvz', 'sclp', 'sclplm', 'isa-serial', 'usb-serial', 'pci-serial', 'spapr-vio-serial', 'system-serial', 'sclp-serial', 'isa-debug'] | None = None
        port: int | None = None
        """number of the port"""
        target_model: Literal['isa-serial', 'usb-serial', 'pci-serial', 'spapr-vty', 'pl011', '16550a', 'sclpconsole', 'sclplmconsole', 'isa-debugcon'] | None = None
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Channel(Entity):
        """A channel to a program in the guest, such as the guest agent."""
        type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus']
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None
        target_type: Literal['guestfwd', 'virtio', 'xen']
        name: str | None = None
        """such as org.qemu.guest_agent.0"""
        state: Literal['connected', 'disconnected'] | None = None
        """whether the guest has opened it; filled in by libvirt"""
        guest_address: str | None = None
        """guestfwd: IP address in the guest"""
        guest_port: int | None = None
        """guestfwd"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class CharacterSource(Entity):
        """One end on the host."""
        mode: Literal['bind', 'connect'] | None = None
        """wait for the other side, or go to it"""
        path: str | None = None
        """file, device or socket"""
        host: str | None = None
        """tcp, udp"""
        service: str | None = None
        """port"""
        channel: str | None = None
        """spiceport, dbus: name"""
        master: str | None = None
        """nmdm"""
        slave: str | None = None
        """nmdm"""
        append: bool | None = None
        """to the file"""
        tls: bool | None = None
        """tcp"""
        reconnect: OvirtDialect.Reconnect | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...
        clipboard: bool | None = None
        """qemu-vdagent"""
        mouse: Literal['server', 'client'] | None = None
        """qemu-vdagent"""

    @define(kw_only=True)
    class Clock(Entity):
        """The guest's clock."""
        offset: Literal['utc', 'localtime', 'timezone', 'variable', 'absolute']
        adjustment: str | None = None
        """seconds, or reset"""
        basis: Literal['utc', 'localtime'] | None = None
        """of a variable offset"""
        timezone: str | None = None
        start: int | None = None
        """of an absolute clock, seconds since 1970"""
        timers: list[OvirtDialect.Timer | Opaque] = ...

    @define(kw_only=True)
    class Timer(Entity):
        """One of the guest's sources of time."""
        name: Literal['platform', 'rtc', 'tsc', 'hpet', 'pit', 'armvtimer', 'kvmclock', 'hypervclock']
        present: bool | None = None
        tick_policy: Literal['delay', 'catchup', 'merge', 'discard'] | None = None
        """for ticks that come late"""
        track: Literal['boot', 'guest', 'wall', 'realtime'] | None = None
        """rtc: which clock it follows"""
        frequency: int | None = None
        """tsc: Hz"""
        mode: Literal['auto', 'native', 'emulate', 'paravirt', 'smpsafe'] | None = None
        """tsc"""
        catchup_threshold: int | None = None
        """late ticks before it catches up"""
        catchup_slew: int | None = None
        catchup_limit: int | None = None

    @define(kw_only=True)
    class Controller(Entity):
        """A bus, or a port of one, that other devices are plugged into."""
        type: Literal['fdc', 'sata', 'ccid', 'scsi', 'usb', 'ide', 'isa', 'pci', 'virtio-serial', 'xenbus']
        index: int | None = None
        """number among those of its type"""
        model: Literal['auto', 'buslogic', 'lsilogic', 'lsisas1068', 'vmpvscsi', 'ibmvscsi', 'virtio-scsi', 'lsisas1078', 'virtio', 'virtio-transitional', 'virtio-non-transitional', 'ncr53c90', 'dc390', 'am53c974', 'piix3-uhci', 'piix4-uhci', 'ehci', 'ich9-ehci1', 'ich9-uhci1', 'ich9-uhci2', 'ich9-uhci3', 'vt82c686b-uhci', 'pci-ohci', 'nec-xhci', 'none', 'qusb1', 'qusb2', 'qemu-xhci', 'piix3', 'piix4', 'ich6', 'pci-root', 'pcie-root', 'pci-bridge', 'dmi-to-pci-bridge', 'pcie-to-pci-bridge', 'pcie-root-port', 'pcie-switch-upstream-port', 'pcie-switch-downstream-port', 'pci-expander-bus', 'pcie-expander-bus'] | None = None
        ports: int | None = None
        """usb, virtio-serial"""
        vectors: int | None = None
        """virtio-serial: interrupts"""
        max_grant_frames: int | None = None
        """xenbus"""
        max_event_channels: int | None = None
        """xenbus"""
        device: Literal['spapr-pci-host-bridge', 'pci-bridge', 'i82801b11-bridge', 'pcie-pci-bridge', 'ioh3420', 'pcie-root-port', 'x3130-upstream', 'xio3130-downstream', 'pxb', 'pxb-pcie'] | None = None
        """pci: what QEMU emulates"""
        chassis_nr: int | None = None
        """pci-bridge"""
        chassis: int | None = None
        """PCIe ports"""
        port: int | None = None
        """PCIe ports"""
        bus_nr: int | None = None
        """expander buses"""
        target_index: int | None = None
        """pSeries: host bridge"""
        hotplug: bool | None = None
        """devices may come and go while the guest runs"""
        mem_reserve: int | None = None
        """KiB, for what is plugged in later"""
        node: int | None = None
        """guest NUMA node"""
        queues: int | None = None
        """virtio-scsi"""
        cmd_per_lun: int | None = None
        """virtio-scsi: commands that wait on one device"""
        max_sectors: int | None = None
        """virtio-scsi: of 512 bytes, in one command"""
        ioeventfd: bool | None = None
        iothread: int | None = None
        """ID of the I/O thread"""
        iothreads: list[OvirtDialect.IOThreadMapping | Opaque] = ...
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        master: int | None = None
        """usb companion: first port at its master"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        pcihole64: int | None = None
        """KiB, 64-bit window of a PCI root"""

    @define(kw_only=True)
    class Cpu(Entity):
        """The virtual CPU and its NUMA nodes."""
        mode: Literal['custom', 'host-model', 'host-passthrough', 'maximum'] | None = None
        match_policy: Literal['minimum', 'exact', 'strict'] | None = None
        """how the CPU must match this description"""
        check: Literal['none', 'partial', 'full'] | None = None
        """by libvirt, against what the guest got"""
        migratable: bool | None = None
        """leave out what cannot migrate"""
        deprecated_features: bool | None = None
        """s390: keep what the hypervisor calls deprecated"""
        model: str | None = None
        """name, from libvirt's cpu_map"""
        fallback: Literal['allow', 'forbid'] | None = None
        """take a nearby model if the host lacks this one"""
        vendor_id: str | None = None
        """what the guest sees, 12 characters"""
        vendor: str | None = None
        """of the host's CPU"""
        topology: OvirtDialect.CpuTopology | Opaque | None = None
        cache: OvirtDialect.CpuCache | Opaque | None = None
        max_phys_addr: OvirtDialect.MaxPhysAddr | Opaque | None = None
        features: dict[str, Literal['force', 'require', 'optional', 'disable', 'forbid']] = ...
        numa: OvirtDialect.Numa | Opaque | None = None

    @define(kw_only=True)
    class CpuTopology(Entity):
        """How the virtual CPUs are arranged."""
        sockets: int
        dies: int | None = None
        """per socket"""
        clusters: int | None = None
        """per die"""
        cores: int
        """per cluster"""
        threads: int
        """per core"""

    @define(kw_only=True)
    class CpuCache(Entity):
        """Which cache of the CPU the guest sees."""
        level: int | None = None
        """absent: all"""
        mode: Literal['emulate', 'passthrough', 'disable']

    @define(kw_only=True)
    class MaxPhysAddr(Entity):
        """Width of physical addresses."""
        mode: Literal['emulate', 'passthrough']
        bits: int | None = None
        limit: int | None = None
        """bits, at most"""

    @define(kw_only=True)
    class Numa(Entity):
        """NUMA nodes that the guest sees."""
        cells: list[OvirtDialect.NumaCell | Opaque] = ...
        latencies: list[OvirtDialect.NumaLatency | Opaque] = ...
        bandwidths: list[OvirtDialect.NumaBandwidth | Opaque] = ...

    @define(kw_only=True)
    class NumaCell(Entity):
        """One NUMA node."""
        id: int | None = None
        cpus: str | None = None
        """virtual CPUs"""
        memory: int
        """KiB"""
        mem_access: Literal['shared', 'private'] | None = None
        discard: bool | None = None
        """throw the content away at the end"""
        distances: dict[str, int] = ...
        """to other cells; 10 is the own one"""
        caches: list[OvirtDialect.NumaCache | Opaque] = ...

    @define(kw_only=True)
    class NumaCache(Entity):
        """A cache in front of a NUMA node's memory."""
        level: int
        associativity: Literal['none', 'direct', 'full']
        policy: Literal['none', 'writeback', 'writethrough']
        size: int
        """KiB; libvirt takes it for KiB whatever unit stands there"""
        line: int
        """bytes"""

    @define(kw_only=True)
    class NumaLatency(Entity):
        """How long access to memory takes."""
        initiator: int
        """cell"""
        target: int
        """cell"""
        cache: int | None = None
        """level"""
        type: Literal['access', 'read', 'write']
        value: int
        """ns"""

    @define(kw_only=True)
    class NumaBandwidth(Entity):
        """How much of memory passes in a second."""
        initiator: int
        """cell"""
        target: int
        """cell"""
        cache: int | None = None
        """level"""
        type: Literal['access', 'read', 'write']
        value: int
        """KiB/s"""

    @define(kw_only=True)
    class Crypto(Entity):
        """A device for cryptography."""
        model: Literal['virtio']
        type: Literal['qemu']
        backend: Literal['builtin', 'lkcf']
        """who computes on the host"""
        queues: int | None = None
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        alias: str | None = None
        """one's own begins with ua-"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Disk(Entity):
        """A disk, CD-ROM or floppy as the guest sees it, and the storage behind it."""
        device: Literal['disk', 'cdrom', 'floppy', 'lun'] | None = None
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional'] | None = None
        raw_io: bool | None = None
        """lun: may send SCSI commands that need privileges"""
        sgio: Literal['filtered', 'unfiltered'] | None = None
        """lun: which SCSI commands pass"""
        snapshot: Literal['no', 'internal', 'external', 'manual'] | None = None
        """what a snapshot does with this disk"""
        driver: str | None = None
        """program that drives it: qemu"""
        format: Literal['raw', 'dir', 'bochs', 'cloop', 'dmg', 'iso', 'vpc', 'vdi', 'fat', 'vhd', 'ploop', 'luks', 'cow', 'qcow', 'qcow2', 'qed', 'vmdk', 'aio'] | None = None
        """of the image"""
        cache: Literal['default', 'none', 'writeback', 'writethrough', 'directsync', 'unsafe'] | None = None
        error_policy: Literal['stop', 'report', 'ignore', 'enospace'] | None = None
        """of writes, and of reads where they have none"""
        read_error_policy: Literal['stop', 'report', 'ignore'] | None = None
        io: Literal['threads', 'native', 'io_uring'] | None = None
        """how QEMU reads and writes"""
        ioeventfd: bool | None = None
        event_idx: bool | None = None
        """fewer interrupts"""
        copy_on_read: bool | None = None
        """what is read from a layer below, into the image"""
        discard: Literal['unmap', 'ignore'] | None = None
        """unmap: hand it on to the image"""
        iothread: int | None = None
        """ID of the I/O thread"""
        detect_zeroes: Literal['off', 'on', 'unmap'] | None = None
        """unmap: discard what is all zero"""
        discard_no_unref: bool | None = None
        """qcow2: keep the place in the image"""
        queues: int | None = None
        queue_size: int | None = None
        """a power of two"""
        metadata_cache: int | None = None
        """bytes"""
        iothreads: list[OvirtDialect.IOThreadMapping | Opaque] = ...
        auth: OvirtDialect.Auth | Opaque | None = None
        """older place; see source; secret"""
        source: OvirtDialect.DiskSource | Opaque | None = None
        backing: OvirtDialect.BackingStore | Opaque | None = None
        mirror: OvirtDialect.Mirror | Opaque | None = None
        """while a block job copies the disk; filled in by libvirt"""
        backend_domain: str | None = None
        """Xen: domain that serves it"""
        geometry: OvirtDialect.Geometry | Opaque | None = None
        logical_block_size: int | None = None
        """bytes"""
        physical_block_size: int | None = None
        """bytes"""
        discard_granularity: int | None = None
        """bytes"""
        target: str | None = None
        """guest-visible name, a hint; `plan` chooses it"""
        interface: Literal['ide', 'fdc', 'scsi', 'virtio', 'xen', 'usb', 'uml', 'sata', 'sd'] | None = None
        tray: Literal['open', 'closed'] | None = None
        removable: bool | None = None
        """USB: as a removable medium"""
        rotation_rate: int | None = None
        """rpm; 1: no rotation"""
        iotune: OvirtDialect.IOTune | Opaque | None = None
        throttle_filters: list[str] = ...
        read_only: bool = False
        shareable: bool = False
        """several domains may write"""
        transient: OvirtDialect.Transient | Opaque | None = None
        serial: str | None = None
        wwn: str | None = None
        """16 hex digits"""
        vendor: str | None = None
        product: str | None = None
        encryption: OvirtDialect.Encryption | Opaque | None = None
        """older place; see source"""
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        boot_order: int | None = None
        loadparm: str | None = None
        """s390: what the boot loader is told"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        pool_id: str | None = None
        """data center"""
        domain_id: str | None = None
        """storage domain"""
        image_id: str | None = None
        """the disk, with all of its volumes"""
        volume_id: str | None = None
        """the volume that the guest writes to"""
        shared: Literal['transient', 'shared', 'exclusive', 'none', 'true', 'false'] | None = None
        """who else may use it; true and false of old managers"""
        shared_flag: bool | None = None
        """the same of old hosts"""
        guid: str | None = None
        """of a LUN or managed block device"""
        rbd: str | None = None
        """managed RBD volume"""
        managed: bool | None = None
        """attached by the host's volume manager"""
        payload: OvirtDialect.Payload | Opaque | None = None
        """secret"""
        device_id: str | None = None
        """the host's id of it; filled in by libvirt"""
        guest_name: str | None = None
        """as the guest agent reports it; filled in by libvirt"""
        prepared_payload: OvirtDialect.Payload | Opaque | None = None
        """where the host moves the payload to; filled in by libvirt; secret"""
        payload_digest: str | None = None
        """SHA-256 of what the host made an image of, in place of it; filled in by libvirt"""
        spec_io_tune: dict[str, str] = ...
        """limits by name, of old hosts; filled in by libvirt"""
        spec_params: dict[str, str] = ...
        """other words of the device, such as pinToIoThread"""
        vm_properties: dict[str, str] = ...
        """custom properties of its VM that it heeds; filled in by libvirt"""
        old_address: dict[str, str] = ...
        """of old managers; libvirt's address counts"""
        old_auth: dict[str, str] = ...
        """of old managers: username, type and the secret's uuid; secret"""
        image_hosts: list[OvirtDialect.ImageHost | Opaque] = ...
        """servers of a network disk"""
        change: OvirtDialect.MediaChange | Opaque | None = None
        """a medium on its way in or out; filled in by libvirt"""
        volume_chain: list[OvirtDialect.VolumeChainNode | Opaque] = ...
        """the volume and those below it, in no order; filled in by libvirt"""
        replica: OvirtDialect.DiskReplica | Opaque | None = None
        """where it is mirrored to; filled in by libvirt"""
        name: str | None = None
        """of the disk, for people and for their order"""
        plugged: bool = True
        boot: bool | None = None
        """the guest may boot from it"""
        storage_type: Literal['image', 'lun', 'cinder', 'managed_block'] | None = None
        disk_profile_id: str | None = None
        """decides the limits"""
        snapshot_id: str | None = None
        """it shows a snapshot, for a while"""
        scsi_kind: Literal['virtio_scsi', 'spapr_vscsi'] | None = None
        """which of the two SCSI buses of ppc64"""
        pass_discard: bool | None = None
        """what the guest discards, the storage frees"""
        propagate_errors: bool | None = None
        """the guest hears of errors, and does not stop"""
        scsi_passthrough: bool | None = None
        """LUN: the guest sends its own commands"""
        scsi_reservation: bool | None = None
        """LUN: the guest may reserve it"""
        connection_driver: Literal['rbd', 'block'] | None = None
        """managed block: what attached it"""
        attached_path: str | None = None
        """managed block: where it is attached"""
        managed_path: str | None = None
        """managed block: the link to it, from level 4.7 on"""
        scsi_wwn: str | None = None
        """managed block"""

    @define(kw_only=True)
    class Transient(Entity):
        """Changes are thrown away when the domain ends."""
        share_backing: bool | None = None
        """several domains use the image"""

    @define(kw_only=True)
    class Geometry(Entity):
        """Cylinders, heads and sectors as the BIOS sees them."""
        cylinders: int
        heads: int
        sectors: int
        translation: Literal['auto', 'none', 'lba'] | None = None

    @define(kw_only=True)
    class IOThreadMapping(Entity):
        """An I/O thread, and the queues that it serves."""
        id: int
        queues: list[int] = ...

    @define(kw_only=True)
    class IOTune(Entity):
        """Limits of throughput: bytes and operations a second, bursts (max), and how long a burst may last (s)."""
        total_bytes_sec: int | None = None
        read_bytes_sec: int | None = None
        write_bytes_sec: int | None = None
        total_iops_sec: int | None = None
        read_iops_sec: int | None = None
        write_iops_sec: int | None = None
        total_bytes_sec_max: int | None = None
        read_bytes_sec_max: int | None = None
        write_bytes_sec_max: int | None = None
        total_iops_sec_max: int | None = None
        read_iops_sec_max: int | None = None
        write_iops_sec_max: int | None = None
        size_iops_sec: int | None = None
        """bytes that count as one operation"""
        group_name: str | None = None
        """disks of one group share the limits"""
        total_bytes_sec_max_length: int | None = None
        read_bytes_sec_max_length: int | None = None
        write_bytes_sec_max_length: int | None = None
        total_iops_sec_max_length: int | None = None
        read_iops_sec_max_length: int | None = None
        write_iops_sec_max_length: int | None = None

    @define(kw_only=True)
    class Features(Entity):
        """Features of the machine and of the hypervisor."""
        acpi: bool = False
        apic: OvirtDialect.Apic | Opaque | None = None
        pae: bool = False
        """physical addresses beyond 32 bits"""
        hap: OvirtDialect.Switch | Opaque | None = None
        """paging in hardware"""
        viridian: bool = False
        """Xen: Hyper-V interfaces"""
        privnet: bool = False
        """containers: a network namespace of its own"""
        hyperv: OvirtDialect.Hyperv | Opaque | None = None
        kvm: OvirtDialect.Kvm | Opaque | None = None
        pvspinlock: OvirtDialect.Switch | Opaque | None = None
        """paravirtual spinlocks"""
        capabilities: OvirtDialect.Capabilities | Opaque | None = None
        pmu: OvirtDialect.Switch | Opaque | None = None
        """performance counters"""
        vmport: OvirtDialect.Switch | Opaque | None = None
        """VMware's I/O port"""
        gic: OvirtDialect.Gic | Opaque | None = None
        smm: OvirtDialect.Smm | Opaque | None = None
        ioapic: Literal['qemu', 'kvm'] | None = None
        hpt_resizing: Literal['enabled', 'disabled', 'required'] | None = None
        """pSeries: hash page table"""
        hpt_max_page_size: int | None = None
        """KiB"""
        vmcoreinfo: OvirtDialect.Switch | Opaque | None = None
        """the guest tells where its kernel's debug data is"""
        htm: bool | None = None
        """pSeries: hardware transactional memory"""
        nested_hv: bool | None = None
        """pSeries: nested virtualization"""
        unknown_msrs: Literal['ignore', 'fault'] | None = None
        """access to model-specific registers that do not exist"""
        ccf_assist: bool | None = None
        """pSeries: count cache flush"""
        xen: OvirtDialect.Xen | Opaque | None = None
        cfpc: Literal['broken', 'workaround', 'fixed'] | None = None
        """pSeries: cache flush on privilege change"""
        sbbc: Literal['broken', 'workaround', 'fixed'] | None = None
        """pSeries: speculation barrier, bounds checking"""
        ibs: Literal['broken', 'workaround', 'fixed-ibs', 'fixed-ccd', 'fixed-na'] | None = None
        """pSeries: indirect branch speculation"""
        tcg_tb_cache: int | None = None
        """KiB, translated code"""
        async_teardown: OvirtDialect.AsyncTeardown | Opaque | None = None
        ras: bool | None = None
        """Arm: memory errors reach the guest"""
        ps2: bool | None = None
        """keyboard and mouse of the PC"""
        aia: Literal['none', 'aplic', 'aplic-imsic'] | None = None
        """RISC-V: interrupt controller"""

    @define(kw_only=True)
    class Switch(Entity):
        """A feature that is on where it stands without a state."""
        state: bool | None = None

    @define(kw_only=True)
    class Apic(Entity):
        """Interrupt controller of each CPU."""
        eoi: bool | None = None
        """paravirtual end of interrupt"""

    @define(kw_only=True)
    class Gic(Entity):
        """Interrupt controller of Arm."""
        version: Literal['host', '2', '3'] | None = None

    @define(kw_only=True)
    class Smm(Entity):
        """System management mode."""
        state: bool | None = None
        tseg: int | None = None
        """KiB of memory for it"""

    @define(kw_only=True)
    class AsyncTeardown(Entity):
        """Release of memory in the background when the machine ends."""
        enabled: bool | None = None

    @define(kw_only=True)
    class Hyperv(Entity):
        """Microsoft's interface to the hypervisor."""
        mode: Literal['custom', 'passthrough'] | None = None
        relaxed: bool | None = None
        """the guest does not stop over a late timer"""
        vapic: bool | None = None
        """APIC without exits"""
        spinlocks: bool | None = None
        """the guest tells of long waits"""
        spinlock_retries: int | None = None
        """before it tells"""
        vpindex: bool | None = None
        """index of the virtual CPU"""
        runtime: bool | None = None
        """time spent on guest code"""
        synic: bool | None = None
        """synthetic interrupts"""
        stimer: OvirtDialect.Stimer | Opaque | None = None
        """synthetic timers"""
        reset: bool | None = None
        """reset by a register"""
        vendor_id: bool | None = None
        """a hypervisor name of one's own"""
        vendor_id_value: str | None = None
        """at most 12 characters"""
        frequencies: bool | None = None
        """of TSC and APIC"""
        reenlightenment: bool | None = None
        """notice after migration"""
        tlbflush: OvirtDialect.TlbFlush | Opaque | None = None
        """flush of translation buffers by a call"""
        ipi: bool | None = None
        """interrupts between CPUs by a call"""
        evmcs: bool | None = None
        """enlightened VMCS, for nesting"""
        avic: bool | None = None
        """interrupts in hardware"""
        emsr_bitmap: bool | None = None
        """enlightened MSR bitmap, for nesting"""
        xmm_input: bool | None = None
        """arguments of calls in XMM registers"""

    @define(kw_only=True)
    class Stimer(Entity):
        """Synthetic timers."""
        state: bool | None = None
        direct: bool | None = None
        """interrupts without synic messages"""

    @define(kw_only=True)
    class TlbFlush(Entity):
        """Flush of translation buffers by a call."""
        state: bool | None = None
        direct: bool | None = None
        """for nested hypervisors"""
        extended: bool | None = None
        """of ranges of addresses"""

    @define(kw_only=True)
    class Kvm(Entity):
        """KVM's interface."""
        hidden: bool | None = None
        """do not show KVM to the guest"""
        hint_dedicated: bool | None = None
        """virtual CPUs are pinned"""
        poll_control: bool | None = None
        """the guest may poll instead of the host"""
        pv_ipi: bool | None = None
        """interrupts between CPUs by a call"""
        dirty_ring: bool | None = None
        """follows written pages in a ring"""
        dirty_ring_size: int | None = None
        """entries, a power of two"""

    @define(kw_only=True)
    class Xen(Entity):
        """Xen's interface."""
        e820_host: bool | None = None
        """the host's memory map"""
        passthrough: bool | None = None
        """IOMMU mappings for devices"""
        passthrough_mode: Literal['sync_pt', 'share_pt'] | None = None

    @define(kw_only=True)
    class Capabilities(Entity):
        """What the root user of a container may do."""
        policy: Literal['default', 'allow', 'deny']
        states: dict[str, bool] = ...
        """the exceptions"""

    @define(kw_only=True)
    class Filesystem(Entity):
        """A folder or image of the host that the guest mounts."""
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional'] | None = None
        access_mode: Literal['passthrough', 'mapped', 'squash'] | None = None
        """whose rights count on the host"""
        multidevs: Literal['default', 'remap', 'forbid', 'warn'] | None = None
        """several devices of the host in one folder"""
        fmode: str | None = None
        """octal mode of new files"""
        dmode: str | None = None
        """octal mode of new folders"""
        driver: Literal['path', 'handle', 'loop', 'nbd', 'ploop', 'virtiofs', 'mtp'] | None = None
        format: Literal['raw', 'dir', 'bochs', 'cloop', 'dmg', 'iso', 'vpc', 'vdi', 'fat', 'vhd', 'ploop', 'luks', 'cow', 'qcow', 'qcow2', 'qed', 'vmdk'] | None = None
        """of an image"""
        write_policy: Literal['immediate'] | None = None
        """write to the host's disk at once"""
        queue: int | None = None
        """requests that wait"""
        binary: str | None = None
        """program that serves it"""
        xattr: bool | None = None
        """extended attributes"""
        cache: Literal['none', 'always'] | None = None
        sandbox: Literal['namespace', 'chroot'] | None = None
        lock_posix: bool | None = None
        lock_flock: bool | None = None
        thread_pool: int | None = None
        """threads; 0: none"""
        open_files: int | None = None
        """at most"""
        id_map: OvirtDialect.IdMap | Opaque | None = None
        source: OvirtDialect.FilesystemSource | Opaque | None = None
        target: str
        """tag, or where a container mounts it"""
        read_only: bool = False
        space_hard_limit: int | None = None
        """bytes"""
        space_soft_limit: int | None = None
        """bytes"""
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        boot_order: int | None = None
        loadparm: str | None = None
        """s390: what the boot loader is told"""
        alias: str | None = None
        """one's own begins with ua-"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    class FilesystemSource(Entity):
        """Where the content is."""

    @define(kw_only=True)
    class MountFilesystemSource(FilesystemSource):
        """A folder of the host."""
        path: str | None = None
        socket: str | None = None
        """of a running virtiofsd"""

    @define(kw_only=True)
    class BindFilesystemSource(FilesystemSource):
        """A folder that the container sees as well."""
        path: str | None = None

    @define(kw_only=True)
    class FileFilesystemSource(FilesystemSource):
        """An image in a file of the host."""
        path: str | None = None

    @define(kw_only=True)
    class BlockFilesystemSource(FilesystemSource):
        """A block device of the host."""
        path: str | None = None

    @define(kw_only=True)
    class TemplateFilesystemSource(FilesystemSource):
        """A template of OpenVZ."""
        name: str | None = None

    @define(kw_only=True)
    class RamFilesystemSource(FilesystemSource):
        """A file system in memory."""
        usage: int | None = None
        """KiB"""

    @define(kw_only=True)
    class IdMap(Entity):
        """User and group IDs of a container on the host."""
        uids: list[OvirtDialect.IdRange | Opaque] = ...
        gids: list[OvirtDialect.IdRange | Opaque] = ...

    @define(kw_only=True)
    class IdRange(Entity):
        """A range of IDs."""
        start: int
        """first one in the guest"""
        target: int
        """first one on the host"""
        count: int

    class Graphics(Entity):
        """A way to see the guest's screen."""

    @define(kw_only=True)
    class VncGraphics(Graphics):
        """A VNC server."""
        port: int | None = None
        """-1: libvirt chooses"""
        autoport: bool | None = None
        websocket: int | None = None
        """port; -1: libvirt chooses"""
        listen: str | None = None
        """as the first of listens"""
        socket: str | None = None
        share_policy: Literal['allow-exclusive', 'force-shared', 'ignore'] | None = None
        power_control: bool | None = None
        password: str | None = None
        """secret"""
        keymap: str | None = None
        password_valid_to: str | None = None
        """UTC"""
        connected: Literal['keep'] | None = None
        """when the password changes"""
        listens: list[OvirtDialect.Listen | Opaque] = ...
        audio: int | None = None
        """ID of the host's side of the sound"""

    @define(kw_only=True)
    class SpiceGraphics(Graphics):
        """A SPICE server."""
        port: int | None = None
        """-1: libvirt chooses"""
        tls_port: int | None = None
        """-1: libvirt chooses"""
        autoport: bool | None = None
        listen: str | None = None
        """as the first of listens"""
        password: str | None = None
        """secret"""
        keymap: str | None = None
        password_valid_to: str | None = None
        """UTC"""
        connected: Literal['fail', 'disconnect', 'keep'] | None = None
        """when the password changes"""
        default_mode: Literal['any', 'secure', 'insecure'] | None = None
        listens: list[OvirtDialect.Listen | Opaque] = ...
        channels: dict[str, Literal['any', 'secure', 'insecure']] = ...
        image_compression: Literal['auto_glz', 'auto_lz', 'quic', 'glz', 'lz', 'off'] | None = None
        jpeg_compression: Literal['auto', 'never', 'always'] | None = None
        zlib_compression: Literal['auto', 'never', 'always'] | None = None
        playback_compression: bool | None = None
        streaming: Literal['filter', 'all', 'off'] | None = None
        copy_paste: bool | None = None
        mouse: Literal['server', 'client'] | None = None
        file_transfer: bool | None = None
        gl: bool | None = None
        rendernode: str | None = None

    @define(kw_only=True)
    class SdlGraphics(Graphics):
        """A window on the host."""
        display: str | None = None
        xauth: str | None = None
        full_screen: bool | None = None
        gl: bool | None = None

    @define(kw_only=True)
    class RdpGraphics(Graphics):
        """An RDP server."""
        port: int | None = None
        autoport: bool | None = None
        replace_user: bool | None = None
        """a new one ends the session of the old one"""
        multi_user: bool | None = None
        listen: str | None = None
        """as the first of listens"""
        username: str | None = None
        password: str | None = None
        """secret"""
        listens: list[OvirtDialect.Listen | Opaque] = ...

    @define(kw_only=True)
    class DesktopGraphics(Graphics):
        """VirtualBox: a window on the host."""
        display: str | None = None
        full_screen: bool | None = None

    @define(kw_only=True)
    class EglHeadlessGraphics(Graphics):
        """OpenGL on the host's GPU, with no window."""
        rendernode: str | None = None

    @define(kw_only=True)
    class DbusGraphics(Graphics):
        """D-Bus."""
        address: str | None = None
        p2p: bool | None = None
        gl: bool | None = None
        rendernode: str | None = None
        audio: int | None = None
        """ID of the host's side of the sound"""

    class Listen(Entity):
        """Where a graphics server is reached."""

    @define(kw_only=True)
    class AddressListen(Listen):
        """At an IP address or host name."""
        address: str | None = None

    @define(kw_only=True)
    class NetworkListen(Listen):
        """At the host's address in a network of libvirt's."""
        network: str
        address: str | None = None
        """filled in by libvirt"""

    @define(kw_only=True)
    class SocketListen(Listen):
        """At a UNIX socket."""
        socket: str | None = None

    @define(kw_only=True)
    class NoneListen(Listen):
        """Nowhere; the connection is handed over."""

    @define(kw_only=True)
    class Hostdev(Entity):
        """A device of the host that the guest uses directly."""
        mode: Literal['subsystem', 'capabilities'] | None = None
        managed: bool | None = None
        """libvirt takes it from the host's driver and gives it back"""
        sgio: Literal['filtered', 'unfiltered'] | None = None
        """scsi: which commands pass"""
        raw_io: bool | None = None
        """scsi: may send commands that need privileges"""
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional', 'vfio-pci', 'vfio-ccw', 'vfio-ap'] | None = None
        display: bool | None = None
        """mdev: shows a screen"""
        ramfb: bool | None = None
        """mdev: screen while the guest boots"""
        driver: Literal['kvm', 'vfio', 'xen'] | None = None
        driver_model: str | None = None
        """kernel module"""
        source: OvirtDialect.HostdevSource | Opaque | None = None
        teaming: Literal['persistent', 'transient'] | None = None
        """transient: leaves for migration; persistent: stays"""
        teaming_persistent: str | None = None
        """alias of the card that stays"""
        read_only: bool = False
        shareable: bool = False
        boot_order: int | None = None
        loadparm: str | None = None
        """s390: what the boot loader is told"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        rom_enabled: bool | None = None
        rom_bar: bool | None = None
        """the guest sees it"""
        rom_file: str | None = None
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        uuid: str | None = None
        """of a mediated device"""
        mdev_type: str | None = None
        """and where to place it: nvidia-28, nvidia-28|compact or nvidia-28|separate"""
        mdev_parameters: str | None = None
        """for the driver on the host"""
        plugged: bool = True
        host_device: str | None = None
        """name on the host, such as pci_0000_00_1d_0"""
        iommu_placeholder: bool | None = None
        """it goes with another of its group, and is not given to the guest"""
        vgpu_type: str | None = None
        """such as nvidia-28"""
        vgpu_parameters: str | None = None
        """for the vGPU's driver on the host"""
        nodisplay: bool | None = None
        """vGPU: shows no screen"""

    class HostdevSource(Entity):
        """Which device of the host."""

    @define(kw_only=True)
    class UsbHostdevSource(HostdevSource):
        """A USB device, by product or by place; the first variant, as its product stands in front of its address."""
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        guest_reset: Literal['off', 'uninitialized', 'on'] | None = None
        vendor: int | None = None
        product: int | None = None
        bus: int | None = None
        device: int | None = None

    @define(kw_only=True)
    class PciHostdevSource(HostdevSource):
        """A PCI device."""
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        write_filtering: bool | None = None
        """Xen: of the configuration space"""
        domain: int | None = None
        bus: int | None = None
        slot: int | None = None
        function: int | None = None
        multifunction: bool | None = None

    @define(kw_only=True)
    class ScsiHostdevSource(HostdevSource):
        """A SCSI device of the host or of an iSCSI server."""
        protocol: Literal['adapter', 'iscsi'] | None = None
        adapter: OvirtDialect.ScsiAdapter | Opaque | None = None
        bus: int | None = None
        target: int | None = None
        unit: int | None = None
        name: str | None = None
        """iscsi"""
        hosts: list[OvirtDialect.StorageHost | Opaque] = ...
        """iscsi"""
        auth: OvirtDialect.Auth | Opaque | None = None
        """iscsi; secret"""
        initiator: str | None = None
        """iscsi"""

    @define(kw_only=True)
    class ScsiHostHostdevSource(HostdevSource):
        """A SCSI host behind vhost."""
        protocol: Literal['vhost'] | None = None
        wwpn: str | None = None

    @define(kw_only=True)
    class MdevHostdevSource(HostdevSource):
        """A mediated device."""

    @define(kw_only=True)
    class StorageHostdevSource(HostdevSource):
        """Containers: a block device."""
        path: str

    @define(kw_only=True)
    class MiscHostdevSource(HostdevSource):
        """Containers: a character device."""
        path: str

    @define(kw_only=True)
    class NetHostdevSource(HostdevSource):
        """Containers: a network interface."""
        dev: str
        ips: list[OvirtDialect.InterfaceIp | Opaque] = ...
        routes: list[OvirtDialect.Route | Opaque] = ...

    @define(kw_only=True)
    class ScsiAdapter(Entity):
        """A SCSI host: by its name, by the PCI device that it is on, or a virtual one of Fibre Channel."""
        type: Literal['scsi_host', 'fc_host'] | None = None
        name: str | None = None
        """such as scsi_host0"""
        parent: str | None = None
        """fc_host: name of the host that it is on"""
        managed: bool | None = None
        """fc_host: libvirt makes and removes it"""
        parent_wwnn: str | None = None
        """16 hex digits, as all that follow"""
        parent_wwpn: str | None = None
        parent_fabric_wwn: str | None = None
        wwnn: str | None = None
        """fc_host: its own"""
        wwpn: str | None = None
        """fc_host: its own"""
        unique_id: int | None = None
        """of the hosts on one PCI device"""
        parent_address: OvirtDialect.PciParent | Opaque | None = None

    @define(kw_only=True)
    class PciParent(Entity):
        """The PCI device that a SCSI host is on."""
        domain: int | None = None
        bus: int | None = None
        slot: int | None = None
        function: int | None = None
        multifunction: bool | None = None

    class HostAddress(Entity):
        """A device of the host, in an interface."""

    @define(kw_only=True)
    class PciHostAddress(HostAddress):
        """A PCI device of the host."""
        domain: int | None = None
        bus: int | None = None
        slot: int | None = None
        function: int | None = None
        multifunction: bool | None = None

    @define(kw_only=True)
    class UsbHostAddress(HostAddress):
        """A USB device of the host."""
        bus: int | None = None
        device: int | None = None

    @define(kw_only=True)
    class Hub(Entity):
        """A USB hub."""
        type: Literal['usb']
        alias: str | None = None
        """one's own begins with ua-"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Input(Entity):
        """A tablet, mouse or keyboard."""
        type: Literal['tablet', 'mouse', 'keyboard', 'passthrough', 'evdev']
        bus: Literal['ps2', 'usb', 'xen', 'virtio'] | None = None
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional'] | None = None
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        evdev: str | None = None
        """passthrough: device on the host"""
        dev: str | None = None
        """evdev: device on the host"""
        grab: Literal['all'] | None = None
        """grab every input device at once"""
        grab_toggle: Literal['ctrl-ctrl', 'alt-alt', 'shift-shift', 'meta-meta', 'scrolllock', 'ctrl-scrolllock'] | None = None
        repeat: bool | None = None
        """repeat keys that are held"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class HostOffloads(Entity):
        """Work that the host's side leaves to the card."""
        csum: bool | None = None
        gso: bool | None = None
        tso4: bool | None = None
        tso6: bool | None = None
        ecn: bool | None = None
        ufo: bool | None = None
        mrg_rxbuf: bool | None = None

    @define(kw_only=True)
    class GuestOffloads(Entity):
        """Work that the guest's side leaves to the card."""
        csum: bool | None = None
        tso4: bool | None = None
        tso6: bool | None = None
        ecn: bool | None = None
        ufo: bool | None = None

    @define(kw_only=True)
    class VlanTag(Entity):
        """One VLAN."""
        id: int
        native_mode: Literal['tagged', 'untagged'] | None = None

    @define(kw_only=True)
    class VirtualPort(Entity):
        """What a switch is told of the port."""
        type: Literal['802.1Qbg', '802.1Qbh', 'openvswitch', 'midonet'] | None = None
        manager_id: int | None = None
        type_id: int | None = None
        type_id_version: int | None = None
        instance_id: str | None = None
        profile_id: str | None = None
        interface_id: str | None = None

    @define(kw_only=True)
    class Bandwidth(Entity):
        """Limits of traffic."""
        class_id: int | None = None
        """filled in by libvirt"""
        inbound: OvirtDialect.BandwidthLimit | Opaque | None = None
        """to the guest"""
        outbound: OvirtDialect.BandwidthLimit | Opaque | None = None
        """from the guest"""

    @define(kw_only=True)
    class BandwidthLimit(Entity):
        """Limits of one direction."""
        average: int | None = None
        """KiB/s"""
        peak: int | None = None
        """KiB/s"""
        floor: int | None = None
        """KiB/s, guaranteed"""
        burst: int | None = None
        """KiB at peak speed"""

    @define(kw_only=True)
    class InterfaceIp(Entity):
        """An IP address."""
        address: str
        family: Literal['ipv4', 'ipv6'] | None = None
        prefix: int | None = None
        peer: str | None = None
        """address of the other end"""

    @define(kw_only=True)
    class Route(Entity):
        """A route."""
        family: Literal['ipv4', 'ipv6'] | None = None
        address: str
        netmask: str | None = None
        prefix: int | None = None
        gateway: str
        metric: int | None = None

    @define(kw_only=True)
    class PortForward(Entity):
        """Ports of the host that lead into the guest (passt)."""
        protocol: Literal['tcp', 'udp']
        address: str | None = None
        dev: str | None = None
        ranges: list[OvirtDialect.PortRange | Opaque] = ...

    @define(kw_only=True)
    class PortRange(Entity):
        """A range of ports, or one that is left out."""
        start: int
        end: int | None = None
        to: int | None = None
        """first port in the guest"""
        exclude: bool | None = None

    @define(kw_only=True)
    class FilterRef(Entity):
        """A network filter of libvirt's, with its parameters."""
        filter: str
        parameters: list[OvirtDialect.FilterParameter | Opaque] = ...

    @define(kw_only=True)
    class FilterParameter(Entity):
        """A value for a network filter's variable."""
        name: str
        value: str

    class InterfaceSource(Entity):
        """What a card is connected to."""

    @define(kw_only=True)
    class BridgeInterfaceSource(InterfaceSource):
        """A bridge of the host."""
        bridge: str | None = None
        mac_table_manager: Literal['kernel', 'libvirt'] | None = None
        network: str | None = None
        """of libvirt's"""
        portgroup: str | None = None
        portid: str | None = None
        """filled in by libvirt"""

    @define(kw_only=True)
    class NetworkInterfaceSource(InterfaceSource):
        """A network of libvirt's."""
        network: str | None = None
        """of libvirt's"""
        portgroup: str | None = None
        portid: str | None = None
        """filled in by libvirt"""
        bridge: str | None = None
        mac_table_manager: Literal['kernel', 'libvirt'] | None = None

    @define(kw_only=True)
    class DirectInterfaceSource(InterfaceSource):
        """An interface of the host, through macvtap."""
        dev: str
        """the host's interface"""
        mode: Literal['vepa', 'bridge', 'private', 'passthrough'] | None = None
        network: str | None = None
        """of libvirt's"""
        portgroup: str | None = None
        portid: str | None = None
        """filled in by libvirt"""

    @define(kw_only=True)
    class UserInterfaceSource(InterfaceSource):
        """The user's own network, with no rights on the host."""
        dev: str | None = None
        """passt: the host's interface"""

    @define(kw_only=True)
    class EthernetInterfaceSource(InterfaceSource):
        """A tap device and nothing more; scripts connect it."""
        ips: list[OvirtDialect.InterfaceIp | Opaque] = ...
        """of the host's side"""
        routes: list[OvirtDialect.Route | Opaque] = ...
        """of the host's side"""

    @define(kw_only=True)
    class NullInterfaceSource(InterfaceSource):
        """Nothing."""

    @define(kw_only=True)
    class InternalInterfaceSource(InterfaceSource):
        """An internal network of VirtualBox."""
        name: str

    @define(kw_only=True)
    class VdpaInterfaceSource(InterfaceSource):
        """A vDPA device of the host."""
        dev: str

    @define(kw_only=True)
    class McastInterfaceSource(InterfaceSource):
        """Other guests, over multicast."""
        address: str | None = None
        port: int | None = None

    @define(kw_only=True)
    class ClientInterfaceSource(InterfaceSource):
        """Another guest that listens."""
        address: str | None = None
        port: int | None = None

    @define(kw_only=True)
    class ServerInterfaceSource(InterfaceSource):
        """Other guests that connect to this one."""
        address: str | None = None
        port: int | None = None

    @define(kw_only=True)
    class UdpInterfaceSource(InterfaceSource):
        """Another guest, over UDP."""
        local_address: str | None = None
        local_port: int | None = None
        address: str | None = None
        port: int | None = None

    @define(kw_only=True)
    class HostdevInterfaceSource(InterfaceSource):
        """A card of the host that the guest uses directly."""
        managed: bool | None = None
        """libvirt takes it from the host's driver and gives it back"""
        missing: bool | None = None
        vendor: int | None = None
        """usb"""
        product: int | None = None
        """usb"""
        address: OvirtDialect.HostAddress | Opaque | None = None

    @define(kw_only=True)
    class VhostuserInterfaceSource(InterfaceSource):
        """A program of the host that serves the card over a socket."""
        socket_type: Literal['unix'] | None = None
        path: str | None = None
        """of the socket"""
        mode: Literal['server', 'client'] | None = None
        dev: str | None = None
        reconnect: OvirtDialect.Reconnect | Opaque | None = None

    @define(kw_only=True)
    class VdsInterfaceSource(InterfaceSource):
        """A distributed switch of VMware."""
        switch_id: str
        port_id: int | None = None
        port_group_id: str | None = None
        connection_id: int | None = None

    @define(kw_only=True)
    class Iommu(Entity):
        """The guest's IOMMU."""
        model: Literal['intel', 'smmuv3', 'virtio']
        intremap: bool | None = None
        """interrupt remapping"""
        caching_mode: bool | None = None
        """for device assignment"""
        eim: bool | None = None
        """extended interrupt mode: more than 255 CPUs"""
        iotlb: bool | None = None
        """devices keep translations"""
        aw_bits: int | None = None
        """bits of an address"""
        dma_translation: bool | None = None
        """off: interrupt remapping alone"""
        alias: str | None = None
        """one's own begins with ua-"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    class LaunchSecurity(Entity):
        """Confidential computing: what the host cannot see or change."""

    @define(kw_only=True)
    class SevLaunchSecurity(LaunchSecurity):
        """AMD SEV and SEV-ES."""
        handle: int | None = None
        dh_cert: str | None = None
        """base64"""
        session: str | None = None
        """base64"""
        kernel_hashes: bool | None = None
        cbitpos: int | None = None
        """bit that marks encrypted memory"""
        reduced_phys_bits: int | None = None
        """bits that physical addresses lose"""
        policy: int
        """what the guest's owner lets the host do, bits"""

    @define(kw_only=True)
    class SevSnpLaunchSecurity(LaunchSecurity):
        """AMD SEV-SNP."""
        author_key: bool | None = None
        """id_auth has an author's key"""
        vcek: bool | None = None
        """the guest may ask for the key of the chip"""
        guest_visible_workarounds: str | None = None
        """base64"""
        id_block: str | None = None
        """base64"""
        id_auth: str | None = None
        """base64"""
        host_data: str | None = None
        """base64"""
        kernel_hashes: bool | None = None
        cbitpos: int | None = None
        """bit that marks encrypted memory"""
        reduced_phys_bits: int | None = None
        """bits that physical addresses lose"""
        policy: int
        """what the guest's owner lets the host do, bits"""

    @define(kw_only=True)
    class S390PvLaunchSecurity(LaunchSecurity):
        """Secure Execution of s390."""

    @define(kw_only=True)
    class Lease(Entity):
        """A lock of sanlock that the guest's start takes."""
        lockspace: str | None = None
        key: str
        path: str
        offset: int | None = None
        """bytes"""
        device_id: str | None = None
        """the host's id of it; filled in by libvirt"""

    @define(kw_only=True)
    class LxcShareNet(Entity):
        """The network that a container shares."""
        type: Literal['netns', 'name', 'pid']
        value: str
        """the network namespace, the container's name or the process"""

    @define(kw_only=True)
    class LxcShare(Entity):
        """A namespace of the kernel that a container shares."""
        type: Literal['name', 'pid']
        value: str
        """the container's name or the process"""

    @define(kw_only=True)
    class MemoryBacking(Entity):
        """How the guest's memory is made."""
        hugepages: OvirtDialect.Hugepages | Opaque | None = None
        no_share_pages: bool = False
        """never merge equal pages"""
        locked: bool = False
        """never swap out"""
        source: Literal['file', 'anonymous', 'memfd'] | None = None
        access: Literal['shared', 'private'] | None = None
        allocation: Literal['immediate', 'ondemand'] | None = None
        allocation_threads: int | None = None
        discard: bool = False
        """throw the content away at the end"""

    @define(kw_only=True)
    class Hugepages(Entity):
        """Large pages; without a list, of the host's default size."""
        pages: list[OvirtDialect.Hugepage | Opaque] = ...

    @define(kw_only=True)
    class Hugepage(Entity):
        """Pages of one size."""
        size: int
        """KiB"""
        nodeset: str | None = None
        """guest NUMA nodes that use this size"""

    @define(kw_only=True)
    class MemoryDevice(Entity):
        """A memory device that can be plugged."""
        model: Literal['dimm', 'nvdimm', 'virtio-pmem', 'virtio-mem', 'sgx-epc']
        access: Literal['shared', 'private'] | None = None
        discard: bool | None = None
        """throw the content away at the end"""
        uuid: str | None = None
        """nvdimm on pSeries"""
        source_nodes: str | None = None
        """host NUMA nodes"""
        page_size: int | None = None
        """KiB"""
        path: str | None = None
        """nvdimm, virtio-pmem: file on the host"""
        align_size: int | None = None
        """KiB"""
        pmem: bool = False
        """the file is on persistent memory"""
        dynamic_memslots: bool | None = None
        """virtio-mem: use as many slots as there is memory"""
        size: int
        """KiB"""
        node: int | None = None
        """guest NUMA node"""
        label_size: int | None = None
        """KiB, nvdimm"""
        block: int | None = None
        """KiB, virtio-mem"""
        requested: int | None = None
        """KiB, virtio-mem: what the guest is to take"""
        current: int | None = None
        """KiB, virtio-mem: what the guest has taken; filled in by libvirt"""
        read_only: bool = False
        """nvdimm"""
        base: int | None = None
        """virtio-mem, virtio-pmem: guest-physical address"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Os(Entity):
        """What the machine is and how it boots."""
        firmware: Literal['bios', 'efi'] | None = None
        """libvirt finds the files"""
        type: Literal['hvm', 'xen', 'linux', 'xenpvh', 'exe']
        """hvm: a whole machine, exe: a container"""
        arch: Literal['aarch64', 'alpha', 'armv6l', 'armv7l', 'cris', 'i686', 'ia64', 'lm32', 'loongarch64', 'm68k', 'microblaze', 'microblazeel', 'mips', 'mipsel', 'mips64', 'mips64el', 'openrisc', 'parisc', 'parisc64', 'ppc', 'ppc64', 'ppc64le', 'ppcemb', 'riscv32', 'riscv64', 's390', 's390x', 'sh4', 'sh4eb', 'sparc', 'sparc64', 'unicore32', 'x86_64', 'xtensa', 'xtensaeb'] | None = None
        machine: str | None = None
        """such as pc-q35-7.2"""
        firmware_features: list[OvirtDialect.FirmwareFeature | Opaque] = ...
        init: str | None = None
        """containers: first program"""
        init_args: list[str] = ...
        init_env: dict[str, str] = ...
        init_dir: str | None = None
        init_user: str | None = None
        init_group: str | None = None
        loader: OvirtDialect.Loader | Opaque | None = None
        nvram: OvirtDialect.Nvram | Opaque | None = None
        kernel: str | None = None
        initrd: str | None = None
        root: str | None = None
        """Xen: root device"""
        cmdline: str | None = None
        """of the kernel"""
        shim: str | None = None
        """signed first stage in front of the kernel"""
        dtb: str | None = None
        """device tree"""
        acpi_tables: list[OvirtDialect.AcpiTable | Opaque] = ...
        boot_devices: list[Literal['hd', 'fd', 'cdrom', 'network']] = ...
        """in order; not with boot orders of devices"""
        boot_menu: bool | None = None
        boot_menu_timeout: int | None = None
        """ms"""
        bios_serial: bool | None = None
        """show the BIOS on the serial console"""
        reboot_timeout: int | None = None
        """ms until the next attempt to boot; -1: never"""
        smbios: Literal['emulate', 'host', 'sysinfo'] | None = None
        """where the SMBIOS tables come from"""

    @define(kw_only=True)
    class FirmwareFeature(Entity):
        """What the firmware must be able to do, or not."""
        name: Literal['enrolled-keys', 'secure-boot']
        enabled: bool

    @define(kw_only=True)
    class Loader(Entity):
        """Firmware image."""
        read_only: bool | None = None
        secure: bool | None = None
        """Secure Boot"""
        type: Literal['rom', 'pflash'] | None = None
        stateless: bool | None = None
        """needs no NVRAM"""
        format: Literal['raw', 'qcow2'] | None = None
        path: str | None = None

    @define(kw_only=True)
    class Nvram(Entity):
        """The firmware's variables."""
        template: str | None = None
        """file that a new one is copied from"""
        template_format: Literal['raw', 'qcow2'] | None = None
        format: Literal['raw', 'qcow2'] | None = None
        path: str | None = None
        source: OvirtDialect.NvramSource | Opaque | None = None

    class NvramSource(Entity):
        """Where the variables are, if not in a plain path."""

    @define(kw_only=True)
    class FileNvramSource(NvramSource):
        """A file of the host."""
        path: str
        fdgroup: str | None = None
        """file descriptors that were handed to libvirt"""
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...

    @define(kw_only=True)
    class BlockNvramSource(NvramSource):
        """A block device of the host."""
        path: str | None = None
        reservations: OvirtDialect.Reservations | Opaque | None = None
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...

    @define(kw_only=True)
    class NetworkNvramSource(NvramSource):
        """An image on a server."""
        protocol: Literal['nbd', 'gluster', 'rbd', 'iscsi', 'http', 'https', 'ftp', 'ftps', 'ssh', 'sheepdog', 'tftp', 'vxhs', 'nfs']
        name: str | None = None
        """volume, image or path on the server"""
        query: str | None = None
        """of the URL"""
        tls: bool | None = None
        tls_hostname: str | None = None
        hosts: list[OvirtDialect.StorageHost | Opaque] = ...
        snapshot: str | None = None
        """rbd"""
        config_file: str | None = None
        """rbd"""
        initiator: str | None = None
        """iscsi"""
        reconnect: OvirtDialect.Reconnect | Opaque | None = None
        """nbd"""
        ssl_verify: bool | None = None
        cookies: dict[str, str] = ...
        """secret"""
        readahead: int | None = None
        """bytes"""
        timeout: int | None = None
        """s"""
        known_hosts: str | None = None
        """ssh"""
        identity: OvirtDialect.Identity | Opaque | None = None
        """ssh, nfs"""
        auth: OvirtDialect.Auth | Opaque | None = None
        """secret"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None

    @define(kw_only=True)
    class DirNvramSource(NvramSource):
        """A folder of the host, shown as a FAT file system."""
        path: str | None = None
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None

    @define(kw_only=True)
    class VolumeNvramSource(NvramSource):
        """A volume of a storage pool of libvirt's."""
        pool: str | None = None
        volume: str | None = None
        mode: Literal['host', 'direct'] | None = None
        """of an iSCSI pool"""
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...

    @define(kw_only=True)
    class NvmeNvramSource(NvramSource):
        """An NVMe device of the host, without the host's driver."""
        transport: Literal['pci']
        namespace: int
        managed: bool | None = None
        """libvirt takes it from the host's driver and gives it back"""
        domain: int | None = None
        bus: int | None = None
        slot: int | None = None
        function: int | None = None
        multifunction: bool | None = None
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None

    @define(kw_only=True)
    class VhostuserNvramSource(NvramSource):
        """A program of the host that serves it over a socket."""
        socket_type: Literal['unix'] | None = None
        path: str | None = None
        """of the socket"""
        reconnect: OvirtDialect.Reconnect | Opaque | None = None

    @define(kw_only=True)
    class VhostvdpaNvramSource(NvramSource):
        """A vDPA device of the host."""
        path: str | None = None

    @define(kw_only=True)
    class AcpiTable(Entity):
        """A table handed to the guest's ACPI."""
        type: Literal['raw', 'rawset', 'slic', 'msdm']
        path: str

    @define(kw_only=True)
    class Panic(Entity):
        """Tells the host that the guest's kernel has crashed."""
        model: Literal['isa', 'pseries', 'hyperv', 's390', 'pvpanic'] | None = None
        alias: str | None = None
        """one's own begins with ua-"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Pstore(Entity):
        """Memory for the guest's last words, kept over a crash."""
        backend: Literal['acpi-erst']
        path: str | None = None
        size: int
        """KiB"""
        alias: str | None = None
        """one's own begins with ua-"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class QemuCommandLine(Entity):
        """Arguments and variables that QEMU is given as they are."""
        args: list[str] = ...
        env: list[OvirtDialect.QemuEnv | Opaque] = ...

    @define(kw_only=True)
    class QemuEnv(Entity):
        """One environment variable."""
        name: str
        value: str | None = None

    @define(kw_only=True)
    class QemuOverride(Entity):
        """Properties of devices that QEMU is given as they are."""
        alias: str
        properties: list[OvirtDialect.QemuProperty | Opaque] = ...

    @define(kw_only=True)
    class QemuProperty(Entity):
        """One property."""
        name: str
        type: Literal['string', 'signed', 'unsigned', 'bool', 'remove']
        value: str | None = None

    @define(kw_only=True)
    class RedirDev(Entity):
        """A USB device of the person who looks at the screen."""
        bus: Literal['usb']
        type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus']
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None
        boot_order: int | None = None
        loadparm: str | None = None
        """s390: what the boot loader is told"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class RedirRule(Entity):
        """Which USB devices may be redirected; the first rule that fits decides, an absent value fits all."""
        device_class: str | None = None
        """of USB, such as 0x08; -1: any"""
        vendor: str | None = None
        """such as 0x15e1; -1: any"""
        product: str | None = None
        """such as 0x2007; -1: any"""
        version: str | None = None
        """such as 1.10; -1: any"""
        allow: bool

    @define(kw_only=True)
    class Rng(Entity):
        """Random numbers for the guest."""
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional'] | None = None
        """`plan` knows"""
        rate_bytes: int | None = None
        """bytes in each period"""
        rate_period: int | None = None
        """ms"""
        backend: OvirtDialect.RngBackend | Opaque | None = None
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        source: Literal['random', 'urandom', 'hwrng'] | None = None
        """device of the host that the numbers come from"""

    class RngBackend(Entity):
        """Where the numbers come from."""

    @define(kw_only=True)
    class RandomRngBackend(RngBackend):
        """A device of the host."""
        path: str | None = None
        """device on the host; empty: /dev/urandom"""

    @define(kw_only=True)
    class EgdRngBackend(RngBackend):
        """A daemon, over a character device."""
        source_type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus']
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None

    @define(kw_only=True)
    class BuiltinRngBackend(RngBackend):
        """QEMU itself."""

    class Seclabel(Entity):
        """Confinement of the emulator's process by one security driver."""

    @define(kw_only=True)
    class DynamicSeclabel(Seclabel):
        """libvirt chooses the label."""
        label: str | None = None
        """of the process; filled in by libvirt"""
        image_label: str | None = None
        """of the files; filled in by libvirt"""
        base_label: str | None = None
        """what the label is made from"""
        model: str | None = None
        """security driver: selinux, apparmor, dac"""
        relabel: bool | None = None
        """give the files their label"""

    @define(kw_only=True)
    class StaticSeclabel(Seclabel):
        """The label is given."""
        label: str
        """of the process"""
        image_label: str | None = None
        """of the files; filled in by libvirt"""
        model: str | None = None
        """security driver: selinux, apparmor, dac"""
        relabel: bool | None = None
        """give the files their label"""

    @define(kw_only=True)
    class NoneSeclabel(Seclabel):
        """No confinement."""
        model: str | None = None
        """security driver: selinux, apparmor, dac"""
        relabel: bool | None = None
        """give the files their label"""

    @define(kw_only=True)
    class DeviceSeclabel(Entity):
        """A security label of one file or socket."""
        model: str | None = None
        """security driver"""
        relabel: bool | None = None
        label_skip: Literal['yes'] | None = None
        """libvirt: the file system has no labels"""
        label: str | None = None

    @define(kw_only=True)
    class Shmem(Entity):
        """Memory shared with other guests or with programs of the host."""
        name: str
        role: Literal['master', 'peer'] | None = None
        model: Literal['ivshmem', 'ivshmem-plain', 'ivshmem-doorbell'] | None = None
        size: int | None = None
        """KiB"""
        server: OvirtDialect.ShmemServer | Opaque | None = None
        msi: OvirtDialect.ShmemMsi | Opaque | None = None
        alias: str | None = None
        """one's own begins with ua-"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class ShmemServer(Entity):
        """Program on the host that hands out the memory."""
        path: str | None = None
        """of its socket"""

    @define(kw_only=True)
    class ShmemMsi(Entity):
        """Interrupts."""
        vectors: int | None = None
        ioeventfd: bool | None = None

    class Smartcard(Entity):
        """A smart card reader of the guest."""

    @define(kw_only=True)
    class HostSmartcard(Smartcard):
        """A reader of the host."""
        id: str | None = None
        """not in the schema, but libvirt reads and writes it"""
        alias: str | None = None
        """what it is called where that is no id; not in the schema either; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class HostCertificatesSmartcard(Smartcard):
        """Certificates in a database of the host."""
        certificates: list[str] = ...
        """three names"""
        database: str | None = None
        """folder"""
        id: str | None = None
        """not in the schema, but libvirt reads and writes it"""
        alias: str | None = None
        """what it is called where that is no id; not in the schema either; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class PassthroughSmartcard(Smartcard):
        """A character device, such as the reader of the person who looks at the screen."""
        source_type: Literal['dev', 'file', 'pipe', 'unix', 'tcp', 'udp', 'null', 'stdio', 'vc', 'pty', 'spicevmc', 'spiceport', 'nmdm', 'qemu-vdagent', 'dbus']
        sources: list[OvirtDialect.CharacterSource | Opaque] = ...
        """udp has two: mode bind and mode connect"""
        protocol: Literal['raw', 'telnet', 'telnets', 'tls'] | None = None
        """tcp"""
        log_file: str | None = None
        """copy of what the guest writes"""
        log_append: bool | None = None
        target_type: Literal['xen', 'serial', 'uml', 'virtio', 'lxc', 'openvz', 'sclp', 'sclplm', 'isa-serial', 'usb-serial', 'pci-serial', 'spapr-vio-serial', 'system-serial', 'sclp-serial', 'isa-debug'] | None = None
        port: int | None = None
        """number of the port"""
        target_model: Literal['isa-serial', 'usb-serial', 'pci-serial', 'spapr-vty', 'pl011', '16550a', 'sclpconsole', 'sclplmconsole', 'isa-debugcon'] | None = None
        id: str | None = None
        """not in the schema, but libvirt reads and writes it"""
        alias: str | None = None
        """what it is called where that is no id; not in the schema either; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Sound(Entity):
        """A sound card of the guest."""
        model: Literal['sb16', 'es1370', 'pcspk', 'ac97', 'ich6', 'ich7', 'ich9', 'usb', 'virtio']
        multichannel: bool | None = None
        """usb"""
        streams: int | None = None
        """virtio"""
        codecs: list[Literal['duplex', 'micro', 'output']] = ...
        """ich6, ich9"""
        audio: int | None = None
        """ID of the host's side"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        iommu: bool | None = None
        ats: bool | None = None
        packed: bool | None = None
        page_per_vq: bool | None = None

    class DiskSource(Entity):
        """Where the content of a disk is."""

    @define(kw_only=True)
    class FileDiskSource(DiskSource):
        """A file of the host."""
        path: str | None = None
        fdgroup: str | None = None
        """file descriptors that were handed to libvirt"""
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...

    @define(kw_only=True)
    class BlockDiskSource(DiskSource):
        """A block device of the host."""
        path: str | None = None
        reservations: OvirtDialect.Reservations | Opaque | None = None
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...

    @define(kw_only=True)
    class DirDiskSource(DiskSource):
        """A folder of the host, shown as a FAT file system."""
        path: str | None = None
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None

    @define(kw_only=True)
    class NetworkDiskSource(DiskSource):
        """An image on a server."""
        protocol: Literal['nbd', 'gluster', 'rbd', 'iscsi', 'http', 'https', 'ftp', 'ftps', 'ssh', 'sheepdog', 'tftp', 'vxhs', 'nfs']
        name: str | None = None
        """volume, image or path on the server"""
        query: str | None = None
        """of the URL"""
        tls: bool | None = None
        tls_hostname: str | None = None
        hosts: list[OvirtDialect.StorageHost | Opaque] = ...
        snapshot: str | None = None
        """rbd"""
        config_file: str | None = None
        """rbd"""
        initiator: str | None = None
        """iscsi"""
        reconnect: OvirtDialect.Reconnect | Opaque | None = None
        """nbd"""
        ssl_verify: bool | None = None
        cookies: dict[str, str] = ...
        """secret"""
        readahead: int | None = None
        """bytes"""
        timeout: int | None = None
        """s"""
        known_hosts: str | None = None
        """ssh"""
        identity: OvirtDialect.Identity | Opaque | None = None
        """ssh, nfs"""
        auth: OvirtDialect.Auth | Opaque | None = None
        """secret"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None

    @define(kw_only=True)
    class VolumeDiskSource(DiskSource):
        """A volume of a storage pool of libvirt's."""
        pool: str | None = None
        volume: str | None = None
        mode: Literal['host', 'direct'] | None = None
        """of an iSCSI pool"""
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None
        seclabels: list[OvirtDialect.DeviceSeclabel | Opaque] = ...

    @define(kw_only=True)
    class NvmeDiskSource(DiskSource):
        """An NVMe device of the host, without the host's driver."""
        transport: Literal['pci']
        namespace: int
        managed: bool | None = None
        """libvirt takes it from the host's driver and gives it back"""
        domain: int | None = None
        bus: int | None = None
        slot: int | None = None
        function: int | None = None
        multifunction: bool | None = None
        startup_policy: Literal['mandatory', 'requisite', 'optional'] | None = None
        """when the source is missing"""
        index: int | None = None
        """block node number; filled in by libvirt"""
        slice: OvirtDialect.Slice | Opaque | None = None
        data_store: OvirtDialect.DataStore | Opaque | None = None
        """qcow2: file with the data"""
        encryption: OvirtDialect.Encryption | Opaque | None = None

    @define(kw_only=True)
    class VhostuserDiskSource(DiskSource):
        """A program of the host that serves the disk over a socket."""
        socket_type: Literal['unix'] | None = None
        path: str | None = None
        """of the socket"""
        reconnect: OvirtDialect.Reconnect | Opaque | None = None

    @define(kw_only=True)
    class VhostvdpaDiskSource(DiskSource):
        """A vDPA device of the host."""
        path: str | None = None

    @define(kw_only=True)
    class Slice(Entity):
        """A part of a file or device that holds the image."""
        offset: int
        """bytes"""
        size: int
        """bytes"""

    @define(kw_only=True)
    class DataStore(Entity):
        """An image that holds the data of another one."""
        format: Literal['raw', 'dir', 'bochs', 'cloop', 'dmg', 'iso', 'vpc', 'vdi', 'fat', 'vhd', 'ploop', 'luks', 'cow', 'qcow', 'qcow2', 'qed', 'vmdk']
        metadata_cache: int | None = None
        """bytes"""
        source: OvirtDialect.DiskSource | Opaque | None = None

    @define(kw_only=True)
    class StorageHost(Entity):
        """A server of a network store."""
        transport: Literal['tcp', 'rdma', 'unix'] | None = None
        name: str | None = None
        port: int | None = None
        socket: str | None = None
        """of the unix transport"""

    @define(kw_only=True)
    class Identity(Entity):
        """Who libvirt is on the server."""
        user: str | None = None
        """nfs"""
        group: str | None = None
        """nfs"""
        username: str | None = None
        """ssh"""
        keyfile: str | None = None
        """ssh"""
        agent_socket: str | None = None
        """ssh"""

    @define(kw_only=True)
    class Reservations(Entity):
        """SCSI persistent reservations."""
        managed: bool | None = None
        socket_type: Literal['unix'] | None = None
        path: str | None = None
        """of the helper's socket"""
        mode: Literal['server', 'client'] | None = None
        reconnect: OvirtDialect.Reconnect | Opaque | None = None

    class Sysinfo(Entity):
        """Firmware tables that tell the guest what machine it is."""

    @define(kw_only=True)
    class SmbiosSysinfo(Sysinfo):
        """SMBIOS tables."""
        bios: dict[str, str] = ...
        system: dict[str, str] = ...
        base_boards: list[OvirtDialect.BaseBoard | Opaque] = ...
        chassis: dict[str, str] = ...
        oem_strings: list[str] = ...
        """systemd takes credentials from them; secret"""

    @define(kw_only=True)
    class FwcfgSysinfo(Sysinfo):
        """Blobs of QEMU's firmware configuration."""
        entries: list[OvirtDialect.FwCfgEntry | Opaque] = ...

    @define(kw_only=True)
    class BaseBoard(Entity):
        """A base board in the SMBIOS tables."""
        entries: dict[str, str] = ...

    @define(kw_only=True)
    class FwCfgEntry(Entity):
        """A blob for the guest's firmware."""
        name: str
        """such as opt/com.example/name"""
        file: str | None = None
        """file with the content"""
        value: str | None = None
        """the content itself, such as Ignition's configuration; secret"""

    @define(kw_only=True)
    class Tpm(Entity):
        """Trusted Platform Module."""
        model: Literal['tpm-tis', 'tpm-crb', 'tpm-spapr', 'spapr-tpm-proxy'] | None = None
        backend: OvirtDialect.TpmBackend | Opaque | None = None
        """`plan` knows"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        address: OvirtDialect.Address | Opaque | None = None

    class TpmBackend(Entity):
        """What stands behind the TPM on the host."""

    @define(kw_only=True)
    class PassthroughTpmBackend(TpmBackend):
        """A TPM of the host."""
        path: str | None = None
        version: Literal['1.2', '2.0'] | None = None

    @define(kw_only=True)
    class EmulatorTpmBackend(TpmBackend):
        """swtpm, run by libvirt."""
        persistent_state: bool | None = None
        """keep the state of a transient domain"""
        debug: int | None = None
        """level"""
        encryption: str | None = None
        """secret of libvirt's"""
        sha1: bool = False
        """banks of platform registers that are active"""
        sha256: bool = False
        sha384: bool = False
        sha512: bool = False
        storage: Literal['file', 'dir'] | None = None
        """what path is"""
        path: str | None = None
        """of the state"""
        profile: str | None = None
        """what the TPM can do; swtpm says its name"""
        profile_source: str | None = None
        """file or name that the profile is made from"""
        remove_disabled: Literal['check', 'fips-host'] | None = None
        """algorithms that a host in FIPS mode disables"""
        version: Literal['1.2', '2.0'] | None = None

    @define(kw_only=True)
    class ExternalTpmBackend(TpmBackend):
        """swtpm, run by somebody else."""
        socket_type: Literal['unix'] | None = None
        path: str | None = None
        """of the socket"""
        mode: Literal['connect'] | None = None
        version: Literal['1.2', '2.0'] | None = None

    @define(kw_only=True)
    class BlkioTune(Entity):
        """Shares and limits of disk I/O, from the host's cgroups."""
        weight: int | None = None
        """100 to 1000"""
        devices: list[OvirtDialect.BlkioDevice | Opaque] = ...

    @define(kw_only=True)
    class BlkioDevice(Entity):
        """Shares and limits on one block device of the host."""
        path: str
        weight: int | None = None
        """100 to 1000"""
        read_iops_sec: int | None = None
        write_iops_sec: int | None = None
        read_bytes_sec: int | None = None
        write_bytes_sec: int | None = None

    @define(kw_only=True)
    class MemTune(Entity):
        """Limits of memory, from the host's cgroups; all in KiB."""
        hard_limit: int | None = None
        """KiB, guest and emulator together"""
        soft_limit: int | None = None
        """KiB, when the host is short of memory"""
        min_guarantee: int | None = None
        """KiB"""
        swap_hard_limit: int | None = None
        """KiB, memory and swap together"""

    @define(kw_only=True)
    class NumaTune(Entity):
        """Where the guest's memory comes from."""
        mode: Literal['strict', 'preferred', 'interleave', 'restrictive'] | None = None
        nodeset: str | None = None
        """host NUMA nodes"""
        placement: Literal['static', 'auto'] | None = None
        """auto: numad says where"""
        nodes: list[OvirtDialect.NumaTuneNode | Opaque] = ...

    @define(kw_only=True)
    class NumaTuneNode(Entity):
        """Where the memory of one guest NUMA node comes from."""
        cell: int
        mode: Literal['strict', 'preferred', 'interleave', 'restrictive']
        nodeset: str
        """host NUMA nodes"""

    @define(kw_only=True)
    class CpuTune(Entity):
        """Where and how much the virtual CPUs run."""
        shares: int | None = None
        """weight among all domains"""
        period: int | None = None
        """µs"""
        quota: int | None = None
        """µs in each period, for one virtual CPU; negative: no limit"""
        global_period: int | None = None
        """µs"""
        global_quota: int | None = None
        """µs, for the whole domain"""
        emulator_period: int | None = None
        """µs"""
        emulator_quota: int | None = None
        """µs"""
        iothread_period: int | None = None
        """µs"""
        iothread_quota: int | None = None
        """µs"""
        vcpu_pins: dict[str, str] = ...
        """host CPUs of a virtual one"""
        emulator_pin: str | None = None
        """host CPUs"""
        iothread_pins: dict[str, str] = ...
        """host CPUs"""
        vcpu_schedulers: list[OvirtDialect.VcpuScheduler | Opaque] = ...
        iothread_schedulers: list[OvirtDialect.IOThreadScheduler | Opaque] = ...
        emulator_scheduler: Literal['batch', 'idle', 'fifo', 'rr'] | None = None
        emulator_priority: int | None = None
        cache_tunes: list[OvirtDialect.CacheTune | Opaque] = ...
        memory_tunes: list[OvirtDialect.MemoryTune | Opaque] = ...

    @define(kw_only=True)
    class VcpuScheduler(Entity):
        """How the host schedules some virtual CPUs."""
        vcpus: str | None = None
        scheduler: Literal['batch', 'idle', 'fifo', 'rr']
        priority: int | None = None
        """fifo, rr"""

    @define(kw_only=True)
    class IOThreadScheduler(Entity):
        """How the host schedules some I/O threads."""
        iothreads: str | None = None
        scheduler: Literal['batch', 'idle', 'fifo', 'rr']
        priority: int | None = None
        """fifo, rr"""

    @define(kw_only=True)
    class CacheTune(Entity):
        """A part of the host's cache for some virtual CPUs."""
        vcpus: str
        id: str | None = None
        """filled in by libvirt"""
        caches: list[OvirtDialect.CacheAllocation | Opaque] = ...
        monitors: list[OvirtDialect.CacheMonitor | Opaque] = ...

    @define(kw_only=True)
    class CacheAllocation(Entity):
        """A share of one cache."""
        id: int
        """of the host's cache"""
        level: int
        type: Literal['both', 'code', 'data']
        size: int
        """KiB"""

    @define(kw_only=True)
    class CacheMonitor(Entity):
        """Watches the use of a cache."""
        level: int
        vcpus: str

    @define(kw_only=True)
    class MemoryTune(Entity):
        """A part of the host's memory bandwidth for some virtual CPUs."""
        vcpus: str
        nodes: list[OvirtDialect.MemoryBandwidth | Opaque] = ...
        monitors: list[str] = ...

    @define(kw_only=True)
    class MemoryBandwidth(Entity):
        """A share of the bandwidth to one node."""
        id: int
        """host NUMA node"""
        bandwidth: int
        """percent"""

    @define(kw_only=True)
    class Vcpu(Entity):
        """One virtual CPU."""
        id: int
        enabled: bool
        hotpluggable: bool | None = None
        order: int | None = None
        """in which it was plugged"""

    @define(kw_only=True)
    class IOThread(Entity):
        """A thread of the emulator for disk I/O."""
        id: int
        thread_pool_min: int | None = None
        thread_pool_max: int | None = None
        poll_max: int | None = None
        """ns to poll before sleeping"""
        poll_grow: int | None = None
        """factor"""
        poll_shrink: int | None = None
        """divisor"""

    @define(kw_only=True)
    class Video(Entity):
        """A graphics card of the guest."""
        driver: Literal['qemu', 'vhostuser'] | None = None
        vga_config: Literal['io', 'on', 'off'] | None = None
        """bhyve"""
        model: Literal['vga', 'cirrus', 'vmvga', 'xen', 'vbox', 'virtio', 'gop', 'none', 'bochs', 'ramfb', 'qxl'] | None = None
        ram: int | None = None
        """KiB, qxl"""
        vram: int | None = None
        """KiB"""
        vram64: int | None = None
        """KiB, qxl"""
        vgamem: int | None = None
        """KiB, qxl"""
        heads: int | None = None
        """screens"""
        primary: bool | None = None
        blob: bool | None = None
        """virtio: buffers shared with the host"""
        accel3d: bool | None = None
        accel2d: bool | None = None
        rendernode: str | None = None
        resolution: OvirtDialect.Resolution | Opaque | None = None
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Resolution(Entity):
        """Size of the screen at start."""
        x: int
        """pixels"""
        y: int
        """pixels"""

    @define(kw_only=True)
    class Vsock(Entity):
        """Sockets between host and guest."""
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional'] | None = None
        auto_cid: bool | None = None
        """libvirt chooses"""
        cid: int | None = None
        """the guest's number, from 3 on"""
        alias: str | None = None
        """one's own begins with ua-"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""

    @define(kw_only=True)
    class Watchdog(Entity):
        """Acts when the guest has not answered for a while."""
        model: str | None = None
        """such as i6300esb; `plan` knows"""
        action: Literal['reset', 'shutdown', 'poweroff', 'pause', 'none', 'dump', 'inject-nmi'] | None = None
        """what happens to the guest then"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None

    @define(kw_only=True)
    class Balloon(Entity):
        """Gives memory back to the host while the guest runs."""
        model: Literal['virtio', 'virtio-transitional', 'virtio-non-transitional', 'xen', 'none']
        auto_deflate: bool | None = None
        """when the guest runs out of memory"""
        free_page_reporting: bool | None = None
        """the host takes back pages as the guest frees them"""
        stats_period: int | None = None
        """s between statistics"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""

    @define(kw_only=True)
    class NumaNode(Entity):
        """A NUMA node of the VM, and those of the host that it stays on."""
        index: int | None = None
        cpus: str | None = None
        """virtual CPUs"""
        memory: int | None = None
        """MiB"""
        host_nodes: str | None = None
        tune_mode: Literal['strict', 'interleave', 'preferred'] | None = None
        """how strictly it stays there"""

    @define(kw_only=True)
    class Initialization(Entity):
        """What the guest is told at its first boot."""
        kind: Literal['cloud_init', 'ignition', 'sysprep'] | None = None
        host_name: str | None = None
        user_name: str | None = None
        root_password: str | None = None
        """secret"""
        ssh_keys: list[str] = ...
        time_zone: str | None = None
        script: str | None = None
        """cloud-init: added to its configuration; Ignition: the configuration; Sysprep: the answers; secret"""

    @define(kw_only=True)
    class Qos(Entity):
        """Limits that the host's own tuning keeps."""
        vcpu_limit: int | None = None
        """percent"""
        io_tune: list[OvirtDialect.IoTuneDevice | Opaque] = ...

    @define(kw_only=True)
    class IoTuneDevice(Entity):
        """Limits of one disk."""
        name: str | None = None
        """the disk's target"""
        path: str | None = None
        """what the target is on the host"""
        maximum: OvirtDialect.IoTuneLimits | Opaque | None = None
        guaranteed: OvirtDialect.IoTuneLimits | Opaque | None = None

    @define(kw_only=True)
    class IoTuneLimits(Entity):
        """What a device may read and write in a second."""
        total_bytes_sec: int | None = None
        read_bytes_sec: int | None = None
        write_bytes_sec: int | None = None
        total_iops_sec: int | None = None
        read_iops_sec: int | None = None
        write_iops_sec: int | None = None

    @define(kw_only=True)
    class VolumeChainNode(Entity):
        """One volume of the chain that a disk stands on."""
        path: str | None = None
        lease_path: str | None = None
        """of the volume's lease"""
        lease_offset: int | None = None
        """bytes"""
        pool_id: str | None = None
        """data center"""
        domain_id: str | None = None
        """storage domain"""
        image_id: str | None = None
        """the disk, with all of its volumes"""
        volume_id: str | None = None

    @define(kw_only=True)
    class DiskReplica(Entity):
        """The copy that a running disk is mirrored to."""
        device: str | None = None
        disk_type: str | None = None
        """file, block or network"""
        format: str | None = None
        path: str | None = None
        cache: str | None = None
        propagate_errors: str | None = None
        volume_chain: list[OvirtDialect.VolumeChainNode | Opaque] = ...
        replica: OvirtDialect.DiskReplica | Opaque | None = None
        pool_id: str | None = None
        """data center"""
        domain_id: str | None = None
        """storage domain"""
        image_id: str | None = None
        """the disk, with all of its volumes"""
        volume_id: str | None = None

    @define(kw_only=True)
    class MediaChange(Entity):
        """A change of medium that is going on; the host finishes or forgets it when it comes back."""
        state: Literal['loading', 'ejecting'] | None = None
        pool_id: str | None = None
        """data center"""
        domain_id: str | None = None
        """storage domain"""
        image_id: str | None = None
        """the disk, with all of its volumes"""
        volume_id: str | None = None

    @define(kw_only=True)
    class ImageHost(Entity):
        """A server of a network disk."""
        name: str | None = None
        port: int | None = None
        transport: str | None = None

    @define(kw_only=True)
    class Payload(Entity):
        """Files for the guest's first boot; the host makes a CD-ROM or floppy of them."""
        volume_id: str | None = None
        """the volume's label, such as config-2; secret"""
        files: dict[str, bytes] = ...
        """content by path; secret"""

    @define(kw_only=True)
    class Nic(Entity):
        """A virtual network card."""
        trust_guest_rx_filters: bool | None = None
        """macvtap: follow the guest's filters of received frames"""
        mac: str | None = None
        mac_type: Literal['generated', 'static'] | None = None
        mac_check: bool | None = None
        """refuse a MAC of VMware's reserved range"""
        current_mac: str | None = None
        """what the guest made of it; filled in by libvirt"""
        source: OvirtDialect.InterfaceSource | Opaque | None = None
        vlan_trunk: Literal['yes'] | None = None
        """tagged traffic of all the VLANs"""
        vlans: list[OvirtDialect.VlanTag | Opaque] = ...
        virtual_port: OvirtDialect.VirtualPort | Opaque | None = None
        bandwidth: OvirtDialect.Bandwidth | Opaque | None = None
        isolated: bool | None = None
        """from other isolated ports of the bridge"""
        ips: list[OvirtDialect.InterfaceIp | Opaque] = ...
        routes: list[OvirtDialect.Route | Opaque] = ...
        port_forwards: list[OvirtDialect.PortForward | Opaque] = ...
        """passt"""
        script: str | None = None
        """runs when the card comes"""
        down_script: str | None = None
        """runs when the card goes"""
        backend_domain: str | None = None
        """Xen: domain that serves it"""
        target: str | None = None
        """name on the host"""
        target_managed: bool | None = None
        """no: the device is there already"""
        guest_dev: str | None = None
        """containers: name in the guest"""
        guest_actual: str | None = None
        """containers: name it got; libvirt takes it back"""
        model: str | None = None
        """virtio, e1000e, …"""
        driver: Literal['qemu', 'vhost', 'kvm', 'vfio', 'xen'] | None = None
        driver_model: str | None = None
        """kernel module of a hostdev"""
        txmode: Literal['iothread', 'timer'] | None = None
        """who sends for the guest"""
        ioeventfd: bool | None = None
        event_idx: bool | None = None
        """fewer interrupts"""
        queues: int | None = None
        rx_queue_size: int | None = None
        """a power of two"""
        tx_queue_size: int | None = None
        """a power of two"""
        rss: bool | None = None
        """received frames go to the queue of their connection"""
        rss_hash_report: bool | None = None
        """the guest sees the hash"""
        host_offloads: OvirtDialect.HostOffloads | Opaque | None = None
        guest_offloads: OvirtDialect.GuestOffloads | Opaque | None = None
        teaming: Literal['persistent', 'transient'] | None = None
        """transient: leaves for migration; persistent: stays"""
        teaming_persistent: str | None = None
        """alias of the card that stays"""
        backend: Literal['default', 'passt'] | None = None
        """user: who carries the traffic"""
        backend_tap: str | None = None
        """device on the host"""
        backend_vhost: str | None = None
        """device on the host"""
        backend_log_file: str | None = None
        """passt"""
        filter: OvirtDialect.FilterRef | Opaque | None = None
        sndbuf: int | None = None
        """bytes"""
        linked: bool | None = None
        """the cable is plugged in"""
        mtu: int | None = None
        """bytes"""
        coalesce_rx_max_frames: int | None = None
        """frames in one interrupt"""
        iommu: bool | None = None
        """behind the guest's IOMMU"""
        ats: bool | None = None
        """address translation service of PCIe"""
        packed: bool | None = None
        """packed rings"""
        page_per_vq: bool | None = None
        """each queue is notified in a page of its own"""
        boot_order: int | None = None
        loadparm: str | None = None
        """s390: what the boot loader is told"""
        id: str | None = None
        alias: str | None = None
        """libvirt's own name for it, such as net0, or another tool's; filled in by libvirt"""
        rom_enabled: bool | None = None
        rom_bar: bool | None = None
        """the guest sees it"""
        rom_file: str | None = None
        acpi_index: int | None = None
        """names the device in the guest"""
        address: OvirtDialect.Address | Opaque | None = None
        network: str | None = None
        """the manager's name of it; `plan` finds the source"""
        port_mirroring: list[str] = ...
        """networks whose traffic it gets a copy of"""
        custom_properties: dict[str, str] = ...
        """for hooks on the host"""
        device_id: str | None = None
        """the host's id of it; filled in by libvirt"""
        spec_params: dict[str, str] = ...
        """other words of the device"""
        vm_properties: dict[str, str] = ...
        """custom properties of its VM that it heeds; filled in by libvirt"""
        name: str | None = None
        """such as nic1"""
        plugged: bool = True
        interface_type: Literal['rtl8139_virtio', 'rtl8139', 'e1000', 'virtio', 'spapr_vlan', 'pci_passthrough', 'e1000e'] | None = None
        vnic_profile_id: str | None = None
        """decides network, limits and filter"""
        host_device: str | None = None
        """passthrough: the virtual function, such as pci_0000_05_10_1"""
        filter_parameters: list[OvirtDialect.FilterParameter] = ...
        """for its profile's network filter"""

    @define(kw_only=True)
    class Vm(Entity):
        """A virtual machine as its manager knows it."""
        type: Literal['qemu', 'kqemu', 'kvm', 'xen', 'lxc', 'uml', 'openvz', 'test', 'vmware', 'hyperv', 'vbox', 'phyp', 'vz', 'bhyve', 'hvf'] | None = None
        """hypervisor; `plan` knows"""
        live_id: int | None = None
        """libvirt's number of the running domain; filled in by libvirt"""
        name: str
        """unique on its host"""
        id: str
        genid: str | None = None
        """generation ID, a UUID; empty: libvirt makes one"""
        title: str | None = None
        """short description, one line"""
        description: str | None = None
        metadata: list[str] = ...
        """elements of other programs, one for each namespace"""
        max_memory: int | None = None
        """MiB, the most that hot plug may reach"""
        memory_slots: int | None = None
        """slots for memory devices"""
        memory: int | None = None
        """MiB, at start"""
        dump_core: bool | None = None
        """put the guest's memory into a core dump"""
        current_memory: int | None = None
        """MiB, what the balloon leaves to the guest"""
        blkio_tune: OvirtDialect.BlkioTune | Opaque | None = None
        mem_tune: OvirtDialect.MemTune | Opaque | None = None
        memory_backing: OvirtDialect.MemoryBacking | Opaque | None = None
        vcpus: int | None = None
        """virtual CPUs, the most that can be plugged"""
        vcpu_placement: Literal['static', 'auto'] | None = None
        """auto: numad says where"""
        vcpu_cpuset: str | None = None
        """host CPUs to run on"""
        current_vcpus: int | None = None
        """virtual CPUs at start"""
        vcpu_states: list[OvirtDialect.Vcpu | Opaque] = ...
        """each virtual CPU by itself"""
        iothreads: int | None = None
        """number of threads for disk I/O"""
        iothread_ids: list[OvirtDialect.IOThread | Opaque] = ...
        default_thread_pool_min: int | None = None
        """threads of the main loop's pool"""
        default_thread_pool_max: int | None = None
        throttle_groups: list[OvirtDialect.IOTune | Opaque] = ...
        cpu_tune: OvirtDialect.CpuTune | Opaque | None = None
        numa_tune: OvirtDialect.NumaTune | Opaque | None = None
        resource_partition: str | None = None
        """cgroup"""
        fibre_channel_appid: str | None = None
        """tags the traffic of the VM"""
        sysinfo: list[OvirtDialect.Sysinfo | Opaque] = ...
        bootloader: str | None = None
        """Xen: program that finds the kernel; empty: the default one"""
        bootloader_args: str | None = None
        os: OvirtDialect.Os | Opaque | None = None
        id_map: OvirtDialect.IdMap | Opaque | None = None
        """containers"""
        features: OvirtDialect.Features | Opaque | None = None
        cpu: OvirtDialect.Cpu | Opaque | None = None
        clock: OvirtDialect.Clock | Opaque | None = None
        on_poweroff: Literal['destroy', 'restart', 'preserve', 'rename-restart'] | None = None
        on_reboot: Literal['destroy', 'restart', 'preserve', 'rename-restart'] | None = None
        on_crash: Literal['destroy', 'restart', 'preserve', 'rename-restart', 'coredump-destroy', 'coredump-restart'] | None = None
        on_lockfailure: Literal['poweroff', 'restart', 'pause', 'ignore'] | None = None
        """when a disk's lease is lost"""
        suspend_to_mem: bool | None = None
        """offer ACPI S3 to the guest"""
        suspend_to_disk: bool | None = None
        """offer ACPI S4 to the guest"""
        perf_events: dict[str, bool] = ...
        emulator: str | None = None
        """program on the host"""
        disks: list[OvirtDialect.Disk | Opaque] = ...
        """CD-ROMs and floppies as well"""
        controllers: list[OvirtDialect.Controller | Opaque] = ...
        leases: list[OvirtDialect.Lease | Opaque] = ...
        filesystems: list[OvirtDialect.Filesystem | Opaque] = ...
        nics: list[OvirtDialect.Nic | Opaque] = ...
        smartcards: list[OvirtDialect.Smartcard | Opaque] = ...
        serials: list[OvirtDialect.Serial | Opaque] = ...
        """libvirt makes one of the first console, with the same alias"""
        parallels: list[OvirtDialect.Parallel | Opaque] = ...
        consoles: list[OvirtDialect.Console | Opaque] = ...
        channels: list[OvirtDialect.Channel | Opaque] = ...
        inputs: list[OvirtDialect.Input | Opaque] = ...
        tpms: list[OvirtDialect.Tpm | Opaque] = ...
        graphics: list[OvirtDialect.Graphics | Opaque] = ...
        sounds: list[OvirtDialect.Sound | Opaque] = ...
        audios: list[OvirtDialect.Audio | Opaque] = ...
        videos: list[OvirtDialect.Video | Opaque] = ...
        hostdevs: list[OvirtDialect.Hostdev | Opaque] = ...
        redirdevs: list[OvirtDialect.RedirDev | Opaque] = ...
        redir_rules: list[OvirtDialect.RedirRule | Opaque] = ...
        hubs: list[OvirtDialect.Hub | Opaque] = ...
        watchdogs: list[OvirtDialect.Watchdog | Opaque] = ...
        balloon: OvirtDialect.Balloon | Opaque | None = None
        rngs: list[OvirtDialect.Rng | Opaque] = ...
        nvram_address: OvirtDialect.Address | Opaque | None = None
        """pSeries: non-volatile memory"""
        panics: list[OvirtDialect.Panic | Opaque] = ...
        shmems: list[OvirtDialect.Shmem | Opaque] = ...
        dimms: list[OvirtDialect.MemoryDevice | Opaque] = ...
        """memory that was plugged"""
        cryptos: list[OvirtDialect.Crypto | Opaque] = ...
        iommu: OvirtDialect.Iommu | Opaque | None = None
        vsock: OvirtDialect.Vsock | Opaque | None = None
        pstore: OvirtDialect.Pstore | Opaque | None = None
        seclabels: list[OvirtDialect.Seclabel | Opaque] = ...
        key_wrap: dict[str, bool] = ...
        """s390: keys of the guest are wrapped"""
        launch_security: OvirtDialect.LaunchSecurity | Opaque | None = None
        qemu_command_line: OvirtDialect.QemuCommandLine | Opaque | None = None
        qemu_capabilities_add: list[str] = ...
        qemu_capabilities_del: list[str] = ...
        qemu_deprecation: Literal['none', 'omit', 'reject', 'crash'] | None = None
        qemu_override: list[OvirtDialect.QemuOverride | Opaque] = ...
        lxc_share_net: OvirtDialect.LxcShareNet | Opaque | None = None
        lxc_share_ipc: OvirtDialect.LxcShare | Opaque | None = None
        lxc_share_uts: OvirtDialect.LxcShare | Opaque | None = None
        bhyve_args: list[str] = ...
        xen_args: list[str] = ...
        vmware_datacenter: str | None = None
        qos: OvirtDialect.Qos | Opaque | None = None
        """limits, kept by the host's own tuning"""
        min_guaranteed_memory: int | None = None
        """MiB, never taken by the balloon"""
        cluster_version: str | None = None
        """compatibility level, such as 4.8"""
        custom_properties: dict[str, str] = ...
        """for hooks on the host"""
        launch_paused: bool | None = None
        """do not run the guest yet"""
        resume_behavior: Literal['auto_resume', 'leave_paused', 'kill'] | None = None
        """once storage is back"""
        ballooning_enabled: bool | None = None
        """the host may take memory back"""
        cpu_policy: Literal['none', 'manual', 'dedicated', 'isolate-threads', 'siblings'] | None = None
        """who else may run on its CPUs"""
        destroy_on_reboot: bool | None = None
        """a reboot of the guest ends it"""
        guaranteed_memory: int | None = None
        """MiB, where the manager said none; filled in by libvirt"""
        manually_pinned_cpus: str | None = None
        """vCPUs that the manager pinned; the host pins the others; filled in by libvirt"""
        start_time: float | None = None
        """seconds since 1970; filled in by libvirt"""
        pause_time: float | None = None
        """seconds of the host's monotonic clock, while an error pauses it; filled in by libvirt"""
        guest_agent_api_version: int | None = None
        """what the agent in the guest speaks; filled in by libvirt"""
        balloon_target: int | None = None
        """KiB that the balloon is told to leave; filled in by libvirt"""
        exit_code: int | None = None
        """of a VM that is down: 0 is as it should be; filled in by libvirt"""
        exit_reason: int | None = None
        """why, by the host's numbers; filled in by libvirt"""
        exit_message: str | None = None
        """why, in words; filled in by libvirt"""
        jobs: str | None = None
        """JSON, the host's journal of live merges; filled in by libvirt"""
        snapshot_job: str | None = None
        """JSON, a snapshot that is being made; filled in by libvirt"""
        origin: Literal['ovirt', 'external', 'hosted_engine', 'managed_hosted_engine'] | None = None
        """who made it"""
        guest_os: str | None = None
        """such as rhel_9x64; decides what devices it has"""
        vm_type: Literal['desktop', 'server', 'high_performance'] | None = None
        bios_type: Literal['i440fx_sea_bios', 'q35_sea_bios', 'q35_ovmf', 'q35_secure_boot'] | None = None
        acpi: bool = True
        memory_limit: int | None = None
        """MiB, the most that it may have, NVDIMMs not counted"""
        sockets: int | None = None
        """at start; the most that can be plugged follow"""
        cores: int | None = None
        """per socket"""
        threads: int | None = None
        """per core"""
        current_sockets: int | None = None
        """of resize_and_pin_numa: as the host has them"""
        current_cores: int | None = None
        current_threads: int | None = None
        cpu_model: str | None = None
        """and flags, such as Cascadelake-Server,+md-clear; the cluster's where it has none"""
        use_host_cpu: bool | None = None
        """the guest sees the host's own"""
        use_tsc_frequency: bool | None = None
        """the guest sees how fast the host's counter is"""
        cpu_pinning_policy: Literal['none', 'manual', 'resize_and_pin_numa', 'dedicated', 'isolate_threads'] | None = None
        numa_nodes: list[OvirtDialect.NumaNode] = ...
        current_numa_pinning: str | None = None
        """NODE#HOSTNODES_…, of a policy that chose them"""
        multi_queues: bool | None = None
        """NICs have a queue for each CPU, up to 4"""
        virtio_scsi_multi_queues: int | None = None
        """of each controller; -1: as many as there is use for, 0: none"""
        boot_sequence: list[Literal['disk', 'cdrom', 'network']] = ...
        run_once: bool | None = None
        """this start only: screens and media are what is said here"""
        volatile_run: bool | None = None
        """it ends when the guest reboots"""
        time_zone: str | None = None
        """of its clock, such as Europe/Berlin"""
        serial_number_policy: Literal['host_id', 'vm_id', 'custom'] | None = None
        """the cluster's where it has none"""
        custom_serial_number: str | None = None
        cd_path: str | None = None
        """what is in the first CD-ROM"""
        guest_tools_cd_path: str | None = None
        """run once: what is in the second"""
        floppy_path: str | None = None
        default_display: Literal['none', 'vga', 'qxl', 'cirrus', 'bochs', 'virtio'] | None = None
        """its video device"""
        displays: list[Literal['spice', 'vnc']] = ...
        """how its screen is seen"""
        spice_file_transfer: bool = True
        spice_copy_paste: bool = True
        vnc_keyboard_layout: str | None = None
        monitors: int | None = None
        smartcard: bool | None = None
        usb: bool | None = None
        """the guest has USB"""
        usb_slots: int | None = None
        """SPICE: devices of the client at a time"""
        guest_agent: bool | None = None
        """it runs in the guest"""
        lease_storage_domain_id: str | None = None
        """the VM runs nowhere else while it holds a lease there"""
        lease_path: str | None = None
        lease_offset: int | None = None
        """bytes"""
        initialization: OvirtDialect.Initialization | None = None
