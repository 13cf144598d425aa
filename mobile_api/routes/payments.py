"""Paying for a purchase by card: the payment first, then the sale that names it."""

from __future__ import annotations

from typing import Any, Final

from loyalty import checkout, wallet
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Bool, Choice, Id, Input, Minor, One, Output, Text
from loyalty.web.limits import Limit
from mobile_api.routes.wallet import PROVIDER, STATUSES, ChallengeOut, desk_of
from mobile_api.who import MEMBER

routes: Final = Routes("Payments", "Pay for one purchase by card.")

PAYMENTS: Final = Limit("payments", 60, 3600)


class PaymentIn(Input):
    """How much, and from which card."""

    amount_minor = Minor(required=True, min=1)
    method = Id(
        required=True, about="A kept card's id, or the provider's token. Card numbers never come here."
    )


class PaymentOut(Output):
    """A card payment. `paid`: name it as the `reference` of the tender `card` when you settle the sale."""

    id = Id()
    status = Choice(STATUSES)
    amount_minor = Minor()
    currency = Text(max=3)
    challenge = One(ChallengeOut, allow_none=True)
    is_test = Bool(about="Play money: no card is charged. Show this.")


def _document(row: wallet.PaymentRow, challenge: wallet.Challenge | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.status,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "challenge": challenge,
        "is_test": row.gateway == "test_card",
    }


@routes.post(
    "/payments",
    summary="Pay for a purchase by card",
    who=MEMBER,
    body=PaymentIn,
    answers={201: PaymentOut},
    errors=(
        checkout.CardDeclined,
        wallet.AmountOutOfRange,
        wallet.KeyReused,
        wallet.MethodUnknown,
        wallet.PaymentMismatch,
        *PROVIDER,
    ),
    idempotent=True,
    limits=(PAYMENTS,),
)
def pay(call: Call) -> object:
    """Charge the card once per key. A payment that no sale uses within an hour goes back to the card."""
    payment, challenge = checkout.pay_for_sale(
        desk_of(call),
        actor=call.actor,
        amount_minor=call.body["amount_minor"],
        method=call.body["method"],
        key=call.key,
    )
    return _document(payment, challenge)


@routes.post(
    "/payments/<payment>/confirm",
    summary="The challenge is answered",
    who=MEMBER,
    path={"payment": Id()},
    answers={200: PaymentOut},
    errors=(checkout.CardDeclined, wallet.PaymentMissing, wallet.PaymentMismatch, *PROVIDER),
)
def confirm(call: Call) -> object:
    """Ask the provider what became of the payment; again changes nothing."""
    payment, challenge = checkout.finish_top_up(
        desk_of(call), actor=call.actor, payment_id=call.path["payment"]
    )
    return _document(payment, challenge)
