"""The machine and its operating system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen
from lxml import etree

if TYPE_CHECKING:
    from host_prep.system import Host


@frozen(kw_only=True)
class Machine:
    """What placeholders in a document stand for; None where the host does not tell."""

    uuid: str | None = None
    arch: str | None = None
    os_name: str | None = None
    os_version: str | None = None


def look_at_machine(host: Host) -> Machine:
    """From libvirt's capabilities, and os-release(5)."""
    capabilities = etree.fromstring(host.libvirt.capabilities())
    release = (host.read(host.config.etc / "os-release") or b"").decode(errors="replace")
    named = {name: value.strip().strip("\"'") for name, _, value in (x.partition("=") for x in release.splitlines())}
    return Machine(
        uuid=capabilities.findtext("host/uuid"),
        arch=capabilities.findtext("host/cpu/arch"),
        os_name=named.get("NAME"),
        os_version=named.get("VERSION_ID"),
    )
