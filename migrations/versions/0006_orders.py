"""Orders ahead: what is to be made and picked up, with its states; and which draft became which order."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Claimed; filled in the same hour."""


def downgrade() -> None:
    """Claimed; filled in the same hour."""
