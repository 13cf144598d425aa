"""The payment provider as the wallet sees it: an interface, its plain values and its errors.

Every call that moves money carries a key of ours, so that asking twice is asking once. No call is made while
a member's row is locked. Card numbers never come here: a ``method`` is the provider's token for a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from loyalty.errors import Busy, Invalid, Missing, Refused, Unauthenticated

IntentStatus = Literal[
    "requires_method", "requires_confirmation", "requires_action", "processing", "succeeded", "canceled"
]

SETUP_ID: Final = "{SETUP_ID}"
"""Where a return address names this, the provider's id of the card's keeping stands when its holder comes back."""


class ProviderUnavailable(Busy):
    """The payment provider did not answer; the same request may be sent again, it charges once."""

    code = "payment_provider_unavailable"
    text = "The payment provider does not answer. Send the same request again; it is charged once."


class MethodUnknown(Invalid):
    """The provider knows no such card token, or it cannot be used here."""

    code = "payment_method_unknown"
    text = "The payment provider does not know this card."


class IntentUnknown(Missing):
    """The provider has no such payment."""

    code = "payment_not_found"
    text = "The payment provider has no such payment."


class ProviderRefused(Refused):
    """The provider will not do this: more was to be refunded than was paid, or the payment is over."""

    code = "payment_provider_refused"
    text = "The payment provider refused this."


class NoCardPage(Refused):
    """This provider has no page of its own on which a card could be entered."""

    code = "no_card_page"
    text = "This payment provider has no page for cards: send the token of a card to POST /wallet/cards."


class SignatureInvalid(Unauthenticated):
    """A webhook that was not signed by the provider, or too long ago: nothing in it is believed."""

    code = "webhook_signature_invalid"
    text = "The signature of this webhook is not valid."


class WebhookMalformed(Invalid):
    """A webhook that is signed and that we cannot read: their program and ours disagree about its form."""

    code = "webhook_malformed"
    text = "This webhook is signed, and not of a form that is understood here."


class CardPaymentsOff(Refused):
    """No payment provider is set up here."""

    code = "card_payments_off"
    text = "Card payments are not set up here."


@dataclass(frozen=True, slots=True)
class Charge:
    """What is to be paid: ``reference`` is the id of our payment, and the root of every idempotency key.

    ``off_session``: the cardholder is not there (auto-reload), so no extra authentication can be answered.
    """

    reference: str
    amount_minor: int
    currency: str
    method: str
    customer: str | None = None
    off_session: bool = False


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the app needs so that the cardholder can prove who they are.

    A page to go to, or a secret for the provider's own code; where there are both, either will do.
    """

    url: str | None = None
    client_secret: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """What the provider says of one payment, retrieved or told by a verified webhook.

    ``id`` is empty where the provider refused before it made one. ``refunded_minor`` is everything that went
    back to the card, whoever asked for it.
    """

    id: str
    reference: str
    status: IntentStatus
    amount_minor: int
    currency: str
    refunded_minor: int = 0
    decline_code: str | None = None
    challenge: Challenge | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund at the provider."""

    id: str
    status: Literal["pending", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Card:
    """A card that the provider keeps; ``expires`` is ``YYYY-MM``."""

    method: str
    brand: str
    last4: str
    expires: str


@dataclass(frozen=True, slots=True)
class CardSetup:
    """The keeping of a card for later, for the provider's ``customer``.

    ``card`` once it succeeded, ``challenge`` where the cardholder must act.
    """

    id: str
    status: Literal["requires_action", "succeeded", "failed"]
    customer: str
    card: Card | None = None
    challenge: Challenge | None = None
    decline_code: str | None = None


@dataclass(frozen=True, slots=True)
class CardPage:
    """The provider's own page on which a card is entered; ``setup`` is the id of its keeping, for ``card_setup``."""

    setup: str
    url: str


@dataclass(frozen=True, slots=True)
class Event:
    """A verified webhook, in our words.

    ``intent`` events carry the payment's state; ``refund`` the state of one refund (``provider_refund``) or
    the new total (``refunded_minor``); ``disputed`` and ``reinstated`` the amount that the bank took or gave
    back;
    ``other`` is nothing to us.
    """

    id: str
    kind: Literal["intent", "refund", "disputed", "reinstated", "other"]
    type: str
    intent: Intent | None = None
    intent_id: str | None = None
    amount_minor: int = 0
    refunded_minor: int | None = None
    provider_refund: Refund | None = None


class Gateway(Protocol):
    """A payment provider.

    All methods but ``event`` speak to the outside and may raise ``ProviderUnavailable``.
    """

    @property
    def name(self) -> str:
        """Return the word that our tables call this provider by."""
        ...

    @property
    def is_test(self) -> bool:
        """Tell whether no real money moves (and people must be told so)."""
        ...

    def create(self, charge: Charge) -> Intent:
        """Make the intent of a charge, or return the one made before; a charge off session is also confirmed.

        Raise ``MethodUnknown``.
        """
        ...

    def confirm(self, intent_id: str, *, return_url: str | None = None) -> Intent:
        """Take the money now, if the intent waits for that; return what became of it, declined or not.

        With ``return_url`` a question of the bank's is a page, which sends the holder back there.
        """
        ...

    def retrieve(self, intent_id: str) -> Intent:
        """Return what the provider says of an intent; raise ``IntentUnknown``."""
        ...

    def cancel(self, intent_id: str) -> Intent:
        """Give an intent up if it is not paid, and return its state (``succeeded`` where it was too late)."""
        ...

    def refund(self, intent_id: str, amount_minor: int, *, key: str) -> Refund:
        """Send money back to the card, once per ``key``; raise ``ProviderRefused``."""
        ...

    def open_customer(self, reference: str) -> str:
        """Return the name under which this provider keeps the cards of the member with this opaque reference."""
        ...

    def save_card(self, customer: str, method: str, *, key: str, return_url: str | None = None) -> CardSetup:
        """Keep a card for payments without its holder; raise ``MethodUnknown``.

        ``return_url``, which may name ``SETUP_ID``, as in ``confirm``.
        """
        ...

    def begin_card(self, customer: str, *, key: str, return_url: str, cancel_url: str) -> CardPage:
        """Begin the keeping of a card on a page of the provider's, once per ``key``; raise ``NoCardPage``.

        The page sends its holder to ``return_url``, which may name ``SETUP_ID``, or to ``cancel_url``.
        """
        ...

    def card_setup(self, setup_id: str) -> CardSetup:
        """Return what became of a card's keeping (after a challenge or a page); raise ``IntentUnknown``."""
        ...

    def forget_card(self, method: str) -> None:
        """Forget a kept card; forgetting it again does nothing."""
        ...

    def event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Event:
        """Verify the signature of a webhook's raw body and translate it; raise ``SignatureInvalid``."""
        ...
