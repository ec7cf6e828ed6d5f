"""A connection with many running VMs of 20 devices each, whose documents are made when they are asked for."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterator

from bench.documents import document
from xform.monitor.source import Status

CACHES = ("none", "writeback", "unsafe", "directsync")
DISKS = 5
# The document in pieces, with the cache of a disk between one and the next.
PIECES = document(4 * DISKS).encode().split(b" cache='none'")


class Fleet:
    """So many VMs, each drawn by its number; what is kept are the caches of those that were changed."""

    def __init__(self, count: int) -> None:
        self.name = "fleet"
        self.dumped = 0
        self._numbers = {vm(number): number for number in range(count)}
        self._tells = False
        self._caches: dict[int, list[str]] = {}

    def telling(self) -> Fleet:
        """The same, of a connection that tells digests of documents without a dump, as an agent on the host does."""
        fleet = Fleet(len(self._numbers))
        fleet._tells, fleet._caches = True, self._caches
        return fleet

    def change(self, fraction: float, seed: int) -> set[str]:
        """Change the cache of one disk in so many of the VMs; these."""
        draw = random.Random(seed)
        drawn = draw.sample(sorted(self._numbers), round(fraction * len(self._numbers)))
        for name in drawn:
            caches = self._caches.setdefault(self._numbers[name], ["none"] * DISKS)
            disk = draw.randrange(DISKS)
            caches[disk] = draw.choice([cache for cache in CACHES if cache != caches[disk]])
        return set(drawn)

    def document(self, number: int) -> bytes:
        caches = self._caches.get(number) or ["none"] * DISKS
        text = PIECES[0] + b"".join(
            b" cache='%s'%s" % (cache.encode(), piece) for cache, piece in zip(caches, PIECES[1:], strict=True)
        )
        own = b"-%04x-4000-8000-" % number  # in the VM's UUID, and in those of its devices
        return text.replace(b"-0000-4000-8000-", own).replace(b"<name>bench<", b"<name>vm%d<" % number)

    # --- what a source does -----------------------------------------------------------------------------------------

    def connect(self) -> None:
        pass

    def close(self) -> None:
        pass

    def status(self, ids: Collection[str] | None = None) -> list[Status]:
        found = self._numbers if ids is None else ids & self._numbers.keys()
        return [Status(name, "running", self._digest(name)) for name in found]

    def dump(self, ids: Collection[str]) -> Iterator[tuple[str, bytes | Exception]]:
        for name in ids:
            self.dumped += 1
            yield name, self.document(self._numbers[name])

    def wait(self, seconds: float) -> set[str] | None:
        return set()

    def wake(self) -> None:
        pass

    def _digest(self, name: str) -> bytes | None:
        return hashlib.sha256(self.document(self._numbers[name])).digest() if self._tells else None


def vm(number: int) -> str:
    return f"00000000-{number:04x}-4000-8000-000000000001"
