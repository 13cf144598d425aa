"""Stripe, by its own library: payment intents, setup intents, refunds, signed webhooks.

Cards only, confirmed by the server, so that the app needs nothing of ours but the provider's own elements.
Every call that changes something carries an idempotency key made from our ids. ``api_base`` points tests at
``localstripe``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import stripe

from loyalty.errors import Flaw
from loyalty.wallet.gateway import (
    Card,
    CardSetup,
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
    WebhookMalformed,
)
from loyalty.wallet.gateways import signing

SIGNATURE_HEADER: Final = "Stripe-Signature"
REFERENCE: Final = "regulars_payment"
"""The metadata key under which an intent carries the id of our payment."""

_TIMEOUT_SECONDS: Final = 20
_STATUSES: Final[Mapping[str, IntentStatus]] = {
    "requires_payment_method": "requires_method",
    "requires_confirmation": "requires_confirmation",
    "requires_action": "requires_action",
    "processing": "processing",
    "requires_capture": "processing",
    "succeeded": "succeeded",
    "canceled": "canceled",
}


class StripeGateway:
    """The provider ``stripe``. ``webhook_secret`` is the signing secret of our webhook endpoint there."""

    name = "stripe"

    def __init__(self, secret_key: str, webhook_secret: str, *, api_base: str = "", retries: int = 2) -> None:
        bases: Any = {"api": api_base.rstrip("/")} if api_base else {}
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses=bases,
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
        )
        self._webhook_secret = webhook_secret
        self.is_test = not secret_key.startswith(("sk_live_", "rk_live_"))

    def create(self, charge: Charge) -> Intent:
        """Make the intent of a charge; off session also take the money. Raise ``MethodUnknown``."""
        params: Any = {
            "amount": charge.amount_minor,
            "currency": charge.currency.lower(),
            "payment_method": charge.method,
            "payment_method_types": ["card"],
            "metadata": {REFERENCE: charge.reference},
        }
        if charge.customer is not None:
            params["customer"] = charge.customer
        if charge.off_session:
            params |= {"confirm": True, "off_session": True}
        try:
            with _translated(missing=MethodUnknown):
                made = self._client.v1.payment_intents.create(
                    params, {"idempotency_key": f"{charge.reference}:create"}
                )
        except stripe.CardError as declined:
            return _declined(charge, declined)
        # A replayed key is answered with what was true then; what is true now has to be asked.
        return self.retrieve(made.id)

    def confirm(self, intent_id: str) -> Intent:
        """Take the money if the intent waits for that; a decline is an answer, not an error."""
        intent = self.retrieve(intent_id)
        if intent.status != "requires_confirmation":
            return intent
        try:
            with _translated():
                self._client.v1.payment_intents.confirm(
                    intent_id, options={"idempotency_key": f"{intent.reference}:confirm"}
                )
        except stripe.CardError:
            pass  # the intent says so itself, with the reason
        return self.retrieve(intent_id)

    def retrieve(self, intent_id: str) -> Intent:
        """Return what Stripe says of an intent; raise ``IntentUnknown``."""
        with _translated():
            found = self._client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
        return _intent(found.to_dict())

    def cancel(self, intent_id: str) -> Intent:
        """Give an intent up; where it is too late for that, its state says why."""
        try:
            with _translated():
                self._client.v1.payment_intents.cancel(intent_id)
        except ProviderRefused:
            pass  # paid or canceled already
        return self.retrieve(intent_id)

    def refund(self, intent_id: str, amount_minor: int, *, key: str) -> Refund:
        """Send money back to the card, once per key; raise ``ProviderRefused``."""
        with _translated():
            made = self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount_minor}, {"idempotency_key": f"{key}:refund"}
            )
        return _refund(made.to_dict())

    def open_customer(self, reference: str) -> str:
        """Make a customer for a member; Stripe learns the opaque reference and nothing else."""
        with _translated():
            made = self._client.v1.customers.create(
                {"metadata": {"regulars_member": reference}}, {"idempotency_key": f"{reference}:customer"}
            )
        return made.id

    def save_card(self, customer: str, method: str, *, key: str) -> CardSetup:
        """Keep a card for payments without its holder.

        A setup intent, then the card belongs to the customer.
        """
        try:
            with _translated(missing=MethodUnknown):
                asked: Any = {"customer": customer, "usage": "off_session", "payment_method_types": ["card"]}
                setup = self._client.v1.setup_intents.create(asked, {"idempotency_key": f"{key}:setup"})
                setup = self._client.v1.setup_intents.confirm(
                    setup.id, {"payment_method": method}, {"idempotency_key": f"{key}:setup-confirm"}
                )
        except stripe.CardError as declined:
            return CardSetup("", "failed", customer, decline_code=_decline_code(declined))
        return self._setup(setup.to_dict(), customer)

    def card_setup(self, setup_id: str) -> CardSetup:
        """Return what became of a card's keeping; raise ``IntentUnknown``."""
        with _translated():
            setup = self._client.v1.setup_intents.retrieve(setup_id).to_dict()
        return self._setup(setup, str(setup["customer"]))

    def forget_card(self, method: str) -> None:
        """Take a card away from its customer."""
        try:
            with _translated():
                self._client.v1.payment_methods.detach(method)
        except (ProviderRefused, MethodUnknown, IntentUnknown):
            pass  # it belongs to nobody already

    def event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Event:
        """Verify a webhook's signature over its raw body and translate it; raise ``SignatureInvalid``."""
        header = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER.lower(), "")
        # The library's own check reads the machine's clock; this one is told the time, and refuses the future too.
        signing.check(self._webhook_secret, header, body, now=now)
        try:
            return _event(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WebhookMalformed from error

    def _setup(self, setup: Mapping[str, Any], customer: str) -> CardSetup:
        if setup["status"] == "requires_action":
            challenge = Challenge(None, setup["client_secret"])
            return CardSetup(setup["id"], "requires_action", customer, challenge=challenge)
        if setup["status"] != "succeeded":
            error = setup.get("last_setup_error") or {}
            code = error.get("decline_code") or error.get("code") or "card_declined"
            return CardSetup(setup["id"], "failed", customer, decline_code=code)
        try:
            with _translated():
                kept = self._client.v1.payment_methods.attach(setup["payment_method"], {"customer": customer})
        except stripe.CardError as declined:
            return CardSetup(setup["id"], "failed", customer, decline_code=_decline_code(declined))
        card = kept.to_dict()["card"]
        expires = f"{card['exp_year']:04d}-{card['exp_month']:02d}"
        return CardSetup(
            setup["id"], "succeeded", customer, Card(kept.id, card["brand"], card["last4"], expires)
        )


# -- translation ----------------------------------------------------------------------------------------------------


@contextmanager
def _translated(*, missing: type[IntentUnknown | MethodUnknown] = IntentUnknown) -> Iterator[None]:
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


def _intent(told: Mapping[str, Any]) -> Intent:
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
        challenge=Challenge(None, told["client_secret"]) if status == "requires_action" else None,
    )


def _declined(charge: Charge, declined: stripe.CardError) -> Intent:
    """Return the intent that a decline carries; where it carries none, one that was never made."""
    error: Any = declined.error
    inside = error.get("payment_intent") if isinstance(error, Mapping) else None
    if inside:
        return _intent(inside)
    return Intent(
        id="",
        reference=charge.reference,
        status="requires_method",
        amount_minor=charge.amount_minor,
        currency=charge.currency.upper(),
        decline_code=_decline_code(declined),
    )


def _decline_code(declined: stripe.CardError) -> str:
    error: Any = declined.error
    decline = error.get("decline_code") if isinstance(error, Mapping) else None
    return str(decline or declined.code or "card_declined")


def _refund(told: Mapping[str, Any]) -> Refund:
    status = told["status"]
    if status == "succeeded":
        return Refund(told["id"], "succeeded")
    return Refund(told["id"], "failed" if status in ("failed", "canceled") else "pending")


def _event(told: Mapping[str, Any]) -> Event:
    kind, thing = str(told["type"]), told["data"]["object"]
    if kind.startswith("payment_intent."):
        intent = _intent(thing)
        return Event(told["id"], "intent", kind, intent, intent.id)
    of = thing.get("payment_intent")
    of = of["id"] if isinstance(of, Mapping) else of
    if not of:
        return Event(told["id"], "other", kind)
    match kind:
        case "charge.refunded":
            return Event(told["id"], "refund", kind, None, of, refunded_minor=thing["amount_refunded"])
        case "refund.updated" | "refund.failed" | "charge.refund.updated":
            return Event(told["id"], "refund", kind, None, of, provider_refund=_refund(thing))
        case "charge.dispute.funds_withdrawn":
            return Event(told["id"], "disputed", kind, None, of, amount_minor=thing["amount"])
        case "charge.dispute.funds_reinstated":
            return Event(told["id"], "reinstated", kind, None, of, amount_minor=thing["amount"])
        case _:
            return Event(told["id"], "other", kind, None, of)
