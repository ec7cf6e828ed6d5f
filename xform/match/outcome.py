"""What a match came to: pairs, what is new or missing, and what cannot be told apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.match.changes import ChangeSet
    from xform.match.explain import Explained
    from xform.xml import Element


@attrs.define(slots=False)
class Content:
    """What a document holds.  Pairs have it, and it has none of them: its tree goes as soon as nobody asks any more."""

    dialect: Dialect = attrs.field(repr=False)
    _xml: str | bytes = attrs.field(repr=False)
    context: dict[str, Any] = attrs.field(repr=False)
    _root: Element | None = attrs.field(repr=False, eq=False)

    @cached_property
    def document(self) -> Any:
        """The whole document as an entity; read when it is first asked for."""
        return self.dialect.read_tree(self.root, self.context)

    @property
    def root(self) -> Element:
        """The document's element."""
        if self._root is None:
            self._root = self.dialect.tree(self._xml)
        return self._root

    def device(self, kind: str, place: int) -> Any:
        return held(self.document, kind)[place]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_root": None}  # a tree goes to no other process


@attrs.define  # frozen would cost three times as much, for every pair of every match
class Pair:
    """A known device and the one in the document that it is; `rung` names the fields that decided."""

    kind: str
    known: Any
    rung: tuple[str, ...]
    _place: int
    _content: Content = attrs.field(repr=False, eq=False)

    @property
    def found(self) -> Any:
        """The device as the document has it."""
        return self._content.device(self.kind, self._place)


@attrs.frozen
class Ambiguity:
    """Devices that `rung` cannot tell apart, and no later one either; without a rung, that none tells at all."""

    kind: str
    rung: tuple[str, ...]
    known: list[Any]
    found: list[Any]

    def __str__(self) -> str:
        return f"ambiguous by {' + '.join(self.rung)}" if self.rung else "not told apart"


@attrs.define(slots=False)
class Matching:
    """The outcome.  A kind is the root's field that holds the devices, such as ``disks``.

    `same_run`: what is known is of the same start of the VM as the document, None where nobody knows.  `kept`: the
    document has some of the names that its devices were given, so one without a name is not the one that had one.
    `seen`: the devices whose names documents before it had, so at least its place makes no other device one of these.
    """

    content: Content
    known: Any = attrs.field(repr=False)
    same_run: bool | None = None
    kept: bool = False
    seen: Collection[int] | None = None
    pairs: list[Pair] = attrs.field(factory=list)
    missing: list[tuple[str, Any]] = attrs.field(factory=list)
    _new: list[tuple[str, int]] = attrs.field(factory=list)
    _ambiguous: list[tuple[str, tuple[str, ...], list[Any], list[int]]] = attrs.field(factory=list)

    @property
    def document(self) -> Any:
        """The whole document as an entity; read when it is first asked for."""
        return self.content.document

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "seen": None}  # objects' ids mean nothing in another process

    @property
    def new(self) -> list[tuple[str, Any]]:
        """Devices of the document that nobody knows, with their kinds."""
        return [(kind, self.content.device(kind, place)) for kind, place in self._new]

    @property
    def ambiguous(self) -> list[Ambiguity]:
        """Devices of either side that no rung could tell apart; they are in no pair."""
        return [
            Ambiguity(kind, rung, known, [self.content.device(kind, place) for place in places])
            for kind, rung, known, places in self._ambiguous
        ]

    def explain(self) -> list[Explained]:
        """Of each device, known or not, what every rung of its ladder found."""
        from xform.match.explain import explain

        return explain(self.content.dialect, self)

    def changes(self, ids: Mapping[str, Sequence[str]] | None = None) -> ChangeSet:
        """What the document says that was not known, device by device and field by field.

        `ids` are those of the known devices, by kind, in the order in which the known entity holds them; without, they
        are derived (`device_ids`).
        """
        from xform.match.changes import changes

        return changes(self.content.dialect, self, ids)


def held(entity: Any, kind: str) -> list[Any]:
    """The devices of one kind, whether the root holds a list of them or one."""
    value = getattr(entity, kind)
    return value if isinstance(value, list) else [] if value is None else [value]
