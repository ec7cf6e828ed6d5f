"""What the leases of a store leave behind: each time that a connection was followed."""

from __future__ import annotations

from datetime import datetime

import attrs
from sqlalchemy import select

from xform.monitor.database import Database
from xform.monitor.schema import tenure


@attrs.frozen
class Tenure:
    """One time that a connection was followed; `ended` is None while it is."""

    connection: str
    number: int
    holder: str
    begun: datetime
    ended: datetime | None


def tenures(database: Database) -> list[Tenure]:
    """Each time that a connection was followed, by connection and time."""
    query = select(tenure).order_by(tenure.c.connection, tenure.c.number)
    with database.reading() as connection:
        return [Tenure(*row) for row in connection.execute(query)]
