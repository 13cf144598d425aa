"""Gift cards: issued when their sale is settled, looked at, voided when they are returned unused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loyalty.errors import Missing, Refused
from loyalty.ids import new_id
from loyalty.wallet import gift_codes, policy, queries
from loyalty.wallet.models import GiftCardRow
from loyalty.wallet.policy import DEFAULT_LIMITS, Limits


class GiftCardMissing(Missing):
    """No gift card has this code. The same answer for a voided one: nobody learns by guessing."""

    code = "gift_card_not_found"
    text = "There is no gift card with this code."


class GiftCardUsed(Refused):
    """The gift card was redeemed, or is being redeemed by somebody else."""

    code = "gift_card_used"
    text = "This gift card has been used."


class GiftCardExpired(Refused):
    """The gift card's time is over (only where the seller gave it an end)."""

    code = "gift_card_expired"
    text = "This gift card has expired."


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A gift card just issued: the only time its code is known to anybody but its holder."""

    id: str
    code: str
    last4: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class GiftBalance:
    """What is on a gift card. ``status``: active, redeemed or expired."""

    status: str
    last4: str
    amount_minor: int
    balance_minor: int
    currency: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class GiftOrder:
    """A gift card to be issued: what it is worth, and the sale (line and piece) or payment it was bought by."""

    amount_minor: int
    currency: str
    sale: str | None = None
    sale_line: str | None = None
    piece: int = 0
    payment: str | None = None
    bought_by: int | None = None
    expires_at: datetime | None = None


def issue_gift_card(
    session: Session,
    order: GiftOrder,
    *,
    code: str | None = None,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> IssuedCard:
    """Activate one gift card, and tell its code (a fresh one if none is given). Raise ``AmountOutOfRange``.

    The caller shows or sends the code; it is kept nowhere.
    """
    policy.check_amount(order.amount_minor, limits.gift_card_min_minor, limits.gift_card_max_minor)
    code = code or gift_codes.new_code()
    card = GiftCardRow(
        code_hash=gift_codes.hash_of(gift_codes.read(code)),
        id=new_id(now),
        last4=code[-4:],
        amount_minor=order.amount_minor,
        currency=order.currency,
        status="active",
        bought_by=order.bought_by,
        sale=order.sale,
        sale_line=order.sale_line,
        piece=order.piece,
        payment=order.payment,
        activated_at=now,
        expires_at=order.expires_at,
    )
    session.add(card)
    session.flush()
    return IssuedCard(card.id, code, card.last4, order.amount_minor)


def issue_for_sale(
    session: Session,
    secret_key: str,
    *,
    sale: str,
    lines: Iterable[tuple[str, int, int]],
    currency: str,
    bought_by: int | None,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> list[IssuedCard]:
    """Activate the gift cards that a sale sells, in the transaction that settles it: one for each piece of a line.

    ``lines`` are (line id, quantity, amount of one piece in minor units). Raise ``AmountOutOfRange``.
    """
    return [
        issue_gift_card(
            session,
            GiftOrder(amount_minor, currency, sale, line, piece, bought_by=bought_by),
            code=gift_codes.code_of_sale(secret_key, sale, line, piece),
            now=now,
            limits=limits,
        )
        for line, quantity, amount_minor in lines
        for piece in range(quantity)
    ]


def codes_of_sale(session: Session, secret_key: str, sale: str) -> list[IssuedCard]:
    """Return the unused gift cards of a sale with their codes, for its receipt."""
    return [
        IssuedCard(
            card.id,
            gift_codes.code_of_sale(secret_key, sale, card.sale_line, card.piece),
            card.last4,
            card.amount_minor,
        )
        for card in queries.gift_cards_of_sale(session, sale)
        if card.status == "active" and card.sale_line is not None
    ]


def void_gift_cards(session: Session, *, sale: str, sale_line: str, quantity: int, now: datetime) -> None:
    """Void ``quantity`` unused gift cards of a sale's line that is returned; raise ``GiftCardUsed``.

    Call it in the return's transaction, after the account row is locked.
    """
    cards = [card for card in queries.gift_cards_of_sale(session, sale, sale_line) if card.status == "active"]
    if len(cards) < quantity:
        raise GiftCardUsed
    for card in cards[:quantity]:
        card.status = "void"
        card.voided_at = now
    session.flush()


def gift_balance(session: Session, code: str, *, now: datetime) -> GiftBalance:
    """Return what is on a card.

    Raise ``NoGiftCode``, ``GiftCardMissing``. The face limits how often one may ask.
    """
    card = session.get(GiftCardRow, gift_codes.hash_of(gift_codes.read(code)))
    if card is None or card.status == "void":
        raise GiftCardMissing
    over = card.expires_at is not None and card.expires_at <= now
    status = "redeemed" if card.status == "redeemed" else "expired" if over else "active"
    balance = card.amount_minor if status == "active" else 0
    return GiftBalance(status, card.last4, card.amount_minor, balance, card.currency, card.expires_at)
