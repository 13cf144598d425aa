"""Keeping a member's card at the provider, so that auto-reload and the next top-up can use it."""

from __future__ import annotations

from typing import Final

from loyalty import wallet
from loyalty.actor import Actor
from loyalty.checkout.desk import Desk
from loyalty.db import transaction
from loyalty.errors import PaymentDeclined, Refused
from loyalty.wallet import CardPage, CardRow, CardSetup, Challenge

_RETURNED: Final = f"/wallet?card={wallet.SETUP_ID}"
_CANCELED: Final = "/wallet?card=canceled"


class CardRefused(PaymentDeclined):
    """The provider will not keep this card. ``decline_code`` is its word for why."""

    code = "card_declined"
    text = "The card was declined."


class CardNeedsHolder(Refused):
    """The cardholder must prove who they are; then ask again with the setup's id."""

    code = "card_requires_action"
    text = "The card's holder must confirm first."

    def __init__(self, setup: str, challenge: Challenge | None) -> None:
        where = challenge or Challenge()
        super().__init__(setup=setup, url=where.url, client_secret=where.client_secret)


def keep_card(desk: Desk, *, actor: Actor, reference: str, method: str, key: str) -> CardRow:
    """Keep a card (a provider's token) for the acting member, whom the provider knows by an opaque ``reference``.

    Raise ``CardRefused``, ``CardNeedsHolder``, ``wallet.MethodUnknown``.
    """
    assert actor.member_id is not None
    customer = _customer(desk, actor.member_id, reference)
    setup = desk.gateway.save_card(
        customer, method, key=f"{reference}:{key}", return_url=desk.page(_RETURNED)
    )
    return _kept(desk, actor.member_id, customer, setup)


def begin_card(desk: Desk, *, actor: Actor, reference: str, key: str) -> CardPage:
    """Open a page of the provider's on which the acting member enters a card; ``reference`` as in ``keep_card``.

    It sends them back to the wallet, where ``finish_card`` keeps the card. Raise ``wallet.NoCardPage``.
    """
    assert actor.member_id is not None
    return desk.gateway.begin_card(
        _customer(desk, actor.member_id, reference),
        key=f"{reference}:{key}",
        return_url=desk.page(_RETURNED),
        cancel_url=desk.page(_CANCELED),
    )


def _customer(desk: Desk, member_id: int, reference: str) -> str:
    """Return the name under which the provider keeps the member's cards; it is given one the first time."""
    gateway = desk.gateway
    with transaction() as session:
        customer = wallet.customer_of(session, member_id, gateway.name)
    if customer is None:
        customer = gateway.open_customer(reference)
        with transaction() as session:
            wallet.keep_customer(session, member_id=member_id, gateway=gateway.name, customer=customer)
    return customer


def finish_card(desk: Desk, *, actor: Actor, setup_id: str) -> CardRow:
    """Keep a card whose holder has answered the challenge, or left the page; raise as ``keep_card`` does."""
    assert actor.member_id is not None
    with transaction() as session:
        customer = wallet.customer_of(session, actor.member_id, desk.gateway.name)
    if customer is None:
        raise wallet.IntentUnknown
    return _kept(desk, actor.member_id, customer, desk.gateway.card_setup(setup_id))


def _kept(desk: Desk, member_id: int, customer: str, setup: CardSetup) -> CardRow:
    if setup.customer != customer:
        raise wallet.IntentUnknown  # somebody else's
    if setup.status == "requires_action":
        raise CardNeedsHolder(setup.id, setup.challenge)
    if setup.card is None:
        raise CardRefused(decline_code=setup.decline_code)
    with transaction() as session:
        return wallet.keep_card(
            session,
            member_id=member_id,
            gateway=desk.gateway.name,
            customer=customer,
            card=setup.card,
            now=desk.now,
        )


def forget_card(desk: Desk, *, actor: Actor, card_id: str) -> None:
    """Forget a kept card, here and at the provider.

    Auto-reload from it ends. Raise ``wallet.CardMissing``.
    """
    assert actor.member_id is not None
    with transaction() as session:
        card = wallet.drop_card(session, member_id=actor.member_id, card_id=card_id, now=desk.now)
    if card.gateway == desk.gateway.name:
        desk.gateway.forget_card(card.method)
