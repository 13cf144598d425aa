"""The counters."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class RateLimit(Base):
    """How often a key was counted in a window; ``key_hash`` is a keyed hash of an address or an identity.

    Unlogged: it costs no write-ahead log, and after a crash of the database counting begins anew.
    """

    __tablename__ = "rate_limit"
    __table_args__ = (Index("ix_rate_limit_expires_at", "expires_at"), {"prefixes": ["UNLOGGED"]})

    bucket: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime]
