"""Sending a gift: the sale of a gift card, what is said with it, its letter; canceling; hearing that it was redeemed.

A gift is an ordinary sale of one gift card, so money, limits and refunds are a sale's. The code is made from the
server's secret when the letter is written and is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty import changes, codes, members, messages, sales, wallet
from loyalty.actor import SYSTEM, Actor
from loyalty.errors import Flaw, Invalid, Missing
from loyalty.gifts import policy, queries
from loyalty.gifts.models import SAID, Gift
from loyalty.gifts.policy import GiftNotCancelable
from loyalty.members import Contact
from loyalty.record import record
from loyalty.sales.purchase import Decision
from loyalty.sales.refusals import KeyReused
from loyalty.sales.state import State

SKU: Final = "gift-card"
LINE: Final = "gift"
DESIGNS: Final = ("birthday", "celebration", "coffee", "love", "season", "thanks")
TOPIC: Final = "gift"
_REDEEMED: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("Your gift was opened", "{name} has put your gift into their balance."),
    "fr": ("Votre cadeau est ouvert", "{name} a ajouté votre cadeau à son solde."),
}
_SOMEBODY: Final = {"en": "The person you thought of", "fr": "La personne à qui vous avez pensé"}


class GiftMissing(Missing):
    """The member has no such gift."""

    code = "gift_not_found"
    text = "There is no such gift."


@record
class GiftOrder:
    """What is sent to whom. ``payment`` is a paid card payment of this amount; None: from the wallet."""

    amount_minor: int
    to: Contact
    to_name: str = ""
    from_name: str = ""
    message: str = ""
    design: str = DESIGNS[0]
    locale: str = "en"
    send_at: datetime | None = None
    payment: str | None = None


@record
class GiftLetter:
    """What goes to the recipient, once."""

    kind: str
    to: str
    code: str
    amount_minor: int
    currency: str
    from_name: str
    to_name: str
    message: str
    locale: str


def send(
    session: Session,
    order: GiftOrder,
    *,
    actor: Actor,
    member_id: int,
    changed_at: datetime | None,
    secret_key: str,
    key: str,
    now: datetime,
) -> Gift:
    """Buy a gift card for somebody and have it sent at ``send_at`` (now if that is None or over); once per key.

    ``changed_at``: when a device was last added or an address changed. Raise ``GiftGuarded``, ``GiftLimit``,
    ``KeyReused``, ``AmountOutOfRange`` and what a sale raises (``InsufficientFunds``, ``PaymentNotUsable``, …).
    """
    if order.send_at is not None and order.send_at > now + policy.AHEAD:
        raise Invalid(flaws=(Flaw("/send_at", "At most a year ahead.", "invalid"),))
    policy.check_guard(changed_at, now=now)

    def sell(loaded: State, decision: Decision, sale: str) -> None:
        today = queries.sent_since(session, member_id, now - policy.DAY)
        policy.check_day(order.amount_minor, today, now=now)
        (card,) = wallet.issue_for_sale(
            session,
            secret_key,
            sale=sale,
            lines=[(line.id, 1, order.amount_minor) for line in decision.basket.lines],
            currency=loaded.program.currency,
            bought_by=member_id,
            now=now,
        )
        _keep(session, order, member_id, sale, card, loaded.program.currency, now)

    answer = sales.settle(
        session,
        actor=actor,
        request=_request(order),
        key=key,
        secret=codes.code_secret(secret_key),
        now=now,
        then=sell,
    )
    gift = queries.gift_of(session, member_id, answer["sale"])
    if gift is None or not _is_same(gift, order):
        raise KeyReused
    return gift


def _request(order: GiftOrder) -> sales.SaleRequest:
    kind = "wallet" if order.payment is None else "card"
    return sales.SaleRequest(
        lines=(sales.LineRequest(SKU, 1, order.amount_minor, kind="gift_card", id=LINE),),
        tenders=(sales.TenderRequest(kind, order.amount_minor, order.payment),),
    )


def _keep(
    session: Session,
    order: GiftOrder,
    member_id: int,
    sale: str,
    card: wallet.IssuedCard,
    currency: str,
    now: datetime,
) -> None:
    send_at = max(order.send_at or now, now)
    session.add(
        Gift(
            member_id=member_id,
            id=sale,
            sale_line=LINE,
            gift_card=card.id,
            last4=card.last4,
            amount_minor=order.amount_minor,
            currency=currency,
            to_kind=order.to.kind,
            to_value=order.to.value,
            to_name=order.to_name,
            from_name=order.from_name,
            message=order.message,
            design=order.design,
            locale=order.locale,
            send_at=send_at,
            status="scheduled",
            created_at=now,
        )
    )
    session.flush()
    changes.mark(session, member_id, f"gift/{sale}", now=now)
    messages.tell(session, TOPIC, {"gift": sale}, member_id=member_id, now=now, due_at=send_at)


def _is_same(gift: Gift, order: GiftOrder) -> bool:
    """Tell whether a kept gift is what this order asks: the same key may not mean another person."""
    said = (gift.to_kind, gift.to_value, gift.to_name, gift.from_name, gift.message, gift.design)
    asked = (order.to.kind, order.to.value, order.to_name, order.from_name, order.message, order.design)
    return said == asked


def code_of(gift: Gift, secret_key: str) -> str | None:
    """Return the code of a gift that was not sent yet; afterwards only its recipient has it."""
    if gift.status != "scheduled":
        return None
    return wallet.code_of_sale(secret_key, gift.id, gift.sale_line, 0)


def letter_of(
    session: Session, *, member_id: int, gift_id: str, secret_key: str, now: datetime
) -> GiftLetter | None:
    """Return what is to be sent; None where it was sent, canceled or redeemed."""
    gift = queries.gift_of(session, member_id, gift_id)
    code = None if gift is None else code_of(gift, secret_key)
    if gift is None or code is None or gift.to_kind is None or gift.to_value is None or gift.send_at > now:
        return None
    return GiftLetter(
        kind=gift.to_kind,
        to=gift.to_value,
        code=code,
        amount_minor=gift.amount_minor,
        currency=gift.currency,
        from_name=gift.from_name or "",
        to_name=gift.to_name or "",
        message=gift.message or "",
        locale=gift.locale,
    )


def mark_sent(session: Session, *, member_id: int, gift_id: str, now: datetime) -> None:
    """Note that the letter is out, and forget what it said if its sender has left; again changes nothing."""
    changes.lock(session, member_id)
    gift = queries.gift_of(session, member_id, gift_id)
    if gift is None or gift.status != "scheduled":
        return
    gift.status, gift.sent_at = "sent", now
    if members.has_left(session, member_id):
        for each in SAID:
            setattr(gift, each, None)
    else:
        changes.mark(session, member_id, f"gift/{gift_id}", now=now)


def cancel(session: Session, *, member_id: int, gift_id: str, now: datetime) -> Gift:
    """Take an unredeemed gift back: its card is void, the money goes back where it came from.

    Canceling again changes nothing. Raise ``GiftMissing``, ``GiftNotCancelable``.
    """
    changes.lock(session, member_id)
    gift = queries.gift_of(session, member_id, gift_id)
    if gift is None:
        raise GiftMissing
    if gift.status == "canceled":
        return gift
    if gift.status == "redeemed":
        raise GiftNotCancelable
    try:
        sales.void(session, actor=SYSTEM, sale=gift.id, key="", now=now)
    except wallet.GiftCardUsed:
        raise GiftNotCancelable from None
    gift.status, gift.canceled_at = "canceled", now
    session.flush()
    changes.mark(session, member_id, f"gift/{gift_id}", now=now)
    return gift


def note_redeemed(session: Session, *, gift_card: str, message_id: str, now: datetime) -> None:
    """Let the sender know that a gift was opened: its document, and a word in the inbox. Again changes nothing."""
    found = queries.sender_of(session, gift_card)
    if found is None:
        return
    member_id, gift_id = found
    changes.lock(session, member_id)
    gift = queries.gift_of(session, member_id, gift_id)
    if gift is None or gift.status not in ("scheduled", "sent"):
        return
    gift.status, gift.redeemed_at = "redeemed", now
    session.flush()
    changes.mark(session, member_id, f"gift/{gift_id}", now=now)
    messages.put_in_inbox(
        session,
        member_id=member_id,
        kind="gift",
        title={language: title for language, (title, _) in _REDEEMED.items()},
        text={
            language: text.format(name=gift.to_name or _SOMEBODY[language])
            for language, (_, text) in _REDEEMED.items()
        },
        data={"gift": gift_id},
        message_id=message_id,
        now=now,
    )
