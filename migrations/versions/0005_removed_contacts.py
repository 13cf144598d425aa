"""When a member's address was last taken away.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the past nothing is known."""
    op.add_column(
        "member", sa.Column("contact_removed_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("member", "contact_removed_at")
