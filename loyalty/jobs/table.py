"""The jobs.

What runs by the clock, and how often. Every one is harmless when it runs late, twice, or side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from loyalty import attempts, checkout, codes, members, messages, orders, passkeys, rules, wallet
from loyalty.db import transaction
from loyalty.errors import Busy
from loyalty.jobs import aging, feed, roots
from loyalty.jobs.work import Work
from loyalty.wallet.policy import CLAIM_LEASE


@dataclass(frozen=True, slots=True)
class Job:
    """A job. ``run`` returns how much it did; doing something makes it come again at once."""

    name: str
    every: timedelta
    run: Callable[[Work], int]


def unfinished_payments(work: Work) -> int:
    """Ask the provider about payments that nobody finished."""
    return _if_cards_are_taken(work, checkout.ask_about_unfinished)


def unfinished_refunds(work: Work) -> int:
    """Ask the provider about refunds that it has not confirmed."""
    return _if_cards_are_taken(work, checkout.ask_about_refunds)


def unused_payments(work: Work) -> int:
    """Send payments back whose sale was never settled."""
    return _if_cards_are_taken(work, checkout.give_back_unused)


def test_card_events(work: Work) -> int:
    """Let the demo's payment provider post its webhooks."""
    if work.settings.is_public or work.settings.stripe_secret_key:
        return 0
    return checkout.deliver_test_card_events(work.desk)


def gift_card_claims(work: Work) -> int:
    """Finish or take away redemptions of gift cards that were cut off."""
    return checkout.release_gift_claims(before=work.now - CLAIM_LEASE, now=work.now)


def program_status(work: Work) -> int:
    """Say of program versions that began or ended that they are live or superseded."""
    with transaction() as session:
        return rules.refresh(session, now=work.now)


def purge(work: Work) -> int:
    """Delete what is kept for a while only.

    Parked messages, demo mail, counters, webhooks taken in long ago, used codes, sessions that ended.
    """
    with transaction() as session:
        return (
            messages.purge(session, now=work.now)
            + attempts.sweep(session, now=work.now)
            + wallet.purge(session, now=work.now)
            + codes.purge(session, now=work.now)
            + members.purge(session, now=work.now)
            + orders.purge_numbers(session, now=work.now)
            + passkeys.purge(session, now=work.now)
        )


def _if_cards_are_taken(work: Work, run: Callable[[checkout.Desk], int]) -> int:
    try:
        return run(work.desk)
    except wallet.CardPaymentsOff:
        return 0


def overdue_orders(work: Work) -> int:
    """Close orders that nobody picked up, one member per transaction; no money goes back by itself."""
    with transaction() as session:
        overdue = orders.overdue_orders(session, now=work.now)
    closed = 0
    for member_id, order_id in overdue:
        with suppress(Busy), transaction() as session:  # a busy member has their turn later
            closed += orders.expire(session, member_id=member_id, order_id=order_id, now=work.now)
    return closed


JOBS: Final = (
    Job("aging", timedelta(minutes=5), aging.bring_up_to_date),
    Job("unfinished-payments", timedelta(seconds=30), unfinished_payments),
    Job("unfinished-refunds", timedelta(minutes=5), unfinished_refunds),
    Job("unused-payments", timedelta(minutes=5), unused_payments),
    Job("gift-card-claims", timedelta(minutes=1), gift_card_claims),
    Job("test-card-events", timedelta(seconds=1), test_card_events),
    Job("program-status", timedelta(minutes=1), program_status),
    Job("overdue-orders", timedelta(minutes=5), overdue_orders),
    Job("purge", timedelta(hours=6), purge),
    Job("ledger-root", timedelta(days=1), roots.sign_root),
    Job("feed", timedelta(hours=6), feed.forget),
)
