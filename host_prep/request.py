"""What a manager says of a start beside the document: data that no document holds, and secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from xform.files import read_as

if TYPE_CHECKING:
    from xform.dialect import Dialect


Flow = Literal["fresh", "restore", "incoming"]
"""How the VM begins: anew, from a saved state, or by migration from another host."""


def _hidden(value: object) -> str:
    return repr(value if value is None else "***")


_SECRET: dict[str, Any] = {"repr": _hidden, "metadata": {"secret": True}}


@frozen(kw_only=True)
class Secret:
    """A secret that libvirt is to keep while the VM runs, such as the key of a Ceph user."""

    id: str  # UUID, as the document names it
    usage: Literal["ceph", "volume", "iscsi"]
    name: str  # of the user, volume or target
    value: bytes = field(**_SECRET)
    description: str | None = None


@frozen(kw_only=True)
class Ticket:
    """Who may look at a screen, and until when."""

    type: Literal["spice", "vnc"]
    password: str = field(**_SECRET)
    valid_to: str  # UTC, such as 2030-01-31T12:00:00
    connected: Literal["fail", "disconnect", "keep"] | None = None  # what becomes of those who look already


@frozen(kw_only=True)
class Connection:
    """How a managed block volume is reached: what the volume's manager told of it, for os-brick."""

    disk: str  # alias of the disk, or its target
    volume: str  # id
    info: dict[str, Any] = field(**_SECRET)  # driver_volume_type and data


@frozen(kw_only=True)
class Request:
    """Everything beside the document; nothing of it is required."""

    nvram: str | None = field(default=None, **_SECRET)  # variables of the firmware, base64, after =0= bzip2 as well
    tpm: str | None = field(default=None, **_SECRET)  # state of the TPM, a base64 tar.xz
    serial: str | None = None  # of the machine, where the document has a placeholder; else the host's UUID
    paused: bool = False  # the guest does not run yet
    saved: Path | None = None  # file with the state that it goes on from
    incoming: bool = False  # it comes by migration
    secrets: list[Secret] = field(factory=list)
    tickets: list[Ticket] = field(factory=list)
    connections: list[Connection] = field(factory=list)

    @property
    def flow(self) -> Flow:
        return "incoming" if self.incoming else "restore" if self.saved else "fresh"


def read_request(dialect: Dialect, file: Path) -> Request:
    """A YAML or JSON file as a request. Raises EntityError, every fault with its line."""
    return read_as(dialect, Request, file, "the request")
