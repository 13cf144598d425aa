"""What a provider tells by itself: verified, taken in once, in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import structlog
from sqlalchemy.orm import Session

from loyalty import changes, ledger, wallet
from loyalty.checkout import returns, topups
from loyalty.checkout.desk import Desk
from loyalty.db import transaction
from loyalty.ledger import chart
from loyalty.wallet import Event, Gateway, PaymentRow
from loyalty.why import Why

_log = structlog.get_logger("checkout")

Taken = Literal["done", "again", "unknown", "ignored"]


def take_webhook(desk: Desk, gateway: Gateway, headers: Mapping[str, str], body: bytes) -> Taken:
    """Verify and carry out a webhook: ``again`` for one that came before, ``unknown`` where it is not about us.

    Both are answered with success: a provider repeats everything else for days. Raise
    ``wallet.SignatureInvalid``; a ``PaymentMismatch`` is logged and ``ignored``, because no repetition would
    mend it.
    """
    event = gateway.event(headers, body, now=desk.now)
    if event.kind == "other":
        return "ignored"
    try:
        with transaction() as session:
            if not wallet.first_time(session, gateway=gateway.name, event=event, now=desk.now):
                return "again"
            _carry_out(session, desk, gateway, event)
    except wallet.PaymentMissing:
        return "unknown"
    except wallet.PaymentMismatch:
        _log.error("payment_mismatch", gateway=gateway.name, webhook=event.id, intent=event.intent_id)
        return "ignored"
    return "done"


def _carry_out(session: Session, desk: Desk, gateway: Gateway, event: Event) -> None:
    if event.kind == "intent":
        assert event.intent is not None
        topups.take_in(session, desk, gateway.name, event.intent)
        return
    assert event.intent_id is not None
    payment = wallet.lock_payment_of(session, gateway=gateway.name, intent_id=event.intent_id)
    if event.provider_refund is not None:
        refund = wallet.refund_of_provider(session, payment.member_id, payment.id, event.provider_refund.id)
        if refund is not None:
            returns.note_result(session, desk, payment.member_id, refund, event.provider_refund)
        return
    _move(session, desk, payment, event)


def _move(session: Session, desk: Desk, payment: PaymentRow, event: Event) -> None:
    """Book what went back to the card, or came from it, without anybody asking us."""
    books = ledger.open_books(session, payment.member_id)
    # What paid for a purchase was never in the wallet: there it is the house's loss alone.
    has = books.account.wallet_minor if payment.purpose in ("top_up", "auto_reload") else 0
    books.begin(f"top_up_{event.kind}", at=desk.now, reference=f"payment:{payment.id}")
    why = Why(f"top_up_{event.kind}", {"amount_minor": event.amount_minor or event.refunded_minor or 0})
    if event.kind == "reinstated":
        back = wallet.note_reinstated(session, payment, amount_minor=event.amount_minor, now=desk.now)
        if back:
            books.load_wallet(back, source=chart.LOADS_CARD, why=why, beyond_limit=True)
    else:
        if event.kind == "disputed":
            take = wallet.note_disputed(
                session, payment, amount_minor=event.amount_minor, wallet_minor=has, now=desk.now
            )
        else:
            take = wallet.note_refunded_outside(
                session, payment, total_minor=event.refunded_minor or 0, wallet_minor=has, now=desk.now
            )
        if take:
            books.spend_wallet(take, to=chart.LOADS_CARD, why=why)
    ledger.write(session, books)
    changes.mark(session, payment.member_id, "balance", "wallet", now=desk.now)
