"""What is asked of a plan can be had: what it names is known where it should be, and no fact says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from math import prod

from xform import EntityError

from .clock import offset
from .context import Entity, Setting
from .cpus import resized
from .machine import chipset


def check(vm: Entity, setting: Setting, *, profiles: bool) -> None:
    """Raises EntityError, a line for each fault; `profiles` says that those of the cluster were given."""
    faults = [*_references(vm, setting)] if profiles else []
    faults += [*_contradictions(vm, setting)]
    if vm.time_zone is not None and offset(vm.time_zone, datetime.now(UTC)) is None:
        faults.append(f"time_zone: {vm.time_zone!r} is not known; expected a name such as Europe/Berlin")
    if faults:
        raise EntityError("\n".join(faults))


def _references(vm: Entity, setting: Setting) -> list[str]:
    dialect, cluster = setting.dialect, setting.cluster
    named = (
        ("nics", vm.nics, dialect.Nic, "vnic_profile_id", {profile.id for profile in cluster.vnic_profiles}),
        ("disks", vm.disks, dialect.Disk, "disk_profile_id", {profile.id for profile in cluster.disk_profiles}),
    )
    return [
        f"{kind}[{number}].{field}: the cluster has no profile {asked!r}; expected one of its own, or none"
        for kind, items, cls, field, known in named
        for number, item in enumerate(items)
        if isinstance(item, cls) and (asked := getattr(item, field)) is not None and asked not in known
    ]


def _contradictions(vm: Entity, setting: Setting) -> list[str]:
    faults = []
    arrangement = (vm.sockets, vm.cores, vm.threads)
    if any(arrangement) and vm.current_vcpus and not resized(vm):
        asked = prod(part or 1 for part in arrangement)
        if asked != vm.current_vcpus:
            faults.append(
                f"sockets: {asked} CPUs are asked for, and current_vcpus is {vm.current_vcpus}; "
                "expected the same, or only one of the two"
            )
    board = chipset(getattr(vm.os, "machine", None))
    if setting.x86 and vm.bios_type and board and vm.bios_type.partition("_")[0] != board:
        faults.append(
            f"bios_type: {vm.bios_type} is not for the machine {vm.os.machine}; "
            "expected one for its chipset, or no machine"
        )
    return faults
