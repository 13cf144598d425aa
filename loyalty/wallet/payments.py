"""Payments by card: begun here, paid at the provider, settled here, then booked by ``sales`` in the same transaction.

The member's account row is locked first, the payment's row second; neither while the provider is spoken to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import changes, ledger
from loyalty.errors import Invalid, Missing
from loyalty.ids import new_id
from loyalty.wallet import policy, queries
from loyalty.wallet.gateway import Charge, Event, Intent
from loyalty.wallet.models import GatewayEventRow, PaymentIntentRow, PaymentRow
from loyalty.wallet.policy import DEFAULT_LIMITS, Limits

Purpose = Literal["top_up", "auto_reload", "sale", "gift_card"]


class PaymentMissing(Missing):
    """The member has no such payment."""

    code = "payment_not_found"
    text = "There is no such payment."


class KeyReused(Invalid):
    """The idempotency key was sent before with another request."""

    code = "idempotency_key_reused"
    text = "This idempotency key was used for another request."


def request_hash(**request: str | int | None) -> bytes:
    """Return the hash by which the same request is recognized."""
    return sha256(json.dumps(request, sort_keys=True).encode()).digest()


# -- beginning ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid, and with what. ``reference`` names what it is for (a sale, an order)."""

    purpose: Purpose
    amount_minor: int
    currency: str
    gateway: str
    method: str | None
    customer: str | None = None
    off_session: bool = False
    reference: str | None = None

    @property
    def fills_wallet(self) -> bool:
        """Tell whether the money goes into the wallet."""
        return self.purpose in ("top_up", "auto_reload")

    @property
    def hash(self) -> bytes:
        """Return the hash by which the same order is recognized."""
        return request_hash(
            purpose=self.purpose,
            amount_minor=self.amount_minor,
            currency=self.currency,
            method=self.method,
            reference=self.reference,
        )


def start_payment(
    session: Session,
    order: Order,
    *,
    member_id: int,
    client: str,
    key: str,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> PaymentRow:
    """Write down that the member wants to pay by card, before the provider is asked; the same key once.

    What fills the wallet must fit into it together with what is still on its way. Raise ``AmountOutOfRange``,
    ``DailyLimit``, ``ledger.WalletLimit``, ``KeyReused``.
    """
    return _start(session, order, member_id, client=client, key=key, status="created", limits=limits, now=now)


def take_cash(
    session: Session,
    *,
    member_id: int,
    amount_minor: int,
    currency: str,
    client: str,
    key: str,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> PaymentRow:
    """Write down that a till took cash for the wallet: ``paid`` at once, to be booked in this transaction.

    Raise as ``start_payment`` does; the same key answers with the same payment, then ``credited``.
    """
    order = Order("top_up", amount_minor, currency, "cash", None)
    policy.check_amount(amount_minor, 1, limits.cash_max_minor)
    if queries.payment_by_key(session, member_id, client, key) is None:
        cash = queries.loaded_since(session, member_id, now - timedelta(days=1), gateway="cash")
        policy.check_day(amount_minor, cash, limits.cash_day_minor)
    return _start(session, order, member_id, client=client, key=key, status="paid", limits=limits, now=now)


def _start(
    session: Session,
    order: Order,
    member_id: int,
    *,
    client: str,
    key: str,
    status: str,
    limits: Limits,
    now: datetime,
) -> PaymentRow:
    changes.lock(session, member_id)
    known = queries.payment_by_key(session, member_id, client, key)
    if known is not None:
        if known.request_hash != order.hash:
            raise KeyReused
        return known
    if order.fills_wallet:
        _check_load(session, member_id, order.amount_minor, limits=limits, now=now)
    payment = PaymentRow(
        member_id=member_id,
        id=new_id(now),
        purpose=order.purpose,
        amount_minor=order.amount_minor,
        currency=order.currency,
        gateway=order.gateway,
        status=status,
        method=order.method,
        customer=order.customer,
        off_session=order.off_session,
        reference=order.reference,
        client=client,
        key=key,
        request_hash=order.hash,
        created_at=now,
        checked_at=now,
        refunded_minor=0,
        refunding_minor=0,
        disputed_minor=0,
        lost_minor=0,
    )
    session.add(payment)
    session.flush()
    return payment


def _check_load(
    session: Session, member_id: int, amount_minor: int, *, limits: Limits, now: datetime
) -> None:
    policy.check_amount(amount_minor, limits.top_up_min_minor, limits.top_up_max_minor)
    loaded = queries.loaded_since(session, member_id, now - timedelta(days=1))
    policy.check_day(amount_minor, loaded, limits.day_minor)
    account = ledger.read_books(session, member_id).account
    coming = queries.on_its_way(session, member_id)
    if account.wallet_minor + account.wallet_held_minor + coming + amount_minor > account.wallet_limit_minor:
        raise ledger.WalletLimit(limit_minor=account.wallet_limit_minor)


def charge_of(payment: PaymentRow) -> Charge:
    """Return what to ask the provider for."""
    assert payment.method is not None, "a payment in cash has no charge"
    return Charge(
        reference=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        method=payment.method,
        customer=payment.customer,
        off_session=payment.off_session,
    )


# -- settling -------------------------------------------------------------------------------------------------------


def settle_payment(
    session: Session, *, gateway: str, intent: Intent, now: datetime
) -> tuple[PaymentRow, str]:
    """Bring a payment to what its provider says (retrieved, or told by a verified webhook), under the locks.

    Return it with the status it had before. ``paid`` now means: the money is there and is not booked yet; the
    caller books it in this transaction and calls ``mark_credited``. Raise ``PaymentMissing``,
    ``PaymentMismatch``.
    """
    payment = _locked(session, gateway, intent)
    policy.check_intent(
        intent,
        payment=payment.id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        attached=payment.intent,
    )
    if payment.intent is None and intent.id:
        _attach(session, payment, intent.id)
    before = payment.status
    status = policy.next_status(before, intent)
    if status != before:
        payment.status = status
        changes.mark(session, payment.member_id, "wallet", now=now)
    payment.decline_code = intent.decline_code if status == "declined" else None
    payment.checked_at = now
    session.flush()
    return payment, before


def _locked(session: Session, gateway: str, intent: Intent) -> PaymentRow:
    owner = queries.owner_of(session, gateway, intent.id, intent.reference)
    if owner is None:
        raise PaymentMissing
    return lock_payment(session, *owner)


def lock_payment(session: Session, member_id: int, payment_id: str) -> PaymentRow:
    """Lock the member's account row, then the payment, and return it as it now is.

    Raise ``PaymentMissing``.
    """
    changes.lock(session, member_id)
    payment = session.get(PaymentRow, (member_id, payment_id), with_for_update=True, populate_existing=True)
    if payment is None:
        raise PaymentMissing
    return payment


def _attach(session: Session, payment: PaymentRow, intent_id: str) -> None:
    """Make the intent this payment's; one intent pays one payment (a primary key says so too)."""
    session.execute(
        insert(PaymentIntentRow)
        .values(gateway=payment.gateway, intent=intent_id, member_id=payment.member_id, payment=payment.id)
        .on_conflict_do_nothing()
    )
    row = session.get_one(PaymentIntentRow, (payment.gateway, intent_id), populate_existing=True)
    if row.payment != payment.id:
        raise policy.PaymentMismatch
    payment.intent = intent_id


def mark_credited(session: Session, payment: PaymentRow, *, seq: int | None, now: datetime) -> None:
    """Note that a paid payment was booked as the member's ledger transaction ``seq`` (none for a gift card)."""
    if payment.status != "paid":
        raise ValueError(f"only a paid payment is booked, and once; this one is {payment.status}")
    payment.status = "credited"
    payment.credited_at = now
    payment.credited_seq = seq
    changes.mark(session, payment.member_id, "wallet", now=now)
    session.flush()


def first_time(session: Session, *, gateway: str, event: Event, now: datetime) -> bool:
    """Take a webhook in: true once per event, in the transaction of its effect."""
    inserted = session.execute(
        insert(GatewayEventRow)
        .values(gateway=gateway, event=event.id, kind=event.type, received_at=now)
        .on_conflict_do_nothing()
        .returning(GatewayEventRow.event)
    )
    return inserted.first() is not None


def lock_payment_of(session: Session, *, gateway: str, intent_id: str) -> PaymentRow:
    """Lock the payment of a provider's intent; raise ``PaymentMissing``."""
    owner = queries.owner_of(session, gateway, intent_id, None)
    if owner is None:
        raise PaymentMissing
    return lock_payment(session, *owner)


def purge(session: Session, *, now: datetime) -> int:
    """Forget webhooks taken in longer ago than any provider repeats them (three months); return how many."""
    gone = delete(GatewayEventRow).where(GatewayEventRow.received_at < now - timedelta(days=90))
    return len(session.execute(gone.returning(GatewayEventRow.event)).all())
