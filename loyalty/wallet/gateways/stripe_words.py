"""What Stripe says, in our words: intents, refunds, events, and the errors of its library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import stripe

from loyalty.errors import Flaw
from loyalty.wallet.gateway import (
    Challenge,
    Charge,
    Event,
    Intent,
    IntentStatus,
    IntentUnknown,
    MethodUnknown,
    ProviderRefused,
    ProviderUnavailable,
    Refund,
)

REFERENCE: Final = "regulars_payment"
"""The metadata key under which an intent carries the id of our payment."""

_STATUSES: Final[Mapping[str, IntentStatus]] = {
    "requires_payment_method": "requires_method",
    "requires_confirmation": "requires_confirmation",
    "requires_action": "requires_action",
    "processing": "processing",
    "requires_capture": "processing",
    "succeeded": "succeeded",
    "canceled": "canceled",
}


@contextmanager
def translated(*, missing: type[IntentUnknown | MethodUnknown] = IntentUnknown) -> Iterator[None]:
    """Say the library's errors in our words; ``missing`` is what a 404 means.

    Declines (``CardError``) pass: each caller knows what they mean.
    """
    try:
        yield
    except stripe.CardError:
        raise
    except stripe.InvalidRequestError as error:
        about_card = missing is MethodUnknown and (error.param or "").startswith("payment_method")
        if about_card or error.http_status == 404 or error.code == "resource_missing":
            if missing is MethodUnknown:
                raise MethodUnknown(flaws=(Flaw("/method", "the provider does not know it"),)) from error
            raise IntentUnknown from error
        raise ProviderRefused(str(error.user_message or "The payment provider refused this.")) from error
    except stripe.IdempotencyError as error:
        raise ProviderRefused("This key was used for another request.") from error
    except stripe.StripeError as error:
        # No connection, rate limited, wrong key, their fault: the same request may be sent again.
        raise ProviderUnavailable from error


def intent_of(told: Mapping[str, Any]) -> Intent:
    """Return a payment intent; its charge, where it is expanded, says what went back."""
    status = _STATUSES[told["status"]]
    error = told.get("last_payment_error") or {}
    charge = told.get("latest_charge")
    refunded = charge.get("amount_refunded", 0) if isinstance(charge, Mapping) else 0
    decline = error.get("decline_code") or error.get("code")
    return Intent(
        id=told["id"],
        reference=(told.get("metadata") or {}).get(REFERENCE, ""),
        status=status,
        amount_minor=told["amount"],
        currency=str(told["currency"]).upper(),
        refunded_minor=refunded,
        decline_code=decline if status == "requires_method" else None,
        challenge=challenge_of(told) if status == "requires_action" else None,
    )


def challenge_of(told: Mapping[str, Any]) -> Challenge:
    """Return how the holder answers: the bank's page where a return address was given, and the secret."""
    page = (told.get("next_action") or {}).get("redirect_to_url") or {}
    return Challenge(page.get("url"), told["client_secret"])


def declined_of(charge: Charge, declined: stripe.CardError) -> Intent:
    """Return the intent that a decline carries; where it carries none, one that was never made."""
    error: Any = declined.error
    inside = error.get("payment_intent") if isinstance(error, Mapping) else None
    if inside:
        return intent_of(inside)
    return Intent(
        id="",
        reference=charge.reference,
        status="requires_method",
        amount_minor=charge.amount_minor,
        currency=charge.currency.upper(),
        decline_code=decline_code_of(declined),
    )


def decline_code_of(declined: stripe.CardError) -> str:
    """Return the bank's word for why, or Stripe's where the bank has none."""
    error: Any = declined.error
    decline = error.get("decline_code") if isinstance(error, Mapping) else None
    return str(decline or declined.code or "card_declined")


def refund_of(told: Mapping[str, Any]) -> Refund:
    """Return a refund; Stripe has more words for those that are on their way."""
    status = told["status"]
    if status == "succeeded":
        return Refund(told["id"], "succeeded")
    return Refund(told["id"], "failed" if status in ("failed", "canceled") else "pending")


def event_of(told: Mapping[str, Any]) -> Event:
    """Return a webhook's event; ``other`` for the many that say nothing of a payment, such as those of a card page."""
    kind, thing = str(told["type"]), told["data"]["object"]
    if kind.startswith("payment_intent."):
        intent = intent_of(thing)
        return Event(told["id"], "intent", kind, intent, intent.id)
    of = thing.get("payment_intent")
    of = of["id"] if isinstance(of, Mapping) else of
    if not of:
        return Event(told["id"], "other", kind)
    match kind:
        case "charge.refunded":
            return Event(told["id"], "refund", kind, None, of, refunded_minor=thing["amount_refunded"])
        case "refund.updated" | "refund.failed" | "charge.refund.updated":
            return Event(told["id"], "refund", kind, None, of, provider_refund=refund_of(thing))
        case "charge.dispute.funds_withdrawn":
            return Event(told["id"], "disputed", kind, None, of, amount_minor=thing["amount"])
        case "charge.dispute.funds_reinstated":
            return Event(told["id"], "reinstated", kind, None, of, amount_minor=thing["amount"])
        case _:
            return Event(told["id"], "other", kind, None, of)
