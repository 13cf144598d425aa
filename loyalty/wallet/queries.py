"""Every question the wallet asks its tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from loyalty.wallet.models import (
    AutoReloadRow,
    CardRow,
    CustomerRow,
    GiftCardRow,
    PaymentIntentRow,
    PaymentRefundRow,
    PaymentRow,
)

_COMING = ("created", "requires_action", "processing", "paid")
_LOADS = ("top_up", "auto_reload")


def payment_of(session: Session, member_id: int, payment_id: str) -> PaymentRow | None:
    """Return one payment of a member."""
    return session.get(PaymentRow, (member_id, payment_id))


def payment_by_key(session: Session, member_id: int, client: str, key: str) -> PaymentRow | None:
    """Return the payment that this client began with this key."""
    return session.scalars(
        select(PaymentRow).where(
            PaymentRow.member_id == member_id, PaymentRow.client == client, PaymentRow.key == key
        )
    ).one_or_none()


def refund_by_key(session: Session, member_id: int, client: str, key: str) -> PaymentRefundRow | None:
    """Return the refund that this client began with this key."""
    return session.scalars(
        select(PaymentRefundRow).where(
            PaymentRefundRow.member_id == member_id,
            PaymentRefundRow.client == client,
            PaymentRefundRow.key == key,
        )
    ).one_or_none()


def payments_of(
    session: Session, member_id: int, *, before: str | None = None, limit: int = 50, loads_only: bool = True
) -> Sequence[PaymentRow]:
    """Return a page of a member's payments, newest first: those before the id ``before``."""
    statement = select(PaymentRow).where(PaymentRow.member_id == member_id)
    if loads_only:
        statement = statement.where(PaymentRow.purpose.in_(_LOADS))
    if before is not None:
        statement = statement.where(PaymentRow.id < before)
    return session.scalars(statement.order_by(PaymentRow.id.desc()).limit(limit)).all()


def owner_of(
    session: Session, gateway: str, intent_id: str, payment_id: str | None
) -> tuple[int, str] | None:
    """Return (member, payment) of a provider's intent.

    As attached, else by our id that the provider carries.
    """
    row = session.get(PaymentIntentRow, (gateway, intent_id)) if intent_id else None
    if row is not None:
        return row.member_id, row.payment
    if payment_id is None:
        return None
    found = session.execute(
        select(PaymentRow.member_id, PaymentRow.id).where(
            PaymentRow.id == payment_id, PaymentRow.gateway == gateway
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def loaded_since(session: Session, member_id: int, since: datetime, *, gateway: str | None = None) -> int:
    """Return how much was loaded (or is being loaded) into the wallet since an instant, in minor units."""
    statement = select(func.coalesce(func.sum(PaymentRow.amount_minor), 0)).where(
        PaymentRow.member_id == member_id,
        PaymentRow.purpose.in_(_LOADS),
        PaymentRow.created_at > since,
        PaymentRow.status.in_((*_COMING, "credited")),
    )
    if gateway is not None:
        statement = statement.where(PaymentRow.gateway == gateway)
    return int(session.scalar(statement) or 0)


def on_its_way(session: Session, member_id: int) -> int:
    """Return the minor units of loads that are begun and neither booked nor given up."""
    statement = select(func.coalesce(func.sum(PaymentRow.amount_minor), 0)).where(
        PaymentRow.member_id == member_id, PaymentRow.purpose.in_(_LOADS), PaymentRow.status.in_(_COMING)
    )
    return int(session.scalar(statement) or 0)


def unfinished(session: Session, *, before: datetime, limit: int) -> list[tuple[int, str]]:
    """Return (member, payment) of payments the provider has not settled and nobody asked about since ``before``."""
    rows = session.execute(
        select(PaymentRow.member_id, PaymentRow.id)
        .where(
            or_(
                PaymentRow.status.in_(("created", "requires_action", "processing")),
                and_(PaymentRow.status == "paid", PaymentRow.purpose.in_(_LOADS)),
            ),
            PaymentRow.checked_at < before,
        )
        .order_by(PaymentRow.checked_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def reloads_since(session: Session, member_id: int, since: datetime) -> list[PaymentRow]:
    """Return the automatic reloads begun since an instant, newest first."""
    statement = (
        select(PaymentRow)
        .where(
            PaymentRow.member_id == member_id,
            PaymentRow.purpose == "auto_reload",
            PaymentRow.created_at > since,
        )
        .order_by(PaymentRow.id.desc())
    )
    return list(session.scalars(statement))


def auto_reload_of(session: Session, member_id: int) -> AutoReloadRow | None:
    """Return a member's auto-reload settings."""
    return session.get(AutoReloadRow, member_id, populate_existing=True)


def cards_of(session: Session, member_id: int) -> Sequence[CardRow]:
    """Return the cards kept for a member, newest first."""
    return session.scalars(
        select(CardRow).where(CardRow.member_id == member_id).order_by(CardRow.id.desc())
    ).all()


def card_of(session: Session, member_id: int, card_id: str) -> CardRow | None:
    """Return one kept card of a member."""
    return session.get(CardRow, (member_id, card_id))


def customer_of(session: Session, member_id: int, gateway: str) -> str | None:
    """Return the name under which a provider keeps this member's cards."""
    row = session.get(CustomerRow, (member_id, gateway))
    return None if row is None else row.customer


def gift_cards_of(session: Session, member_id: int) -> Sequence[GiftCardRow]:
    """Return the gift cards a member bought, newest first."""
    return session.scalars(
        select(GiftCardRow).where(GiftCardRow.bought_by == member_id).order_by(GiftCardRow.id.desc())
    ).all()


def gift_cards_of_sale(session: Session, sale: str, line: str | None = None) -> Sequence[GiftCardRow]:
    """Return the gift cards that a sale (a line of it) sold, locked, in the order of their ids."""
    statement = select(GiftCardRow).where(GiftCardRow.sale == sale)
    if line is not None:
        statement = statement.where(GiftCardRow.sale_line == line)
    statement = statement.order_by(GiftCardRow.id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def stale_claims(session: Session, *, before: datetime, limit: int) -> list[tuple[bytes, int]]:
    """Return (code hash, claimant) of redemptions that were begun before an instant and not finished."""
    rows = session.execute(
        select(GiftCardRow.code_hash, GiftCardRow.claimed_by)
        .where(GiftCardRow.status == "claimed", GiftCardRow.claimed_at < before)
        .limit(limit)
    )
    return [(code_hash, claimant) for code_hash, claimant in rows if claimant is not None]


def pending_refunds(session: Session, *, before: datetime, limit: int) -> list[tuple[int, str]]:
    """Return (member, refund) of refunds that the provider has not confirmed and nobody asked about since."""
    rows = session.execute(
        select(PaymentRefundRow.member_id, PaymentRefundRow.id)
        .where(PaymentRefundRow.status == "pending", PaymentRefundRow.checked_at < before)
        .order_by(PaymentRefundRow.checked_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def refund_of(session: Session, member_id: int, refund_id: str) -> PaymentRefundRow | None:
    """Return one refund of a member."""
    return session.get(PaymentRefundRow, (member_id, refund_id))


def refund_of_provider(session: Session, member_id: int, payment_id: str, provider_refund: str) -> str | None:
    """Return our id of a refund that the provider names."""
    return session.scalars(
        select(PaymentRefundRow.id).where(
            PaymentRefundRow.member_id == member_id,
            PaymentRefundRow.payment == payment_id,
            PaymentRefundRow.provider_refund == provider_refund,
        )
    ).one_or_none()
