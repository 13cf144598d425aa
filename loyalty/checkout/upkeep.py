"""The jobs that heal what was cut off.

Payments and refunds nobody finished, and the test provider's webhooks.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta
from typing import Final

import structlog

from loyalty import wallet
from loyalty.checkout import returns, topups
from loyalty.checkout.desk import Desk
from loyalty.db import transaction
from loyalty.errors import DomainError
from loyalty.wallet import Intent, PaymentRow
from loyalty.wallet.gateways import test_card_events
from loyalty.wallet.policy import ABANDONED_AFTER, CHECK_AFTER

_log = structlog.get_logger("checkout")
_TIMEOUT_SECONDS: Final = 10
_FORGOTTEN_AFTER: Final = timedelta(hours=20)
"""Providers remember idempotency keys for a day: a payment without an intent is not asked for after that."""


def ask_about_unfinished(desk: Desk, *, limit: int = 50) -> int:
    """Ask the provider about payments that nobody finished for a minute, and book or give up; return how many.

    A payment whose caller has gone is never confirmed here: only what the provider has already taken is
    booked, and what still waits for somebody after an hour is given up there.
    """
    with transaction() as session:
        found = wallet.unfinished(session, before=desk.now - CHECK_AFTER, limit=limit)
    for member_id, payment_id in found:
        try:
            _ask(desk, member_id, payment_id)
        except DomainError as error:
            _log.warning("payment_not_settled", payment=payment_id, reason=error.code)
    return len(found)


def _ask(desk: Desk, member_id: int, payment_id: str) -> None:
    with transaction() as session:
        payment = wallet.lock_payment(session, member_id, payment_id)
        payment.checked_at = desk.now  # whoever fails goes to the end of the queue
    if payment.gateway != desk.gateway.name:
        return
    intent = _intent_of(desk, payment)
    is_old = payment.created_at < desk.now - ABANDONED_AFTER
    waits = intent.status in ("requires_confirmation", "requires_action", "requires_method")
    # An intent that nobody confirmed for a minute has lost its caller; a challenge gets its hour.
    if waits and intent.id and (is_old or (intent.status != "requires_action" and not intent.decline_code)):
        intent = desk.gateway.cancel(intent.id)
    topups.settle(desk, intent)


def _intent_of(desk: Desk, payment: PaymentRow) -> Intent:
    if payment.intent is not None:
        return desk.gateway.retrieve(payment.intent)
    if payment.method is None or payment.created_at < desk.now - _FORGOTTEN_AFTER:  # erased, or too old
        return Intent("", payment.id, "canceled", payment.amount_minor, payment.currency)
    # The answer was lost: the same key brings the intent back, or makes one that is then canceled unpaid.
    return desk.gateway.create(wallet.charge_of(payment))


def ask_about_refunds(desk: Desk, *, limit: int = 50) -> int:
    """Ask again for refunds that the provider has not confirmed within ten minutes; return how many."""
    with transaction() as session:
        found = wallet.pending_refunds(session, before=desk.now - timedelta(minutes=10), limit=limit)
    for member_id, refund_id in found:
        try:
            returns.send_refund(desk, member_id=member_id, refund_id=refund_id)
        except DomainError as error:
            _log.warning("refund_not_settled", refund=refund_id, reason=error.code)
    return len(found)


def deliver_test_card_events(desk: Desk) -> int:
    """Let the test-card provider post its webhooks to our own address.

    Return how many were answered with 2xx.
    """
    gateway = wallet.test_cards_of(desk.settings, desk.clock)
    with transaction() as session:
        events = test_card_events.take_due(session, gateway.webhook_secret, now=desk.now)
    received = 0
    for event in events:
        url = f"{desk.settings.public_url.rstrip('/')}/api/v1/webhooks/test-card"
        request = urllib.request.Request(url, event.body, event.headers, method="POST")  # noqa: S310 - our own URL
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
                pass
        except (urllib.error.URLError, TimeoutError) as error:
            _log.info("test_card_event_not_delivered", webhook=event.id, reason=str(error))
            continue
        with transaction() as session:
            test_card_events.note_received(session, event.id)
        received += 1
    return received
