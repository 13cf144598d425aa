"""Tables of the wallet: payments at a provider, gift cards, saved cards, auto-reload.

What a member owns is in the ledger; these tables say where it came from and make sure that it came once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base

PURPOSES = ("top_up", "auto_reload", "sale", "gift_card")
STATUSES = (
    "created",  # our row is there; the provider has not answered yet
    "requires_action",  # the cardholder must prove who they are
    "processing",  # the provider has not decided
    "paid",  # the provider has the money; we have not booked it
    "credited",  # booked: the end, but for refunds
    "declined",  # the card was refused; a later attempt on the same intent may still pay
    "canceled",  # given up; the provider will never take money for it
    "returned",  # paid, but it could not be booked: all of it goes back to the card
)


class PaymentRow(Base):
    """One payment by card. ``id`` is its natural key everywhere: at the provider, in the ledger, in answers.

    ``credited_seq`` is the member's ledger number of the booking. ``refunded_minor`` went back to the card,
    ``refunding_minor`` is on its way there, ``disputed_minor`` was taken by the cardholder's bank, and
    ``lost_minor`` is what of those two the wallet no longer had. A cash top-up has the gateway ``cash`` and
    no intent.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("member_id", "client", "key"),
        Index("ix_payment_id", "id"),
        Index("ix_payment_status_checked_at", "status", "checked_at"),
        CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "refunded_minor >= 0 AND refunding_minor >= 0 AND disputed_minor >= 0 AND lost_minor >= 0"
            " AND refunded_minor + refunding_minor + disputed_minor <= amount_minor"
            " AND lost_minor <= refunded_minor + disputed_minor",
            name="refund_within_amount",
        ),
        CheckConstraint("(status = 'credited') = (credited_at IS NOT NULL)", name="credited_has_time"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    gateway: Mapped[str]
    status: Mapped[str]
    intent: Mapped[str | None]
    method: Mapped[str | None]
    customer: Mapped[str | None]
    off_session: Mapped[bool] = mapped_column(server_default="false")
    reference: Mapped[str | None]
    decline_code: Mapped[str | None]
    client: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    credited_at: Mapped[datetime | None]
    credited_seq: Mapped[int | None]
    refunded_minor: Mapped[int] = mapped_column(server_default="0")
    refunding_minor: Mapped[int] = mapped_column(server_default="0")
    disputed_minor: Mapped[int] = mapped_column(server_default="0")
    lost_minor: Mapped[int] = mapped_column(server_default="0")


class PaymentIntentRow(Base):
    """Whose payment an intent of a provider is.

    One intent pays once, whoever brings it. Keyed by the intent.
    """

    __tablename__ = "payment_intent"

    gateway: Mapped[str] = mapped_column(primary_key=True)
    intent: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int]
    payment: Mapped[str]


class PaymentRefundRow(Base):
    """Money going back to the card. ``failed`` ones have been put back into the wallet."""

    __tablename__ = "payment_refund"
    __table_args__ = (
        UniqueConstraint("member_id", "client", "key"),
        Index("ix_payment_refund_status_checked_at", "status", "checked_at"),
        CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="status"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    member_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    payment: Mapped[str]
    amount_minor: Mapped[int]
    status: Mapped[str]
    provider_refund: Mapped[str | None]
    reason: Mapped[str]
    client: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]


class GatewayEventRow(Base):
    """A webhook that was verified and taken in: the same one again does nothing."""

    __tablename__ = "gateway_event"

    gateway: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    received_at: Mapped[datetime]


class CardRow(Base):
    """A card that the provider keeps for a member; we know its brand and last four digits."""

    __tablename__ = "saved_card"
    __table_args__ = (UniqueConstraint("member_id", "gateway", "method"),)

    member_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    gateway: Mapped[str]
    customer: Mapped[str]
    method: Mapped[str]
    brand: Mapped[str]
    last4: Mapped[str]
    expires: Mapped[str]
    created_at: Mapped[datetime]


class CustomerRow(Base):
    """The name under which a provider keeps a member's cards."""

    __tablename__ = "gateway_customer"

    member_id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str]


class AutoReloadRow(Base):
    """A member's standing order: when the wallet falls below the threshold, load the amount from the card."""

    __tablename__ = "auto_reload"
    __table_args__ = (
        CheckConstraint("threshold_minor >= 0", name="threshold"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("failures >= 0", name="failures"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("account.member_id"), primary_key=True)
    enabled: Mapped[bool]
    threshold_minor: Mapped[int]
    amount_minor: Mapped[int]
    card: Mapped[str]
    failures: Mapped[int] = mapped_column(server_default="0")
    stopped_because: Mapped[str | None]
    updated_at: Mapped[datetime]


class GiftCardRow(Base):
    """A gift card, keyed by the hash of its code: the code is told once, to whom it is for, and kept nowhere.

    ``claimed_by`` is the member whose redemption has begun (the claim of LEDGER.md § 4); the claim passes to
    nobody else unless that member's redemptions show, under that member's lock, that nothing was booked.
    """

    __tablename__ = "gift_card"
    __table_args__ = (
        UniqueConstraint("id"),
        Index("ix_gift_card_bought_by", "bought_by"),
        Index("ix_gift_card_sale", "sale", "sale_line"),
        Index("ix_gift_card_status_claimed_at", "status", "claimed_at"),
        CheckConstraint("status IN ('active', 'claimed', 'redeemed', 'void')", name="status"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(status IN ('claimed', 'redeemed')) = (claimed_by IS NOT NULL)", name="claimed_has_member"
        ),
        CheckConstraint("(status = 'redeemed') = (redeemed_at IS NOT NULL)", name="redeemed_has_time"),
        CheckConstraint("(status = 'void') = (voided_at IS NOT NULL)", name="void_has_time"),
    )

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[str]
    last4: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    bought_by: Mapped[int | None]
    sale: Mapped[str | None]
    sale_line: Mapped[str | None]
    piece: Mapped[int] = mapped_column(server_default="0")
    payment: Mapped[str | None]
    activated_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    claimed_by: Mapped[int | None]
    claimed_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]


class GiftCardRedemptionRow(Base):
    """A gift card in a member's books.

    Written with the booking, so that one card is booked once by one member.
    """

    __tablename__ = "gift_card_redemption"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("account.member_id"), primary_key=True)
    gift_card: Mapped[str] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    seq: Mapped[int]
    redeemed_at: Mapped[datetime]
