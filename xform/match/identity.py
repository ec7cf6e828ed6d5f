"""What a device is called outside of its document: an id that stays from dump to dump, its alias, its address."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
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
    facts = [_facts(kind, device) for device in devices]
    alike = Counter(said[:count] for _, said in facts for count in range(1, len(said) + 1))
    ids = []
    for own, said in facts:
        enough = next((count for count in range(1, len(said) + 1) if alike[said[:count]] == 1), len(said))
        number = 0  # what nothing tells apart is counted
        while own is None or own in used:
            own = str(uuid.uuid5(space, repr((kind.name, said[:enough], number))))
            number += 1
        used.add(own)
        ids.append(own)
    return ids


def _facts(kind: Kind, device: Any) -> tuple[str | None, tuple[Key, ...]]:
    """A device's own UUID, if it has one, and what its rungs say of it, the best first."""
    said = []
    for at, keys in enumerate(kind.keys):
        if keys.live or keys.rung.only or (key := keys.of_entity(device)) is None:
            continue
        if at == kind.at and _is_uuid(key):
            return key, ()
        # a name that libvirt gave is another one after the next start
        if not kind.at <= at < kind.at + len(kind.marks) or keys.rung.identity:
            said.append((keys.rung.fields, key))
    return None, tuple(said)


def _space(dialect: Dialect, vm: Any) -> uuid.UUID:
    """The name space of a VM's devices: its own UUID, or what else tells it from others."""
    known = getattr(vm, dialect.tables.id, None) if dialect.tables.id else None
    return uuid.UUID(known) if _is_uuid(known) else uuid.uuid5(NOBODY, repr(known))


def _is_uuid(value: Any) -> bool:
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def alias_of(dialect: Dialect, kind: Kind, device: Any) -> str | None:
    """The text by which a document names a device, if its ladder begins with one: the rungs that read one attribute."""
    table = dialect.classes.table(type(device))
    for mark in (
        reversed(kind.marks) if table else ()
    ):  # a name that is known of a document stands for one that is given
        assert table
        row = table.fields.get(mark.field)
        if row and row.codec and (value := getattr(device, mark.field, None)) is not None:
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


def has_name(kind: Kind, device: Any) -> bool:
    """Whether a device was given a name, and a document had it: it has none of libvirt's."""
    if kind.named is None or kind.keys[kind.named].of_entity(device) is None:
        return False
    return not any(keys.live and keys.of_entity(device) is not None for keys in kind.keys)
