"""Stripe, by its own library: payment intents, setup intents, refunds, signed webhooks.

Cards only, confirmed by the server. What its holder must do is done on Stripe's own pages (Checkout in setup mode,
the redirect of 3-D Secure), so that no script of theirs runs in ours. Every call that changes something carries an
idempotency key made from our ids. ``api_base`` points tests at ``localstripe``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import stripe

from loyalty.wallet.gateway import (
    SETUP_ID,
    Card,
    CardPage,
    CardSetup,
    Challenge,
    Charge,
    Event,
    Intent,
    IntentUnknown,
    MethodUnknown,
    ProviderRefused,
    Refund,
    WebhookMalformed,
)
from loyalty.wallet.gateways import signing
from loyalty.wallet.gateways.stripe_words import (
    REFERENCE,
    challenge_of,
    decline_code_of,
    declined_of,
    event_of,
    intent_of,
    refund_of,
    translated,
)

SIGNATURE_HEADER: Final = "Stripe-Signature"

_TIMEOUT_SECONDS: Final = 20
_PAGE: Final = "cs_"
"""How the ids of Checkout sessions begin."""


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
            with translated(missing=MethodUnknown):
                made = self._client.v1.payment_intents.create(
                    params, {"idempotency_key": f"{charge.reference}:create"}
                )
        except stripe.CardError as declined:
            return declined_of(charge, declined)
        # A replayed key is answered with what was true then; what is true now has to be asked.
        return self.retrieve(made.id)

    def confirm(self, intent_id: str, *, return_url: str | None = None) -> Intent:
        """Take the money if the intent waits for that; a decline is an answer, not an error."""
        back: Any = {"return_url": return_url} if return_url else {}
        intent = self.retrieve(intent_id)
        if intent.status != "requires_confirmation":
            return intent
        try:
            with translated():
                self._client.v1.payment_intents.confirm(
                    intent_id, back, {"idempotency_key": f"{intent.reference}:confirm"}
                )
        except stripe.CardError:
            pass  # the intent says so itself, with the reason
        return self.retrieve(intent_id)

    def retrieve(self, intent_id: str) -> Intent:
        """Return what Stripe says of an intent; raise ``IntentUnknown``."""
        with translated():
            found = self._client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
        return intent_of(found.to_dict())

    def cancel(self, intent_id: str) -> Intent:
        """Give an intent up; where it is too late for that, its state says why."""
        try:
            with translated():
                self._client.v1.payment_intents.cancel(intent_id)
        except ProviderRefused:
            pass  # paid or canceled already
        return self.retrieve(intent_id)

    def refund(self, intent_id: str, amount_minor: int, *, key: str) -> Refund:
        """Send money back to the card, once per key; raise ``ProviderRefused``."""
        with translated():
            made = self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount_minor}, {"idempotency_key": f"{key}:refund"}
            )
        return refund_of(made.to_dict())

    def open_customer(self, reference: str) -> str:
        """Make a customer for a member; Stripe learns the opaque reference and nothing else."""
        with translated():
            made = self._client.v1.customers.create(
                {"metadata": {"regulars_member": reference}}, {"idempotency_key": f"{reference}:customer"}
            )
        return made.id

    def save_card(self, customer: str, method: str, *, key: str, return_url: str | None = None) -> CardSetup:
        """Keep a card for payments without its holder.

        A setup intent, then the card belongs to the customer.
        """
        try:
            with translated(missing=MethodUnknown):
                asked: Any = {"customer": customer, "usage": "off_session", "payment_method_types": ["card"]}
                setup = self._client.v1.setup_intents.create(asked, {"idempotency_key": f"{key}:setup"})
                confirmed: Any = {"payment_method": method}
                if return_url:
                    confirmed["return_url"] = return_url.replace(SETUP_ID, setup.id)
                setup = self._client.v1.setup_intents.confirm(
                    setup.id, confirmed, {"idempotency_key": f"{key}:setup-confirm"}
                )
        except stripe.CardError as declined:
            return CardSetup("", "failed", customer, decline_code=decline_code_of(declined))
        return self._setup(setup.to_dict(), customer)

    def begin_card(self, customer: str, *, key: str, return_url: str, cancel_url: str) -> CardPage:
        """Open a Checkout session in setup mode: Stripe's page takes the card and asks its bank.

        A replayed key gives the page as it was: where it was used since, it says so itself.
        """
        asked: Any = {
            "mode": "setup",
            "customer": customer,
            "payment_method_types": ["card"],
            "success_url": return_url.replace(SETUP_ID, "{CHECKOUT_SESSION_ID}"),
            "cancel_url": cancel_url,
        }
        with translated():
            made = self._client.v1.checkout.sessions.create(asked, {"idempotency_key": f"{key}:page"})
        return CardPage(made.id, str(made.url))

    def card_setup(self, setup_id: str) -> CardSetup:
        """Return what became of a card's keeping, by its setup intent or its page; raise ``IntentUnknown``."""
        if setup_id.startswith(_PAGE):
            return self._page_setup(setup_id)
        with translated():
            setup = self._client.v1.setup_intents.retrieve(setup_id).to_dict()
        return self._setup(setup, str(setup["customer"]))

    def forget_card(self, method: str) -> None:
        """Take a card away from its customer."""
        try:
            with translated():
                self._client.v1.payment_methods.detach(method)
        except (ProviderRefused, MethodUnknown, IntentUnknown):
            pass  # it belongs to nobody already

    def event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Event:
        """Verify a webhook's signature over its raw body and translate it; raise ``SignatureInvalid``."""
        header = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER.lower(), "")
        # The library's own check reads the machine's clock; this one is told the time, and refuses the future too.
        signing.check(self._webhook_secret, header, body, now=now)
        try:
            return event_of(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WebhookMalformed from error

    def _page_setup(self, page_id: str) -> CardSetup:
        with translated():
            found = self._client.v1.checkout.sessions.retrieve(page_id, {"expand": ["setup_intent"]})
        page = found.to_dict()
        if page["mode"] != "setup" or not page["customer"]:
            raise IntentUnknown  # a page for something else, which we never open
        customer = str(page["customer"])
        if page["status"] == "open":
            return CardSetup(page_id, "requires_action", customer, challenge=Challenge(page["url"]))
        if page["status"] == "expired":
            return CardSetup(page_id, "failed", customer, decline_code="card_page_expired")
        return replace(self._setup(page["setup_intent"], customer), id=page_id)

    def _setup(self, setup: Mapping[str, Any], customer: str) -> CardSetup:
        if setup["status"] == "requires_action":
            return CardSetup(setup["id"], "requires_action", customer, challenge=challenge_of(setup))
        if setup["status"] != "succeeded":
            error = setup.get("last_setup_error") or {}
            code = error.get("decline_code") or error.get("code") or "card_declined"
            return CardSetup(setup["id"], "failed", customer, decline_code=code)
        try:
            with translated():
                kept = self._client.v1.payment_methods.retrieve(setup["payment_method"])
                if kept.customer != customer:
                    kept = self._client.v1.payment_methods.attach(kept.id, {"customer": customer})
        except stripe.CardError as declined:
            return CardSetup(setup["id"], "failed", customer, decline_code=decline_code_of(declined))
        card = kept.to_dict()["card"]
        expires = f"{card['exp_year']:04d}-{card['exp_month']:02d}"
        return CardSetup(
            setup["id"], "succeeded", customer, Card(kept.id, card["brand"], card["last4"], expires)
        )
