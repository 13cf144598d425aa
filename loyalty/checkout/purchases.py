"""Paying for one purchase by card: the payment first, then the sale that uses it; what no sale uses goes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from loyalty import wallet
from loyalty.actor import Actor
from loyalty.checkout.desk import Desk
from loyalty.checkout.topups import begin
from loyalty.db import transaction
from loyalty.wallet import Challenge, PaymentRow

UNUSED_AFTER: Final = timedelta(hours=1)


def pay_for_sale(
    desk: Desk, *, actor: Actor, amount_minor: int, method: str, key: str
) -> tuple[PaymentRow, Challenge | None]:
    """Charge a card for a purchase of the acting member: ``paid``, ``processing`` or ``requires_action``.

    The same key is the same payment. Raise ``CardDeclined`` and what ``wallet.start_payment`` and the gateway raise.
    """
    return begin(desk, "sale", actor=actor, amount_minor=amount_minor, method=method, key=key)


def give_back_unused(desk: Desk, *, limit: int = 50) -> int:
    """Send payments back whose sale was not settled within an hour; return how many."""
    with transaction() as session:
        found = wallet.unused(session, before=desk.now - UNUSED_AFTER, limit=limit)
    for member_id, payment_id in found:
        with transaction() as session:
            payment = wallet.lock_payment(session, member_id, payment_id)
            if payment.status == "paid" and payment.purpose == "sale":
                wallet.give_back(session, payment, reason="unused", now=desk.now)
    return len(found)
