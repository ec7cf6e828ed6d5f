"""Logical volumes of one volume group, by LVM's own commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from attrs import frozen

from host_prep.system import CommandError
from xform.errors import HostError

if TYPE_CHECKING:
    from host_prep.system import Host

# Several hosts have the same groups: nothing is kept of what was seen, and who writes goes first.
SETTINGS = (
    'devices { preferred_names=["^/dev/mapper/"] ignore_suspended_devices=1 write_cache_state=0 '
    'disable_after_error_count=3 hints="none" obtain_device_list_from_udev=0 } '
    "global { prioritise_write_locks=1 wait_for_locks=1 use_lvmpolld=1 } "
    "backup { retain_min=50 retain_days=0 }"
)

FAILED = 5
"""What LVM's commands exit with, whatever it is: only their message tells more."""


@frozen
class LogicalVolume:
    """One that the group has, whether the host can reach its content or not."""

    name: str
    tags: tuple[str, ...]
    active: bool

    def tag(self, prefix: str) -> str | None:
        """What follows the prefix in the first of its tags that has it."""
        return next((tag.removeprefix(prefix) for tag in self.tags if tag.startswith(prefix)), None)


def logical_volumes(host: Host, group: str) -> dict[str, LogicalVolume]:
    """Those of a group by name; none where there is no such group. Raises HostError."""
    columns = "lv_name,lv_tags,lv_active"
    try:
        report = _lvm(host, "lvs", "--reportformat", "json", "-o", columns, group, reads=True)
        rows = json.loads(report)["report"][0]["lv"]
        found = [
            LogicalVolume(
                row["lv_name"], tuple(filter(None, row["lv_tags"].split(","))), row["lv_active"].startswith("active")
            )
            for row in rows
        ]
    except CommandError as error:
        if error.code == FAILED and f'"{group}" not found' in str(error):
            return {}
        raise
    except (ValueError, LookupError):
        raise HostError(f"lvs gives no JSON report of {group}; expected an lvm2 of 2.02.158 or later") from None
    return {volume.name: volume for volume in found}


def change_volume(host: Host, group: str, name: str, *how: str) -> None:
    """Raises CommandError."""
    _lvm(host, "lvchange", *how, f"{group}/{name}")


def _lvm(host: Host, command: str, *arguments: str, reads: bool = False) -> bytes:
    devices = host.config.lvm_devices
    listed = ("--devices", ",".join(devices)) if devices else ()
    return host.run(command, *listed, "--config", SETTINGS, *arguments, reads=reads)
