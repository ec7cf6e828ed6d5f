"""What the steps for disks, CD-ROMs and floppies share: which drives count, in which order, and how they are named."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from string import ascii_lowercase
from typing import Any

from attrs import evolve

from .context import Entity, Setting

# The first letters of a drive's name, as the guest's kernel has them; a bus that is not here has `sd`.
_PREFIXES = {"virtio": "vd", "ide": "hd", "fdc": "fd", "xen": "xvd", "uml": "ubd"}


def is_drive(item: Entity, setting: Setting) -> bool:
    """Whether it is in the guest, and no element that no table can say."""
    return isinstance(item, setting.dialect.Disk) and item.plugged is not False


def is_disk(item: Entity) -> bool:
    return item.device not in ("cdrom", "floppy")


def is_payload(drive: Entity) -> bool:
    """Whether the host makes its medium of files; a host that has done so keeps them in another place."""
    return drive.payload is not None or drive.prepared_payload is not None


def drives(vm: Entity, setting: Setting) -> list[Entity]:
    return [item for item in vm.disks if is_drive(item, setting)]


def each(
    vm: Entity,
    setting: Setting,
    wanted: Callable[[Entity], bool],
    change: Callable[[Entity], Entity],
    key: Callable[[Entity], Any] | None = None,
) -> Entity:
    """Change the drives that are wanted, one after the other by `key`; each stays where it stands in the list."""
    held = list(vm.disks)
    places = [place for place, item in enumerate(held) if is_drive(item, setting) and wanted(item)]
    for place in sorted(places, key=lambda place: key(held[place])) if key else places:
        held[place] = change(held[place])
    return evolve(vm, disks=held)


def precedence(disk: Entity) -> tuple[Any, ...]:
    """The order in which disks get names and places: what the guest boots from, what has a place already, its name."""
    shown = disk.boot and disk.snapshot_id is not None
    return (not disk.boot, disk.address is None, bool(shown), _as_read(disk.name or ""))


def _as_read(name: str) -> tuple[Any, ...]:
    """A key that sorts disk2 before disk10."""
    parts = re.split(r"([0-9]+)", name.lower())
    return (*(int(part) if place % 2 else part for place, part in enumerate(parts)), name)


def named(interface: str | None, index: int) -> str:
    """The name of a drive by its number on the bus: 0 is vda of virtio, 26 is vdaa.

    >>> named("virtio", 27)
    'vdab'
    """
    letters = ""
    while index >= 0:
        index, letter = index // 26 - 1, ascii_lowercase[index % 26]
        letters = letter + letters
    return _PREFIXES.get(interface or "", "sd") + letters


def number(interface: str | None, name: str | None) -> int | None:
    """The number on the bus that a name stands for, the way back of `named`.

    >>> number("sata", "sdc")
    2
    """
    letters = (name or "").removeprefix(_PREFIXES.get(interface or "", "sd"))
    if letters == name or not letters or set(letters) - set(ascii_lowercase):
        return None
    index = 0
    for letter in letters:
        index = index * 26 + ascii_lowercase.index(letter) + 1
    return index - 1


def least_used(choices: Sequence[int], uses: Counter[int]) -> int:
    """The one with the fewest users, of several the first; equal ones take turns that way."""
    # One that has no user is among as many as have some, and the next: there may be more than can be counted.
    return min(choices[: len(uses) + 1], key=lambda one: uses[one])


def labelled(source: Entity, setting: Setting) -> Entity:
    """The manager's storage keeps its owner: the host has set it up for QEMU.  A source that is given says so itself.

    A label of a device has no type in libvirt's schema; `relabel='no'` alone says the same.
    """
    if source.seclabels:
        return source
    return evolve(source, seclabels=[setting.dialect.DeviceSeclabel(model="dac", relabel=False)])


def pairs(items: Iterable[Entity], known: Iterable[Entity]) -> Iterator[tuple[Entity, Entity | None]]:
    """Each with the one that was known of it, by its ID, else by its name in the guest where one of them has no ID.

    What several have tells nothing.
    """
    items, known = [*items], [*known]
    by_id, by_name = (_singles(known, field) for field in ("id", "target"))
    own_ids, own_names = (_singles(items, field) for field in ("id", "target"))
    for item in items:
        other = by_id.get(item.id) if item.id in own_ids else None
        namesake = by_name.get(item.target) if item.target in own_names else None
        yield item, other or (namesake if namesake is not None and None in (item.id, namesake.id) else None)


def _singles(items: Iterable[Entity], field: str) -> dict[str, Entity]:
    """Items by what they hold in a field, where no other holds it."""
    held = [(getattr(item, field, None), item) for item in items]
    times = Counter(value for value, _ in held)
    return {value: item for value, item in held if value is not None and times[value] == 1}


def told(fact: bool, known: bool | None) -> bool | None:
    """A field that is found true by its fact; a known one that holds nothing stays so."""
    return True if fact else known and False
