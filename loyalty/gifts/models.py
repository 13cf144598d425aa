"""Gifts: a gift card that one member bought for somebody, with what is said and where it goes. Never its code."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base

SAID: Final = ("to_kind", "to_value", "to_name", "from_name", "message")


class Gift(Base):
    """One gift. ``id`` is also the id of the sale by which it was bought; ``gift_card`` the card's public id.

    The address, the names and the message (``SAID``) are forgotten when the sender leaves, or when it was sent then.
    """

    __tablename__ = "gift"
    __table_args__ = (
        CheckConstraint("status IN ('scheduled', 'sent', 'redeemed', 'canceled')", name="status"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    sale_line: Mapped[str]
    gift_card: Mapped[str] = mapped_column(index=True)
    last4: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    to_kind: Mapped[str | None]
    to_value: Mapped[str | None]
    to_name: Mapped[str | None]
    from_name: Mapped[str | None]
    message: Mapped[str | None]
    design: Mapped[str]
    locale: Mapped[str]
    send_at: Mapped[datetime]
    status: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
