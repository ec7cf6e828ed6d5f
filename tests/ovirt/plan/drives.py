"""What the tests of drives share: VMs with drives, and the steps of plan that work on them."""

import importlib
from typing import Any

from hypothesis import strategies as st

from tests.ovirt.material import OVIRT, PLANNING, corpus
from xform.schema import Schema
from xform.strategies import entities

CONTEXT = importlib.import_module(f"{PLANNING.__name__}.context")
Host, Cluster, OsInfo, Config = CONTEXT.Host, CONTEXT.Cluster, CONTEXT.OsInfo, CONTEXT.Config
DiskProfile, StorageDomain, StorageQos = CONTEXT.DiskProfile, CONTEXT.StorageDomain, CONTEXT.StorageQos

VM, POOL, DOMAIN, IMAGE, VOLUME, OTHER = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123456")
IDS = {"pool_id": POOL, "domain_id": DOMAIN, "image_id": IMAGE, "volume_id": VOLUME}
STEPS = ("cdroms", "disks", "scsi", "boot", "leases")

ARCHES = ("x86_64", "ppc64le", "s390x")
LEVELS = ("4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8")


def module(name: str) -> Any:
    return importlib.import_module(f"{PLANNING.__name__}.{name}")


def vm(*disks: Any, machine: str | None = "q35", **fields: Any) -> Any:
    os = OVIRT.Os(type="hvm", machine=machine)
    return OVIRT.Vm(**({"id": VM, "name": "vm", "memory": 64, "type": "kvm", "os": os, "disks": [*disks]} | fields))


def disk(**fields: Any) -> Any:
    return OVIRT.Disk(**fields)


def image(**fields: Any) -> Any:
    return disk(**(IDS | fields))


def cdrom(**fields: Any) -> Any:
    return disk(device="cdrom", **fields)


def setting(vm: Any, arch: str = "x86_64", level: str = "4.8", **contexts: Any) -> Any:
    """What a VM is planned by; contexts may be given as such, or by fields of the cluster."""
    given = {name: contexts.pop(name) for name in ("host", "os", "config") if name in contexts}
    return CONTEXT.Setting.of(
        vm, OVIRT, cluster=contexts.pop("cluster", None) or Cluster(arch=arch, compatibility=level, **contexts), **given
    )


def planned(vm: Any, *names: str, **contexts: Any) -> Any:
    """The VM after these steps, in their order; after all of them where none is named."""
    for name in names or STEPS:
        vm = module(name).plan(vm, setting(vm, **contexts))
    return vm


def recalled(vm: Any, known: Any, *names: str, **contexts: Any) -> Any:
    for name in names or ("scsi", "disks", "cdroms", "boot", "leases"):
        vm = module(name).recall(vm, known, setting(vm, **contexts))
    return vm


def reread(vm: Any) -> Any:
    """The VM as its document says it."""
    return OVIRT.parse(OVIRT.generate(vm))


def only(vm: Any) -> Any:
    (one,) = vm.disks
    return one


def problems(vm: Any, version: str = "libvirt-9.0.0") -> list[str]:
    """What libvirt's schema has against the VM's document."""
    return Schema(corpus("schemas") / version).said(OVIRT.tree(OVIRT.generate(vm)))


# Disks of every kind of storage.
LUN = "3600140500000000"
CEPH = OVIRT.NetworkDiskSource(protocol="rbd", name="pool/volume", hosts=[OVIRT.StorageHost(name="mon", port=6789)])
AUTH = OVIRT.Auth(username="admin", secret=OVIRT.AuthSecret(type="ceph", uuid=OTHER))
MANAGED = disk(
    storage_type="managed_block",
    connection_driver="block",
    attached_path="/dev/attached",
    managed_path="/run/managed",
    scsi_wwn="wwn",
)

NO_LABEL = [OVIRT.DeviceSeclabel(model="dac", relabel=False)]
FILE = f"/rhev/data-center/{POOL}/{DOMAIN}/images/{IMAGE}/{VOLUME}"


def one(disk: Any, level: str = "4.8", iothreads: int | None = None, **contexts: Any) -> Any:
    """The disk of a VM that has no other."""
    fields = {name: contexts.pop(name) for name in ("origin", "custom_properties", "guest_os") if name in contexts}
    return only(planned(vm(disk, iothreads=iothreads, **fields), "disks", level=level, **contexts))


def stored(kind: str, connection: str | None = None, **fields: Any) -> Any:
    return {"storage_domains": (StorageDomain(id=DOMAIN, kind=kind, connection=connection),), **fields}


def gluster(connection: str = "server:/volume", **fields: Any) -> Any:
    return stored("glusterfs", connection, **fields)


drawn_vms = entities(OVIRT)
drawn_arches = st.sampled_from(ARCHES)

# VMs whose disks, names and places are near enough to one another to get in each other's way.
drawn_drives = st.builds(
    lambda drives, iothreads, sequence, media: vm(
        *drives,
        iothreads=iothreads,
        boot_sequence=sequence,
        custom_properties={"viodiskcache": "writeback"},
        **media,
    ),
    st.lists(
        st.builds(
            OVIRT.Disk,
            device=st.sampled_from([None, "disk", "cdrom", "floppy", "lun"]),
            interface=st.sampled_from([None, "virtio", "scsi", "sata", "ide"]),
            target=st.sampled_from([None, None, None, "sda", "sdb", "sdc", "vda", "hdc"]),
            name=st.sampled_from([None, "disk2", "disk10", "Disk1"]),
            boot=st.sampled_from([None, True]),
            plugged=st.sampled_from([True, True, True, False]),
            payload=st.sampled_from([None, None, OVIRT.Payload(volume_id="config-2")]),
            address=st.sampled_from([None, None, OVIRT.DriveAddress(controller=0, bus=0, target=0, unit=0)]),
            boot_order=st.sampled_from([None, None, 2]),
            guid=st.sampled_from([None, "guid"]),
            scsi_kind=st.sampled_from([None, "virtio_scsi", "spapr_vscsi"]),
            domain_id=st.sampled_from([None, DOMAIN]),
            image_id=st.sampled_from([None, IMAGE]),
            volume_id=st.sampled_from([None, VOLUME]),
            pool_id=st.sampled_from([None, POOL]),
        ),
        max_size=6,
    ),
    st.sampled_from([None, 1, 2, 3]),
    st.lists(st.sampled_from(["disk", "cdrom", "network"]), max_size=3),
    st.fixed_dictionaries(
        {
            "cd_path": st.sampled_from([None, "/iso/a.iso"]),
            "run_once": st.sampled_from([None, True]),
            "guest_tools_cd_path": st.sampled_from([None, "/iso/tools.iso"]),
            "floppy_path": st.sampled_from([None, "/floppy.img"]),
            "origin": st.sampled_from([None, "hosted_engine"]),
            "lease_storage_domain_id": st.sampled_from([None, DOMAIN]),
        }
    ),
)
