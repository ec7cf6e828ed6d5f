"""VMs, their devices, the history of both, and what could not be told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "vm",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("connection", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("run", sa.String),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("rest", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("entity", sa.JSON, nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "device",
        sa.Column("vm", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("alias", sa.String),
        sa.Column("address", sa.String),
        sa.Column("managed", sa.Boolean, nullable=False),
        sa.Column("plugged", sa.Boolean, nullable=False),
        sa.Column("slice", sa.LargeBinary, nullable=False),
        sa.Column("entity", sa.JSON, nullable=False),
    )
    op.create_index("device_alias", "device", ["alias"])
    op.create_index("device_address", "device", ["address"])
    op.create_table(
        "change",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("vm", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
    )
    op.create_index("change_vm", "change", ["vm"])
    op.create_index("change_at", "change", ["at"])
    op.create_table(
        "ambiguous",
        sa.Column("vm", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("rung", sa.JSON, nullable=False),
        sa.Column("devices", sa.JSON, nullable=False),
    )
