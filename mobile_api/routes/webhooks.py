"""What payment providers tell by themselves. Nobody signs in here: the signature over the raw body is who they are."""

from __future__ import annotations

from typing import Final

from flask import request

from loyalty import checkout, wallet
from loyalty.checkout import Desk
from loyalty.wallet import CardPaymentsOff, Gateway
from loyalty.web.api import Call, Media, Routes
from loyalty.web.fields import Choice, Output

routes: Final = Routes("Webhooks", "Signed messages of the payment providers.")


class TakenOut(Output):
    """What became of a webhook. All of these are final: none is to be sent again."""

    result = Choice(("done", "again", "unknown", "ignored"))


@routes.post(
    "/webhooks/stripe",
    summary="Stripe tells",
    who=None,
    body=Media("application/json", "An event as Stripe signs it (`Stripe-Signature`)."),
    answers={200: TakenOut},
    errors=(wallet.SignatureInvalid, wallet.WebhookMalformed, CardPaymentsOff),
)
def take_stripe(call: Call) -> object:
    """Verify the signature over the raw body, and carry the event out once."""
    desk = checkout.desk_of(call.site.settings, call.site.clock)
    if desk.gateway.name != "stripe":
        raise CardPaymentsOff
    return _take(call, desk, desk.gateway)


@routes.post(
    "/webhooks/test-card",
    summary="The demo's test-card provider tells",
    who=None,
    body=Media("application/json", "An event of the test-card provider (`Test-Card-Signature`)."),
    answers={200: TakenOut},
    errors=(wallet.SignatureInvalid, wallet.WebhookMalformed, CardPaymentsOff),
)
def take_test_card(call: Call) -> object:
    """Verify and carry out an event of the demo's provider; there is none in production."""
    desk = checkout.desk_of(call.site.settings, call.site.clock)
    if desk.gateway.name != "test_card":
        raise CardPaymentsOff
    return _take(call, desk, desk.gateway)


def _take(call: Call, desk: Desk, gateway: Gateway) -> dict[str, str]:
    return {"result": checkout.take_webhook(desk, gateway, dict(request.headers), call.body)}
