"""By which tables a VM was followed: of those that are stored it is not known, so that they are looked at anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("vm", sa.Column("tables", sa.LargeBinary))
