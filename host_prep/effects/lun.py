"""LUNs that the host sees."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from attrs import frozen

from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.system import CommandError, Host
from xform.errors import HostError


@frozen(kw_only=True)
class PresentLun(Effect):
    """A LUN is there as a device; where it is not, the host looks once for new ones.  There is nothing to undo."""

    guid: str
    path: Path

    @property
    def key(self) -> str:
        return f"lun:{self.guid}"

    def says(self) -> str:
        return f"see that the LUN {self.guid} is there, and look for new ones if it is not"

    def apply(self, work: Work, note: Note) -> Outcome:
        host = work.host
        if host.exists(self.path):
            return Outcome.ALREADY
        _rescan(host)
        if not host.exists(self.path):
            raise HostError(f"the LUN {self.guid} is not on this host: no {self.path}; present it, or correct the guid")
        return Outcome.DONE


def _rescan(host: Host) -> None:
    """iSCSI sessions, Fibre Channel adapters, then maps over the paths that were found; as far as the host has them."""
    commands = (
        ("iscsiadm", "-m", "session", "-R"),
        ("udevadm", "settle"),
        ("multipath",),
    )
    for adapter in host.names(host.config.sys / "class/fc_host"):
        with suppress(HostError):
            host.poke(host.config.sys / "class/scsi_host" / adapter / "scan", "- - -")
    for command in commands:
        if host.which(command[0]):
            with suppress(CommandError):  # no session is one; what counts is whether the device is there
                host.run(*command)
