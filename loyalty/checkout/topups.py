"""Filling the wallet.

By card through the provider, by cash at a till. Booked with the points that a top-up earns.
"""

from __future__ import annotations

import structlog
from sqlalchemy.orm import Session

from loyalty import ledger, sales, staff, wallet
from loyalty.actor import SYSTEM, Actor
from loyalty.checkout.desk import Desk
from loyalty.db import transaction
from loyalty.errors import PaymentDeclined
from loyalty.sales.refusals import MemberBlocked
from loyalty.wallet import Challenge, Intent, Order, PaymentRow
from loyalty.wallet.payments import Purpose

_log = structlog.get_logger("checkout")
_UNDECIDED = ("created", "requires_action", "processing", "paid")


class CardDeclined(PaymentDeclined):
    """The card was refused. ``decline_code`` is the provider's word for why; nothing was taken."""

    code = "card_declined"
    text = "The card was declined."


def top_up(
    desk: Desk, *, actor: Actor, amount_minor: int, method: str, key: str
) -> tuple[PaymentRow, Challenge | None]:
    """Fill the wallet of the acting member from a card: a provider's token, or the id of a kept card.

    The answer is ``credited``, ``processing``, or ``requires_action`` (the intent has the challenge;
    afterwards call
    ``finish_top_up``). The same key is the same payment, however often. Raise ``CardDeclined`` and what
    ``wallet.start_payment`` and the gateway raise.
    """
    return begin(desk, "top_up", actor=actor, amount_minor=amount_minor, method=method, key=key)


def begin(
    desk: Desk, purpose: Purpose, *, actor: Actor, amount_minor: int, method: str, key: str
) -> tuple[PaymentRow, Challenge | None]:
    """Begin the payment of the acting member for a purpose, or find the one of this key, and ask for its money."""
    assert actor.member_id is not None
    gateway = desk.gateway
    with transaction() as session:
        card = wallet.card_of(session, actor.member_id, method)
        order = Order(
            purpose,
            amount_minor,
            desk.currency(session),
            gateway.name,
            card.method if card else method,
            customer=card.customer if card else None,
        )
        payment = wallet.start_payment(
            session,
            order,
            member_id=actor.member_id,
            client=actor.client,
            key=key,
            now=desk.now,
            limits=desk.limits,
        )
    return pay(desk, payment)


def pay(desk: Desk, payment: PaymentRow) -> tuple[PaymentRow, Challenge | None]:
    """Ask the provider for the money of a begun payment, and book what it says. Raise ``CardDeclined``."""
    challenge = None
    if payment.status in _UNDECIDED:
        gateway = desk.gateway
        intent = (
            gateway.retrieve(payment.intent) if payment.intent else gateway.create(wallet.charge_of(payment))
        )
        if intent.status == "requires_confirmation":
            intent = gateway.confirm(intent.id, return_url=_return_url(desk, payment))
        payment, challenge = settle(desk, intent), intent.challenge
    if payment.status == "declined":
        raise CardDeclined(payment=payment.id, decline_code=payment.decline_code)
    return payment, challenge


def _return_url(desk: Desk, payment: PaymentRow) -> str | None:
    """Return where the bank's page sends the holder; a purchase is paid from elsewhere, by a secret."""
    return desk.page(f"/wallet?top_up={payment.id}") if payment.purpose == "top_up" else None


def finish_top_up(desk: Desk, *, actor: Actor, payment_id: str) -> tuple[PaymentRow, Challenge | None]:
    """Ask the provider what became of a payment (after a challenge), and book it; again changes nothing.

    Raise ``wallet.PaymentMissing``, ``CardDeclined``.
    """
    assert actor.member_id is not None
    with transaction() as session:
        payment = wallet.payment_of(session, actor.member_id, payment_id)
    if payment is None or payment.gateway != desk.gateway.name:
        raise wallet.PaymentMissing
    return pay(desk, payment)


def settle(desk: Desk, intent: Intent) -> PaymentRow:
    """Bring a payment to what the provider says of it, and book it if it is paid, in one transaction."""
    with transaction() as session:
        return take_in(session, desk, desk.gateway.name, intent)


def take_in(session: Session, desk: Desk, gateway: str, intent: Intent) -> PaymentRow:
    """Settle and book inside a transaction; raise ``wallet.PaymentMissing``, ``wallet.PaymentMismatch``."""
    payment, was = wallet.settle_payment(session, gateway=gateway, intent=intent, now=desk.now)
    if payment.status == "paid" and payment.purpose in ("top_up", "auto_reload"):
        _book(session, desk, payment)
    if payment.purpose == "auto_reload":
        wallet.end_auto_reload(session, payment, was=was, now=desk.now)
    return payment


def _book(session: Session, desk: Desk, payment: PaymentRow) -> None:
    """Book a paid payment into the wallet, with its points; what cannot be booked goes back to the card."""
    try:
        with session.begin_nested():
            credit(session, payment, actor=SYSTEM, source="card", desk=desk)
    except (ledger.WalletLimit, ledger.AccountMissing, MemberBlocked) as refusal:
        _log.warning("payment_returned", payment=payment.id, reason=refusal.code)
        wallet.give_back(session, payment, reason=refusal.code, now=desk.now)


def credit(session: Session, payment: PaymentRow, *, actor: Actor, source: str, desk: Desk) -> None:
    """Book a payment once.

    The ledger and the rules by ``sales.top_up``, with the payment's id as the natural key.
    """
    booked = sales.top_up(
        session,
        actor=actor,
        member_id=payment.member_id,
        amount_minor=payment.amount_minor,
        source=source,
        key=f"payment:{payment.id}",
        reference=f"top_up:{payment.id}",
        now=desk.now,
    )
    wallet.mark_credited(session, payment, seq=booked["seq"], now=desk.now)


def take_cash(
    session: Session, desk: Desk, *, actor: Actor, member_id: int, amount_minor: int, key: str
) -> PaymentRow:
    """Take cash at a till into a member's wallet; the same key once. One transaction: no provider is asked.

    Raise what ``wallet.take_cash`` raises. The face has checked ``wallet.cash``.
    """
    payment = wallet.take_cash(
        session,
        member_id=member_id,
        amount_minor=amount_minor,
        currency=desk.currency(session),
        client=actor.client,
        key=key,
        now=desk.now,
        limits=desk.limits,
    )
    if payment.status == "paid":
        credit(session, payment, actor=actor, source="cash", desk=desk)
        what = {"amount_minor": amount_minor}
        staff.record(
            session, actor=actor, what="wallet.cash", about=f"payment:{payment.id}", after=what, now=desk.now
        )
    return payment
