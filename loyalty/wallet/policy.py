"""Decisions of the wallet on plain values: what may be loaded, what a provider's word changes, who may raise what.

Amounts are minor units of the program's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from loyalty.errors import Refused, TooMany
from loyalty.wallet.gateway import Intent

PaymentStatus = Literal[
    "created", "requires_action", "processing", "paid", "credited", "declined", "canceled", "returned"
]

GUARD: Final = timedelta(hours=24)
"""How long auto-reload cannot be raised after a new device or a changed address."""

CHECK_AFTER: Final = timedelta(minutes=1)
"""How long an unfinished payment is left to its caller before the job asks the provider about it."""

ABANDONED_AFTER: Final = timedelta(minutes=60)
"""How long a cardholder has for a challenge; then the payment is given up at the provider."""

CLAIM_LEASE: Final = timedelta(minutes=2)
"""How long an unfinished redemption keeps a gift card before it is looked into."""

FAILURES_ALLOWED: Final = 3
"""Declined auto-reloads in a row until it is switched off."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be loaded: per top-up, and per member in 24 hours. ``reloads_a_day`` counts automatic ones."""

    top_up_min_minor: int = 500
    top_up_max_minor: int = 50_000
    cash_max_minor: int = 20_000
    day_minor: int = 100_000
    cash_day_minor: int = 50_000
    reloads_a_day: int = 3
    gift_card_min_minor: int = 500
    gift_card_max_minor: int = 50_000


DEFAULT_LIMITS: Final = Limits()


class AmountOutOfRange(Refused):
    """Less or more than may be loaded at once."""

    code = "amount_out_of_range"
    text = "The amount must be between {minimum_minor} and {maximum_minor} minor units."


class DailyLimit(Refused):
    """The member loads more in a day than is allowed."""

    code = "daily_limit"
    text = "No more than {limit_minor} minor units may be loaded in 24 hours."


class PaymentMismatch(Refused):
    """What the provider reports is not the payment that was asked for.

    Nothing is booked, somebody must look.
    """

    code = "payment_mismatch"
    text = "The payment at the provider is not the one that was asked for."


class NotRefundable(Refused):
    """This payment cannot go back to the card: not booked, or too much of it is back already."""

    code = "not_refundable"
    text = "No more than {refundable_minor} minor units of this payment can be refunded."


class AutoReloadGuarded(TooMany):
    """A device was added or an address changed less than a day ago: auto-reload cannot be raised yet."""

    code = "auto_reload_guarded"
    text = "A device or address is new. Auto-reload can be raised in {retry_after_seconds} seconds."


def check_amount(amount_minor: int, minimum_minor: int, maximum_minor: int) -> None:
    """Raise ``AmountOutOfRange`` unless the amount is within both bounds."""
    if not minimum_minor <= amount_minor <= maximum_minor:
        raise AmountOutOfRange(minimum_minor=minimum_minor, maximum_minor=maximum_minor)


def check_day(amount_minor: int, loaded_minor: int, limit_minor: int) -> None:
    """Raise ``DailyLimit`` where this amount on top of what was loaded in 24 hours is too much."""
    if loaded_minor + amount_minor > limit_minor:
        raise DailyLimit(limit_minor=limit_minor)


def check_intent(
    intent: Intent, *, payment: str, amount_minor: int, currency: str, attached: str | None
) -> None:
    """Raise ``PaymentMismatch`` unless the provider's intent is exactly what this payment asked for."""
    same_intent = attached is None or not intent.id or attached == intent.id
    same_order = (intent.reference, intent.amount_minor) == (payment, amount_minor)
    if not (same_intent and same_order and intent.currency.upper() == currency.upper()):
        raise PaymentMismatch


_FINAL: Final = frozenset({"paid", "credited", "returned"})


def next_status(current: str, intent: Intent) -> PaymentStatus:
    """Return what a payment becomes when the provider says this of it, whatever order its words arrive in.

    Money that came is never forgotten by a later or older message: from ``paid`` on only booking and refunds
    change it. A given-up or declined payment that was paid after all becomes ``paid``.
    """
    if current in _FINAL:
        return current  # pyright: ignore[reportReturnType] - one of the final ones
    match intent.status:
        case "succeeded":
            return "paid"
        case "processing":
            return "processing"
        case "canceled":
            return "canceled"
        case "requires_action":
            return "requires_action"
        case "requires_method" if intent.decline_code:
            return "declined"
        case "requires_method" | "requires_confirmation":
            return "canceled" if current == "canceled" else "declined" if current == "declined" else "created"


@dataclass(frozen=True, slots=True)
class AutoReloadSettings:
    """What a member asks for: below ``threshold_minor``, load ``amount_minor`` from the saved ``card``."""

    enabled: bool
    threshold_minor: int
    amount_minor: int
    card: str


def is_raised(old: AutoReloadSettings | None, new: AutoReloadSettings) -> bool:
    """Tell whether new settings let more money flow than the old.

    Switched on, more, sooner, or from another card.
    """
    if not new.enabled:
        return False
    if old is None or not old.enabled:
        return True
    return (
        new.amount_minor > old.amount_minor
        or new.threshold_minor > old.threshold_minor
        or new.card != old.card
    )


def check_guard(
    old: AutoReloadSettings | None, new: AutoReloadSettings, *, changed_at: datetime | None, now: datetime
) -> None:
    """Raise ``AutoReloadGuarded`` where settings are raised within a day of a new device or changed address."""
    if changed_at is None or not is_raised(old, new):
        return
    left = changed_at + GUARD - now
    if left > timedelta(0):
        raise AutoReloadGuarded(retry_after_seconds=int(left.total_seconds()) + 1)


def points_to_take_back(earned_milli: int, amount_minor: int, refunded_minor: int, refund_minor: int) -> int:
    """Return the thousandths of a top-up's points that this refund takes back.

    The floor of the whole refunded so far, less what was taken: any parts add up to the whole.
    """
    before = earned_milli * refunded_minor // amount_minor
    return earned_milli * (refunded_minor + refund_minor) // amount_minor - before
