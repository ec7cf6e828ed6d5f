"""Which monitor follows which connection, where several share a store: leases in the database, by its clock.

A monitor that is there says so now and then, and renews its leases.  Each has as many as are its share among those with
the same connections; what is more it gives back, and what nobody holds any more is taken.  Who writes holds its lease
in the same transaction, so that one who lost it writes nothing more, and none takes it in between; who falls silent in
the midst of that loses it as any other.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Connection, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from xform.errors import StoreError
from xform.monitor.database import Database
from xform.monitor.schema import lease as lease_table
from xform.monitor.schema import member, tenure

# Of the seconds until others take over: how long a lease lasts without being renewed, how often one looks, and how long
# one counts without: less than a lease lasts, so that the others' shares have room for what it followed.
LASTS, LOOKS, COUNTS = 2 / 3, 1 / 6, 1 / 3
# Of the time that a lease lasts: how long a writer waits for another one, while nobody renews its lease.
WAITS = 1 / 3


class LeaseLost(StoreError):
    """Another monitor follows the connection now, or may at any moment: nothing was written."""


@attrs.frozen
class Lease:
    """The right to follow a connection, `seconds` long from each renewal; `number` tells this time from others."""

    connection: str
    holder: str
    number: int
    seconds: float


@attrs.frozen
class Turn:
    """What one look came to: the leases that are held, and those of them that others should have."""

    held: frozenset[Lease]
    surplus: frozenset[Lease]


class Leases:
    """One monitor's part in sharing `connections`, each of which is taken over at the latest so many `seconds` after
    its monitor fell silent.

    To be looked at `every` so many seconds; a lease `lasts` so many from the look that renewed it.  Raises StoreError.
    """

    def __init__(self, database: Database, connections: Sequence[str], seconds: float) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{os.urandom(4).hex()}"
        self._database = database
        self._connections = sorted(set(connections))  # in one order: two who begin do not wait for each other
        self._group = hashlib.sha256("\n".join(self._connections).encode()).hexdigest()
        self.lasts, self.every = LASTS * seconds, LOOKS * seconds
        self._counts = timedelta(seconds=COUNTS * seconds)
        free = [{"connection": one, "number": 0} for one in self._connections]
        if not free:
            raise StoreError("leases of no connections; expected the names of some")
        with self._writing() as connection:
            connection.execute(_inserted(connection, lease_table).on_conflict_do_nothing(), free)

    def look(self, held: Collection[Lease]) -> Turn:
        """Say that this monitor is there, renew what it holds, and take what is free up to its share.

        A connection whose lease was lost is not taken by the same look: its follower may not have ended yet.
        """
        with self._writing() as connection:
            now = _now(connection)
            share = -(-len(self._connections) // self._present(connection, now))
            kept = self._renewed(connection, held, now)
            if len(kept) < share:
                others = {*self._connections} - {one.connection for one in held}
                kept |= self._taken(connection, others, share - len(kept), now)
            return Turn(frozenset(kept), frozenset(sorted(kept, key=lambda one: one.connection)[share:]))

    def give_back(self, leases: Collection[Lease], *, leaving: bool = False) -> None:
        """Let others have these at once, after the last writing under them; `leaving`: this monitor ends."""
        with self._writing() as connection:
            now = _now(connection)
            for one in leases:
                if connection.execute(update(lease_table).where(_held(one)).values(holder=None, until=None)).rowcount:
                    this = and_(tenure.c.connection == one.connection, tenure.c.number == one.number)
                    connection.execute(update(tenure).where(this).values(ended=now))
            if leaving:
                connection.execute(delete(member).where(member.c.name == self.name))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            _mortal(connection, self.lasts)
            yield connection

    def _until(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self.lasts)

    def _present(self, connection: Connection, now: datetime) -> int:
        """How many monitors with the same connections are there, this one included.

        Another one counts from its second look on: one that dies and is started again and again is not many.
        """
        until = now + self._counts
        there = _inserted(connection, member).values(name=self.name, connections=self._group, until=until, looks=1)
        again = {"until": until, "looks": member.c.looks + 1}
        connection.execute(there.on_conflict_do_update(index_elements=["name"], set_=again))
        silent = select(member.c.name).where(member.c.until < now).with_for_update(skip_locked=True)
        if names := connection.execute(silent).scalars().all():
            connection.execute(delete(member).where(member.c.name.in_(names)))
        others = and_(member.c.name != self.name, member.c.connections == self._group)
        present = select(func.count()).where(others, member.c.until >= now, member.c.looks > 1)
        return 1 + connection.execute(present).scalar_one()

    def _renewed(self, connection: Connection, held: Collection[Lease], now: datetime) -> set[Lease]:
        ours = and_(lease_table.c.connection.in_([one.connection for one in held]), lease_table.c.holder == self.name)
        renewal = update(lease_table).where(ours, lease_table.c.until >= now).values(until=self._until(now))
        rows = connection.execute(renewal.returning(lease_table.c.connection, lease_table.c.number))
        return {Lease(row.connection, self.name, row.number, self.lasts) for row in rows} & set(held)

    def _taken(self, connection: Connection, some: set[str], most: int, now: datetime) -> set[Lease]:
        """Leases of some that nobody holds any more; those under which somebody writes are left for the next look."""
        free = or_(lease_table.c.holder.is_(None), lease_table.c.until < now)
        query = select(lease_table.c.connection).where(lease_table.c.connection.in_(some), free).limit(most)
        query = query.order_by(lease_table.c.connection).with_for_update(skip_locked=True)
        names = connection.execute(query).scalars().all()
        if not names:
            return set()
        now = _now(connection)  # until here somebody may have had to be waited for
        these = lease_table.c.connection.in_(names)
        was = select(lease_table.c.until).where(lease_table.c.connection == tenure.c.connection).scalar_subquery()
        open_ = and_(tenure.c.connection.in_(names), tenure.c.ended.is_(None))
        connection.execute(update(tenure).where(open_).values(ended=was))
        values = {"number": lease_table.c.number + 1, "holder": self.name, "until": self._until(now)}
        taking = update(lease_table).where(these).values(values)
        rows = connection.execute(taking.returning(lease_table.c.connection, lease_table.c.number)).all()
        begun = [{"connection": name, "number": number, "holder": self.name, "begun": now} for name, number in rows]
        connection.execute(insert(tenure), begun)
        return {Lease(name, self.name, number, self.lasts) for name, number in rows}


def hold(connection: Connection, one: Lease) -> None:
    """Within this transaction nobody takes the lease. Raises LeaseLost where it is not held any more."""
    _mortal(connection, one.seconds)
    query = select(lease_table.c.until).where(_held(one)).with_for_update(read=True)
    until = connection.execute(query).scalar_one_or_none()
    if until is None or until < _now(connection):
        raise LeaseLost(f"{one.connection}: another monitor may follow it now; nothing was written")


def _held(one: Lease) -> Any:
    return and_(
        lease_table.c.connection == one.connection,
        lease_table.c.holder == one.holder,
        lease_table.c.number == one.number,
    )


def _mortal(connection: Connection, lasts: float) -> None:
    """Let the server end this transaction where its client is silent for as long as a lease lasts, or waits for others
    for so long that a lease whose row it has locked could not be renewed in time.

    SQLite has nothing like it; there it ends with its process.
    """
    if connection.dialect.name == "postgresql":
        limits = {"idle_in_transaction_session_timeout": lasts, "lock_timeout": WAITS * lasts}
        settings = (func.set_config(name, str(round(1000 * seconds)), True) for name, seconds in limits.items())
        connection.execute(select(*settings))


def _now(connection: Connection) -> datetime:
    """The moment by the clock that all who share the database go by."""
    if connection.dialect.name == "postgresql":
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now
    return datetime.now(UTC)


def _inserted(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
