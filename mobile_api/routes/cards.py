"""Cards that are kept: by a token, on the provider's own page, and forgotten again."""

from __future__ import annotations

from typing import Any, Final

from loyalty import checkout, members, wallet
from loyalty.db import snapshot
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Id, Input, Output, Pattern, Text
from loyalty.web.limits import Limit
from mobile_api.routes.wallet import PROVIDER, CardOut, desk_of, who
from mobile_api.who import MEMBER

routes: Final = Routes("Cards", "Cards that the payment provider keeps for the member.")

CARDS: Final = Limit("wallet.card", 10, 3600)


class Setup(Pattern):
    """A provider's id of a card's keeping; those of Stripe's pages are longer than others."""

    def __init__(self, **options: Any) -> None:
        expected = "an id: letters, digits, '_', '-'"
        super().__init__(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$", expected=expected, max=255, **options)


class CardIn(Input):
    """A card to be kept."""

    method = Id(required=True, about="The token that the provider's form made of the card.")


class CardPageOut(Output):
    """Where a card is entered: the provider's own page.

    It sends its holder back to the app's wallet with `card` in the address: the setup, or `canceled`.
    """

    setup = Setup(about="Confirm it when the holder is back.")
    url = Text(max=5000)


@routes.post(
    "/wallet/cards",
    summary="Keep a card",
    who=MEMBER,
    body=CardIn,
    answers={201: CardOut},
    errors=(
        checkout.CardRefused,
        checkout.CardNeedsHolder,
        wallet.MethodUnknown,
        wallet.IntentUnknown,
        *PROVIDER,
    ),
    idempotent=True,
    limits=(CARDS,),
)
def keep_card(call: Call) -> object:
    """Let the provider keep a card for auto-reload and the next top-ups.

    `card_requires_action` (409) carries the challenge and the `setup`; afterwards `POST /wallet/cards/<setup>/confirm`.
    """
    return checkout.keep_card(
        desk_of(call), actor=call.actor, reference=_reference(call), method=call.body["method"], key=call.key
    )


@routes.post(
    "/wallet/card-pages",
    summary="Keep a card that is entered on the provider's page",
    who=MEMBER,
    answers={201: CardPageOut},
    errors=(wallet.NoCardPage, wallet.IntentUnknown, *PROVIDER),
    idempotent=True,
    limits=(CARDS,),
)
def open_card_page(call: Call) -> object:
    """Open a page of the provider's (not of the test cards') on which the member enters a card.

    Go there in the same window. When the holder is back, `POST /wallet/cards/<setup>/confirm` keeps the card.
    """
    return checkout.begin_card(desk_of(call), actor=call.actor, reference=_reference(call), key=call.key)


def _reference(call: Call) -> str:
    """Return the name by which providers know the member who calls: opaque, and all they learn."""
    with snapshot() as session:
        return members.member(session, who(call)).public_id


@routes.post(
    "/wallet/cards/<setup>/confirm",
    summary="The card's challenge is answered, or its page was left",
    who=MEMBER,
    path={"setup": Setup()},
    answers={200: CardOut},
    errors=(
        checkout.CardRefused,
        checkout.CardNeedsHolder,
        wallet.MethodUnknown,
        wallet.IntentUnknown,
        *PROVIDER,
    ),
)
def confirm_card(call: Call) -> object:
    """Keep the card if its holder has confirmed; `card_requires_action` as long as that, or the page, is open."""
    return checkout.finish_card(desk_of(call), actor=call.actor, setup_id=call.path["setup"])


@routes.delete(
    "/wallet/cards/<card>",
    summary="Forget a card",
    who=MEMBER,
    path={"card": Id()},
    answers={204: None},
    errors=(wallet.CardMissing, *PROVIDER),
)
def forget_card(call: Call) -> None:
    """Forget a card, here and at the provider; auto-reload from it ends."""
    checkout.forget_card(desk_of(call), actor=call.actor, card_id=call.path["card"])
