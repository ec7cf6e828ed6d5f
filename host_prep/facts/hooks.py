"""The administrator's hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host_prep.system import Host


def look_at_hooks(host: Host) -> dict[str, tuple[str, ...]]:
    """By point the names of its executables, in the order in which they run; points without any are left out."""
    folder = host.config.hooks
    found = {
        point: tuple(name for name in host.names(folder / point) if host.executable(folder / point / name))
        for point in host.names(folder)
    }
    return {point: names for point, names in found.items() if names}
