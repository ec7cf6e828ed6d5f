"""CPUs of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from xform.errors import HostError

if TYPE_CHECKING:
    from host_prep.system import Host


@frozen
class Cpus:
    """Those that are online; of each, the others that are threads of the same core."""

    online: frozenset[int]
    siblings: dict[int, frozenset[int]]


def look_at_cpus(host: Host) -> Cpus:
    """From the kernel's lists. Raises HostError where there are none."""
    folder = host.config.sys / "devices/system/cpu"
    online = cpu_set(_text(host.read(folder / "online")))
    if not online:
        raise HostError(f"{folder}/online: expected the CPUs that are online, such as 0-3")
    threads = {cpu: _text(host.read(folder / f"cpu{cpu}/topology/thread_siblings_list")) for cpu in online}
    return Cpus(online, {cpu: cpu_set(text) - {cpu} for cpu, text in threads.items()})


def cpu_set(text: str) -> frozenset[int]:
    """The CPUs of a list such as ``0-3,8``; ``^`` takes out what stands before.

    >>> sorted(cpu_set("0-3,8,^2"))
    [0, 1, 3, 8]
    """
    cpus: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, _, last = part.lstrip("^").partition("-")
        chosen = range(int(first), int(last or first) + 1)
        cpus = cpus.difference(chosen) if part.startswith("^") else cpus.union(chosen)
    return frozenset(cpus)


def _text(content: bytes | None) -> str:
    return (content or b"").decode(errors="replace")
