"""Passkeys, the push subscriptions of devices, and wallet passes.

Revision 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "passkey",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "octet_length(credential_id) BETWEEN 1 AND 1023", name=op.f("ck_passkey_credential_id")
        ),
        sa.CheckConstraint("octet_length(user_handle) BETWEEN 1 AND 64", name=op.f("ck_passkey_user_handle")),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count")),
        sa.PrimaryKeyConstraint("member_id", "id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_passkey_challenge")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("auth_secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "octet_length(endpoint_hash) = 32", name=op.f("ck_push_subscription_endpoint_hash")
        ),
        sa.CheckConstraint("octet_length(public_key) = 65", name=op.f("ck_push_subscription_public_key")),
        sa.CheckConstraint("octet_length(auth_secret) = 16", name=op.f("ck_push_subscription_auth_secret")),
        sa.PrimaryKeyConstraint("member_id", "device_id", name=op.f("pk_push_subscription")),
    )
    op.create_index("ix_push_subscription_endpoint_hash", "push_subscription", ["endpoint_hash"])
    op.create_table(
        "wallet_pass",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "serial", name=op.f("pk_wallet_pass")),
        sa.UniqueConstraint("serial", name=op.f("uq_wallet_pass_serial")),
    )
    op.create_table(
        "pass_registration",
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("library", sa.Text(), nullable=False),
        sa.Column("push_token", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", "serial", "library", name=op.f("pk_pass_registration")),
    )
    op.create_index("ix_pass_registration_library", "pass_registration", ["library"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("pass_registration", "wallet_pass", "push_subscription", "passkey_challenge", "passkey"):
        op.drop_table(table)
