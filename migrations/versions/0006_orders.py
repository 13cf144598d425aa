"""Orders ahead: what is to be made and picked up, with its states; and which draft became which order.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _document(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    """Make the tables, and let a draft name its order."""
    op.add_column("draft_order", _text("submitted_as", nullable=True))
    op.create_check_constraint(
        op.f("ck_draft_order_submitted"), "draft_order", "submitted_as IS NULL OR discarded_at IS NOT NULL"
    )
    _create_order()
    op.create_table(
        "order_day",
        _text("store"),
        sa.Column("day", sa.Date(), nullable=False),
        _whole("last"),
        sa.PrimaryKeyConstraint("store", "day", name=op.f("pk_order_day")),
    )
    op.create_table(
        "order_number",
        _text("store"),
        sa.Column("day", sa.Date(), nullable=False),
        _whole("number"),
        _whole("member_id"),
        _text("order_id"),
        sa.PrimaryKeyConstraint("store", "day", "number", name=op.f("pk_order_number")),
    )


def _create_order() -> None:
    table = "customer_order"
    op.create_table(
        table,
        _whole("member_id"),
        *(_text(name) for name in ("id", "draft_id", "sale_id", "store")),
        sa.Column("day", sa.Date(), nullable=False),
        _whole("number"),
        _text("state"),
        sa.Column("asap", sa.Boolean(), nullable=False),
        _instant("pickup_at", nullable=False),
        _instant("placed_at", nullable=False),
        *(
            _instant(name)
            for name in ("started_at", "ready_at", "picked_up_at", "cancelled_at", "expired_at")
        ),
        _instant("changed_at", nullable=False),
        *(_text(name, nullable=True) for name in ("cancelled_by", "cancel_reason", "note")),
        _document("line_notes", nullable=True),
        _document("lines"),
        _text("currency"),
        *(
            _whole(name)
            for name in ("gross_minor", "discount_minor", "total_minor", "earned_milli", "spent_milli")
        ),
        _document("tenders"),
        *(_text(name, nullable=True) for name in ("pickup_code", "pickup_qr")),
        _check(
            table,
            "state",
            "state IN ('placed', 'started', 'ready', 'picked_up', 'cancelled', 'expired')",
        ),
        _check(table, "cancelled", "(state = 'cancelled') = (cancelled_at IS NOT NULL)"),
        _check(table, "cancelled_by", "(cancelled_at IS NULL) = (cancelled_by IS NULL)"),
        _check(table, "by", "cancelled_by IN ('member', 'store')"),
        _check(table, "picked_up", "(state = 'picked_up') = (picked_up_at IS NOT NULL)"),
        _check(table, "expired", "state <> 'expired' OR expired_at IS NOT NULL"),
        _check(table, "number", "number > 0"),
        _check(table, "note", "length(note) <= 200"),
        sa.PrimaryKeyConstraint("member_id", "id", name=op.f("pk_customer_order")),
    )
    for columns in (
        ("id",),
        ("sale_id",),
        ("member_id", "draft_id"),
        ("store", "day"),
        ("state", "pickup_at"),
    ):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns), unique=False)


def downgrade() -> None:
    """Remove the tables and the column."""
    for table in ("order_number", "order_day", "customer_order"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_draft_order_submitted"), "draft_order", type_="check")
    op.drop_column("draft_order", "submitted_as")
