"""Rewards that were given to members, and what is left of rewards that run out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class RewardGrant(Base):
    """A reward (or a coupon's effect) given to one member, to be used once before ``valid_until``."""

    __tablename__ = "reward_grant"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    reward: Mapped[str]
    rule: Mapped[str | None]
    given_at: Mapped[datetime]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    used_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_reward_grant_open",
            "member_id",
            postgresql_where=text("used_by IS NULL AND withdrawn_at IS NULL"),
        ),
    )


class RewardStock(Base):
    """How many of a reward were taken; the program says how many there are."""

    __tablename__ = "reward_stock"

    reward: Mapped[str] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(server_default="0")

    __table_args__ = (CheckConstraint("taken >= 0", name="taken"),)
