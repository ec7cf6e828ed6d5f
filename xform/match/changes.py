"""What a document says that was not known: devices that came, that differ, that are gone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from xform.entities import empty, values_of
from xform.match.identity import device_ids, new_ids
from xform.match.outcome import Matching, held
from xform.table.model import Row

if TYPE_CHECKING:
    from xform.dialect import Dialect

# Of each field what it was, and what it is.
Fields = dict[str, tuple[Any, Any]]

NOTHING: tuple[Any, ...] = (None, [], {})


@attrs.frozen
class Inserted:
    """A device that nobody knew."""

    kind: str
    id: str
    found: Any


@attrs.frozen
class Paired:
    """A known device, as it is known from now on, and the fields in which that differs from what was known."""

    kind: str
    id: str
    known: Any
    found: Any
    fields: Fields = attrs.field(factory=dict)


@attrs.frozen
class Gone:
    """A known device that the document does not have.

    It was `unplugged` if what is known is of the same start of the VM; else it was left out when the VM was started:
    something replaced it for that run, or its file was missing.
    """

    kind: str
    id: str
    known: Any
    unplugged: bool


@attrs.frozen
class ChangeSet:
    """Devices in the order of kinds and places; `fields` are those of the VM itself, `entity` is the VM as it is known
    from now on, without devices.

    False where nothing changed.  What cannot be told apart (`ambiguous`: kind, rung, ids of known devices) is in none
    of the others.
    """

    _document: Any = attrs.field(repr=False)
    _kept: dict[str, Any] = attrs.field(repr=False)
    inserted: tuple[Inserted, ...] = ()
    paired: tuple[Paired, ...] = ()
    gone: tuple[Gone, ...] = ()
    fields: Fields = attrs.field(factory=dict)
    ambiguous: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()

    @property
    def entity(self) -> Any:
        """The VM as it is known from now on, without its devices."""
        return settled(self._document, self._kept, own=False)

    @property
    def updated(self) -> tuple[Paired, ...]:
        """The devices that differ from what was known."""
        return tuple(pair for pair in self.paired if pair.fields)

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.gone or self.fields)


def changes(dialect: Dialect, matching: Matching, ids: Mapping[str, Sequence[str]] | None = None) -> ChangeSet:
    """The changes that a match came to.

    Fields that libvirt fills in are no change, nor secrets, which a document leaves out, nor what no document holds,
    nor the lack of a device's name or of its second place: libvirt lost that, or nobody wrote it.
    """
    ids = device_ids(dialect, matching.known) if ids is None else ids
    known = {id(device): name for kind in dialect.kinds for device, name in zip_held(matching.known, kind.name, ids)}
    order = {kind.name: (at, kind) for at, kind in enumerate(dialect.kinds)}
    paired, new = [], []
    for pair in sorted(matching.pairs, key=lambda pair: order[pair.kind][0]):
        kind = order[pair.kind][1]
        found, fields = merged(dialect, pair.known, pair.found, keep=kind.name_fields)
        paired.append(Paired(pair.kind, known[id(pair.known)], pair.known, found, fields))
    came = matching.new
    for name, (_, kind) in order.items() if came else ():
        if devices := [device for other, device in came if other == name]:
            fresh = new_ids(dialect, matching.known, kind, devices, ids.get(name, ()))
            new += [Inserted(name, one, device) for one, device in zip(fresh, devices, strict=True)]
    kept, fields = compared(dialect, matching.known, matching.document, without=order)
    return ChangeSet(
        matching.document,
        kept,
        tuple(new),
        tuple(paired),
        tuple(Gone(kind, known[id(one)], one, bool(matching.same_run)) for kind, one in matching.missing),
        fields,
        tuple((one.kind, one.rung, tuple(known[id(device)] for device in one.known)) for one in matching.ambiguous),
    )


def zip_held(entity: Any, kind: str, ids: Mapping[str, Sequence[str]]) -> Iterator[tuple[Any, str]]:
    return zip(held(entity, kind), ids.get(kind, ()), strict=True)


Reader = Callable[[Any], tuple[Any, ...]]


@attrs.frozen
class Plan:
    """What to do with the fields of one class: which tell of a change, what no document holds, what stands in a second
    place, secrets; each group with a function that reads it of an entity.
    """

    compared: tuple[tuple[str, Row], ...]
    read: Reader
    known: tuple[str, ...]
    read_known: Reader
    joins: tuple[tuple[tuple[str, ...], Reader, tuple[Any, ...]], ...]
    secrets: tuple[str, ...]
    switches: tuple[str, ...]


@lru_cache(1024)
def plan_of(dialect: Dialect, cls: Any) -> Plan | None:
    table = dialect.classes.table(cls)
    if table is None:
        return None
    fields = table.fields
    compared = tuple((name, row) for name, row in fields.items() if not (row.live or row.generated or row.secret))
    joins = []
    for join in table.joins:
        rows = [row for row in join.rows if row.name in fields]
        names = tuple(row.name for row in rows)
        joins.append((names, values_of(names), tuple(empty(row) for row in rows)))
    return Plan(
        compared=compared,
        read=values_of([name for name, _ in compared]),
        known=tuple(row.name for row in table.known),
        read_known=values_of([row.name for row in table.known]),
        joins=tuple(joins),
        secrets=tuple(name for name, row in fields.items() if row.secret),
        switches=table.switches,
    )


def merged(
    dialect: Dialect, known: Any, found: Any, *, keep: Iterable[str] = (), own: bool = False
) -> tuple[Any, Fields]:
    """What is known once a document was read, and in which fields that is new.

    What no document holds is kept, and what `found` lacks of its secrets, of the fields to `keep` and of its second
    places where it has no entry there.  Where `found` is the caller's `own` it is changed in place.
    """
    kept, fields = compared(dialect, known, found, keep)
    return settled(found, kept, own), fields


def compared(
    dialect: Dialect, known: Any, found: Any, keep: Iterable[str] = (), without: Collection[str] = ()
) -> tuple[dict[str, Any], Fields]:
    """The fields in which `found` is to be as it was known, and those in which it tells of a change.

    Those `without` which it is looked at are to be empty.
    """
    cls: Any = type(found)
    plan = plan_of(dialect, cls)
    if plan is None or type(known) is not type(found):
        word = dialect.classes.word
        return {}, {} if known == found else {"type": (word(type(known)), word(type(found)))}
    kept: dict[str, Any] = {}
    if plan.known and (values := plan.read_known(known)) != plan.read_known(found):
        kept.update(zip(plan.known, values, strict=True))
    if not without and known == found:
        return kept, {}
    for names, read, nothing in plan.joins:
        if read(found) == nothing:
            kept.update(zip(names, read(known), strict=True))
    for name in (*plan.secrets, *keep):
        if getattr(found, name, None) in NOTHING:
            kept[name] = getattr(known, name, None)
    fields = {
        name: (was, now)
        for (name, row), was, now in zip(plan.compared, plan.read(known), plan.read(found), strict=True)
        if was is not now and name not in kept and name not in without and was != now and differ(dialect, row, was, now)
    }
    for name in plan.switches:
        if (was := getattr(known, name)) != (now := getattr(found, name)):
            fields[name] = (was, now)
    for name in without:
        kept[name] = [] if isinstance(getattr(found, name), list) else None
    return kept, fields


def settled(found: Any, values: dict[str, Any], own: bool) -> Any:
    """An entity with these values; itself where it has them, or is one's `own`."""
    changed = {name: value for name, value in values.items() if value is not getattr(found, name)} if values else {}
    if own:
        for name, value in changed.items():
            object.__setattr__(found, name, value)  # an embedder's class may be frozen
        return found
    changed = {name: value for name, value in changed.items() if value != getattr(found, name)}
    return attrs.evolve(found, **changed) if changed else found


def differ(dialect: Dialect, row: Row, was: Any, now: Any) -> bool:
    """Whether two values of a row differ in what tells of a change."""
    if was == now:
        return False
    if isinstance(was, list) and isinstance(now, list):
        return len(was) != len(now) or any(
            differ(dialect, row, one, other) for one, other in zip(was, now, strict=True)
        )
    cls: Any = type(now)
    plan = plan_of(dialect, cls)
    if plan is None or type(was) is not type(now):
        return True
    return any(
        differ(dialect, row, one, other)
        for (_, row), one, other in zip(plan.compared, plan.read(was), plan.read(now), strict=True)
    ) or any(getattr(was, name) != getattr(now, name) for name in plan.switches)
