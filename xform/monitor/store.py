"""The store: what is known of every VM, and the history of it, in SQLite or PostgreSQL.

Devices and digest of a VM change in one transaction, together with its version.  Who saves says which version it went
by, and nothing is written where that has moved on: of two monitors one is told to look again.  Each transaction takes
the row of one VM first and no second one, so that none waits for another in a circle; where connections are shared, the
monitor's own lease goes before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Update, bindparam, case, insert, select
from sqlalchemy.exc import IntegrityError

from xform.dialect import Dialect
from xform.errors import StoreError, UnreadableError
from xform.monitor.database import Database
from xform.monitor.lease import Lease, Leases, hold
from xform.monitor.records import GONE, Change, Device, Kept, Known
from xform.monitor.schema import ambiguous as ambiguous_table
from xform.monitor.schema import change, device, vm
from xform.monitor.stored import Entities

# Entries of the history that are read at once.
PAGE = 1000
# A device row is found by these, under names that leave those of its columns to what is written.
_KEY = ("vm", "kind", "id")
_AIMED = tuple(f"this_{name}" for name in _KEY)
_AIM = [device.c[name] == bindparam(aimed) for name, aimed in zip(_KEY, _AIMED, strict=True)]
_COLUMNS = tuple(device.columns.keys())
_PLAIN = ("alias", "address", "managed", "plugged", "slice")

# Statements are made once: that takes longer than to run them.
_THIS: Any = bindparam("this_vm")
_SWAP = vm.update().where(vm.c.id == _THIS, vm.c.version == bindparam("this_version"))
_NOTE = _SWAP.values(run=case((vm.c.run == bindparam("this_run"), vm.c.run), else_=None))
_ADD_VM, _ADD_DEVICES, _ADD_CHANGES, _ADD_AMBIGUOUS = map(insert, (vm, device, change, ambiguous_table))
_DEVICES = select(device).where(device.c.vm == _THIS).order_by(device.c.kind, device.c.id)
_WRITE_DEVICES, _DROP_DEVICES = device.update().where(*_AIM), device.delete().where(*_AIM)
_DROP_AMBIGUOUS = ambiguous_table.delete().where(ambiguous_table.c.vm == _THIS)


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
    """A VM as it was loaded, with the `rows` of its devices: what a later writing goes by."""

    known: Known
    connection: str
    state: str
    version: int
    rows: tuple[dict[str, Any], ...] = attrs.field(eq=False, repr=False)


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

    Opening it brings its tables up to date; a `readonly` one is taken as it is, and cannot be written to.  Safe to use
    from several threads; to be closed.  Everything raises StoreError, in one line without the password.
    """

    def __init__(self, url: str, dialect: Dialect, *, readonly: bool = False) -> None:
        self._entities = Entities(dialect)
        ours = vm.c.tables == self._entities.tables
        text, digest, rest = (
            case((ours, one), else_=b"").label(one.name) for one in (vm.c.text, vm.c.digest, vm.c.rest)
        )
        self._states = select(vm.c.id, vm.c.connection, vm.c.state, vm.c.run, text, digest, vm.c.version)
        self._one = select(
            vm.c.name, vm.c.entity, vm.c.run, text, digest, rest, vm.c.connection, vm.c.state, vm.c.version
        ).where(vm.c.id == _THIS)
        self._database = Database(url, readonly=readonly)
        self._lease: Lease | None = None
        try:
            self._refuse_others(dialect.tables.name)
        except BaseException:
            self.close()
            raise

    def _refuse_others(self, name: str) -> None:
        """Raise StoreError where another dialect wrote: its kinds and fields are others."""
        with self._database.reading() as connection:
            written = connection.execute(select(vm.c.tables).distinct()).scalars().all()
        for tables in filter(None, written):
            if (other := tables.partition(b":")[0].decode(errors="replace")) != name:
                raise StoreError(
                    f"{self._database.name}: the store is of the dialect {other}; expected one of {name}: "
                    f"use --dialect {other}, or another store"
                )

    def under(self, lease: Lease) -> Store:
        """The same store for who writes under a lease: `save` and `note` raise LeaseLost once that is not held."""
        leased = copy(self)
        leased._lease = lease
        return leased

    def leases(self, connections: Sequence[str], seconds: float) -> Leases:
        """A new monitor's part in sharing these connections with others of this store."""
        return Leases(self._database, connections, seconds)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            if self._lease:
                hold(connection, self._lease)
            yield connection

    @property
    def name(self) -> str:
        """The URL without a password."""
        return self._database.name

    def close(self) -> None:
        """Close its connections to the database."""
        self._database.close()

    def states(self, ids: Collection[str] | None = None) -> dict[str, State]:
        """These VMs, or all, by their ids; of one that was followed by other tables no digest says that it is known."""
        query = self._states.where(vm.c.id.in_(ids)) if ids is not None and len(ids) <= PAGE else self._states
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {row.id: State(*row) for row in rows if ids is None or row.id in ids}

    def present(self) -> set[str]:
        """The ids of all VMs that are not gone."""
        with self._database.reading() as connection:
            return set(connection.execute(select(vm.c.id).where(vm.c.state != GONE)).scalars())

    def load(self, vm_id: str) -> Stored | None:
        """A VM with its devices, which are in the order of kind and id; its entities are made when they are asked for.

        They raise UnreadableError where the tables cannot read what is stored.
        """
        this = {"this_vm": vm_id}
        with self._database.reading() as connection:
            row = connection.execute(self._one, this).one_or_none()
            if row is None:
                return None
            rows = tuple([dict(zip(_COLUMNS, one, strict=True)) for one in connection.execute(_DEVICES, this)])
        root = Kept(row.entity, self._made, vm_id)
        devices = tuple([self._device(one) for one in rows])
        known = Known(vm_id, row.name, root, devices, row.run, row.text, row.digest, row.rest)
        return Stored(known, row.connection, row.state, row.version, rows)

    def save(
        self,
        known: Known,
        changes: Iterable[Change],
        *,
        stored: Stored | None,
        connection: str,
        state: str,
        at: datetime,
        ambiguous: Iterable[tuple[str, Sequence[str], Sequence[str]]] = (),
    ) -> int | None:
        """Write a VM, its changes and what was `ambiguous` in one transaction; its new version.

        `stored` is what was loaded of it, None for a VM that is not stored.  None comes back where it is no longer so:
        nothing is written then, and what is stored is to be loaded and followed anew.
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
            "tables": self._entities.tables,
            "seen": at,
        }
        if past or not stored:
            values["changed"] = at
        if not stored or known.data is None or known.data is not stored.known.data:
            values["entity"] = self._entities.dump(known.entity)
        rows = [self._row(known.id, one) for one in known.devices]
        unclear = [
            {"vm": known.id, "number": number, "kind": kind, "rung": [*rung], "devices": [*devices]}
            for number, (kind, rung, devices) in enumerate(ambiguous)
        ]
        with self._writing() as connected:
            new = _swap(connected, known.id, stored.version, values) if stored else _add(connected, known.id, values)
            if new is not None:
                _write_devices(connected, stored.rows if stored else (), rows)
                _replace_ambiguous(connected, known.id, unclear, fresh=not stored)
                if past:
                    connected.execute(_ADD_CHANGES, past)
        return new

    def note(
        self, vm_id: str, *, version: int, connection: str, state: str, run: str | None, at: datetime
    ) -> int | None:
        """Write the state of a stored VM alone; its new version, or None as `save` gives it.

        The devices stay those of the run that they were seen in: of another `run` there is no document yet.
        """
        values = {"connection": connection, "state": state, "this_run": run, "seen": at}
        with self._writing() as connected:
            return _swap(connected, vm_id, version, values, _NOTE)

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

    def _device(self, row: dict[str, Any]) -> Device:
        kind = self._entities.kind(row["kind"])
        kept = Kept(row["entity"], self._made, row["vm"], kind)
        return Device(kind, row["id"], kept, *[row[name] for name in _PLAIN])

    def _made(self, data: Any, vm_id: str, kind: str = "") -> Any:
        try:
            return self._entities.device(kind, data) if kind else self._entities.root(data)
        except StoreError as error:
            raise UnreadableError(
                f"{self._database.name}: the tables cannot read what is stored of VM {vm_id}: {error}; "
                "use those that wrote it, or later ones"
            ) from None

    def _row(self, vm_id: str, one: Device) -> dict[str, Any]:
        return {
            "vm": vm_id,
            "kind": one.kind,
            "id": one.id,
            "alias": one.alias,
            "address": one.address,
            "managed": one.managed,
            "plugged": one.plugged,
            "slice": one.slice,
            "entity": self._entities.dump(one.entity) if one.data is None else one.data,
        }


def _swap(connection: Connection, vm_id: str, version: int, values: dict[str, Any], by: Update = _SWAP) -> int | None:
    """Write the row of a VM where its version is this one; its new version."""
    this = {"this_vm": vm_id, "this_version": version, "version": version + 1}
    return version + 1 if connection.execute(by, values | this).rowcount else None


def _add(connection: Connection, vm_id: str, values: dict[str, Any]) -> int | None:
    """Write the row of a VM where there is none yet; its version."""
    try:
        connection.execute(_ADD_VM, {"id": vm_id, "version": 1, **values})
    except IntegrityError:
        connection.rollback()
        return None
    return 1


def _write_devices(connection: Connection, stored: Sequence[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Write the rows that differ from those that are stored."""
    before, after = ({tuple([row[name] for name in _KEY]): row for row in some} for some in (stored, rows))
    if gone := [_aimed(row) for key, row in before.items() if key not in after]:
        connection.execute(_DROP_DEVICES, [{name: row[name] for name in _AIMED} for row in gone])
    if differ := [_aimed(row) for key, row in after.items() if key in before and _differ(row, before[key])]:
        connection.execute(_WRITE_DEVICES, differ)
    if new := [row for key, row in after.items() if key not in before]:
        connection.execute(_ADD_DEVICES, new)


def _differ(row: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether rows differ: what was loaded is the same object; the rest goes by its text, as 1 and True are equal."""
    return any(row[name] is not value and repr(row[name]) != repr(value) for name, value in before.items())


def _aimed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {aimed: row[name] for aimed, name in zip(_AIMED, _KEY, strict=True)}


def _replace_ambiguous(connection: Connection, vm_id: str, rows: list[dict[str, Any]], *, fresh: bool) -> None:
    if not fresh:
        connection.execute(_DROP_AMBIGUOUS, {"this_vm": vm_id})
    if rows:
        connection.execute(_ADD_AMBIGUOUS, rows)
