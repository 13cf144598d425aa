"""A top-up back to the card: out of the wallet at once, then the provider, then the points it had earned."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy.orm import Session

from loyalty import changes, ledger, staff, wallet
from loyalty.actor import Actor
from loyalty.checkout import points
from loyalty.checkout.desk import Desk
from loyalty.db import transaction
from loyalty.ledger import chart
from loyalty.wallet import PaymentRefundRow, Refund
from loyalty.why import Why

_log = structlog.get_logger("checkout")


def ask_for_refund(
    desk: Desk, *, actor: Actor, member_id: int, payment_id: str, amount_minor: int, key: str
) -> PaymentRefundRow:
    """Send part of a top-up back to its card, if the wallet still has it; the same key once.

    Raise ``wallet.PaymentMissing``, ``wallet.NotRefundable``, ``ledger.InsufficientFunds`` (it was spent).
    """
    with transaction() as session:
        payment = wallet.lock_payment(session, member_id, payment_id)
        refund, is_new = wallet.start_refund(
            session, payment, amount_minor, client=actor.client, key=key, now=desk.now
        )
        if is_new:
            books = ledger.open_books(session, member_id)
            books.begin("top_up_refund", at=desk.now, reference=f"refund:{refund.id}")
            why = Why("top_up_refund", {"amount_minor": amount_minor})
            books.spend_wallet(amount_minor, to=chart.LOADS_CARD, why=why)
            ledger.write(session, books)
            changes.mark(session, member_id, "balance", now=desk.now)
            what = {"amount_minor": amount_minor}
            staff.record(
                session,
                actor=actor,
                what="wallet.refund",
                about=f"payment:{payment_id}",
                after=what,
                now=desk.now,
            )
    try:
        return send_refund(desk, member_id=member_id, refund_id=refund.id)
    except wallet.ProviderUnavailable:
        return refund  # the outbox has it, and asks again


def send_refund(desk: Desk, *, member_id: int, refund_id: str) -> PaymentRefundRow:
    """Ask the provider for a pending refund, and book what it says; again changes nothing.

    Raise ``wallet.RefundMissing``, ``wallet.ProviderUnavailable``.
    """
    with transaction() as session:
        refund = wallet.refund_of(session, member_id, refund_id)
        if refund is None:
            raise wallet.RefundMissing
        payment = wallet.payment_of(session, member_id, refund.payment)
    assert payment is not None
    if refund.status != "pending":
        return refund
    result: Refund | None = None
    if payment.intent is not None:
        try:
            result = desk.gateway.refund(payment.intent, refund.amount_minor, key=refund.id)
        except (wallet.ProviderRefused, wallet.IntentUnknown) as refusal:
            _log.error("refund_refused", refund=refund.id, reason=refusal.detail)
    with transaction() as session:
        return note_result(session, desk, member_id, refund_id, result)


def note_result(
    session: Session, desk: Desk, member_id: int, refund_id: str, result: Refund | None
) -> PaymentRefundRow:
    """Book what became of a refund.

    Its points are taken when it went through, its money comes back when not.
    """
    refund, payment, became = wallet.finish_refund(
        session, member_id=member_id, refund_id=refund_id, result=result, now=desk.now
    )
    if payment.status == "credited":
        if became == "failed":
            _put_back(session, desk, refund)
        elif became == "succeeded":
            points.take_back(session, payment, refund, now=desk.now)
    return refund


def _put_back(session: Session, desk: Desk, refund: PaymentRefundRow) -> None:
    books = ledger.open_books(session, refund.member_id)
    books.begin("top_up_refund_failed", at=desk.now, reference=f"refund:{refund.id}")
    detail: dict[str, Any] = {"amount_minor": refund.amount_minor}
    books.load_wallet(
        refund.amount_minor,
        source=chart.LOADS_CARD,
        why=Why("top_up_refund_failed", detail),
        beyond_limit=True,
    )
    ledger.write(session, books)
    changes.mark(session, refund.member_id, "balance", now=desk.now)
