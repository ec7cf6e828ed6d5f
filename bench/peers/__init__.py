"""Others that turn Domain XML into objects and back, each in a module of its own, in the form it would be used in.

The models are written for the devices of the measured document and read less of it than the tables do, never more:
the root's name, UUID and memory, and of disks, interfaces, channels and controllers what names and places them.
Each runs in a process of its own, since some need an interpreter of their own (see worker.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Peer(NamedTuple):
    """What a peer does: text to its objects, these to text, and the aliases by which its devices are matched.

    `match` is its own way from a text to pairs, where it has one.
    """

    parse: Callable[[bytes], Any]
    generate: Callable[[Any], Any]
    devices: Callable[[Any], Iterable[tuple[str | None, Any]]]
    match: Callable[[], Any] | None = None
