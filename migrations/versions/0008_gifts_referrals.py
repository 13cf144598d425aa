"""Gifts that members send, who invited whom, and the coupon codes that members keep.

Revision 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gift",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sale_line", sa.Text(), nullable=False),
        sa.Column("gift_card", sa.Text(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("to_kind", sa.Text(), nullable=True),
        sa.Column("to_value", sa.Text(), nullable=True),
        sa.Column("to_name", sa.Text(), nullable=True),
        sa.Column("from_name", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("send_at", _INSTANT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("redeemed_at", _INSTANT, nullable=True),
        sa.Column("canceled_at", _INSTANT, nullable=True),
        sa.CheckConstraint("status IN ('scheduled', 'sent', 'redeemed', 'canceled')", name="ck_gift_status"),
        sa.CheckConstraint("amount_minor > 0", name="ck_gift_amount_positive"),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_gift"),
    )
    op.create_index("ix_gift_gift_card", "gift", ["gift_card"])
    op.create_table(
        "referral",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("referrer", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", _INSTANT, nullable=False),
        sa.Column("rewarded_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("member_id", name="pk_referral"),
    )
    op.create_index("ix_referral_referrer", "referral", ["referrer"])
    op.create_table(
        "kept_coupon",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kept_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "id", name="pk_kept_coupon"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("kept_coupon", "referral", "gift"):
        op.drop_table(table)
