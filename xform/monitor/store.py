"""The store: what is known of every VM, and the history of it, in SQLite or PostgreSQL.

Devices and digest of a VM change in one transaction, together with its version.  Who saves says which version it went
by, and nothing is written where that has moved on: of two monitors one is told to look again.  Each transaction takes
the row of one VM first and no second one, so that none waits for another in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, bindparam, case, insert, select
from sqlalchemy.exc import IntegrityError

from xform.dialect import Dialect
from xform.errors import StoreError
from xform.monitor.database import Database
from xform.monitor.records import Change, Device, Known
from xform.monitor.schema import ambiguous as ambiguous_table
from xform.monitor.schema import change, device, vm
from xform.monitor.stored import Entities

# Entries of the history that are read at once.
PAGE = 1000
# A device row is found by these, under names that leave those of its columns to what is written.
_KEY = ("vm", "kind", "id")
_AIMED = tuple(f"this_{name}" for name in _KEY)
_AIM = [device.c[name] == bindparam(aimed) for name, aimed in zip(_KEY, _AIMED, strict=True)]


@attrs.frozen
class State:
    """What a pass over all VMs has to know of each."""

    id: str
    connection: str
    state: str
    run: str | None
    text: bytes
    digest: bytes
    version: int


@attrs.frozen
class Stored:
    """A VM as it is stored; who saves it again says its `version`."""

    known: Known
    connection: str
    state: str
    version: int

    @property
    def short(self) -> State:
        """What a pass has to know of it."""
        known = self.known
        return State(known.id, self.connection, self.state, known.run, known.text, known.digest, self.version)


@attrs.frozen
class Entry:
    """A change of the history; the values of its fields are plain data."""

    vm: str
    at: datetime
    change: Change


@attrs.frozen
class Unclear:
    """Devices of a VM, by their ids, that its last document did not tell apart: they are as they were before."""

    vm: str
    kind: str
    rung: tuple[str, ...]
    devices: tuple[str, ...]


class Store:
    """A database by its URL: ``sqlite:///file.db`` or ``postgresql://user@host/name``.

    Opening it brings its tables up to date.  Safe to use from several threads; to be closed.  Everything raises
    StoreError, in one line without the password.
    """

    def __init__(self, url: str, dialect: Dialect) -> None:
        self._entities = Entities(dialect)
        self._database = Database(url)

    def close(self) -> None:
        self._database.close()

    def states(self) -> dict[str, State]:
        """Every VM by its id."""
        columns = (vm.c.id, vm.c.connection, vm.c.state, vm.c.run, vm.c.text, vm.c.digest, vm.c.version)
        with self._database.reading() as connection:
            return {row.id: State(*row) for row in connection.execute(select(*columns))}

    def load(self, vm_id: str) -> Stored | None:
        """A VM with its devices, which are in the order of kind and id."""
        with self._database.reading() as connection:
            row = connection.execute(select(vm).where(vm.c.id == vm_id)).one_or_none()
            if row is None:
                return None
            devices = connection.execute(_devices(vm_id)).all()
        try:
            known = Known(
                id=row.id,
                name=row.name,
                entity=self._entities.root(row.entity),
                devices=tuple(self._device(one) for one in devices),
                run=row.run,
                text=row.text,
                digest=row.digest,
                rest=row.rest,
            )
        except StoreError as error:
            raise StoreError(
                f"{self._database.name}: the tables cannot read what is stored of VM {vm_id}: {error}; "
                "use those that wrote it, or later ones"
            ) from None
        return Stored(known, row.connection, row.state, row.version)

    def save(
        self,
        known: Known,
        changes: Iterable[Change],
        *,
        version: int | None,
        connection: str,
        state: str,
        at: datetime,
        ambiguous: Iterable[tuple[str, Sequence[str], Sequence[str]]] = (),
    ) -> int | None:
        """Write a VM, its changes and what was `ambiguous` in one transaction; its new version.

        `version` is the one it was loaded with, None for a VM that is not stored.  None comes back where that is no
        longer so: nothing is written then, and what is stored is to be loaded and followed anew.
        """
        past = [
            {
                "vm": known.id,
                "at": at,
                "what": one.what,
                "kind": one.kind,
                "device": one.id,
                "fields": self._entities.dump_fields(one.kind, one.fields),
            }
            for one in changes
        ]
        values = {
            "name": known.name,
            "connection": connection,
            "state": state,
            "run": known.run,
            "text": known.text,
            "digest": known.digest,
            "rest": known.rest,
            "entity": self._entities.dump(known.entity),
            "seen": at,
            **({"changed": at} if past or version is None else {}),
        }
        rows = [self._row(known.id, one) for one in sorted(known.devices, key=lambda one: (one.kind, one.id))]
        unclear = [
            {"vm": known.id, "number": number, "kind": kind, "rung": [*rung], "devices": [*devices]}
            for number, (kind, rung, devices) in enumerate(ambiguous)
        ]
        with self._database.writing() as connected:
            new = _swap(connected, known.id, version, values)
            if new is not None:
                stored = [] if version is None else connected.execute(_devices(known.id)).all()
                _write_devices(connected, [row._asdict() for row in stored], rows)
                _replace_ambiguous(connected, known.id, unclear, fresh=version is None)
                if past:
                    connected.execute(insert(change), past)
        return new

    def note(
        self, vm_id: str, *, version: int, connection: str, state: str, run: str | None, at: datetime
    ) -> int | None:
        """Write the state of a stored VM alone; its new version, or None as `save` gives it.

        The devices stay those of the run that they were seen in: of another `run` there is no document yet.
        """
        values = {
            "connection": connection,
            "state": state,
            "run": case((vm.c.run == run, vm.c.run), else_=None),
            "seen": at,
        }
        with self._database.writing() as connected:
            return _swap(connected, vm_id, version, values)

    def history(self, vm_id: str | None = None, since: datetime | None = None) -> Iterator[Entry]:
        """What happened to a VM, or to all of them, from a moment on; in the order that it was written."""
        query = select(change).order_by(change.c.number).limit(PAGE)
        if vm_id is not None:
            query = query.where(change.c.vm == vm_id)
        if since is not None:
            query = query.where(change.c.at >= since)
        last = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(change.c.number > last)).all()
            for row in rows:
                fields = {name: (was, now) for name, (was, now) in row.fields.items()}
                yield Entry(row.vm, row.at, Change(row.what, row.kind, row.device, fields))
            if len(rows) < PAGE:
                return
            last = rows[-1].number

    def ambiguities(self) -> list[Unclear]:
        """What the last documents did not tell apart, of all VMs."""
        query = select(ambiguous_table).order_by(ambiguous_table.c.vm, ambiguous_table.c.number)
        with self._database.reading() as connection:
            return [Unclear(row.vm, row.kind, tuple(row.rung), tuple(row.devices)) for row in connection.execute(query)]

    def _device(self, row: Any) -> Device:
        kind = self._entities.kind(row.kind)
        return Device(
            kind=kind,
            id=row.id,
            entity=self._entities.device(kind, row.entity),
            alias=row.alias,
            address=row.address,
            managed=row.managed,
            plugged=row.plugged,
            slice=row.slice,
        )

    def _row(self, vm_id: str, one: Device) -> dict[str, Any]:
        values = attrs.asdict(one, recurse=False) | {"vm": vm_id, "entity": self._entities.dump(one.entity)}
        return {column.name: values[column.name] for column in device.columns}


def _swap(connection: Connection, vm_id: str, version: int | None, values: dict[str, Any]) -> int | None:
    """Write the row of a VM where its version is this one, or where there is none yet; its new version."""
    if version is None:
        try:
            connection.execute(insert(vm), {"id": vm_id, "version": 1, **values})
        except IntegrityError:
            connection.rollback()
            return None
        return 1
    swap = vm.update().where(vm.c.id == vm_id, vm.c.version == version)
    written = connection.execute(swap.values(version=version + 1, **values))
    return version + 1 if written.rowcount else None


def _devices(vm_id: str) -> Any:
    return select(device).where(device.c.vm == vm_id).order_by(device.c.kind, device.c.id)


def _write_devices(connection: Connection, stored: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Write the rows that differ from those that are stored."""
    before, after = ({tuple(row[name] for name in _KEY): row for row in some} for some in (stored, rows))
    if gone := [_aimed(row) for key, row in before.items() if key not in after]:
        connection.execute(device.delete().where(*_AIM), [{name: row[name] for name in _AIMED} for row in gone])
    # told apart by their text, because 1 and True are equal
    if differ := [_aimed(row) for key, row in after.items() if key in before and repr(row) != repr(before[key])]:
        connection.execute(device.update().where(*_AIM), differ)
    if new := [row for key, row in after.items() if key not in before]:
        connection.execute(insert(device), new)


def _aimed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {aimed: row[name] for aimed, name in zip(_AIMED, _KEY, strict=True)}


def _replace_ambiguous(connection: Connection, vm_id: str, rows: list[dict[str, Any]], *, fresh: bool) -> None:
    if not fresh:
        connection.execute(ambiguous_table.delete().where(ambiguous_table.c.vm == vm_id))
    if rows:
        connection.execute(insert(ambiguous_table), rows)
