"""What was offered to whom, how far they are, and the coupon codes in circulation."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class OfferInstance(Base):
    """One offer that one member received, once; receiving it again makes another.

    The moments tell its state: sent → seen → activated → in progress → completed, or expired after
    ``window_until``. ``position`` is the order of receipt. ``done`` is true as soon as nothing can happen to it
    any more, so that a sale loads only what is open.
    """

    __tablename__ = "offer_instance"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    offer: Mapped[str]
    position: Mapped[int]
    channel: Mapped[str] = mapped_column(server_default="inbox")
    received_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    activated_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[str | None]
    window_from: Mapped[datetime | None]
    window_until: Mapped[datetime | None]
    progress: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    __table_args__ = (
        CheckConstraint("progress >= 0", name="progress"),
        Index("ix_offer_instance_open", "member_id", postgresql_where=text("NOT done")),
        {"postgresql_with": {"fillfactor": 80}},
    )


class OfferWave(Base):
    """An offer that one wave brought to one member; ``instance`` is ``None`` where the offer ignored the repeat."""

    __tablename__ = "offer_wave"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wave: Mapped[str] = mapped_column(primary_key=True)
    offer: Mapped[str] = mapped_column(primary_key=True)
    instance: Mapped[str | None]
    sent_at: Mapped[datetime]


class ChallengeStep(Base):
    """What one line of one sale contributed to a challenge; a return lowers ``amount`` by what it takes back."""

    __tablename__ = "challenge_step"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    instance: Mapped[str] = mapped_column(primary_key=True)
    sale: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]
    original: Mapped[int]
    day: Mapped[date]
    occurred_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("amount BETWEEN 0 AND original", name="amount"),)


class CouponCode(Base):
    """A code in circulation: what it does is the program's ``coupon``; the code itself is kept only as a hash.

    ``uses_left`` is null where a code may be used without end; ``member_id`` is set on personal codes.
    """

    __tablename__ = "coupon_code"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    coupon: Mapped[str]
    member_id: Mapped[int | None]
    last_four: Mapped[str]
    uses_left: Mapped[int | None]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("uses_left >= 0", name="uses_left"),)


class KeptCoupon(Base):
    """A coupon code that a member typed and keeps; ``id`` is the code's."""

    __tablename__ = "kept_coupon"

    member_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    kept_at: Mapped[datetime]
