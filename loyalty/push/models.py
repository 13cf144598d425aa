"""The table of push subscriptions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class PushSubscription(Base):
    """Where a device's browser takes messages while the app is closed (RFC 8030), and the keys only it can read with.

    Whoever knows ``endpoint`` can knock there, so it is the member's secret; ``key_name`` tells which of our keys the
    push service expects.
    """

    __tablename__ = "push_subscription"
    __table_args__ = (
        CheckConstraint("octet_length(endpoint_hash) = 32", name="endpoint_hash"),
        CheckConstraint("octet_length(public_key) = 65", name="public_key"),
        CheckConstraint("octet_length(auth_secret) = 16", name="auth_secret"),
        Index("ix_push_subscription_endpoint_hash", "endpoint_hash"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    endpoint: Mapped[str]
    endpoint_hash: Mapped[bytes]
    public_key: Mapped[bytes]
    auth_secret: Mapped[bytes]
    key_name: Mapped[str]
    created_at: Mapped[datetime]
