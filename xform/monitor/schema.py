"""The tables of a store, as they are now; migrations/ holds the way to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

# The revision in migrations/ that makes these tables.
HEAD = "0003"


class Time(TypeDecorator[datetime]):
    """A moment, in UTC: SQLite keeps no zone, so it is left out there on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; expected a time in UTC")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC)


metadata = MetaData()

vm = Table(
    "vm",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("connection", String, nullable=False),
    Column("state", String, nullable=False),
    Column("run", String),  # of the document that the devices are from
    Column("text", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("rest", LargeBinary, nullable=False),
    Column("tables", LargeBinary),  # what tells the tables that the digests and devices are by; None: not known
    Column("version", Integer, nullable=False),  # one more with each writing: what compare and swap looks at
    Column("entity", JSON, nullable=False),
    Column("seen", Time, nullable=False),  # last writing
    Column("changed", Time, nullable=False),  # last writing that brought changes
)

device = Table(
    "device",
    metadata,
    Column("vm", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("alias", String),
    Column("address", String),
    Column("managed", Boolean, nullable=False),
    Column("plugged", Boolean, nullable=False),
    Column("slice", LargeBinary, nullable=False),
    Column("entity", JSON, nullable=False),
    Index("device_alias", "alias"),
    Index("device_address", "address"),
)

change = Table(
    "change",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("vm", String, nullable=False),
    Column("at", Time, nullable=False),
    Column("what", String, nullable=False),
    Column("kind", String, nullable=False),  # empty: the VM itself
    Column("device", String, nullable=False),
    Column("fields", JSON, nullable=False),  # of each what it was and what it is
    Index("change_vm", "vm"),
    Index("change_at", "at"),
)

ambiguous = Table(
    "ambiguous",
    metadata,
    Column("vm", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("rung", JSON, nullable=False),
    Column("devices", JSON, nullable=False),
)

# Monitors that share the connections of a store: each says until when it counts.
member = Table(
    "member",
    metadata,
    Column("name", String, primary_key=True),
    Column("connections", String, nullable=False),  # a digest: who has the same shares them
    Column("until", Time, nullable=False),
    Column("looks", Integer, nullable=False),
)

# Who follows a connection, until when; nobody where there is no holder, or the time is over.
lease = Table(
    "lease",
    metadata,
    Column("connection", String, primary_key=True),
    Column("number", Integer, nullable=False),  # one more each time that it is taken
    Column("holder", String),
    Column("until", Time),
)

# Each time that a connection was followed: who did, and from when to when.
tenure = Table(
    "tenure",
    metadata,
    Column("connection", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("holder", String, nullable=False),
    Column("begun", Time, nullable=False),
    Column("ended", Time),
)
