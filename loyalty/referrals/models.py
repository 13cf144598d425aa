"""Who invited whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class Referral(Base):
    """A member who joined by another's link: one referrer for each, for good. ``id`` names it in both ledgers.

    After a merge of the two it is of somebody with themself, and counts for nothing.
    """

    __tablename__ = "referral"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str]
    referrer: Mapped[int] = mapped_column(index=True)
    joined_at: Mapped[datetime]
    rewarded_at: Mapped[datetime | None]
