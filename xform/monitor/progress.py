"""How the connections of a monitor stand: plain figures for metrics and the table."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import attrs

PHASES = ("status", "dump", "follow", "store")


@attrs.define
class Progress:
    """How one connection stands: written by its thread, read by whoever shows it."""

    name: str
    held: bool = True  # this monitor follows it; where several share the connections, another one may
    connected: bool = False
    fault: str = ""  # why it is not connected, or could not be followed
    vms: int = 0
    changed: int = 0  # changes so far
    failed: dict[str, str] = attrs.field(factory=dict)  # of VMs whose last look failed: why
    ambiguous: set[str] = attrs.field(factory=set)  # VMs with devices that cannot be told apart
    undelivered: int = 0  # callbacks that raised
    seconds: dict[str, float] = attrs.field(factory=lambda: dict.fromkeys(PHASES, 0.0))
    passed: datetime | None = None  # when the last pass over all VMs ended
    _begun: float = attrs.field(factory=time.monotonic)

    @property
    def lag(self) -> float:
        """Seconds that the store may be behind: since the last complete pass began."""
        return time.monotonic() - self._begun

    def take(self) -> None:
        """Note that this monitor follows the connection from now on: what it saw of it earlier is past."""
        self.held, self.fault, self.passed, self._begun = True, "", None, time.monotonic()
        self.failed.clear()
        self.ambiguous.clear()

    def complete(self, begun: float) -> None:
        """Note that a pass over all VMs has ended, which began at this monotonic time."""
        self._begun, self.passed = begun, datetime.now(UTC)

    @property
    def well(self) -> bool:
        """Whether nothing failed, and nothing was left undecided or undelivered."""
        return not (self.fault or self.failed or self.ambiguous or self.undelivered)
