"""Which monitor follows which connection, and which did when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "member",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("connections", sa.String, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("connection", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("holder", sa.String),
        sa.Column("until", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "tenure",
        sa.Column("connection", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("begun", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
    )
