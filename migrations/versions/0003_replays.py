"""Replays of a log: what was begun, and which chunks of it are loaded.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replay",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("program_version", sa.BigInteger(), nullable=False),
        sa.Column("began_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_replay")),
    )
    op.create_table(
        "replay_chunk",
        sa.Column("replay", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("member_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("loaded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("replay", "number", name=op.f("pk_replay_chunk")),
    )


def downgrade() -> None:
    op.drop_table("replay_chunk")
    op.drop_table("replay")
