"""Goods may come back without their receipt: such a return has no sale.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a return have no sale."""
    op.alter_column("sale_return", "sale_id", existing_type=sa.Text(), nullable=True)
    op.create_check_constraint(
        op.f("ck_sale_return_receipt"), "sale_return", "(sale_id IS NULL) = (kind = 'return_without_receipt')"
    )


def downgrade() -> None:
    """Forget the returns without a sale: there is no place for them."""
    op.drop_constraint(op.f("ck_sale_return_receipt"), "sale_return", type_="check")
    op.execute("DELETE FROM sale_return WHERE sale_id IS NULL")
    op.alter_column("sale_return", "sale_id", existing_type=sa.Text(), nullable=False)
