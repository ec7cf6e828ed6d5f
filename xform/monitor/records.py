"""What is known of a VM between two looks at it: plain values, which the store keeps and `follow` renews."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import attrs

# What a change says of a device, or (without a device) of its VM.
What = Literal["inserted", "updated", "returned", "unplugged", "left out"]
# The state of a VM that its connection no longer has.
GONE = "gone"


class Kept:
    """An entity as it is stored: `data` is plain, and `make` makes the entity of it when it is first asked for."""

    def __init__(self, data: Any, make: Callable[..., Any], *whose: str) -> None:
        self.data = data
        self._make = make
        self._whose = whose

    @cached_property
    def entity(self) -> Any:
        return self._make(self.data, *self._whose)


def _made(entity: Any) -> Any:
    return entity.entity if isinstance(entity, Kept) else entity


def _shown(entity: Any) -> str:
    return repr(_made(entity))


class _Holder:
    """What holds an entity, or one that is `Kept`; values that are made of it by attrs.evolve share that."""

    __slots__ = ()
    _entity: Any

    @property
    def entity(self) -> Any:
        """Not to be changed: who stores it goes by what it was loaded from."""
        return _made(self._entity)

    @property
    def data(self) -> Any:
        """What the entity was loaded from; None where it was not."""
        return self._entity.data if isinstance(self._entity, Kept) else None


@attrs.frozen
class Device(_Holder):
    """One device of a VM.

    `kind` is the root's field that holds it, such as ``disks``; `id` stays the same from dump to dump.  `managed`: its
    manager told of it, so it stays known when it is gone; another one is forgotten then.  `plugged`: the last document
    has it.  `slice` is the digest of its text in the last document, empty where that was not cut.
    """

    kind: str
    id: str
    _entity: Any = attrs.field(eq=_made, repr=_shown)
    alias: str | None = None
    address: str | None = None
    managed: bool = False
    plugged: bool = True
    slice: bytes = b""


@attrs.frozen
class Known(_Holder):
    """A VM with its devices, as of the document whose digests these are.

    `entity` is the dialect's root without devices.  `run` tells one start of the VM from the next.  `text` is the
    digest of the document's bytes, `digest` the canonical one, `rest` that of the text around its devices.
    """

    id: str
    name: str
    _entity: Any = attrs.field(eq=_made, repr=_shown)
    devices: tuple[Device, ...] = ()
    run: str | None = None
    text: bytes = b""
    digest: bytes = b""
    rest: bytes = b""


@attrs.frozen
class Change:
    """What happened to one device, or to the VM itself where there is none: of each field what it was and is."""

    what: What
    kind: str = ""
    id: str = ""
    fields: dict[str, tuple[Any, Any]] = attrs.field(factory=dict)


@attrs.frozen
class Followed:
    """What a document came to: what is known now, and what that changes.

    `ambiguous` devices (kind, rung, ids of known ones) were left as they are.  `way` says how far the cascade went.
    """

    known: Known
    changes: tuple[Change, ...] = ()
    ambiguous: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    way: Literal["same text", "same digest", "some devices", "whole"] = "whole"
