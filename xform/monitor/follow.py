"""Follow a VM from document to document: from what is known of it and a new text of it to what is known now.

A cascade, the cheapest test first: the same bytes; else the texts of the devices, of which only those that differ are
parsed and paired with the known ones that had another; else the canonical digest; else all is parsed and matched.
Whichever way is taken, the outcome is the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs

from xform.errors import DocumentError
from xform.match import held, match
from xform.match.changes import merged
from xform.match.identity import alias_of, is_named, new_ids
from xform.monitor.known import assembled, bare, called, lifeless, made, numbered, run_of, seen
from xform.monitor.records import Change, Device, Followed, Known, What
from xform.slices import alone, cut, cuttable
from xform.table.walk import joins
from xform.xml import Element, parse_text

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.match import Kind


@attrs.frozen
class Pieces:
    """A document in pieces: kind and text of each device by the text's digest, in order, and the digest of the rest."""

    devices: dict[bytes, tuple[str, bytes]]
    rest: bytes
    fit: Callable[[Dialect, Element], bool] = attrs.field(eq=False)


# What tells a device from all others of its VM: kind and id, or kind and what its first rung reads.
Name = tuple[str, Any]


def follow(dialect: Dialect, known: Known | None, xml: bytes, **context: Any) -> Followed:
    """What is known of a VM once this document of it was read; without anything known it is a first look.

    `digest` is left empty where it was not made, or where devices could not be told apart: then the next document that
    differs is looked at again.  Raises DocumentError.
    """
    text = hashlib.sha256(xml).digest()
    if known and known.text == text:
        return Followed(known, way="same text")
    pieces = pieces_of(dialect, xml)
    rest = pieces.rest if pieces else b""
    if known and pieces and known.rest == rest and (renewal := some(dialect, known, pieces, context)):
        devices, changes = renewal
        now = attrs.evolve(known, devices=devices, text=text, digest=b"")
        return Followed(now, changes, way="some devices")
    root = dialect.tree(xml)
    if pieces and not pieces.fit(dialect, root):
        pieces, rest = None, b""
    digest, run = dialect.digest_tree(root), run_of(dialect, root)
    if known and known.digest == digest:
        devices = renewed(dialect, known, pieces, context)
        return Followed(attrs.evolve(known, devices=devices, run=run, text=text, rest=rest), way="same digest")
    if known:
        found = whole(dialect, known, xml, root, pieces, context)
    else:
        found = first(dialect, dialect.read_tree(root, context), pieces)
    digest = b"" if found.ambiguous else digest
    return attrs.evolve(found, known=attrs.evolve(found.known, run=run, text=text, digest=digest, rest=rest))


def pieces_of(dialect: Dialect, xml: bytes) -> Pieces | None:
    """A document in pieces; None where it cannot be cut, or two devices have the very same text."""
    if (slices := cut(dialect, xml)) is None:
        return None
    devices = {hashlib.sha256(piece[1]).digest(): piece for piece in slices.devices}
    if len(devices) != len(slices.devices):
        return None
    return Pieces(devices, hashlib.sha256(slices.rest).digest(), slices.fit)


def manage(dialect: Dialect, known: Known | None, entity: Any) -> Known:
    """What is known once a VM's manager told of it: the devices of its entity are managed from now on, and no others.

    What was not seen yet is taken to be plugged in, until a document does not have it.
    """
    entity = deepcopy(entity)
    told = {
        # no document had its name yet
        (kind.name, name): attrs.evolve(made(dialect, kind, name, device, managed=True), alias=None)
        for kind, name, device in numbered(dialect, entity)
    }
    kept = []
    for device in known.devices if known else ():
        if (again := told.pop((device.kind, device.id), None)) is not None:
            kept.append(attrs.evolve(again, alias=device.alias, plugged=device.plugged))
        elif device.plugged:
            kept.append(attrs.evolve(device, managed=False))
    run = known.run if known else None
    return Known(*called(dialect, entity), bare(dialect, entity), (*kept, *told.values()), run)


# --- some devices -----------------------------------------------------------------------------------------------


def some(
    dialect: Dialect, known: Known, pieces: Pieces, context: dict[str, Any]
) -> tuple[tuple[Device, ...], tuple[Change, ...]] | None:
    """The devices and changes, if no device came or went, and each whose text differs is told by its first rung."""
    if (pairs := changed(dialect, known, pieces, context)) is None:
        return None
    devices = list(known.devices)
    places = {id(device): place for place, device in enumerate(devices)}
    changes = []
    for kind, device, digest, found in sorted(pairs, key=lambda pair: places[id(pair[1])]):
        if any(getattr(device.entity, name, None) != getattr(found, name, None) for name in ties(dialect, kind.name)):
            return None  # what a second place says of it may be of another now
        alias = alias_of(dialect, kind, found)
        entity, fields = merged(dialect, device.entity, found, keep=kind.name_fields, own=True)
        devices[places[id(device)]] = seen(dialect, device, entity, alias, digest)
        if fields:
            changes.append(Change("updated", device.kind, device.id, fields))
    return tuple(devices), tuple(changes)


def changed(
    dialect: Dialect, known: Known, pieces: Pieces, context: dict[str, Any]
) -> list[tuple[Kind, Device, bytes, Any]] | None:
    """The known devices whose texts differ, each with its text's digest and what that says; None where in doubt."""
    cut_out = cuttable(dialect).values()
    plugged = [device for device in known.devices if device.plugged and device.kind in cut_out]
    gone = {device.slice: device for device in plugged}
    if b"" in gone:
        return None
    came = [digest for digest in pieces.devices if gone.pop(digest, None) is None]
    if len(came) != len(gone) or len(plugged) != len(pieces.devices):
        return None
    kinds = {kind.name: kind for kind in dialect.kinds}
    names = {pieces.devices[digest][0] for digest in came} | {device.kind for device in gone.values()}
    of_known = [
        (name_of(kinds[device.kind], device.entity), device) for device in known.devices if device.kind in names
    ]
    several = Counter(name for name, _ in of_known)
    lost = {name: device for name, device in of_known if device.slice in gone and several[name] == 1}
    pairs = []
    for digest in came:
        kind, text = kinds[pieces.devices[digest][0]], pieces.devices[digest][1]
        found = read(dialect, kind, text, context)
        name = name_of(kind, found)
        device = lost.pop(name, None) if name[1] is not None else None
        if device is None:
            return None
        pairs.append((kind, device, digest, found))
    return pairs


def renewed(dialect: Dialect, known: Known, pieces: Pieces | None, context: dict[str, Any]) -> tuple[Device, ...]:
    """The devices with the digests of their texts in a document that says the same of them."""
    pairs = changed(dialect, known, pieces, context) if pieces else None
    digests = {(device.kind, device.id): digest for _, device, digest, _ in pairs or ()}
    return tuple(
        attrs.evolve(device, slice=digests.get((device.kind, device.id), device.slice)) for device in known.devices
    )


def read(dialect: Dialect, kind: Kind, text: bytes, context: dict[str, Any]) -> Any:
    """The entity of one device's text; None if it cannot be read alone."""
    try:
        return dialect.read_element(kind.row.entity or "", parse_text(text), context) if alone(text) else None
    except DocumentError:
        return None


def name_of(kind: Kind, device: Any) -> Name:
    """What the first rung reads of a device."""
    return kind.name, kind.keys[0].of_entity(device)


@lru_cache(256)
def ties(dialect: Dialect, kind: str) -> tuple[str, ...]:
    """The fields that tie devices of a kind to what a second place of the document says of them."""
    return tuple(name for _, join, row in joins(dialect.tables) if row.name == kind for _, name in join.on)


# --- the whole --------------------------------------------------------------------------------------------------


def first(dialect: Dialect, entity: Any, pieces: Pieces | None) -> Followed:
    """The outcome of a first look."""
    texts = sliced(dialect, entity, pieces)
    devices = tuple(
        made(dialect, kind, name, device, slice=texts.get(id(device), b""))
        for kind, name, device in numbered(dialect, entity)
    )
    changes = [Change("inserted"), *(Change("inserted", device.kind, device.id) for device in devices)]
    return Followed(Known(*called(dialect, entity), bare(dialect, entity), devices), tuple(changes))


def whole(
    dialect: Dialect, known: Known, xml: bytes, root: Element, pieces: Pieces | None, context: dict[str, Any]
) -> Followed:
    """The outcome of parsing and matching all there is. Raises DocumentError for a document of another VM."""
    kinds = {kind.name: kind for kind in dialect.kinds}
    entity, ids = assembled(dialect, known)
    matching = match(dialect, xml, entity, root=root, seen=were_named(dialect, kinds, known), **context)
    if (of := called(dialect, matching.document)[0]) != known.id:
        raise DocumentError(f"the document is of the VM {of!r}; expected one of {known.id}")
    came = matching.changes(ids)
    texts = sliced(dialect, matching.document, pieces)
    slices = {id(pair.known): texts.get(id(pair.found), b"") for pair in matching.pairs}
    aliases = {id(pair.known): alias_of(dialect, kinds[pair.kind], pair.found) for pair in matching.pairs}
    before = {(device.kind, device.id): device for device in known.devices}
    now: dict[Name, Device] = dict(before)
    changes = [Change("updated", fields=came.fields)] if came.fields else []
    for pair in came.paired:
        device = before[pair.kind, pair.id]
        now[pair.kind, pair.id] = seen(dialect, device, pair.found, aliases[id(pair.known)], slices[id(pair.known)])
        if pair.fields or not device.plugged:
            changes.append(Change("updated" if device.plugged else "returned", pair.kind, pair.id, pair.fields))
    for lost in came.gone:
        device = now.pop((lost.kind, lost.id))
        if device.managed:
            now[lost.kind, lost.id] = attrs.evolve(device, plugged=False, slice=b"")
        if device.plugged:
            changes.append(Change("unplugged" if lost.unplugged else "left out", lost.kind, lost.id))
    ambiguous = []
    for one, unclear in zip(matching.ambiguous, came.ambiguous, strict=True):
        kind, rung, names = unclear
        if rung or any(now[kind, name].managed for name in names):
            now |= {(kind, name): attrs.evolve(now[kind, name], slice=b"") for name in names}
            ambiguous.append(unclear)
        else:
            gone: What = "unplugged" if matching.same_run else "left out"
            there = [(device, texts.get(id(device), b"")) for device in one.found]
            changes += instead(dialect, kinds[kind], now, names, there, entity, gone)
    for new in came.inserted:
        text = texts.get(id(new.found), b"")
        now[new.kind, new.id] = made(dialect, kinds[new.kind], new.id, new.found, slice=text)
        changes.append(Change("inserted", new.kind, new.id))
    devices = tuple(now[name] for name in dict.fromkeys((*before, *now)) if name in now)
    found = Known(*called(dialect, matching.document), lifeless(dialect, came.entity), devices)
    return Followed(found, in_order(changes, (*known.devices, *devices)), tuple(ambiguous))


def instead(
    dialect: Dialect,
    kind: Kind,
    now: dict[Name, Device],
    names: tuple[str, ...],
    found: list[tuple[Any, bytes]],
    vm: Any,
    gone: What,
) -> Iterator[Change]:
    """Devices that nobody manages and nothing tells from others: those that are there take the place of the known."""
    before = {name: now.pop((kind.name, name)) for name in names}
    taken = [name for other, name in now if other == kind.name]
    ids = new_ids(dialect, vm, kind, [device for device, _ in found], taken)
    for name, (device, text) in zip(ids, found, strict=True):
        old = before.pop(name, None)
        now[kind.name, name] = made(dialect, kind, name, device, slice=text)
        if old is None:
            yield Change("inserted", kind.name, name)
    yield from (Change(gone, kind.name, name) for name in before)


def were_named(dialect: Dialect, kinds: dict[str, Kind], known: Known) -> set[int]:
    """The entities, by their `id`, of devices whose names a document of the VM had."""
    named = (
        device
        for device in known.devices
        if device.kind in kinds and is_named(dialect, kinds[device.kind], device.entity, device.alias)
    )
    return {id(device.entity) for device in named}


def in_order(changes: Iterable[Change], devices: Iterable[Device]) -> tuple[Change, ...]:
    """Changes of the VM first, then those of its devices in their order."""
    order = {name: at for at, name in enumerate(dict.fromkeys((device.kind, device.id) for device in devices))}
    return tuple(sorted(changes, key=lambda change: order.get((change.kind, change.id), -1)))


def sliced(dialect: Dialect, entity: Any, pieces: Pieces | None) -> dict[int, bytes]:
    """The digest of each device's text, by the id of its object; of a kind that was cut otherwise than parsed, none."""
    found: dict[int, bytes] = {}
    for kind in dialect.kinds if pieces else ():
        assert pieces
        devices = held(entity, kind.name)
        digests = [digest for digest, (name, _) in pieces.devices.items() if name == kind.name]
        if len(devices) == len(digests):
            found |= zip(map(id, devices), digests, strict=True)
    return found
