"""What a device is called outside of its document: an id that stays from dump to dump, its alias, its address."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from xform.match.ladder import Key, Kind
from xform.match.outcome import held

if TYPE_CHECKING:
    from xform.dialect import Dialect

NOBODY = uuid.UUID(int=0)
UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def device_ids(dialect: Dialect, entity: Any) -> dict[str, list[str]]:
    """The ids of an entity's devices, by kind, in the order in which it holds them.

    A device that somebody gave a UUID has that one.  Any other has one derived from its VM and its best stable fact:
    the first rung of its ladder that it has the fields of, but for those that libvirt fills in; where two have the
    same, the next rung counts as well.
    """
    return {
        kind.name: new_ids(dialect, entity, kind, devices)
        for kind in dialect.kinds
        if (devices := held(entity, kind.name))
    }


def new_ids(dialect: Dialect, vm: Any, kind: Kind, devices: Iterable[Any], taken: Collection[str] = ()) -> list[str]:
    """The same for some devices of one kind; none is one of those that are `taken`."""
    space, used = _space(dialect, vm), set(taken)
    devices = list(devices)
    own = [_own(kind, device) for device in devices]
    said = [() if name else tuple(islice(_facts(kind, device), 1)) for name, device in zip(own, devices, strict=True)]
    alike = Counter(said)
    for at, device in enumerate(devices):
        if alike[said[at]] > 1 and said[at]:  # the first fact does not tell it from the others
            said[at] = tuple(_facts(kind, device))
    alike = Counter(facts[:count] for facts in said for count in range(1, len(facts) + 1))
    numbers: Counter[tuple[Key, ...]] = Counter()  # what nothing tells apart is counted
    ids = []
    for name, facts in zip(own, said, strict=True):
        enough = next((count for count in range(1, len(facts) + 1) if alike[facts[:count]] == 1), len(facts))
        while name is None or name in used:
            name = str(uuid.uuid5(space, repr((kind.name, facts[:enough], numbers[facts[:enough]]))))
            numbers[facts[:enough]] += 1
        used.add(name)
        ids.append(name)
    return ids


def _own(kind: Kind, device: Any) -> str | None:
    """The UUID that a device was given."""
    key = kind.keys[kind.at].of_entity(device) if kind.marks else None
    return key if _is_uuid(key) else None


def _facts(kind: Kind, device: Any) -> Iterator[Key]:
    """What the rungs of its ladder say of a device, the best first."""
    for at, keys in enumerate(kind.keys):
        # a name that libvirt gave is another one after the next start
        given = kind.at <= at < kind.at + len(kind.marks) and not keys.rung.identity
        if not keys.live and not given and not keys.rung.only and (key := keys.of_entity(device)) is not None:
            yield keys.rung.fields, key


def _space(dialect: Dialect, vm: Any) -> uuid.UUID:
    """The name space of a VM's devices: its own UUID, or what else tells it from others."""
    known = getattr(vm, dialect.tables.id, None) if dialect.tables.id else None
    return uuid.UUID(known) if _is_uuid(known) else uuid.uuid5(NOBODY, repr(known))


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def alias_of(dialect: Dialect, kind: Kind, device: Any) -> str | None:
    """The text by which a document names a device, if its ladder begins with one: the rungs that read one attribute.

    A name that is known of a document stands for one that was given.
    """
    table = dialect.classes.table(type(device))
    fields = table.fields if table else {}
    for mark in reversed(kind.marks):
        row = fields.get(mark.field)
        if row and row.codec and (value := getattr(device, mark.field)) is not None:
            return row.codec.encode(value)
    return None


def address_of(dialect: Dialect, device: Any) -> str | None:
    """Where the guest finds a device, in one line: ``pci domain=0x0000 bus=0x05 slot=0x00 function=0x0``."""
    address = getattr(device, "address", None)
    table = dialect.classes.table(type(address))
    if table is None:
        return None
    said = [dialect.classes.word(type(address)) or ""]
    for name, row in table.fields.items():
        value = getattr(address, name)
        if value is not None and row.codec and row.codec.shape == "value" and row.form == "one" and not row.codec.needs:
            said.append(f"{name}={row.codec.encode(value)}")
    return " ".join(filter(None, said))


def is_named(dialect: Dialect, kind: Kind, device: Any, alias: str | None) -> bool:
    """Whether an alias is the name that a device was given."""
    if alias is None or kind.named is None or kind.keys[kind.named].of_entity(device) is None:
        return False
    table = dialect.classes.table(type(device))
    row = table.fields[kind.marks[0].field] if table else None
    return row is not None and row.codec is not None and row.codec.encode(getattr(device, row.name)) == alias
