"""A card payment for one purchase: the sale that is settled with it uses it up, a return sends its part back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loyalty.errors import PaymentDeclined
from loyalty.wallet.models import PaymentRow
from loyalty.wallet.payments import lock_payment, mark_credited
from loyalty.wallet.queries import payment_of
from loyalty.wallet.refunds import start_refund


class PaymentNotUsable(PaymentDeclined):
    """The payment is not paid, not of this member, of another amount, or was used for another sale."""

    code = "payment_not_usable"
    text = "This payment cannot pay for this sale."


def use_for_sale(
    session: Session,
    *,
    member_id: int,
    payment_id: str | None,
    amount_minor: int,
    sale: str,
    seq: int,
    now: datetime,
) -> None:
    """Use a paid card payment of purpose ``sale`` for a sale, once; the caller holds the member's lock.

    Raise ``PaymentNotUsable``.
    """
    payment = None if payment_id is None else payment_of(session, member_id, payment_id)
    if payment is None:
        raise PaymentNotUsable
    payment = lock_payment(session, member_id, payment.id)
    if (payment.purpose, payment.status, payment.amount_minor) != ("sale", "paid", amount_minor):
        raise PaymentNotUsable
    payment.reference = f"sale:{sale}"
    mark_credited(session, payment, seq=seq, now=now)


def refund_sale(
    session: Session, *, member_id: int, payment_id: str, amount_minor: int, key: str, now: datetime
) -> bool:
    """Send a returned part of a sale back to the card that paid it; false if that was no payment of ours."""
    payment = payment_of(session, member_id, payment_id)
    if payment is None or payment.purpose != "sale":
        return False
    start_refund(
        session,
        lock_payment(session, member_id, payment_id),
        amount_minor,
        client="system",
        key=key,
        now=now,
    )
    return True


def unused(session: Session, *, before: datetime, limit: int) -> list[tuple[int, str]]:
    """Return (member, payment) of payments for a sale that was never settled."""
    rows = session.execute(
        select(PaymentRow.member_id, PaymentRow.id)
        .where(PaymentRow.status == "paid", PaymentRow.purpose == "sale", PaymentRow.checked_at < before)
        .order_by(PaymentRow.checked_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
